"""Features as a network reads them: columns of scaled numbers, and codes of categories to be embedded."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FeatureMatrix
from tasks.learning.cells import Encoding, fit_encodings

FARTHEST = 8.0
"""Standard deviations from the mean; what lies farther out counts as that far."""


@dataclass(frozen=True)
class Inputs:
    """Rows as they enter the network."""

    numbers: npt.NDArray[np.float32]
    """Shape (rows, columns): scaled values, 0 where one is missing, then a 1 in the column that says so."""
    codes: npt.NDArray[np.int64]
    """Shape (rows, categories): 0 … levels-1, and ``levels`` where one is missing or new."""

    def __len__(self) -> int:
        return len(self.numbers)


@dataclass(frozen=True)
class Reader:
    """How a feature matrix becomes inputs."""

    encodings: tuple[Encoding, ...]
    """Of every feature, in the order of the matrix."""
    columns: tuple[int, ...]
    """Which columns of numbers vary in train: first a value for each number, then for each whether it is missing.

    The others are left out: their weights would be left as they were drawn, and would speak once a value varies.
    """

    @property
    def levels(self) -> tuple[int, ...]:
        """The number of levels of each category."""
        return tuple(encoding.levels for encoding in self.encodings if encoding.levels)

    def read(self, matrix: FeatureMatrix) -> Inputs:
        every, codes = _read(matrix, self.encodings)
        return Inputs(np.ascontiguousarray(every[:, list(self.columns)]), codes)

    def to_json(self) -> dict[str, Any]:
        return {"encodings": [asdict(encoding) for encoding in self.encodings], "columns": self.columns}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Reader":
        return cls(tuple(Encoding(**encoding) for encoding in found["encodings"]), tuple(found["columns"]))


def fit_reader(matrix: FeatureMatrix) -> Reader:
    """Return the reader whose numbers have mean 0 and standard deviation 1 in ``matrix``."""
    encodings = fit_encodings(matrix)
    every, _ = _read(matrix, encodings)
    varies = every.min(axis=0, initial=np.inf) < every.max(axis=0, initial=-np.inf)
    return Reader(encodings, tuple(np.flatnonzero(varies).tolist()))


def _read(
    matrix: FeatureMatrix, encodings: tuple[Encoding, ...]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    count = sum(not encoding.levels for encoding in encodings)
    numbers = np.zeros((len(matrix), 2 * count), dtype=np.float32)
    codes = np.empty((len(matrix), len(encodings) - count), dtype=np.int64)
    number = category = 0
    for position, encoding in enumerate(encodings):
        cells, amounts = encoding.encode(matrix.values[:, position])
        if encoding.levels:
            codes[:, category] = cells
            category += 1
        else:
            missing = cells == 1
            numbers[:, number] = np.clip(np.where(missing, 0, amounts), -FARTHEST, FARTHEST)
            numbers[:, count + number] = missing
            number += 1
    return numbers, codes
