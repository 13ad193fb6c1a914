"""The policies that are compared, by name."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from tasks.errors import SpecError
from tasks.spec import ModelSpec, PolicySpec
from tasks.spec.values import parse_duration, write_duration

_RHYTHMS = {"weekly": timedelta(days=7), "monthly": timedelta(days=30), "quarterly": timedelta(days=91)}
_BY_RULE = ("on_drift", "on_performance", "on_gain")
DEFAULT = ("never", "weekly", "monthly", "quarterly", "on_drift", "on_performance", "on_gain", "always")
_ALLOWED = ", ".join((*DEFAULT, "every:14d", "live"))
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Contender:
    """A policy that a model might have had."""

    name: str
    rules: PolicySpec


def contenders(names: Sequence[str], spec: ModelSpec, *, step: timedelta) -> tuple[Contender, ...]:
    """Return the policies called ``names``, and those that every other one is compared with: never, and always.

    Beyond when to train nothing differs from the spec: windows, cooldown, budget and prices are its own.

    Raises:
        SpecError: there is no such policy.
    """
    wanted = dict.fromkeys(("never", *names, "always"))
    return tuple(_contender(name, spec, step) for name in wanted)


def _contender(name: str, spec: ModelSpec, step: timedelta) -> Contender:
    if name == "live":
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
