import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.errors import ArtifactDamaged, RegistryError
from tasks.release.registry import Registry
from tasks.release.versions import Training
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
    assert Registry(Settings(home, home, 1, None)).alias("returns") is None
    return home / "mlflow.db"


@pytest.fixture
def registry(settings: Settings, empty_database: Path) -> Registry:
    settings.home.mkdir()
    shutil.copy(empty_database, settings.home)
    return Registry(settings)


def test_a_promotable_training_becomes_a_version_with_its_whole_lineage(registry: Registry, training: Training) -> None:
    made = registry.record(training).version

    assert made is not None
    assert (made.model, made.number, made.artifact.digest) == ("returns", 1, training.artifact.digest)
    assert made.lineage == training.lineage
    assert made == registry.version("returns", 1)


def test_a_version_has_files_of_its_own(registry: Registry, training: Training) -> None:
    registry.record(training)

    shutil.rmtree(training.artifact.uri)

    assert registry.version("returns", 1).artifact.bytes == training.artifact.bytes


def test_a_refused_training_is_recorded_and_makes_no_version(registry: Registry, training: Training) -> None:
    assert registry.record(replace(training, promotable=False, outcome="worse")).version is None

    past = registry.history("returns")[0]
    assert (past.version, past.outcome) == (None, "worse")
    with pytest.raises(RegistryError, match="returns: no version 1; versions: none"):
        registry.version("returns", 1)


def test_the_history_shows_the_latest_first(registry: Registry, training: Training) -> None:
    registry.record(training)
    registry.record(replace(training, promotable=False, summary="too small a gain"))
    registry.record(replace(training, summary="once more"))

    past = registry.history("returns")

    assert [(p.summary, p.version) for p in past] == [
        ("once more", 2),
        ("too small a gain", None),
        ("besser als „später“", 1),
    ]
    assert (past[0].as_of, past[0].reason, past[0].metrics) == (AS_OF, "manual", {"holdout.roc_auc": 0.75})
    assert len(registry.history("returns", most=1)) == 1


def test_the_alias_follows_wherever_it_is_told_to(registry: Registry, training: Training) -> None:
    for _ in range(2):
        registry.record(training)

    was = [registry.follow("returns", number) for number in (1, 2, 2, 1, None)]

    assert was == [None, 1, 2, 2, 1]
    assert registry.alias("returns") is None


def test_an_alias_that_cannot_be_moved_says_so(registry: Registry, training: Training) -> None:
    registry.record(training)

    with pytest.raises(RegistryError, match="returns: MLflow's alias could not be moved"):
        registry.follow("returns", 7)


def test_what_was_inspected_is_not_verified_again(registry: Registry, training: Training) -> None:
    assert registry.inspect(training.artifact).latency_ms > 0

    assert registry.record(training).version is not None


def test_a_damaged_artifact_is_recorded_and_makes_no_version(registry: Registry, training: Training) -> None:
    (Path(training.artifact.uri) / "features.json").write_text("{}")

    with pytest.raises(ArtifactDamaged, match=r"features\.json: found"):
        registry.record(training)
    assert registry.history("returns")[0].version is None


def test_a_model_that_nobody_trained_has_no_alias_no_history_and_no_version(registry: Registry) -> None:
    assert registry.alias("retruns") is None
    assert registry.history("retruns") == []
    with pytest.raises(RegistryError, match="retruns: no version 3; versions: none"):
        registry.version("retruns", 3)


def test_a_version_that_is_not_there_is_refused_with_those_that_are(registry: Registry, training: Training) -> None:
    for _ in range(2):
        registry.record(training)

    with pytest.raises(RegistryError, match=r"returns: no version 7; versions: (1, 2|2, 1)$"):
        registry.version("returns", 7)


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
