import multiprocessing
import os
import signal
import time
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data import draft as drafts
from tasks.data.atomic import remove_unfinished
from tasks.data.draft import Draft
from tasks.data.snapshot import load_batches, load_snapshot, save_snapshot
from tasks.errors import SnapshotDamaged

TABLE = pa.table({"at": pa.array([0, 60_000_000], pa.timestamp("us", "UTC")), "x": [1.5, None], "word": ["a", "b"]})
MANY = pa.table(
    {
        "at": pa.array(np.arange(300) * 60_000_000, pa.timestamp("us", "UTC")),
        "x": pa.array(np.arange(300) / 7, mask=np.arange(300) % 5 == 0),
        "word": pa.array([f"word {number % 30}" for number in range(299)] + [None]),
    }
)


def test_a_snapshot_gives_back_what_was_saved_and_knows_its_span(tmp_path: Path) -> None:
    snapshot = save_snapshot(TABLE, tmp_path, timestamp="at")

    assert load_snapshot(snapshot).to_pylist() == TABLE.to_pylist()
    assert load_snapshot(snapshot, ["x"]).column_names == ["x"]
    assert (snapshot.rows, snapshot.end) == (2, datetime(1970, 1, 1, 0, 1, tzinfo=UTC))


def test_the_same_content_is_stored_once_however_it_was_written(tmp_path: Path) -> None:
    first = save_snapshot(TABLE, tmp_path)
    again = save_snapshot(TABLE.set_column(2, "word", TABLE["word"].dictionary_encode()), tmp_path)

    assert first.digest == again.digest
    assert len(list(tmp_path.iterdir())) == 1


def test_a_changed_value_is_an_error_that_names_the_file_and_both_digests(tmp_path: Path) -> None:
    snapshot = save_snapshot(TABLE, tmp_path)
    other = save_snapshot(TABLE.slice(0, 1), tmp_path)
    Path(other.uri).replace(snapshot.uri)

    with pytest.raises(SnapshotDamaged, match=rf"{snapshot.uri}: damaged.*{snapshot.digest}.*{other.digest}"):
        load_snapshot(snapshot)


def test_a_value_changed_under_its_recorded_digests_is_found_by_column(tmp_path: Path) -> None:
    snapshot = save_snapshot(TABLE, tmp_path)
    stored = pq.read_table(snapshot.uri)
    forged = stored.set_column(1, "x", pa.array([1.5, 2.5])).replace_schema_metadata(stored.schema.metadata)
    pq.write_table(forged, snapshot.uri)

    with pytest.raises(SnapshotDamaged, match="column x has the digest"):
        load_snapshot(snapshot)


def test_a_file_that_changes_after_it_was_read_is_found_at_the_next_read(tmp_path: Path) -> None:
    snapshot = save_snapshot(pa.table({"a": [1, 2, 3]}), tmp_path)
    assert load_snapshot(snapshot).num_rows == 3
    metadata = pq.read_schema(snapshot.uri).metadata
    pq.write_table(pa.table({"a": [1, 2, 4]}).replace_schema_metadata(metadata), snapshot.uri)

    with pytest.raises(SnapshotDamaged, match="column a has the digest"):
        load_snapshot(snapshot)


@pytest.mark.parametrize("keep", [0, 10, 400])
def test_a_truncated_file_is_never_read(tmp_path: Path, keep: int) -> None:
    snapshot = save_snapshot(TABLE, tmp_path)
    Path(snapshot.uri).write_bytes(Path(snapshot.uri).read_bytes()[:keep])

    with pytest.raises(SnapshotDamaged, match="cannot be read"):
        load_snapshot(snapshot)


def test_a_snapshot_that_is_gone_says_so(tmp_path: Path) -> None:
    gone = replace(save_snapshot(TABLE, tmp_path), uri=str(tmp_path / "gone.parquet"))

    with pytest.raises(SnapshotDamaged, match="the snapshot is gone"):
        load_snapshot(gone)


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_snapshot(TABLE, tmp_path)

    assert list(tmp_path.iterdir()) == []


def _save_many(folder: Path) -> None:
    for size in range(1, 10_000):
        save_snapshot(pa.table({"x": list(range(size * 100))}), folder)


def test_a_writer_killed_half_way_leaves_no_file_that_could_be_read(tmp_path: Path) -> None:
    writer = multiprocessing.get_context("fork").Process(target=_save_many, args=(tmp_path,))
    writer.start()
    deadline = time.monotonic() + 20
    while not list(tmp_path.glob("*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()

    remove_unfinished(tmp_path)

    files = list(tmp_path.iterdir())
    assert files
    assert all(path.suffix == ".parquet" and pq.read_table(path).num_rows % 100 == 0 for path in files)


@pytest.mark.parametrize("cuts", [[], [1], [0, 100, 101, 250]])
def test_a_draft_has_the_digest_and_the_rows_of_a_snapshot_in_one_piece(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cuts: list[int]
) -> None:
    monkeypatch.setattr(drafts, "_GROUP_ROWS", 64)
    whole = save_snapshot(MANY, tmp_path / "whole", timestamp="at")

    with Draft(tmp_path / "draft", timestamp="at") as draft:
        for start, end in pairwise([0, *cuts, MANY.num_rows]):
            draft.add(MANY.slice(start, end - start))
        saved = draft.save()

    assert replace(saved, uri="") == replace(whole, uri="")
    assert load_snapshot(saved).to_pylist() == MANY.to_pylist()
    assert [path.name for path in (tmp_path / "draft").iterdir()] == [f"{whole.digest}.parquet"]


def test_a_draft_without_rows_is_a_snapshot_of_no_rows(tmp_path: Path) -> None:
    with Draft(tmp_path, timestamp="at") as draft:
        draft.add(MANY.slice(0, 0))
        saved = draft.save()

    assert saved == save_snapshot(MANY.slice(0, 0), tmp_path, timestamp="at")


def test_batches_are_yielded_once_every_column_is_what_was_saved(tmp_path: Path) -> None:
    snapshot = save_snapshot(MANY, tmp_path)
    pieces = list(load_batches(snapshot, 64))
    stored = pq.read_table(snapshot.uri)
    forged = stored.set_column(1, "x", pa.array(np.zeros(MANY.num_rows)))
    pq.write_table(forged.replace_schema_metadata(stored.schema.metadata), snapshot.uri)

    assert [piece.num_rows for piece in pieces] == [64, 64, 64, 64, 44]
    assert pa.concat_tables(pieces).to_pylist() == MANY.to_pylist()
    with pytest.raises(SnapshotDamaged, match="column x has the digest"):
        next(load_batches(snapshot, 64))


def test_batches_of_a_snapshot_that_is_gone_or_cut_off_are_never_read(tmp_path: Path) -> None:
    snapshot = save_snapshot(MANY, tmp_path)
    Path(snapshot.uri).write_bytes(Path(snapshot.uri).read_bytes()[:400])
    with pytest.raises(SnapshotDamaged, match="cannot be read"):
        next(load_batches(snapshot, 64))

    Path(snapshot.uri).unlink()
    with pytest.raises(SnapshotDamaged, match="the snapshot is gone"):
        next(load_batches(snapshot, 64))


def test_a_draft_that_is_given_up_leaves_nothing_behind(tmp_path: Path) -> None:
    with Draft(tmp_path) as draft:
        draft.add(MANY)

    assert list(tmp_path.iterdir()) == []
