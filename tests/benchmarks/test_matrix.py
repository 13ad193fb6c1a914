"""The fault matrix counts what it says it counts."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.drift.confusion import Judged, section
from benchmarks.drift.datasets import credit
from benchmarks.drift.faults import Targets, campaign, covariate_shift
from tasks.data.keys import row_keys
from tasks.monitoring.triage import Action, Trouble

RIGHT = Judged("shop", 433, "unit_change", 1.0, "fix_the_data", "unit_change", "fix the data: …", False, False)


@pytest.mark.parametrize(
    ("trouble", "action", "loses", "right"),
    [
        ("unit_change", "fix_the_data", False, True),
        ("unit_change", "watch", False, False),
        ("abrupt_drift", "retrain", True, True),
        ("abrupt_drift", "watch", True, False),
        ("abrupt_drift", "nothing", False, True),
        ("covariate_shift", "retrain", True, False),
        ("quiet", "fix_the_data", False, False),
    ],
)
def test_what_is_right_follows_from_the_trouble(trouble: Trouble, action: Action, loses: bool, right: bool) -> None:
    assert replace(RIGHT, trouble=trouble, action=action, loses=loses).is_right is right


def test_real_data_that_lose_by_themselves_may_be_trained_again_but_not_on_a_fault() -> None:
    loses = replace(RIGHT, action="retrain", loses=True, by_itself=True)

    assert replace(loses, trouble="season").is_right
    assert not loses.is_right
    assert loses.trains_on_a_fault


def test_the_page_says_what_was_missed_and_explains_each_cell() -> None:
    trained = replace(RIGHT, severity=0.2, action="retrain", said="abrupt_drift", sentence="retrain: …", loses=True)

    found = section([RIGHT] * 9 + [trained], "So it was done.")

    assert found.missed == (
        "retrainings on a broken feed: 1",
        "10.0% of the checks misjudged, at most 5% were the goal",
    )
    text = str(found)
    assert "| unit change | 20% |  | 1 |  |  |  | 0 of 1 |" in text
    assert "- unit change in shop (20% on day 433): the fault changes the columns by less than weeks differ" in text


def test_a_shift_of_rows_keeps_their_hours_and_doubles_no_key() -> None:
    data = credit(0, days=7)
    targets = Targets(data.columns, "amount", ("age", "months"), "channel", (100, 0), -6, "income")

    for fault in (covariate_shift, campaign):
        shifted = fault(data.table, targets, 1.0, 0)
        assert shifted.num_rows == data.table.num_rows
        assert len(np.unique(row_keys(shifted, data.columns.key))) == shifted.num_rows
        assert _income_by_time(shifted) <= _income_by_time(data.table)


def _income_by_time(table: pa.Table) -> set[tuple[int, float]]:
    """Return each row's time to ten minutes, with its income."""
    minutes = np.asarray(table["applied_at"].cast(pa.int64())) // 60_000_000
    return {(int(a), b) for a, b in zip(minutes // 10**9, table["income"].to_pylist(), strict=True)}
