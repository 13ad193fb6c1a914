"""Which deployments a project wants: from its specs to records, with no Prefect."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tasks.errors import SpecError
from tasks.spec import ModelSpec, ResourcesSpec, largest

POOL = "perennial"
"""The work pool whose workers run everything of ours, a process of its own for each run.

It has no limit, nor have the deployments: leases keep trainings of one model apart. A slot of Prefect's stays taken by
a run that was killed with the server, and runs that find none are cancelled; a lease is free again.
"""
TAG = "perennial"
"""What bears it is ours: nothing else is ever changed."""
ON_REQUEST = "training/training"
"""What the automation runs, and `tasks.announcement` where that was deleted: the event says which model.

One for all models, and not each model's own: an automation of Prefect names one deployment, so there would have to be
an automation for each model, each of which a person would have to switch off to stop retraining. And the events of a
model that has only just been deployed are heard.
"""
ENVIRONMENT = {"PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
"""Variables of every run. Others are the worker's: PERENNIAL_PROJECT and PERENNIAL_HOME are facts about its machine.

Seconds between heartbeats; the least that Prefect allows. See `deployments.register.lost_runs`.
"""
RESOURCES = frozenset({"cpu_request", "cpu_limit", "memory_request", "memory_limit"})
"""What a pool for Kubernetes calls them. Another pool has no place for them in its template, and passes them over."""


@dataclass(frozen=True)
class Schedule:
    """When a deployment runs by itself."""

    slug: str
    """Its name among the deployment's schedules; one that a person adds has none, or another."""
    cron: str
    timezone: str
    parameters: Mapping[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return f'"{self.cron}" {self.timezone}'


@dataclass(frozen=True)
class Deployment:
    """A deployment of Prefect, as far as it is ours to say."""

    flow: str
    name: str
    entrypoint: str
    """Of a module and not of a file, so that the installed package runs from any folder."""
    description: str
    tags: frozenset[str]
    parameters: Mapping[str, object] = field(default_factory=dict)
    schedule: Schedule | None = None
    pool: str = POOL
    environment: Mapping[str, str] = field(default_factory=lambda: ENVIRONMENT)
    resources: Mapping[str, str] = field(default_factory=dict)
    """By the names in RESOURCES; what is left out is the pool's to say."""
    form: Mapping[str, object] = field(default_factory=dict)
    """The schema of the flow's parameters, of which Prefect's pages draw a form; filled in where flows are imported."""

    @property
    def path(self) -> str:
        return f"{self.flow}/{self.name}"


@dataclass(frozen=True)
class _Kind:
    """What a model has one deployment of."""

    flow: str
    key: str
    """The key of [schedule]."""
    says: str


_TRAINING = _Kind("training", "train", "Train a challenger, and propose it if it passes.")
_SCORING = _Kind("scoring", "score", "Have the champion score what has come to its predictions log.")
_DETECTION = _Kind(
    "drift-detection",
    "drift",
    "Compare what the champion sees now with what it learned from, and say what to do.",
)
ENTRYPOINTS = {
    "training": "flows.training.training_flow",
    "scoring": "flows.scoring.scoring_flow",
    "drift-detection": "flows.drift_detection.drift_detection_flow",
    "promotion": "flows.promotion.promotion_flow",
}
SLUGS = frozenset(kind.key for kind in (_TRAINING, _SCORING, _DETECTION))
"""Names of our own schedules."""
_REQUESTED = """Train a model, and propose what comes of it if it passes.

An automation runs it for each request that stands in the ledger. By hand: *Custom run*, and say which model."""
_PROMOTION = """Approve or reject a version that awaits a person.

Choose *Custom run*, say which model and version, what you decide, and who you are."""


def wanted(specs: Sequence[ModelSpec]) -> tuple[Deployment, ...]:
    """Return the deployments that ``specs`` want, one of each name.

    Raises:
        SpecError: a model has the name of a deployment that serves all models.
    """
    # It may be asked to train any of them.
    most = _resources(largest(spec.resources for spec in specs))
    common = (replace(_common(ON_REQUEST, _REQUESTED), resources=most), _common("promotion/promotion", _PROMOTION))
    own = tuple(deployment for spec in specs for deployment in _of(spec))
    if taken := {deployment.path for deployment in common} & {deployment.path for deployment in own}:
        name = min(taken).split("/")[1]
        raise SpecError(
            f"deployments/{name}.toml: model: found {name!r}; allowed: any other name, {min(taken)} is taken"
        )
    return (*own, *common)


def _of(spec: ModelSpec) -> Iterator[Deployment]:
    for kind in (_TRAINING, _SCORING, _DETECTION):
        yield Deployment(
            kind.flow,
            spec.model,
            ENTRYPOINTS[kind.flow],
            "\n\n".join(part for part in (spec.description, kind.says) if part),
            frozenset({TAG, spec.model, spec.owner}),
            {"model": spec.model},
            _schedule(spec, kind),
            resources=_resources(spec.resources),
        )


def _schedule(spec: ModelSpec, kind: _Kind) -> Schedule | None:
    cron = getattr(spec.schedule, kind.key)
    if cron is None:
        return None
    # On the schedule and not on the deployment: a run that a person starts is not a scheduled one.
    return Schedule(kind.key, cron, spec.schedule.timezone, {"reason": "schedule"} if kind is _TRAINING else {})


def _resources(asked: ResourcesSpec) -> dict[str, str]:
    """Return them as a request that is its limit: such a pod is not evicted for what others use."""
    return {
        f"{name}_{bound}": amount
        for name, amount in (("cpu", asked.cpu), ("memory", asked.memory))
        if amount
        for bound in ("request", "limit")
    }


def _common(path: str, says: str) -> Deployment:
    flow, name = path.split("/")
    return Deployment(flow, name, ENTRYPOINTS[flow], says, frozenset({TAG}))
