"""What the ledger records: one frozen record for each kind of entry."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

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


@dataclass(frozen=True)
class Scored:
    """A champion's predictions for the rows of a window stand in the log."""

    version: int
    start: datetime
    end: datetime
    rows: int
    """Valid rows of the window: each is in the log, whoever wrote it there."""
    quarantined: int
    snapshot: str
    """Digest of the rows, as they were known when they were scored."""


@dataclass(frozen=True)
class Requested:
    """A check asked for a training."""

    reason: Literal["schedule", "drift", "performance", "manual"]
    as_of: datetime
    """What the check knew, and the training that comes of it."""
    champion: int | None
    """The version that was watched; None: there was none."""
    summary: str
    check: str
    """Digest of the check's document."""


@dataclass(frozen=True)
class Claimed:
    """A training took a request on."""

    request: int
    """The number of its entry."""
    lease: int
    """The fence of the training's lease: once that is over, the claim is."""
    run: str
    """Folder of the training's run."""


@dataclass(frozen=True)
class Answered:
    """A request came to its end."""

    request: int
    run: str | None
    """MLflow's id of the training; None: no training came to a verdict."""
    outcome: str
    """The verdict's, or ``failed``."""
    summary: str
    version: int | None
    superseded: bool
    """The training was not started for it, and answers it all the same."""


What = (
    Judged | Proposed | Approved | Rejected | Expired | Promoted | RolledBack | Scored | Requested | Claimed | Answered
)

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
    return what.proposal if isinstance(what, Promoted | Rejected | Expired) else None


def version_of(what: What) -> int | None:
    """Return the version that ``what`` is about; None: there is none."""
    match what:
        case Claimed():
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
