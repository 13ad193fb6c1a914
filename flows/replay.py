"""open the past → begin → walk → answer → draw."""

import asyncio
from typing import cast

from prefect import flow
from prefect.client.schemas.objects import State

from tasks.replay.answering import Answer
from tasks.replay.opening import Asked, open_replay
from tasks.steps import replaying as steps


# Async, though nothing in it waits: a sync flow sleeps up to a second at its end, joining its heartbeat's thread.
@flow(name="replay", flow_run_name="replay-{model}", validate_parameters=False)
async def replay_flow(model: str, asked: Asked) -> State[Answer]:
    """Live through the history of ``model`` again, once for each policy, and say which one pays.

    Nothing of the live loop is read or changed: its ledger, its registry and its log stay as they are.

    Args:
        model: The model's name.
        asked: From when to when, in which steps, for which policies and at which prices.
    """
    with open_replay(model, asked) as replay:
        first = steps.begin(replay)
        answer = steps.answer(replay, steps.walk(replay, first))
        steps.draw(replay, answer)
        return steps.result(answer)


def run_replay(model: str, asked: Asked) -> Answer:
    """Run the flow in this process and return what came of it; Prefect unwraps the state that a flow returns."""
    return cast("Answer", asyncio.run(replay_flow(model, asked)))
