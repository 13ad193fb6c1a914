from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

from tasks.errors import SourceError
from tasks.monitoring.files import Comparison, Drift, compare_files, open_rows


def rows(seed: int, count: int = 5_000, **changes: pa.Array) -> pa.Table:
    random = np.random.default_rng(seed)
    table = pa.table(
        {
            "temp": random.normal(20, 5, count),
            "port": random.choice(["EWR", "JFK", "LGA"], count),
            "seats": random.integers(1, 300, count),
            "night": random.random(count) < 0.3,
        }
    )
    for name, values in changes.items():
        place = table.column_names.index(name)
        table = table.set_column(place, name, values)
    return table


def compared(tmp_path: Path, reference: pa.Table, current: pa.Table, **how: object) -> Drift:
    for name, table in (("reference", reference), ("current", current)):
        pq.write_table(table, tmp_path / f"{name}.parquet")
    files = [open_rows(tmp_path / f"{name}.parquet") for name in ("reference", "current")]
    return compare_files(files[0], files[1], Comparison(0.01, **how))  # type: ignore[arg-type]


def test_two_files_of_one_kind_do_not_drift(tmp_path: Path) -> None:
    assert compared(tmp_path, rows(0, 20_000), rows(1)).alarmed == ()


def test_what_changed_is_named_with_how(tmp_path: Path) -> None:
    current = rows(1, temp=pa.array(np.random.default_rng(1).normal(22, 5, 5_000)))
    (signal,) = compared(tmp_path, rows(0, 20_000), current).alarmed
    assert signal.column == "temp"
    assert signal.kind == "distribution"
    assert signal.sentence.startswith("temp: up by 0.38 standard deviations")


def test_missing_values_and_unseen_words_are_signals_of_their_own(tmp_path: Path) -> None:
    current = rows(1, port=pa.array(["BOS"] * 500 + ["EWR"] * 1500 + ["JFK"] * 1500 + ["LGA"] * 1500))
    holes = current.column("seats").to_numpy().astype(float)
    holes[::10] = np.nan
    current = current.set_column(2, "seats", pa.array(holes, from_pandas=True))
    kinds = {(signal.column, signal.kind) for signal in compared(tmp_path, rows(0, 20_000), current).alarmed}
    assert ("port", "unseen") in kinds
    assert ("seats", "missing") in kinds


def test_a_column_that_is_gone_or_of_another_type_is_an_alarm_and_no_crash(tmp_path: Path) -> None:
    current = rows(1, temp=pa.array(["warm"] * 5_000)).drop_columns(["seats"])
    found = {signal.column: signal.kind for signal in compared(tmp_path, rows(0), current).alarmed}
    assert found == {"temp": "unmeasurable", "seats": "unmeasurable"}


def test_a_csv_is_read_as_what_its_values_are(tmp_path: Path) -> None:
    for seed, name in enumerate(("a", "b")):
        pacsv.write_csv(rows(seed), tmp_path / f"{name}.csv")
    found = compare_files(open_rows(tmp_path / "a.csv"), open_rows(tmp_path / "b.csv"), Comparison(0.01))
    assert found.alarmed == ()
    assert {signal.column for signal in found.signals} == {"temp", "port", "seats", "night"}


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nothing\.csv: no such file; allowed: a CSV or Parquet file"):
        open_rows(tmp_path / "nothing.csv")


def test_a_column_to_ignore_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no column wind; its columns: temp, port"):
        compared(tmp_path, rows(0), rows(1), ignore=("wind",))
