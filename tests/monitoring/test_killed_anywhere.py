"""A scoring and a check, killed before every single effect that they have on files or databases, and run again."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from tasks.monitoring.predictions import scoring
from tasks.monitoring.predictions.run import Asked, open_scoring

pytestmark = [pytest.mark.drill, pytest.mark.usefixtures("champion")]
TRAINED, AS_OF = datetime(2024, 2, 10, tzinfo=UTC), datetime(2024, 2, 24, tzinfo=UTC)
DRIVER = """
import os, shutil, signal, sys
from datetime import datetime, timedelta
from pathlib import Path

home, what, as_of = Path(os.environ["PERENNIAL_HOME"]), sys.argv[1], datetime.fromisoformat(sys.argv[2])
whole = home.with_name("whole")
home.rename(whole)
left = 0

def about_to(event, arguments):  # Python tells of an effect before it has it
    global left
    writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
    if event in ("os.rename", "tempfile.mkstemp", "sqlite3.connect", "os.remove", "os.mkdir") or writes:
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

def score():
    from tasks.monitoring.predictions import scoring
    from tasks.monitoring.predictions.run import Asked, open_scoring
    with open_scoring("returns", Asked(as_of - timedelta(days=3), None, as_of)) as run:
        scoring.score(run)

def check():
    from tasks.monitoring import check, deciding, measuring, watching
    with watching.open_watch("returns", as_of) as watch:
        looked = watching.look(watch)
        found = deciding.diagnose(watch, looked, measuring.signals(watch, looked))
        return deciding.ask(watch, found, check.save_check(watch.checks, found).digest)

def right_scoring():
    import pyarrow.dataset as ds
    from tasks.release.ledger.book import Ledger
    from tasks.settings import load_settings
    orders = ds.dataset(home / "models/returns/predictions/served", partitioning="hive").to_table()["order"].to_pylist()
    kinds = [entry.kind for entry in Ledger(load_settings().ledger).entries("returns")]
    return sorted(orders) == list(range(2550, 2700)) and kinds.count("scoring") == 1

def right_check():
    from tasks.release.ledger.book import Ledger
    from tasks.release.requests import heal
    from tasks.settings import load_settings
    ledger = Ledger(load_settings().ledger)
    asked = [entry for entry in ledger.entries("returns") if entry.kind == "request"]
    return len(asked) == 1 and heal(ledger, "returns") == asked[0]

work, right = {"score": (score, right_scoring), "check": (check, right_check)}[what]
import pandas, pyarrow.parquet, pandera.pandas, sqlalchemy, alembic.command, scipy.stats, lightgbm  # before the forks

def child(doing):
    if (pid := os.fork()) == 0:
        try:
            code = doing()
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            code = 3
        os._exit(code if isinstance(code, int) else 0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def until(number):
    global left
    left = number
    sys.addaudithook(about_to)
    work()

number = 0
while True:
    number += 1
    shutil.copytree(whole, home)
    killed = child(lambda: until(number))
    if killed == 0:
        break
    assert killed == -signal.SIGKILL, f"effect {number}: {killed}"
    assert child(work) == 0, f"after effect {number}: it does not run again"
    assert child(lambda: 0 if right() else 1) == 0, f"after effect {number}: something is lost or doubled"
    shutil.rmtree(home)
print(number - 1)
"""


def drive(what: str) -> int:
    """Return before how many effects the work was killed; each time it then was run again, and all was right."""
    words = [sys.executable, "-c", DRIVER, what, AS_OF.isoformat()]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout.split()[-1])


@pytest.mark.timeout(900)
def test_a_scoring_killed_anywhere_has_every_row_once_when_it_is_run_again() -> None:
    assert drive("score") > 15


@pytest.mark.timeout(900)
def test_a_check_killed_anywhere_has_asked_once_when_it_is_run_again(
    project: Path, orders: pa.Table, edit: Callable[[str, str, str], None]
) -> None:
    labels, times = orders["returned"].to_numpy(zero_copy_only=False), orders["ordered_at"].cast(pa.int64()).to_numpy()
    turned = np.where(times >= TRAINED.timestamp() * 1e6, ~labels, labels)
    pyarrow.csv.write_csv(orders.set_column(6, "returned", pa.array(turned)), project / "orders.csv")
    edit("deployments/returns.toml", "[gate]", "[policy]\nwindows = 1\nof = 1\n\n[gate]")
    with open_scoring("returns", Asked(TRAINED, AS_OF - timedelta(days=1), AS_OF - timedelta(days=1))) as run:
        scoring.score(run)

    assert drive("check") > 15
