"""When to stop."""

from math import inf, nan

import pytest

from tasks.learning.stopping import Stopping


def after(*losses, patience=2):
    stopping = Stopping(patience)
    for loss in losses:
        stopping = stopping.seen(loss)
    return stopping


@pytest.mark.parametrize(
    ("losses", "best", "over"),
    [
        ((), -1, False),
        ((3.0,), 0, False),
        ((3.0, 2.0, 2.5), 1, False),
        ((3.0, 2.0, 2.5, 2.1), 1, True),
        ((3.0, 3.0, 3.0), 0, True),  # the first of equals is the best
        ((nan, inf, nan), -1, True),
        ((nan, 3.0), 1, False),
    ],
)
def test_it_is_over_when_so_many_steps_gained_nothing(losses, best, over):
    stopping = after(*losses)
    assert (stopping.best, stopping.over) == (best, over)


def test_it_knows_whether_the_last_step_was_the_best():
    assert [after(*losses).is_best for losses in ([], [3.0], [3.0, 2.0], [3.0, 4.0])] == [False, True, True, False]
