"""Pictures of what models do with one feature."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from tasks.judgement.canvas import to_svg
from tasks.judgement.dependence_drawings import HEIGHT, dependence
from tasks.judgement.explained import Dependence
from tests.judgement.test_pictures import clipped

HOSTILE = '<script>alert("1")</script> & a name with no end in sight'
NUMBER = Dependence(
    feature="price",
    predicted="probability of late = True",
    places=np.array([0.0, 10, 1e6]),
    names=(),
    shares=np.full(24, 1 / 24),
    missing=0.1,
    challenger=np.array([0.1, 0.2, 0.4, 0.3]),
    champion=np.array([0.2, 0.2, 0.2, 0.2]),
)
CATEGORY = replace(
    NUMBER, feature="country", places=np.arange(3.0), names=("de", "fr", HOSTILE), shares=np.array([0.5, 0.3, 0.1])
)
MANY = replace(
    CATEGORY,
    places=np.arange(8.0),
    names=tuple(f"{HOSTILE}{n}" for n in range(8)),
    shares=np.full(8, 1 / 9),
    challenger=np.linspace(0, 1, 9),
    champion=None,
)
ONLY_MISSING = replace(
    NUMBER, places=np.empty(0), shares=np.empty(0), challenger=np.array([0.3]), champion=np.array([0.3])
)
NEVER_MISSING = replace(CATEGORY, missing=0.0, challenger=np.full(3, 0.25), champion=None)
FEW = replace(NUMBER, shares=np.array([0.2, 0.3, 0.4]))
SHOWN = [NUMBER, CATEGORY, MANY, ONLY_MISSING, NEVER_MISSING, FEW, replace(NUMBER, feature=HOSTILE, predicted=HOSTILE)]


def drawn(shown: Dependence) -> str:
    return to_svg(partial(dependence, shown=shown), "dependence_1", HEIGHT)


@pytest.mark.parametrize("shown", SHOWN)
def test_nothing_is_clipped_and_no_name_becomes_markup(shown: Dependence) -> None:
    svg = drawn(shown)

    assert clipped({"dependence": svg}) == []
    assert "<script" not in svg
    assert drawn(shown) == svg


def test_its_title_says_how_far_the_challenger_s_prediction_moves() -> None:
    assert "price: the challenger&#x27;s mean probability of late = True goes from 10.0% to 40.0%" in drawn(NUMBER)
    assert "goes from 0.25 to 0.25" in drawn(replace(NEVER_MISSING, predicted="prediction of price"))


def test_champion_and_missing_values_are_named_where_there_are_any() -> None:
    assert {"champion", "challenger", "missing"} <= set(drawn(NUMBER).replace("<", ">").split(">"))
    assert {"champion", "missing"}.isdisjoint(drawn(NEVER_MISSING).replace("<", ">").split(">"))
