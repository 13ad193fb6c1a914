"""Few labels and many rows without one: what self-training gains, and what it costs.

``python -m benchmarks.learning.few_labels`` prints the table of docs/labels.md.
"""

from dataclasses import replace

import numpy as np

from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.learning.estimator import Candidate, fit
from tasks.learning.problem import Problem
from tasks.metrics import evaluate
from tasks.spec import LightGBMSpec, LinearSpec

DRAWS, FEATURES, TELLING = 8, 20, 4
LABELS = (60, 200, 1000)
ROWS = {"validation": 500, "unlabelled": 3000, "holdout": 5000}
THRESHOLDS = (None, 0.95, 0.8)
KINDS: dict[str, type[LinearSpec] | type[LightGBMSpec]] = {"linear": LinearSpec, "lightgbm": LightGBMSpec}


def draw(random: np.random.Generator, count: int) -> Labelled:
    """Return rows of two classes that lie apart in a few of the features: what self-training is made for."""
    labels = (random.random(count) < 0.5).astype(np.float64)
    values = random.normal(size=(count, FEATURES)).astype(np.float32)
    values[:, :TELLING] += 1.2 * (labels[:, None] - 0.5)
    return Labelled(FeatureMatrix(values, tuple(f"x{nth}" for nth in range(FEATURES)), (0,) * FEATURES), labels)


def candidates(kind: str) -> list[Candidate]:
    """Return the kind without self-training, and with each threshold; all are calibrated."""
    rules = [{"threshold": one} if one else None for one in THRESHOLDS]
    return [KINDS[kind].model_validate({"kind": kind, "calibrate": "sigmoid", "self_training": rule}) for rule in rules]


def measure(kind: str, labels: int, seed: int) -> list[tuple[float, float]]:
    """Return the log loss and the ROC AUC of each candidate on the holdout."""
    random = np.random.default_rng(seed)
    train, parts = draw(random, labels), {name: draw(random, count) for name, count in ROWS.items()}
    pool = replace(parts["unlabelled"], labels=np.full(ROWS["unlabelled"], np.nan))
    problem = Problem("binary", Target("y", (False, True)), seed=1, threads=1, unlabelled=pool)
    held, found = parts["holdout"], []
    for candidate in candidates(kind):
        model = fit(candidate, train, parts["validation"], problem)
        metrics = evaluate("binary", held.labels, model.predict(held.matrix))
        found.append((metrics["log_loss"], metrics["roc_auc"]))
    return found


def main() -> None:
    print("| kind | labels | log loss without | 0.95 | 0.8 | ROC AUC without | 0.95 | 0.8 |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for kind in KINDS:
        for labels in LABELS:
            means = np.mean([measure(kind, labels, seed) for seed in range(DRAWS)], axis=0)
            print(f"| {kind} | {labels:,} | " + " | ".join(f"{value:.3f}" for value in means.T.ravel()) + " |")


if __name__ == "__main__":
    main()
