"""The registry: every training as an MLflow run, every promotable challenger as a registered version.

The only door to MLflow. Its records are in a database, SQLite or PostgreSQL, its files in the home folder or the store.
"""

import tempfile
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.data import store
from tasks.errors import RegistryError
from tasks.judgement.verdict import Cost
from tasks.release.artifact import Artifact, load_artifact, verify
from tasks.release.champion_alias import ChampionAlias
from tasks.release.inspection import inspect_artifact
from tasks.release.lineage import Lineage
from tasks.release.registry_tables import making_tables
from tasks.release.signature import signature
from tasks.release.versions import Recorded, Training, Version
from tasks.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

CHALLENGER = "challenger"
_TAG = "perennial."
_PACKAGE = Path(__file__).resolve().parents[1]
_SCORING_LIBRARIES = ("lightgbm", "mlflow", "numpy", "pandas", "pandera", "pyarrow", "pydantic")


class Registry:
    """MLflow, as far as Perennial uses it."""

    def __init__(self, settings: Settings) -> None:
        import mlflow

        self._files = settings.registry_files
        self._inspected: set[Artifact] = set()
        mlflow.set_tracking_uri(settings.tracking_uri)
        mlflow.set_registry_uri(settings.tracking_uri)
        with making_tables(settings):
            self._client: MlflowClient = mlflow.MlflowClient()
            self._client.search_experiments(max_results=1)
            self._client.search_registered_models(max_results=1)
        self._champion = ChampionAlias(self._client)

    def version(self, model: str, number: int) -> Version:
        """Return one version, or raise a RegistryError that names those there are."""
        from mlflow.exceptions import MlflowException

        try:
            return self._version(self._client.get_model_version(model, str(number)))
        except MlflowException:
            known = ", ".join(str(v.version) for v in self._client.search_model_versions(f"name = '{model}'"))
            raise RegistryError(f"{model}: no version {number}; versions: {known or 'none'}") from None

    def inspect(self, artifact: Artifact) -> Cost:
        """Return what a prediction of ``artifact`` costs here, once it is known to predict what it did when written.

        Run in a process other than the one that trained: it is the proof that the files alone predict.
        """
        cost = inspect_artifact(artifact)
        self._inspected.add(artifact)
        return cost

    def record(self, training: Training) -> Recorded:
        """Record a training, and register it as a version if it may be promoted.

        An artifact that this process has not inspected is verified first, as ``inspect`` does it.
        """
        import mlflow

        run_id = self._start(training)
        self._client.log_artifacts(run_id, str(store.here(training.files)))
        version = None
        if training.promotable:
            if training.artifact not in self._inspected:
                verify(training.artifact.uri, training.artifact.digest)
            with mlflow.start_run(run_id=run_id):
                version = self._register(training, run_id)
        self._client.set_terminated(run_id)
        return Recorded(run_id, version)

    def rehearse(self) -> None:
        """Save a model that is thrown away: at the first one MLflow looks through all packages that are installed."""
        import mlflow

        with tempfile.TemporaryDirectory() as folder:
            mlflow.pyfunc.save_model(
                Path(folder) / "model",
                python_model=str(_PACKAGE / "release" / "pyfunc_model.py"),
                pip_requirements=_requirements(),
            )

    def follow(self, model: str, number: int | None) -> int | None:
        """Have the alias ``champion`` point at the version that the ledger says, None: at none; return where it did."""
        return self._champion.follow(model, number)

    def alias(self, model: str) -> int | None:
        """Return the version that MLflow calls champion; None: no version."""
        return self._champion.of(model)

    def _start(self, training: Training) -> str:
        lineage = training.lineage
        tags = {
            "artifact": training.artifact.digest,
            "lineage": lineage.to_json(),
            "snapshot": lineage.rows.digest,
            "spec": lineage.spec,
            "contract": lineage.contract,
            "code": lineage.code,
            "environment": lineage.environment,
            "seed": str(lineage.seed),
            "flow_run": lineage.flow_run or "",
            "as_of": lineage.as_of.isoformat(),
            "reason": lineage.reason,
            "outcome": training.outcome,
            "summary": training.summary,
        }
        from mlflow.entities import Metric, Param

        run = self._client.create_run(
            self._experiment(training.model),
            run_name=training.name,
            tags={_TAG + name: value for name, value in tags.items()},
        )
        now = int(datetime.now(UTC).timestamp() * 1000)
        self._client.log_batch(
            run.info.run_id,
            metrics=[Metric(name, value, now, 0) for name, value in training.metrics.items()],
            params=[Param(name, value) for name, value in training.params.items()],
        )
        return str(run.info.run_id)

    def _register(self, training: Training, run_id: str) -> Version:
        import mlflow
        from mlflow.exceptions import MlflowException

        model = load_artifact(training.artifact.uri, training.artifact.digest)
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(_PACKAGE / "release" / "pyfunc_model.py"),
            artifacts={"artifact": training.artifact.uri},
            model_config={"digest": training.artifact.digest},
            code_paths=[str(_PACKAGE)],
            signature=signature(model),
            pip_requirements=_requirements(),
        )
        try:
            self._client.create_registered_model(training.model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        tags = {_TAG + "artifact": training.artifact.digest, _TAG + "lineage": training.lineage.to_json()}
        made = self._client.create_model_version(
            training.model,
            info.model_uri,
            run_id,
            tags=tags,
            description=training.summary,
            model_id=info.model_id,
        )
        self._client.set_tag(run_id, _TAG + "version", made.version)
        self._client.set_registered_model_alias(training.model, CHALLENGER, made.version)
        return self._version(made)

    def _experiment(self, model: str) -> str:
        found = self._client.get_experiment_by_name(model)
        if found is not None:
            return str(found.experiment_id)
        return str(self._client.create_experiment(model, artifact_location=f"{self._files}/{model}"))

    def _version(self, found: "ModelVersion") -> Version:
        tags = self._client.get_model_version(found.name, found.version).tags
        kept_in = self._client.get_model_version_download_uri(found.name, found.version)
        folder = store.here(f"{kept_in}/artifacts/artifact")
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return Version(
            model=found.name,
            number=int(found.version),
            artifact=Artifact(store.keep(folder, once=True), tags[_TAG + "artifact"], size),
            lineage=Lineage.from_json(tags[_TAG + "lineage"]),
            run_id=found.run_id,
        )


def _requirements() -> list[str]:
    return [f"{name}=={metadata.version(name)}" for name in _SCORING_LIBRARIES]
