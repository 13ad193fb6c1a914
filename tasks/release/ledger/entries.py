"""What the ledger records: one frozen record for each kind of entry."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tasks.plain import read, write

ORIGIN = "0" * 64
"""What the first entry names as the one before."""


@dataclass(frozen=True)
class Evidence:
    """What a decision rests on, by digest: the data, the model, what the gate said, how it was shown, and the rules."""

    snapshot: str
    artifact: str
    verdict: str
    report: str
    spec: str


@dataclass(frozen=True)
class Places:
    """Where the evidence lies."""

    rows: str
    """The snapshot's file."""
    artifact: str
    """Folder of the registered version."""
    files: str
    """Folder of verdict, report and spec."""


@dataclass(frozen=True)
class Judged:
    """A challenger was judged."""

    run: str
    """MLflow's id of the training."""
    as_of: datetime
    reason: str
    """Why it was trained: ``schedule``, ``drift``, ``performance``, ``manual``, ``replay``."""
    outcome: str
    promotable: bool
    summary: str
    version: int | None
    evidence: Evidence


@dataclass(frozen=True)
class Proposed:
    """A version awaits a person."""

    version: int
    summary: str
    evidence: Evidence
    against: int | None
    """The champion that it was judged against; None: there was none."""
    where: Places
    expires: datetime | None
    approvals: int
    """How many different people must agree; 0: the spec promotes by itself."""


@dataclass(frozen=True)
class Approved:
    """A person agreed."""

    version: int
    proposal: int
    """The number of its entry."""
    approver: str
    reason: str
    emergency: bool
    """The rules were set aside; the reason says why."""


@dataclass(frozen=True)
class Rejected:
    """A person refused."""

    version: int
    proposal: int
    approver: str
    reason: str


@dataclass(frozen=True)
class Expired:
    """A proposal can no longer be approved."""

    version: int
    proposal: int
    reason: str


@dataclass(frozen=True)
class Promoted:
    """A version became champion."""

    version: int
    proposal: int
    replaces: int | None
    fence: int
    """Counts the champions of a model: there is one for each number."""
    artifact: str
    artifact_uri: str
    by: tuple[str, ...]
    """Those who approved; nobody where the spec promotes by itself."""
    emergency: bool = False


@dataclass(frozen=True)
class RolledBack:
    """A version that had been champion became it again."""

    version: int
    replaces: int
    fence: int
    artifact: str
    artifact_uri: str
    by: str
    reason: str


What = Judged | Proposed | Approved | Rejected | Expired | Promoted | RolledBack

KINDS: Mapping[str, type[What]] = {
    "verdict": Judged,
    "proposal": Proposed,
    "approval": Approved,
    "rejection": Rejected,
    "expiry": Expired,
    "promotion": Promoted,
    "rollback": RolledBack,
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
    """Return the proposal that ``what`` brings to its end: the database lets each end once."""
    return what.proposal if isinstance(what, Promoted | Rejected | Expired) else None


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
