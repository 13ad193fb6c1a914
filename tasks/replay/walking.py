"""The walks of a replay: all policies begin with the same champion."""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

from tasks.data.window import write_time
from tasks.errors import NotEnoughData
from tasks.replay.contenders import Contender
from tasks.replay.episodes import InUse
from tasks.replay.opening import Replay
from tasks.replay.progress import Progress
from tasks.replay.stretch import FEWEST
from tasks.replay.walk import Walk, walk

_log = logging.getLogger("perennial")


def begin(replay: Replay) -> tuple[InUse, tuple[datetime, ...]]:
    """Return the first champion, that every policy begins with, and the moments after it.

    Raises:
        NotEnoughData: no training passed the gate so long as enough moments were left.
    """
    reasons = []
    starts = (replay.stretch.first, *replay.stretch.moments)
    for number, start in enumerate(starts[:-FEWEST]):
        made = replay.past.train(start, None)
        ruling = replay.past.rule(made, None, ()) if made.challenger else None
        if ruling and ruling.promotable:
            _log.info("the first champion is of %s", write_time(start))
            return InUse(made, ruling, start), starts[number + 1 :]
        reasons.append(ruling.summary if ruling else made.why_not)
    raise NotEnoughData(f"{replay.spec.model}: no first model passed the gate; the last time: {reasons[-1]}")


def walk_all(replay: Replay, first: InUse, moments: Sequence[datetime]) -> tuple[Walk, ...]:
    """Return what becomes of every policy; what two of them share is lived through once."""
    begin_of_history = replay.stretch.history.start or moments[0]
    progress = Progress(replay.past, replay.contenders, moments, begin_of_history)

    def one(contender: Contender) -> Walk:
        past = replay.past
        return walk(
            contender.name,
            contender.rules,
            past,
            first=first,
            moments=moments,
            approval=replay.approval.lived,
            tell=partial(progress.step, contender.name),
        )

    with ThreadPoolExecutor(len(replay.contenders)) as threads:
        return tuple(threads.map(one, replay.contenders))
