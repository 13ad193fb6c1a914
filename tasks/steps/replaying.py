"""Each step of a replay."""

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from prefect import task
from prefect.artifacts import create_link_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.announcement import artifact_key
from tasks.replay import answering, page, tables, walking, wording
from tasks.replay.answering import Answer
from tasks.replay.episodes import InUse
from tasks.replay.opening import Replay
from tasks.replay.walk import Walk
from tasks.steps import outside

_log = logging.getLogger("perennial")
First = tuple[InUse, Sequence[datetime]]


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def begin(replay: Replay) -> First:
    """Train the champion that every policy begins with."""
    return walking.begin(replay)


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def walk(replay: Replay, first: First) -> Sequence[Walk]:
    """Have every policy walk through the past."""
    return walking.walk_all(replay, *first)


@task(cache_policy=NO_CACHE)
def answer(replay: Replay, walks: Sequence[Walk]) -> Answer:
    """Say what each policy lost and cost, and which one is recommended."""
    found = answering.answer(replay, walks)
    table = tables.policies(found)
    rows = [dict(zip(table.head, row, strict=True)) for row in table.rows]
    create_table_artifact(rows, key=artifact_key(replay.spec.model, "replay"), description=wording.headline(found))
    _log.info("%s", wording.headline(found))
    return found


@task(cache_policy=NO_CACHE)
def draw(replay: Replay, found: Answer) -> Path:
    """Write the page that people look at."""
    path = answering.page_of(replay)
    path.write_text(page.page(found), encoding="utf-8")
    key = artifact_key(replay.spec.model, "replay-page")
    create_link_artifact(path.as_uri(), key=key, link_text="The replay's page", description=str(path))
    return path


def result(found: Answer) -> State[Answer]:
    """Return the state that a run ends in."""
    return Completed(message=wording.headline(found), data=found)
