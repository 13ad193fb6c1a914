"""Labels that contradict what the champion was sure of: told beside the share that it began with, and never an alarm."""

import numpy as np
import pytest

from tasks.monitoring.label_suspects import suspects_signal
from tasks.monitoring.predictions.estimate import Sample


def sample(seed: int, *, clear: float = 6.0, wrong: float = 0.0, rows: int = 4000, classes: int = 1) -> Sample:
    """Labels drawn from what is predicted, of which some are then flipped."""
    random = np.random.default_rng(seed)
    if classes == 1:
        told = 1 / (1 + np.exp(-clear * random.normal(size=rows)))
        labels = (random.random(rows) < told) ^ (random.random(rows) < wrong)
    else:
        told = random.dirichlet([1 / clear] * classes, rows)
        right = (random.random((rows, 1)) > told.cumsum(axis=1)).sum(axis=1).clip(max=classes - 1)
        labels = np.where(random.random(rows) < wrong, (right + 1) % classes, right)
    return Sample(labels.astype(float), told, np.arange(rows))


@pytest.mark.parametrize(("classes", "codes"), [(1, 2), (3, 3)])
def test_flipped_labels_raise_the_share_and_nothing_alarms(classes: int, codes: int) -> None:
    # Some mistakes were there when the champion was judged: with none at all nothing says how often they happen.
    judged = sample(1, wrong=0.01, classes=classes)

    quiet = suspects_signal(judged, sample(2, wrong=0.01, classes=classes), codes)
    surge = suspects_signal(judged, sample(2, wrong=0.1, classes=classes), codes)

    assert quiet is not None
    assert surge is not None
    assert surge.low > 4 * quiet.score
    assert not surge.alarmed
    assert not quiet.alarmed
    assert surge.direction == "up"
    assert "of 4,000 labels contradict a sure prediction" in surge.sentence


def test_the_interval_holds_the_share_and_ends_at_none_and_all() -> None:
    found = suspects_signal(sample(1, wrong=0.01), sample(2, clear=30, rows=60), 2)

    assert found is not None
    assert found.low == 0 == found.score
    assert found.high == pytest.approx(1 - 0.05 ** (1 / 60))


@pytest.mark.parametrize(
    ("judged", "now", "codes"),
    [
        (sample(1, clear=0.5), sample(2, clear=0.5), 2),
        (None, sample(2), 2),
        (sample(1), sample(2, rows=20), 2),
        (sample(1), sample(2), 0),
    ],
)
def test_where_nothing_can_be_told_nothing_is_said(judged: Sample | None, now: Sample, codes: int) -> None:
    assert suspects_signal(judged, now, codes) is None
