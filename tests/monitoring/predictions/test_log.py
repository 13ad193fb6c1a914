from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data.times import UTC_TIME
from tasks.data.window import Window
from tasks.monitoring.predictions.log import ROW_KEY, SCORED_AT, Log, as_columns, as_predictions

FIRST = datetime(2024, 2, 1, tzinfo=UTC)
DAY = 19_754  # days since 1970 of the first of February


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log(tmp_path, 3)


def rows(keys: list[int], predictions: np.ndarray, *, day: int = 0, scored: datetime = FIRST) -> pa.Table:
    times = [FIRST + timedelta(days=day, minutes=n) for n in range(len(keys))]
    return pa.table(
        {
            "at": pa.array(times, UTC_TIME),
            ROW_KEY: np.array(keys, np.uint64),
            SCORED_AT: pa.array([scored] * len(keys), UTC_TIME),
            **as_columns(predictions),
        }
    )


def found(log: Log, window: Window, as_of: datetime = FIRST) -> list[int]:
    table = log.read(window, [ROW_KEY], timestamp="at", as_of=as_of)
    return sorted(table[ROW_KEY].to_pylist()) if table is not None else []


@pytest.mark.parametrize("predictions", [np.array([0.25, 0.5]), np.array([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]])])
def test_predictions_come_back_as_they_were(log: Log, predictions: np.ndarray) -> None:
    log.add(DAY, rows([7, 8], predictions))

    table = pq.read_table(next(log.folder.rglob("part-*")), partitioning=None)

    assert np.array_equal(as_predictions(table, predictions.shape[1] if predictions.ndim == 2 else 0), predictions)
    assert log.keys(DAY).tolist() == [7, 8]


def test_a_part_lies_under_its_day_and_version(log: Log) -> None:
    log.add(DAY, rows([7], np.array([0.5])))

    (part,) = log.folder.rglob("*.parquet")
    assert part.parent.relative_to(log.folder) == Path("day=2024-02-01/version=3")


def test_a_window_has_its_rows_and_no_others(log: Log) -> None:
    for day in range(4):
        log.add(DAY + day, rows([10 * day, 10 * day + 1], np.zeros(2), day=day))

    second = FIRST + timedelta(days=1)
    assert found(log, Window(second, second + timedelta(days=2))) == [10, 11, 20, 21]
    assert found(log, Window(second + timedelta(seconds=1), second + timedelta(days=1))) == [11]
    assert found(log, Window(None, second)) == [0, 1]
    assert found(log, Window(None, FIRST)) == []


def test_another_version_has_a_log_of_its_own(log: Log) -> None:
    log.add(DAY, rows([7], np.array([0.5])))

    other = Log(log.folder, 30)
    assert other.keys(DAY).tolist() == []
    assert found(other, Window(None, FIRST + timedelta(days=9))) == []


def test_what_is_scored_later_is_not_there_yet(log: Log) -> None:
    later = FIRST + timedelta(days=5)
    log.add(DAY, rows([1], np.zeros(1)))
    log.add(DAY, rows([2], np.zeros(1), scored=later))

    window = Window(None, FIRST + timedelta(days=9))
    assert found(log, window) == [1]
    assert found(log, window, later) == [1, 2]


def test_a_file_of_a_dead_writer_is_not_read_and_goes(log: Log) -> None:
    log.add(DAY, rows([1], np.zeros(1)))
    place = next(log.folder.rglob("version=3"))
    (place / "half.unfinished").write_bytes(b"PAR1")

    assert log.keys(DAY).tolist() == [1]
    log.tidy(DAY)
    assert not list(place.glob("*.unfinished"))
