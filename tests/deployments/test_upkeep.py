import sqlite3
from datetime import UTC, datetime

import pytest

from deployments.doctor_answer import examine
from deployments.prune_answer import prune
from tasks.errors import ModelBusy
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import leased
from tasks.release.ledger.work_records import Requested
from tasks.settings import Settings

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return Ledger(settings.ledger)


@pytest.mark.usefixtures("ledger")
def test_prune_says_what_it_would_free_and_frees_it_when_told_to(settings: Settings) -> None:
    died = settings.of("returns") / "runs" / "died"
    died.mkdir(parents=True)
    (died / "rows.parquet").write_bytes(b"x" * 2_000_000)

    said, done = prune("returns", delete=False), prune("returns", delete=True)

    assert said.lines[-1] == "     2.0 MB  could be deleted, with --delete; what the ledger names is kept"
    assert said.facts == {"model": "returns", "deleted": False, "bytes": 2_000_000, "paths": [str(died)]}
    assert (done.facts["bytes"], died.exists()) == (2_000_000, False)
    assert prune("returns", delete=False).facts["paths"] == []


def test_prune_deletes_nothing_under_a_training_that_is_going_on(ledger: Ledger) -> None:
    with leased(ledger, "returns", "training"):
        assert "a training is going on, by process" in prune("returns", delete=False).lines[0]
        with pytest.raises(ModelBusy, match="returns: a training is going on already"):
            prune("returns", delete=True)


def test_doctor_mends_nothing_on_the_word_of_a_ledger_that_was_changed(settings: Settings, ledger: Ledger) -> None:
    with ledger.deciding() as page:
        page.append("returns", Requested("drift", NOON, None, "moved", "digest"), at=NOON)
    with sqlite3.connect(settings.home / "ledger.db") as connection:
        connection.executescript("DROP TRIGGER ledger_never_updated; UPDATE ledger SET content = '{}'")

    answer = examine(ledger_only=False)

    assert answer.lines == (
        "ILL     ledger: entry 1 is not what was written: its digest differs; restore it from a copy",
    )
    assert not answer.facts["well"]
