"""What the stack is made of: commands, and how each is known to be well."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from deployments.register.wanted import POOL
from deployments.stack.addresses import Addresses
from deployments.stack.secrets import Secrets, mlflow_rules
from tasks.settings import Settings

LEAST_RUNS = 2
"""At once, on a machine of one core; else as many as there are threads: a check need not wait for a training."""


@dataclass(frozen=True)
class Part:
    """A process that is kept alive."""

    name: str
    command: tuple[str, ...]
    health: str | None = None
    """An address that answers 200 when it is well; None: it is when it is alive."""
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of its environment; a secret may be among them."""


def prefect_server(settings: Settings, where: Addresses, secrets: Secrets | None = None) -> Part:
    """Return Prefect's server and pages; with ``secrets`` they answer nobody who does not know them."""
    # Not `prefect server start --background`: that says "running" and exits 0 even when the server dies at once.
    words = ("-m", "prefect", "server", "start", "--host", where.host, "--port", str(where.prefect_port))
    # Its pages look for the API on port 4200 unless they are told.
    # A message that it sends has a link to its pages only if it knows their address.
    variables = {
        "PREFECT_SERVER_UI_API_URL": f"{where.prefect_pages}/api",
        "PREFECT_UI_URL": where.prefect_pages,
        **_database(settings),
        **(_closed(secrets) if secrets else {}),
    }
    return Part("Prefect", (sys.executable, *words), f"{where.api}/health", variables)


def _database(settings: Settings) -> Mapping[str, str]:
    if not (url := settings.prefect_database_url):
        return {}  # a file in the home folder
    # One spelling for the user: what the other two drivers call sslmode, asyncpg calls ssl.
    return {"PREFECT_SERVER_DATABASE_CONNECTION_URL": url.replace("sslmode=", "ssl=")}


def _closed(secrets: Secrets) -> Mapping[str, str]:
    return {"PREFECT_SERVER_API_AUTH_STRING": secrets.login, **_known(secrets)}


def _known(secrets: Secrets) -> Mapping[str, str]:
    return {"PREFECT_API_AUTH_STRING": secrets.login}


def mlflow_pages(settings: Settings, where: Addresses, secrets: Secrets | None = None) -> Part:
    """Return MLflow's pages; what is trained writes to its database, and needs none of them."""
    words = ("-m", "mlflow", "server", "--host", where.host, "--port", str(where.mlflow_port), "--workers", "1")
    rules = ("--app-name", "basic-auth") if secrets else ()
    # Not as an option: a command line, and a password in it, can be read by every user of the machine.
    variables = {
        "MLFLOW_BACKEND_STORE_URI": settings.tracking_uri,
        # Its jobs are judges of language models, and nothing of ours; with them it holds 1.8 GB, without 0.4.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        **({"MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(where.mlflow_names)} if where.mlflow_names else {}),
        **({"MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": where.mlflow_proxy} if where.mlflow_proxy else {}),
        **(_login(settings, secrets) if secrets else {}),
    }
    return Part("MLflow", (sys.executable, *words, *rules), f"{where.mlflow}/health", variables)


def _login(settings: Settings, secrets: Secrets) -> Mapping[str, str]:
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(mlflow_rules(settings.home)),
        "MLFLOW_AUTH_ADMIN_PASSWORD": secrets.password,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.signature,
    }


def worker(settings: Settings, api: str, secrets: Secrets | None = None, *, pages: str | None = None) -> Part:
    """Return the worker of the server at ``api``: it runs what is due or asked for, each in its own process.

    What its runs tell people has links to ``pages``; None: to the server itself.
    """
    words = ("-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process", "--name", "perennial")
    # The worker's own count, which ends with it; a limit of Prefect's server outlives runs that were killed.
    most = ("--limit", str(max(settings.threads, LEAST_RUNS)))
    return Part(
        "worker",
        (sys.executable, *words, *most),
        variables={
            "PREFECT_API_URL": api,
            **({"PREFECT_UI_URL": pages} if pages else {}),
            **(_known(secrets) if secrets else {}),
        },
    )
