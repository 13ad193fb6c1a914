import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.data.contract import load_contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.splits import split
from tasks.errors import RegistryError, SnapshotDamaged, SpecError
from tasks.release.challenger import Recipe, make_challenger
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.version_records import Evidence, Judged, Places, Proposed
from tasks.release.lineage import surroundings
from tasks.release.reproduction import Reproduction, reproduce
from tasks.settings import Settings
from tasks.spec import load_spec

TRAINED = datetime(2024, 2, 10, tzinfo=UTC)
Edit = Callable[[str, str, str], None]


@pytest.fixture
def version(settings: Settings, tmp_path: Path) -> Proposed:
    """A version as a training leaves it, without Prefect and MLflow."""
    spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
    found = ingest(spec, contract, settings, TRAINED)
    rows = prepare(found, spec, contract, folder=settings.of("returns"), as_of=TRAINED).rows
    files = tmp_path / "record"
    made = make_challenger(rows, split(spec, TRAINED), Recipe(spec, contract, 1), files).artifact
    (files / "spec.json").write_text(spec.model_dump_json())
    (files / "environment.json").write_text(json.dumps(surroundings()))
    digest = hashlib.sha256((files / "spec.json").read_bytes()).hexdigest()
    evidence = Evidence(rows.digest, made.digest, "", "", digest)
    proposed = Proposed(1, "better", evidence, None, Places(rows.uri, made.uri, str(files)), None, 1)
    with Ledger(settings.ledger).deciding() as page:
        page.append("returns", Judged("run", TRAINED, "manual", "better", True, "better", 1, evidence), at=TRAINED)
        page.append("returns", proposed, at=TRAINED)
    return proposed


def again(settings: Settings, version: int = 1) -> Reproduction:
    return reproduce(Ledger(settings.ledger).entries("returns"), "returns", version, settings)


def test_a_version_is_made_again_bit_for_bit_whatever_became_of_spec_and_contract(
    version: Proposed, settings: Settings, edit: Edit
) -> None:
    edit("deployments/returns.toml", "seed = 1", "seed = 2")
    edit("data_contracts/returns.py", "Field(gt=0)", "Field(gt=1)")

    found = again(settings)

    assert found.same
    assert found.digest == version.evidence.artifact
    assert (found.differing, found.worst, found.changed) == ((), 0.0, ())


def test_one_that_comes_out_otherwise_says_where_by_how_much_and_what_has_changed_since(
    version: Proposed, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Path(version.where.files) / "environment.json"
    then = json.loads(record.read_text())
    record.write_text(json.dumps({**then, "lightgbm": "3.2.1"}))
    # What another version of a library does to its own numbers, done to LightGBM's parameters.
    monkeypatch.setattr("tasks.learning.gbm.fitting._OBJECTIVES", {"binary": {"objective": "cross_entropy"}})
    monkeypatch.setattr("tasks.learning.linear._NARROW", 0)

    found = again(settings)

    assert not found.same
    assert any(name.startswith("estimator/") for name in found.differing)
    assert found.worst > 0
    assert found.changed == (f"lightgbm: 3.2.1 then, {then['lightgbm']} now",)


def test_rows_or_a_spec_that_are_no_longer_what_they_were_are_named(version: Proposed, settings: Settings) -> None:
    spec = Path(version.where.files) / "spec.json"
    text = spec.read_text()
    spec.write_text(text.replace('"seed":1', '"seed":2'))
    with pytest.raises(SpecError, match=r"spec\.json: not what it was when version 1 of returns was proposed"):
        again(settings)
    spec.write_text(text)
    Path(version.where.rows).write_bytes(b"no rows")
    with pytest.raises(SnapshotDamaged, match="cannot be read"):
        again(settings)


@pytest.mark.usefixtures("version")
def test_a_version_that_never_was_is_refused_with_those_there_are(settings: Settings) -> None:
    with pytest.raises(RegistryError, match="returns: no version 7 was ever proposed; versions: 1"):
        again(settings, 7)
