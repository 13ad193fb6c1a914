"""Features as cells: numbers and categories in the one form that a linear model reads.

Every feature has a few cells, and a row is in exactly one of them, by some amount. A number has a cell for when
it is there, where the amount is its scaled value, and one for when it is missing. A category has a cell for each
level and one for when it is missing or new. However many columns that makes, a row is one lookup a feature.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FeatureMatrix, FloatArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Encoding:
    """How the values of one feature become cells and amounts."""

    name: str
    levels: int
    """The number of categories; 0 for a number."""
    mean: float = 0.0
    scale: float = 1.0

    @property
    def cells(self) -> int:
        return (self.levels or 1) + 1

    def encode(self, values: Values) -> tuple[npt.NDArray[np.intp], FloatArray]:
        """Return the cell of each row, the last one when the value is missing or infinite, and the amount."""
        missing = ~np.isfinite(values)
        present = np.where(missing, 0, values).astype(np.float64)
        cells = np.where(missing, self.cells - 1, present if self.levels else 0).astype(np.intp)
        amounts = np.where(missing | (self.levels > 0), 1.0, (present - self.mean) / self.scale)
        return cells, amounts


def fit_encodings(matrix: FeatureMatrix, weights: FloatArray | None = None) -> tuple[Encoding, ...]:
    """Return the encodings that give every number mean 0 and standard deviation 1 in ``matrix``, so weighted."""
    return tuple(
        Encoding(name, levels) if levels else _scaled(name, matrix.values[:, position], weights)
        for position, (name, levels) in enumerate(zip(matrix.names, matrix.levels, strict=True))
    )


def design(matrix: FeatureMatrix, encodings: tuple[Encoding, ...]) -> "csr_array":
    """Return rows × cells: the amount in the one cell of each feature, nothing elsewhere."""
    from scipy.sparse import csr_array

    shape = len(matrix), len(encodings)
    columns, amounts = np.empty(shape, dtype=np.int32), np.empty(shape)
    width = 0
    for position, encoding in enumerate(encodings):
        cells, amounts[:, position] = encoding.encode(matrix.values[:, position])
        columns[:, position] = cells + width
        width += encoding.cells
    starts = np.arange(0, columns.size + 1, shape[1], dtype=np.int32)  # scikit-learn takes no wider ones
    return csr_array((amounts.ravel(), columns.ravel(), starts), shape=(shape[0], width))


def _scaled(name: str, values: Values, weights: FloatArray | None) -> Encoding:
    there = np.isfinite(values)
    present = values[there].astype(np.float64)
    if present.size == 0:
        return Encoding(name, 0)
    alike = present.min() == present.max()  # a deviation computed from rounded sums may miss 0 by a little
    counts = None if weights is None else weights[there]
    mean = present.mean() if counts is None else np.average(present, weights=counts)
    spread = present.std() if counts is None else np.sqrt(np.average((present - mean) ** 2, weights=counts))
    return Encoding(name, 0, float(mean), 1.0 if alike else float(spread))
