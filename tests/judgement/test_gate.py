import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tasks.judgement.gate import Holdout, judge
from tasks.spec import GateSpec


def make_holdout(rows: int = 2800, *, days: int = 14, challenger: float = 0.5, champion: float = 0.5) -> Holdout:
    """A holdout on which the models see the true score through noise of the given strength."""
    draw = np.random.default_rng(5)
    score = draw.normal(size=rows)
    seen = [1 / (1 + np.exp(-(score + noise * draw.normal(size=rows)))) for noise in (challenger, champion)]
    return Holdout(
        task="binary",
        labels=(draw.random(rows) < 1 / (1 + np.exp(-score))).astype(float),
        days=np.sort(np.arange(rows) % days),
        challenger=seen[0],
        champion=seen[1],
        baseline=np.full(rows, 0.5),
        slices={"origin": draw.choice(["EWR", "JFK"], rows)},
        champion_version="3",
        seen_rows_removed=0,
        unlabelled_rows=0,
        start=datetime(2013, 5, 17, tzinfo=UTC),
        end=datetime(2013, 5, 31, tzinfo=UTC),
    )


def make_gate(**changes: Any) -> GateSpec:
    return GateSpec(**{"metric": "roc_auc", "margin": 0.02, "resamples": 400, **changes})


def test_an_equal_challenger_is_not_worse_and_may_be_promoted() -> None:
    verdict = judge(make_holdout(), make_gate(), 7)

    assert (verdict.outcome, verdict.promotable) == ("not_worse", True)
    assert verdict.reasons[0].startswith("Not worse: ROC AUC 0.7")
    assert "on 2,800 rows of 14 days, within the margin of 0.02" in verdict.reasons[0]


def test_a_better_challenger_satisfies_either_rule() -> None:
    for rule in ("better", "not_worse"):
        verdict = judge(make_holdout(champion=2), make_gate(rule=rule), 7)
        assert (verdict.outcome, verdict.promotable) == ("better", True)
        assert verdict.reasons[0].startswith("Better: ROC AUC")


def test_a_worse_challenger_is_refused() -> None:
    verdict = judge(make_holdout(challenger=2), make_gate(), 7)

    assert (verdict.outcome, verdict.promotable) == ("worse", False)
    assert verdict.reasons[0].startswith("Worse: ROC AUC")
    assert verdict.reasons[0].endswith("beyond the margin of 0.02")


def test_not_worse_is_not_enough_when_the_rule_asks_for_better() -> None:
    verdict = judge(make_holdout(), make_gate(rule="better"), 7)

    assert (verdict.outcome, verdict.promotable) == ("not_worse", False)
    assert verdict.reasons[0].startswith('Refused: gate.rule = "better", and it is only not worse: ROC AUC')


def test_a_margin_too_small_to_be_seen_is_undecided_and_says_how_many_rows_would_do() -> None:
    verdict = judge(make_holdout(), make_gate(margin=0.001), 7)

    assert (verdict.outcome, verdict.promotable) == ("undecided", False)
    assert verdict.comparison is not None
    total = 2800 * (verdict.comparison.smallest_visible / 0.001) ** 2
    advice = re.search(r"to see a difference of 0.001, about ([0-9,]+) more labelled rows", verdict.reasons[0])
    assert advice is not None
    assert int(advice[1].replace(",", "")) == pytest.approx(total - 2800, rel=0.1)


def test_a_margin_that_no_holdout_could_show_is_called_too_small() -> None:
    verdict = judge(make_holdout(), make_gate(margin=1e-9), 7)

    assert "a difference of 1e-09 is too small to be seen: it would take over 1,000 times" in verdict.reasons[0]


def test_the_same_predictions_are_not_worse_given_any_margin_and_undecided_without_one() -> None:
    held = make_holdout()
    same = replace(held, champion=held.challenger.copy())

    tie = judge(same, make_gate(margin=0.0001), 7)
    assert tie.comparison is not None
    assert (tie.outcome, tie.comparison.difference) == ("not_worse", 0.0)
    assert tie.reasons[0].endswith("within the margin of 0.0001; the two models predict the same")
    strict = judge(same, make_gate(margin=0.0), 7)
    assert strict.outcome == "undecided"
    assert "the two models predict the same; equal is enough only for rule not_worse with a margin" in strict.reasons[0]


def test_too_few_unseen_rows_decide_nothing_and_say_how_many_more_are_needed() -> None:
    held = replace(make_holdout(150), seen_rows_removed=2_000)

    verdict = judge(held, make_gate(min_rows=200), 7)

    assert (verdict.outcome, verdict.promotable) == ("undecided", False)
    assert verdict.reasons[0] == (
        "Undecided: 150 unseen labelled rows; gate.min_rows = 200, 50 more are needed; "
        "2,000 others do not count, because the champion has seen them"
    )


def test_no_rows_at_all_are_a_verdict_and_not_an_error() -> None:
    held = make_holdout(0)

    assert judge(held, make_gate(), 7).reasons[0].startswith("Undecided: 0 unseen labelled rows")


def test_rows_of_one_class_are_undecided_with_the_reason() -> None:
    held = replace(make_holdout(), labels=np.ones(2800))

    verdict = judge(held, make_gate(), 7)

    assert verdict.outcome == "undecided"
    assert verdict.reasons[0].startswith("Undecided: ROC AUC could not be computed on 400 of 400 resamples")


def test_a_challenger_that_does_not_beat_the_baseline_is_refused_however_it_stands_to_the_champion() -> None:
    held = make_holdout()
    noise = np.random.default_rng(0).random(2800)

    verdict = judge(replace(held, challenger=noise, champion=noise), make_gate(), 7)

    assert (verdict.outcome, verdict.promotable) == ("not_worse", False)
    assert verdict.reasons[0].startswith("Refused: the naive baseline is not beaten: ROC AUC 0.")
    assert verdict.reasons[1].startswith("Not worse")


def test_a_broken_floor_refuses_in_the_direction_of_its_metric() -> None:
    kept = judge(make_holdout(), make_gate(floors={"roc_auc": 0.6, "log_loss": 0.8}), 7)
    broken = judge(make_holdout(), make_gate(floors={"roc_auc": 0.99, "log_loss": 0.1}), 7)

    assert [floor.passed for floor in kept.floors] == [True, True]
    assert [floor.passed for floor in broken.floors] == [False, False]
    assert not broken.promotable
    assert broken.reasons[0].startswith("Refused: ROC AUC 0.7")
    assert broken.reasons[0].endswith("is below gate.floors.roc_auc = 0.99")
    assert broken.reasons[1].endswith("is above gate.floors.log_loss = 0.1")


def test_without_a_champion_the_baseline_is_the_rival_and_no_value_is_invented() -> None:
    first = replace(make_holdout(), champion=None, champion_version=None)

    verdict = judge(first, make_gate(), 7)

    assert (verdict.outcome, verdict.promotable) == ("better", True)
    assert verdict.comparison is None
    assert verdict.champion_metrics is None
    assert verdict.reasons[0].endswith("on 2,800 rows of 14 days; there is no champion yet")


@pytest.mark.parametrize(("rival", "outcome"), [("same", "undecided"), ("far better", "worse")])
def test_a_first_challenger_that_does_not_beat_the_baseline_is_refused(rival: str, outcome: str) -> None:
    held = make_holdout(challenger=2)
    baseline = held.challenger if rival == "same" else held.champion
    assert baseline is not None

    verdict = judge(replace(held, champion=None, baseline=baseline), make_gate(), 7)

    assert (verdict.outcome, verdict.promotable) == (outcome, False)


def test_few_days_are_said_to_make_the_interval_doubtful() -> None:
    verdict = judge(make_holdout(days=7), make_gate(), 7)

    assert "7 days are too few to draw days: rows were drawn as if independent" in verdict.reasons[-1]


def test_the_same_evidence_gives_the_same_verdict() -> None:
    assert judge(make_holdout(), make_gate(), 7) == judge(make_holdout(), make_gate(), 7)
