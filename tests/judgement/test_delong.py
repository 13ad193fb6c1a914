import numpy as np
import pytest

from tasks.judgement.delong import auc_difference_error


def test_the_error_is_that_of_the_double_sum_in_the_paper() -> None:
    draw = np.random.default_rng(0)
    labels = (draw.random(80) < 0.4).astype(float)
    a, b = (np.round(labels + draw.normal(size=80), 1) for _ in range(2))

    assert auc_difference_error(labels, a, b) == pytest.approx(by_the_paper(labels, a, b))


def by_the_paper(labels: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
    """Components V10 and V01, and S / m + S / n, written out pair by pair."""
    kernels = [np.sign(s[labels == 1][:, None] - s[labels == 0]) / 2 + 0.5 for s in (a, b)]
    contrast = np.array([1, -1])
    of_positives, of_negatives = (np.cov([k.mean(axis=axis) for k in kernels]) for axis in (1, 0))
    positives = int(labels.sum())
    return float(np.sqrt(contrast @ (of_positives / positives + of_negatives / (80 - positives)) @ contrast))


def test_the_error_is_how_far_the_difference_strays_from_sample_to_sample() -> None:
    draw = np.random.default_rng(1)
    differences, errors = [], []
    for _ in range(300):
        labels = (draw.random(400) < 0.3).astype(float)
        a, b = (labels + draw.normal(size=400) for _ in range(2))
        differences.append(auc(labels, a) - auc(labels, b))
        errors.append(auc_difference_error(labels, a, b))

    assert np.mean(errors) == pytest.approx(np.std(differences), rel=0.1)


def auc(labels: np.ndarray, scores: np.ndarray) -> float:
    return float((scores[labels == 1][:, None] > scores[labels == 0]).mean())


def test_one_row_of_a_class_has_no_error_to_speak_of() -> None:
    assert np.isnan(auc_difference_error(np.array([1.0, 0, 0]), np.arange(3.0), np.arange(3.0)))
