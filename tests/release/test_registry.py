import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.errors import ArtifactDamaged, RegistryError
from tasks.release.registry import Registry
from tasks.release.versions import Recorded, Training
from tasks.settings import Settings

if TYPE_CHECKING:
    from mlflow.entities import RunData

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


def run_of(recorded: Recorded) -> "RunData":
    """What MLflow's pages show of a training."""
    from mlflow import MlflowClient

    return MlflowClient().get_run(recorded.run_id).data


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

    with pytest.raises(RegistryError, match="returns: no version 1; versions: none"):
        registry.version("returns", 1)


def test_every_training_is_a_run_that_says_what_became_of_it(registry: Registry, training: Training) -> None:
    refused = registry.record(replace(training, promotable=False, outcome="worse", summary="too small a gain"))
    passed = registry.record(replace(training, summary="besser als „später“"))

    one, other = run_of(refused), run_of(passed)

    assert [run.tags["perennial.summary"] for run in (one, other)] == ["too small a gain", "besser als „später“"]
    assert (one.tags["perennial.outcome"], "perennial.version" in one.tags) == ("worse", False)
    assert (other.tags["perennial.version"], other.tags["perennial.as_of"]) == ("1", AS_OF.isoformat())
    assert (other.metrics, other.params["kind"]) == ({"holdout.roc_auc": 0.75}, "linear")


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
    with pytest.raises(RegistryError, match="versions: none"):
        registry.version("returns", 1)


def test_a_model_that_nobody_trained_has_no_alias_and_no_version(registry: Registry) -> None:
    assert registry.alias("retruns") is None
    with pytest.raises(RegistryError, match="retruns: no version 3; versions: none"):
        registry.version("retruns", 3)


def test_a_version_that_is_not_there_is_refused_with_those_that_are(registry: Registry, training: Training) -> None:
    for _ in range(2):
        registry.record(training)

    with pytest.raises(RegistryError, match=r"returns: no version 7; versions: (1, 2|2, 1)$"):
        registry.version("returns", 7)
