"""Three sets of data to break: real flights, a shop's sales, and credits. Each is a function of a seed."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.data.demo import flights_file
from tasks.data.matrix import FloatArray
from tasks.metrics import Task
from tasks.monitoring.triage import Columns
from tasks.settings import Settings

_DAY = 86_400_000_000
_HOUR = _DAY // 24
_LATE_MINUTES = 15


@dataclass(frozen=True)
class DataSet:
    """Rows in order of time, with the parts that their columns play."""

    name: str
    task: Task
    table: pa.Table
    columns: Columns


def flights(seed: int, settings: Settings, *, rows_a_day: int | None = None) -> DataSet:
    """Return the flights of 2013 with their target ``late``; all, or about ``rows_a_day`` chosen by ``seed``."""
    table = pq.read_table(flights_file(settings))
    if rows_a_day is not None:
        chosen = np.random.default_rng(seed).random(table.num_rows) < rows_a_day * 365 / table.num_rows
        table = table.filter(pa.array(chosen))
    late = pc.greater(table["arr_delay"], _LATE_MINUTES).cast(pa.float64())
    outcomes = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]
    table = _encoded(table.drop_columns([*outcomes, "engine"]).append_column("late", late))
    return DataSet("flights", "binary", table, Columns("scheduled_departure", _FLIGHT_KEY, "late"))


_FLIGHT_KEY = ("scheduled_departure", "carrier", "flight", "tailnum")


def shop(seed: int, *, days: int = 760, rows_a_day: int = 120) -> DataSet:
    """Return the sales of shops in units, a regression whose weather and demand follow the seasons of two years."""
    draw = np.random.default_rng(seed)
    times = _times(draw, days, rows_a_day, hours=(10, 17), spread=2.5, first=datetime(2022, 1, 3, tzinfo=UTC))
    rows, day = len(times), times / _DAY
    year = np.sin(2 * np.pi * (day - 110) / 365.25)
    weather = _walk(draw, days)[((times - times[0] // _DAY * _DAY) // _DAY).clip(0, days - 1)]
    temperature = 55 + 22 * year + 6 * weather + 5 * np.sin(2 * np.pi * (times / _HOUR % 24 - 9) / 24)
    temperature = (temperature + draw.normal(0, 2, rows)).round(1)
    price = np.exp(draw.normal(2.6, 0.5, rows)).round(2)
    discount = draw.choice([0.0, 0.1, 0.2, 0.3], rows, p=[0.7, 0.15, 0.1, 0.05])
    store = draw.choice(["north", "south", "east", "west", "centre"], rows, p=[0.15, 0.2, 0.15, 0.2, 0.3])
    product = draw.choice(["drinks", "bread", "fruit", "snacks"], rows, p=[0.35, 0.25, 0.25, 0.15])
    distance_km = draw.gamma(2, 3, rows)
    visitors = draw.poisson(60 + 25 * (store == "centre") + 10 * year)
    demand = 20 + 0.25 * visitors - 0.6 * price + 40 * discount + 0.3 * (product == "drinks") * (temperature - 50)
    table = pa.table(
        {
            "sold_at": _timestamps(times),
            "sale": np.arange(rows),
            "store": store,
            "product": product,
            "price": price,
            "discount": discount,
            "temperature": temperature,
            "dew_point": (temperature - draw.gamma(3, 4, rows)).round(1),
            "visitors": visitors.astype(float),
            "distance_km": distance_km,
            "units": demand + draw.normal(0, 5, rows),
        }
    )
    return DataSet("shop", "regression", _encoded(table), Columns("sold_at", ("sale",), "units"))


def credit(seed: int, *, days: int = 240, rows_a_day: int = 300) -> DataSet:
    """Return applications for credit, a binary target, without seasons."""
    draw = np.random.default_rng(seed)
    times = _times(draw, days, rows_a_day, hours=(11, 20), spread=2.0, first=datetime(2024, 1, 1, tzinfo=UTC))
    rows = len(times)
    age = draw.gamma(9, 4.5, rows).clip(18, 90).round()
    income = np.exp(draw.normal(7.8, 0.45, rows) + (age - 40) / 120)
    amount = (np.exp(draw.normal(8.6, 0.7, rows)) / 50).round() * 50
    months = draw.choice([12.0, 24.0, 36.0, 48.0, 60.0, 72.0], rows, p=[0.1, 0.2, 0.25, 0.2, 0.15, 0.1])
    balance = draw.normal(900, 1500, rows)
    minutes = pa.array(draw.gamma(2, 80, rows), mask=draw.random(rows) < 0.04)
    region = draw.choice(["N", "S", "E", "W"], rows, p=[0.3, 0.3, 0.25, 0.15])
    channel = draw.choice(["branch", "web", "app", "partner"], rows, p=[0.2, 0.35, 0.35, 0.1])
    risk = -2.2 + 0.8 * np.log(amount / income) - 0.0004 * balance - 0.02 * (age - 40) + 0.7 * (channel == "partner")
    table = pa.table(
        {
            "applied_at": _timestamps(times),
            "application": np.arange(rows),
            "age": age,
            "income": income,
            "amount": amount,
            "months": months,
            "balance": balance,
            "phone_minutes": minutes,
            "region": region,
            "channel": channel,
            "default": (draw.random(rows) < 1 / (1 + np.exp(-risk))).astype(float),
        }
    )
    return DataSet("credit", "binary", _encoded(table), Columns("applied_at", ("application",), "default"))


def _times(
    draw: np.random.Generator, days: int, rows_a_day: int, *, hours: tuple[int, int], spread: float, first: datetime
) -> np.ndarray:
    """Return sorted times, microseconds: a varying number a day, most around two ``hours`` of it."""
    counts = draw.poisson(rows_a_day, days)
    day = np.repeat(np.arange(days), counts)
    hour = (draw.choice(hours, len(day), p=[0.6, 0.4]) + draw.normal(0, spread, len(day))) % 24
    return np.sort(int(first.timestamp()) * 1_000_000 + day * _DAY + (hour * _HOUR).astype(np.int64))


def _walk(draw: np.random.Generator, days: int) -> FloatArray:
    """Return the weather of each day: what it was the day before, for the most part."""
    found = np.zeros(days)
    for day in range(1, days):
        found[day] = 0.8 * found[day - 1] + 0.6 * draw.normal()
    return found


def _timestamps(times: np.ndarray) -> pa.Array:
    return pa.array(times).cast(pa.timestamp("us", "UTC"))


def _encoded(table: pa.Table) -> pa.Table:
    """Return the table with its text in the type that tasks use."""
    for place, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            table = table.set_column(place, field.name, table.column(place).dictionary_encode().unify_dictionaries())
    return table.combine_chunks()
