"""A patch of a contract, proposed, and accepted or refused by a person: each is an entry of the ledger.

The patch and what led to it are a document in the home, which the entry names by digest. A contract is changed by an
acceptance alone, whole or not at all, and only while its file is what the patch was made for.
"""

from collections.abc import Sequence
from pathlib import Path
from shutil import copymode

from tasks.data.atomic import write_whole
from tasks.data.contract import read_contract
from tasks.data.history.contract import completed
from tasks.errors import ContractError, DecisionRefused
from tasks.evolution.desk import Desk, Person, check_may_decide, check_named
from tasks.evolution.documents import keep, kept
from tasks.evolution.examining import Examined
from tasks.evolution.patch import digest_of
from tasks.markdown import one_line
from tasks.release.ledger.amending import end_of, pending
from tasks.release.ledger.contract_records import Accepted, Amended, Refused
from tasks.release.ledger.entries import Entry


def propose(desk: Desk, examined: Examined, by: Person) -> Entry:
    """Keep the patch with its evidence, and return the entry that proposes it.

    The same change of the same text again is the same proposal, while nobody has decided on it.

    Raises:
        DecisionRefused: nothing changes, or nobody is named who proposes it.
    """
    check_named(by)
    patch = examined.patch
    if not patch.changes:
        raise DecisionRefused(f"nothing to propose: {Path(patch.file).name} stays as it is")
    before, after = digest_of(patch.before), digest_of(patch.after)
    for entry in pending(desk.ledger.entries(desk.spec.model)):
        if isinstance(entry.what, Amended) and (entry.what.before, entry.what.after) == (before, after):
            return entry
    digest = keep(desk, examined, by)
    told = "; ".join(one_line(change.title) for change in patch.changes)
    amended = Amended(
        contract=Path(patch.file).name,
        before=before,
        after=after,
        patch=digest,
        snapshot=examined.fresh.snapshot.digest,
        summary=told,
        by=by.name,
        identified=by.identified,
    )
    with desk.ledger.deciding() as page:
        return page.append(desk.spec.model, amended, at=by.at)


def accept(desk: Desk, number: int, by: Person) -> Entry:
    """Write the contract as amendment ``number`` has it, and return the entry that says so.

    If a process died after it had written the file, the file is there already, and the entry is made up for.

    Raises:
        DecisionRefused: it may not be: by whom, or since the file is not the one that the patch was made for.
        ContractError: the file cannot be written; then there is no entry either.
    """
    check_may_decide(desk, by)
    with desk.ledger.deciding() as page:
        amended = _pending(page.entries(desk.spec.model), number, desk.spec.model)
        text = kept(desk, amended)["text"]
        now = desk.file.read_text(encoding="utf-8") if desk.file.is_file() else ""
        if digest_of(now) not in (amended.before, amended.after):
            raise DecisionRefused(
                f"{desk.file.name} is not the file that amendment {number} was made for: it is {digest_of(now)[:12]}, "
                f"and was {amended.before[:12]}; propose again: perennial contract propose {desk.spec.model}"
            )
        completed(read_contract(text, str(desk.file)), desk.spec)
        accepted = Accepted(number, amended.contract, amended.before, amended.after, by.name, by.reason, by.identified)
        entry = page.append(desk.spec.model, accepted, at=by.at)
        if digest_of(now) == amended.before:  # last: if it fails, there is no entry
            _write(desk.file, text)
    return entry


def refuse(desk: Desk, number: int, by: Person) -> Entry:
    """Write down that amendment ``number`` is not wanted.

    Raises:
        DecisionRefused: it may not be by that person, without a reason, or it has been decided on.
    """
    check_may_decide(desk, by)
    if not by.reason.strip():
        raise DecisionRefused("a rejection needs a reason: whoever proposes next wants to know it")
    with desk.ledger.deciding() as page:
        _pending(page.entries(desk.spec.model), number, desk.spec.model)
        return page.append(desk.spec.model, Refused(number, by.name, by.reason, by.identified), at=by.at)


def _pending(entries: Sequence[Entry], number: int, model: str) -> Amended:
    found = next((entry.what for entry in entries if entry.number == number), None)
    if not isinstance(found, Amended):
        waiting = ", ".join(str(entry.number) for entry in pending(entries)) or "none"
        raise DecisionRefused(f"{model} has no amendment {number}; waiting for a person: {waiting}")
    if (end := end_of(entries, number)) and isinstance(end.what, Accepted | Refused):
        did = "accepted" if isinstance(end.what, Accepted) else "rejected"
        raise DecisionRefused(f"amendment {number} was {did} by {end.what.by} on {end.at:%Y-%m-%d}")
    return found


def _write(file: Path, text: str) -> None:
    """Write a contract in one move, with the line ends and the mode that it has."""
    ends = text.replace("\n", "\r\n") if b"\r\n" in file.read_bytes() else text
    try:
        write_whole(file, lambda out: out.write(ends.encode()), first=lambda unfinished: copymode(file, unfinished))
    except OSError as error:
        raise ContractError(f"{file} cannot be written, and is as it was: {error.strerror or error}") from error
