from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest

from tasks.data.digest import column_digests
from tasks.data.digest_stream import stream_digests

ROWS = 1000
WORDS = np.array(["plain", 'a "quoted" one', "ü", "", "back\\slash"], dtype=object)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    """Columns of every type that a contract knows, with and without gaps."""
    rng = np.random.default_rng(0)
    gaps = rng.random(ROWS) < 0.1
    times = pa.array(rng.integers(0, 10**15, ROWS), pa.timestamp("us", "UTC"))
    return pa.table(
        {
            "whole": rng.integers(-9, 9, ROWS),
            "whole_with_gaps": pa.array(rng.integers(-9, 9, ROWS), mask=gaps),
            "number": rng.normal(size=ROWS),
            "number_with_gaps": pa.array(rng.normal(size=ROWS), mask=gaps),
            "late_gap": pa.array([*range(ROWS - 1), None], pa.float64()),
            "flag": pa.array(rng.random(ROWS) < 0.5),
            "flag_with_gaps": pa.array(rng.random(ROWS) < 0.5, mask=gaps),
            "time": times,
            "word": pa.array(rng.choice(WORDS, ROWS)).dictionary_encode(),
            "word_with_gaps": pa.array(rng.choice(WORDS, ROWS), mask=gaps).dictionary_encode(),
            "all_differ": pa.array([f"order {number}" for number in rng.permutation(ROWS)]),
            "nothing": pa.nulls(ROWS, pa.float64()),
            "no_word": pa.nulls(ROWS, pa.string()).dictionary_encode(),
        }
    )


@pytest.mark.parametrize("rows", [1, 7, 64, 10_000])
def test_batches_of_any_length_have_the_digests_of_the_whole(table: pa.Table, rows: int) -> None:
    def read(names: Sequence[str]) -> Iterator[pa.RecordBatch]:
        return iter(table.select(list(names)).to_batches(max_chunksize=rows))

    assert stream_digests(read, table.schema) == column_digests(table)


def test_no_rows_have_the_digests_of_an_empty_table(table: pa.Table) -> None:
    assert stream_digests(lambda _: iter(()), table.schema) == column_digests(table.slice(0, 0))


def test_one_changed_value_changes_the_digest_of_its_column(table: pa.Table) -> None:
    moment = pa.scalar(datetime(2013, 6, 1, tzinfo=UTC), table.schema.field("time").type)
    other = table.set_column(7, "time", pa.concat_arrays([table["time"].combine_chunks()[:-1], pa.array([moment])]))

    def digests(rows: pa.Table) -> dict[str, str]:
        return stream_digests(lambda names: iter(rows.select(list(names)).to_batches(max_chunksize=100)), rows.schema)

    first, second = digests(table), digests(other)
    assert [name for name in first if first[name] != second[name]] == ["time"]
