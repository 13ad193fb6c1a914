"""The policies that are compared, by name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tasks.errors import SpecError
from tasks.spec import ModelSpec, PolicySpec
from tasks.spec.values import parse_duration, write_duration

_RHYTHMS = {
    "weekly": timedelta(days=7),
    "biweekly": timedelta(days=14),
    "monthly": timedelta(days=30),
    "quarterly": timedelta(days=91),
}
_BY_RULE = ("on_drift", "on_performance", "on_gain")
DEFAULT = (
    "never", "weekly", "biweekly", "every:21d", "monthly", "quarterly", "on_drift", "on_performance", "on_gain",
    "always",
)  # fmt: skip
LIVE = "live"
_ALLOWED = ", ".join((*(name for name in DEFAULT if ":" not in name), "every:10d", LIVE))
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Contender:
    """A policy that a model might have had."""

    name: str
    rules: PolicySpec


def contenders(names: Sequence[str], spec: ModelSpec, *, step: timedelta) -> tuple[Contender, ...]:
    """Return the policies called ``names``, and those that every other one is compared with: never, and always.

    Beyond when to train nothing differs from the spec: windows, cooldown, budget and prices are its own. Of two that
    are the same, such as weekly and always in steps of a week, only the first is walked.

    Raises:
        SpecError: there is no such policy.
    """
    found: dict[str, Contender] = {}
    for name in dict.fromkeys(("never", *names, "always")):
        one = _contender(name, spec, step)
        found.setdefault(one.rules.model_dump_json() + ("" if name != LIVE else name), one)
    return tuple(found.values())


def _contender(name: str, spec: ModelSpec, step: timedelta) -> Contender:
    if name == LIVE:
        return Contender(name, spec.policy)
    if name == "never" or name in _BY_RULE:
        return Contender(name, spec.policy.model_copy(update={"retrain": name}))
    if name == "always":
        return Contender(name, _rhythm(spec, step))
    if name in _RHYTHMS:
        return Contender(name, _rhythm(spec, _RHYTHMS[name]))
    if parts := re.fullmatch(r"every:(.+)", name):
        try:
            return Contender(name, _rhythm(spec, parse_duration(parts[1])))
        except ValueError:
            pass
    raise SpecError(f"--policies: found {name!r}; allowed: {_ALLOWED}")


def _rhythm(spec: ModelSpec, every: timedelta) -> PolicySpec:
    """Return a policy that trains so often, whatever it sees; a cooldown or budget would be another rhythm."""
    free = {"retrain": "every", "every": every, "cooldown": timedelta(0), "retrains_a_month": UNLIMITED}
    return spec.policy.model_copy(update=free)


def describe(rules: PolicySpec) -> str:
    """Return what a person writes into the spec for it."""
    return f'retrain = "every", every = "{write_duration(rules.every)}"' if rules.retrain == "every" else rules.retrain
