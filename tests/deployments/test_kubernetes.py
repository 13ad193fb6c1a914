"""What the manifests and the job template promise, read as YAML: no cluster, and no library of Kubernetes."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tasks.environment import QUIET

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deployments" / "kubernetes"
TEMPLATE = json.loads((FOLDER / "base-job-template.json").read_text())
JOB = TEMPLATE["job_configuration"]["job_manifest"]
KUSTOMIZATION = YAML(typ="safe").load(FOLDER / "kustomization.yaml")
MANIFESTS = [manifest for file in KUSTOMIZATION["resources"] for manifest in YAML(typ="safe").load_all(FOLDER / file)]
PODS = {one["metadata"]["name"]: one["spec"]["template"] for one in MANIFESTS if one["kind"] == "Deployment"} | {
    "run": JOB["spec"]["template"]
}
CONTAINERS = {
    f"{name}/{container['name']}": container
    for name, pod in PODS.items()
    for container in (*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"])
}
NAMES = {(one["kind"], one["metadata"]["name"]) for one in MANIFESTS} | {("ConfigMap", "perennial-job-template")}
MADE_BY_A_PERSON = {"perennial-databases", "perennial-login", "perennial-prefect-database", "perennial-sources"}
WRITABLE = "/tmp"  # noqa: S108 - a volume of the pod's own
HARMLESS = {
    "MLFLOW_AUTH_CONFIG_PATH",
    "PREFECT_API_URL",
    "PREFECT_INTEGRATIONS_KUBERNETES_OBSERVER_NAMESPACES",
    "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_KEY",
    "PREFECT_INTEGRATIONS_KUBERNETES_WORKER_API_AUTH_STRING_SECRET_NAME",
    "PREFECT_SERVER_UI_API_URL",
    "PREFECT_UI_URL",
    "PREFECT_WORKER_WEBSERVER_HOST",
    "PREFECT_WORKER_WEBSERVER_PORT",
}
"""The only variables of a container whose values are written down."""


def container(name: str) -> dict[str, Any]:
    found: dict[str, Any] = CONTAINERS[name]
    return found


def default(found: str) -> str:
    """Return what the template has for ``{{ variable }}`` where nobody says otherwise."""
    variable = re.fullmatch(r"\{\{ (\w+) \}\}", found)
    return str(TEMPLATE["variables"]["properties"][variable[1]]["default"]) if variable else found


def values(found: Any, key: str) -> Iterator[Any]:
    """Give all that stands under ``key``, however deep."""
    if isinstance(found, dict):
        yield from (value for name, value in found.items() if name == key)
        found = list(found.values())
    for part in found if isinstance(found, list) else ():
        yield from values(part, key)


def test_every_file_of_the_folder_is_part_of_it() -> None:
    generated = [file for one in KUSTOMIZATION["configMapGenerator"] for file in one["files"]]

    assert {file.name for file in FOLDER.iterdir()} == {"kustomization.yaml", *KUSTOMIZATION["resources"], *generated}
    assert {one["metadata"].get("namespace", "perennial") for one in MANIFESTS} == {KUSTOMIZATION["namespace"]}


@pytest.mark.parametrize("name", PODS)
def test_a_pod_is_not_root_and_has_no_key_of_the_cluster_but_the_worker_s(name: str) -> None:
    spec = PODS[name]["spec"]
    context = spec["securityContext"]

    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] == context["runAsGroup"] == context["fsGroup"] == 10001
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is (name == "perennial-worker")
    assert not any(spec.get(key) for key in ("hostNetwork", "hostPID", "hostIPC"))


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_can_write_nowhere_but_where_it_is_given_a_volume(name: str) -> None:
    found = container(name)

    assert found["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert found["workingDir"] == WRITABLE
    assert WRITABLE in [mount["mountPath"] for mount in found["volumeMounts"]]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_has_bounds_and_an_image_whose_tag_does_not_move(name: str) -> None:
    found = container(name)

    assert found["resources"].keys() == {"requests", "limits"}
    assert all(bounds.keys() == {"cpu", "memory"} for bounds in found["resources"].values())
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+\.\d+", default(found["image"]))


def test_the_image_has_one_name_everywhere() -> None:
    assert len({default(found["image"]) for found in CONTAINERS.values()}) == 1


@pytest.mark.parametrize("name", [name for name in PODS if name != "run"])
def test_what_goes_on_running_is_asked_whether_it_is_well(name: str) -> None:
    (found,) = PODS[name]["spec"]["containers"]
    ports = [port["name"] for port in found["ports"]]

    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert found[probe]["httpGet"]["port"] in ports
        assert found[probe]["httpGet"]["path"].endswith("/health")


def test_a_secret_is_named_and_never_written_down() -> None:
    text = "".join(file.read_text() for file in FOLDER.iterdir())

    assert "kind: Secret" not in text
    assert not re.search(r"://[^/\s:]+:[^/\s@]+@", text)
    for found in CONTAINERS.values():
        written = {one["name"] for one in found.get("env", ()) if "value" in one}
        assert written <= HARMLESS


def test_every_secret_map_claim_and_account_that_is_named_is_there_or_made_by_a_person() -> None:
    everything = [*PODS.values()]
    secrets = [one["name"] for key in ("secretKeyRef", "secretRef") for one in values(everything, key)]
    maps = [one["name"] for key in ("configMapRef", "configMap") for one in values(everything, key)]
    claims = list(values(everything, "claimName"))
    accounts = list(values(everything, "serviceAccountName"))

    assert {default(name) for name in secrets} == MADE_BY_A_PERSON
    assert {("ConfigMap", name) for name in maps} <= NAMES
    assert {("PersistentVolumeClaim", default(name)) for name in claims} <= NAMES
    assert {("ServiceAccount", default(name)) for name in accounts} <= NAMES


def test_the_docs_tell_how_to_make_every_secret() -> None:
    docs = (ROOT / "docs" / "kubernetes.md").read_text()

    assert all(f"create secret generic {name}" in docs for name in MADE_BY_A_PERSON)


def test_everything_runs_with_our_variables() -> None:
    (environment,) = [one["data"] for one in MANIFESTS if one["metadata"]["name"] == "perennial-environment"]

    assert environment.items() >= QUIET.items()
    for name, found in CONTAINERS.items():
        assert {"configMapRef": {"name": "perennial-environment"}} in found["envFrom"], name


def test_all_that_talk_do_so_by_a_policy() -> None:
    policies = {one["metadata"]["name"]: one["spec"] for one in MANIFESTS if one["kind"] == "NetworkPolicy"}
    parts = {pod["metadata"]["labels"]["perennial/part"] for pod in PODS.values()}
    named = [value for found in values(policies, "matchExpressions") for one in found for value in one["values"]]
    named += [labels["perennial/part"] for labels in values(policies, "matchLabels") if "perennial/part" in labels]

    assert policies["perennial-nobody"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    assert set(named) == parts == {"prefect", "mlflow", "worker", "run"}


def test_the_image_is_of_one_python_by_version_not_root_and_of_the_versions_that_were_tested() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    bases = set(re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE))
    user = PODS["run"]["spec"]["securityContext"]["runAsUser"]

    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", bases.pop())
    assert f"\nUSER {user}:{user}\n" in dockerfile
    assert "-c /source/constraints.txt" in dockerfile
    last = dockerfile.split("\nFROM ")[-1]
    assert "libgomp1" in last
    assert not re.search(r"gcc|build-essential|pip install", last)


def test_only_what_the_image_is_made_of_is_sent_to_its_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    copied = set(re.findall(r"^COPY ([\w. ]+) /source", (ROOT / "Dockerfile").read_text(), re.MULTILINE))

    assert "*" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == {name for line in copied for name in line.split()}
