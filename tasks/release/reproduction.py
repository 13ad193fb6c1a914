"""Make a version again, from its evidence alone: the rows, the spec and the contract that made it."""

import hashlib
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tasks.data import store
from tasks.data.contract import read_contract
from tasks.data.history.contract import with_history
from tasks.data.snapshot import Snapshot
from tasks.data.splits import split
from tasks.errors import RegistryError, SpecError
from tasks.learning.checkpoints import Checkpoints
from tasks.release.artifact import Artifact, carried_sources, check_artifact, load_artifact, read_sample
from tasks.release.challenger import Challenger, Recipe, make_challenger
from tasks.release.evidence import SPEC, check_rows
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.version_records import Judged, Proposed
from tasks.release.lineage import Lineage, surroundings
from tasks.release.record import ENVIRONMENT, LINEAGE
from tasks.release.versions import Version
from tasks.release.warming import wants_champion
from tasks.settings import Settings
from tasks.spec import ModelSpec, read_spec


@dataclass(frozen=True)
class Reproduction:
    """A version that was made again, beside the registered one."""

    model: str
    version: int
    expected: str
    """The digest that is registered,"""
    digest: str
    """and the one that came out."""
    differing: tuple[str, ...]
    """Files of the model that are not the same."""
    worst: float
    """The largest difference between what the two predict for the sample that lies beside the registered one."""
    changed: tuple[str, ...]
    """What is not as it was then: library, Python, processor."""

    @property
    def same(self) -> bool:
        return self.digest == self.expected


def reproduce(entries: Sequence[Entry], model: str, version: int, settings: Settings) -> Reproduction:
    """Train ``version`` once more, from what ``entries`` say that it was made of, and compare the two.

    Neither today's spec and contract nor MLflow are asked.

    Raises:
        RegistryError: no such version was ever proposed.
        SnapshotDamaged, ArtifactDamaged, SpecError: its evidence is not what it was.
    """
    source = _source(entries, model, version)
    with tempfile.TemporaryDirectory() as folder:
        made = _make(source, settings, Path(folder))
        return _compare(source, made)


@dataclass(frozen=True)
class _Source:
    """What a version was made of."""

    model: str
    judged: Judged
    proposed: Proposed
    spec: ModelSpec
    champion: Version | None
    """What warm candidates began from, if the spec has any."""

    @property
    def artifact(self) -> Artifact:
        return Artifact(str(store.here(self.proposed.where.artifact)), self.proposed.evidence.artifact, 0)


def _source(entries: Sequence[Entry], model: str, version: int) -> _Source:
    """Return what a version was made of, once its evidence is known to be what it was."""
    whats = [entry.what for entry in entries]
    judged = next((what for what in whats if isinstance(what, Judged) and what.version == version), None)
    proposed = next((what for what in whats if isinstance(what, Proposed) and what.version == version), None)
    if judged is None or proposed is None:
        there = sorted({what.version for what in whats if isinstance(what, Proposed)})
        known = ", ".join(map(str, there)) or "none"
        raise RegistryError(f"{model}: no version {version} was ever proposed; versions: {known}")
    spec = _spec(model, proposed)
    check_rows(_rows(proposed))
    champion = _champion(entries, model, proposed) if wants_champion(spec) else None
    found = _Source(model, judged, proposed, spec, champion)
    check_artifact(found.artifact.uri, found.artifact.digest)
    return found


def _spec(model: str, proposed: Proposed) -> ModelSpec:
    path = store.here(proposed.where.files) / SPEC
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SpecError(f"{path}: cannot be read: {error.strerror}") from None
    if hashlib.sha256(content).hexdigest() != proposed.evidence.spec:
        raise SpecError(f"{path}: not what it was when version {proposed.version} of {model} was proposed")
    return read_spec(json.loads(content), str(path))


def _rows(proposed: Proposed) -> Snapshot:
    return Snapshot(proposed.where.rows, proposed.evidence.snapshot, 0, None, None)


def _champion(entries: Sequence[Entry], model: str, proposed: Proposed) -> Version | None:
    """Return the version that was champion when ``proposed`` was trained, as the ledger knows it."""
    if proposed.against is None:
        return None
    then = next(e.what for e in entries if isinstance(e.what, Proposed) and e.what.version == proposed.against)
    lineage = (store.here(then.where.files) / LINEAGE).read_text(encoding="utf-8")
    artifact = Artifact(str(store.here(then.where.artifact)), then.evidence.artifact, 0)
    return Version(model, then.version, artifact, Lineage.from_json(lineage), run_id="")


def _make(source: _Source, settings: Settings, folder: Path) -> Challenger:
    text = (Path(source.artifact.uri) / "contract.py").read_text(encoding="utf-8")
    recipe = Recipe(
        spec=source.spec,
        contract=with_history(read_contract(text, f"{source.artifact.uri}/contract.py"), source.spec),
        threads=settings.threads,
        checkpoints=Checkpoints(folder / "checkpoints"),
        studies=settings.of(source.model) / "studies",
        price_per_hour=settings.price.per_hour if settings.price else None,
        sources=carried_sources(source.artifact.uri),
    )
    splits = split(source.spec, source.judged.as_of)
    return make_challenger(_rows(source.proposed), splits, recipe, folder, source.champion)


def _compare(source: _Source, made: Challenger) -> Reproduction:
    old, new = source.artifact, made.artifact
    return Reproduction(
        model=source.model,
        version=source.proposed.version,
        expected=old.digest,
        digest=new.digest,
        differing=tuple(_differing(old, new)),
        worst=_worst(old, new),
        changed=tuple(_changed(source)),
    )


def _differing(old: Artifact, new: Artifact) -> Iterator[str]:
    was, now = (check_artifact(one.uri, one.digest)["files"] for one in (old, new))
    yield from sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))


def _worst(old: Artifact, new: Artifact) -> float:
    if old.digest == new.digest:
        return 0.0
    expected = np.load(Path(old.uri) / "sample.npy", allow_pickle=False)
    found = load_artifact(new.uri, new.digest).predict(read_sample(old.uri))
    return float(np.abs(found - expected).max(initial=0.0))


def _changed(source: _Source) -> Iterator[str]:
    """Yield what is not as it was then. Of versions from before this was written down, nothing is known."""
    path = store.here(source.proposed.where.files) / ENVIRONMENT
    then: Mapping[str, str] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    now = surroundings(carried_sources(source.artifact.uri).values())
    for name, was in then.items():
        if was != now.get(name):
            yield f"{name}: {was} then, {now.get(name, 'none')} now"
