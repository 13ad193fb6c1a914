"""How long a verdict takes, whole process, and how much memory: ours beside others."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from benchmarks.drift.data import Pair, flights, simulated
from benchmarks.markdown import Section, Table
from benchmarks.measurement import Program, Usage, measure
from benchmarks.repetition import Runner
from tasks.data.demo import flights_file
from tasks.environment import environment_of
from tasks.settings import load_settings

SECONDS, GIGABYTES = 3.0, 0.6
"""The goal at ten times the flights,"""
MANY_ROWS, MANY_SECONDS, MANY_GIGABYTES = 10_000_000, 15.0, 1.0
"""and for ten million rows of twenty columns."""
_REPEATS, _OF_OTHERS = 3, 1
"""The others take long, and are far from the goals whatever the noise."""
_SOON = ("perennial drift", "numpy PSI")
_HOW = f"Ours and numpy: the median of {_REPEATS} runs; the others: one run."
_HERE = Path(__file__).parent / "contestants"
NANNYML = "PERENNIAL_NANNYML"
"""Names the Python that has NannyML: it asks for other versions of our libraries, and so has an environment."""


def study(runner: Runner) -> Section:
    settings = load_settings()
    folder = settings.home / "benchmark" / "drift"
    times = (1,) if runner.quick else (1, 10)
    pairs = [flights(flights_file(settings), time, folder) for time in times]
    contestants = _contestants()
    repeats = {name: _REPEATS if name in _SOON and not runner.quick else _OF_OTHERS for name in contestants}
    found = {name: [_usage(words, pair, repeats[name]) for pair in pairs] for name, words in contestants.items()}
    grown = [_usage(contestants["perennial drift"], simulated(rows, folder), 1) for rows in _rows(runner)]
    ours = found["perennial drift"][-1]
    return Section(
        title="What a verdict costs",
        shows=f"At ten times the flights ours takes {ours.wall:.1f} s and {ours.pss / 1e9:.2f} GB, and for "
        f"{_rows(runner)[-1]:,} rows of 20 columns {grown[-1].wall:.1f} s and {grown[-1].pss / 1e9:.2f} GB. The goals "
        f"are {SECONDS:g} s and {GIGABYTES:g} GB, and {MANY_SECONDS:g} s and {MANY_GIGABYTES:g} GB.",
        missed=tuple(_missed(ours, grown[-1])),
        parts=(
            Table(("whole process", *_heads(pairs)), [_line(name, usages) for name, usages in found.items()]),
            _absent(contestants),
            "Ours, on rows in which nothing has changed beside a million others, 20 columns:",
            Table(("rows", "seconds", "GB"), [_grown(r, u) for r, u in zip(_rows(runner), grown, strict=True)]),
        ),
        simulated=_MEASURED,
    )


def _rows(runner: Runner) -> tuple[int, ...]:
    return (100_000, 1_000_000) if runner.quick else (1_000_000, 3_000_000, MANY_ROWS)


def _contestants() -> dict[str, list[str]]:
    """Return what is run, before the files and columns."""
    evidently = [sys.executable, str(_HERE / "evidently_preset.py")]
    found = {
        "perennial drift": [sys.executable, "-m", "deployments.cli", "drift"],
        "numpy PSI": [sys.executable, str(_HERE / "numpy_psi.py")],
        "Evidently, PSI": [*evidently, "psi"],
        "Evidently, default": [*evidently, "default"],
    }
    if python := os.environ.get(NANNYML):
        found["NannyML, default"] = [python, str(_HERE / "nannyml_univariate.py")]
    return found


def _absent(contestants: dict[str, list[str]]) -> str:
    if any(name.startswith("NannyML") for name in contestants):
        return f"{_HOW} NannyML runs in an environment of its own."
    return f"{_HOW} NannyML was not run: {NANNYML} names no Python that has it."


def _usage(command: Sequence[str], pair: Pair, repeats: int) -> Usage:
    """Return the run of median wall time."""
    with TemporaryDirectory() as place:
        variables = {
            **environment_of(load_settings()),
            **os.environ,
            "PERENNIAL_HOME": place,
            "DO_NOT_TRACK": "true",
            "NML_DISABLE_USAGE_LOGGING": "1",
        }
        program = Program(_words(command, pair), variables, Path(place))
        runs = sorted((measure(program)[0] for _ in range(repeats)), key=lambda usage: usage.wall)
    return next(usage for usage in runs if usage.wall >= median(usage.wall for usage in runs))


def _words(command: Sequence[str], pair: Pair) -> list[str]:
    if command[-1] == "drift":
        # A shell, since to have found drift is exit code 1, and no failure of the run.
        asked = f"--reference {pair.reference} --current {pair.current}"
        return ["sh", "-c", f"{' '.join(command)} {asked} || test $? -eq 1"]
    script = [*command[:2], str(pair.reference), str(pair.current), ",".join(pair.columns)]
    return [*script, *command[2:]]


def _missed(ours: Usage, many: Usage) -> list[str]:
    limits = (
        (ours, SECONDS, GIGABYTES, "at ten times the flights"),
        (many, MANY_SECONDS, MANY_GIGABYTES, "for ten million rows"),
    )
    missed = [f"{usage.wall:.1f} s {where}" for usage, seconds, _, where in limits if usage.wall > seconds]
    return missed + [f"{usage.pss / 1e9:.2f} GB {where}" for usage, _, most, where in limits if usage.pss > most * 1e9]


def _heads(pairs: Sequence[Pair]) -> list[str]:
    sizes = [f"{rows[0] / 1e6:.2f} M + {rows[1] / 1e6:.2f} M rows" for rows in (pair.rows for pair in pairs)]
    return [f"{size}, {what}" for size in sizes for what in ("s", "GB")]


def _line(name: str, usages: Sequence[Usage]) -> list[str]:
    return [name, *(cell for usage in usages for cell in (f"{usage.wall:.1f}", f"{usage.pss / 1e9:.2f}"))]


def _grown(rows: int, usage: Usage) -> list[str]:
    return [f"{rows:,}", f"{usage.wall:.1f}", f"{usage.pss / 1e9:.2f}"]


_MEASURED = (
    "Measured: the flights of January to June 2013 beside those of July, 17 columns, and ten times as many a day "
    "(`benchmarks/flights.py`); from the start of the process to its end, imports included, in one run on one machine: "
    "trust the ratios. Each contestant reads the same Parquet files and gives a verdict for each column."
)
