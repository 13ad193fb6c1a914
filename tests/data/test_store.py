"""The store's door, on a folder: pyarrow knows no difference. What is S3's own is in tests/servers/test_s3.py."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from tasks.data import store, store_mending
from tasks.data.snapshot import load_batches, load_snapshot, save_snapshot
from tasks.errors import SnapshotDamaged, StoreError

ROWS = pa.table({"price": [1.5, 2.5], "order": [1, 2]})
Move = Callable[[str], Path]


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is the store of this process."""
    monkeypatch.setenv("PERENNIAL_STORE", f"file://{tmp_path}/shared/models/")
    return tmp_path / "shared" / "models"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Move:
    """Go to a machine: return its home folder, which is empty the first time."""

    def go(name: str) -> Path:
        monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / name))
        return tmp_path / name

    return go


def written(path: Path, text: str = "whole") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_without_a_store_a_file_is_referred_to_by_its_path_and_nothing_is_written(machine: Move) -> None:
    home = machine("a")
    path = written(home / "checks" / "1.json")

    assert store.keep(path) == str(path) == store.uri(path)
    assert store.here(str(path)) == path
    assert store.find(home / "checks", "*.json") == [path]
    assert store.fetched([path]) == [path]
    assert (store.again(path), store_mending.mend(path), store_mending.only_here(home)) == (False, [], [])
    assert [file for file in home.rglob("*") if file.is_file()] == [path]


def test_what_one_machine_keeps_another_reads_by_its_reference(shared: Path, machine: Move) -> None:
    folder = written(machine("a") / "runs" / "1" / "verdict.json").parent
    written(folder / "inner" / "picture.svg", "drawn")
    kept = store.keep(folder)

    assert kept == f"file://{shared}/runs/1"
    second = machine("b")
    assert store.here(kept) == second / "runs" / "1"
    assert (second / "runs" / "1" / "inner" / "picture.svg").read_text() == "drawn"


def test_a_file_that_somebody_still_writes_is_not_kept(shared: Path, machine: Move) -> None:
    folder = written(machine("a") / "profile" / "facts.json").parent
    written(folder / "tmp1.unfinished")
    store.keep(folder)

    assert [path.name for path in (shared / "profile").iterdir()] == ["facts.json"]


@pytest.mark.usefixtures("shared")
def test_a_folder_of_which_a_part_is_here_is_completed(machine: Move) -> None:
    folder = written(machine("a") / "run" / "verdict.json").parent
    written(folder / "lineage.json")
    kept = store.keep(folder)
    store.here(machine("b") / "run" / "verdict.json")

    assert sorted(path.name for path in store.here(kept).iterdir()) == ["lineage.json", "verdict.json"]


@pytest.mark.usefixtures("shared")
def test_what_there_is_the_store_says_and_not_the_home_folder(machine: Move) -> None:
    first = machine("a")
    for day in ("day=1", "day=2"):
        store.keep(written(first / "served" / day / "version=1" / "part-1.parquet"))
    written(first / "served" / "day=3" / "version=1" / "part-1.parquet")  # by one who was killed before it was kept
    second = machine("b")
    parts = store.find(second / "served", "day=*/version=1/part-*.parquet")

    assert [part.parents[1].name for part in parts] == ["day=1", "day=2"]
    assert store.find(second / "served", "day=*/version=2/*") == []
    assert [place.name for place in store.find(second / "served", "day=*")] == ["day=1", "day=2"]
    assert not any(part.exists() for part in parts)
    assert all(part.exists() for part in store.fetched(parts))
    machine("a")
    assert [path.name for path in store.find(first / "served", "day=*", leftovers=True)] == ["day=1", "day=2", "day=3"]
    assert [path.parents[1].name for path in store_mending.only_here(first / "served")] == ["day=3"]


def test_what_is_removed_is_gone_here_and_there(shared: Path, machine: Move) -> None:
    path = written(machine("a") / "runs" / "1" / "verdict.json", "12345")
    store.keep(path)

    assert store.size(path.parent) == 5
    store.remove(path.parent)
    assert not path.parent.exists()
    assert not [file for file in shared.rglob("*") if file.is_file()]
    store.remove(path)  # nothing there is as good


def test_what_is_nowhere_is_left_to_who_reads_it(shared: Path, machine: Move) -> None:  # noqa: ARG001
    assert not store.here(machine("a") / "nothing.json").exists()


@pytest.mark.usefixtures("shared")
def test_a_reference_into_another_store_is_refused_by_name(machine: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    machine("a")
    with pytest.raises(
        StoreError, match=r"s3://other/rows: it is in another store than PERENNIAL_STORE names; found f"
    ):
        store.here("s3://other/rows")
    monkeypatch.delenv("PERENNIAL_STORE")
    with pytest.raises(StoreError, match=r"s3://other/rows: .*found no store"):
        store.here("s3://other/rows")


def test_a_store_that_cannot_be_written_to_is_one_clear_line(shared: Path, machine: Move) -> None:
    written(shared / "checks", "a file where a folder is needed")
    path = written(machine("a") / "checks" / "1.json")

    with pytest.raises(StoreError, match=r"^PERENNIAL_STORE: file:///.*/checks/1.json: .*xists.*$"):
        store.keep(path)


def test_a_snapshot_is_read_on_a_machine_that_has_never_seen_it(shared: Path, machine: Move) -> None:
    snapshot = save_snapshot(ROWS, machine("a") / "models" / "m" / "rows")

    assert snapshot.uri == f"file://{shared}/models/m/rows/{snapshot.digest}.parquet"
    machine("b")
    assert load_snapshot(snapshot).equals(ROWS)
    assert pa.concat_tables(load_batches(snapshot, 1)).equals(ROWS)


def test_a_damaged_copy_of_a_snapshot_is_fetched_again_and_a_damaged_snapshot_refused(
    shared: Path, machine: Move
) -> None:
    home = machine("a")
    snapshot = save_snapshot(ROWS, home / "rows")
    copy, kept = store.here(snapshot.uri), shared / "rows" / f"{snapshot.digest}.parquet"
    copy.write_bytes(b"damaged")

    assert load_snapshot(snapshot).equals(ROWS)
    copy.write_bytes(b"damaged")
    assert len(list(load_batches(snapshot, 1))) == 2
    copy.write_bytes(b"damaged")
    kept.write_bytes(b"damaged too")
    with pytest.raises(SnapshotDamaged, match="cannot be read"):
        load_snapshot(snapshot)
    kept.unlink()
    copy.unlink()
    with pytest.raises(SnapshotDamaged, match="the snapshot is gone"):
        load_snapshot(snapshot)


def test_saving_the_same_rows_again_puts_nothing_but_what_the_store_lost(shared: Path, machine: Move) -> None:
    home = machine("a")
    snapshot = save_snapshot(ROWS, home / "rows")
    kept = shared / "rows" / f"{snapshot.digest}.parquet"
    kept.write_bytes(b"as it was")
    save_snapshot(ROWS, home / "rows")

    assert kept.read_bytes() == b"as it was"
    kept.unlink()
    assert save_snapshot(ROWS, home / "rows") == snapshot
    assert kept.exists()


@pytest.mark.parametrize("what", ["gone", "damaged", "damaged, and as long"])
def test_what_the_store_lost_is_put_there_again_from_a_good_copy(what: str, shared: Path, machine: Move) -> None:
    path = written(machine("a") / "run" / "verdict.json", "whole")
    written(path.with_name("lineage.json"))
    reference, kept = store.keep(path.parent), shared / "run" / "verdict.json"
    kept.unlink()
    if what != "gone":
        kept.write_text("whale" if "long" in what else "dam")

    assert store_mending.mend(reference) == ["run/verdict.json"]
    assert kept.read_text() == "whole"
    assert store_mending.mend(reference) == []


def test_a_file_whose_name_does_not_say_its_content_is_here_only_if_the_store_has_it(
    shared: Path, machine: Move
) -> None:
    path = machine("a") / "checks" / "1.json"
    written(shared / "checks", "a file where a folder is needed")
    with pytest.raises(StoreError):
        store.write(path, lambda file: file.write(b"of a"))
    assert not path.exists()

    (shared / "checks").unlink()
    store.write(machine("b") / "checks" / "1.json", lambda file: file.write(b"of b"))
    machine("a")
    assert store.here(path).read_text() == "of b"


@pytest.mark.usefixtures("shared")
def test_a_file_is_read_in_places_without_being_fetched(machine: Move) -> None:
    store.keep(written(machine("a") / "part.parquet", "0123456789"))
    path = machine("b") / "part.parquet"

    with store.opened(path) as file:
        file.seek(5)
        assert file.read(2) == b"56"
    assert not path.exists()


def test_what_a_replay_works_with_stays_in_the_home(shared: Path, machine: Move) -> None:
    home = machine("a")
    model = home / "models" / "returns"

    kept = save_snapshot(ROWS, model / "replay" / "5eed" / "rows" / "models" / "returns" / "raw")
    store.write(model / "replay" / "5eed" / "check.json", lambda file: file.write(b"{}"))
    save_snapshot(ROWS, model / "raw")

    assert kept.uri.startswith(str(home))
    assert load_snapshot(kept).equals(ROWS)
    assert store.find(model / "replay", "*/check.json") == [model / "replay" / "5eed" / "check.json"]
    assert store_mending.only_here(model / "replay") == []
    assert [path.parent.name for path in shared.rglob("*") if path.is_file()] == ["raw"]
