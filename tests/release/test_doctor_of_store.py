"""What the doctor finds when evidence is in a store."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.release.doctor import examine_models
from tasks.release.evidence import collect
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.version_records import Places, Promoted, Proposed
from tasks.release.record import LINEAGE
from tasks.release.registry import Registry
from tasks.release.versions import Training
from tasks.settings import Settings

pytestmark = [
    # MLflow warns of its own code when it is imported, and of the signature, which is written by hand.
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType"),
    pytest.mark.filterwarnings("ignore:.*An input example was not provided"),
]
NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is the store; named before the settings are read."""
    monkeypatch.setenv("PERENNIAL_STORE", f"file://{tmp_path}/shared")
    return tmp_path / "shared"


@pytest.fixture
def champion(shared: Path, settings: Settings, training: Training) -> Promoted:
    """A version that is champion, with all that made it, in the store."""
    assert settings.store
    assert shared.is_dir()
    (Path(training.files) / LINEAGE).write_text(training.lineage.to_json())
    version = Registry(settings).record(training).version
    assert version is not None
    where = Places(training.lineage.rows.uri, version.artifact.uri, training.files)
    evidence = collect(where, snapshot=training.lineage.rows.digest, artifact=version.artifact.digest)
    proposed = Proposed(version.number, "better", evidence, None, where, NOW + timedelta(days=1), 1)
    promoted = Promoted(1, 1, None, 1, evidence.artifact, where.artifact, ("ada",))
    with Ledger(settings.ledger).deciding() as page:
        for what in (proposed, promoted):
            page.append("returns", what, at=NOW)
    return promoted


def found(settings: Settings, state: str) -> list[str]:
    return [one.what for one in examine_models(settings) if one.state == state and "alias" not in one.what]


def artifact(shared: Path) -> Path:
    (manifest,) = shared.glob("registry/returns/models/*/artifacts/artifacts/artifact/manifest.json")
    return manifest.parent


def lose(home: Path) -> None:
    for place in ("models", "registry"):
        shutil.rmtree(home / place, ignore_errors=True)


def test_what_the_store_lost_is_put_there_again_and_what_is_lost_everywhere_is_ill(
    settings: Settings, shared: Path, champion: Promoted
) -> None:
    (rows,), features = (shared / "models" / "returns" / "rows").iterdir(), artifact(shared) / "features.json"
    assert champion.artifact_uri == artifact(shared).as_uri()
    rows.unlink()
    features.write_bytes(features.read_bytes()[::-1])

    mended = found(settings, "mended")

    assert [what.partition(", and put there again: ")[0] for what in mended] == [
        "returns: the champion: gone or damaged in the store",
        "returns: the rows that it was made of: gone or damaged in the store",
    ]
    assert mended[1].endswith(f"models/returns/rows/{rows.name}")
    lose(settings.home)
    assert not [one for one in examine_models(settings) if one.state != "well" and "alias" not in one.what]
    lose(settings.home)
    rows.unlink()
    features.unlink()
    of_champion, of_rows = found(settings, "ill")
    assert "features.json: found nothing there" in of_champion
    assert "the snapshot is gone" in of_rows
