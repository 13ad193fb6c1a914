"""What trainings came to: by model and month, from the ledger."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.release.ledger.entries import Entry
from tasks.release.ledger.work_records import Spent


@dataclass(frozen=True)
class Costs:
    """The trainings of one model in one month."""

    model: str
    month: str
    """Such as 2026-11, UTC, by when they ended."""
    trainings: int
    broken: int
    """Of them, those that came to no verdict."""
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    """The largest of them."""
    gpu_seconds: float | None
    """None: no training was told any."""
    joules: float | None
    money: tuple[tuple[str, float], ...]
    """By currency; nothing for trainings that had no price."""


def costs(entries: Sequence[Entry], *, since: datetime | None = None) -> tuple[Costs, ...]:
    """Return what trainings that ended at or after ``since`` came to, by model and then by month."""
    found: dict[tuple[str, str], list[Spent]] = {}
    for entry in entries:
        if isinstance(entry.what, Spent) and (since is None or entry.at >= since):
            found.setdefault((entry.model, f"{entry.at.astimezone(UTC):%Y-%m}"), []).append(entry.what)
    return tuple(_sum(*place, found[place]) for place in sorted(found))


def _sum(model: str, month: str, spent: Sequence[Spent]) -> Costs:
    currencies = sorted({one.currency for one in spent if one.currency})
    return Costs(
        model=model,
        month=month,
        trainings=len(spent),
        broken=sum(not one.finished for one in spent),
        wall_seconds=sum(one.wall_seconds for one in spent),
        cpu_seconds=sum(one.cpu_seconds for one in spent),
        peak_bytes=max(one.peak_bytes for one in spent),
        gpu_seconds=_told(spent, lambda one: one.gpu_seconds),
        joules=_told(spent, lambda one: one.joules),
        money=tuple((name, _money(one for one in spent if one.currency == name)) for name in currencies),
    )


def _told(spent: Sequence[Spent], what: Callable[[Spent], float | None]) -> float | None:
    told = [found for one in spent if (found := what(one)) is not None]
    return sum(told) if told else None


def _money(spent: Iterable[Spent]) -> float:
    return sum(one.money or 0.0 for one in spent)
