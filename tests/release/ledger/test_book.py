from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from benchmarks.drill.postgres import new_database
from tasks.errors import LedgerError
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.contract_records import Accepted, Amended, Refused
from tasks.release.ledger.entries import KINDS, What
from tasks.release.ledger.version_records import (
    Approved,
    Evidence,
    Expired,
    Judged,
    Places,
    Promoted,
    Proposed,
    Rejected,
    RolledBack,
)
from tasks.release.ledger.work_records import Answered, Claimed, Requested, Scored, Spent

NOON = datetime(2013, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WHERE = Places("/rows", "/artifact", "/record")
EVIDENCE = Evidence("a", "b", "c", "d", "e")
PROPOSED = Proposed(2, "better", EVIDENCE, 1, WHERE, None, 1)
REJECTED = Rejected(2, 1, "ada", "not „now“")
ONE_OF_EACH: tuple[What, ...] = (
    Judged("run", NOON, "drift", "better", True, "besser als „später“", 2, EVIDENCE),
    Proposed(2, "better", EVIDENCE, None, WHERE, NOON + timedelta(microseconds=1), 2),
    Approved(2, 2, "ada", "it\nis 100 % better; \\o/", emergency=False),
    Promoted(2, 2, None, 1, "b", "/artifact", ("ada", "bob"), emergency=True),
    Scored(2, NOON - DAY, NOON, 2**40, 3, "snapshot"),
    Requested("performance", NOON, 2, "0.71, where 0.75 was promised", "digest"),
    Claimed(6, 7, "20130601T120000.000000-1"),
    Answered(6, None, "failed", "no rows", None, superseded=False),
    PROPOSED,
    Rejected(2, 9, "ada", "no: 'quoted'"),
    PROPOSED,
    Expired(2, 11, "version 3 was proposed"),
    RolledBack(1, 2, 2, "b", "/artifact", "ada", "too slow"),
    Spent("20130601T120000.000000-1", "drift", True, 70.123, 65.5, 2**31, None, 1.5, 0.02, "EUR"),
    Amended("flights.py", "a", "b", "patch", "snapshot", "wider range of “seats”", "ada", identified=True),
    Accepted(15, "flights.py", "a", "b", "bob", "larger planes"),
    Amended("flights.py", "b", "c", "patch", "snapshot", "new category of carrier", "ada"),
    Refused(17, "bob", "a typing error"),
)


@pytest.fixture
def ledger(url: str) -> Ledger:
    ledger = Ledger(url)
    with ledger.deciding() as page:
        page.append("flights", PROPOSED, at=NOON)
        page.append("flights", REJECTED, at=NOON)
        page.append("orders", PROPOSED, at=NOON)
    return ledger


@pytest.fixture
def by_hand(ledger: Ledger, url: str) -> Callable[..., None]:
    """Run SQL on the ledger's database as somebody with a database browser would."""
    assert ledger.entries()

    def run(*statements: str) -> None:
        with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)

    return run


@pytest.fixture
def disarm(by_hand: Callable[..., None], url: str) -> Callable[[], None]:
    """Have the database refuse nothing any more, as its owner can."""
    if url.startswith("sqlite"):
        names = ("ledger_never_updated", "ledger_never_deleted", "ledger_only_grows")
        return lambda: by_hand(*(f"DROP TRIGGER {name}" for name in names))
    return lambda: by_hand("ALTER TABLE ledger DISABLE TRIGGER USER")


def test_what_was_appended_is_read_as_it_was(ledger: Ledger) -> None:
    first, second = ledger.entries("flights")

    assert (first.number, first.model, first.kind, first.at, first.what) == (1, "flights", "proposal", NOON, PROPOSED)
    assert (second.what, second.previous) == (REJECTED, first.digest)
    assert [entry.number for entry in ledger.entries()] == [1, 2, 3]


def test_a_record_of_each_kind_is_read_as_it_was(url: str) -> None:
    ledger = Ledger(url)
    with ledger.deciding() as page:
        written = [page.append("returns", what, at=NOON) for what in ONE_OF_EACH]

    assert {entry.kind for entry in written} == set(KINDS)
    assert ledger.entries("returns") == written
    assert ledger.verify() is None


def test_a_reader_does_not_wait_for_a_decision_that_is_being_taken(ledger: Ledger, url: str) -> None:
    with ledger.deciding() as page:
        page.append("flights", PROPOSED, at=NOON)
        assert [entry.number for entry in Ledger(url).entries()] == [1, 2, 3]


def test_a_decision_that_fails_leaves_nothing(ledger: Ledger) -> None:
    def decide() -> None:
        with ledger.deciding() as page:
            page.append("flights", PROPOSED, at=NOON)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        decide()
    assert len(ledger.entries()) == 3


def test_the_same_file_again_goes_on_where_it_was(ledger: Ledger, url: str) -> None:
    again = Ledger(url)
    with again.deciding() as page:
        assert page.append("orders", PROPOSED, at=NOON).number == 4

    assert ledger.verify() is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET content = '{}' WHERE number = 1",
        "DELETE FROM ledger WHERE number = 3",
        "DELETE FROM ledger",
        "INSERT INTO ledger SELECT number, 'orders', kind, at, content, fence, closes, previous, digest FROM ledger "
        "WHERE number = 1 ON CONFLICT (number) DO UPDATE SET model = excluded.model",
        "INSERT INTO ledger SELECT 9, model, kind, at, content, NULL, NULL, 'x', 'y' FROM ledger WHERE number = 1",
    ],
)
def test_the_database_itself_refuses_to_change_what_is_written(
    statement: str, ledger: Ledger, by_hand: Callable[..., None]
) -> None:
    written = ledger.entries()

    with pytest.raises(sa.exc.DBAPIError, match="the ledger is append-only"):
        by_hand(statement)
    assert ledger.entries() == written


def test_the_ways_around_that_only_one_database_knows_are_refused_too(by_hand: Callable[..., None], url: str) -> None:
    replaced = "SELECT number, 'orders', kind, at, content, fence, closes, previous, digest FROM ledger"
    way = f"INSERT OR REPLACE INTO ledger {replaced}" if url.startswith("sqlite") else "TRUNCATE ledger"

    with pytest.raises(sa.exc.DBAPIError, match="the ledger is append-only"):
        by_hand(way)


@pytest.mark.parametrize(
    ("change", "number", "finding"),
    [
        (
            "UPDATE ledger SET content = replace(content, 'better', 'worse') WHERE number = 3",
            3,
            "is not what was written",
        ),
        ("UPDATE ledger SET at = '2014-01-01T00:00:00+00:00' WHERE number = 1", 1, "is not what was written"),
        ("UPDATE ledger SET kind = 'promise' WHERE number = 1", 1, "is not what was written"),
        ("UPDATE ledger SET closes = NULL WHERE number = 2", 2, "is not what was written"),
        ("DELETE FROM ledger WHERE number = 2", 2, "is missing"),
        ("UPDATE ledger SET digest = 'x' WHERE number = 2", 2, "is not what was written"),
        ("UPDATE ledger SET previous = 'x' WHERE number = 3", 3, "does not name the digest"),
    ],
)
def test_an_entry_changed_by_hand_is_found_by_number(
    change: str,
    number: int,
    finding: str,
    ledger: Ledger,
    by_hand: Callable[..., None],
    disarm: Callable[[], None],
) -> None:
    assert ledger.verify() is None
    disarm()
    by_hand(change)

    found = ledger.verify()

    assert found is not None
    assert found.number == number
    assert finding in found.finding


def test_a_proposal_ends_once_and_a_champion_s_number_exists_once(ledger: Ledger) -> None:
    rollback = RolledBack(1, 2, 7, "b", "/artifact", "ada", "too slow")
    with ledger.deciding() as page:
        page.append("flights", rollback, at=NOON)

    for twice in (REJECTED, rollback):
        with pytest.raises(sa.exc.IntegrityError), ledger.deciding() as page:
            page.append("flights", twice, at=NOON)
    assert ledger.verify() is None


def append_many(url: str) -> None:
    for _ in range(25):
        with Ledger(url).deciding() as page:
            page.append("flights", PROPOSED, at=NOON)


def test_writers_of_many_processes_wait_for_their_turn(url: str) -> None:
    with ProcessPoolExecutor(4) as pool:
        list(pool.map(append_many, [url] * 4))

    ledger = Ledger(url)
    assert len(ledger.entries()) == 100
    assert ledger.verify() is None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://h/d", "allowed: "),
        ("nonsense", "PERENNIAL_LEDGER: cannot be used"),
        ("sqlite:////proc/no/such/ledger.db", "the ledger"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_clear_line(url: str, message: str) -> None:
    with pytest.raises(LedgerError) as caught:
        Ledger(url)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_person_of_the_database_who_may_not_write_is_told_so_in_one_line(postgresql: str) -> None:
    url = new_database(postgresql)
    with sa.create_engine(url, poolclass=sa.NullPool).begin() as connection:
        connection.exec_driver_sql("CREATE ROLE guest LOGIN")

    with pytest.raises(LedgerError, match="cannot be used: permission denied for schema public") as caught:
        Ledger(url.replace("//perennial@", "//guest@"))
    assert "\n" not in str(caught.value)


def test_tables_of_a_later_version_are_refused(url: str, by_hand: Callable[..., None]) -> None:
    by_hand("UPDATE ledger_schema SET version_num = '9999'")

    with pytest.raises(LedgerError, match="tables of version 9999, newer than this Perennial's 0001"):
        Ledger(url)
