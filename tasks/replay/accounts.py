"""What each policy lost, cost and gained, beside never training again and beside the live policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import nan

import numpy as np

from tasks.data.window import microseconds_of
from tasks.judgement.comparison import Comparison
from tasks.judgement.measuring import unit_of
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.metrics import Metric
from tasks.replay.contenders import LIVE
from tasks.replay.prices import Prices
from tasks.replay.served import Served, served
from tasks.replay.walk import Walk
from tasks.spec import ModelSpec

NEVER = "never"


@dataclass(frozen=True)
class Account:
    """What became of one policy."""

    walk: Walk
    loss: float
    """Mean over all rows, in the accounting metric."""
    by_step: tuple[float, ...]
    """The same, step by step; nan where no label is known."""
    rows: int
    against_never: Comparison | None
    """By how much less it lost than never training again; None: it is that."""
    against_live: Comparison | None
    """None: the live policy is not among the contenders, or is this one."""
    price: float
    """Of trainings, reviews and promotions."""
    regret: float = nan
    """How much more than the best in hindsight: in money with a price of a loss, else in the metric."""

    @property
    def name(self) -> str:
        return self.walk.name

    @property
    def refused(self) -> int:
        """Challengers that the gate turned away."""
        return self.walk.trainings - self.walk.passed

    @property
    def in_vain(self) -> int:
        """Trainings that drift or a loss asked for, and whose challenger was turned away: as good as false alarms."""
        return sum(
            step.decision.reason in ("drift", "performance") and not (step.ruling and step.ruling.promotable)
            for step in self.walk.steps
            if step.made
        )

    @property
    def broken(self) -> int:
        """Steps at which the feed was found to be broken."""
        return sum(step.check.diagnosis.action == "fix_the_data" for step in self.walk.steps)

    @property
    def worst(self) -> tuple[datetime, float] | None:
        """The step with the highest loss, by its end; None: no label is known."""
        known = [(value, step.at) for value, step in zip(self.by_step, self.walk.steps, strict=True) if value == value]
        return (max(known)[1], max(known)[0]) if known else None

    def total(self, prices: Prices) -> float:
        """Return all that it cost, with what its predictions lost."""
        return prices.of(self.walk) + prices.loss * self.loss * self.rows


def accounts(walks: Sequence[Walk], spec: ModelSpec, metric: Metric, prices: Prices) -> tuple[Account, ...]:
    """Return the account of each walk, in their order; they have served the same rows."""
    found = {walk.name: served(walk) for walk in walks}
    made = [_account(walk, found, spec, metric, prices) for walk in walks]
    costs = [account.total(prices) if prices.known else account.loss for account in made]
    return tuple(replace(account, regret=cost - min(costs)) for account, cost in zip(made, costs, strict=True))


def _account(walk: Walk, all_served: Mapping[str, Served], spec: ModelSpec, metric: Metric, prices: Prices) -> Account:
    own = all_served[walk.name]
    by_step = own.by_step(metric, len(walk.steps))
    return Account(
        walk=walk,
        loss=metric.bind(own.labels, own.predictions)(None) if len(own.labels) else nan,
        by_step=tuple(by_step.tolist()),
        rows=len(own.labels),
        against_never=_beside(NEVER, walk, all_served, spec, metric),
        against_live=_beside(LIVE, walk, all_served, spec, metric),
        price=prices.of(walk),
    )


def _beside(
    other: str, walk: Walk, all_served: Mapping[str, Served], spec: ModelSpec, metric: Metric
) -> Comparison | None:
    if walk.name == other or other not in all_served:
        return None
    own, rival = all_served[walk.name], all_served[other]
    assert np.array_equal(own.times, rival.times), "policies have not served the same rows"
    return compare(Pair(own.labels, own.predictions, rival.predictions, _blocks(own, spec)), _test(spec, metric))


def _blocks(rows: Served, spec: ModelSpec) -> np.typing.NDArray[np.int64]:
    block = spec.gate.block
    return np.arange(len(rows.times)) if block == "row" else rows.times // microseconds_of(block)


def _test(spec: ModelSpec, metric: Metric) -> PairedTest:
    return PairedTest(metric, spec.gate.alpha, spec.gate.resamples, spec.seed, unit_of(spec.gate))
