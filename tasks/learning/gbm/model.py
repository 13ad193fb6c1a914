"""A fitted LightGBM model: it predicts, explains, and is saved as LightGBM's own text."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray
from tasks.learning.contributions import Contributions
from tasks.learning.importance import shares

if TYPE_CHECKING:
    import lightgbm as lgb

_TREES, _NAMES = "lightgbm.txt", "lightgbm.json"


@dataclass(frozen=True)
class Trees:
    """A fitted LightGBM model, as the text that is saved: what is judged is what was written."""

    kind: ClassVar[str] = "lightgbm"
    names: tuple[str, ...]
    """The features, in the order of their columns; LightGBM itself refuses some names, such as "a[b]"."""
    text: str

    @cached_property
    def booster(self) -> "lgb.Booster":
        import lightgbm as lgb

        return lgb.Booster(model_str=self.text)

    @property
    def rounds(self) -> int:
        return int(self.booster.current_iteration())

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return values or probabilities, shape (rows,); multiclass (rows, classes)."""
        # One thread: 30,000 rows and 200 trees take half a second, and threads without an idle core take longer.
        return np.asarray(self.booster.predict(matrix.values, num_threads=1), dtype=np.float64)

    def importance(self) -> dict[str, float]:
        """Return each feature's share in what the splits gained on train."""
        return shares(zip(self.names, self.booster.feature_importance("gain").tolist(), strict=True))

    def contributions(self, rows: FeatureMatrix, _usual: FeatureMatrix) -> Contributions:
        """Return what each feature adds to the scores of ``rows``: LightGBM's own, exact for trees (Lundberg 2020)."""
        told = np.asarray(self.booster.predict(rows.values, pred_contrib=True, num_threads=1), dtype=np.float64)
        parts = told.reshape(len(rows), -1, len(self.names) + 1).swapaxes(1, 2)  # rows, features and base, scores
        base = parts[0, -1] if len(parts) else np.zeros(parts.shape[2])
        return Contributions(base, parts[:, :-1], "exact for trees (TreeSHAP, by LightGBM)")

    def save(self, folder: Path) -> None:
        """Write ``lightgbm.txt`` and ``lightgbm.json`` into ``folder``."""
        (folder / _TREES).write_text(self.text, encoding="utf-8")
        (folder / _NAMES).write_text(json.dumps(self.names), encoding="utf-8")


def load(folder: Path) -> Trees:
    """Return the model saved in ``folder``."""
    names = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
    return Trees(tuple(names), (folder / _TREES).read_text(encoding="utf-8"))
