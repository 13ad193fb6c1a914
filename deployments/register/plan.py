"""What has to change so that Prefect has the deployments that are wanted: a difference of records, in words."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from deployments.register.wanted import TAG, Deployment, Schedule

WITHOUT_SPEC = "without-spec"
"""Tag of a deployment that was paused because its spec is gone.

It tells our pauses from a person's: when the spec is there again, only ours end.
"""


@dataclass(frozen=True)
class Found:
    """A deployment that Prefect has."""

    deployment: Deployment
    paused: bool

    @property
    def retired(self) -> bool:
        return WITHOUT_SPEC in self.deployment.tags


@dataclass(frozen=True)
class Change:
    """One thing to do, and why."""

    path: str
    kind: Literal["create", "update", "pause", "resume"]
    words: tuple[str, ...]
    deployment: Deployment
    """As it is to be."""


def plan(wanted: Iterable[Deployment], found: Mapping[str, Found]) -> tuple[Change, ...]:
    """Return what has to change; nothing, where all is as it is wanted.

    Whether a deployment is paused is a person's to say, but for one whose spec is gone.
    """
    wanted = tuple(wanted)
    changes = [change for one in wanted if (change := _change(one, found.get(one.path)))]
    gone = [found[path] for path in sorted(found.keys() - {one.path for one in wanted})]
    return (*changes, *(_retire(old.deployment) for old in gone if TAG in old.deployment.tags and not old.paused))


def _change(wanted: Deployment, found: Found | None) -> Change | None:
    if found is None:
        when = f", runs at {wanted.schedule}" if wanted.schedule else ""
        return Change(wanted.path, "create", (f"new{when}",), wanted)
    differences = tuple(_differences(wanted, found.deployment))
    if found.retired:
        words = tuple(word for word in differences if not word.startswith("tags "))
        return Change(wanted.path, "resume", ("resumed, its spec is there again", *words), wanted)
    return Change(wanted.path, "update", differences, wanted) if differences else None


def _retire(found: Deployment) -> Change:
    model = found.parameters.get("model")
    spec = f"deployments/{model}.toml" if model else "spec"
    paused = replace(found, tags=found.tags | {WITHOUT_SPEC})
    return Change(found.path, "pause", (f"paused, no {spec} asks for it",), paused)


def _differences(wanted: Deployment, found: Deployment) -> Iterator[str]:
    if wanted.schedule != found.schedule:
        yield _another(wanted.schedule, found.schedule)
    if wanted.tags != found.tags:
        yield f"tags {_list(wanted.tags)}, were {_list(found.tags)}"
    if wanted.description != found.description:
        yield "description changed"
    if wanted.parameters != found.parameters:
        yield f"parameters {dict(wanted.parameters)}, were {dict(found.parameters)}"
    if wanted.entrypoint != found.entrypoint:
        yield f"runs {wanted.entrypoint}, ran {found.entrypoint or 'nothing'}"
    if wanted.pool != found.pool:
        yield f"work pool {wanted.pool}, was {found.pool or 'none'}"
    if wanted.environment != found.environment:
        yield f"environment {dict(wanted.environment)}, was {dict(found.environment)}"
    if wanted.resources != found.resources:
        yield f"resources {dict(wanted.resources) or 'none'}, were {dict(found.resources) or 'none'}"
    if wanted.form != found.form:
        yield "form of its parameters changed"


def _another(wanted: Schedule | None, found: Schedule | None) -> str:
    if wanted and found and str(wanted) == str(found):
        # Prefect's server forgets them when a person switches a schedule off or on.
        return f"parameters of its schedule {dict(wanted.parameters)}, were {dict(found.parameters)}"
    return f"schedule {wanted or 'none'}, was {found or 'none'}"


def _list(tags: Iterable[str]) -> str:
    return ", ".join(sorted(tags)) or "none"
