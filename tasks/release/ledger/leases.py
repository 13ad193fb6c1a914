"""Who may work on a model now: a lease that is renewed while its holder lives, and free when it does not.

A lock of the kernel ends with its holder, but only on one machine; a slot of an orchestrator outlives a holder that
crashed. A lease ends by itself, and its fence tells a holder who was only slow that somebody else has taken over.
"""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from tasks.errors import LeaseLost, LedgerError, ModelBusy
from tasks.release.ledger.book import Ledger, Page, View

Purpose = Literal["training", "promotion", "scoring"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
LASTS = timedelta(seconds=60)
_GIVEN_BACK = datetime.fromtimestamp(0, UTC)
"""When a lease has run out that its holder gave back: one that ran out later was its holder's until he died."""
_BEATS = 4
"""Renewals in the life of a lease."""
_HELD = "SELECT fence, holder, expires FROM lease WHERE model = :model AND purpose = :purpose"
_FIRST = (
    "INSERT INTO lease (model, purpose, fence, holder, expires) VALUES (:model, :purpose, :fence, :holder, :expires)"
)
_NEXT = (
    "UPDATE lease SET fence = :fence, holder = :holder, expires = :expires WHERE model = :model AND purpose = :purpose"
)
_UNTIL = "UPDATE lease SET expires = :expires WHERE model = :model AND purpose = :purpose AND fence = :fence"


@dataclass(frozen=True)
class Lease:
    """The right to be the only one that does ``purpose`` for ``model``."""

    model: str
    purpose: Purpose
    fence: int
    """Counts the holders: the one with the highest number is the one."""

    @property
    def where(self) -> dict[str, Any]:
        return {"model": self.model, "purpose": self.purpose}


@dataclass(frozen=True)
class Holding:
    """A lease as others see it."""

    fence: int
    holder: str
    expires: datetime

    @property
    def free(self) -> bool:
        """Whether it ran out, or its holder was a process of this machine that is gone."""
        return datetime.now(UTC) >= self.expires or _gone(self.holder)

    @property
    def died(self) -> bool:
        """Whether it is free, and nobody gave it back."""
        return self.free and self.expires != _GIVEN_BACK


@contextmanager
def leased(ledger: Ledger, model: str, purpose: Purpose, *, lasts: timedelta = LASTS) -> Iterator[Lease]:
    """Hold a lease for the length of the block, and renew it; raise ModelBusy, naming the holder, if another has it."""
    lease = _take(ledger, model, purpose, lasts)
    done = threading.Event()
    heart = threading.Thread(target=_beat, args=(ledger, lease, lasts, done), daemon=True)
    heart.start()
    try:
        yield lease
    finally:
        done.set()
        heart.join()
        _expire(ledger, lease, _GIVEN_BACK)


def require(page: Page, lease: Lease) -> None:
    """Raise LeaseLost unless ``lease`` is still the one that counts, within the transaction of ``page``."""
    found = holding(page, lease.model, lease.purpose)
    if found is None or found.fence != lease.fence:
        by = found.holder if found else "nobody knows whom"
        raise LeaseLost(
            f"{lease.model}: the {lease.purpose} was taken over by {by}; what this run found is not proposed"
        )


def holding(view: View, model: str, purpose: Purpose) -> Holding | None:
    """Return who holds a lease or held it last; None: nobody ever did."""
    import sqlalchemy as sa

    row = view.connection.execute(sa.text(_HELD), {"model": model, "purpose": purpose}).first()
    return Holding(row.fence, row.holder, datetime.fromisoformat(row.expires)) if row else None


def at_work(ledger: Ledger, model: str) -> dict[Purpose, Holding]:
    """Return who works on ``model`` now, by what for."""
    with ledger.reading() as view:
        found = {purpose: holding(view, model, purpose) for purpose in PURPOSES}
    return {purpose: held for purpose, held in found.items() if held and not held.free}


def give_back(page: Page, model: str, purpose: Purpose) -> Holding | None:
    """Give back a lease whose holder died, and return what it was; None: there is no such lease."""
    found = holding(page, model, purpose)
    if found is None or not found.died:
        return None
    _write_expiry(page, Lease(model, purpose, found.fence), _GIVEN_BACK)
    return found


def _take(ledger: Ledger, model: str, purpose: Purpose, lasts: timedelta) -> Lease:
    import sqlalchemy as sa

    with ledger.deciding() as page:
        found = holding(page, model, purpose)
        if found and not found.free:
            raise ModelBusy(f"{model}: a {purpose} is going on already, by {found.holder}")
        lease = Lease(model, purpose, found.fence + 1 if found else 1)
        now = datetime.now(UTC)
        holder = f"process {os.getpid()} on {socket.gethostname()} since {now:%Y-%m-%d %H:%M:%S} UTC"
        values = {**lease.where, "fence": lease.fence, "holder": holder, "expires": (now + lasts).isoformat()}
        page.connection.execute(sa.text(_NEXT if found else _FIRST), values)
    return lease


def _beat(ledger: Ledger, lease: Lease, lasts: timedelta, done: threading.Event) -> None:
    while not done.wait(lasts.total_seconds() / _BEATS):
        with suppress(LedgerError):  # the next beat may succeed; if none does, the lease runs out, as it should
            _expire(ledger, lease, datetime.now(UTC) + lasts)


def _expire(ledger: Ledger, lease: Lease, at: datetime) -> None:
    """Have the lease run out at ``at``; nothing, if somebody else has it by now."""
    with ledger.deciding() as page:
        _write_expiry(page, lease, at)


def _write_expiry(page: Page, lease: Lease, at: datetime) -> None:
    import sqlalchemy as sa

    page.connection.execute(sa.text(_UNTIL), {**lease.where, "fence": lease.fence, "expires": at.isoformat()})


def _gone(holder: str) -> bool:
    """Say whether ``holder`` was a process of this machine and is no more."""
    words = holder.split()
    if words[3] != socket.gethostname():
        return False
    try:
        os.kill(int(words[1]), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
