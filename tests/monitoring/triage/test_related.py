"""What other columns say of a number gives a fault away, where its own distribution does not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tasks.monitoring.triage import Case, triage
from tasks.monitoring.triage.relations import relations

WIDE = 30.0
"""Degrees by which the weather moves from week to week: more than from °F to °C."""


def _weather(table: pa.Table, level: float) -> pa.Table:
    """Return the sales with weather of another level, unrounded, and a dew point that follows from it."""
    draw = np.random.default_rng(table.num_rows + int(level))
    days = np.asarray(table["at"].cast(pa.int64())) // 86_400_000_000
    warm = level + WIDE * np.sin(days / 9) + draw.normal(0, 12, table.num_rows)
    humid = draw.uniform(30, 95, table.num_rows)
    dew = warm - (100 - humid) * 0.36 + draw.normal(0, 0.5, table.num_rows)
    for name, values in (("temp", warm), ("dew", dew), ("price", humid)):
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return table


@pytest.fixture
def weather(weeks: Any) -> Case:
    case: Case = weeks.case()
    return replace(
        case,
        reference=_weather(case.reference, 50),
        before=_weather(weeks.before, 50),
        current=_weather(weeks.current, 52),
    )


def _mixed(case: Case, share: float, **columns: np.ndarray) -> Case:
    table, some = case.current, np.random.default_rng(3).random(case.current.num_rows) < share
    for name, values in columns.items():
        new = pa.array(np.where(some, values, np.asarray(table[name])))
        table = table.set_column(table.column_names.index(name), name, new)
    return replace(case, current=table)


def test_weather_that_moves_as_a_whole_is_no_fault(weather: Case) -> None:
    assert triage(weather).kind == "quiet"


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_converted_number_no_longer_goes_with_the_others(weather: Case, share: float) -> None:
    celsius = (np.asarray(weather.current["temp"]) - 32) / 1.8

    diagnosis = triage(_mixed(weather, share, temp=celsius))

    assert (diagnosis.action, diagnosis.kind, diagnosis.columns) == ("fix_the_data", "unit_change", ("temp",))
    assert "temp looks divided by 1.8 after −32 (°F → °C)" in diagnosis.sentence
    assert "it goes with the other columns as it did" in diagnosis.sentence


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
def test_swapped_numbers_make_sense_in_each_others_place(weather: Case, share: float) -> None:
    one, other = (np.asarray(weather.current[name]) for name in ("temp", "price"))

    diagnosis = triage(_mixed(weather, share, temp=other, price=one))

    assert (diagnosis.action, diagnosis.kind) == ("fix_the_data", "swapped_columns")
    assert set(diagnosis.columns) == {"temp", "price"}


def test_a_relation_is_learned_only_where_there_is_one() -> None:
    draw = np.random.default_rng(0)
    table = draw.normal(size=(500, 3))
    table[:, 2] = 2 * table[:, 0] + 0.1 * draw.normal(size=500)

    found = relations([table[:250], table[250:]])

    assert [relation.place for relation in found] == [0, 2]
    broken, fine = (found[1].scale.of(rows) for rows in (table * [1, 1, -1], table))
    assert found[1].strange(broken).mean() > 0.7 > 0.05 > found[1].strange(fine).mean()
