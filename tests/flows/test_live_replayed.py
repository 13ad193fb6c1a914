"""What the live loop did over some weeks comes out again when it is done again."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from flows.drift_detection import run_check
from flows.scoring import run_scoring
from flows.training import run_requested, run_training
from tasks.monitoring.predictions.run import Asked
from tasks.release.decisions import Decision, approve, reject, roll_back
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import standing
from tasks.replay.audit import audit
from tasks.settings import Settings
from tasks.spec import PromotionSpec
from tests.conftest import make_orders

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("project", "reporting")]
BEGIN, WEEK = datetime(2024, 2, 10, tzinfo=UTC), timedelta(days=7)


def decide(settings: Settings, verb: str, version: int) -> None:
    """Decide as a person would, without the examination that the command begins with."""
    with Ledger(settings.ledger).deciding() as page:
        now = standing(page.entries("returns"))
        decision = Decision(version, "ada", "because", datetime.now(UTC))
        pending = now.proposal_of(version)
        match verb:
            case "approve":
                found = approve(now, decision, pending.proposed.evidence if pending else None, PromotionSpec())
            case "reject":
                found = reject(now, decision, PromotionSpec())
            case _:
                found = roll_back(now, decision, PromotionSpec())
        for what in found:
            page.append("returns", what, at=decision.at)


def live(settings: Settings, weeks: int) -> None:
    """Run the loop: each week the champion scores and is checked, and what is asked for, or due, is trained."""
    assert run_training("returns", "manual", BEGIN).version
    decide(settings, "approve", 1)
    for week in range(1, weeks + 1):
        at = BEGIN + week * WEEK
        run_scoring("returns", Asked(at - WEEK, at, at))
        run_check("returns", at)
        asked = standing(Ledger(settings.ledger).entries("returns")).request
        if asked:
            run_requested("returns", asked.number, at)
        elif week % 2 == 0:
            run_training("returns", "schedule", at)
        for pending in standing(Ledger(settings.ledger).entries("returns")).pending:
            decide(settings, "reject" if week == 6 else "approve", pending.version)
        if week == 4:
            decide(settings, "roll back", 1)


def test_three_weeks_come_out_again_and_a_restated_source_is_named(
    project: Path, orders: pa.Table, settings: Settings
) -> None:
    live(settings, weeks=2)

    found = audit("returns")

    assert found.differences == ()
    assert (found.scorings, found.checks, found.trainings, found.decisions) == (2, 2, 2, 2)

    price = np.array(orders["price"].to_numpy())
    price[100] += 1
    pyarrow.csv.write_csv(orders.set_column(3, "price", pa.array(price)), project / "orders.csv")
    changed = audit("returns")

    assert changed.unexplained == ()
    named = [one for one in changed.differences if re.match(r"training as of 2024-02-10.*: rows$", one.what)]
    assert [one.why for one in named] == ["the source gives other rows than it did then"]


@pytest.mark.drill
@pytest.mark.timeout(900)
def test_twelve_weeks_with_a_drift_refusals_and_a_rollback_come_out_again(
    project: Path, settings: Settings, edit: Callable[[str, str, str], None]
) -> None:
    rows = make_orders(rows=8000, days=140)
    times = rows["ordered_at"].cast(pa.int64()).to_numpy()
    late = times >= (BEGIN + 6 * WEEK).timestamp() * 1e6
    price = np.where(late, rows["price"].to_numpy() * 1.6 + 20, rows["price"].to_numpy())
    draw = np.random.default_rng(3)
    returned = np.where(late, draw.random(len(times)) < 0.5, rows["returned"].to_numpy())
    drifted = rows.set_column(3, "price", pa.array(price))
    drifted = drifted.set_column(rows.column_names.index("returned"), "returned", pa.array(returned))
    pyarrow.csv.write_csv(drifted, project / "orders.csv")
    edit("deployments/returns.toml", "[gate]", "[policy]\nwindows = 1\n\n[gate]")
    live(settings, weeks=12)

    found = audit("returns")

    assert found.differences == ()
    assert (found.scorings, found.checks) == (12, 12)
    assert found.trainings >= 6
    entries = Ledger(settings.ledger).entries("returns")
    assert {"request", "answer", "rejection", "rollback"} <= {entry.kind for entry in entries}
