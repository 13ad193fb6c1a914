"""Where a model stands, by what its entries say: champion, what awaits a person or a training, and what has been."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tasks.release.ledger.entries import Entry
from tasks.release.ledger.version_records import Approved, Expired, Promoted, Proposed, Rejected, RolledBack
from tasks.release.ledger.work_records import Answered, Claimed, Requested


@dataclass(frozen=True)
class Champion:
    """A version while it is, or was, the one in use."""

    version: int
    fence: int
    since: datetime
    until: datetime | None
    """None: it still is."""
    artifact: str
    artifact_uri: str
    entry: Entry


@dataclass(frozen=True)
class Pending:
    """A proposal that nobody has decided on yet."""

    entry: Entry
    proposed: Proposed
    approvals: tuple[Approved, ...]
    """Those given so far; more than one person may have to agree."""

    @property
    def version(self) -> int:
        return self.proposed.version


@dataclass(frozen=True)
class Request:
    """A request that nothing has answered yet."""

    entry: Entry
    requested: Requested
    claims: tuple[Claimed, ...]
    """The trainings that took it on, oldest first; all died but perhaps the last."""

    @property
    def number(self) -> int:
        return self.entry.number


@dataclass(frozen=True)
class Standing:
    """One model's champions, oldest first, its pending proposals, and its open request."""

    champions: tuple[Champion, ...]
    pending: tuple[Pending, ...]
    ended: dict[int, Entry]
    """The entry that ended the latest proposal of each version that has none pending."""
    request: Request | None
    """None: none is open."""

    @property
    def champion(self) -> Champion | None:
        return self.champions[-1] if self.champions else None

    @property
    def fence(self) -> int:
        """The number of the champion; 0: there is none yet."""
        return self.champions[-1].fence if self.champions else 0

    def at(self, time: datetime) -> Champion | None:
        """Return the champion in use at ``time``; None: there was none yet."""
        return next((c for c in self.champions if c.since <= time and (c.until is None or time < c.until)), None)

    def was_champion(self, version: int) -> Champion | None:
        """Return the latest time that ``version`` was champion; None: it never was."""
        return next((c for c in reversed(self.champions) if c.version == version), None)

    def proposal_of(self, version: int) -> Pending | None:
        return next((pending for pending in self.pending if pending.version == version), None)


def standing(entries: Sequence[Entry]) -> Standing:
    """Return where the model of ``entries``, oldest first, stands."""
    closed = {
        what.proposal: entry for entry in entries if isinstance(what := entry.what, Promoted | Rejected | Expired)
    }
    approvals = [entry.what for entry in entries if isinstance(entry.what, Approved)]
    proposals = [(entry, entry.what) for entry in entries if isinstance(entry.what, Proposed)]
    pending = tuple(
        Pending(entry, proposed, tuple(a for a in approvals if a.proposal == entry.number))
        for entry, proposed in proposals
        if entry.number not in closed
    )
    ended = {proposed.version: closed[entry.number] for entry, proposed in proposals if entry.number in closed}
    return Standing(_champions(entries), pending, ended, _request(entries))


def _request(entries: Sequence[Entry]) -> Request | None:
    """Return the open request: there is one at most, as none is added while one is open."""
    answered = {entry.what.request for entry in entries if isinstance(entry.what, Answered)}
    claims = [entry.what for entry in entries if isinstance(entry.what, Claimed)]
    return next(
        (
            Request(entry, what, tuple(claim for claim in claims if claim.request == entry.number))
            for entry in entries
            if isinstance(what := entry.what, Requested) and entry.number not in answered
        ),
        None,
    )


def _champions(entries: Sequence[Entry]) -> tuple[Champion, ...]:
    moves = [(entry, what) for entry in entries if isinstance(what := entry.what, Promoted | RolledBack)]
    ends: list[datetime | None] = [*(entry.at for entry, _ in moves[1:]), None]
    return tuple(
        Champion(what.version, what.fence, entry.at, until, what.artifact, what.artifact_uri, entry)
        for (entry, what), until in zip(moves, ends, strict=False)
    )
