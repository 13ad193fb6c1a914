"""A PostgreSQL server of its own, in a folder of its own, on loopback."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from uuid import uuid4

from deployments.stack.ports import HOST, free_port
from tasks.release.ledger.book import Ledger


def missing() -> str | None:
    """Return what keeps a server from being started and reached here; None: nothing does."""
    if not Path(_find("initdb")).is_file():
        return "PostgreSQL is not installed"
    return None if find_spec("psycopg") else "psycopg, PostgreSQL's driver, is not installed"


@contextmanager
def postgres() -> Iterator[str]:
    """Run a server for the length of the block, and give the URL of a database.

    PostgreSQL refuses to be run by root: root's is run by the user that its package makes.
    """
    with tempfile.TemporaryDirectory() as folder:
        data, port = Path(folder) / "data", free_port()
        if os.geteuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        _run("initdb", "--pgdata", str(data), "--username", "perennial", "--auth", "trust", "--no-sync")
        options = f"-h {HOST} -p {port} -k {folder}"
        _run("pg_ctl", "start", "--wait", "--pgdata", str(data), "--log", f"{folder}/log", "--options", options)
        try:
            yield f"postgresql+psycopg://perennial@{HOST}:{port}/postgres"
        finally:
            _run("pg_ctl", "stop", "--wait", "--mode", "fast", "--pgdata", str(data))


def new_database(server: str) -> str:
    """Return the URL of a new, empty database of ``server``."""
    import sqlalchemy as sa

    name = f"ledger_{uuid4().hex}"
    with sa.create_engine(server, poolclass=sa.NullPool).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text(f"CREATE DATABASE {name}"))
    return f"{server.rpartition('/')[0]}/{name}"


def copy_to_postgres(ledger: Path, server: str) -> str:
    """Write the entries of an SQLite ledger into a new database of ``server``, and return its URL."""
    url = new_database(server)
    with Ledger(url).deciding() as page:
        for entry in Ledger(f"sqlite:///{ledger}").entries():
            page.append(entry.model, entry.what, at=entry.at)
    return url


def _run(program: str, *words: str) -> None:
    demoted = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    subprocess.run([*demoted, _find(program), *words], check=True, stdout=subprocess.DEVNULL, cwd="/")


def _find(program: str) -> str:
    """Return where Debian keeps the newest one, which is not on the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    return str(installed[-1]) if installed else shutil.which(program) or program
