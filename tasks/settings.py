"""Facts about the machine: where things lie and how much of it may be used.

The only reader of environment variables. What a user chose *for a model* is in its spec.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tasks.data.objects import Objects, objects_of
from tasks.database import Database, database_url
from tasks.errors import SettingsError
from tasks.logins import People, people
from tasks.price import PRICE, Price, read_price
from tasks.up import SECRETS_FILE, login_of, said_by_up

REPLAYS = "replay"
"""In a model's folder."""
LEDGER, MLFLOW, PREFECT = "PERENNIAL_LEDGER", "PERENNIAL_MLFLOW", "PERENNIAL_PREFECT_DATABASE"
STORE = "PERENNIAL_STORE"


_OURS = Path(__file__).resolve().parents[1]
"""The folder with the shipped specs."""


@dataclass(frozen=True)
class Settings:
    """Facts about the machine, read once per command or flow run."""

    project: Path
    """Folder that holds ``deployments/*.toml`` and ``data_contracts/*.py``."""
    home: Path
    """Folder for everything that Perennial writes; of what is in ``store``, this machine's copy."""
    threads: int
    """Threads that training may use."""
    prefect_api_url: str | None
    """The Prefect server to report to: the one that is named, or that `perennial up` runs for this home.

    None: Prefect starts a temporary one.
    """
    prefect_login: str | None = field(default=None, repr=False)
    """What that server asks for; None: nothing, or PREFECT_API_AUTH_STRING says it."""
    ledger_url: str | None = field(default=None, repr=False)
    """The ledger's database, which may name a password; None: a file in the home folder."""
    mlflow_url: str | None = field(default=None, repr=False)
    """The database of MLflow's runs and registry, likewise."""
    prefect_database_url: str | None = field(default=None, repr=False)
    """The database of the Prefect server that `perennial up` runs, likewise."""
    price: Price | None = None
    """None: what a run costs is told in time and energy, and not in money."""
    people: People | None = None
    """MLflow's users, where they decide; None: names are taken as they are given."""
    store: Objects | None = None
    """Where files are kept for all machines; None: in the home folder alone. See ``tasks.data.store``."""
    source_copy: Path | None = None
    """What is read in place of a model's source, for a replay; None: the source itself. See ``tasks.data.copies``."""

    @property
    def specs(self) -> Path:
        return self.project / "deployments"

    @property
    def contracts(self) -> Path:
        return self.project / "data_contracts"

    @property
    def tracking_uri(self) -> str:
        return self.mlflow_url or f"sqlite:///{self.home / 'mlflow.db'}"

    @property
    def ledger(self) -> str:
        return self.ledger_url or f"sqlite:///{self.home / 'ledger.db'}"

    @property
    def databases(self) -> tuple[Database, ...]:
        """What every command writes to."""
        return Database(LEDGER, self.ledger_url), Database(MLFLOW, self.mlflow_url)

    @property
    def prefect_database(self) -> Database:
        return Database(PREFECT, self.prefect_database_url)

    @property
    def registry_files(self) -> str:
        """Where MLflow keeps files, as a URI."""
        return f"{self.store.url if self.store else self.home.as_uri()}/registry"

    def of(self, model: str) -> Path:
        """Return the folder of one model's snapshots, quarantine, runs and lock."""
        return self.home / "models" / model

    def replays(self, model: str) -> Path:
        """Return the folder of what replays of one model work with: this machine's alone, and never in ``store``."""
        return self.of(model) / REPLAYS


def load_settings(
    environ: Mapping[str, str] | None = None, *, cwd: Path | None = None, founding: bool = False
) -> Settings:
    """Return the settings that ``environ`` (default: this process's) and the working folder give.

    ``founding``: where there is no project above the working folder, that is to become one.
    """
    env, here = os.environ if environ is None else environ, cwd or Path.cwd()
    project = _project(env, here, otherwise=here if founding else _OURS)
    home = _home(env, project)
    return Settings(
        project=project,
        home=home,
        threads=_threads(env),
        prefect_api_url=env.get("PREFECT_API_URL") or said_by_up(home, "prefect_api"),
        prefect_login=env.get("PREFECT_API_AUTH_STRING") or login_of(home),
        ledger_url=database_url(LEDGER, env.get(LEDGER), "psycopg"),
        mlflow_url=database_url(MLFLOW, env.get(MLFLOW), "psycopg"),
        prefect_database_url=database_url(PREFECT, env.get(PREFECT), "asyncpg", file=False),
        price=read_price(env.get(PRICE)),
        people=people(env, home / SECRETS_FILE, said_by_up(home, "mlflow") if said_by_up(home, "login") else None),
        store=objects_of(env.get(STORE), env.get("AWS_ENDPOINT_URL_S3") or env.get("AWS_ENDPOINT_URL")),
    )


def secret(name: str) -> str:
    """Return the environment variable that a spec names as ``${NAME}``."""
    value = os.environ.get(name)
    if value is None:
        raise SettingsError(f"environment variable {name} is not set; a spec's source.uri names it")
    return value


def _project(env: Mapping[str, str], cwd: Path, otherwise: Path) -> Path:
    if named := env.get("PERENNIAL_PROJECT"):
        path = Path(named).expanduser().resolve()
        if not path.is_dir():
            raise SettingsError(f"PERENNIAL_PROJECT: found {named!r}; allowed: a folder that exists")
        return path
    for folder in (cwd, *cwd.parents):
        if any((folder / "deployments").glob("*.toml")):
            return folder
    return otherwise


def _home(env: Mapping[str, str], project: Path) -> Path:
    named = env.get("PERENNIAL_HOME")
    if not named:
        return project / ".perennial"
    if "://" in named:
        raise SettingsError(f"PERENNIAL_HOME: found {named!r}; allowed: a folder; PERENNIAL_STORE takes a store")
    return Path(named).expanduser().resolve()


def _threads(env: Mapping[str, str]) -> int:
    named = env.get("PERENNIAL_THREADS")
    if not named:
        return os.cpu_count() or 1
    if not named.isdigit() or int(named) < 1:
        raise SettingsError(f"PERENNIAL_THREADS: found {named!r}; allowed: a whole number from 1 up")
    return int(named)
