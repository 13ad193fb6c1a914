import json
import pickletools
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.contract import Contract, load_contract, read_contract
from tasks.data.features import fit_features, make_matrix
from tasks.data.labels import read_labels
from tasks.data.matrix import Labelled
from tasks.errors import ArtifactDamaged
from tasks.learning.baseline import BaselineSpec
from tasks.learning.estimator import fit
from tasks.learning.problem import Problem
from tasks.metrics import Task
from tasks.release.artifact import Artifact, Model, load_artifact, verify, write_artifact
from tasks.spec import CandidateSpec, LightGBMSpec, LinearSpec, ModelSpec, NetworkSpec
from tests.learning.extras import needs_torch

CANDIDATES: dict[str, BaselineSpec | CandidateSpec] = {
    "baseline": BaselineSpec(),
    "linear": LinearSpec(kind="linear"),
    "lightgbm": LightGBMSpec(kind="lightgbm", rounds=15, leaves=7),
    "network": NetworkSpec(kind="network", width=16, epochs=2, device="cpu"),
}
KINDS = pytest.mark.parametrize("kind", ["baseline", "linear", "lightgbm", pytest.param("network", marks=needs_torch)])
TARGETS: dict[Task, str] = {"binary": "returned", "multiclass": "country", "regression": "price"}
FILES = [
    "manifest.json",
    "contract.py",
    "features.json",
    "estimator/lightgbm.txt",
    "estimator/lightgbm.json",
    "sample.npy",
    "sample.parquet",
]
OWN_FEATURES = """
import pandas as pd


def features(rows):
    return pd.DataFrame({"dear": rows["price"] / 100})
"""


def fitted(kind: str, rows: pa.Table, spec: ModelSpec, contract: Contract, *, threads: int = 1) -> Model:
    labels = read_labels(rows[spec.source.target], spec)
    features = fit_features(rows, spec, contract)
    labelled = Labelled(make_matrix(rows, features, contract), labels.values)
    problem = Problem(spec.task, labels.target, spec.seed, threads)
    model = fit(CANDIDATES[kind], labelled, labelled, problem)
    return Model(spec.model, spec.task, labels.target, contract, features, model)


def for_task(spec: ModelSpec, task: Task) -> ModelSpec:
    source = spec.source.model_copy(update={"target": TARGETS[task]})
    return spec.model_copy(update={"task": task, "source": source})


def forget_contracts() -> None:
    """Have a contract's code run again when it is read: as in a process that has not met it."""
    for name in [name for name in sys.modules if name.startswith("perennial_contract_")]:
        del sys.modules[name]


@pytest.fixture
def rows(orders: pa.Table) -> pa.Table:
    return orders.slice(0, 600)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "artifact"


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    """A file that the code of the artifact's contract makes when it is run."""
    return tmp_path / "the-contract-ran"


@pytest.fixture
def artifact(rows: pa.Table, spec: ModelSpec, contract: Contract, marker: Path, folder: Path) -> Iterator[Artifact]:
    text = f"{contract.text}\nimport pathlib\npathlib.Path({str(marker)!r}).touch()\n"
    model = fitted("lightgbm", rows, spec, read_contract(text, "returns.py"))
    written = write_artifact(model, rows.slice(0, 50), folder)
    forget_contracts()
    marker.unlink()
    yield written
    forget_contracts()


@pytest.mark.parametrize("task", TARGETS)
@KINDS
def test_a_loaded_model_predicts_to_the_bit_what_was_written(
    kind: str, task: Task, rows: pa.Table, spec: ModelSpec, contract: Contract, folder: Path
) -> None:
    model = fitted(kind, rows, for_task(spec, task), contract)

    written = write_artifact(model, rows.slice(0, 50), folder)
    loaded = load_artifact(written.uri, written.digest)

    np.testing.assert_array_equal(loaded.predict(rows), model.predict(rows))
    assert (loaded.name, loaded.task, loaded.target) == (model.name, model.task, model.target)
    assert verify(written.uri, written.digest).shape[0] == 50


def test_a_loaded_model_runs_the_code_of_its_own_contract(artifact: Artifact, marker: Path) -> None:
    load_artifact(artifact.uri, artifact.digest)

    assert marker.exists()


@pytest.mark.parametrize("name", FILES)
def test_one_changed_byte_is_refused_by_the_file_s_name_before_any_code_runs(
    name: str, artifact: Artifact, marker: Path
) -> None:
    path = Path(artifact.uri) / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(ArtifactDamaged, match=f"{name}: found [0-9a-f]{{64}}; |no model can be read there"):
        load_artifact(artifact.uri, artifact.digest)
    assert not marker.exists()


def test_the_files_that_are_tried_are_all_there_are(artifact: Artifact) -> None:
    folder = Path(artifact.uri)
    files = [path for path in folder.rglob("*") if path.is_file()]

    assert sorted(str(path.relative_to(folder)) for path in files) == sorted(FILES)
    assert artifact.bytes == sum(path.stat().st_size for path in files)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_before_any_code_runs(name: str, artifact: Artifact, marker: Path) -> None:
    (Path(artifact.uri) / name).unlink()

    with pytest.raises(ArtifactDamaged, match=rf"{name}.*nothing there|No such file.*{name}"):
        load_artifact(artifact.uri, artifact.digest)
    assert not marker.exists()


def test_an_added_file_is_refused(artifact: Artifact) -> None:
    (Path(artifact.uri) / "estimator" / "extra.pkl").write_bytes(b"\x80")

    with pytest.raises(ArtifactDamaged, match="extra.pkl"):
        load_artifact(artifact.uri, artifact.digest)


def test_a_manifest_that_was_rewritten_to_suit_a_change_is_refused(artifact: Artifact, marker: Path) -> None:
    manifest = Path(artifact.uri) / "manifest.json"
    facts: dict[str, Any] = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**facts, "classes": [True, False]}))

    with pytest.raises(ArtifactDamaged, match=rf"manifest.json: found .*; registered was {artifact.digest}"):
        load_artifact(artifact.uri, artifact.digest)
    assert not marker.exists()


def test_predictions_other_than_those_before_it_was_written_are_noticed(
    rows: pa.Table, spec: ModelSpec, contract: Contract, folder: Path
) -> None:
    # It predicts by what was not written: its text has the trees of another training.
    model = fitted("lightgbm", rows, spec, contract)
    other = fitted("lightgbm", rows.slice(0, 300), spec, contract)
    object.__setattr__(model.estimator, "booster", other.estimator.booster)  # type: ignore[attr-defined]

    written = write_artifact(model, rows.slice(0, 50), folder)

    with pytest.raises(ArtifactDamaged, match=r"a fresh process predicts otherwise, by up to 0\.\d+"):
        verify(written.uri, written.digest)


def test_a_later_edit_of_the_contract_changes_nothing_in_what_a_model_predicts(
    rows: pa.Table, spec: ModelSpec, project: Path, folder: Path
) -> None:
    file = project / "data_contracts" / "returns.py"
    file.write_text(file.read_text() + OWN_FEATURES)
    model = fitted("linear", rows, spec, load_contract("returns", file.parent))
    written = write_artifact(model, rows.slice(0, 50), folder)
    before = model.predict(rows)

    file.write_text(file.read_text().replace("/ 100", "/ -7"))

    edited = replace(model, contract=load_contract("returns", file.parent))
    assert not np.array_equal(edited.predict(rows), before)
    np.testing.assert_array_equal(load_artifact(written.uri, written.digest).predict(rows), before)


def test_a_fresh_process_needs_nothing_but_the_folder(artifact: Artifact, tmp_path: Path) -> None:
    code = "import sys; from tasks.release.artifact import verify; print(len(verify(sys.argv[1], sys.argv[2])))"
    command = [sys.executable, "-c", code, artifact.uri, artifact.digest]

    found = subprocess.run(command, check=True, capture_output=True, text=True, cwd=tmp_path)

    assert found.stdout == "50\n"


@KINDS
def test_no_file_is_a_pickle(kind: str, rows: pa.Table, spec: ModelSpec, contract: Contract, folder: Path) -> None:
    write_artifact(fitted(kind, rows, spec, contract), rows.slice(0, 50), folder)

    for path in folder.rglob("*"):
        if path.is_file():
            assert path.suffix in {".json", ".py", ".npy", ".parquet", ".txt"}
            assert not is_pickle(path.read_bytes()), path


def is_pickle(content: bytes) -> bool:
    try:
        list(pickletools.genops(content))
    except ValueError:
        return content.startswith(b"\x80")
    return True


@pytest.mark.parametrize("task", TARGETS)
@KINDS
def test_the_digest_depends_on_the_inputs_and_not_on_the_threads(
    kind: str, task: Task, rows: pa.Table, spec: ModelSpec, contract: Contract, folder: Path
) -> None:
    digests = {
        write_artifact(
            fitted(kind, rows, for_task(spec, task), contract, threads=threads),
            rows.slice(0, 50),
            folder / f"{threads} threads",
        ).digest
        for threads in (1, 2)
    }

    assert len(digests) == 1
