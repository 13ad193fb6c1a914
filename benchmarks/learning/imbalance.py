"""Rare classes: what weights do to probabilities, and what calibration on validation does about it.

``python -m benchmarks.learning.imbalance`` prints the table of docs/labels.md: one row in a hundred is positive.
"""

from collections.abc import Iterator

import numpy as np

from tasks.data.matrix import FeatureMatrix, FloatArray, Labelled, Target
from tasks.judgement.calibration import BINS, bins
from tasks.learning.balance import class_weights, weighted
from tasks.learning.calibrated import Calibrated, Method, calibrated
from tasks.learning.estimator import Fitted, fit
from tasks.learning.problem import Problem
from tasks.metrics import evaluate
from tasks.spec import LightGBMSpec

DRAWS, FEATURES = 10, 10
_METHODS: tuple[Method, Method] = ("sigmoid", "isotonic")
ROWS = {"train": 20_000, "validation": 5_000, "fresh": 5_000, "holdout": 50_000}
"""5,000 rows of validation have 50 positives: calibration is asked for where they are few.

The fresh ones have stopped no model: what a curve of them is better by is what is left of using validation twice."""


def draw(random: np.random.Generator, count: int) -> Labelled:
    """Return rows of which one in a hundred is positive, and which say about as much as real ones do."""
    values = random.normal(size=(count, FEATURES)).astype(np.float32)
    score = values[:, 0] + 0.7 * values[:, 1] * values[:, 2] + 0.5 * np.abs(values[:, 3]) - 5.8
    labels = random.random(count) < 1 / (1 + np.exp(-score))
    names = tuple(f"x{nth}" for nth in range(FEATURES))
    return Labelled(FeatureMatrix(values, names, (0,) * FEATURES), labels.astype(np.float64))


def off(happened: FloatArray, said: FloatArray) -> float:
    """Return the expected calibration error, over bins of as many rows each."""
    codes = bins(said, BINS)
    return float(np.abs(np.bincount(codes, happened - said)).sum() / len(said))


def models(parts: dict[str, Labelled], seed: int) -> Iterator[tuple[str, Fitted]]:
    """Yield the same trees plain, weighted, and weighted with each calibration."""
    problem = Problem("binary", Target("rare", (False, True)), seed=seed, threads=1)
    train, validation = parts["train"], parts["validation"]
    plain = {"kind": "lightgbm", "learning_rate": 0.05}
    yield "plain", fit(LightGBMSpec.model_validate(plain), train, validation, problem)
    weights = class_weights(train, problem)
    both = [weighted(rows, weights) for rows in (train, validation)]
    yield "balanced, not calibrated", fit(LightGBMSpec.model_validate(plain), both[0], both[1], problem)
    for method in _METHODS:
        asked = LightGBMSpec.model_validate({**plain, "class_weight": "balanced", "calibrate": method})
        made = fit(asked, train, validation, problem)
        assert isinstance(made, Calibrated)
        yield f"balanced, {method}", made
        yield f"balanced, {method} of fresh rows", calibrated(made.model, parts["fresh"], method)
        yield f"plain, {method}", fit(asked.model_copy(update={"class_weight": None}), train, validation, problem)


def measure(seed: int) -> dict[str, tuple[float, ...]]:
    """Return, of each model, its mean probability, how far that is off, log loss, ROC AUC and average precision."""
    random = np.random.default_rng(seed)
    parts = {name: draw(random, count) for name, count in ROWS.items()}
    held = parts["holdout"]
    found = {}
    for name, model in models(parts, seed):
        said = model.predict(held.matrix)
        metrics = evaluate("binary", held.labels, said)
        of_it = [metrics[one] for one in ("log_loss", "roc_auc", "average_precision")]
        found[name] = (float(said.mean()), off(held.labels, said), *of_it)
    return found


def main() -> None:
    drawn = [measure(seed) for seed in range(DRAWS)]
    print("| trees | mean probability | calibration error | log loss | ROC AUC | average precision |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name in drawn[0]:
        means = np.mean([one[name] for one in drawn], axis=0)
        print(f"| {name} | " + " | ".join(f"{value:.4f}" for value in means) + " |")


if __name__ == "__main__":
    main()
