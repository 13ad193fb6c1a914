"""One replay as a whole: its stretch of history, the walks of its policies, and the answer that they give."""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from tasks.data.history.contract import contract_of
from tasks.data.window import Window, write_time
from tasks.errors import NotEnoughData, SettingsError, SpecError
from tasks.learning.estimator import require
from tasks.metrics import Metric, names_of
from tasks.replay.accounts import Account, accounts
from tasks.replay.advice import Advice, advise
from tasks.replay.ageing import Ageing, ageing
from tasks.replay.contenders import DEFAULT, Contender, contenders
from tasks.replay.episodes import InUse
from tasks.replay.fast import Agreement, agree, fast_spec
from tasks.replay.past import LivedPast, open_past
from tasks.replay.prices import Prices, read_prices
from tasks.replay.progress import Progress
from tasks.replay.scene import scene_of
from tasks.replay.served import accounting_metric, served
from tasks.replay.stretch import FEWEST, Stretch, find_stretch
from tasks.replay.walk import Walk, walk
from tasks.settings import load_settings, prepare_environment
from tasks.spec import ModelSpec, load_spec

_log = logging.getLogger("perennial")


@dataclass(frozen=True)
class Asked:
    """What a person asks a replay for."""

    start: datetime | None = None
    """When the first model is trained; None: as soon as it can be."""
    end: datetime | None = None
    """None: now."""
    step: timedelta | None = None
    """Between two decisions; None: a window of the spec's drift."""
    policies: Sequence[str] = DEFAULT
    costs: Sequence[str] = ()
    metric: str | None = None
    """That losses are counted in; None: see ``accounting_metric``."""
    fast: bool = False
    """Smaller models in place of the spec's own."""


@dataclass(frozen=True)
class Replay:
    """What every step of one replay is given."""

    spec: ModelSpec
    stretch: Stretch
    past: LivedPast
    contenders: tuple[Contender, ...]
    metric: Metric
    prices: Prices
    whole: LivedPast | None = None
    """With the spec's own models, where those of ``past`` are smaller."""

    @property
    def folder(self) -> Path:
        return self.past.scene.folder


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
    ageing: Ageing
    advice: Advice
    page: Path
    constant: float
    """What saying the same for every row would have lost, at its best."""
    agreement: Agreement | None
    """Of smaller models with the spec's own; None: they are its own."""

    @property
    def recommended(self) -> Account:
        return next(account for account in self.accounts if account.name == self.advice.policy)


@contextmanager
def open_replay(model: str, asked: Asked) -> Iterator[Replay]:
    """Give one replay its stretch of history, and the past that its policies walk through.

    Raises:
        SettingsError, SpecError: something is asked for that there is not.
        NotEnoughData: the history is too short for any answer.
    """
    settings = load_settings()
    prepare_environment(settings)
    spec = load_spec(model, settings.specs)
    contract = contract_of(spec, settings.contracts)
    require(spec)
    if spec.task == "anomaly":
        raise SpecError(f"{model}: task anomaly has no loss that adds up; replay weighs binary, multiclass, regression")
    step = asked.step or spec.drift.window
    metric, prices = _metric(spec, asked.metric), read_prices(asked.costs, spec.policy)
    ruled = _priced(spec, metric, prices)
    policies = contenders(_useful(asked.policies, prices), ruled, step=step)
    window = Window(asked.start, asked.end or datetime.now(UTC))
    stretch = find_stretch(spec, contract, settings, asked=window, step=step)
    _log.info(
        "%s steps of %s rows from %s to %s, for %s policies",
        len(stretch.moments),
        f"{stretch.history.rows:,}",
        write_time(stretch.first),
        write_time(stretch.end),
        len(policies),
    )
    scene = scene_of(spec, contract, settings, history=stretch.history, step=step, end=stretch.end)
    with open_past(scene) as past:
        whole = Replay(spec, stretch, past, policies, metric, prices)
        if not asked.fast:
            yield whole
            return
        small = fast_spec(spec)
        faster = scene_of(small, contract, settings, history=stretch.history, step=step, end=stretch.end)
        with open_past(faster) as past_of_small:
            yield replace(whole, spec=small, past=past_of_small, whole=past)


def begin(replay: Replay) -> tuple[InUse, tuple[datetime, ...]]:
    """Return the first champion, that every policy begins with, and the moments after it.

    Raises:
        NotEnoughData: no training passed the gate so long as enough moments were left.
    """
    reasons = []
    starts = (replay.stretch.first, *replay.stretch.moments)
    for number, start in enumerate(starts[:-FEWEST]):
        made = replay.past.train(start, None)
        ruling = replay.past.rule(made, None, ()) if made.challenger else None
        if ruling and ruling.promotable:
            _log.info("the first champion is of %s", write_time(start))
            return InUse(made, ruling, start), starts[number + 1 :]
        reasons.append(ruling.summary if ruling else made.why_not)
    raise NotEnoughData(f"{replay.spec.model}: no first model passed the gate; the last time: {reasons[-1]}")


def walk_all(replay: Replay, first: InUse, moments: Sequence[datetime]) -> tuple[Walk, ...]:
    """Return what becomes of every policy; what two of them share is lived through once."""
    progress = Progress(len(moments) * len(replay.contenders))

    def one(contender: Contender) -> Walk:
        past = replay.past
        return walk(contender.name, contender.rules, past, first=first, moments=moments, tell=progress.step)

    with ThreadPoolExecutor(len(replay.contenders)) as threads:
        return tuple(threads.map(one, replay.contenders))


def answer(replay: Replay, walks: Sequence[Walk]) -> Answer:
    """Return what the walks come to."""
    found = accounts(walks, replay.spec, replay.metric, replay.prices)
    if not found[0].rows:
        raise NotEnoughData(f"{replay.spec.model}: no label of the replayed steps is known by {replay.stretch.end}")
    constant = _constant(walks[0], replay.metric)
    return Answer(
        spec=replay.spec,
        first=walks[0].steps[0].champion,
        end=walks[0].steps[-1].at,
        step=replay.stretch.step,
        metric=replay.metric,
        prices=replay.prices,
        accounts=found,
        ageing=ageing(found, gained=constant - min(account.loss for account in found), seed=replay.spec.seed),
        advice=advise(found, replay.prices),
        page=page_of(replay),
        constant=constant,
        agreement=_agreement(replay, walks[0]),
    )


def _agreement(replay: Replay, walked: Walk) -> Agreement | None:
    moments = [step.at for step in walked.steps]
    return agree(replay.past, replay.whole, moments, replay.metric) if replay.whole else None


def page_of(replay: Replay) -> Path:
    """Return where the page of a replay is: the last one of the same history, spec and code."""
    return replay.folder / "replay.html"


def _useful(names: Sequence[str], prices: Prices) -> Sequence[str]:
    """Return ``names``; of the default ones without those that never train, since nothing has a price."""
    return [name for name in names if name != "on_gain" or prices.known] if names == DEFAULT else names


def _priced(spec: ModelSpec, metric: Metric, prices: Prices) -> ModelSpec:
    """Return the spec with these prices, by which on_gain decides, if they are of the metric that it knows gains in."""
    if not prices.known or metric.name != spec.gate.metric:
        return spec
    costs = {"training_cost": prices.training + prices.review, "loss_price": prices.loss}
    return spec.model_copy(update={"policy": spec.policy.model_copy(update=costs)})


def _constant(walked: Walk, metric: Metric) -> float:
    """Return what the best constant answer would have lost on the same rows: their mean, or the shares of classes."""
    rows = served(walked)
    if rows.predictions.ndim == 1:
        same = np.full(len(rows.labels), rows.labels.mean())
    else:
        shares = np.bincount(rows.labels.astype(np.intp), minlength=rows.predictions.shape[1]) / len(rows.labels)
        same = np.tile(shares, (len(rows.labels), 1))
    return metric.bind(rows.labels, same)(None)


def _metric(spec: ModelSpec, name: str | None) -> Metric:
    try:
        return accounting_metric(spec, name)
    except (KeyError, ValueError):
        allowed = ", ".join(names_of(spec.task))
        raise SettingsError(
            f"--loss: found {name!r}; allowed: of {allowed}, those that are means over rows and less is better"
        ) from None
