"""Real histories: the flights of 2013, and, where they are at hand, bicycles by the hour and fifty years of weather.

``PERENNIAL_BENCHMARK_DATA`` names a folder with ``bike_hour.csv.gz`` (UCI Bike Sharing, Fanaee-T and Gama 2013) and
``noaa_weather.csv.gz`` (NOAA, Bellevue); they do not ship with Perennial.
"""

import os
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.csv

from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from benchmarks.replay.course import Course, run_course
from benchmarks.replay.projects import write_project
from benchmarks.replay.scoring import choose, misses, promotions, table
from tasks.data.window import Window
from tasks.settings import Settings, load_settings

_WEEK = timedelta(days=7)


def study(runs: Runner) -> Section:
    """Walk every policy and contestant through every history at hand."""
    courses = [_flights()] if not runs.quick else []
    if named := os.environ.get("PERENNIAL_BENCHMARK_DATA"):
        courses += [_in_project(make, Path(named)) for make in (bikes, weather)]
    if not courses:
        return Section("Real histories", "None was at hand.", (), (), "")
    return section(courses)


def section(courses: list[Course]) -> Section:
    """Return what is shown of the courses."""
    choices = [choose(course) for course in courses]
    gain = sum(one.gain for one in choices) / len(choices)
    share = sum(one.trainings for one in choices) / len(choices)
    rows = [
        (course.name, course.metric.label, one.policy, one.best, f"{one.gain:.0%}", f"{one.trainings:.0%}")
        for course, one in zip(courses, choices, strict=True)
    ]
    head = ("history", "loss", "chosen", "best in hindsight", "of its gain", "of all trainings")
    parts: list[Table | str] = [Table(head, rows), promotions(courses)]
    for course in courses:
        parts += [f"### {course.name}", table(course)]
    return Section(
        title="Real histories",
        shows=f"A policy chosen by the first half of a history gains, in the second, {gain:.0%} of what the best one "
        f"in hindsight gains, a mean over histories, since their losses have no common unit, with {share:.0%} of the "
        "trainings of training at each step. The goals are the same.",
        missed=tuple(misses([(course, None) for course in courses], choices, (gain, share))),
        parts=tuple(parts),
        simulated="Flights: the shipped spec, steps of a week. Bicycles: the count of an hour, by the absolute error, "
        "steps of a week; weather: rain or not, by log loss, steps of half a year, days as if from 1949 on.",
    )


def _flights() -> Course:
    over = Window(None, datetime(2014, 1, 1, tzinfo=UTC))
    with tempfile.TemporaryDirectory() as home:
        settings = load_settings({"PERENNIAL_HOME": home})
        return run_course("flights", settings, step=_WEEK, model="flight_delay", over=over)


def _in_project(make: Callable[[Path, Path], tuple[Settings, timedelta]], data: Path) -> Course:
    with tempfile.TemporaryDirectory() as folder:
        settings, step = make(Path(folder), data)
        return run_course(make.__name__, settings, step=step)


def bikes(folder: Path, data: Path) -> tuple[Settings, timedelta]:
    """Write the project of the hourly counts."""
    found = pa.csv.read_csv(data / "bike_hour.csv.gz")
    days = found.column("dteday").cast(pa.timestamp("us")).cast(pa.int64()).to_numpy()
    times = days + 3_600_000_000 * found.column("hr").to_numpy()
    names = ("hr", "weekday", "workingday", "holiday", "weathersit", "temp", "atemp", "hum", "windspeed", "season")
    table = _table(times, found, {name: name for name in names}, found.column("cnt").cast(pa.float64()))
    lengths = {"step": 7, "part": 14, "check": 1, "delay": 1}
    settings = write_project(
        folder,
        table,
        task="regression",
        metric="mae",
        days=lengths,
        cost=0.02 * 168 * 40,
        train='["56d", "182d", "all"]',
    )
    return settings, _WEEK


def weather(folder: Path, data: Path) -> tuple[Settings, timedelta]:
    """Write the project of the daily weather."""
    found = pa.csv.read_csv(data / "noaa_weather.csv.gz")
    first = int(datetime(1949, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000
    times = first + 86_400_000_000 * np.arange(found.num_rows)
    names = {f"feat_{number}": f"x{number}" for number in range(1, 9)}
    label = cast("pa.ChunkedArray", pa.compute.equal(found.column("target"), 1))
    table = _table(times, found, names, label)
    lengths = {"step": 182, "part": 365, "check": 7, "delay": 1}
    settings = write_project(folder, table, days=lengths, cost=0.004 * 182, train='["1460d", "all"]')
    return settings, timedelta(days=182)


def _table(times: object, found: pa.Table, names: dict[str, str], label: pa.ChunkedArray) -> pa.Table:
    """Return rows of time, number, the renamed columns as numbers, and label; in order of time."""
    columns = {new: found.column(old).cast(pa.float64()) for old, new in names.items()}
    time = pa.array(times).cast(pa.timestamp("us", "UTC"))
    return pa.table({"time": time, "id": np.arange(found.num_rows), **columns, "y": label}).sort_by("time")
