"""Features as isolation trees read them: numbers, and how usual a category is."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FeatureMatrix

Values = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Number:
    """A number; where it is missing it counts as the median, and a column of its own says so if train had such rows."""

    median: float
    gaps: bool

    def read(self, values: Values) -> list[Values]:
        missing = ~np.isfinite(values)
        filled = np.where(missing, np.float32(self.median), values)
        return [filled, missing.astype(np.float32)] if self.gaps else [filled]


@dataclass(frozen=True)
class Category:
    """A category counts as the share of train that had it: between codes a tree would see an order."""

    shares: tuple[float, ...]
    """By code, and the last one of what is missing; what is new is missing."""

    def read(self, values: Values) -> list[Values]:
        codes = np.where(np.isfinite(values), values, len(self.shares) - 1).astype(np.intp)
        return [np.array(self.shares, dtype=np.float32)[codes]]


@dataclass(frozen=True)
class Reader:
    """How a feature matrix becomes columns, feature by feature."""

    features: tuple[Number | Category, ...]

    def read(self, matrix: FeatureMatrix) -> Values:
        """Return the columns, float32 of shape (rows, columns); none is missing."""
        columns = [made for nth, feature in enumerate(self.features) for made in feature.read(matrix.values[:, nth])]
        return np.column_stack(columns)

    def to_json(self) -> list[dict[str, Any]]:
        return [asdict(feature) for feature in self.features]

    @classmethod
    def from_json(cls, found: list[dict[str, Any]]) -> "Reader":
        return cls(tuple(Category(tuple(one["shares"])) if "shares" in one else Number(**one) for one in found))


def fit_reader(matrix: FeatureMatrix) -> Reader:
    return Reader(
        tuple(
            _category(matrix.values[:, nth], levels) if levels else _number(matrix.values[:, nth])
            for nth, levels in enumerate(matrix.levels)
        )
    )


def _number(values: Values) -> Number:
    there = values[np.isfinite(values)]
    return Number(float(np.median(there)) if len(there) else 0.0, 0 < len(there) < len(values))


def _category(values: Values, levels: int) -> Category:
    codes = np.where(np.isfinite(values), values, levels).astype(np.intp)
    shares = np.bincount(codes, minlength=levels + 1) / max(len(codes), 1)
    return Category(tuple(shares.tolist()))
