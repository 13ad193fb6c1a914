"""MLflow makes its tables when it finds none: one process of ours at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from tasks.release.ledger.schema import lock, open_database
from tasks.release.lock import one_at_a_time
from tasks.settings import Settings


@contextmanager
def making_tables(settings: Settings) -> Iterator[None]:
    """Keep others from MLflow's tables while the block makes them: two that do so at once break one another.

    A file's lock keeps out processes of this home, and PostgreSQL's those of other homes and machines.
    """
    with one_at_a_time(settings.home / "mlflow.lock"):
        if not settings.tracking_uri.startswith("postgresql"):
            yield
            return
        with open_database(settings.tracking_uri).begin() as connection:
            lock(connection, "mlflow")
            yield
