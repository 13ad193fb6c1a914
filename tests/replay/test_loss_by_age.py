from datetime import timedelta
from math import isnan, nan

import numpy as np
import pytest

from tasks.replay.accounts import Account
from tasks.replay.contenders import contenders
from tasks.replay.loss_by_age import loss_by_age
from tasks.replay.walk import walk
from tasks.spec import ModelSpec
from tests.replay.conftest import FIRST, STEP, MadeUpPast, moments


def accounts(spec: ModelSpec, *, per_day: float, noise: float = 0.0, steps: int = 40) -> list[Account]:
    """Never and always, which lose so much by age, and each step what it is hard by."""
    draw = np.random.default_rng(0)
    hard = draw.normal(0.5, 0.1, steps)
    found = []
    for policy in contenders([], spec, step=STEP):
        walked = walk(policy.name, policy.rules, MadeUpPast(), first=FIRST, moments=moments(steps))
        ages = np.array([(step.at - step.champion - STEP / 2) / timedelta(days=1) for step in walked.steps])
        losses = hard + per_day * ages + draw.normal(0, noise, steps)
        found.append(Account(walked, float(losses.mean()), tuple(losses.tolist()), 1000, None, None, 0.0))
    return found


def test_the_price_of_a_day_is_found_however_hard_the_steps_are(spec: ModelSpec) -> None:
    found = loss_by_age(accounts(spec, per_day=0.001), gained=0.1, seed=0)

    assert found.per_day == pytest.approx(0.001)
    assert found.shown
    assert found.half_life_days == pytest.approx(50)
    assert found.buckets[-1].excess > found.buckets[0].excess > 0


def test_a_model_that_does_not_age_is_not_said_to(spec: ModelSpec) -> None:
    found = loss_by_age(accounts(spec, per_day=0.0, noise=0.01), gained=0.1, seed=0)

    assert not found.shown
    assert found.half_life_days is None
    assert found.low < 0 < found.high


def test_the_interval_holds_what_is_true_as_often_as_it_says(spec: ModelSpec) -> None:
    made = accounts(spec, per_day=0.0)
    draw = np.random.default_rng(1)
    held = 0
    for repetition in range(100):
        noisy = [
            Account(
                one.walk,
                one.loss,
                tuple((np.array(one.by_step) + draw.normal(0, 0.01, 40)).tolist()),
                1,
                None,
                None,
                0.0,
            )
            for one in made
        ]
        found = loss_by_age(noisy, gained=0.1, seed=repetition)
        held += found.low <= 0 <= found.high

    assert 80 <= held <= 97  # 90 asked for


def test_too_few_steps_with_champions_of_different_age_say_nothing(spec: ModelSpec) -> None:
    found = loss_by_age(accounts(spec, per_day=0.001, steps=5), gained=0.1, seed=0)

    assert isnan(found.per_day)
    assert found.buckets == ()


def test_a_step_without_labels_is_left_out(spec: ModelSpec) -> None:
    made = accounts(spec, per_day=0.001)
    gone = [Account(one.walk, one.loss, (nan, *one.by_step[1:]), 1, None, None, 0.0) for one in made]

    assert loss_by_age(gone, gained=0.1, seed=0).per_day == pytest.approx(0.001)
