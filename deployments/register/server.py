"""The deployments that a Prefect server has: read as records, and changed to what is wanted."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib import import_module
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

from deployments.register.plan import Change, Found
from deployments.register.wanted import ENTRYPOINTS, ENVIRONMENT, POOL, RESOURCES, SLUGS, Deployment, Schedule

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import DeploymentSchedule
    from prefect.client.schemas.responses import DeploymentResponse

_PAGE = 200
"""The most that the server gives at once."""


def has_pool(client: "SyncPrefectClient") -> bool:
    """Say whether the work pool is there, of whatever type: a person may have made one for a cluster."""
    from prefect.exceptions import ObjectNotFound

    try:
        client.read_work_pool(POOL)
    except ObjectNotFound:
        return False
    return True


def make_pool(client: "SyncPrefectClient") -> None:
    """Make the work pool, of processes."""
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template))


def with_form(deployment: Deployment) -> Deployment:
    """Return ``deployment`` with the form of its flow, which is imported for it."""
    return replace(deployment, form=_form(deployment.entrypoint))


def found(client: "SyncPrefectClient") -> dict[str, Found]:
    """Return all deployments of our flows, whoever made them, by path."""
    from prefect.client.schemas.filters import FlowFilter, FlowFilterName

    ours = FlowFilter(name=FlowFilterName(any_=list(ENTRYPOINTS)))
    flows = {flow.id: flow.name for flow in client.read_flows(flow_filter=ours)}
    records: dict[str, Found] = {}
    for page in count():
        answer = client.read_deployments(flow_filter=ours, limit=_PAGE, offset=page * _PAGE)
        records |= {record.deployment.path: record for record in _records(answer, flows)}
        if len(answer) < _PAGE:
            break
    return records


def carry_out(client: "SyncPrefectClient", change: Change) -> None:
    """Do what ``change`` says to its deployment."""
    wanted = change.deployment
    if change.kind == "create":
        _create(client, wanted)
        return
    there = client.read_deployment_by_name(wanted.path)
    if change.kind == "pause":
        _patch(client, there.id, paused=True, tags=sorted(wanted.tags))
        return
    # Whether it is paused is not said, and so is kept, but for one that we have paused.
    _patch(client, there.id, **_body(wanted, there), **({"paused": False} if change.kind == "resume" else {}))
    _follow(client, there, wanted.schedule)


def _records(answer: Iterable["DeploymentResponse"], flows: Mapping[UUID, str]) -> Iterator[Found]:
    for there in answer:
        ours = _ours(there)
        yield Found(
            Deployment(
                flows[there.flow_id],
                there.name,
                there.entrypoint or "",
                there.description or "",
                frozenset(there.tags),
                there.parameters,
                _schedule(ours) if ours else None,
                there.work_pool_name or "",
                {name: value for name, value in _environment(there).items() if name in ENVIRONMENT},
                {name: value for name, value in there.job_variables.items() if name in RESOURCES},
                there.parameter_openapi_schema or {},
            ),
            there.paused,
        )


def _create(client: "SyncPrefectClient", wanted: Deployment) -> None:
    from prefect.client.schemas.actions import DeploymentScheduleCreate

    schedule = wanted.schedule
    client.create_deployment(
        client.create_flow_from_name(wanted.flow),
        wanted.name,
        schedules=[DeploymentScheduleCreate(**_cron(schedule), slug=schedule.slug, active=True)] if schedule else [],
        **_body(wanted),
    )


def _patch(client: "SyncPrefectClient", deployment: UUID, **body: Any) -> None:  # noqa: ANN401 - Prefect's own
    from prefect.client.schemas.actions import DeploymentUpdate

    client.update_deployment(deployment, DeploymentUpdate(**body))


def _body(wanted: Deployment, there: "DeploymentResponse | None" = None) -> dict[str, Any]:
    """Return what Prefect is told of a deployment; other variables that a person has set ``there`` stay."""
    others = {name: value for name, value in there.job_variables.items() if name not in RESOURCES} if there else {}
    environment = {**(_environment(there) if there else {}), **wanted.environment}
    return {
        "entrypoint": wanted.entrypoint,
        "path": None,
        "pull_steps": [],  # the code is installed where the worker is
        "description": wanted.description,
        "tags": sorted(wanted.tags),
        "parameters": dict(wanted.parameters),
        "parameter_openapi_schema": dict(wanted.form),
        "enforce_parameter_schema": True,
        "work_pool_name": wanted.pool,
        "job_variables": {**others, **wanted.resources, "env": environment},
    }


def _follow(client: "SyncPrefectClient", there: "DeploymentResponse", wanted: Schedule | None) -> None:
    """Have our schedule be the one that is wanted; one that a person has switched off stays off, and theirs stay."""
    from prefect.client.schemas.actions import DeploymentScheduleCreate

    ours = _ours(there)
    if wanted is None and ours:
        client.delete_deployment_schedule(there.id, ours.id)
    elif wanted and ours is None:
        new = DeploymentScheduleCreate(**_cron(wanted), slug=wanted.slug, active=True)
        client.create_deployment_schedules(there.id, [new])
    elif wanted and ours and _schedule(ours) != wanted:
        client.update_deployment_schedule(there.id, ours.id, **_cron(wanted))


def _cron(wanted: Schedule) -> dict[str, Any]:
    from prefect.client.schemas.schedules import CronSchedule

    schedule = CronSchedule(cron=wanted.cron, timezone=wanted.timezone)
    return {"schedule": schedule, "parameters": dict(wanted.parameters)}


def _schedule(ours: "DeploymentSchedule") -> Schedule:
    when = ours.schedule
    return Schedule(
        ours.slug or "", getattr(when, "cron", ""), getattr(when, "timezone", None) or "UTC", ours.parameters
    )


def _ours(there: "DeploymentResponse") -> "DeploymentSchedule | None":
    return next((schedule for schedule in there.schedules if schedule.slug in SLUGS), None)


def _environment(there: "DeploymentResponse") -> dict[str, str]:
    return dict(there.job_variables.get("env") or {})


@cache
def _form(entrypoint: str) -> dict[str, Any]:
    from prefect.utilities.callables import parameter_schema

    module, flow = entrypoint.rsplit(".", 1)
    schema: dict[str, Any] = parameter_schema(getattr(import_module(module), flow)).model_dump(exclude_unset=True)
    return schema
