"""The ledger's database: how it is opened, and how its tables come to be what this version expects."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.errors import LedgerError

if TYPE_CHECKING:
    import sqlalchemy as sa

HEAD = "0001"
"""The newest file in migrations/versions."""
_WAIT_SECONDS = 60
"""How long a writer waits for the one before it."""


def open_database(url: str) -> "sa.Engine":
    """Return an engine whose transactions are serial: one writer at a time, and the others wait for their turn."""
    import sqlalchemy as sa

    try:
        engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=_arguments(url))
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as error:
        raise LedgerError(
            f"PERENNIAL_LEDGER: cannot be used: {error}; allowed: sqlite:///… or postgresql+psycopg://…"
        ) from None
    if engine.dialect.name not in ("sqlite", "postgresql"):
        raise LedgerError(f"PERENNIAL_LEDGER: found a {engine.dialect.name} database; allowed: SQLite or PostgreSQL")
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    return engine


def migrate(engine: "sa.Engine") -> None:
    """Bring the tables to the version that this code expects; raise LedgerError if they are newer."""
    import sqlalchemy as sa

    with engine.connect() as connection:
        found = _version(connection.execution_options(isolation_level="AUTOCOMMIT"))
    if found == HEAD:
        return
    if found is not None and found > HEAD:
        raise LedgerError(f"the ledger has tables of version {found}, newer than this Perennial's {HEAD}: upgrade it")
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    with engine.connect() as connection, connection.begin():
        lock(connection, "migration")
        if _version(connection) == HEAD:  # another process was faster
            return
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(sa.text("SELECT 1"))


def lock(connection: "sa.Connection", what: str) -> None:
    """Keep other writers out until the transaction ends. SQLite's begin with that: see ``_prepare_sqlite``."""
    import sqlalchemy as sa

    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext(:what))"), {"what": f"perennial {what}"})


def _version(connection: "sa.Connection") -> str | None:
    import sqlalchemy as sa

    if not sa.inspect(connection).has_table("ledger_schema"):
        return None
    found = connection.scalar(sa.text("SELECT version_num FROM ledger_schema"))
    return None if found is None else str(found)


def _arguments(url: str) -> dict[str, Any]:
    return {"timeout": _WAIT_SECONDS} if url.startswith("sqlite") else {}


def _prepare_sqlite(engine: "sa.Engine") -> None:
    """Take the write lock when a transaction begins.

    A transaction that reads first and writes later fails at once with "database is locked" when another one wrote in
    between, however long it may wait; one that begins with the lock waits for its turn.
    """
    import sqlalchemy as sa

    if database := engine.url.database:
        try:
            Path(database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LedgerError(f"the ledger cannot be written: {error}") from None

    @sa.event.listens_for(engine, "connect")
    def configure(connection: Any, _: object) -> None:  # noqa: ANN401 - the driver's own
        connection.isolation_level = None  # the driver begins nothing by itself
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":  # a reader keeps nobody out
            connection.exec_driver_sql("BEGIN IMMEDIATE")
