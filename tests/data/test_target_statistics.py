"""What a row's encoding rests on: earlier labels that had arrived, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.labels import Labels
from tasks.data.matrix import FloatArray, Target
from tasks.data.outcomes import Outcomes, outcomes_of
from tasks.data.target_statistics import FittedStatistics, Values, fit_statistics
from tasks.errors import ContractError
from tasks.metrics import Task
from tasks.spec import SourceSpec

DAY = 86_400_000_000


def outcomes(
    labels: Sequence[float] | FloatArray, times: Sequence[int] | None = None, *, delay: int = 0, task: Task = "binary"
) -> Outcomes:
    """Return outcomes of rows a day apart, whose labels come ``delay`` days later."""
    found = np.asarray(labels, dtype=np.float64)
    when = np.asarray(times if times is not None else np.arange(len(found)), dtype=np.int64) * DAY
    classes = {"binary": (False, True), "regression": (), "multiclass": ("a", "b", "c")}[task]
    return Outcomes(task, Target("late", classes), found, when, np.maximum(when + delay * DAY, when + 1), 10**6 * DAY)


def column(values: Sequence[str | None]) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(values)])


def in_order(values: pa.ChunkedArray, found: Outcomes, smoothing: float = 1.0) -> FloatArray:
    return np.asarray(fit_statistics("zip", values, found, smoothing).encode_train(values, found), dtype=np.float64)


def test_a_row_of_train_is_encoded_by_the_labels_before_it_alone() -> None:
    found = in_order(column(["a", "b", "a", "a"]), outcomes([1, 0, 1, 0]))[:, 0]

    assert np.isnan(found[0])  # nothing was known
    np.testing.assert_allclose(found[1], 1.0)  # of b nothing: the mean of all
    np.testing.assert_allclose(found[2], (1 + 0.5) / 2)  # one label of a, and once the mean of two rows
    np.testing.assert_allclose(found[3], (2 + 2 / 3) / 3)


def test_neither_a_row_s_own_label_nor_a_later_one_reaches_its_encoding() -> None:
    draw = np.random.default_rng(0)
    labels, times = draw.integers(0, 2, 300).astype(float), np.sort(draw.integers(0, 60, 300)).tolist()
    values = column(draw.choice(["a", "b", "c", "d"], 300).tolist())
    whole = in_order(values, outcomes(labels, times, delay=5))

    for row in range(0, 300, 13):
        unknown = np.asarray(times) + 5 > times[row]  # its own, those of its day, and those that had not arrived
        for others in (np.where(unknown, np.nan, labels), np.where(unknown, 1 - labels, labels)):
            np.testing.assert_array_equal(in_order(values, outcomes(others, times, delay=5))[row], whole[row])


def test_labels_count_from_when_they_arrived() -> None:
    table = pa.table(
        {
            "at": pa.array([0, DAY, 2 * DAY, 3 * DAY], pa.timestamp("us", "UTC")),
            "told": pa.array([5 * DAY, 2 * DAY, None, 9 * DAY], pa.timestamp("us", "UTC")),
        }
    )
    labels = Labels(Target("late", (False, True)), np.array([1.0, 0.0, np.nan, 1.0]))
    source = SourceSpec(uri="x.csv", timestamp="at", key=["at"], target="late", label_time="told")
    made = outcomes_of(table, labels, source, task="binary", end=4 * DAY)

    found = in_order(column(["a"] * 4), made)[:, 0]

    assert np.isnan(found[:2]).all()
    assert found[2:].tolist() == [0.0, 0.0]  # the first label came on the fifth day
    assert fit_statistics("zip", column(["a"] * 4), made, 1.0).prior == (0.0,)


def test_later_rows_are_encoded_by_what_was_known_when_train_ended() -> None:
    known = replace(outcomes([1, 1, 0, 0], delay=2), end=3 * DAY)  # of the last two nothing was known yet
    fitted = fit_statistics("zip", column(["a", "b", "a", "b"]), known, 1.0)

    assert fitted == FittedStatistics("zip", ("zip: share of late",), 1.0, (1.0,), ("a", "b"), ((1.0,), (1.0,)))
    found = fitted.encode(column(["b", "new", None]))[:, 0]
    assert found[:2].tolist() == [1.0, 1.0]
    assert np.isnan(found[2])


def test_few_labels_are_drawn_towards_the_mean_of_all() -> None:
    fitted = fit_statistics("zip", column(["a"] + ["b"] * 9), outcomes([1] + [0] * 9), 9.0)

    np.testing.assert_allclose(fitted.means[0][0], (1 + 9 * 0.1) / 10)


def test_each_class_is_a_feature_and_the_mean_of_amounts_is_one() -> None:
    classes = fit_statistics("zip", column(["x", "x", "y"]), outcomes([0, 2, 1], task="multiclass"), 1.0)
    amounts = fit_statistics("zip", column(["x", "x", "y"]), outcomes([5.0, 7.0, 0.0], task="regression"), 1.0)

    assert classes.names == ("zip: share of a", "zip: share of b", "zip: share of c")
    np.testing.assert_allclose(np.sum(classes.means, axis=1), 1)
    assert amounts.names == ("zip: mean late",)
    np.testing.assert_allclose(amounts.means[0][0], (12 + 4) / 3)


def test_a_target_of_many_classes_is_refused() -> None:
    many = replace(outcomes([0, 1], task="multiclass"), target=Target("late", tuple(range(30))))

    with pytest.raises(ContractError, match="late has 30 classes, and each is a feature of zip; allowed: at most 20"):
        fit_statistics("zip", column(["a", "b"]), many, 1.0)


def test_an_id_that_says_nothing_gains_nothing_on_later_rows() -> None:
    """The leak of target encoding: over all rows at once a rare id's mean is the row's own label."""
    draw = np.random.default_rng(1)
    labels = draw.integers(0, 2, 4000).astype(float)
    ids = draw.integers(0, 2000, 4000).astype(str).tolist()
    train, later = column(ids[:3000]), column(ids[3000:])
    fitted = fit_statistics("zip", train, outcomes(labels[:3000]), 1.0)

    def told(encoded: Values, of: FloatArray) -> float:
        return abs(float(np.corrcoef(np.nan_to_num(encoded[:, 0], nan=0.5), of)[0, 1]))

    assert told(fitted.encode(train), labels[:3000]) > 0.7  # what a model would have learned to trust
    assert told(fitted.encode_train(train, outcomes(labels[:3000])), labels[:3000]) < 0.06
    assert told(fitted.encode(later), labels[3000:]) < 0.06
