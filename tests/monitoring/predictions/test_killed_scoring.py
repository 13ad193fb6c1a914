"""A scoring that is killed, wherever that is, leaves nothing that the next one minds."""

import subprocess
import sys
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from tasks.data.window import Window
from tasks.monitoring.predictions.log import ROW_KEY, open_log
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.work_records import Scored
from tasks.settings import Settings

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("champion")]
START, AS_OF = datetime(2024, 2, 10, tzinfo=UTC), datetime(2024, 2, 15, tzinfo=UTC)
SCORE = """
import os, signal, sys
from datetime import datetime
from tasks.monitoring.predictions import scoring
from tasks.monitoring.predictions.run import Asked, open_scoring

start, as_of = (datetime.fromisoformat(time) for time in sys.argv[1:3])
effect, left = sys.argv[3], int(sys.argv[4])
scoring.BATCH_ROWS = 64

def watch(event, _):  # Python tells of an effect before it has it
    global left
    left -= event == effect
    if event == effect and left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(watch)
with open_scoring("returns", Asked(start, None, as_of)) as run:
    scoring.score(run)
"""
TO_BE_KILLED = [
    ("os.rename", 1),  # before the rows' snapshot is in its place,
    ("os.rename", 4),  # before the second part is: the first one is there,
    ("os.rename", 2),  # two parts later in a day of which a part was there,
    ("tempfile.mkstemp", 3),  # between two parts
]
WRITE_DOWN = ("sqlite3.connect", 9)  # all parts are there, and the ledger is about to be told


def run_until(effect: str, count: int) -> subprocess.CompletedProcess[str]:
    """Score in a process of its own, which is killed when it is about to have that effect for that time."""
    words = [sys.executable, "-c", SCORE, START.isoformat(), AS_OF.isoformat(), effect, str(count)]
    return subprocess.run(words, check=False, capture_output=True, text=True)


def logged(settings: Settings) -> list[int]:
    log = open_log(settings, "returns", "served", 1)
    found = log.read(Window(None, AS_OF), ["order", ROW_KEY], timestamp="ordered_at", as_of=AS_OF)
    return sorted(found["order"].to_pylist()) if isinstance(found, pa.Table) else []


def scorings(settings: Settings) -> list[Entry]:
    return [entry for entry in Ledger(settings.ledger).entries("returns") if entry.kind == "scoring"]


def test_a_scoring_after_killed_ones_has_every_row_once_and_one_entry(settings: Settings) -> None:
    seen = []
    for effect, count in TO_BE_KILLED:
        assert run_until(effect, count).returncode == -9
        seen.append(len(logged(settings)))

    finished = run_until("never", 0)

    assert finished.returncode == 0, finished.stderr
    assert seen == sorted(seen), "what was written stays"
    assert [0 < rows < 250 for rows in seen] == [False, True, True, True]
    assert logged(settings) == list(range(2000, 2250))
    assert [entry.what for entry in scorings(settings)] == [Scored(1, START, AS_OF, 250, 0, snapshot(settings))]
    assert not list((settings.of("returns") / "predictions").rglob("*.unfinished"))


def test_a_scoring_that_died_before_it_was_written_down_is_written_down_by_the_next(settings: Settings) -> None:
    assert run_until(*WRITE_DOWN).returncode == -9
    before = len(logged(settings)), len(scorings(settings))

    assert run_until("never", 0).returncode == 0

    assert before == (250, 0)
    assert (len(logged(settings)), len(scorings(settings))) == (250, 1)


def snapshot(settings: Settings) -> str:
    (file,) = (settings.of("returns") / "predictions" / "rows").glob("*.parquet")
    return file.stem
