"""What single rows lose: the values that mean metrics are means of. Shapes (rows,)."""

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.metrics.metric import Losses


def log_loss(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    """-log of the probability given to what happened; none counts as less than 2e-16."""
    if predictions.ndim == 1:
        given = np.where(labels == 1, predictions, 1 - predictions)
    else:
        given = predictions[np.arange(len(labels)), codes(labels)]
    smallest = np.finfo(np.float64).eps
    return np.asarray(-np.log(np.clip(given, smallest, 1 - smallest)))


def hits(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    """1 where the likeliest class is the row's."""
    return np.asarray(codes(labels) == decisions(predictions), dtype=np.float64)


def absolute_error(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    return np.asarray(np.abs(labels - predictions))


def squared_error(labels: FloatArray, predictions: FloatArray) -> FloatArray:
    return np.asarray((labels - predictions) ** 2)


def pinball(quantile: float) -> Losses:
    """The loss that the ``quantile`` of the labels makes smallest (Koenker and Bassett 1978)."""

    def loss(labels: FloatArray, predictions: FloatArray) -> FloatArray:
        error = labels - predictions
        return np.maximum(quantile * error, (quantile - 1) * error)

    return loss


def cost(of_a_miss: float) -> Losses:
    """What acting on the prediction costs, where a false alarm costs 1 and a miss ``of_a_miss``.

    A row is taken to be positive where that is cheaper to expect: above a probability of 1 / (1 + ``of_a_miss``)
    (Elkan 2001, "The foundations of cost-sensitive learning", section 1.2).
    """

    def loss(labels: FloatArray, predictions: FloatArray) -> FloatArray:
        said = predictions * of_a_miss > 1 - predictions
        return np.where(labels == 1, of_a_miss * ~said, said)

    return loss


def codes(labels: FloatArray) -> npt.NDArray[np.intp]:
    """The labels as whole numbers."""
    return labels.astype(np.intp)


def decisions(predictions: FloatArray) -> npt.NDArray[np.intp]:
    """The likeliest class of each row; the first one among equals."""
    likeliest = predictions > 0.5 if predictions.ndim == 1 else predictions.argmax(axis=1)
    return np.asarray(likeliest).astype(np.intp)
