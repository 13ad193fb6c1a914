"""A decision to train again is a row in the ledger, and exactly one training comes of it.

The row is written before anything is sent. The event that tells of it may be lost, doubled, or come late: a training
claims the row under its lease, and only who holds that lease answers it. A claim says no more than its lease does: when
that is over and the request has no answer, the training died, and the request is as it was before.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from tasks.errors import DecisionRefused, LeaseLost, LedgerError, ModelBusy
from tasks.release.ledger.book import Ledger, Page
from tasks.release.ledger.entries import Entry, What
from tasks.release.ledger.leases import Lease, holding, leased, require
from tasks.release.ledger.standing import Request, standing
from tasks.release.ledger.version_records import Judged
from tasks.release.ledger.work_records import Answered, Claimed, Requested

ATTEMPTS = 3
"""Trainings that may die of one request. It counts claims, so that one that is killed, for memory say, counts too."""
_DIED = "each was killed, or broke"


@dataclass(frozen=True)
class Idle:
    """Why a training that was asked for had nothing to do: a result, and not a failure."""

    name: Literal["AlreadyAnswered", "Underway"]
    message: str


@dataclass(frozen=True)
class Turn:
    """A model to oneself, for one training."""

    lease: Lease
    request: Request | None
    """The one that was open when it began."""
    own: bool
    """Whether the training was started for it."""

    @property
    def asked(self) -> Requested | None:
        return self.request.requested if self.request and self.own else None


@dataclass(frozen=True)
class Due:
    """The request that a training's verdict answers."""

    number: int
    own: bool
    """The training was started for it; if not, it supersedes it."""


def request(ledger: Ledger, model: str, requested: Requested, at: datetime) -> Entry:
    """Return the model's open request: the one that there is, or else ``requested``, which is written down."""
    with ledger.deciding() as page:
        now = _open(page, model)
        return now.entry if now else page.append(model, requested, at=at)


def open_request(ledger: Ledger, model: str) -> Request | None:
    """Return the model's open request, claimed or not; None: there is none."""
    return standing(ledger.entries(model)).request


def heal(ledger: Ledger, model: str) -> Entry | None:
    """Return the open request that nobody works on, whose event is to be sent again; None: there is none.

    While any training of the model goes on there is none either: it would only be found busy. A request of which too
    many trainings have died is answered instead, so that it does not go on for ever.
    """
    with ledger.deciding() as page:
        now, held = _open(page, model), holding(page, model, "training")
        if now is None or (held and not held.free):
            return None
        if given_up := give_up(now, _DIED):
            page.append(model, given_up, at=datetime.now(UTC))
        return None if given_up else now.entry


@contextmanager
def turn(ledger: Ledger, model: str, number: int | None, run: str) -> Iterator[Turn | Idle]:
    """Give a training the model to itself, and claim request ``number`` for it; or say why there is nothing to do.

    Raises:
        ModelBusy: the model is being trained already, and no request asked for this training.
        DecisionRefused: the model has no such request.
    """
    with ExitStack() as stack:
        try:
            lease = stack.enter_context(leased(ledger, model, "training"))
        except ModelBusy as busy:
            if number is None:
                raise
            found: Turn | Idle = Idle("Underway", str(busy))
        else:
            found = _take(ledger, lease, number, run)
        try:
            yield found
        except Exception as error:
            if isinstance(found, Turn):
                _broke(ledger, found, error)
            raise


def due(turn: Turn, as_of: datetime) -> Due | None:
    """Return the request that the verdict of a training as of then answers; None: none.

    A training that was not started for the request supersedes it, unless it knows less than the check that asked.
    """
    if turn.request is None or (not turn.own and as_of < turn.request.requested.as_of):
        return None
    return Due(turn.request.number, turn.own)


def answer(now: Request | None, what: Due | None, judged: Judged) -> list[What]:
    """Return the answer to the request that was due, if it still is open."""
    if now is None or what is None or now.number != what.number:
        return []
    return [Answered(what.number, judged.run, judged.outcome, judged.summary, judged.version, not what.own)]


def give_up(now: Request, reason: str) -> Answered | None:
    """Return the answer to a request of which too many trainings have died; None: it may be tried again."""
    if len(now.claims) < ATTEMPTS:
        return None
    summary = f"{len(now.claims)} trainings came to no verdict; {reason}"
    return Answered(now.number, run=None, outcome="failed", summary=summary, version=None, superseded=False)


def _take(ledger: Ledger, lease: Lease, number: int | None, run: str) -> Turn | Idle:
    with ledger.deciding() as page:
        now = _open(page, lease.model)
        if number is None:
            return Turn(lease, now, own=False)
        if now is None or now.number != number:
            return _answered(page, lease.model, number)
        what = give_up(now, _DIED) or Claimed(number, lease.fence, run)
        page.append(lease.model, what, at=datetime.now(UTC))
    return Turn(lease, now, own=True) if isinstance(what, Claimed) else Idle("AlreadyAnswered", _said(what))


def _broke(ledger: Ledger, turn: Turn, error: Exception) -> None:
    """Answer the request that a training has just died of, if it was the last that may."""
    lease = turn.lease
    with suppress(LedgerError, LeaseLost), ledger.deciding() as page:  # the next check does it, less the reason
        require(page, lease)
        now = _open(page, lease.model)
        if now and turn.own and (given_up := give_up(now, f"the last: {error or type(error).__name__}")):
            page.append(lease.model, given_up, at=datetime.now(UTC))


def _open(page: Page, model: str) -> Request | None:
    return standing(page.entries(model)).request


def _answered(page: Page, model: str, number: int) -> Idle:
    for entry in page.entries(model):
        if isinstance(entry.what, Answered) and entry.what.request == number:
            return Idle("AlreadyAnswered", _said(entry.what))
    raise DecisionRefused(f"{number} is not the number of a request of {model}; see `perennial history {model}`")


def _said(answered: Answered) -> str:
    return f"request {answered.request} has its answer: {answered.outcome}, {answered.summary}"
