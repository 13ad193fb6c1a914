"""A project of many models, and its stack without a terminal: servers and a worker, on ports of their own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.stack import parts
from deployments.stack.addresses import Addresses
from deployments.stack.ports import free_port
from deployments.stack.running import Process
from deployments.stack.scheduled import Api
from deployments.stack.supervisor import Supervisor
from tasks.errors import ServerError
from tasks.release.registry_tables import making_tables
from tasks.settings import Settings, load_settings

_TRIES = 10
_SPEC = """
model = "{name}"
owner = "shop"
task = "binary"

[contract]
name = "orders"

[source]
uri = "orders.csv"
timestamp = "ordered_at"
key = ["order"]
target = "returned"
label_delay = "1d"

[window]
validation = "10d"
holdout = "10d"

[[candidates]]
kind = "linear"

[gate]
metric = "roc_auc"

[schedule]
train = "0 3 * * 1"
score = "30 3 * * *"
drift = "{minute} * * * *"
"""
_CONTRACT = '''
"""Orders."""

import pandas as pd
import pandera.pandas as pa
from pandera.typing.pandas import Series


class Orders(pa.DataFrameModel):
    """One order."""

    ordered_at: Series[pd.DatetimeTZDtype] = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})
    order: Series[int] = pa.Field(ge=0)
    price: Series[float] = pa.Field(gt=0)
    returned: Series[bool] = pa.Field(nullable=True, metadata={"role": "outcome"})
'''


@dataclass(frozen=True)
class Stack:
    """A stack that is up."""

    settings: Settings
    api: Api
    supervisor: Supervisor
    processes: Mapping[str, Process]
    """Of its parts, by name."""

    def runs(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        """Return all runs that Prefect's filter ``wanted`` finds."""
        for _ in range(_TRIES):
            with suppress(OSError):  # a busy server may leave a question unanswered
                return self.api.all("flow_runs/filter", {"flow_runs": wanted})
        raise ServerError(f"{self.api.url} has not answered {_TRIES} times")


def write_project(folder: Path, minutes: dict[str, int]) -> None:
    """Write a spec for each model, whose check is due at that minute of every hour; all have one contract."""
    (folder / "deployments").mkdir(parents=True, exist_ok=True)
    (folder / "data_contracts").mkdir(exist_ok=True)
    (folder / "data_contracts" / "orders.py").write_text(_CONTRACT, encoding="utf-8")
    (folder / "orders.csv").write_text("ordered_at,order,price,returned\n", encoding="utf-8")
    for name, minute in minutes.items():
        spec = _SPEC.format(name=name, minute=minute)
        (folder / "deployments" / f"{name}.toml").write_text(spec, encoding="utf-8")


def settings_of(folder: Path, databases: dict[str, str]) -> Settings:
    """Return the settings of the project in ``folder``, with a home of its own and the databases that are named."""
    named = {"PERENNIAL_PROJECT": str(folder), "PERENNIAL_HOME": str(folder / "home"), "PERENNIAL_THREADS": "2"}
    return load_settings({**named, **databases})


@contextmanager
def stack(settings: Settings) -> Iterator[Stack]:
    """Run Prefect's server and MLflow's for the length of the block; ``start_worker`` adds the worker."""
    where, processes = Addresses(free_port(), free_port()), dict[str, Process]()

    def changed(now: Sequence[Process]) -> None:
        processes.update({one.name: one for one in now})

    made = Stack(settings, Api(where.api, patience=60), Supervisor(settings, print, changed=changed), processes)
    try:
        with making_tables(settings):
            made.supervisor.start(parts.prefect_server(settings, where), parts.mlflow_pages(settings, where))
        yield made
    finally:
        made.supervisor.stop()


def start_worker(made: Stack) -> None:
    made.supervisor.start(parts.worker(made.settings, made.api.url))
