"""What the stack is made of: commands, and how each is known to be well."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from deployments.register.wanted import POOL
from deployments.stack.ports import HOST, MLFLOW_PORT, PREFECT_PORT
from deployments.stack.secrets import Secrets, mlflow_rules
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
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of its environment; a secret may be among them."""


def prefect_server(settings: Settings, ports: Ports, secrets: Secrets | None = None) -> Part:
    """Return Prefect's server and pages; with ``secrets`` they answer nobody who does not know them."""
    # Not `prefect server start --background`: that says "running" and exits 0 even when the server dies at once.
    words = ("-m", "prefect", "server", "start", "--host", HOST, "--port", str(ports.prefect))
    # Its pages look for the API on port 4200 unless they are told.
    # A message that it sends has a link to its pages only if it knows their address.
    variables = {
        "PREFECT_SERVER_UI_API_URL": ports.api,
        "PREFECT_UI_URL": ports.prefect_url,
        **_database(settings),
        **(_closed(secrets) if secrets else {}),
    }
    return Part("Prefect", (sys.executable, *words), f"{ports.api}/health", variables)


def _database(settings: Settings) -> Mapping[str, str]:
    if not (url := settings.prefect_database_url):
        return {}  # a file in the home folder
    # One spelling for the user: what the other two drivers call sslmode, asyncpg calls ssl.
    return {"PREFECT_SERVER_DATABASE_CONNECTION_URL": url.replace("sslmode=", "ssl=")}


def _closed(secrets: Secrets) -> Mapping[str, str]:
    return {"PREFECT_SERVER_API_AUTH_STRING": secrets.login, **_known(secrets)}


def _known(secrets: Secrets) -> Mapping[str, str]:
    return {"PREFECT_API_AUTH_STRING": secrets.login}


def mlflow_pages(settings: Settings, ports: Ports, secrets: Secrets | None = None) -> Part:
    """Return MLflow's pages; what is trained writes to its database, and needs none of them."""
    words = ("-m", "mlflow", "server", "--host", HOST, "--port", str(ports.mlflow), "--workers", "1")
    rules = ("--app-name", "basic-auth") if secrets else ()
    # Not as an option: a command line, and a password in it, can be read by every user of the machine.
    variables = {
        "MLFLOW_BACKEND_STORE_URI": settings.tracking_uri,
        # Its jobs are judges of language models: seven processes and more than a gigabyte, for nothing of ours.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        **(_login(settings, secrets) if secrets else {}),
    }
    return Part("MLflow", (sys.executable, *words, *rules), f"{ports.mlflow_url}/health", variables)


def _login(settings: Settings, secrets: Secrets) -> Mapping[str, str]:
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(mlflow_rules(settings.home)),
        "MLFLOW_AUTH_ADMIN_PASSWORD": secrets.password,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.signature,
    }


def worker(settings: Settings, api: str, secrets: Secrets | None = None) -> Part:
    """Return the worker of the server at ``api``: it runs what is due or asked for, each in its own process."""
    words = ("-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", "perennial")
    # The worker's own count, which ends with it; a limit of Prefect's server outlives runs that were killed.
    most = ("--limit", str(max(settings.threads, LEAST_RUNS)))
    return Part(
        "worker",
        (sys.executable, *words, *most),
        variables={"PREFECT_API_URL": api, **(_known(secrets) if secrets else {})},
    )
