"""What the stack is made of: commands, and how each is known to be well."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from deployments.register_wanted import POOL
from deployments.stack.ports import HOST, MLFLOW_PORT, PREFECT_PORT
from tasks.settings import Settings


LEAST_RUNS = 2
"""At once, on a machine of one core; else as many as there are threads: a check need not wait for a training."""


@dataclass(frozen=True)
class Ports:
    """Where the stack listens, on loopback."""

    prefect: int = PREFECT_PORT
    mlflow: int = MLFLOW_PORT

    @property
    def prefect_url(self) -> str:
        return f"http://{HOST}:{self.prefect}"

    @property
    def api(self) -> str:
        return f"{self.prefect_url}/api"

    @property
    def mlflow_url(self) -> str:
        return f"http://{HOST}:{self.mlflow}"


@dataclass(frozen=True)
class Part:
    """A process that is kept alive."""

    name: str
    command: tuple[str, ...]
    health: str | None = None
    """An address that answers 200 when it is well; None: it is when it is alive."""
    variables: Mapping[str, str] = field(default_factory=dict)


def prefect_server(ports: Ports) -> Part:
    """Return Prefect's server and pages."""
    # Not `prefect server start --background`: that says "running" and exits 0 even when the server dies at once.
    words = ("-m", "prefect", "server", "start", "--host", HOST, "--port", str(ports.prefect))
    # Its pages look for the API on port 4200 unless they are told.
    variables = {"PREFECT_SERVER_UI_API_URL": ports.api}
    return Part("Prefect", (sys.executable, *words), f"{ports.api}/health", variables)


def mlflow_pages(settings: Settings, ports: Ports) -> Part:
    """Return MLflow's pages; what is trained writes to its database, and needs none of them."""
    words = ("-m", "mlflow", "server", "--host", HOST, "--port", str(ports.mlflow), "--workers", "1")
    where = ("--backend-store-uri", settings.tracking_uri)
    return Part("MLflow", (sys.executable, *words, *where), f"{ports.mlflow_url}/health")


def worker(settings: Settings, api: str) -> Part:
    """Return the worker of the server at ``api``: it runs what is due and what is asked for, each in its own process."""
    words = ("-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", "perennial")
    # The worker's own count, which ends with it; a limit of Prefect's server outlives runs that were killed.
    most = ("--limit", str(max(settings.threads, LEAST_RUNS)))
    return Part("worker", (sys.executable, *words, *most), variables={"PREFECT_API_URL": api})
