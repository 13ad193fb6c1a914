"""What an entry of the ledger says: one frozen record for each kind."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


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
    against: int | None = None
    """The champion that it was judged beside; None: there was none, or, in old entries, it was not written down."""
    gain: float | None = None
    """By how much it was better than that, in the gate's metric,"""
    error: float | None = None
    """and the standard error of that; None: it could not be computed."""
    contract: str | None = None
    """Digest of the contract that it was trained under; None: in old entries it was not written down."""


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
    identified: bool = False
    """MLflow knew them by their own password; else the name is what somebody typed."""


@dataclass(frozen=True)
class Rejected:
    """A person refused."""

    version: int
    proposal: int
    approver: str
    reason: str
    identified: bool = False
    """MLflow knew them by their own password; else the name is what somebody typed."""


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
    identified: bool = False
    """MLflow knew them by their own password; else the name is what somebody typed."""


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


@dataclass(frozen=True)
class Spent:
    """What a training cost, however it ended; a killed one leaves none."""

    run: str
    """Its folder."""
    reason: str
    """Why it was made, as a verdict says it."""
    finished: bool
    """It came to its end; False: it broke."""
    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    """The most memory that one of its processes held."""
    gpu_seconds: float | None
    """Seconds of GPUs at full use; None: the machine tells none."""
    joules: float | None
    """Of the machine, as far as it tells them."""
    money: float | None
    """None: the settings named no price for an hour."""
    currency: str | None


@dataclass(frozen=True)
class Amended:
    """Another text of a contract was proposed; a person accepts or refuses it."""

    contract: str
    """Name of the file, without a folder."""
    before: str
    """Digest of the text that it changes,"""
    after: str
    """and of what that becomes."""
    patch: str
    """Digest of the document with the patch and what led to it."""
    snapshot: str
    """Digest of the rows that it was made from."""
    summary: str
    by: str
    identified: bool = False
    """MLflow knew them by their own password; else the name is what somebody typed."""


@dataclass(frozen=True)
class Accepted:
    """A person accepted another text of a contract, and it was written."""

    proposal: int
    """The number of its entry."""
    contract: str
    before: str
    after: str
    by: str
    reason: str
    identified: bool = False
    """MLflow knew them by their own password; else the name is what somebody typed."""


@dataclass(frozen=True)
class Refused:
    """A person did not want another text of a contract."""

    proposal: int
    """The number of its entry."""
    by: str
    reason: str
    identified: bool = False
    """MLflow knew them by their own password; else the name is what somebody typed."""


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
