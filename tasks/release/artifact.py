"""A model as a folder of native files: text, JSON and arrays, named and hashed by a manifest. No pickles.

::

    manifest.json     what it is, what it predicts, and the SHA-256 of every other file
    contract.py       the contract it was trained under, with its feature code
    features.json     the fitted features
    estimator/        the kind's own files
    sources/          the files of the user's own estimators among the spec's candidates, if there are any
    sample.parquet    rows of the holdout, and
    sample.npy        what the model said of them before it was written
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data import store
from tasks.data.code import Source
from tasks.data.contract import Contract, read_contract, with_made
from tasks.data.features import make_matrix
from tasks.data.fitted_features import FittedFeatures
from tasks.data.matrix import FloatArray, Target
from tasks.errors import ArtifactDamaged
from tasks.learning.estimator import Fitted, load
from tasks.metrics import Task

FORMAT = 1
_SOURCES = "sources"


@dataclass(frozen=True)
class Model:
    """A model in memory: everything between rows and predictions."""

    name: str
    task: Task
    target: Target
    contract: Contract
    features: FittedFeatures
    estimator: Fitted

    def predict(self, rows: pa.Table) -> FloatArray:
        """Return predictions for ``rows`` of the contract's columns.

        Shape (rows,): the probability of the positive class, or the value; (rows, classes) for multiclass.
        """
        return self.estimator.predict(make_matrix(rows, self.features, self.contract))


@dataclass(frozen=True)
class Artifact:
    """A reference to a model on disk."""

    uri: str
    digest: str
    """SHA-256 over the manifest, which names every other file by its own."""
    bytes: int


def write_artifact(
    model: Model, sample: pa.Table, folder: Path, sources: Mapping[str, Source] | None = None
) -> Artifact:
    """Write ``model`` into a new ``folder``, with what it says of ``sample`` as a witness; return the reference.

    ``sources`` lie there for whoever makes the model again: not only the chosen candidate had to be trained for it.
    """
    (folder / "estimator").mkdir(parents=True)
    model.estimator.save(folder / "estimator")
    sample = sample.select(list(model.features.reads)).replace_schema_metadata(None)
    pq.write_table(sample, folder / "sample.parquet", compression="none")
    np.save(folder / "sample.npy", model.predict(sample), allow_pickle=False)
    (folder / "contract.py").write_text(model.contract.text, encoding="utf-8")
    for module, source in (sources or {}).items():
        (folder / _SOURCES).mkdir(exist_ok=True)
        (folder / _SOURCES / f"{module}.py").write_text(source.text, encoding="utf-8")
    _write_json(folder / "features.json", model.features.to_json())
    files = {str(p.relative_to(folder)): _sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    _write_json(folder / "manifest.json", {**_facts(model), "files": files})
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    return Artifact(str(folder), _sha256(folder / "manifest.json"), size)


def load_artifact(uri: str, digest: str) -> Model:
    """Return the model in the folder ``uri``, once every byte of it is known to be what ``digest`` says.

    The feature code in the folder is run only after that: it is what was registered, or it is refused.
    """
    manifest, folder = check_artifact(uri, digest), store.here(uri)
    contract = read_contract((folder / "contract.py").read_text(encoding="utf-8"), f"{uri}/contract.py")
    return Model(
        name=manifest["model"],
        task=manifest["task"],
        target=Target(manifest["target"], tuple(manifest["classes"])),
        contract=with_made(contract, manifest.get("made", ())),
        features=FittedFeatures.from_json(json.loads((folder / "features.json").read_text(encoding="utf-8"))),
        estimator=load(manifest["kind"], folder / "estimator"),
    )


def check_artifact(uri: str, digest: str) -> dict[str, Any]:
    """Return the manifest, or raise ArtifactDamaged with the file that is not what was written."""
    try:
        return _check(store.here(uri), digest)
    except ArtifactDamaged:
        if not store.again(uri):
            raise
        return _check(store.here(uri), digest)


def _check(folder: Path, digest: str) -> dict[str, Any]:
    try:
        found = _sha256(folder / "manifest.json")
        manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtifactDamaged(f"{folder}: no model can be read there: {error}") from None
    if found != digest:
        raise ArtifactDamaged(f"{folder}/manifest.json: found digest {found}; registered was {digest}")
    if manifest["format"] != FORMAT:
        raise ArtifactDamaged(f"{folder}: format {manifest['format']}; this version reads format {FORMAT}")
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"manifest.json"}
    if added := sorted(there - set(manifest["files"])):
        raise ArtifactDamaged(f"{folder}: {', '.join(added)} is there, and the manifest does not name it")
    for name, expected in manifest["files"].items():
        path = folder / name
        found = _sha256(path) if path.is_file() else "nothing there"
        if found != expected:
            raise ArtifactDamaged(f"{path}: found {found}; the manifest says {expected}")
    return manifest


def verify(uri: str, digest: str) -> FloatArray:
    """Return the predictions for the sample, having checked that they are those made before the model was written.

    Run in a fresh process, it shows that nothing but the folder is needed to predict.
    """
    model = load_artifact(uri, digest)
    expected = np.load(store.here(uri) / "sample.npy", allow_pickle=False)
    found = model.predict(read_sample(uri))
    if found.shape != expected.shape or not np.array_equal(found, expected):
        worst = np.abs(found - expected).max() if found.shape == expected.shape else float("nan")
        raise ArtifactDamaged(f"{uri}: a fresh process predicts otherwise, by up to {worst:g}")
    return found


def read_sample(uri: str) -> pa.Table:
    """Return the sample rows that lie beside the model."""
    return pq.read_table(store.here(uri) / "sample.parquet", memory_map=False)


def carried_sources(uri: str) -> dict[str, Source]:
    """Return the files of the user's own estimators that lie beside the model, by module."""
    found = sorted((store.here(uri) / _SOURCES).glob("*.py"))
    return {path.stem: Source(str(path), path.read_text(encoding="utf-8")) for path in found}


def _facts(model: Model) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "model": model.name,
        "task": model.task,
        "target": model.target.name,
        "classes": list(model.target.classes),
        "kind": model.estimator.kind,
        **({"made": list(model.contract.made)} if model.contract.made else {}),
    }


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True), encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
