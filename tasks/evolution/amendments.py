"""A patch of a contract, proposed, and accepted or refused by a person: each is an entry of the ledger.

The patch and what led to it are a document in the home, which the entry names by digest. A contract is changed by an
acceptance alone, whole or not at all, and only while its file is what the patch was made for.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from shutil import copymode
from typing import Any

from tasks.data import store
from tasks.data.atomic import write_whole
from tasks.data.contract import read_contract
from tasks.data.history.contract import completed
from tasks.errors import ContractError, DecisionRefused, SnapshotDamaged
from tasks.evolution.examining import Examined
from tasks.evolution.patch import digest_of
from tasks.markdown import one_line
from tasks.plain import write
from tasks.release.ledger.amending import end_of, pending
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.records import Accepted, Amended, Refused
from tasks.settings import Settings
from tasks.spec import ModelSpec

FOLDER = "amendments"
"""Folder of what was proposed, in a model's home."""


@dataclass(frozen=True)
class Person:
    """Who proposes or decides, and when."""

    name: str
    identified: bool
    """MLflow knows them by their own password; else the name is what somebody typed."""
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class Desk:
    """Where amendments are proposed and decided on."""

    spec: ModelSpec
    settings: Settings
    ledger: Ledger

    @property
    def folder(self) -> Path:
        return self.settings.of(self.spec.model) / FOLDER

    @property
    def file(self) -> Path:
        """The contract's file itself, whatever links to it."""
        return (self.settings.contracts / f"{self.spec.contract_name}.py").resolve()


def propose(desk: Desk, examined: Examined, by: Person) -> Entry:
    """Keep the patch with its evidence, and return the entry that proposes it.

    The same change of the same text again is the same proposal, while nobody has decided on it.

    Raises:
        DecisionRefused: nothing changes, or nobody is named who proposes it.
    """
    _is_named(by)
    patch = examined.patch
    if not patch.changes:
        raise DecisionRefused(f"nothing to propose: {Path(patch.file).name} stays as it is")
    before, after = digest_of(patch.before), digest_of(patch.after)
    for entry in pending(desk.ledger.entries(desk.spec.model)):
        if isinstance(entry.what, Amended) and (entry.what.before, entry.what.after) == (before, after):
            return entry
    content = json.dumps(_document(desk, examined, by), indent=1, ensure_ascii=False).encode()
    digest = hashlib.sha256(content).hexdigest()
    path = desk.folder / f"{digest}.json"
    write_whole(path, lambda file: file.write(content))
    store.keep(path, once=True)
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
    _may_decide(desk, by)
    with desk.ledger.deciding() as page:
        amended = _pending(page.entries(desk.spec.model), number, desk.spec.model)
        text = _kept(desk, amended)["text"]
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
    _may_decide(desk, by)
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


def _is_named(by: Person) -> None:
    if not by.name.strip():
        raise DecisionRefused("nobody is named; a decision needs the name of whoever takes it")


def _may_decide(desk: Desk, by: Person) -> None:
    _is_named(by)
    approvers = desk.spec.promotion.approvers
    if approvers and by.name not in approvers:
        raise DecisionRefused(f"{by.name} may not decide on this model; promotion.approvers: {', '.join(approvers)}")


def _document(desk: Desk, examined: Examined, by: Person) -> dict[str, Any]:
    patch, fresh = examined.patch, examined.fresh
    found: dict[str, Any] = write(
        {
            "model": desk.spec.model,
            "contract": Path(patch.file).name,
            "before": digest_of(patch.before),
            "after": digest_of(patch.after),
            "as_of": fresh.as_of,
            "since": fresh.window.start,
            "rows": fresh.rows.num_rows,
            "snapshot": fresh.snapshot.digest,
            "changes": [asdict(change) for change in patch.changes],
            "left_out": [asdict(change) for change in patch.left_out],
            "at": by.at,
            "by": by.name,
            "patch": patch.diff,
            "text": patch.after,
        }
    )
    return found


def _kept(desk: Desk, amended: Amended) -> dict[str, Any]:
    """Return the document of an amendment, once it is known to be what was proposed."""
    path = store.here(desk.folder / f"{amended.patch}.json")
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != amended.patch:
        raise SnapshotDamaged(
            f"{path} is not what was proposed; propose again: perennial contract propose {desk.spec.model}"
        )
    found: dict[str, Any] = json.loads(content)
    if digest_of(found["text"]) != amended.after:
        raise SnapshotDamaged(f"{path}: its text is not what was proposed")
    return found


def _write(file: Path, text: str) -> None:
    """Write a contract in one move, with the line ends and the mode that it has."""
    ends = text.replace("\n", "\r\n") if b"\r\n" in file.read_bytes() else text
    try:
        write_whole(file, lambda out: out.write(ends.encode()), first=lambda unfinished: copymode(file, unfinished))
    except OSError as error:
        raise ContractError(f"{file} cannot be written, and is as it was: {error.strerror or error}") from error
