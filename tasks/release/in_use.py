"""The champion with all that made it: what is watched, and what rows are scored with."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.data import store
from tasks.errors import RegistryError
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Proposed
from tasks.release.lineage import Lineage
from tasks.release.record import LINEAGE


@dataclass(frozen=True)
class InUse:
    """A model's champion."""

    version: int
    uri: str
    digest: str
    """Of its artifact."""
    lineage: Lineage
    files: Path
    """Folder of what was kept of its training."""


def in_use(entries: Sequence[Entry], model: str) -> InUse:
    """Return the champion that the ledger's ``entries`` say ``model`` has.

    Raises:
        RegistryError: there is none, or what was kept of its training is gone.
    """
    champion = standing(entries).champion
    if champion is None:
        raise RegistryError(
            f"{model}: there is no champion to watch; train one, perennial train {model}, and approve it"
        )
    proposals = [e.what for e in entries if isinstance(e.what, Proposed) and e.what.version == champion.version]
    files = store.here(proposals[-1].where.files)
    try:
        lineage = Lineage.from_json((files / LINEAGE).read_text(encoding="utf-8"))
    except OSError:
        raise RegistryError(f"{model}: version {champion.version}: {files / LINEAGE} is gone") from None
    return InUse(champion.version, champion.artifact_uri, champion.artifact, lineage, files)
