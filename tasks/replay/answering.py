"""What the walks of a replay come to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from tasks.errors import NotEnoughData
from tasks.metrics import Metric
from tasks.replay.accounting import accounting_margin
from tasks.replay.accounts import Account, accounts
from tasks.replay.advice import Advice, advise
from tasks.replay.approval import Approval
from tasks.replay.fast import Agreement, agree
from tasks.replay.loss_by_age import LossByAge, loss_by_age
from tasks.replay.opening import Replay
from tasks.replay.prices import Prices
from tasks.replay.served import served
from tasks.replay.walk import Walk
from tasks.spec import ModelSpec


@dataclass(frozen=True)
class Answer:
    """What a replay says."""

    spec: ModelSpec
    first: datetime
    end: datetime
    step: timedelta
    metric: Metric
    prices: Prices
    accounts: tuple[Account, ...]
    ageing: LossByAge
    advice: Advice
    page: Path
    constant: float
    """What saying the same for every row would have lost, at its best."""
    approval: Approval
    """How long after the verdict a challenger that passed was promoted."""
    agreement: Agreement | None
    """Of smaller models with the spec's own; None: they are its own."""

    @property
    def recommended(self) -> Account:
        return next(account for account in self.accounts if account.name == self.advice.policy)


def answer(replay: Replay, walks: Sequence[Walk]) -> Answer:
    """Return what the walks come to."""
    found = accounts(walks, replay.spec, replay.metric, replay.prices)
    if not found[0].rows:
        raise NotEnoughData(f"{replay.spec.model}: no label of the replayed steps is known by {replay.stretch.end}")
    constant, least = _constant(walks[0], replay.metric), min(account.loss for account in found)
    return Answer(
        spec=replay.spec,
        first=walks[0].steps[0].champion,
        end=walks[0].steps[-1].at,
        step=replay.stretch.step,
        metric=replay.metric,
        prices=replay.prices,
        accounts=found,
        ageing=loss_by_age(found, gained=constant - least, seed=replay.spec.seed),
        advice=advise(found, replay.prices, accounting_margin(replay.spec, replay.metric, least)),
        page=page_of(replay),
        constant=constant,
        approval=replay.approval,
        agreement=_agreement(replay, walks[0]),
    )


def _agreement(replay: Replay, walked: Walk) -> Agreement | None:
    moments = [step.at for step in walked.steps]
    return agree(replay.past, replay.whole, moments, replay.metric) if replay.whole else None


def page_of(replay: Replay) -> Path:
    """Return where the page of a replay is: the last one of the same history, spec and code."""
    return replay.folder / "replay.html"


def _constant(walked: Walk, metric: Metric) -> float:
    """Return what the best constant answer would have lost on the same rows: their mean, or the shares of classes."""
    rows = served(walked)
    if rows.predictions.ndim == 1:
        same = np.full(len(rows.labels), rows.labels.mean())
    else:
        shares = np.bincount(rows.labels.astype(np.intp), minlength=rows.predictions.shape[1]) / len(rows.labels)
        same = np.tile(shares, (len(rows.labels), 1))
    return metric.bind(rows.labels, same)(None)
