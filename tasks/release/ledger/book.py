"""Read the ledger, and add to it: one decision at a time, by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tasks.errors import LedgerError
from tasks.release.ledger.entries import (
    ORIGIN,
    Entry,
    What,
    closes,
    content_of,
    digest_of,
    fence_of,
    kind_of,
    read_content,
)
from tasks.release.ledger.schema import lock, migrate, open_database

if TYPE_CHECKING:
    import sqlalchemy as sa


@dataclass(frozen=True)
class Tampering:
    """The first entry that is not what was written."""

    number: int
    finding: str


class View:
    """The ledger as it stands: another process may add to it at any moment."""

    def __init__(self, connection: "sa.Connection") -> None:
        self.connection = connection

    def entries(self, model: str | None = None) -> list[Entry]:
        """Return the entries of ``model``, or of all models, oldest first."""
        return [_entry(row) for row in _rows(self.connection, model)]


class Page(View):
    """The ledger within one transaction: what is read stays true until what is added is there."""

    def append(self, model: str, what: What, *, at: datetime) -> Entry:
        """Add one entry, and return it."""
        import sqlalchemy as sa

        last = self.connection.execute(
            sa.text("SELECT number, digest FROM ledger ORDER BY number DESC LIMIT 1")
        ).first()
        number, previous = (last.number + 1, last.digest) if last else (1, ORIGIN)
        facts = (model, kind_of(what), at.astimezone(UTC).isoformat(), content_of(what))
        digest = digest_of(number, facts, previous)
        names = ("number", "model", "kind", "at", "content", "fence", "closes", "previous", "digest")
        values = (number, *facts, fence_of(what), closes(what), previous, digest)
        self.connection.execute(
            sa.text(f"INSERT INTO ledger ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"),  # noqa: S608
            dict(zip(names, values, strict=True)),
        )
        return Entry(number, model, at, what, previous, digest)


class Ledger:
    """The append-only record of decisions, in SQLite or PostgreSQL."""

    def __init__(self, url: str) -> None:
        self._engine = open_database(url)
        with _explained():
            migrate(self._engine)

    @contextmanager
    def deciding(self) -> Iterator[Page]:
        """Give the ledger to one decision: all that is appended in the block is kept, or, if it raises, none of it."""
        with _explained(), self._engine.begin() as connection:
            lock(connection, "ledger")
            yield Page(connection)

    def entries(self, model: str | None = None) -> list[Entry]:
        """Return the entries of ``model``, or of all models, oldest first."""
        with self.reading() as view:
            return view.entries(model)

    def verify(self) -> Tampering | None:
        """Return the first entry that was changed, moved or taken out since it was written; None: all are in order."""
        previous = ORIGIN
        with self.reading() as view:
            for place, row in enumerate(_rows(view.connection, None), start=1):
                if row.number != place:
                    return Tampering(place, f"is missing: {row.number} follows {place - 1}")
                if row.previous != previous:
                    return Tampering(place, "does not name the digest of the entry before it")
                facts = (row.model, row.kind, row.at, row.content)
                if digest_of(place, facts, previous) != row.digest or not _agrees(row):
                    return Tampering(place, "is not what was written: its digest differs")
                previous = row.digest
        return None

    @contextmanager
    def reading(self) -> Iterator[View]:
        """Give what stands in the ledger without keeping writers out."""
        with _explained(), self._engine.connect() as connection:
            yield View(connection.execution_options(isolation_level="AUTOCOMMIT"))


def _rows(connection: "sa.Connection", model: str | None) -> "sa.CursorResult[Any]":
    import sqlalchemy as sa

    where, values = (" WHERE model = :model", {"model": model}) if model else ("", {})
    return connection.execute(sa.text(f"SELECT * FROM ledger{where} ORDER BY number"), values)  # noqa: S608


def _entry(row: Any) -> Entry:  # noqa: ANN401 - a row of SQLAlchemy's
    what = read_content(row.kind, row.content)
    return Entry(row.number, row.model, datetime.fromisoformat(row.at), what, row.previous, row.digest)


def _agrees(row: Any) -> bool:  # noqa: ANN401 - a row of SQLAlchemy's
    """Say whether the columns that the database checks say what the content does."""
    what = read_content(row.kind, row.content)
    return (fence_of(what), closes(what)) == (row.fence, row.closes)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what the database says into one line."""
    import sqlalchemy as sa

    try:
        yield
    except (sa.exc.OperationalError, sa.exc.ProgrammingError) as error:  # not there; or there, and not for this user
        raise LedgerError(f"the ledger's database cannot be used: {str(error.orig).splitlines()[0]}") from error
