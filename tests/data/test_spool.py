from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from tasks.data import spool as spools
from tasks.data.spool import Spool
from tasks.spec import SourceSpec

ROWS = pa.table(
    {
        "day": np.random.default_rng(0).integers(0, 5, 1000),
        "number": np.arange(1000),
        "word": pa.array([f"word {number % 7}" for number in range(1000)]).dictionary_encode(),
    }
)


@pytest.fixture(autouse=True)
def short_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "_RUN_ROWS", 100)


@pytest.fixture
def open_spool(tmp_path: Path) -> Iterator[Callable[..., Spool]]:
    """Open a spool of these columns, by day or as they come."""
    source = SourceSpec(uri="orders.csv", timestamp="at", key=["number"], target="x")
    with ExitStack() as opened:
        yield lambda columns, parting=None: opened.enter_context(Spool(tmp_path, columns, source, parting))


def by_day(rows: pa.Table) -> np.ndarray:
    return np.asarray(rows["day"].to_numpy())


@pytest.mark.parametrize("rows", [1, 30, 1000])
def test_the_rows_of_a_day_are_together_in_the_order_in_which_they_came(
    open_spool: Callable[..., Spool], rows: int
) -> None:
    spool = open_spool(ROWS.column_names, by_day)
    for batch in ROWS.to_batches(max_chunksize=rows):
        spool.add(batch)

    parts = list(spool.parts())

    assert [set(part["day"].to_pylist()) for part in parts] == [{0}, {1}, {2}, {3}, {4}]
    for part in parts:
        wanted = ROWS.filter(pa.compute.equal(ROWS["day"], part["day"][0]))
        assert part.to_pylist() == wanted.to_pylist()


def test_short_days_come_several_at_once_and_never_in_pieces(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool(ROWS.column_names, by_day)
    spool.add(ROWS.combine_chunks().to_batches()[0])

    assert [sorted(set(part["day"].to_pylist())) for part in spool.parts(together=300)] == [[0, 1], [2, 3], [4]]


def test_without_a_parting_rows_are_had_back_as_they_came(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool(ROWS.column_names)
    for batch in ROWS.to_batches(max_chunksize=30):
        spool.add(batch)

    parts = list(spool.parts())

    assert {part.num_rows for part in parts} == {120, 40}
    assert pa.concat_tables(parts)["number"].to_pylist() == list(range(1000))


def test_without_rows_there_is_one_part_without_rows(open_spool: Callable[..., Spool]) -> None:
    (part,) = open_spool(["day", "word"], by_day).parts()

    assert (part.num_rows, part.column_names) == (0, ["day", "word"])


def test_what_a_column_is_may_be_known_by_its_last_row_only(open_spool: Callable[..., Spool]) -> None:
    spool = open_spool(["day", "size"], by_day)
    for size in ("1.10", "2.20", "XL"):
        spool.add(pa.record_batch({"day": pa.array([0]), "size": pa.array([size])}))

    (part,) = spool.parts()

    assert part["size"].to_pylist() == ["1.10", "2.20", "XL"]
