"""What an entry of the ledger says of a contract: another text was proposed, and accepted or refused."""

from dataclasses import dataclass


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
