"""A proposal of the small project, approved, refused and rolled back, with its real files and a real MLflow."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.errors import ArtifactDamaged, DecisionRefused
from tasks.release.decisions import Decision
from tasks.release.evidence import collect
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.version_records import Places, Proposed
from tasks.release.office import Office
from tasks.release.promotion import decide
from tasks.release.registrar import Registrar
from tasks.release.versions import Training
from tasks.settings import Settings
from tasks.spec import ModelSpec

NOW = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def registrar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registrar]:
    """One process for all tests: it takes seconds to start."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERENNIAL_HOME", str(home))
        patch.setenv("PERENNIAL_PROJECT", str(home))
        opened = Registrar(Settings(home, home, 1, None))
    with opened:
        yield opened


@pytest.fixture
def office(registrar: Registrar, spec: ModelSpec, settings: Settings, tmp_path: Path) -> Office:
    return Office(settings, spec, Ledger(f"sqlite:///{tmp_path / 'ledger.db'}"), registrar)


@pytest.fixture
def propose(office: Office, registrar: Registrar, training: Training) -> Callable[[], Proposed]:
    """Register the training once more, and propose the version that it becomes."""
    files = Path(training.files)
    for name in ("verdict.json", "verdict.html", "spec.json"):
        (files / name).write_text(json.dumps({"what": name}))

    def register() -> Proposed:
        version = registrar.record(training).version
        assert version is not None
        where = Places(training.lineage.rows.uri, version.artifact.uri, training.files)
        evidence = collect(where, snapshot=training.lineage.rows.digest, artifact=version.artifact.digest)
        now = office.standing().champion
        proposed = Proposed(version.number, "better", evidence, now.version if now else None, where, None, 1)
        with office.ledger.deciding() as page:
            page.append(office.model, proposed, at=NOW)
        return proposed

    return register


def says(version: int, reason: str = "") -> Decision:
    return Decision(version, "ada", reason, NOW)


def test_an_approved_version_is_champion_in_the_ledger_and_the_alias_is_asked_to_follow(
    office: Office, propose: Callable[[], Proposed]
) -> None:
    version = propose().version

    outcome = decide(office, "approve", says(version))

    assert [entry.kind for entry in outcome.entries] == ["approval", "promotion"]
    assert outcome.standing.champion is not None
    assert outcome.standing.champion.version == version
    assert outcome.behind is None
    assert decide(office, "approve", says(version)).entries == ()


@pytest.mark.parametrize("name", ["verdict.json", "verdict.html", "spec.json"])
def test_one_byte_more_in_what_the_approver_read_is_refused(
    name: str, office: Office, propose: Callable[[], Proposed]
) -> None:
    proposed = propose()
    read = Path(proposed.where.files) / name
    read.write_text(read.read_text() + " ")

    with pytest.raises(DecisionRefused, match="changed since it was proposed; train again"):
        decide(office, "approve", says(proposed.version))
    assert office.standing().champion is None


def test_a_byte_of_the_artifact_or_of_the_rows_that_changed_is_refused(
    office: Office, propose: Callable[[], Proposed]
) -> None:
    proposed = propose()
    rows, model = Path(proposed.where.rows), Path(proposed.where.artifact) / "features.json"
    whole = rows.read_bytes()

    rows.write_bytes(whole[:-9] + b"x" + whole[-8:])
    with pytest.raises(DecisionRefused, match="its snapshot changed"):
        decide(office, "approve", says(proposed.version))
    rows.write_bytes(whole)
    model.write_text(model.read_text() + " ")
    with pytest.raises(DecisionRefused, match="its artifact changed"):
        decide(office, "approve", says(proposed.version))


def test_a_proposal_whose_champion_was_replaced_since_is_refused(
    office: Office, propose: Callable[[], Proposed]
) -> None:
    first, second = propose(), propose()
    decide(office, "approve", says(second.version))

    with pytest.raises(DecisionRefused, match=rf"there was no champion, and now version {second.version} is"):
        decide(office, "approve", says(first.version))


def test_a_rollback_goes_to_a_version_that_was_champion_and_whose_files_are_whole(
    office: Office, propose: Callable[[], Proposed]
) -> None:
    first = propose()
    decide(office, "approve", says(first.version))
    second = propose()
    decide(office, "approve", says(second.version))

    outcome = decide(office, "roll back", says(first.version, "alarms"))
    assert [entry.kind for entry in outcome.entries] == ["rollback"]
    assert outcome.standing.fence == 3
    damaged = Path(second.where.artifact) / "features.json"
    damaged.write_text("{}")
    with pytest.raises(ArtifactDamaged, match=r"features\.json: found"):
        decide(office, "roll back", says(second.version, "back again"))
    assert office.standing().fence == 3


def test_a_promotion_stands_when_mlflow_cannot_follow_and_says_so(
    office: Office, propose: Callable[[], Proposed], settings: Settings
) -> None:
    version = propose().version
    with Registrar(settings) as dead:
        dead._process.kill()
        dead._process.wait()
        outcome = decide(replace(office, registrar=dead), "approve", says(version))

    assert outcome.standing.champion is not None
    assert outcome.behind is not None
    assert "the registry's process ended" in outcome.behind
