"""What a proposal rests on, by digest, as it is found now."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data import store
from tasks.data.snapshot import Snapshot, load_snapshot
from tasks.environment import child_environment
from tasks.errors import ArtifactDamaged, SnapshotDamaged
from tasks.release.artifact import check_artifact
from tasks.release.ledger.version_records import Evidence, Places
from tasks.settings import Settings

DAMAGED = "damaged or gone"
VERDICT, REPORT, SPEC = "verdict.json", "verdict.html", "spec.json"


def collect(where: Places, *, snapshot: str, artifact: str) -> Evidence:
    """Return the digests of what lies at ``where``; of rows and artifact the given ones, if every byte agrees."""
    files = store.here(where.files)
    return Evidence(
        snapshot=_rows(where.rows, snapshot),
        artifact=_artifact(where.artifact, artifact),
        verdict=_digest(files / VERDICT),
        report=_digest(files / REPORT),
        spec=_digest(files / SPEC),
    )


def verify_in_fresh_process(settings: Settings, uri: str, digest: str) -> None:
    """Raise ArtifactDamaged unless a process that has seen nothing but the files predicts what was predicted before."""
    command = [sys.executable, "-m", "tasks.release.inspection", uri, digest]
    done = subprocess.run(command, env=child_environment(settings), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
        raise ArtifactDamaged(said[-1])


def check_rows(rows: Snapshot) -> None:
    """Raise SnapshotDamaged unless every column of ``rows`` is what was saved; one is in memory at a time."""
    try:
        names = pq.read_schema(store.here(rows.uri)).names
    except (OSError, pa.ArrowException):
        load_snapshot(rows)  # it says what is wrong
        raise
    for name in names:
        load_snapshot(rows, [name])


def _rows(uri: str, digest: str) -> str:
    try:
        check_rows(Snapshot(uri, digest, 0, None, None))
    except SnapshotDamaged:
        return DAMAGED
    return digest


def _artifact(uri: str, digest: str) -> str:
    try:
        check_artifact(uri, digest)
    except ArtifactDamaged:
        return DAMAGED
    return digest


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return DAMAGED
