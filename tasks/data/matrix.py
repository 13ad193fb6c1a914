"""Features as the numbers that every kind of model reads."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


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


@dataclass(frozen=True)
class Labelled:
    """Feature rows with what came of them: labels are float64 values, or codes of classes, shape (rows,)."""

    matrix: FeatureMatrix
    labels: FloatArray

    def __len__(self) -> int:
        return len(self.labels)
