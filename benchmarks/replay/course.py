"""One stream, all policies and contestants walked through it, and what became of each."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from benchmarks.replay.contestants import CONTESTANTS, Contestant
from benchmarks.replay.copied import WEEKLY, Copied
from benchmarks.replay.future import gain_after
from tasks.data.contract import load_contract
from tasks.data.window import Window
from tasks.metrics import Metric
from tasks.replay.accounting import accounting_metric
from tasks.replay.accounts import Account, accounts
from tasks.replay.contenders import DEFAULT, contenders
from tasks.replay.opening import Replay
from tasks.replay.past import LivedPast, open_past
from tasks.replay.prices import Prices
from tasks.replay.scene import scene_of
from tasks.replay.stretch import find_stretch
from tasks.replay.walk import Walk, walk
from tasks.replay.walking import begin
from tasks.settings import Settings
from tasks.spec import ModelSpec, load_spec

_ALARMS = ("drift", "performance")
_ALL = Window(None, datetime(2100, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Promotions:
    """Verdicts of a policy, by what became of their challengers in the weeks after."""

    bad: int
    """Promoted, and shown to be worse than the champion that it replaced."""
    missed: int
    """Turned away, and shown to have been better by more than the margin."""
    idle: int
    """Trainings whose challenger was not shown to be any better."""
    false_alarms: int
    """Those of them that an alarm asked for."""


@dataclass(frozen=True)
class Course:
    """What became of a stream."""

    name: str
    spec: ModelSpec
    metric: Metric
    prices: Prices
    moments: tuple[datetime, ...]
    ours: tuple[Account, ...]
    early: tuple[Account, ...]
    """Of ours, in the first half of the moments."""
    late: tuple[Account, ...]
    """In the second, which each policy entered with the champion that it had."""
    copied: tuple[Account, ...]
    """Beside them, in the same rows as ours."""
    promotions: dict[str, Promotions]
    """By the name of each account."""

    def account(self, name: str) -> Account:
        return next(one for one in (*self.ours, *self.copied) if one.name == name)


def run_course(
    name: str,
    settings: Settings,
    *,
    step: timedelta,
    model: str = "stream",
    over: Window = _ALL,
    contestants: Sequence[Contestant] = CONTESTANTS,
) -> Course:
    """Walk all policies and ``contestants`` through the history of ``model``."""
    spec = load_spec(model, settings.specs)
    contract = load_contract(spec.contract_name, settings.contracts)
    stretch = find_stretch(spec, contract, settings, asked=over, step=step)
    metric, prices = accounting_metric(spec), Prices(training=spec.policy.training_cost, loss=spec.policy.loss_price)
    names = [name for name in DEFAULT if name != "on_gain" or prices.known]
    policies = contenders(names, spec, step=step)
    scene = scene_of(spec, contract, settings, history=stretch.history, step=step, end=stretch.end)
    with open_past(scene) as past:
        first, moments = begin(Replay(spec, stretch, past, policies, metric, prices))
        todo = [(one.name, one.rules, past) for one in policies]
        rhythm = WEEKLY.model_copy(update={"every": step})
        todo += [
            (one.name, rhythm if one.rules is WEEKLY else one.rules, Copied(past, one.promotes, one.alarms))  # type: ignore[misc]
            for one in contestants
            if prices.known or not one.weighs
        ]
        with ThreadPoolExecutor(len(todo)) as threads:
            walks = list(threads.map(lambda one: walk(one[0], one[1], one[2], first=first, moments=moments), todo))
        found = accounts(walks, spec, metric, prices)
        early, late = (accounts(part, spec, metric, prices) for part in _halves(walks[: len(policies)]))
        promotions = {one.name: _promotions(one, past, metric) for one in walks}
    ours, copied = found[: len(policies)], found[len(policies) :]
    return Course(name, spec, metric, prices, tuple(moments), ours, early, late, copied, promotions)


def _halves(walks: Sequence[Walk]) -> Iterator[list[Walk]]:
    half = len(walks[0].steps) // 2
    for part in (slice(half), slice(half, None)):
        yield [replace(walk, steps=walk.steps[part]) for walk in walks]


def _promotions(walked: Walk, past: LivedPast, metric: Metric) -> Promotions:
    bad = missed = idle = false_alarms = 0
    made_at = {step.made.as_of: step.made for step in walked.steps if step.made}
    for step in walked.steps:
        if step.made is None or step.made.challenger is None or step.ruling is None:
            continue
        rival = made_at.get(step.champion) or past.train(step.champion, None)
        found = gain_after(past.scene, step.made, rival, metric, walked.steps[-1].at)
        if found is None:
            continue
        margin = metric.tolerance.of(found.rival)
        bad += step.ruling.promotable and found.high < 0
        missed += not step.ruling.promotable and found.low > margin
        idle += not found.beaten
        false_alarms += not found.beaten and step.decision.reason in _ALARMS
    return Promotions(bad, missed, idle, false_alarms)
