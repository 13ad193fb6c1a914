import json
from dataclasses import replace
from datetime import UTC, datetime
from math import isnan, nan

import pytest

from tasks.judgement.verdict import (
    Comparison,
    FloorCheck,
    HoldoutFacts,
    SliceReport,
    SliceResult,
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
    smallest_visible=0.004,
    identical=False,
)

VERDICT = Verdict(
    outcome="not_worse",
    promotable=True,
    reasons=("Not worse: …",),
    comparison=COMPARISON,
    baseline=replace(COMPARISON, rival=0.5, difference=0.2012),
    floors=(FloorCheck("roc_auc", 0.6, 0.7012, passed=True),),
    slices=(
        SliceReport(
            "origin",
            (
                SliceResult("JFK", 9_000, 2_000, COMPARISON, None),
                SliceResult("LGA", 9, 1, None, "fewer than 100 rows"),
            ),
            left_out=1,
        ),
    ),
    challenger_metrics={"roc_auc": 0.7012},
    champion_metrics={"roc_auc": 0.6987},
    baseline_metrics={"roc_auc": 0.5},
    holdout=HoldoutFacts(26_114, 14, 120, 40, datetime(2013, 5, 17, tzinfo=UTC), datetime(2013, 5, 31, tzinfo=UTC)),
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
