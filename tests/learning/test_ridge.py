"""The search for the minimum."""

import numpy as np
import pytest
from scipy.sparse import csr_array, hstack
from threadpoolctl import threadpool_limits

from tasks.learning.ridge import logistic, minimise, softmax, squared

RANDOM = np.random.default_rng(5)
DESIGN = np.column_stack([np.ones(500), RANDOM.normal(size=(500, 4)), RANDOM.integers(0, 2, 500)])
LABELS = (RANDOM.random(500) < 1 / (1 + np.exp(-DESIGN[:, 1]))).astype(float)


@pytest.mark.parametrize(
    "loss", [squared(LABELS), logistic(LABELS), softmax(LABELS.astype(int) + (DESIGN[:, 2] > 1), 3)]
)
def test_a_slope_is_the_derivative_of_its_loss(loss):
    scores = RANDOM.normal(size=(500, len(loss.intercept)))
    step = 1e-5 * RANDOM.normal(size=scores.shape)
    rise = loss.slope(scores + step)[0] - loss.slope(scores - step)[0]
    assert rise == pytest.approx(2 * (loss.slope(scores)[1] * step).sum(), rel=1e-5)


def test_more_columns_than_a_hessian_can_hold_lead_to_the_same_minimum():
    exact = minimise(logistic(LABELS), csr_array(DESIGN), 1.0)
    wide = hstack([csr_array(DESIGN), csr_array((500, 5000))], format="csr")
    np.testing.assert_allclose(minimise(logistic(LABELS), wide, 1.0)[:6], exact, atol=1e-5)


def test_more_rows_than_the_hessian_is_taken_from_lead_to_the_same_minimum():
    exact = minimise(logistic(LABELS), csr_array(DESIGN), 1.0)
    many = minimise(logistic(np.repeat(LABELS, 130)), csr_array(np.repeat(DESIGN, 130, axis=0)), 130.0)
    np.testing.assert_allclose(many, exact, atol=1e-5)


def test_the_weights_are_the_same_for_any_number_of_threads():
    columns = np.column_stack([np.ones(900), RANDOM.normal(size=(900, 600))])
    labels = (columns[:, 1] > 0.5).astype(float)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(minimise(logistic(labels), csr_array(columns), 1.0))
    np.testing.assert_array_equal(*found)


def test_the_intercept_is_not_penalised():
    weights = minimise(squared(LABELS + 100), csr_array(DESIGN), 1e9)
    np.testing.assert_allclose(weights[:, 0], [LABELS.mean() + 100, 0, 0, 0, 0, 0], atol=1e-3)
