import json
from dataclasses import replace
from datetime import UTC, datetime
from math import isnan, nan

import pytest

from tasks.judgement.calibration import Calibration
from tasks.judgement.comparison import Comparison
from tasks.judgement.fairness import GroupRate
from tasks.judgement.leakage.case import Leak
from tasks.judgement.verdict import (
    Check,
    Cost,
    FloorCheck,
    HoldoutFacts,
    SliceReport,
    SliceResult,
    Stability,
    Verdict,
)

COMPARISON = Comparison(
    metric="roc_auc",
    direction="higher",
    challenger=0.7012,
    rival=0.6987,
    difference=0.0025,
    low=-0.0011,
    high=0.006,
    level=0.9,
    rows=26_114,
    blocks=14,
    resamples=1000,
    dropped=0,
    method="paired bootstrap over days",
    seed=7,
    error=0.0021,
    freedom=13,
    smallest_visible=0.004,
    identical=False,
)

VERDICT = Verdict(
    outcome="not_worse",
    promotable=True,
    reasons=("Not worse: …",),
    comparison=COMPARISON,
    baseline=replace(COMPARISON, rival=0.5, difference=0.2012),
    margin=0.005,
    slice_margin=0.02,
    alpha=0.05,
    checks=(Check("slices", "enforce", "passed", "no slice is worse"),),
    calibration=Calibration(0.02, 0.01, 0.03, 0.011, 26_114),
    champion_calibration=None,
    fairness=(GroupRate("sex", "f", "selection rate", 90, 0.2, 0.3, -0.1, -0.2, 0.0, 0.3),),
    leaks=(Leak("near_copy", "warn", "dep_delay", 0.93, "dep_delay nearly is late"),),
    cost=Cost(1.5, 3.2, 0.4),
    stability=Stability(0.7, 0.71),
    floors=(FloorCheck("roc_auc", 0.6, 0.7012, passed=True),),
    slices=(
        SliceReport(
            "origin",
            (
                SliceResult("JFK", 9_000, 2_000, COMPARISON, None, 0.3),
                SliceResult("LGA", 9, 1, None, "fewer than 100 rows"),
            ),
            left_out=1,
        ),
    ),
    challenger_metrics={"roc_auc": 0.7012},
    champion_metrics={"roc_auc": 0.6987},
    baseline_metrics={"roc_auc": 0.5},
    holdout=HoldoutFacts(
        rows=26_114,
        days=14,
        seen_rows_removed=120,
        worn_rows_removed=3,
        unlabelled_rows=40,
        uses=0.5,
        start=datetime(2013, 5, 17, tzinfo=UTC),
        end=datetime(2013, 5, 31, tzinfo=UTC),
    ),
    champion_version="3",
)


@pytest.mark.parametrize(
    "verdict",
    [VERDICT, replace(VERDICT, comparison=None, champion_metrics=None, champion_version=None, slices=())],
    ids=["champion", "no champion"],
)
def test_a_verdict_survives_json(verdict: Verdict) -> None:
    assert Verdict.from_json(json.loads(json.dumps(verdict.to_json(), allow_nan=False))) == verdict


def test_a_value_that_could_not_be_computed_is_null_in_json_and_nan_again_when_read() -> None:
    unknown = replace(VERDICT, baseline=replace(COMPARISON, low=nan, high=nan), baseline_metrics={"roc_auc": nan})

    written = json.dumps(unknown.to_json(), allow_nan=False)

    assert json.loads(written)["baseline"]["low"] is None
    read = Verdict.from_json(json.loads(written))
    assert isnan(read.baseline.low)
    assert isnan(read.baseline_metrics["roc_auc"])


def test_an_interval_that_rests_on_too_few_resamples_is_not_usable() -> None:
    assert COMPARISON.usable
    assert replace(COMPARISON, dropped=50).usable
    assert not replace(COMPARISON, dropped=51).usable
    assert not replace(COMPARISON, low=nan).usable


@pytest.mark.parametrize(
    ("mode", "status", "stops", "warns"),
    [
        ("enforce", "failed", True, False),
        ("enforce", "error", True, False),
        ("enforce", "not testable", False, False),
        ("warn", "error", False, True),
        ("warn", "passed", False, False),
    ],
)
def test_a_gate_that_failed_or_broke_stops_or_warns_by_its_mode(mode, status, stops: bool, warns: bool) -> None:
    check = Check("slices", mode, status, "")

    assert (check.stops, check.warns) == (stops, warns)


def test_a_difference_without_spread_is_judged_by_its_sign() -> None:
    exact = replace(COMPARISON, error=0.0, low=0.0, high=0.0, difference=-0.01)

    assert (exact.p_worse(0.005), exact.p_worse(0.02)) == (0.0, 1.0)
