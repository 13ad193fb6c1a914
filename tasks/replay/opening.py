"""A replay is opened: what a person asks for, its stretch of history, and the past that its policies walk through."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tasks.data.history.contract import contract_of
from tasks.data.window import Window, write_time
from tasks.environment import prepare_environment
from tasks.errors import SettingsError, SpecError
from tasks.learning.estimator import require
from tasks.metrics import Metric, names_of
from tasks.replay.accounting import accounting_metric
from tasks.replay.approval import AT_ONCE, Approval, find_approval
from tasks.replay.contenders import DEFAULT, Contender, contenders
from tasks.replay.fast import fast_spec
from tasks.replay.holding import hold_source
from tasks.replay.past import LivedPast, open_past
from tasks.replay.prices import Prices, read_prices
from tasks.replay.scene import scene_of
from tasks.replay.stretch import Stretch, find_stretch
from tasks.settings import load_settings
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
    approval: timedelta | None = None
    """From a verdict to the promotion; None: as long as people took who approved versions of this model."""


@dataclass(frozen=True)
class Replay:
    """What every step of one replay is given."""

    spec: ModelSpec
    stretch: Stretch
    past: LivedPast
    contenders: tuple[Contender, ...]
    metric: Metric
    prices: Prices
    approval: Approval = AT_ONCE
    whole: LivedPast | None = None
    """With the spec's own models, where those of ``past`` are smaller."""

    @property
    def folder(self) -> Path:
        return self.past.scene.folder


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
    approval = replace(find_approval(asked.approval, spec.promotion, settings, model), step=step)
    policies = contenders(_useful(asked.policies, prices), ruled, step=step)
    window = Window(asked.start, asked.end or datetime.now(UTC))
    with hold_source(spec, contract, settings, until=window.end) as held:
        aside = replace(held.settings, home=held.place)
        stretch = find_stretch(spec, contract, aside, asked=window, step=step)
        _tell(stretch, policies)
        scene = scene_of(spec, contract, held.settings, history=stretch.history, step=step, end=stretch.end)
        with open_past(scene) as past:
            whole = Replay(spec, stretch, past, policies, metric, prices, approval)
            if not asked.fast:
                yield whole
                return
            small = fast_spec(spec)
            faster = scene_of(small, contract, held.settings, history=stretch.history, step=step, end=stretch.end)
            with open_past(faster) as past_of_small:
                yield replace(whole, spec=small, past=past_of_small, whole=past)


def _tell(stretch: Stretch, policies: Sequence[Contender]) -> None:
    _log.info(
        "%s steps of %s rows from %s to %s, for %s policies",
        len(stretch.moments),
        f"{stretch.history.rows:,}",
        write_time(stretch.first),
        write_time(stretch.end),
        len(policies),
    )


def _useful(names: Sequence[str], prices: Prices) -> Sequence[str]:
    """Return ``names``; of the default ones without those that never train, since nothing has a price."""
    return [name for name in names if name != "on_gain" or prices.known] if names == DEFAULT else names


def _priced(spec: ModelSpec, metric: Metric, prices: Prices) -> ModelSpec:
    """Return the spec with these prices, by which on_gain decides, if they are of the metric that it knows gains in."""
    if not prices.known or metric.name != spec.gate.metric:
        return spec
    costs = {"training_cost": prices.training + prices.review, "loss_price": prices.loss}
    return spec.model_copy(update={"policy": spec.policy.model_copy(update=costs)})


def _metric(spec: ModelSpec, name: str | None) -> Metric:
    try:
        return accounting_metric(spec, name)
    except (KeyError, ValueError):
        allowed = ", ".join(names_of(spec.task))
        raise SettingsError(
            f"--loss: found {name!r}; allowed: of {allowed}, those that are means over rows and less is better"
        ) from None
