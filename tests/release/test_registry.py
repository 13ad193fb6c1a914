import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.errors import ArtifactDamaged, RegistryError
from tasks.release.registry import Registry, Training
from tasks.settings import Settings

pytestmark = [
    # MLflow warns of its own code when it is imported, and of the signature, which is written by hand.
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType"),
    pytest.mark.filterwarnings("ignore:.*An input example was not provided"),
]
AS_OF = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new MLflow database: making one takes seconds, copying it none."""
    home = tmp_path_factory.mktemp("mlflow")
    assert Registry(Settings(home, home, 1, None)).champion("returns") is None
    return home / "mlflow.db"


@pytest.fixture
def registry(settings: Settings, empty_database: Path) -> Registry:
    settings.home.mkdir()
    shutil.copy(empty_database, settings.home)
    return Registry(settings)


def test_a_promotable_training_becomes_a_version_with_its_whole_lineage(registry: Registry, training: Training) -> None:
    made = registry.record(training)

    assert made is not None
    assert (made.model, made.number, made.artifact.digest) == ("returns", 1, training.artifact.digest)
    assert made.lineage == training.lineage
    assert made == registry.version("returns", 1)


def test_a_version_has_files_of_its_own(registry: Registry, training: Training) -> None:
    registry.record(training)

    shutil.rmtree(training.artifact.uri)

    assert registry.promote("returns", 1).artifact.bytes == training.artifact.bytes


def test_a_refused_training_is_recorded_and_makes_no_version(registry: Registry, training: Training) -> None:
    assert registry.record(replace(training, promotable=False, outcome="worse")) is None

    past = registry.history("returns")[0]
    assert (past.version, past.outcome, past.champion) == (None, "worse", False)
    with pytest.raises(RegistryError, match="returns: no version 1; versions: none"):
        registry.promote("returns", 1)


def test_the_history_shows_the_latest_first_and_marks_the_champion(registry: Registry, training: Training) -> None:
    registry.record(training)
    registry.record(replace(training, promotable=False, summary="too small a gain"))
    registry.record(replace(training, summary="once more"))
    registry.promote("returns", 1)

    past = registry.history("returns")

    assert [(p.summary, p.version, p.champion) for p in past] == [
        ("once more", 2, False),
        ("too small a gain", None, False),
        ("besser als „später“", 1, True),
    ]
    assert (past[0].as_of, past[0].reason, past[0].metrics) == (AS_OF, "manual", {"holdout.roc_auc": 0.75})
    assert len(registry.history("returns", most=1)) == 1


def test_the_champion_is_what_was_promoted_last(registry: Registry, training: Training) -> None:
    for _ in range(2):
        registry.record(training)
    assert registry.champion("returns") is None

    for number in (1, 2, 1):
        registry.promote("returns", number)

        champion = registry.champion("returns")
        assert champion is not None
        assert champion.number == number


def test_a_damaged_version_is_not_promoted_and_the_champion_stays(registry: Registry, training: Training) -> None:
    registry.record(training)
    second = registry.record(training)
    registry.promote("returns", 1)
    assert second is not None
    (Path(second.artifact.uri) / "features.json").write_text("{}")

    with pytest.raises(ArtifactDamaged, match=r"features\.json: found"):
        registry.promote("returns", 2)
    champion = registry.champion("returns")
    assert champion is not None
    assert champion.number == 1


def test_a_damaged_artifact_is_recorded_and_makes_no_version(registry: Registry, training: Training) -> None:
    (Path(training.artifact.uri) / "features.json").write_text("{}")

    with pytest.raises(ArtifactDamaged, match=r"features\.json: found"):
        registry.record(training)
    assert registry.history("returns")[0].version is None


def test_a_model_that_nobody_trained_has_no_champion_no_history_and_no_version(registry: Registry) -> None:
    assert registry.champion("retruns") is None
    assert registry.history("retruns") == []
    with pytest.raises(RegistryError, match="retruns: no version 3; versions: none"):
        registry.version("retruns", 3)


def test_a_version_that_is_not_there_is_refused_with_those_that_are(registry: Registry, training: Training) -> None:
    for _ in range(2):
        registry.record(training)

    with pytest.raises(RegistryError, match=r"returns: no version 7; versions: (1, 2|2, 1)$"):
        registry.promote("returns", 7)


def test_a_run_that_died_before_it_was_described_does_not_hide_the_others(
    registry: Registry, training: Training
) -> None:
    from mlflow import MlflowClient

    registry.record(training)
    client = MlflowClient()
    experiment = client.get_experiment_by_name("returns")
    assert experiment is not None
    client.create_run(experiment.experiment_id, run_name="killed here")

    assert [past.version for past in registry.history("returns")] == [1]
