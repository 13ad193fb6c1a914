"""Gradient boosted trees by LightGBM."""

import json
import re
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled
from tasks.learning.checkpoints import Fit, Keeper
from tasks.learning.growth import Growth
from tasks.learning.importance import shares
from tasks.learning.problem import Problem
from tasks.spec import LightGBMSpec

if TYPE_CHECKING:
    import lightgbm as lgb

_TREES, _NAMES = "lightgbm.txt", "lightgbm.json"
_OBJECTIVES: dict[str, dict[str, Any]] = {
    # Rounds are stopped by the loss that is learned, whatever metric the gate asks for: it sees every row's
    # probability, so it is steadier from round to round than a rank or a threshold.
    "binary": {"objective": "binary", "metric": "binary_logloss"},
    "multiclass": {"objective": "multiclass", "metric": "multi_logloss"},
    "regression": {"objective": "regression", "metric": "l2"},
}


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

    def predict(self, matrix: FeatureMatrix) -> FloatArray:
        """Return values or probabilities, shape (rows,); multiclass (rows, classes)."""
        # One thread: 30,000 rows and 200 trees take half a second, and threads without an idle core take longer.
        return np.asarray(self.booster.predict(matrix.values, num_threads=1), dtype=np.float64)

    def importance(self) -> dict[str, float]:
        """Return each feature's share in what the splits gained on train."""
        return shares(zip(self.names, self.booster.feature_importance("gain").tolist(), strict=True))

    def save(self, folder: Path) -> None:
        """Write ``lightgbm.txt`` and ``lightgbm.json`` into ``folder``."""
        (folder / _TREES).write_text(self.text, encoding="utf-8")
        (folder / _NAMES).write_text(json.dumps(self.names), encoding="utf-8")


def fit(candidate: LightGBMSpec, train: Labelled, validation: Labelled, problem: Problem) -> Trees:
    """Return the trees up to the round that was best on ``validation``."""
    import lightgbm as lgb

    parameters = _parameters(candidate, problem)
    growth = Growth(candidate, _keeper(candidate, train, validation, problem))
    rows = _dataset(train, parameters)
    booster = lgb.train(
        parameters,
        rows,
        num_boost_round=candidate.rounds - growth.begun,
        init_model=lgb.Booster(model_str=growth.trees) if growth.trees else None,
        valid_sets=[rows.create_valid(validation.matrix.values, validation.labels)],
        callbacks=[growth],
    )
    text = booster.model_to_string(num_iteration=max(growth.stopping.best, 0) + 1)
    return Trees(train.matrix.names, _settled(text, candidate))


def load(folder: Path) -> Trees:
    """Return the model saved in ``folder``."""
    names = json.loads((folder / _NAMES).read_text(encoding="utf-8"))
    return Trees(tuple(names), (folder / _TREES).read_text(encoding="utf-8"))


def _parameters(candidate: LightGBMSpec, problem: Problem) -> dict[str, Any]:
    classes = {"num_class": problem.target.codes} if problem.task == "multiclass" else {}
    return {
        **_OBJECTIVES[problem.task],
        **classes,
        "learning_rate": candidate.learning_rate,
        "num_leaves": candidate.leaves,
        "min_data_in_leaf": candidate.min_leaf_rows,
        "seed": problem.seed,
        "num_threads": problem.threads,
        "deterministic": True,
        "force_row_wise": True,  # left to choose, LightGBM times both ways: another run may choose otherwise
        "verbosity": -1,
    }


def _dataset(rows: Labelled, parameters: dict[str, Any]) -> "lgb.Dataset":
    import lightgbm as lgb

    categories = [position for position, levels in enumerate(rows.matrix.levels) if levels]
    return lgb.Dataset(rows.matrix.values, rows.labels, categorical_feature=categories, params=parameters)


def _keeper(candidate: LightGBMSpec, train: Labelled, validation: Labelled, problem: Problem) -> Keeper:
    facts = (candidate, problem.task, problem.target, problem.seed, metadata.version("lightgbm"))
    return Keeper(problem.checkpoints, Fit(train, validation, facts))


def _settled(text: str, candidate: LightGBMSpec) -> str:
    """Return the model's text without what depends on the machine, or on where a killed fit went on.

    That is the number of threads and that of rounds to go. The trees depend on neither, so the same rows, spec and
    seed have the same digest everywhere.
    """
    text = re.sub(r"^\[num_threads: \d+\]$", "[num_threads: 0]", text, flags=re.MULTILINE)
    return re.sub(r"^\[num_iterations: \d+\]$", f"[num_iterations: {candidate.rounds}]", text, flags=re.MULTILINE)
