"""Who is told of what: from the blocks that specs name to the automations of Prefect that have these tell people.

For each block there is one for news of models, whichever they are: who is told stands in the event. So one model more
leaves it as it was, with all that it has counted. A block for pages has two more, for runs that failed: those of a
model's own deployments, and those of the deployments that all models share.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from deployments.register.wanted import TAG
from tasks.spec import ModelSpec

if TYPE_CHECKING:
    from prefect.events.schemas.automations import AutomationCore

TELL = "perennial: tell "
"""With this begin the names of these automations, and of no others."""
ONCE = timedelta(days=30)
"""The same news, which every check sends again, is told once in so long a time."""
FAILURES = timedelta(hours=4)
"""Of runs with the same name, such as score-returns, one that fails is told of in so long a time."""
_FAILED = frozenset(f"prefect.flow-run.{state}" for state in ("Failed", "TimedOut", "Crashed"))
_SHARED = {"training": ("train-{}-*",), "promotion": ("approve-{}-*", "reject-{}-*")}
"""Deployments that all models share, and what their runs are named that are of one model."""


@dataclass(frozen=True)
class Channel:
    """One block, and what the specs want of it."""

    block: str
    """Its type and its name, such as ``slack-webhook/oncall``."""
    keys: tuple[str, ...]
    """Where specs name it, such as ``deployments/returns.toml: notify.page``."""
    pages: tuple[str, ...]
    """Models of whose failed runs it tells."""


@dataclass(frozen=True)
class _Words:
    subject: str
    body: str


def channels(specs: Sequence[ModelSpec]) -> tuple[Channel, ...]:
    """Return the blocks that ``specs`` name, by name."""
    named = [(block, key, spec.model) for spec in specs for key, block in spec.notify if block]
    return tuple(
        Channel(
            block,
            tuple(f"deployments/{model}.toml: notify.{key}" for one, key, model in named if one == block),
            tuple(model for one, key, model in named if (one, key) == (block, "page")),
        )
        for block in sorted({block for block, _, _ in named})
    )


def automations(channel: Channel, block: UUID) -> Iterator["AutomationCore"]:
    """Yield the automations by which the block of that id tells what ``channel`` is for."""
    yield _of_news(channel, block)
    if channel.pages:
        names = [name.format(model) for model in channel.pages for names in _SHARED.values() for name in names]
        yield _of_failures(channel, block, "of failed runs", {}, channel.pages)
        yield _of_failures(
            channel, block, "of failed runs that were asked for", {"prefect.resource.name": names}, tuple(_SHARED)
        )


def _of_news(channel: Channel, block: UUID) -> "AutomationCore":
    from tasks.announcement import BLOCK, KEY
    from tasks.news.news import SEVERITY

    return _automation(
        f"{TELL}{channel.block}",
        {
            "expect": set(SEVERITY),
            "match": {"prefect.resource.id": "perennial.model.*", BLOCK: channel.block},
            "for_each": {"prefect.resource.id", KEY},
            "within": ONCE,
        },
        (channel, block, _Words("{{ event.payload.subject }}", "{{ event.payload.body }}")),
    )


def _of_failures(
    channel: Channel, block: UUID, of: str, runs: Mapping[str, list[str]], deployments: Sequence[str]
) -> "AutomationCore":
    return _automation(
        f"{TELL}{channel.block} {of}",
        {
            "expect": set(_FAILED),
            "match": {"prefect.resource.id": "prefect.flow-run.*", **runs},
            "match_related": [
                {"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{TAG}"},
                {"prefect.resource.role": "deployment", "prefect.resource.name": list(deployments)},
            ],
            "for_each": {"prefect.resource.name"},
            "within": FAILURES,
        },
        (channel, block, _FAILURE),
    )


def _automation(name: str, trigger: dict[str, Any], action: tuple[Channel, UUID, _Words]) -> "AutomationCore":
    from prefect.automations import EventTrigger, Posture, SendNotification
    from prefect.events.schemas.automations import AutomationCore

    channel, block, words = action
    body = _WITH_BREAKS.format(words.body) if channel.block.startswith(_HTML) else words.body
    return AutomationCore(
        name=name,
        description="Made of [notify] in the specs by `perennial deploy`; see deployments/notifications.py.",
        trigger=EventTrigger(**trigger, posture=Posture.Reactive, threshold=1),
        actions=[SendNotification(block_document_id=block, subject=words.subject, body=body)],
    )


_HTML = ("sendgrid-email/",)
"""Types of block whose mails are HTML, in which the end of a line is a space."""
_WITH_BREAKS = '{{% filter replace("\\n", "<br>\\n") %}}{}{{% endfilter %}}'
# What an error says is anybody's text: this does what `tasks.news.news.as_text` does, where that cannot be called.
_AS_TEXT = (
    '| string | replace("\\n", " ") | truncate(500) | replace("<", "‹") | replace(">", "›") '
    '| replace("{", "{\u2060") | replace("@", "@\u2060")'
)
_FAILURE = _Words(
    "{{ flow.name }}/{{ deployment.name }}: {{ flow_run.name " + _AS_TEXT + " }} "
    'has {{ "crashed" if flow_run.state.type.value == "CRASHED" else "failed" }}',
    "{{ (flow_run.state.message or 'It said nothing.') " + _AS_TEXT + " }}\n"
    "{% set page = flow_run | ui_url %}{% if page %}The run: {{ page }}\n{% endif %}"
    '{% if flow.name == "training" and flow_run.state.type.value == "CRASHED" %}'
    "It is begun again by itself, twice at most.\n{% endif %}"
    "Its log: prefect flow-run logs {{ flow_run.id }}\n"
    "Once more: prefect flow-run retry {{ flow_run.id }}\n"
    "Others of this name that fail within four hours are not told of.",
)
