"""The benchmark of text and ids: its worlds can be learned from in each of their ways."""

import numpy as np

from benchmarks.learning.columns import World, merchants, predictions, tickets
from tasks.metrics import evaluate


def auc(world: World, way: str) -> float:
    return evaluate("binary", *predictions(world, "linear", way))["roc_auc"]


def test_words_and_statistics_tell_more_than_categories_and_a_leak_less() -> None:
    text, ids = tickets(np.random.default_rng(1), rows=3000), merchants(np.random.default_rng(1), rows=6000)

    assert auc(text, "words") > auc(text, "category") + 0.05
    assert auc(ids, "statistics") > max(auc(ids, way) for way in ("left out", "not in order of time (a leak)")) + 0.02
