from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from tasks.data import draft as drafts
from tasks.data import spool as spools
from tasks.data.contract import load_contract
from tasks.data.known import known_columns
from tasks.data.snapshot import load_snapshot, save_snapshot
from tasks.data.source import read_source
from tasks.data.validation import validate
from tasks.data.window import Window
from tasks.errors import DataRefused
from tasks.monitoring.predictions import eligible
from tasks.monitoring.predictions.eligible import Eligible, find_eligible
from tasks.monitoring.predictions.restricted import restrict
from tasks.settings import Settings
from tasks.spec import load_spec

WINDOW = Window(datetime(2024, 2, 5, tzinfo=UTC), datetime(2024, 2, 15, tzinfo=UTC))
Find = Callable[[pa.Table], Eligible]
Edit = Callable[[str, str, str], None]
TWO_RULES = {"price: not greater_than(0)", "country: not isin(['de', 'fr', 'it'])"}


@pytest.fixture
def find(settings: Settings, project: Path) -> Find:
    """Find the rows that can be scored when these are what the source has."""

    def run(orders: pa.Table) -> Eligible:
        pyarrow.csv.write_csv(orders, project / "orders.csv")
        spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
        return find_eligible(spec, contract, settings, window=WINDOW)

    return run


@pytest.fixture
def in_small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spools, "_RUN_ROWS", 70)
    monkeypatch.setattr(drafts, "_GROUP_ROWS", 64)
    monkeypatch.setattr(eligible, "_ROWS", 60)


def edited(orders: pa.Table, column: str, change: Callable[[int, Any], Any]) -> pa.Table:
    values = [change(row, value) for row, value in enumerate(orders[column].to_pylist())]
    return orders.set_column(orders.column_names.index(column), column, pa.array(values))


def on_day(orders: pa.Table, day: int) -> Any:
    """Which rows are of that day of February."""
    return (
        pc.equal(pc.day(orders["ordered_at"]), day).to_numpy() & pc.equal(pc.month(orders["ordered_at"]), 2).to_numpy()
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_rows_have_one_digest_in_any_order_and_any_pieces(
    find: Find, orders: pa.Table, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = edited(orders, "price", lambda row, price: -1.0 if row % 50 == 0 else price)
    first = find(broken)
    monkeypatch.setattr(spools, "_RUN_ROWS", 70 * seed)
    monkeypatch.setattr(drafts, "_GROUP_ROWS", 64)
    monkeypatch.setattr(eligible, "_ROWS", 60)

    again = find(broken.take(np.random.default_rng(seed).permutation(len(broken))))

    assert (first.rows.rows, first.quarantined.rows) == (490, 10)
    assert again == first


@pytest.mark.usefixtures("in_small_pieces")
def test_a_window_in_pieces_is_what_it_was_in_one(find: Find, orders: pa.Table, settings: Settings) -> None:
    found = find(orders)

    spec, contract = load_spec("returns", settings.specs), load_contract("returns", settings.contracts)
    names = known_columns(spec, contract)
    whole = validate(read_source(spec.source, names, WINDOW, settings).table, restrict(contract, names))
    saved = save_snapshot(whole.valid, settings.home / "whole", timestamp="ordered_at")
    assert (found.rows.digest, found.rows.rows) == (saved.digest, 500)
    assert (found.rows.start, found.rows.end) == (saved.start, saved.end)


@pytest.mark.usefixtures("in_small_pieces")
def test_quarantine_has_every_broken_row_with_all_its_reasons(find: Find, orders: pa.Table) -> None:
    dear = edited(orders, "price", lambda row, price: -1.0 if row % 50 == 0 else price)
    far = edited(dear, "country", lambda row, country: "us" if row % 100 == 0 else country)

    found = find(far)

    kept = load_snapshot(found.quarantined)
    reasons = Counter(kept["quarantine_reasons"].to_pylist())
    assert dict(found.failures) == {"price: not greater_than(0)": 10, "country: not isin(['de', 'fr', 'it'])": 5}
    assert sorted(kept["order"].to_pylist()) == list(range(1750, 2250, 50))
    assert sorted(map(len, (text.split("; ") for text in reasons.elements()))) == [1] * 5 + [2] * 5
    assert {reason for text in reasons for reason in text.split("; ")} == TWO_RULES


@pytest.mark.usefixtures("in_small_pieces")
def test_of_a_key_that_comes_again_on_a_day_the_first_counts(find: Find, orders: pa.Table) -> None:
    again = edited(orders.slice(2100, 40), "price", lambda _, price: price + 1)

    found = find(pa.concat_tables([orders, again]))

    assert (found.rows.rows, found.repeated) == (500, 40)
    assert load_snapshot(found.rows)["price"].to_pylist() == orders["price"].to_pylist()[1750:2250]


@pytest.mark.usefixtures("in_small_pieces")
@pytest.mark.parametrize(("column", "value", "rule"), [("price", "lost", "not a number"), ("country", None, "missing")])
def test_a_day_on_which_no_value_can_be_used_is_quarantined_and_not_refused(
    find: Find, orders: pa.Table, column: str, value: str | None, rule: str
) -> None:
    lost = on_day(orders, 7)

    found = find(edited(orders, column, lambda row, was: value if lost[row] else was and str(was)))

    assert (found.rows.rows, dict(found.failures)) == (450, {f"{column}: {rule}": 50})


@pytest.mark.usefixtures("in_small_pieces")
@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("price", "lost", "column price is of another type: found .* such as 'lost'; .* says number"),
        ("country", None, "column country has no value in any of 500 rows"),
    ],
)
def test_a_column_that_no_day_can_use_is_refused_and_nothing_is_saved(
    find: Find, orders: pa.Table, settings: Settings, column: str, value: str | None, message: str
) -> None:
    with pytest.raises(DataRefused, match=message):
        find(edited(orders, column, lambda *_: value))

    assert not [path for path in settings.of("returns").rglob("*") if path.is_file()]


@pytest.mark.usefixtures("in_small_pieces")
def test_a_rule_that_looks_at_several_rows_sees_those_of_a_day(find: Find, orders: pa.Table, edit: Edit) -> None:
    rule = "\n    @pa.dataframe_check\n    def enough(cls, rows):\n        return len(rows) == 50\n"
    edit("data_contracts/returns.py", "    refund: Series", f"{rule}\n    refund: Series")
    few = orders.filter(pa.array(~on_day(orders, 7) | (np.arange(len(orders)) % 2 == 0)))

    found = find(few)

    assert (found.rows.rows, dict(found.failures)) == (450, {"row: not enough": 25})


@pytest.mark.usefixtures("in_small_pieces")
def test_numbers_that_only_look_whole_are_read_as_they_are_for_a_training(find: Find, orders: pa.Table) -> None:
    whole = find(orders)

    floats = find(edited(orders, "order", lambda _, order: f"{order}.0"))

    assert floats.rows.digest == whole.rows.digest


def test_a_scoring_leaves_only_its_two_snapshots(find: Find, orders: pa.Table, settings: Settings) -> None:
    found = find(orders)

    kept = {path for path in settings.of("returns").rglob("*") if path.is_file()}
    assert kept == {Path(found.rows.uri), Path(found.quarantined.uri)}
    assert pq.read_metadata(found.rows.uri).num_rows == 500
