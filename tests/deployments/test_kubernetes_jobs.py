"""Manifests against the published schemas, and Jobs as Prefect's own code makes them. `make test-kubernetes` installs both."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from ruamel.yaml import YAML

from deployments.register.wanted import wanted
from deployments.stack.servers import prefect_server
from tasks.environment import child_environment
from tasks.settings import Settings
from tasks.spec import ModelSpec, ResourcesSpec, load_spec

Make = Callable[..., dict[str, Any]]
WHY = "make test-kubernetes installs what it needs"
models = pytest.importorskip("kubernetes_asyncio.client.models", reason=WHY)
worker = pytest.importorskip("prefect_kubernetes.worker", reason=WHY)

pytestmark = pytest.mark.server
FOLDER = Path(__file__).parents[2] / "deployments" / "kubernetes"
TEMPLATE = json.loads((FOLDER / "base-job-template.json").read_text())
KINDS = {
    "ConfigMap": "V1ConfigMap",
    "Deployment": "V1Deployment",
    "Namespace": "V1Namespace",
    "NetworkPolicy": "V1NetworkPolicy",
    "PersistentVolumeClaim": "V1PersistentVolumeClaim",
    "Role": "V1Role",
    "RoleBinding": "V1RoleBinding",
    "Service": "V1Service",
    "ServiceAccount": "V1ServiceAccount",
}
PLAIN: dict[str, type] = {"str": str, "int": int, "bool": bool}
LISTED = [
    pytest.param(manifest, id=f"{manifest['kind']}-{manifest['metadata']['name']}")
    for file in YAML(typ="safe").load(FOLDER / "kustomization.yaml")["resources"]
    for manifest in YAML(typ="safe").load_all(FOLDER / file)
]


def read(found: Any, kind: str, where: str = "") -> Any:
    """Return ``found`` as the class of Kubernetes' schema; refuse a field that it does not know, or of another type."""
    if listed := re.fullmatch(r"list\[(.+)\]", kind):
        assert isinstance(found, list), where
        return [read(part, listed[1], f"{where}[{number}]") for number, part in enumerate(found)]
    if mapped := re.fullmatch(r"dict[\[(]str, (.+)[\])]", kind):
        return {name: read(part, mapped[1], f"{where}.{name}") for name, part in found.items()}
    if kind in PLAIN:
        # A quantity, or a port's number or name: their schemas say text, and their texts say either.
        assert isinstance(found, PLAIN[kind]) or (kind == "str" and type(found) is int), (
            f"{where}: {found!r} is no {kind}"
        )
        return found
    model = getattr(models, kind, None)
    if model is None:
        return found  # object
    known = {written: name for name, written in model.attribute_map.items()}
    assert isinstance(found, dict), where
    assert not found.keys() - known, f"{where}: {kind} has no field {sorted(found.keys() - known)}"
    # The classes themselves refuse what has not all it needs, or a pattern that does not match.
    return model(
        **{known[key]: read(part, model.openapi_types[known[key]], f"{where}.{key}") for key, part in found.items()}
    )


@pytest.fixture
def job(prefect_api: str) -> Callable[..., dict[str, Any]]:
    """What makes of job variables the Job that a worker would make, with ``environ`` for the worker's own variables."""
    from prefect.client.schemas.objects import Flow, FlowRun
    from prefect.settings import PREFECT_API_URL, temporary_settings

    def make(variables: dict[str, Any], environ: dict[str, str] | None = None) -> dict[str, Any]:
        template = worker.KubernetesWorkerJobConfiguration.from_template_and_values
        with temporary_settings({PREFECT_API_URL: prefect_api}):
            configuration = asyncio.run(template(TEMPLATE, variables))
        configuration.env = {**(environ or {}), **configuration.env}
        flow = Flow(id=uuid4(), name="training", labels={})
        configuration.prepare_for_flow_run(
            FlowRun(id=uuid4(), flow_id=flow.id, name="train-returns-schedule"), flow=flow
        )
        found: dict[str, Any] = configuration.job_manifest
        return found

    return make


def run_of(found: dict[str, Any]) -> dict[str, Any]:
    (container,) = found["spec"]["template"]["spec"]["containers"]
    assert isinstance(container, dict)
    return container


@pytest.mark.parametrize("manifest", LISTED)
def test_a_manifest_is_what_the_schema_of_its_kind_allows(manifest: dict[str, Any]) -> None:
    read(manifest, KINDS[manifest["kind"]], manifest["kind"])


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"spec": {"selectors": {}}}, r"V1ServiceSpec has no field \['selectors'\]"),
        ({"spec": {"ports": [{"port": "http"}]}}, "'http' is no int"),
        ({"spec": {"ports": [{"name": "http"}]}}, "`port`, must not be `None`"),
    ],
)
def test_what_the_schema_does_not_allow_is_refused(broken: dict[str, Any], said: str) -> None:
    with pytest.raises((AssertionError, ValueError), match=said):
        read(broken, "V1Service")


def test_prefect_makes_a_valid_job_of_the_template(job: Make) -> None:
    found = job({})
    spec = found["spec"]["template"]["spec"]
    # Prefect's own validation demands them of a pod, where its schema has no place for them; the cluster drops them.
    assert (spec.pop("parallelism"), spec.pop("completions")) == (1, 1)

    read(found, "V1Job", "Job")

    assert found["metadata"]["namespace"] == "perennial"
    assert found["metadata"]["generateName"] == "train-returns-schedule-"
    assert (found["spec"]["backoffLimit"], found["spec"]["ttlSecondsAfterFinished"]) == (0, 86400)
    assert found["spec"]["template"]["metadata"]["labels"].items() >= {"perennial/part": "run"}.items()
    assert run_of(found)["image"] == "registry.example.com/perennial:0.1.0"
    assert "{{" not in json.dumps(found)


def test_a_job_has_every_variable_of_the_template_that_a_person_sets(job: Make) -> None:
    said = {
        "image": "registry.example.com/shop:1.4.2", "backoff_limit": 2, "databases_secret": "shop-databases",
        "home_claim": "shop-home", "tmp_size": "20Gi", "finished_job_ttl": 60,
    }  # fmt: skip
    text = json.dumps(job(said))

    assert all(json.dumps(value) in text for value in said.values())


def test_a_job_runs_what_prefect_starts_a_run_with(job: Make) -> None:
    assert run_of(job({}))["args"] == ["prefect", "flow-run", "execute"]


def test_a_job_has_its_model_s_resources_and_as_many_threads(job: Make, project: Path) -> None:
    spec = load_spec("returns", project / "deployments")
    asking = spec.model_copy(update={"resources": ResourcesSpec(cpu="2", memory="8Gi")})
    training = wanted([asking])[0]

    container = run_of(job({"env": dict(training.environment), **training.resources}))

    assert container["resources"] == {
        "requests": {"cpu": "2", "memory": "8Gi"},
        "limits": {"cpu": "2", "memory": "8Gi"},
    }
    variables = {one["name"]: one for one in container["env"]}
    assert variables["PERENNIAL_THREADS"]["valueFrom"]["resourceFieldRef"]["resource"] == "limits.cpu"
    assert variables["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"]["value"] == "30"


def test_without_resources_of_its_own_a_model_has_the_pool_s(job: Make, project: Path) -> None:
    spec: ModelSpec = load_spec("returns", project / "deployments")

    assert run_of(job(dict(wanted([spec])[0].resources)))["resources"]["limits"] == {"cpu": "2", "memory": "4Gi"}


def test_the_worker_s_password_stands_in_no_job(job: Make) -> None:
    """As `worker.yaml` has it: the worker puts a reference in the place of what it knows."""
    (manifest,) = YAML(typ="safe").load_all(FOLDER / "worker.yaml")
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    names = {one["name"]: one.get("value") for one in container["env"]}
    secret = {
        key: names[f"PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_{key}"] for key in ("NAME", "KEY")
    }

    found = job({}, {"PREFECT_API_AUTH_STRING": "perennial:hush"})
    configuration = worker.KubernetesWorkerJobConfiguration(job_manifest=found)
    replacing = worker.KubernetesWorker._replace_env_variable_with_secret
    asyncio.run(replacing(None, "PREFECT_API_AUTH_STRING", configuration, secret["NAME"], secret["KEY"]))

    assert "hush" not in json.dumps(configuration.job_manifest)
    (login,) = [one for one in run_of(configuration.job_manifest)["env"] if one["name"] == "PREFECT_API_AUTH_STRING"]
    assert login["valueFrom"] == {"secretKeyRef": {"name": "perennial-login", "key": "prefect"}}


def test_the_variables_that_the_worker_is_given_are_those_that_prefect_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    (manifest,) = YAML(typ="safe").load_all(FOLDER / "worker.yaml")
    (container,) = manifest["spec"]["template"]["spec"]["containers"]
    for one in container["env"]:
        monkeypatch.setenv(one["name"], one.get("value", "of a secret"))
    settings = worker.KubernetesSettings()

    named = (settings.worker.api_auth_string_secret_name, settings.worker.api_auth_string_secret_key)
    assert named == ("perennial-login", "prefect")
    assert settings.observer.namespaces == {"perennial"}


def test_a_server_takes_the_template_twice_and_the_specs_are_deployed_to_its_pool(
    settings: Settings, tmp_path: Path
) -> None:
    """The commands of `worker.yaml`'s first two containers."""
    (manifest,) = YAML(typ="safe").load_all(FOLDER / "worker.yaml")
    pool, deploying = (one["args"] for one in manifest["spec"]["template"]["spec"]["initContainers"])
    pool = [str(FOLDER / "base-job-template.json") if word.startswith("/template/") else word for word in pool]
    bare = replace(settings, home=tmp_path / "nowhere")

    with prefect_server(settings) as api:
        environment = child_environment(bare, PREFECT_API_URL=api, PREFECT_HOME=str(tmp_path / "prefect"))
        for command in (pool, pool, deploying, deploying):
            here = [str(Path(sys.executable).parent / command[0]), *command[1:]]
            done = subprocess.run(here, check=False, env=environment, cwd=tmp_path, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
        from prefect.client.orchestration import SyncPrefectClient

        with SyncPrefectClient(api) as client:
            there = client.read_work_pool("perennial")
            assert (there.type, there.base_job_template) == ("kubernetes", TEMPLATE)
            assert {one.work_pool_name for one in client.read_deployments()} == {"perennial"}

    assert "new" not in done.stdout
    assert not bare.home.exists()
