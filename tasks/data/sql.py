"""Rows from a database: one bounded SELECT, read in pieces."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

import pyarrow as pa

from tasks.data.digest import canonical_type
from tasks.data.times import widen
from tasks.data.window import Window
from tasks.errors import SourceError, SourceUnavailable
from tasks.settings import secret
from tasks.spec import SourceSpec

if TYPE_CHECKING:
    import sqlalchemy as sa

_CHUNK_ROWS = 50_000
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_DAY_FIRST = "____-__-__%"
"""The LIKE pattern of ISO text, whose order as text is that of its days."""


@dataclass(frozen=True)
class Database:
    """A table or a query of a database."""

    name: str
    """The URL as the spec has it, with ``${NAME}`` and not what that stands for."""
    columns: tuple[str, ...]
    engine: "sa.Engine" = field(repr=False)
    rows: "sa.FromClause" = field(repr=False)
    typed: ClassVar[bool] = True

    def batches(self, columns: Sequence[str], timestamp: str | None, window: Window, /) -> Iterator[pa.RecordBatch]:
        """Yield the rows that may be in ``window``; a column has the type of what each batch holds of it."""
        with _explained(self.name), self.engine.connect() as connection:
            wanted = self._select(columns).execution_options(yield_per=_CHUNK_ROWS)
            if timestamp is not None:
                wanted = wanted.where(may_be_in(window, timestamp, self._sample(connection, timestamp)))
            for rows in connection.execute(wanted).partitions():
                arrays = [_array(values) for values in zip(*rows, strict=True)]
                yield pa.record_batch(arrays, names=list(columns))

    def _select(self, columns: Sequence[str]) -> "sa.Select[Any]":
        import sqlalchemy as sa

        return sa.select(*(sa.column(name) for name in columns)).select_from(self.rows)

    def _sample(self, connection: "sa.Connection", column: str) -> object:
        """Return a value of the time column, None if it has none."""
        import sqlalchemy as sa

        found = connection.scalar(self._select([column]).where(sa.column(column).is_not(None)).limit(1))
        if isinstance(found, str | date | None):
            return found
        raise SourceError(
            f"{self.name}: column {column} holds {type(found).__name__} values, such as {found!r}; allowed: "
            "timestamps, dates, and ISO 8601 text. Convert them in source.query"
        )


@contextmanager
def open_database(source: SourceSpec, project: Path) -> Iterator[Database]:
    """Give the table or query that ``source`` names; a relative path of SQLite starts at ``project``."""
    import sqlalchemy as sa

    with _explained(source.uri):
        engine = sa.create_engine(_url(source.uri, project), poolclass=sa.NullPool)
        rows = _rows(source)
    try:
        with _explained(source.uri), engine.connect() as connection:
            nothing = sa.select(sa.text("*")).select_from(rows).where(sa.false())
            columns = tuple(connection.execute(nothing).keys())
        yield Database(source.uri, columns, engine, rows)
    finally:
        engine.dispose()


def fill(uri: str, *, quoted: bool = False) -> str:
    """Return ``uri`` with environment variables for each ``${NAME}``, percent-encoded if ``quoted``."""
    encode = partial(quote, safe="") if quoted else str
    return _PLACEHOLDER.sub(lambda match: encode(secret(match[1])), uri)


def may_be_in(window: Window, timestamp: str, sample: object) -> "sa.ColumnElement[bool]":
    """Return what rows in ``window`` fulfil, and those with no time or not an ISO one: they must be refused.

    ``sample`` is a value of the column, None if it has none: a database keeps times as times, dates or text.
    """
    import sqlalchemy as sa

    column: sa.ColumnClause[Any] = sa.column(timestamp)
    near = widen(window)
    if sample is None:
        return sa.true()
    inside = column < _as_kept(near.end, sample)
    if near.start is not None:
        inside &= column >= _as_kept(near.start, sample)
    unusual = column.not_like(_DAY_FIRST) if isinstance(sample, str) else sa.false()
    return sa.or_(inside, column.is_(None), unusual)


def _as_kept(midnight: datetime, sample: object) -> datetime | date | str:
    """Return ``midnight`` as the database keeps its times."""
    if isinstance(sample, datetime):
        return midnight if sample.tzinfo else midnight.replace(tzinfo=None)
    return midnight.date() if isinstance(sample, date) else midnight.date().isoformat()


def _array(values: Sequence[object]) -> pa.Array:
    """Return ``values`` in the type that holds them all, as text where there is no such simple type."""
    try:
        array = pa.array(values)
        odd = isinstance(array.type, pa.BaseExtensionType) or pa.types.is_nested(array.type)  # UUID, JSON
    except (pa.ArrowException, OverflowError):
        odd = True
    if odd:
        array = pa.array([None if value is None else str(value) for value in values])
    return array.dictionary_encode() if pa.types.is_dictionary(canonical_type(array.type)) else array


def _rows(source: SourceSpec) -> "sa.FromClause":
    import sqlalchemy as sa

    if source.table:
        schema, _, name = source.table.rpartition(".")
        return sa.table(name, schema=schema or None)
    # A colon would begin a parameter; a comment at the end would swallow the bracket behind it.
    query = (source.query or "").strip().rstrip(";").replace(":", "\\:") + "\n"
    return sa.text(query).columns().subquery("source")


def _url(uri: str, project: Path) -> "sa.URL":
    """Return the URL with its secrets, which stand for themselves: a password need not be percent-encoded."""
    import sqlalchemy as sa

    credentials, at, place = uri.rpartition("@")
    try:
        url = sa.make_url(fill(credentials, quoted=True) + at + fill(place))
    except ValueError:
        raise SourceError(
            f"source.uri: found {uri!r}; allowed: dialect+driver://user:${{NAME}}@host:port/database"
        ) from None
    return _sqlite_url(url, uri, project) if url.get_backend_name() == "sqlite" else url


def _sqlite_url(url: "sa.URL", uri: str, project: Path) -> "sa.URL":
    path = project / (url.database or "")
    if not path.is_file():  # connecting would create it, empty
        shown = project / _without_secrets(url.database or "", uri)
        raise SourceError(f"{uri}: there is no database file {shown}; a relative path starts at {project}")
    return url.set(database=str(path))


@contextmanager
def _explained(uri: str) -> Iterator[None]:
    """Turn what the database says into a SourceError of one line, without secrets."""
    import sqlalchemy as sa

    try:
        yield
    except ImportError as error:
        raise SourceError(f"{uri}: its driver is not installed: {error}") from None
    except sa.exc.SQLAlchemyError as error:
        words = " ".join(str(getattr(error, "orig", None) or error).split())
        kind = SourceUnavailable if _may_pass(error, uri) else SourceError
        raise kind(f"{uri}: {_without_secrets(words, uri)}") from None


def _may_pass(error: Exception, uri: str) -> bool:
    """Say whether it may help to ask again: a server that does not answer, or a file that somebody writes to."""
    import sqlalchemy as sa

    operational = isinstance(error, sa.exc.OperationalError)  # SQLite calls a missing table so, too
    return operational and (not uri.startswith("sqlite") or "locked" in str(error))


def _without_secrets(words: str, uri: str) -> str:
    for name in _PLACEHOLDER.findall(uri):
        if value := secret(name):
            words = words.replace(value, f"${{{name}}}")
    return words
