import numpy as np
import pyarrow as pa
import pytest

from tasks.monitoring.profile.bins import Lengths, Ranges, Words, from_json, learn, to_json
from tasks.monitoring.profile.distance import Reference, measure
from tasks.monitoring.profile.profile import Binning, Blocking, Profile, learn_binning, take_profile


def profile_of(table: pa.Table, binning: Binning, blocks: int = 1) -> Profile:
    places = np.arange(table.num_rows) * blocks // max(table.num_rows, 1)
    batch = table.combine_chunks().to_batches()[0]
    return take_profile([batch], binning, Blocking(blocks, lambda _: places))


def numbers(seed: int, rows: int = 20_000, shift: float = 0.0) -> pa.Table:
    return pa.table({"x": np.random.default_rng(seed).normal(shift, 1, rows)})


def test_numbers_fall_into_bins_of_equal_mass_and_missing_ones_into_their_own() -> None:
    bins = learn(pa.array(np.arange(1000.0)))
    assert isinstance(bins, Ranges)
    codes = bins.codes(pa.array([-5.0, 500.0, 1e9, None, float("nan")]))
    assert codes[0] == 0
    assert codes[2] == bins.values - 1
    assert codes[3] == codes[4] == bins.values + 1


def test_words_have_bins_for_the_frequent_the_known_the_unseen_and_the_missing() -> None:
    words = [f"w{i}" for i in range(40) for _ in range(40 - i)]
    bins = learn(pa.array(words).dictionary_encode())
    assert isinstance(bins, Words)
    assert bins.codes(pa.array(["w0", "w39", "new", None])).tolist() == [0, 30, 31, 32]


def test_a_column_that_names_rows_has_no_bins() -> None:
    binning, none = learn_binning(pa.table({"id": [f"r{i}" for i in range(2000)], "x": range(2000)}), ["id", "x"])
    assert list(binning.columns) == ["x"]
    assert none == ("id",)


def customers(seed: int, rows: int) -> pa.Array:
    """Of whom some come often, and new ones all the time."""
    draw = np.random.default_rng(seed)
    return pa.array([f"c{n}" for n in draw.zipf(1.3, rows) % 900])


def test_of_words_that_go_on_coming_a_new_one_is_no_change() -> None:
    bins = learn(customers(0, 4000))
    assert isinstance(bins, Words)
    assert bins.endless

    later = np.bincount(bins.codes(customers(1, 2000)), minlength=bins.values + 2)
    assert later[bins.values] == 0
    assert bins.codes(pa.array(["c1", "somebody new", None])).tolist() == [0, 30, 32]
    assert from_json(to_json(bins)) == bins


def test_a_few_words_that_came_once_leave_a_new_one_a_change() -> None:
    bins = learn(pa.array([*["a", "b", "c"] * 500, "typo", "tpyo"]))
    assert isinstance(bins, Words)

    assert bins.codes(pa.array(["new"])).tolist() == [bins.values]


TEXTS = pa.array([" ".join(["word"] * (2 + n % 5)) + f" {n:04d}" for n in range(2000)])


def test_of_free_text_it_is_told_how_long_it_is() -> None:
    bins = learn(TEXTS)
    assert isinstance(bins, Lengths)

    assert bins.codes(pa.array(["", "x" * 500, None])).tolist() == [0, bins.values - 1, bins.values + 1]
    assert bins.called("note") == "the length of note"
    assert np.array_equal(from_json(to_json(bins)).codes(TEXTS), bins.codes(TEXTS))


@pytest.mark.parametrize("bins", [Ranges(np.array([0.5, 1.0])), Words(("a", "b"))])
def test_bins_are_the_same_after_they_were_written(bins: Ranges | Words) -> None:
    again = from_json(to_json(bins))
    assert (
        again.codes(pa.array(["a"]) if isinstance(bins, Words) else pa.array([0.7])).tolist()
        == bins.codes(pa.array(["a"]) if isinstance(bins, Words) else pa.array([0.7])).tolist()
    )


def test_a_profile_is_the_same_however_rows_are_batched() -> None:
    table = numbers(0)
    binning, _ = learn_binning(table, ["x"])
    whole = profile_of(table, binning)
    parts = take_profile(
        table.combine_chunks().to_batches(max_chunksize=777),
        binning,
        Blocking(1, lambda b: np.zeros(b.num_rows, np.int64)),
    )
    assert np.array_equal(whole.counts, parts.counts)


def test_one_huge_value_does_not_hide_a_shift() -> None:
    table, moved = numbers(0), numbers(1, shift=1.0)
    binning, _ = learn_binning(table, ["x"])
    spoiled = pa.table({"x": np.append(moved.column("x").to_numpy(), 1e6)})
    reference = Reference(binning, profile_of(table, binning).whole)
    found = measure(profile_of(spoiled, binning).whole[None, :], reference)
    assert found.psi[0, 0] > 0.8
    assert found.shift[0, 0] == pytest.approx(1.0, abs=0.1)


def test_statistics_are_near_zero_for_few_rows_and_for_many_when_nothing_changed() -> None:
    table = numbers(0, 100_000)
    binning, _ = learn_binning(table, ["x"])
    reference = Reference(binning, profile_of(table, binning).whole)
    for rows in (200, 2_000, 50_000):
        found = measure(profile_of(numbers(3, rows), binning).whole[None, :], reference)
        assert abs(found.psi[0, 0] - found.expected[0, 0]) < 10 / rows
        assert abs(found.statistics[1, 0, 0]) < 3


def test_a_column_that_is_all_missing_is_measured() -> None:
    table = numbers(0)
    binning, _ = learn_binning(table, ["x"])
    reference = Reference(binning, profile_of(table, binning).whole)
    found = measure(profile_of(pa.table({"x": pa.nulls(500, pa.float64())}), binning).whole[None, :], reference)
    assert found.missing[0, 0] == 1.0
    assert found.statistics[2, 0, 0] > 20
    assert np.isfinite(found.statistics).all()


def test_a_batch_without_the_column_counts_as_missing() -> None:
    table = numbers(0)
    binning, _ = learn_binning(table, ["x"])
    found = profile_of(pa.table({"y": [1, 2, 3]}), binning)
    assert found.whole[binning.missing[0]] == 3
