"""Features as the numbers that every kind of model reads."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Ages = npt.NDArray[np.int64]


@dataclass(frozen=True)
class FeatureMatrix:
    """Rows × features as one block of numbers.

    ``values`` is float32 of shape (rows, features), NaN where a value is missing. A categorical column holds
    the codes 0 … levels-1 that its fitted encoder gave; a value that training had not seen is NaN too.
    """

    values: npt.NDArray[np.float32]
    names: tuple[str, ...]
    levels: tuple[int, ...]
    """For each feature the number of its categories; 0 for a numeric one."""

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, which: npt.NDArray[np.bool_] | npt.NDArray[np.intp] | slice) -> "FeatureMatrix":
        """Return the chosen rows."""
        return replace(self, values=self.values[which])


@dataclass(frozen=True)
class Target:
    """What is predicted: the task, and for a class target its classes in the order of their codes."""

    name: str
    classes: tuple[str | int | bool, ...] = ()

    @property
    def codes(self) -> int:
        return len(self.classes)


@dataclass(frozen=True, eq=False)
class Labelled:
    """Feature rows with what came of them: labels are float64 values, or codes of classes, shape (rows,)."""

    matrix: FeatureMatrix
    labels: FloatArray
    weights: FloatArray | None = None
    """How much each row counts in fitting; None: all alike."""
    ages: Ages | None = None
    """How long each row lies before the end of its window, microseconds; None: nobody asks."""
    trust: FloatArray | None = None
    """How far each label is believed, 0 to 1: it counts so much less in fitting; None: all are believed."""
    origin: "Origin | None" = None
    prepared: dict[str, Any] = field(default_factory=dict, repr=False)
    """What kinds have made of these rows, by kind, so that candidates share it; no part of the value."""

    def __len__(self) -> int:
        return len(self.labels)

    def part(self, which: npt.NDArray[np.bool_]) -> "Labelled":
        """Return the chosen rows, which know whose part they are: as a view where they stand together."""
        if which.all():
            return self
        found = np.flatnonzero(which)
        together = len(found) > 0 and found[-1] - found[0] + 1 == len(found)
        places = slice(found[0], found[-1] + 1) if together else found
        above = self.origin.places if self.origin else np.arange(len(self))
        return Labelled(
            matrix=self.matrix.rows(places),
            labels=self.labels[places],
            weights=None if self.weights is None else self.weights[places],
            ages=None if self.ages is None else self.ages[places],
            trust=None if self.trust is None else self.trust[places],
            origin=Origin(self.origin.whole if self.origin else self, above[places]),
        )

    def weighted(self, weights: FloatArray) -> "Labelled":
        """Return the same rows, which count so much."""
        origin = self.origin or Origin(self, np.arange(len(self)))
        return replace(self, weights=weights, origin=origin, prepared={})


@dataclass(frozen=True, eq=False)
class Origin:
    """Where some rows come from: what is made of the whole need not be made again for a part."""

    whole: Labelled
    places: npt.NDArray[np.intp]
