"""Features that decide the label by themselves: copies of it, near-copies, and codes that stand for it.

Honest features can be strong: the best of breast_cancer's has a ROC AUC of 0.97. But then others are nearly as
good, because all of them see the same thing from somewhere. A leak stands apart from the rest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tasks.judgement.leakage.case import AuditCase, Leak, LeakKind
from tasks.judgement.leakage.persistence import follows_known_labels
from tasks.judgement.leakage.sample import View
from tasks.judgement.leakage.strength import Strength, strengths
from tasks.judgement.leakage.wording import if_known_afterwards, percent
from tasks.metrics import Task


@dataclass(frozen=True)
class _Bar:
    """From which share on a column is reported."""

    certain: float
    """It decides, whatever the others do."""
    near: float
    """It nearly decides, if it stands apart from the others."""


_BARS: dict[Task, _Bar] = {
    "binary": _Bar(0.98, 0.85),
    "multiclass": _Bar(0.98, 0.85),
    "regression": _Bar(
        0.995, 0.93
    ),  # honest physics is strong: a flight's distance explains 97 % of its time in the air
}
_APART = 2.5
"""How many times as much the next column leaves unexplained. Measured: 1.6 at most on clean data, 3 for a leak."""


def proxies(case: AuditCase, seen: View) -> Iterator[Leak]:
    """Yield the features that decide the label by themselves."""
    ranked = strengths(case.features, seen)
    bar = _BARS[case.task]
    near = _standing_apart(ranked, bar.near)
    for position, found in enumerate(ranked):
        if found.share < bar.certain and position >= near:
            break
        if not follows_known_labels(found.column, case, seen):
            rest = ranked[max(near, position + 1) :]
            yield _leak(found, rest[0] if rest else None, certain=_is_certain(found, case.task))


def _standing_apart(ranked: Sequence[Strength], near: float) -> int:
    """Return how many of the strongest are near the label and leave far less unexplained than the next one."""
    count = 0
    for position, found in enumerate(ranked):
        if found.share < near:
            break
        left_by_next = ranked[position + 1].left if position + 1 < len(ranked) else 1.0
        if left_by_next >= _APART * found.left:
            count = position + 1
    return count


def _is_certain(found: Strength, task: Task) -> bool:
    return task != "regression" or found.share >= _BARS[task].certain


def _leak(found: Strength, rest: Strength | None, *, certain: bool) -> Leak:
    kind: LeakKind = "target_copy" if found.exact else "deciding_category" if found.coded else "near_copy"
    does = {"target_copy": "is a copy of the target", "deciding_category": "decides the target by its values"}
    others = f", the next column {percent(max(rest.share, 0))}" if rest else ""
    return Leak(
        kind,
        "refuse" if certain else "warn",
        found.column,
        found.share,
        f"{found.column} {does.get(kind, 'nearly is the target')}: alone it explains {percent(found.share)} of it "
        f"on later rows{others}; {if_known_afterwards(found.column)}",
    )
