import multiprocessing
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tasks.errors import DecisionRefused, ModelBusy
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.leases import leased
from tasks.release.ledger.version_records import Evidence, Judged
from tasks.release.ledger.work_records import Answered, Requested
from tasks.release.requests import Due, Idle, Turn, answer, due, heal, open_request, request, turn

NOON = datetime(2013, 6, 1, 12, tzinfo=UTC)
ASKED = Requested("drift", NOON, 1, "the distance has moved", "digest")
JUDGED = Judged("run", NOON, "drift", "better", True, "better by 0.01", 2, Evidence("a", "b", "c", "d", "e"))
DIES = """
import os, sys
from tasks.release.ledger.book import Ledger
from tasks.release.requests import turn
with turn(Ledger(sys.argv[1]), "flights", 1, "folder"):
    os.kill(os.getpid(), 9)
"""


@pytest.fixture
def ledger(url: str) -> Ledger:
    """Request 1 is open."""
    ledger = Ledger(url)
    request(ledger, "flights", ASKED, NOON)
    return ledger


@pytest.fixture
def kill_a_training(ledger: Ledger, url: str) -> Callable[[], None]:
    """Kill a training that has claimed request 1."""

    def kill() -> None:
        assert open_request(ledger, "flights")
        assert subprocess.run([sys.executable, "-c", DIES, url], check=False).returncode == -9

    return kill


def train(ledger: Ledger, number: int | None, error: Exception | None = None) -> Turn | Idle:
    """A training that comes to a verdict, or breaks."""
    with turn(ledger, "flights", number, "folder") as found:
        if error:
            raise error
        if isinstance(found, Turn):
            with ledger.deciding() as page:
                for what in answer(found.request, due(found, NOON), JUDGED):
                    page.append("flights", what, at=NOON)
    return found


def kinds(ledger: Ledger) -> list[str]:
    return [entry.kind for entry in ledger.entries("flights")]


def last(ledger: Ledger) -> Answered:
    found = ledger.entries("flights")[-1].what
    assert isinstance(found, Answered)
    return found


def number(entry: Entry | None) -> int | None:
    return entry.number if entry else None


def test_a_second_request_is_the_first_one_as_long_as_that_is_open(ledger: Ledger) -> None:
    again = request(ledger, "flights", replace(ASKED, reason="performance"), NOON)
    other = request(ledger, "orders", ASKED, NOON)

    assert (again.number, again.what, other.number) == (1, ASKED, 2)
    train(ledger, 1)
    assert open_request(ledger, "flights") is None
    assert request(ledger, "flights", ASKED, NOON).number == 5


def test_one_training_answers_and_whoever_comes_later_is_told_how(ledger: Ledger) -> None:
    assert isinstance(train(ledger, 1), Turn)

    for _ in range(10):
        found = train(ledger, 1)
        assert found == Idle("AlreadyAnswered", "request 1 has its answer: better, better by 0.01")
    assert kinds(ledger) == ["request", "claim", "answer"]
    assert last(ledger) == Answered(1, "run", "better", "better by 0.01", 2, superseded=False)
    assert heal(ledger, "flights") is None


def test_while_a_training_goes_on_another_has_nothing_to_do_and_nothing_is_sent_again(ledger: Ledger) -> None:
    with leased(ledger, "flights", "training"):
        found = train(ledger, 1)
        assert isinstance(found, Idle)
        assert found.name == "Underway"
        assert heal(ledger, "flights") is None
        with pytest.raises(ModelBusy):
            train(ledger, None)

    assert number(heal(ledger, "flights")) == 1


def test_a_request_whose_training_was_killed_is_open_and_is_sent_again(
    ledger: Ledger, kill_a_training: Callable[[], None]
) -> None:
    kill_a_training()

    now = open_request(ledger, "flights")
    assert now is not None
    assert [claim.run for claim in now.claims] == ["folder"]
    assert number(heal(ledger, "flights")) == 1
    train(ledger, 1)
    assert kinds(ledger) == ["request", "claim", "claim", "answer"]


def test_a_request_that_three_trainings_died_of_is_answered_by_the_check_that_finds_it(
    ledger: Ledger, kill_a_training: Callable[[], None]
) -> None:
    for _ in range(3):
        assert number(heal(ledger, "flights")) == 1
        kill_a_training()

    assert heal(ledger, "flights") is None
    assert last(ledger).outcome == "failed"
    assert last(ledger).summary == "3 trainings came to no verdict; each was killed, or broke"


def test_the_third_training_that_breaks_says_why_and_the_two_before_leave_the_request_open(ledger: Ledger) -> None:
    for _ in range(3):
        assert number(heal(ledger, "flights")) == 1
        with pytest.raises(ZeroDivisionError):
            train(ledger, 1, ZeroDivisionError("no rows"))

    assert kinds(ledger) == ["request", "claim", "claim", "claim", "answer"]
    assert last(ledger).summary == "3 trainings came to no verdict; the last: no rows"


def test_a_training_that_was_not_started_for_it_supersedes_the_request(ledger: Ledger) -> None:
    train(ledger, None)

    assert kinds(ledger) == ["request", "answer"]
    assert last(ledger).superseded


def test_a_training_answers_no_request_that_came_later_or_knew_more(ledger: Ledger) -> None:
    with turn(ledger, "flights", None, "folder") as found:
        assert isinstance(found, Turn)
        assert due(found, NOON - timedelta(hours=1)) is None
        assert due(replace(found, own=True), NOON - timedelta(hours=1)) == Due(1, own=True)
        assert due(replace(found, request=None), NOON) is None


def train_when_told(url: str, start: float) -> str:
    """Train for request 1 at a moment that others wait for too; return what came of it."""
    ledger = Ledger(url)
    time.sleep(max(0.0, start - time.time()))
    found = train(ledger, 1)
    return found.name if isinstance(found, Idle) else "Trained"


def test_of_trainings_that_start_at_once_one_claims_the_request(ledger: Ledger, url: str) -> None:
    start = time.time() + 1
    with ProcessPoolExecutor(4, multiprocessing.get_context("fork")) as pool:
        names = list(pool.map(train_when_told, [url] * 4, [start] * 4))

    assert kinds(ledger) == ["request", "claim", "answer"]
    assert names.count("Trained") == 1
    assert set(names) <= {"Trained", "AlreadyAnswered", "Underway"}
    assert ledger.verify() is None


def test_an_answer_to_what_is_not_open_any_more_is_not_written(ledger: Ledger) -> None:
    now = open_request(ledger, "flights")

    assert answer(None, Due(1, own=True), JUDGED) == []
    assert answer(now, Due(7, own=True), JUDGED) == []
    assert answer(now, None, JUDGED) == []


def test_the_number_of_no_request_is_refused(ledger: Ledger) -> None:
    with pytest.raises(DecisionRefused, match="7 is not the number of a request of flights; see `perennial history"):
        train(ledger, 7)


def test_the_database_refuses_a_second_answer(ledger: Ledger) -> None:
    from sqlalchemy.exc import IntegrityError

    train(ledger, 1)
    answered = last(ledger)

    with pytest.raises(IntegrityError), ledger.deciding() as page:
        page.append("flights", answered, at=NOON)
    assert ledger.verify() is None
