"""A shop whose orders come in until this very moment, and a browser that tells whom it asked."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

DAYS, A_DAY = 16, 500
SPEC = """
model = "returns"
owner = "shop"
description = "Will this order come back?"
task = "binary"

[source]
uri = "orders.csv"
timestamp = "ordered_at"
key = ["order"]
target = "returned"
label_delay = "1h"

[contract]
min_rows = 100

[window]
train = "8d"
validation = "2d"
holdout = "2d"

[[candidates]]
kind = "lightgbm"
rounds = 30
leaves = 7

[gate]
metric = "roc_auc"
margin = 0.05
min_rows = 100
resamples = 200
slices = ["country"]

[drift]
window = "1d"
every = "6h"

[policy]
windows = 1
of = 1
cooldown = "1min"
"""
CONTRACT = '''
"""Orders."""

import pandas as pd
import pandera.pandas as pa
from pandera.typing.pandas import Series


class Orders(pa.DataFrameModel):
    """One order."""

    ordered_at: Series[pd.DatetimeTZDtype] = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})
    order: Series[int] = pa.Field(ge=0)
    country: Series[str] = pa.Field(isin=["de", "fr", "it"])
    price: Series[float] = pa.Field(gt=0)
    weight: Series[float] = pa.Field(ge=0)
    returned: Series[bool] = pa.Field(metadata={"role": "outcome"})
'''
CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@dataclass
class Shop:
    """A project folder of a user's, whose source the test writes anew."""

    folder: Path
    now: datetime
    home: Path = field(init=False)

    def __post_init__(self) -> None:
        self.home = self.folder / ".perennial"

    def schedule(self, **crons: str) -> None:
        """Write the spec with this [schedule]."""
        lines = "\n".join(f'{key} = "{cron}"' for key, cron in crons.items())
        (self.folder / "deployments" / "returns.toml").write_text(f"{SPEC}\n[schedule]\n{lines}\n")

    def orders(self, *, in_cents: timedelta = timedelta(0), turned: timedelta = timedelta(0)) -> None:
        """Write the orders: prices of the last ones in cents, and the last ones kept where others come back."""
        draw, rows = np.random.default_rng(0), DAYS * A_DAY
        age = np.arange(rows, 0, -1) * (86_400 / A_DAY)  # seconds
        price, weight = draw.gamma(2.0, 30.0, rows) + 1, draw.gamma(2.0, 2.0, rows)
        returned = draw.random(rows) < 1 / (1 + np.exp(3 - price / 20 - weight / 4))
        table = pa.table(
            {
                "ordered_at": pa.array(
                    [self.now - timedelta(seconds=float(one)) for one in age], pa.timestamp("us", "UTC")
                ),
                "order": np.arange(rows),
                "country": draw.choice(["de", "fr", "it"], rows),
                "price": np.where(age <= in_cents.total_seconds(), 100.0, 1.0) * price.round(2),
                "weight": weight.round(3),
                "returned": np.where(age <= turned.total_seconds(), ~returned, returned),
            }
        )
        part = self.folder / "orders.part"
        pyarrow.csv.write_csv(table, part)
        part.replace(self.folder / "orders.csv")


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(tmp_path / "shop", datetime.now(UTC))
    for name in ("deployments", "data_contracts"):
        (made.folder / name).mkdir(parents=True)
    (made.folder / "data_contracts" / "returns.py").write_text(CONTRACT)
    made.orders()
    monkeypatch.setenv("PERENNIAL_PROJECT", str(made.folder))
    monkeypatch.setenv("PERENNIAL_HOME", str(made.home))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    return made


@dataclass
class Browser:
    """Chromium, and every host that a page of it asked for."""

    page: Any
    hosts: set[str]

    def picture(self, name: str) -> None:
        """Keep what is seen, where PERENNIAL_PICTURES names a folder."""
        if folder := os.environ.get("PERENNIAL_PICTURES"):
            self.page.screenshot(path=Path(folder) / f"{name}.png")


@pytest.fixture
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api")
    hosts: set[str] = set()
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname or "of the page itself"))
        yield Browser(page, hosts)
        chromium.close()


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Ask until there is an answer."""
    import time

    def ask(question: Callable[[], Any], seconds: float = 120) -> Any:
        deadline = time.monotonic() + seconds
        while not (answer := question()):
            assert time.monotonic() < deadline, f"no answer in {seconds:.0f} s"
            time.sleep(0.5)
        return answer

    return ask
