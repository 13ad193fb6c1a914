"""What is wanted, and how it differs from what there is: records, and no server."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from deployments.register.deploy import deployments_of
from deployments.register.plan import WITHOUT_SPEC, Change, Found, plan
from deployments.register.prefect_yaml import prefect_yaml, write_yaml
from deployments.register.wanted import ENTRYPOINTS, ENVIRONMENT, ON_REQUEST, Deployment, Schedule, wanted
from tasks.errors import SettingsError, SpecError
from tasks.settings import Settings
from tasks.spec import ModelSpec, ResourcesSpec, read_spec

MONDAYS = Schedule("train", "0 3 * * 1", "Europe/Berlin", {"reason": "schedule"})


@pytest.fixture
def timed(project: Path) -> ModelSpec:
    text = (project / "deployments" / "returns.toml").read_text()
    schedule = '[schedule]\ntrain = "0 3 * * 1"\ntimezone = "Europe/Berlin"\n'
    return read_spec(tomllib.loads(f"{text}\n{schedule}"), "returns.toml")


@pytest.fixture
def asked(timed: ModelSpec) -> dict[str, Deployment]:
    return {one.path: one for one in wanted([timed])}


def there(asked: dict[str, Deployment], *, paused: bool = False) -> dict[str, Found]:
    return {path: Found(one, paused) for path, one in asked.items()}


def words(changes: tuple[Change, ...]) -> dict[str, str]:
    return {change.path: f"{change.kind}: {'; '.join(change.words)}" for change in changes}


def test_a_model_has_three_deployments_and_all_models_share_two(asked: dict[str, Deployment]) -> None:
    assert list(asked) == [
        "training/returns",
        "scoring/returns",
        "drift-detection/returns",
        ON_REQUEST,
        "promotion/promotion",
    ]
    training = asked["training/returns"]
    assert training.entrypoint == "flows.training.training_flow"
    assert training.tags == {"perennial", "returns", "shop"}
    assert training.parameters == {"model": "returns"}
    assert training.schedule == MONDAYS
    assert asked["scoring/returns"].schedule is None


def test_a_spec_s_description_stands_before_what_its_deployment_does(timed: ModelSpec) -> None:
    described = timed.model_copy(update={"description": "Which orders come back."})

    assert wanted([described])[1].description.startswith("Which orders come back.\n\nHave the champion score")


def test_a_model_s_resources_are_its_runs_and_what_serves_all_models_has_the_most(timed: ModelSpec) -> None:
    small = timed.model_copy(update={"resources": ResourcesSpec(cpu="1500m", memory="900Mi")})
    large = timed.model_copy(update={"model": "sales", "resources": ResourcesSpec(cpu="1", memory="1Gi")})
    asked = {one.path: one.resources for one in wanted([small, large])}

    assert asked["scoring/returns"] == {
        "cpu_request": "1500m",
        "cpu_limit": "1500m",
        "memory_request": "900Mi",
        "memory_limit": "900Mi",
    }
    assert asked[ON_REQUEST] == {**asked["scoring/returns"], "memory_request": "1Gi", "memory_limit": "1Gi"}
    assert asked["promotion/promotion"] == {}


def test_a_model_may_not_take_the_name_of_a_deployment_of_all(timed: ModelSpec) -> None:
    with pytest.raises(SpecError, match=r"training.toml: model: found 'training'; allowed: any other name"):
        wanted([timed.model_copy(update={"model": "training"})])


def test_nothing_changes_where_all_is_as_wanted(asked: dict[str, Deployment]) -> None:
    assert plan(asked.values(), there(asked)) == ()


def test_what_is_missing_is_new_and_says_when_it_runs(asked: dict[str, Deployment]) -> None:
    found = words(plan(asked.values(), {}))

    assert found["training/returns"] == 'create: new, runs at "0 3 * * 1" Europe/Berlin'
    assert found["scoring/returns"] == "create: new"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schedule": replace(MONDAYS, cron="0 4 * * 1")}, 'schedule "0 3 * * 1" Europe/Berlin, was "0 4 * * 1" Europe/Berlin'),
        ({"schedule": None}, 'schedule "0 3 * * 1" Europe/Berlin, was none'),
        ({"schedule": replace(MONDAYS, parameters={})}, "parameters of its schedule {'reason': 'schedule'}, were {}"),
        ({"tags": frozenset({"perennial", "returns", "sales"})}, "tags perennial, returns, shop, were perennial, returns, sales"),
        ({"description": "Once"}, "description changed"),
        ({"entrypoint": "flows/training.py:training_flow", "pool": ""}, "runs flows.training.training_flow, ran flows/training.py:training_flow; work pool perennial, was none"),
        ({"form": {"title": "Parameters"}}, "form of its parameters changed"),
        ({"environment": {}}, "environment {'PREFECT_FLOWS_HEARTBEAT_FREQUENCY': '30'}, was {}"),
        ({"resources": {"memory_limit": "8Gi"}}, "resources none, were {'memory_limit': '8Gi'}"),
        ({"parameters": {}}, "parameters {'model': 'returns'}, were {}"),
    ],
)  # fmt: skip
def test_a_difference_is_told_in_words(asked: dict[str, Deployment], change: dict[str, object], said: str) -> None:
    path = "training/returns"
    found = there(asked) | {path: Found(replace(asked[path], **change), paused=False)}  # type: ignore[arg-type]

    assert words(plan(asked.values(), found)) == {path: f"update: {said}"}


def test_without_its_spec_a_deployment_is_paused_and_with_it_resumed(asked: dict[str, Deployment]) -> None:
    common = [one for one in asked.values() if "model" not in one.parameters]

    changes = plan(common, there(asked))

    assert words(changes)["training/returns"] == "pause: paused, no deployments/returns.toml asks for it"
    assert len(changes) == 3
    paused = {change.path: Found(change.deployment, paused=True) for change in changes}
    assert plan(common, there(asked) | paused) == ()
    assert words(plan(asked.values(), there(asked) | paused)) == dict.fromkeys(
        paused, "resume: resumed, its spec is there again"
    )


def test_what_a_person_has_paused_stays_paused(asked: dict[str, Deployment]) -> None:
    assert plan(asked.values(), there(asked, paused=True)) == ()
    assert plan([], there(asked, paused=True)) == ()


def test_what_is_not_tagged_as_ours_is_never_paused(asked: dict[str, Deployment]) -> None:
    own = replace(asked["training/returns"], name="mine", tags=frozenset({"returns"}))

    assert plan(asked.values(), there(asked) | {own.path: Found(own, paused=False)}) == ()


def test_a_retired_deployment_bears_a_tag_that_says_so(asked: dict[str, Deployment]) -> None:
    (change,) = plan([], {"training/returns": Found(asked["training/returns"], paused=False)})

    assert change.deployment.tags == {"perennial", "returns", "shop", WITHOUT_SPEC}


def test_one_broken_spec_stops_all(settings: Settings) -> None:
    (settings.specs / "other.toml").write_text("model = 3\n")

    with pytest.raises(SpecError, match="other.toml"):
        deployments_of(settings)


def test_prefect_s_yaml_has_what_is_wanted(asked: dict[str, Deployment]) -> None:
    document = YAML(typ="safe").load(prefect_yaml(asked.values()))

    assert document["pull"] == []
    assert [one["entrypoint"] for one in document["deployments"]] == [one.entrypoint for one in asked.values()]
    assert document["deployments"][0]["work_pool"]["job_variables"] == {"env": ENVIRONMENT}
    (schedule,) = document["deployments"][0]["schedules"]
    assert schedule == {
        "slug": "train",
        "cron": "0 3 * * 1",
        "timezone": "Europe/Berlin",
        "parameters": {"reason": "schedule"},
    }


def test_a_yaml_of_ours_is_written_again_and_a_person_s_is_left(tmp_path: Path, asked: dict[str, Deployment]) -> None:
    ours, theirs = tmp_path / "prefect.yaml", tmp_path / "own.yaml"
    theirs.write_text("deployments: []\n")

    write_yaml(ours, [])
    write_yaml(ours, asked.values())

    assert "training_flow" in ours.read_text()
    with pytest.raises(SettingsError, match=r"own.yaml is there, and was not written by `perennial deploy`"):
        write_yaml(theirs, asked.values())


def test_every_entry_point_is_a_flow_that_bears_the_name_it_is_deployed_by() -> None:
    from prefect.flows import load_flow_from_entrypoint

    assert {name: load_flow_from_entrypoint(entrypoint).name for name, entrypoint in ENTRYPOINTS.items()} == {
        name: name for name in ENTRYPOINTS
    }


def test_the_automation_s_target_is_what_a_request_falls_back_to() -> None:
    from tasks.announcement import DEPLOYMENT, TRAINING

    assert (ON_REQUEST, "promotion/promotion") == (TRAINING, DEPLOYMENT)
