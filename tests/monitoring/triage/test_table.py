"""Each trouble is called by its name, and a window without trouble is left alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tasks.monitoring.realised import Realised
from tasks.monitoring.signal import Signal
from tasks.monitoring.triage import Action, Checked, triage
from tests.monitoring.triage.conftest import DAY, FIRST, Weeks, make_sales

HOUR = 3_600_000_000
NOW = datetime(2024, 6, 26, tzinfo=UTC)
Alarm = Callable[[str], Signal]


def put(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), name, values)


def past(*losses: float, action: Action = "watch", alarmed: tuple[str, ...] = ()) -> tuple[Checked, ...]:
    days = range(len(losses), 0, -1)
    return tuple(Checked(NOW - timedelta(days=d), action, alarmed, x) for d, x in zip(days, losses, strict=True))


def test_a_window_like_those_before_it_is_quiet(weeks: Any, keeps: Realised) -> None:
    diagnosis = triage(weeks.case(performance=keeps))

    assert (diagnosis.action, diagnosis.kind, diagnosis.findings) == ("nothing", "quiet", ())


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
def test_a_number_that_goes_missing_is_a_null_surge(weeks: Any, share: float) -> None:
    diagnosis = triage(weeks.case(weeks.change("temp", lambda x: x * np.nan, share)))

    assert (diagnosis.action, diagnosis.kind, diagnosis.columns) == ("fix_the_data", "null_surge", ("temp",))


def test_a_column_made_of_earlier_rows_is_never_what_is_broken(weeks: Any, alarm: Alarm, keeps: Realised) -> None:
    case = weeks.case(weeks.change("temp", lambda x: x * np.nan), signals=(alarm("temp"),), performance=keeps)

    diagnosis = triage(replace(case, columns=replace(case.columns, made=frozenset({"temp"}))))

    assert (diagnosis.action, diagnosis.columns) == ("watch", ("temp",))


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("temp", lambda x: (x - 32) / 1.8, "divided by 1.8 after −32 (°F → °C)"),
        ("price", lambda x: x * 100, "multiplied by 100"),
        ("price", lambda x: x / 1000, "divided by 1000"),
        ("visitors", lambda x: x * 1.609344, "multiplied by 1.60934"),
        ("visitors", lambda x: -x, "turned in sign"),
    ],
)
def test_a_change_of_unit_is_named_by_what_undoes_it(
    weeks: Any, name: str, change: Any, words: str, share: float
) -> None:
    diagnosis = triage(weeks.case(weeks.change(name, change, share)))

    assert (diagnosis.action, diagnosis.kind, diagnosis.columns) == ("fix_the_data", "unit_change", (name,))
    assert f"{name} looks {words}" in diagnosis.sentence
    assert ("of the rows" in diagnosis.sentence) is (share < 1)


def test_a_number_that_keeps_its_last_value_is_frozen(weeks: Any) -> None:
    values = np.asarray(weeks.current["price"]).copy()
    values[len(values) * 4 // 5 :] = values[len(values) * 4 // 5]

    diagnosis = triage(weeks.case(put(weeks.current, "price", pa.array(values))))

    assert (diagnosis.kind, diagnosis.columns) == ("frozen_column", ("price",))


def with_column(weeks: Any, name: str, of_day: Callable[[np.ndarray], Any]) -> Any:
    """Return the case whose rows have one more column, whose values depend on the day, 0 to 55."""

    def put_in(table: pa.Table) -> pa.Table:
        day = (np.asarray(table["at"].cast(pa.int64())) - FIRST) // DAY
        return table.append_column(name, pa.array(of_day(day)))

    reference, before, current = map(put_in, (weeks.reference, weeks.before, weeks.current))
    return replace(weeks.case(current), reference=reference, before=before)


@pytest.mark.parametrize(
    "of_day",
    [
        lambda day: day // 49 + 1.0,  # it has been constant, and another one begins
        lambda day: (day // 14 + 1.0) % 4,  # each holds for two weeks
        lambda day: np.where(day // 52, "summer", "spring"),  # the next begins in the middle of the window
    ],
    ids=["for the first time", "in turn", "words"],
)
def test_a_column_that_says_one_thing_for_weeks_as_a_rule_is_not_frozen_when_it_says_the_next(
    weeks: Any, of_day: Any
) -> None:
    found = triage(with_column(weeks, "season", of_day))

    assert "frozen_column" not in [finding.kind for finding in found.findings]


@pytest.mark.parametrize(
    "of_day",
    [
        lambda day: np.where((day % 10 == 3) | (day >= 49), 1.0, 0.0),  # a flag of single days, for a whole week
        lambda day: np.where(day < 49, day % 7, 3.0),
    ],
    ids=["flag", "weekday"],
)
def test_a_column_that_never_said_it_for_so_long_is_frozen(weeks: Any, of_day: Any) -> None:
    diagnosis = triage(with_column(weeks, "flag", of_day))

    assert (diagnosis.kind, diagnosis.columns) == ("frozen_column", ("flag",))


@pytest.mark.parametrize("share", [0.2, 0.5, 1.0])
@pytest.mark.parametrize("names", [("temp", "dew"), ("price", "visitors")])
def test_columns_that_changed_places_are_named_together(weeks: Any, names: tuple[str, str], share: float) -> None:
    some = pa.array(np.random.default_rng(1).random(weeks.current.num_rows) < share)
    one, other = (weeks.current[name] for name in names)
    table = put(weeks.current, names[0], pc.if_else(some, other, one))

    diagnosis = triage(weeks.case(put(table, names[1], pc.if_else(some, one, other))))

    assert (diagnosis.action, diagnosis.kind, set(diagnosis.columns)) == ("fix_the_data", "swapped_columns", set(names))


def test_a_column_that_had_no_value_before_has_changed_places_with_none(weeks: Any) -> None:
    tables = (weeks.reference, weeks.before)
    reference, before = (table.append_column("tip", pa.nulls(len(table), pa.float64())) for table in tables)
    tips = pc.multiply(weeks.current["price"], 0.1)
    dearer = put(weeks.current, "price", pc.multiply(weeks.current["price"], 1.3))

    diagnosis = triage(replace(weeks.case(dearer.append_column("tip", tips)), reference=reference, before=before))

    assert "swapped_columns" not in [finding.kind for finding in diagnosis.findings]


@pytest.mark.parametrize("name", ["NORTH", "shop 1"])
def test_a_renamed_category_is_told_with_both_names(weeks: Any, name: str) -> None:
    words = weeks.current["shop"].cast(pa.string())
    renamed = pc.if_else(pc.equal(words, "north"), name, words).combine_chunks().dictionary_encode()

    diagnosis = triage(weeks.case(put(weeks.current, "shop", renamed)))

    assert (diagnosis.kind, diagnosis.columns) == ("renamed_category", ("shop",))
    assert f'"north" → "{name}"' in diagnosis.sentence


def test_a_category_that_no_longer_comes_has_vanished(weeks: Any) -> None:
    without = weeks.current.filter(pc.not_equal(weeks.current["shop"].cast(pa.string()), "east"))

    diagnosis = triage(weeks.case(without))

    assert (diagnosis.action, diagnosis.kind, diagnosis.columns) == ("fix_the_data", "vanished_category", ("shop",))


def test_a_column_that_is_gone_is_told_with_its_likely_new_name(weeks: Any) -> None:
    diagnosis = triage(weeks.case(weeks.current.drop_columns(["temp"]), unknown=("note", "temp_c")))

    assert (diagnosis.kind, diagnosis.columns) == ("missing_column", ("temp",))
    assert "a new column temp_c" in diagnosis.sentence


def test_a_load_that_ran_twice_is_counted(weeks: Any) -> None:
    diagnosis = triage(weeks.case(pa.concat_tables([weeks.current, weeks.current.slice(1000)])))

    assert (diagnosis.action, diagnosis.kind) == ("fix_the_data", "duplicated_load")
    assert diagnosis.sentence.startswith("fix the data: 400 of 1,800 rows are there twice")


@pytest.mark.parametrize("missing", [slice(700, None), slice(200, 400)], ids=["half of the window", "a whole day"])
def test_rows_that_did_not_come_are_missed(weeks: Any, missing: slice) -> None:
    there = np.ones(weeks.current.num_rows, dtype=bool)
    there[missing] = False

    diagnosis = triage(weeks.case(weeks.current.filter(pa.array(there))))

    assert (diagnosis.action, diagnosis.kind) == ("fix_the_data", "missing_rows")


@pytest.mark.parametrize(("hours", "words"), [(5, "5 h late"), (-4, "4 h early")])
@pytest.mark.parametrize("share", [0.5, 1.0])
def test_a_clock_that_is_hours_off_is_told_by_the_hours_of_the_day(
    weeks: Any, hours: int, words: str, share: float
) -> None:
    some = np.random.default_rng(1).random(weeks.current.num_rows) < share
    times = np.asarray(weeks.current["at"].cast(pa.int64())) + some * hours * HOUR

    diagnosis = triage(weeks.case(put(weeks.current, "at", pa.array(times).cast(pa.timestamp("us", "UTC")))))

    assert (diagnosis.action, diagnosis.kind) == ("fix_the_data", "clock_shift")
    assert words in diagnosis.sentence


def test_a_broken_feed_outranks_the_loss_that_it_makes(weeks: Any, loses: Realised) -> None:
    diagnosis = triage(weeks.case(weeks.change("temp", lambda x: (x - 32) / 1.8, 0.2), performance=loses))

    assert diagnosis.action == "fix_the_data"
    assert [finding.action for finding in diagnosis.findings] == ["fix_the_data", "retrain"]


def test_labels_that_are_late_are_not_taken_for_a_loss(weeks: Any, loses: Realised) -> None:
    late = replace(loses, matured=600, awaited=800)
    some = weeks.change("units", lambda x: np.where(x > 20, x, np.nan))

    assert triage(weeks.case(performance=late)).kind == "label_delay"
    diagnosis = triage(weeks.case(some, performance=loses))
    assert (diagnosis.action, diagnosis.kind) == ("watch", "label_delay")


@pytest.mark.parametrize(
    ("losses", "kind"), [((0.0, 0.0, 0.0), "abrupt_drift"), ((0.2, 0.45, 0.7), "gradual_drift"), ((), "abrupt_drift")]
)
def test_a_loss_without_a_broken_feed_asks_for_a_training(
    weeks: Any, loses: Realised, losses: tuple[float, ...], kind: str
) -> None:
    diagnosis = triage(weeks.case(performance=loses, past=past(*losses)))

    assert (diagnosis.action, diagnosis.kind) == ("retrain", kind)
    assert "mae 5 beside 4 promised (loss 0.8 to 1.2)" in diagnosis.sentence


def test_a_shift_that_costs_nothing_is_watched(weeks: Any, keeps: Realised, alarm: Alarm) -> None:
    shifted = weeks.change("price", lambda x: x + 3)

    diagnosis = triage(weeks.case(shifted, signals=(alarm("price"),), performance=keeps))

    assert (diagnosis.action, diagnosis.kind, diagnosis.columns) == ("watch", "covariate_shift", ("price",))


def test_a_shift_whose_cost_is_not_yet_known_is_watched(weeks: Any, alarm: Alarm) -> None:
    diagnosis = triage(weeks.case(weeks.change("price", lambda x: x + 3), signals=(alarm("price"),)))

    assert (diagnosis.action, diagnosis.kind) == ("watch", "loss_unknown")


def test_a_campaign_that_is_over_by_the_end_of_the_window_is_waited_out(
    weeks: Any, keeps: Realised, alarm: Alarm
) -> None:
    values = np.asarray(weeks.current["price"]).copy()
    values[400:1000] *= 0.7

    campaign = put(weeks.current, "price", pa.array(values))

    assert triage(weeks.case(campaign, signals=(alarm("price"),), performance=keeps)).kind == "passing"
    assert triage(weeks.case(performance=keeps, past=past(0.0, alarmed=("price",)))).action == "wait"


def test_a_season_seen_a_year_ago_is_said_to_be_one(weeks: Any, keeps: Realised, alarm: Alarm) -> None:
    summer = weeks.change("visitors", lambda x: x + 7)

    diagnosis = triage(weeks.case(summer, signals=(alarm("visitors"),), performance=keeps, year_ago=summer))

    assert (diagnosis.action, diagnosis.kind) == ("watch", "season")
    assert "as a year ago" in diagnosis.sentence


def test_no_rows_at_all_are_missing_rows(weeks: Any) -> None:
    assert triage(weeks.case(weeks.current.slice(0, 0))).kind == "missing_rows"


def test_without_a_window_before_the_reference_is_compared_with(weeks: Any) -> None:
    case = weeks.case(weeks.change("price", lambda x: x * 100), before=None)

    assert triage(case).sentence.endswith("its quantiles are those of what the champion learned from")


@pytest.mark.parametrize("rows_a_day", [40, 200])
def test_hours_of_an_even_day_show_no_shift(rows_a_day: int) -> None:
    told = [triage(_even_weeks(rows_a_day, seed).case()).kind for seed in range(30)]

    assert "clock_shift" not in told


def _even_weeks(rows_a_day: int, seed: int) -> Weeks:
    """Weeks in which as much happens at any hour, but for chance."""
    sales = make_sales(rows_a_day=rows_a_day, seed=seed)
    hours = np.random.default_rng(seed).random(sales.num_rows) * 24
    day = np.asarray(sales["at"].cast(pa.int64())) // (24 * HOUR)
    even = put(sales, "at", pa.array(day * 24 * HOUR + (hours * HOUR).astype(np.int64)).cast(pa.timestamp("us", "UTC")))
    week = 7 * rows_a_day
    return Weeks(even.slice(0, 6 * week), even.slice(6 * week, week), even.slice(7 * week, week))
