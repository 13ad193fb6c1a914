"""What became of the amendments to contracts, by what the ledger says."""

from collections.abc import Sequence

from tasks.release.ledger.contract_records import Accepted, Amended, Refused
from tasks.release.ledger.entries import Entry


def pending(entries: Sequence[Entry]) -> list[Entry]:
    """Return the amendments that nobody has decided on, oldest first."""
    ended = {entry.what.proposal for entry in entries if isinstance(entry.what, Accepted | Refused)}
    return [entry for entry in entries if isinstance(entry.what, Amended) and entry.number not in ended]


def end_of(entries: Sequence[Entry], number: int) -> Entry | None:
    """Return the entry that ended amendment ``number``; None: nobody has decided on it."""
    ends = (entry for entry in entries if isinstance(entry.what, Accepted | Refused) and entry.what.proposal == number)
    return next(ends, None)


def acceptances(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return by the digest of each contract that an amendment made the latest entry that accepted it."""
    return {entry.what.after: entry for entry in entries if isinstance(entry.what, Accepted)}
