"""How the studies ask the code under test."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.judgement.comparison import Comparison
from tasks.judgement.holdout import Holdout
from tasks.judgement.partition import Partition
from tasks.judgement.significance import Pair, PairedTest
from tasks.judgement.wear import Uses
from tasks.metrics import find_metric
from tasks.spec import GateSpec

ALPHA, RESAMPLES = 0.05, 1000
METRICS = ("roc_auc", "log_loss", "accuracy")
_DAY = 86_400_000_000


@dataclass(frozen=True)
class Beside:
    """What a judge is told beside the predictions of two models."""

    slices: Mapping[str, Partition] = field(default_factory=dict)
    features: Mapping[str, Partition] = field(default_factory=dict)
    uses: Uses | None = None


def paired_test(metric: str, seed: int, *, resamples: int = RESAMPLES, alpha: float = ALPHA) -> PairedTest:
    return PairedTest(find_metric(metric), alpha, resamples, seed)


def difference(metric: str, pair: Pair) -> float:
    """Return the challenger's gain on the rows at hand, as a point comparison sees it."""
    measure = find_metric(metric)
    values = (measure.bind(pair.labels, p)(None) for p in (pair.challenger, pair.rival))
    return measure.gain(*values)


def promotes(comparison: Comparison, margin: float = 0) -> bool:
    """Say whether the gate's rule is content: ``better``, or with a margin ``not_worse``."""
    return comparison.usable and comparison.low > -margin


def over_rows(pair: Pair) -> Pair:
    """Return the same rows as if they were independent of each other."""
    return replace(pair, blocks=np.arange(len(pair.labels)))


def shares_days(pair: Pair) -> bool:
    """Say whether rows share days, or are each their own block."""
    return len(np.unique(pair.blocks)) < len(pair.blocks)


def gate_of(metric: str, pair: Pair, **rules: object) -> GateSpec:
    """Return a gate with default rules, but for ``rules``, that takes independent rows for what they are."""
    known = {"metric": metric, **({} if shares_days(pair) else {"block": "row"}), **rules}
    return GateSpec.model_validate(known)


def holdout(pair: Pair, beside: Beside | None = None) -> Holdout:
    """Return the rows as a judge gets them; the baseline says for every row how common the positive class is."""
    told = beside or Beside()
    times = pair.blocks * _DAY
    return Holdout(
        task="binary",
        labels=pair.labels,
        times=times,
        keys=np.arange(len(times), dtype=np.uint64),
        challenger=pair.challenger,
        champion=pair.rival,
        baseline=_constant(pair.labels),
        slices=told.slices,
        features=told.features,
        uses=told.uses,
        champion_version="1",
        seen_rows_removed=0,
        unlabelled_rows=0,
        start=None,
        end=datetime(2026, 1, 1, tzinfo=UTC),
    )


def _constant(labels: FloatArray) -> FloatArray:
    return np.full(len(labels), labels.mean())
