"""A stream as a user would have it: a spec, a contract and a file, in a folder of their own."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.replay.streams import Drawn
from tasks.settings import Settings, load_settings

_SPEC = """model = "stream"
owner = "benchmark"
task = "{task}"
seed = 1

[source]
uri = "rows.parquet"
timestamp = "time"
key = ["id"]
target = "y"
label_delay = "{delay}d"

[contract]
min_rows = 200
max_quarantined = 0.9

[window]
train = {train}
validation = "{part}d"
holdout = "{part}d"
refit = true

{features}[[candidates]]
kind = "lightgbm"
rounds = 200
leaves = 15

[gate]
metric = "{metric}"
resamples = 500
search_slices = 0

[drift]
window = "{step}d"
every = "{every}d"

[policy]
windows = 1
of = 1
every = "{step}d"
training_cost = {cost}
loss_price = 1.0
"""
_CONTRACT = '''"""{name}."""

import pandas as pd
import pandera.pandas as pa
from pandera.typing.pandas import Series


class Rows(pa.DataFrameModel):
    """One row."""

    time: Series[pd.DatetimeTZDtype] = pa.Field(dtype_kwargs={{"unit": "us", "tz": "UTC"}})
    id: Series[int] = pa.Field(metadata={{"role": "identifier"}})
{columns}
    y: Series[{target}] = pa.Field(nullable=True, metadata={{"role": "outcome"}})
'''


def write_project(
    folder: Path,
    table: pa.Table,
    *,
    task: str = "binary",
    metric: str = "log_loss",
    days: Mapping[str, int],
    cost: float,
    train: str = '["56d", "all"]',
    calendar: str = "",
) -> Settings:
    """Write a project into ``folder`` whose model is called ``stream``, and return its settings.

    ``days`` holds the lengths of a step, of what chooses and judges, of a check and of the delay of labels; a training
    costs ``cost`` times what a loss of 1 on one row does.
    """
    for place in ("deployments", "data_contracts"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "rows.parquet")
    names = [name for name in table.column_names if name not in ("time", "id", "y")]
    columns = "\n".join(f"    {name}: Series[float] = pa.Field(nullable=True)" for name in names)
    target = "float" if task == "regression" else "bool"
    text = _SPEC.format(
        task=task, delay=days["delay"], part=days["part"], step=days["step"], every=days["check"], metric=metric,
        cost=cost, train=train, features=f"[features]\ncalendar = {calendar}\n\n" if calendar else "",
    )  # fmt: skip
    (folder / "deployments" / "stream.toml").write_text(text, encoding="utf-8")
    contract = _CONTRACT.format(name=folder.name, columns=columns, target=target)
    (folder / "data_contracts" / "stream.py").write_text(contract, encoding="utf-8")
    settings = load_settings({"PERENNIAL_PROJECT": str(folder), "PERENNIAL_HOME": str(folder / "home")})
    return replace(settings, threads=load_settings().threads)


def project_of(folder: Path, drawn: Drawn, *, cost: float) -> Settings:
    """Write the project of a generated stream."""
    days = {"step": 7, "part": 14, "check": 1, "delay": drawn.stream.label_delay_days}
    return write_project(folder, drawn.table, days=days, cost=cost, train=drawn.stream.train)
