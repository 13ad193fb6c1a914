"""Labels that are spread otherwise than when the champion learned are a signal, once they have arrived."""

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.matrix import Target
from tasks.monitoring.kept import Family
from tasks.monitoring.label_drift import LABEL, arrived, label_signals
from tasks.monitoring.profile.calibration import calibrate
from tasks.monitoring.profile.profile import Blocking, learn_binning, take_profile
from tasks.monitoring.signal import Signal

DAY = 86_400_000_000
DAYS, ROWS = 84, 100
KIND = Target("kind", classes=("big", "odd", "small"))


def labels_of(rows: int, share: float, seed: int) -> "np.typing.NDArray[np.float64]":
    return np.random.default_rng(seed).choice(3, rows, p=[share, 0.1, 0.9 - share]).astype(float)


@pytest.fixture(scope="module")
def family() -> Family:
    times = np.repeat(np.arange(DAYS), ROWS) * DAY
    rows = arrived(labels_of(len(times), 0.3, 0), times, KIND, "at")
    blocking = Blocking(DAYS, lambda batch: np.asarray(batch.column("at").cast(pa.int64())) // DAY)
    profile = take_profile(rows.to_batches(), learn_binning(rows, [LABEL])[0], blocking)
    return Family(profile, calibrate(profile, window=7, checks_a_year=365, alarms_a_year=2, seed=0))


def signals(family: Family, share: float) -> list[Signal]:
    rows = arrived(labels_of(7 * ROWS, share, 1), np.full(7 * ROWS, DAYS * DAY), KIND, "at")
    return list(label_signals(family, rows))


def test_classes_that_come_as_often_as_before_are_no_alarm(family: Family) -> None:
    assert [(one.kind, one.alarmed) for one in signals(family, 0.3)] == [("label", False)]


def test_a_class_that_comes_more_often_is_an_alarm_that_names_the_label(family: Family) -> None:
    (found,) = signals(family, 0.5)
    assert found.alarmed
    assert found.sentence.startswith("label: population stability index")


def test_numbers_are_compared_as_numbers() -> None:
    rows = arrived(np.array([1.5, 2.5]), np.array([0, DAY]), Target("minutes"), "at")
    assert rows.column(LABEL).to_pylist() == [1.5, 2.5]
    assert str(rows.schema.field("at").type) == "timestamp[us, tz=UTC]"
