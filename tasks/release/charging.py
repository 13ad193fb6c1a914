"""What each training cost stands in the ledger, however it ended."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from tasks.errors import LedgerError
from tasks.price import Price
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.work_records import Spent
from tasks.release.metering import Meter, Usage, metering

_log = logging.getLogger("perennial")


@dataclass(frozen=True)
class Charge:
    """What is charged."""

    run: str
    """Its folder."""
    reason: str


@contextmanager
def charged(ledger: Ledger, model: str, what: Charge, price: Price | None) -> Iterator[Meter]:
    """Meter the block, and write into the ledger what it cost when it ends, also when it breaks."""
    with metering(price) as meter:
        finished = False
        try:
            yield meter
            finished = True
        finally:
            _write(ledger, model, _spent(what, meter.read(), finished=finished))


def _write(ledger: Ledger, model: str, spent: Spent) -> None:
    try:
        with ledger.deciding() as page:
            page.append(model, spent, at=datetime.now(UTC))
    except LedgerError as error:  # what was decided stands, or the ledger's own error is on its way
        _log.warning("what the training cost is not in the ledger: %s", error)


def _spent(what: Charge, used: Usage, *, finished: bool) -> Spent:
    return Spent(
        run=what.run,
        reason=what.reason,
        finished=finished,
        wall_seconds=round(used.wall_seconds, 3),
        cpu_seconds=round(used.cpu_seconds, 3),
        peak_bytes=used.peak_bytes,
        gpu_seconds=used.power.gpu_seconds,
        joules=used.power.joules,
        money=used.money,
        currency=used.price.currency if used.price else None,
    )
