import math
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from tasks.data.contract import Contract, read_contract
from tasks.data.history.contract import with_history
from tasks.data.history.past import read_past
from tasks.data.ingestion import ingest, prepare
from tasks.data.snapshot import load_snapshot
from tasks.data.window import Window
from tasks.errors import SourceError
from tasks.monitoring.predictions.eligible import find_eligible
from tasks.settings import Settings
from tasks.spec import ModelSpec, made_by
from tests.data.history.conftest import ALWAYS, CONTRACT, FIRST, Look, make_purchases

Row = dict[str, Any]
PURCHASES = make_purchases()
DAY = timedelta(days=1)


def slowly(row: Row, rows: list[Row]) -> dict[str, float | None]:
    """What the spec of these tests asks of the past of ``row``, row by row, as its documentation says it."""
    mine = [r for r in rows if r["at"] < row["at"] and r["customer"] == row["customer"]]
    paid = [r for r in mine if r["amount"] is not None]
    there = [r for r in mine if r["shop"] == row["shop"] and r["at"] + timedelta(hours=6) < row["at"]]
    judged = [
        r
        for r in sorted(mine, key=lambda r: (r["known_at"] or FIRST, r["at"], r["id"]))
        if r["known_at"] and r["known_at"] <= row["at"] and r["known_at"] - r["at"] <= 15 * DAY
    ]
    told: dict[str, float | None] = {}
    for days in (2, 10):
        near = [r["amount"] for r in paid if r["at"] >= row["at"] - days * DAY]
        told[f"amount_mean_{days}d_by_customer"] = math.fsum(near) / len(near) if near else None
        told[f"amount_sum_{days}d_by_customer"] = math.fsum(near)
        told[f"amount_min_{days}d_by_customer"] = min(near, default=None)
        told[f"amount_max_{days}d_by_customer"] = max(near, default=None)
        told[f"amount_count_{days}d_by_customer"] = len(near)
    told["amount_last_by_customer"] = paid[-1]["amount"] if paid else None
    told["amount_lag_2_by_customer"] = paid[-2]["amount"] if len(paid) > 1 else None
    told["amount_days_since_by_customer"] = (row["at"] - paid[-1]["at"]) / DAY if paid else None
    told["count_5d_by_customer_and_shop_after_6h"] = sum(
        r["at"] + timedelta(hours=6) >= row["at"] - 5 * DAY for r in there
    )
    near = [r for r in there if r["at"] + timedelta(hours=6) >= row["at"] - 20 * DAY]
    told["days_since_by_customer_and_shop_within_20d_after_6h"] = (row["at"] - near[-1]["at"]) / DAY if near else None
    late = [r["bad"] for r in judged if r["known_at"] > row["at"] - 10 * DAY]
    told["bad_mean_10d_by_customer_within_15d"] = sum(late) / len(late) if late else None
    told["bad_count_10d_by_customer_within_15d"] = len(late)
    within = [r["bad"] for r in judged if r["known_at"] > row["at"] - 15 * DAY]
    told["bad_last_by_customer_within_15d"] = within[-1] if within else None
    if row["customer"] is None:
        told = dict.fromkeys(told)
    all_paid = [r["amount"] for r in rows if r["at"] < row["at"] <= r["at"] + DAY and r["amount"] is not None]
    told["amount_mean_1d"] = math.fsum(all_paid) / len(all_paid) if all_paid else None
    return told


def numbers(told: dict[str, float | None]) -> list[float]:
    return [math.nan if told[name] is None else float(told[name] or 0) for name in sorted(told)]


def made(table: pa.Table, spec: ModelSpec) -> pa.Table:
    return table.select(made_by(spec.history)).combine_chunks()


def test_each_row_is_told_what_looking_at_all_rows_one_by_one_would_tell(look: Look, purchases_spec: ModelSpec) -> None:
    found = made(look(PURCHASES), purchases_spec).to_pylist()

    rows = PURCHASES.to_pylist()
    for row, told in zip(rows, found, strict=True):
        expected = slowly(row, rows)
        assert told.keys() == expected.keys()
        np.testing.assert_allclose(numbers(told), numbers(expected), rtol=1e-14, err_msg=str(row))


def _later(rows: pa.Table, time: datetime) -> "np.typing.NDArray[np.bool_]":
    return np.asarray(pc.greater_equal(rows["at"], pa.scalar(time, rows["at"].type)).to_numpy())


def _changed(time: datetime, seed: int, lost: float) -> pa.Table:
    """Return the purchases, of which those from ``time`` on are lost or changed, as are labels that came after it."""
    draw = np.random.default_rng(seed)
    later = _later(PURCHASES, time)
    shuffled = np.arange(len(later))
    shuffled[later] = draw.permutation(shuffled[later])
    rows = PURCHASES
    for name in ("amount", "customer", "shop"):
        rows = rows.set_column(rows.column_names.index(name), name, rows[name].take(pa.array(shuffled)))
    unknown = pc.fill_null(pc.greater(rows["known_at"], pa.scalar(time, rows["known_at"].type)), False)
    gone = pc.and_(unknown, pa.array(draw.random(len(later)) < 0.5))
    flipped = pc.if_else(unknown, pc.invert(rows["bad"]), rows["bad"])
    rows = rows.set_column(6, "bad", pc.if_else(gone, None, flipped))
    rows = rows.set_column(7, "known_at", pc.if_else(gone, None, rows["known_at"]))
    rows = rows.filter(pa.array(~later | (draw.random(len(later)) > lost)))
    return rows.take(pa.array(draw.permutation(rows.num_rows)))


@hypothesis(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.integers(24, 40 * 24), seed=st.integers(0, 2**32 - 1), lost=st.floats(0, 1))
def test_nothing_that_comes_later_and_no_order_of_the_rows_changes_what_a_row_is_told(
    hours: int, seed: int, lost: float, look: Look, purchases_spec: ModelSpec
) -> None:
    time = FIRST + timedelta(hours=hours)
    early = PURCHASES.filter(pc.less_equal(PURCHASES["at"], pa.scalar(time, PURCHASES["at"].type)))

    before = made(look(early, PURCHASES), purchases_spec)

    assert made(look(early, _changed(time, seed, lost)), purchases_spec).equals(before)


def windows() -> Iterator[Window]:
    for days in (3, 11, 25, 39):
        yield Window(FIRST + days * DAY, FIRST + (days + 1) * DAY)


def test_a_row_is_told_the_same_to_the_last_bit_however_far_back_the_source_is_read(
    look: Look, purchases_spec: ModelSpec
) -> None:
    whole = look(PURCHASES)
    for window in windows():
        inside = _later(PURCHASES, window.start or FIRST) & ~_later(PURCHASES, window.end)
        rows = PURCHASES.filter(pa.array(inside))

        told = made(look(rows, PURCHASES, window), purchases_spec)

        assert told.equals(made(whole.filter(pa.array(inside)), purchases_spec))


@pytest.mark.parametrize(
    "place", [{"uri": "purchases.parquet"}, {"uri": "purchases.csv"}, {"uri": "sqlite:///p.db", "table": "purchases"}]
)
def test_a_row_has_the_same_history_in_the_training_snapshot_and_when_it_is_scored(
    place: dict[str, str], shop: Path, shops: Settings, purchases_spec: ModelSpec, purchases_contract: Contract
) -> None:
    pyarrow.csv.write_csv(PURCHASES, shop / "purchases.csv")
    with closing(sqlite3.connect(shop / "p.db")) as database:
        PURCHASES.to_pandas().to_sql("purchases", database, index=False)
    source = purchases_spec.source.model_copy(update=place)
    spec, as_of = purchases_spec.model_copy(update={"source": source}), FIRST + 40 * DAY
    trained = ingest(spec, purchases_contract, shops, as_of)
    rows = prepare(trained, spec, purchases_contract, folder=shops.of("purchases"), as_of=as_of).rows
    table = load_snapshot(rows).sort_by("id")
    for window in windows():
        scored = find_eligible(spec, purchases_contract, shops, window=window)

        told = load_snapshot(scored.rows).sort_by("id")

        assert told.num_rows > 0
        learned = table.filter(pc.is_in(table["id"], value_set=told["id"].combine_chunks()))
        assert made(told, spec).equals(made(learned, spec))


def test_what_is_loaded_twice_happened_once(look: Look, purchases_spec: ModelSpec) -> None:
    once = made(look(PURCHASES), purchases_spec)

    twice = look(PURCHASES, pa.concat_tables([PURCHASES, PURCHASES.slice(0, 300)]))

    assert made(twice, purchases_spec).equals(once)


def test_a_source_that_lacks_a_column_tells_nothing_by_it(look: Look) -> None:
    told = look(PURCHASES, PURCHASES.drop_columns(["amount"]))

    assert told["amount_last_by_customer"].null_count == len(told)
    assert set(told["amount_count_2d_by_customer"].to_pylist()) == {0, None}


def test_values_that_are_not_of_their_type_are_missing(look: Look, purchases_spec: ModelSpec) -> None:
    written = pc.if_else(PURCHASES["amount"].is_valid(), PURCHASES["amount"].cast(pa.string()), "n/a")

    told = look(PURCHASES.set_column(4, "amount", written))

    assert made(told, purchases_spec).equals(made(look(PURCHASES), purchases_spec))


def test_a_column_of_a_name_that_is_to_be_made_is_refused(look: Look) -> None:
    with pytest.raises(SourceError, match=r"there is a column amount_mean_1d already, which \[\[history\]\] is to"):
        look(PURCHASES.append_column("amount_mean_1d", PURCHASES["amount"]))


def past_of(spec: ModelSpec, contract: str, settings: Settings) -> pa.Table:
    completed = with_history(read_contract(contract, "purchases.py"), spec)
    return made(read_past(spec, completed, settings, window=ALWAYS).add_to(PURCHASES), spec)


def test_a_target_that_the_contract_makes_is_known_when_its_label_is(
    look: Look, shops: Settings, purchases_spec: ModelSpec
) -> None:
    expected = look(PURCHASES)["bad_mean_10d_by_customer_within_15d"].combine_chunks()
    text = CONTRACT + '\n\ndef targets(rows):\n    return pd.DataFrame({"worse": rows["bad"]})\n'
    source = purchases_spec.source.model_copy(update={"target": "worse"})
    section = purchases_spec.history[2].model_copy(update={"of": "worse"})

    found = past_of(purchases_spec.model_copy(update={"source": source, "history": [section]}), text, shops)

    assert found["worse_mean_10d_by_customer_within_15d"].combine_chunks().equals(expected)


def test_of_a_target_in_words_the_share_of_the_one_to_predict_is_told(
    look: Look, shop: Path, shops: Settings, purchases_spec: ModelSpec
) -> None:
    expected = look(PURCHASES)["bad_mean_10d_by_customer_within_15d"].combine_chunks()
    words = pc.if_else(PURCHASES["bad"], "fraud", "fine")
    pq.write_table(PURCHASES.set_column(6, "bad", words), shop / "purchases.parquet")
    spec = purchases_spec.model_copy(update={"positive": "fraud", "history": purchases_spec.history[2:3]})

    found = past_of(spec, CONTRACT.replace("bad: Series[bool]", "bad: Series[str]"), shops)

    assert found["bad_mean_10d_by_customer_within_15d"].combine_chunks().equals(expected)


def test_a_label_is_known_so_long_after_its_event_as_the_spec_says(
    look: Look, shops: Settings, purchases_spec: ModelSpec
) -> None:
    look(PURCHASES)
    source = purchases_spec.source.model_copy(update={"label_time": None, "label_delay": timedelta(days=3)})
    spec = purchases_spec.model_copy(update={"source": source, "history": purchases_spec.history[2:3]})

    found = past_of(spec, CONTRACT, shops)["bad_count_10d_by_customer_within_15d"].to_pylist()

    rows = PURCHASES.to_pylist()
    for row, count in zip(rows, found, strict=True):
        mine = [r for r in rows if r["customer"] == row["customer"] is not None and r["bad"] is not None]
        known = [r for r in mine if row["at"] - 10 * DAY < r["at"] + 3 * DAY <= row["at"]]
        assert count == (len(known) if row["customer"] else None)
