import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tasks.release.challenger import checkpoints_of
from tasks.release.evidence import collect
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.contract_records import Amended
from tasks.release.ledger.version_records import Judged, Places
from tasks.release.retention import delete, find_waste
from tasks.settings import Settings

NOW = datetime(2024, 3, 1, tzinfo=UTC)


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return Ledger(settings.ledger)


def make_run(settings: Settings, name: str, **snapshots: str) -> Path:
    """A run as a training leaves it: a record, and the snapshots that its lineage names."""
    home = settings.of("returns")
    record = home / "runs" / name / "record"
    record.mkdir(parents=True)
    (record / "verdict.json").write_text(json.dumps({"run": name}))
    (record / "lineage.json").write_text(json.dumps({what: {"digest": digest} for what, digest in snapshots.items()}))
    for folder, digest in zip(("raw", "rows", "quarantine"), snapshots.values(), strict=True):
        (home / folder).mkdir(exist_ok=True)
        (home / folder / f"{digest}.parquet").write_bytes(b"x" * 1000)
    return home / "runs" / name


def judge(ledger: Ledger, run: Path) -> None:
    evidence = collect(Places("", "", str(run / "record")), snapshot="", artifact="")
    with ledger.deciding() as page:
        page.append("returns", Judged("id", NOW, "manual", "worse", False, "worse", None, evidence), at=NOW)


def test_what_a_verdict_in_the_ledger_rests_on_is_kept_and_a_run_that_died_goes(
    settings: Settings, ledger: Ledger
) -> None:
    judge(ledger, make_run(settings, "judged", raw="a", rows="b", quarantined="c"))
    died = make_run(settings, "died", raw="a", rows="d", quarantined="e")

    waste = find_waste(settings, ledger, "returns")

    assert [one.path.name for one in waste] == ["died", "d.parquet", "e.parquet"]
    assert died.exists()
    delete(waste)
    assert not died.exists()
    assert find_waste(settings, ledger, "returns") == []
    assert len(list(settings.of("returns").rglob("*.parquet"))) == 3


def test_the_rows_that_an_amendment_of_the_contract_rests_on_are_kept(settings: Settings, ledger: Ledger) -> None:
    make_run(settings, "died", raw="a", rows="b", quarantined="c")
    with ledger.deciding() as page:
        page.append("returns", Amended("returns.py", "x", "y", "p", "a", "wider range of price", "ada"), at=NOW)

    assert [one.path.name for one in find_waste(settings, ledger, "returns")] == ["died", "b.parquet", "c.parquet"]


def test_a_model_that_was_never_trained_has_no_waste(settings: Settings, ledger: Ledger) -> None:
    assert find_waste(settings, ledger, "returns") == []


def test_checkpoints_of_a_training_that_nobody_went_on_with_are_waste(settings: Settings, ledger: Ledger) -> None:
    kept = checkpoints_of(settings.of("returns"))
    (kept / "digest").mkdir(parents=True)
    (kept / "digest" / "00000001.checkpoint").write_bytes(b"x" * 1000)

    waste = find_waste(settings, ledger, "returns")

    assert [(one.path, one.bytes) for one in waste] == [(kept, 1000)]
