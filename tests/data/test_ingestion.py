from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from tasks.data.contract import Contract, load_contract
from tasks.data.ingestion import Prepared, ingest, prepare
from tasks.data.snapshot import load_snapshot
from tasks.data.validation import REASONS
from tasks.errors import DataRefused, NotEnoughData
from tasks.settings import Settings
from tasks.spec import ModelSpec

AS_OF = datetime(2024, 2, 20, tzinfo=UTC)  # after 50 of 60 days; labels of the last of them are on the way
KNOWN_ORDERS, KNOWN_LABELS = 2500, 2451  # that of midnight, a day before, has just arrived
KNOWN_AT = 'Series[pd.DatetimeTZDtype] = pa.Field(nullable=True, dtype_kwargs={"unit": "us", "tz": "UTC"})'
Prepare = Callable[..., Prepared]


@pytest.fixture
def prepared(spec: ModelSpec, settings: Settings) -> Prepare:
    """Ingest and prepare what the project's source has, with some keys of [source] changed."""

    def run(as_of: datetime = AS_OF, **source: object) -> Prepared:
        changed = spec.model_copy(update={"source": spec.source.model_copy(update=source)})
        contract = load_contract("returns", settings.contracts)
        found = ingest(changed, contract, settings, as_of)
        return prepare(found, changed, contract, folder=settings.of("returns"), as_of=as_of)

    return run


def digests(found: Prepared) -> tuple[str, str, str]:
    return found.raw.digest, found.rows.digest, found.quarantined.digest


def write_csv(rows: pa.Table, path: Path) -> None:
    pyarrow.csv.write_csv(rows, path)


def with_broken(orders: pa.Table) -> pa.Table:
    """The same orders, of which every fiftieth has a price that no contract allows."""
    broken = pa.array(np.arange(len(orders)) % 50 == 0)
    return orders.set_column(3, "price", pc.if_else(broken, -1.0, orders["price"]))


def test_rows_at_or_after_as_of_are_not_read(prepared: Prepare) -> None:
    found = prepared()

    assert found.raw.rows == KNOWN_ORDERS
    assert found.raw.end is not None
    assert found.raw.end < AS_OF


def test_labels_that_had_not_arrived_are_not_in_the_snapshots(prepared: Prepare) -> None:
    found = prepared()

    for snapshot in (found.raw, found.rows):
        rows = load_snapshot(snapshot)
        for outcome in ("returned", "refund"):
            known = rows["order"].filter(rows[outcome].is_valid())
            assert known.to_pylist() == list(range(KNOWN_LABELS))


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_rows_in_another_order_have_the_same_digests(
    seed: int, prepared: Prepare, project: Path, orders: pa.Table
) -> None:
    before = digests(prepared())

    write_csv(orders.take(np.random.default_rng(seed).permutation(len(orders))), project / "orders.csv")

    assert digests(prepared()) == before


def test_the_same_rows_in_other_files_have_the_same_digests(prepared: Prepare, project: Path, orders: pa.Table) -> None:
    before = digests(prepared())
    for number, start in enumerate((2000, 0, 1000)):  # in no order of time
        write_csv(orders.slice(start, 1000), project / f"part-{number}.csv")
    pyarrow.csv.write_csv(orders.select(orders.column_names[::-1]), project / "reversed.csv")

    assert digests(prepared(uri="part-*.csv")) == before
    assert digests(prepared(uri="reversed.csv")) == before


def test_parquet_files_of_any_layout_have_the_same_digests(prepared: Prepare, project: Path, orders: pa.Table) -> None:
    pq.write_table(orders, project / "plain.parquet", use_dictionary=False, row_group_size=77)
    for number, start in enumerate((0, 1700)):
        part = orders.slice(start, 1700)
        coded = part.set_column(2, "country", part["country"].dictionary_encode())
        pq.write_table(coded, project / f"part-{number}.parquet", compression="zstd")

    assert digests(prepared(uri="plain.parquet")) == digests(prepared(uri="part-*.parquet"))


def test_broken_rows_that_share_a_key_have_one_order_too(prepared: Prepare, project: Path, orders: pa.Table) -> None:
    twins = pa.concat_tables([orders.slice(0, 1).set_column(3, "price", pa.array([p])) for p in (-1.0, -2.0)])
    write_csv(pa.concat_tables([twins, orders.slice(1)]), project / "orders.csv")
    before = digests(prepared())

    write_csv(pa.concat_tables([twins.take([1, 0]), orders.slice(1)]), project / "orders.csv")

    assert digests(prepared()) == before


LATER = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "share_lost": st.floats(0, 1),
        "share_of_rows_lost": st.floats(0, 1),
        "parquet": st.booleans(),
    }
)


@hypothesis(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(later=LATER)
def test_what_comes_later_changes_no_digest(
    later: dict[str, float], prepared: Prepare, project: Path, orders: pa.Table
) -> None:
    """Outcomes on the way are shuffled and lost; rows of the future are changed and lost."""
    name = "orders.parquet" if later["parquet"] else "orders.csv"
    write = pq.write_table if later["parquet"] else pyarrow.csv.write_csv
    write(orders, project / name)
    before = digests(prepared(uri=name))

    write(_changed(orders, later), project / name)

    assert digests(prepared(uri=name)) == before


def _changed(orders: pa.Table, later: dict[str, float]) -> pa.Table:
    draw = np.random.default_rng(int(later["seed"]))
    past, coming = orders.slice(0, KNOWN_LABELS), orders.slice(KNOWN_LABELS)
    for name in ("refund", "returned"):
        lost = pa.array(draw.random(len(coming)) < later["share_lost"])
        values = pc.if_else(lost, None, coming[name].take(draw.permutation(len(coming))))
        coming = coming.set_column(coming.column_names.index(name), name, values)
    kept = (coming["order"].to_numpy() < KNOWN_ORDERS) | (draw.random(len(coming)) > later["share_of_rows_lost"])
    return pa.concat_tables([past, coming.filter(pa.array(kept))])


@pytest.mark.parametrize("later", ["unknown", "1.5"])
def test_labels_on_the_way_of_another_type_change_no_digest(
    later: str, prepared: Prepare, project: Path, orders: pa.Table
) -> None:
    whole = orders.set_column(5, "refund", orders["order"].cast(pa.string()))
    write_csv(whole, project / "orders.csv")
    before = digests(prepared())
    on_the_way = pc.greater_equal(orders["order"], KNOWN_LABELS)

    write_csv(whole.set_column(5, "refund", pc.if_else(on_the_way, later, whole["refund"])), project / "orders.csv")

    assert digests(prepared()) == before


def test_a_label_time_says_for_each_row_when_its_label_came(
    prepared: Prepare, project: Path, orders: pa.Table, edit: Callable[[str, str, str], None]
) -> None:
    days_late = pa.array(np.arange(len(orders)) % 7)
    known_at = pc.add(orders["ordered_at"], pc.multiply(days_late, pa.scalar(timedelta(days=1))))
    write_csv(orders.append_column("known_at", known_at), project / "orders.csv")
    edit("data_contracts/returns.py", "    refund", f"    known_at: {KNOWN_AT}\n    refund")

    rows = load_snapshot(prepared(label_time="known_at").rows)

    labelled = rows["order"].filter(rows["returned"].is_valid())
    assert labelled.to_pylist() == [n for n in range(KNOWN_ORDERS) if known_at[n].as_py() <= AS_OF]
    assert rows["known_at"].null_count == rows["returned"].null_count == rows["refund"].null_count


def test_a_target_that_the_contract_does_not_call_an_outcome_is_hidden_too(
    prepared: Prepare, edit: Callable[[str, str, str], None]
) -> None:
    edit(
        "data_contracts/returns.py",
        'returned: Series[bool] = pa.Field(nullable=True, metadata={"role": "outcome"})',
        "returned: Series[bool] = pa.Field(nullable=True)",
    )

    assert load_snapshot(prepared().rows)["returned"].null_count == KNOWN_ORDERS - KNOWN_LABELS


def test_every_row_is_valid_or_in_quarantine_with_its_reason(
    prepared: Prepare, project: Path, orders: pa.Table
) -> None:
    write_csv(with_broken(orders), project / "orders.csv")

    found = prepared()

    assert (found.raw.rows, found.rows.rows, found.quarantined.rows) == (2500, 2450, 50)
    assert found.failures == {"price: not greater_than(0)": 50}
    kept = load_snapshot(found.quarantined)
    assert kept["order"].to_pylist() == list(range(0, 2500, 50))
    assert set(kept[REASONS].to_pylist()) == {"price: not greater_than(0)"}


def test_what_is_refused_can_be_looked_at_in_quarantine(
    prepared: Prepare, project: Path, settings: Settings, orders: pa.Table
) -> None:
    write_csv(orders.set_column(3, "price", pc.negate(orders["price"])), project / "orders.csv")

    with pytest.raises(DataRefused, match=r"2,500 of 2,500 rows break the contract, 100\.0%.*max_quarantined"):
        prepared()
    (file,) = (settings.of("returns") / "quarantine").glob("*.parquet")
    assert pq.read_table(file).num_rows == 2500
    assert not list((settings.of("returns") / "rows").glob("*"))


def test_a_source_without_rows_in_the_window_is_refused(prepared: Prepare) -> None:
    with pytest.raises(NotEnoughData, match=r"orders\.csv has no rows from the beginning to 2020-01-01"):
        prepared(datetime(2020, 1, 1, tzinfo=UTC))


def test_only_the_rows_that_the_windows_reach_are_read(spec: ModelSpec, contract: Contract, settings: Settings) -> None:
    short = spec.model_copy(update={"window": spec.window.model_copy(update={"train": timedelta(days=10)})})

    found = ingest(short, contract, settings, AS_OF)

    assert found.raw.start == AS_OF - timedelta(days=10 + 10 + 10 + 1 + 1)


def test_preparing_twice_writes_nothing_new(prepared: Prepare, settings: Settings) -> None:
    def files() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in settings.home.rglob("*.parquet")}

    prepared()
    before = files()
    prepared()

    assert files() == before
    assert len(before) == 3
