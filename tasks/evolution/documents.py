"""The document of an amendment: the patch and what led to it, kept in the home under its digest."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tasks.data import store
from tasks.data.atomic import write_whole
from tasks.errors import SnapshotDamaged
from tasks.evolution.desk import Desk, Person
from tasks.evolution.examining import Examined
from tasks.evolution.patch import digest_of
from tasks.plain import write
from tasks.release.ledger.contract_records import Amended


def keep(desk: Desk, examined: Examined, by: Person) -> str:
    """Keep the patch with its evidence, and return the digest of the document."""
    content = json.dumps(_document(desk, examined, by), indent=1, ensure_ascii=False).encode()
    digest = hashlib.sha256(content).hexdigest()
    path = desk.folder / f"{digest}.json"
    write_whole(path, lambda file: file.write(content))
    store.keep(path, once=True)
    return digest


def kept(desk: Desk, amended: Amended) -> dict[str, Any]:
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
