import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from tasks.judgement.gate import judge
from tasks.judgement.holdout import Exhibits, Holdout
from tasks.judgement.leakage.case import Leak
from tasks.judgement.partition import Partition, in_phrases
from tasks.judgement.verdict import Cost
from tasks.spec import GateSpec


def make_holdout(rows: int = 2800, *, days: int = 14, challenger: float = 0.5, champion: float = 0.5) -> Holdout:
    """A holdout on which the models see the true score through noise of the given strength."""
    draw = np.random.default_rng(5)
    score = draw.normal(size=rows)
    seen = [1 / (1 + np.exp(-(score + noise * draw.normal(size=rows)))) for noise in (challenger, champion)]
    return Holdout(
        task="binary",
        labels=(draw.random(rows) < 1 / (1 + np.exp(-score))).astype(float),
        times=86_400_000_000 * np.sort(np.arange(rows) % days),
        challenger=seen[0],
        champion=seen[1],
        baseline=np.full(rows, 0.5),
        slices={"origin": Partition(draw.integers(0, 2, rows), ("EWR", "JFK"))},
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
    assert re.fullmatch(
        r"Undecided: 150 unseen labelled rows; gate\.min_rows = 200, 50 more are needed, about [0-9,]+ to see a "
        r"difference of 0\.02; 2,000 others do not count, because the champion has seen them",
        verdict.reasons[0],
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


def test_a_better_challenger_is_promoted_though_neither_beats_the_baseline_and_the_verdict_says_so() -> None:
    held = make_holdout()
    noise, against = np.random.default_rng(0).random(2800), 1 - held.challenger

    verdict = judge(replace(held, challenger=noise, champion=against), make_gate(), 7)

    assert (verdict.outcome, verdict.promotable) == ("better", True)
    (check,) = [check for check in verdict.checks if check.gate == "baseline"]
    assert (check.mode, check.status) == ("warn", "failed")
    assert check.sentence.endswith("the champion is shown to be worse still")
    assert any("the naive baseline is not beaten" in reason for reason in verdict.reasons)


def test_a_broken_floor_refuses_in_the_direction_of_its_metric() -> None:
    kept = judge(make_holdout(), make_gate(floors={"roc_auc": 0.6, "log_loss": 0.8}), 7)
    broken = judge(make_holdout(), make_gate(floors={"roc_auc": 0.99, "log_loss": 0.1}), 7)

    assert [floor.passed for floor in kept.floors] == [True, True]
    assert [floor.passed for floor in broken.floors] == [False, False]
    assert not broken.promotable
    assert broken.reasons[0].startswith("Refused: ROC AUC 0.7")
    assert "is below gate.floors.roc_auc = 0.99; log loss 0.6" in broken.reasons[0]
    assert broken.reasons[0].endswith("is above gate.floors.log_loss = 0.1")


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
    verdict = judge(make_holdout(days=3), make_gate(), 7)

    assert "3 days are too few to tell what days have in common: rows were taken as independent" in verdict.reasons[-1]
    assert not any(
        "too few" in reason for days in (7, 14) for reason in judge(make_holdout(days=days), make_gate(), 7).reasons
    )
    assert "too few" not in judge(make_holdout(days=3), make_gate(block="row"), 7).reasons[-1]


def test_the_same_evidence_gives_the_same_verdict() -> None:
    assert judge(make_holdout(), make_gate(), 7) == judge(make_holdout(), make_gate(), 7)


def with_a_bad_slice(held: Holdout) -> Holdout:
    """The challenger is blind on JFK, a quarter of the rows, and the champion nearly so elsewhere."""
    origin = Partition((np.arange(len(held.labels)) % 4 == 0).astype(np.intp), ("EWR", "JFK"))
    blind = np.random.default_rng(1).random(len(held.labels))
    assert held.champion is not None
    return replace(
        held,
        slices={"origin": origin},
        challenger=np.where(origin.has(1), blind, held.challenger),
        champion=np.where(origin.has(1), held.champion, 0.8 * blind + 0.2 * held.champion),
    )


def test_a_gain_overall_does_not_make_up_for_a_slice_that_got_worse() -> None:
    held = with_a_bad_slice(make_holdout(5600))

    verdict = judge(held, make_gate(), 7)

    assert (verdict.outcome, verdict.promotable) == ("better", False)
    assert verdict.reasons[0].startswith("Refused: worse on origin = JFK: ROC AUC 0.")
    assert [result.value for report in verdict.slices for result in report.results if result.regressed] == ["JFK"]


@pytest.mark.parametrize(("mode", "promotable", "told"), [("enforce", False, 1), ("warn", True, 1), ("off", True, 0)])
def test_a_gate_stops_warns_or_is_silent_as_the_spec_says(mode: str, promotable: bool, told: int) -> None:
    held = with_a_bad_slice(make_holdout(5600))

    verdict = judge(held, make_gate(modes={"slices": mode}), 7)

    assert verdict.promotable is promotable
    assert sum("worse on origin = JFK" in reason for reason in verdict.reasons) == told
    assert verdict.reasons[0].startswith("Refused") is not promotable


def test_a_slice_that_nobody_declared_is_found_and_refuses_too() -> None:
    held = with_a_bad_slice(make_holdout(8400))
    hidden = replace(held, slices={}, features={"origin": in_phrases(held.slices["origin"], "origin")})

    verdict = judge(hidden, make_gate(), 7)

    assert not verdict.promotable
    assert verdict.reasons[0].startswith("Refused: worse on origin = JFK: ROC AUC 0.")
    assert verdict.slices[0].column == "found by search"


def test_what_breaks_inside_a_gate_is_never_a_pass() -> None:
    torn = replace(make_holdout(), slices={"origin": Partition(np.zeros(3, dtype=np.intp), ("EWR",))})

    verdict = judge(torn, make_gate(), 7)

    assert not verdict.promotable
    assert verdict.reasons[0].startswith("Refused: the slices gate broke, which is never a pass: IndexError")
    assert judge(torn, make_gate(modes={"slices": "warn"}), 7).promotable


def test_a_gate_that_broke_is_never_a_pass() -> None:
    verdict = judge(make_holdout(), make_gate(), 7, Exhibits(broken={"leakage": "KeyError: 'carrier'"}))

    assert not verdict.promotable
    assert verdict.reasons[0] == "Refused: the leakage gate broke, which is never a pass: KeyError: 'carrier'"


def test_a_certain_leak_refuses_and_a_likely_one_is_reported() -> None:
    likely = Leak("near_copy", "warn", "dep_delay", 0.93, "dep_delay alone reaches a ROC AUC of 0.93")
    certain = replace(likely, severity="refuse", sentence="arr_delay decides late")

    assert judge(make_holdout(), make_gate(), 7, Exhibits(leaks=(likely,))).promotable
    refused = judge(make_holdout(), make_gate(), 7, Exhibits(leaks=(likely, certain)))
    assert refused.reasons[0] == "Refused: arr_delay decides late"


def test_limits_on_cost_hold_and_one_that_nobody_measured_is_never_a_pass() -> None:
    gate = make_gate(max_latency_ms=5, max_size_mb=1)

    fast = judge(make_holdout(), gate, 7, Exhibits(cost=Cost(latency_ms=1, batch_us=2, megabytes=0.5)))
    slow = judge(make_holdout(), gate, 7, Exhibits(cost=Cost(latency_ms=9, batch_us=2, megabytes=3)))

    assert fast.promotable
    assert slow.reasons[0] == "Refused: one row alone takes 9 ms in a fresh process; gate.max_latency_ms is 5"
    assert slow.reasons[1] == "the artifact has 3 MB; gate.max_size_mb is 1"
    assert not judge(make_holdout(), gate, 7).promotable


def test_probabilities_that_are_shown_to_be_off_refuse_where_there_is_a_limit() -> None:
    held = make_holdout(5600)
    shifted = replace(held, challenger=0.5 + held.challenger / 2)

    assert judge(shifted, make_gate(), 7).promotable
    verdict = judge(shifted, make_gate(max_calibration_error=0.1), 7)
    assert verdict.reasons[0].startswith("Refused: probabilities are off by 0.2")
    assert judge(held, make_gate(max_calibration_error=0.1), 7).promotable


def test_a_model_that_another_seed_changes_is_refused_where_there_is_a_limit() -> None:
    held = make_holdout()
    gate = make_gate(max_seed_difference=0.01)

    assert judge(replace(held, twin=held.challenger), gate, 7).promotable
    verdict = judge(replace(held, twin=held.baseline), gate, 7)
    assert verdict.reasons[0].startswith("Refused: another seed changes ROC AUC by 0.23, to 0.5")
    assert not judge(held, gate, 7).promotable


def test_groups_that_are_treated_otherwise_refuse_where_there_is_a_limit() -> None:
    held = make_holdout(5600)
    sex = Partition((np.arange(5600) % 2).astype(np.intp), ("f", "m"))
    unfair = replace(held, challenger=0.7 * held.challenger + 0.3 * sex.codes, sensitive={"sex": sex})

    assert judge(unfair, make_gate(margin=0.2, fairness={"columns": ["sex"]}), 7).promotable
    verdict = judge(unfair, make_gate(margin=0.2, fairness={"columns": ["sex"], "max_difference": 0.1}), 7)
    assert not verdict.promotable
    assert "selection rate 0." in verdict.reasons[0]
    assert "where sex = f" in verdict.reasons[0]


def test_each_verdict_on_the_same_rows_leaves_half_of_alpha_to_the_next() -> None:
    held = make_holdout()
    first, third = (judge(replace(held, uses=np.full(2800, n)), make_gate(), 7) for n in (0, 2))

    assert (first.alpha, third.alpha) == (0.05, 0.0125)
    assert first.comparison is not None
    assert third.comparison is not None
    assert third.comparison.low < first.comparison.low
    assert third.reasons[-1].startswith(
        "These rows have judged 2 times before on average, so 0.013 is left of alpha = 0.05"
    )


def test_a_margin_that_nobody_set_is_the_metric_s_own() -> None:
    held = make_holdout()

    assert judge(held, make_gate(margin=None), 7).margin == 0.005
    verdict = judge(held, make_gate(metric="log_loss", margin="2%"), 7)
    assert verdict.comparison is not None
    assert verdict.margin == pytest.approx(0.02 * verdict.comparison.rival)
    assert verdict.slice_margin == pytest.approx(2 * verdict.margin)


def test_more_rows_are_not_asked_for_where_they_cannot_help() -> None:
    leak = Leak("target_copy", "refuse", "arr_delay", 1.0, "arr_delay decides late")

    verdict = judge(make_holdout(), make_gate(margin=0.001), 7, Exhibits(leaks=(leak,)))

    assert verdict.outcome == "undecided"
    assert verdict.reasons[0] == "Refused: arr_delay decides late"
    assert verdict.reasons[1].startswith("Undecided: ")
