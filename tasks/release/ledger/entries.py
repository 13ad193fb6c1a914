"""An entry of the ledger: a record, with the digest that ties it to the one before."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tasks.plain import read, write
from tasks.release.ledger.contract_records import Accepted, Amended, Refused
from tasks.release.ledger.version_records import Approved, Expired, Judged, Promoted, Proposed, Rejected, RolledBack
from tasks.release.ledger.work_records import Answered, Claimed, Requested, Scored, Spent

What = (
    Judged
    | Proposed
    | Approved
    | Rejected
    | Expired
    | Promoted
    | RolledBack
    | Scored
    | Requested
    | Claimed
    | Answered
    | Spent
    | Amended
    | Accepted
    | Refused
)
"""What an entry says: one frozen record for each kind."""
ORIGIN = "0" * 64
"""What the first entry names as the one before."""

KINDS: Mapping[str, type[What]] = {
    "verdict": Judged,
    "proposal": Proposed,
    "approval": Approved,
    "rejection": Rejected,
    "expiry": Expired,
    "promotion": Promoted,
    "rollback": RolledBack,
    "scoring": Scored,
    "request": Requested,
    "claim": Claimed,
    "answer": Answered,
    "cost": Spent,
    "amendment": Amended,
    "acceptance": Accepted,
    "refusal": Refused,
}
_NAMES = {record: name for name, record in KINDS.items()}


@dataclass(frozen=True)
class Entry:
    """One line of the ledger."""

    number: int
    model: str
    at: datetime
    what: What
    previous: str
    """The digest of the entry before."""
    digest: str

    @property
    def kind(self) -> str:
        return _NAMES[type(self.what)]


def kind_of(what: What) -> str:
    return _NAMES[type(what)]


def fence_of(what: What) -> int | None:
    """Return the number of the champion that ``what`` makes: the database lets each exist once for a model."""
    return what.fence if isinstance(what, Promoted | RolledBack) else None


def closes(what: What) -> int | None:
    """Return the proposal or request that ``what`` brings to its end: the database lets each end once."""
    if isinstance(what, Answered):
        return what.request
    return what.proposal if isinstance(what, Promoted | Rejected | Expired | Accepted | Refused) else None


def version_of(what: What) -> int | None:
    """Return the version that ``what`` is about; None: there is none."""
    match what:
        case Claimed() | Spent() | Amended() | Accepted() | Refused():
            return None
        case Requested(champion=watched):
            return watched
    return what.version


def content_of(what: What) -> str:
    """Return ``what`` as text, the same for the same values."""
    return json.dumps(write(what), sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def read_content(kind: str, content: str) -> What:
    """Return what ``content_of`` wrote."""
    found: What = read(KINDS[kind], json.loads(content))
    return found


def digest_of(number: int, facts: tuple[str, str, str, str], previous: str) -> str:
    """Return the SHA-256 of an entry and of all before it: ``facts`` are model, kind, time and content as stored."""
    text = json.dumps([number, *facts, previous], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
