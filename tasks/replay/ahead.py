"""Where a policy stands in a replay, and the trainings that it has ahead. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from tasks.spec import PolicySpec


@dataclass(frozen=True)
class Stand:
    """Where one policy stands."""

    rules: PolicySpec
    done: int
    """Of its steps."""
    trained: tuple[datetime, ...]
    passed: int
    """Of its challengers."""


def trainings_ahead(stand: Stand, moments: Sequence[datetime]) -> Sequence[datetime]:
    """Return the moments ahead at which a policy will train, or, where what it sees decides, may do so."""
    ahead = moments[stand.done :]
    if stand.rules.retrain == "never":
        return ()
    if is_asked(stand):
        return ahead
    found, last = [], (stand.trained[-1] if stand.trained else moments[0] - _step(moments))
    for at in ahead:
        if at - last >= stand.rules.every:
            found.append(at)
            last = at
    return found


def share_trained(stand: Stand, ahead: int, moments: Sequence[datetime]) -> float:
    """Return the share of the moments ahead at which it does train: as so far, where what it sees decides."""
    if not is_asked(stand) or not ahead:
        return 1.0
    return len(stand.trained) / stand.done if stand.done else 1 / len(moments)


def is_asked(stand: Stand) -> bool:
    """Say whether what the policy sees decides when it trains."""
    return stand.rules.retrain not in ("never", "every")


def _step(moments: Sequence[datetime]) -> timedelta:
    return next((later - earlier for earlier, later in pairwise(moments)), timedelta(0))
