"""A loss is what its signal says, and one that comes with a jump of an input is looked at before training."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tasks.monitoring.realised import Realised
from tasks.monitoring.signal import Signal
from tasks.monitoring.triage import triage

Alarm = Callable[[str], Signal]


def _signal(score: float) -> Signal:
    return Signal("performance", None, score, 0.0, 2.0, 0.9, "up", "loss of mae", "mae is worse")


def test_an_input_that_jumps_as_the_predictions_get_worse_is_looked_at_first(
    weeks: Any, loses: Realised, alarm: Alarm
) -> None:
    jumped = weeks.change("price", lambda x: x + 4)
    signals = (_signal(1.0), alarm("price"))

    diagnosis = triage(weeks.case(jumped, signals=signals, performance=loses))

    assert (diagnosis.action, diagnosis.kind, diagnosis.columns) == ("watch", "suspect_column", ("price",))
    assert diagnosis.sentence.startswith("watch: look at the feed of price before training: it alone jumped")


def test_a_jump_without_an_alarm_of_its_own_stops_no_training(weeks: Any, loses: Realised, alarm: Alarm) -> None:
    jumped = weeks.change("price", lambda x: x + 4)
    signals = (_signal(1.0), alarm("dew"))

    assert triage(weeks.case(jumped, signals=signals, performance=loses)).action == "retrain"


def test_a_jump_that_was_there_in_the_window_before_stops_no_training(
    weeks: Any, loses: Realised, alarm: Alarm
) -> None:
    jumped = weeks.change("price", lambda x: x + 4)
    signals = (_signal(1.0), alarm("price"))

    assert triage(weeks.case(jumped, before=jumped, signals=signals, performance=loses)).action == "retrain"


def test_a_world_in_which_all_changes_is_trained_on(weeks: Any, loses: Realised) -> None:
    table = weeks.current
    for name in ("price", "visitors", "dew"):
        values = np.asarray(table[name]) + np.asarray(table[name]).std()
        table = table.set_column(table.column_names.index(name), name, pa.array(values))

    assert triage(weeks.case(table, performance=loses)).action == "retrain"


def test_an_input_that_jumps_with_the_labels_is_the_world(weeks: Any, loses: Realised, alarm: Alarm) -> None:
    jumped = weeks.change("price", lambda x: x + 4)
    moved = jumped.set_column(jumped.column_names.index("units"), "units", pa.array(np.asarray(jumped["units"]) + 4))

    signals = (_signal(1.0), alarm("price"))

    assert triage(weeks.case(moved, signals=signals, performance=loses)).action == "retrain"


@pytest.mark.parametrize(("score", "action"), [(1.0, "retrain"), (0.8, "nothing")])
def test_a_loss_counts_when_its_signal_alarms(weeks: Any, loses: Realised, score: float, action: str) -> None:
    assert triage(weeks.case(performance=loses, signals=(_signal(score),))).action == action


def test_a_shift_without_an_alarm_of_loss_says_what_is_known(weeks: Any, keeps: Realised, alarm: Alarm) -> None:
    shifted = weeks.change("price", lambda x: x + 3)

    sentence = triage(weeks.case(shifted, signals=(alarm("price"),), performance=keeps)).sentence

    assert sentence == "watch: price changed, and no loss is shown: mae 4 beside 4 promised (loss −0.2 to 0.2)"


def test_labels_that_usually_come_and_do_not_are_no_loss(weeks: Any, loses: Realised) -> None:
    from tasks.monitoring.predictions.arrivals import Delays

    late = replace(loses, matured=1000, unlabelled=400, delays=Delays(1, 2, 3, 5000, 0.98))

    assert triage(weeks.case(performance=late)).kind == "label_delay"
    usual = replace(late, delays=Delays(1, 2, 3, 5000, 0.7))
    assert triage(weeks.case(performance=usual)).action == "retrain"


@pytest.mark.parametrize("strength", [2.0, 4.0])
def test_more_of_the_large_numbers_are_no_larger_unit(weeks: Any, strength: float) -> None:
    values = np.asarray(weeks.current["price"])
    weight = np.exp(strength * values.argsort().argsort() / len(values))
    drawn = np.random.default_rng(0).choice(values, len(values), p=weight / weight.sum())
    drawn *= np.exp(np.random.default_rng(1).normal(0, 0.01, len(values)))

    place = weeks.current.column_names.index("price")
    assert triage(weeks.case(weeks.current.set_column(place, "price", pa.array(drawn)))).action == "nothing"
