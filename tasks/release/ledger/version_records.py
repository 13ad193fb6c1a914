"""What an entry of the ledger says of a version: it was judged, proposed, decided on, and became champion."""

from dataclasses import dataclass
from datetime import datetime


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
