"""How many daily checks pass between a shift and the first alarm: ours beside two libraries with their defaults.

NannyML needs an environment of its own: its Python runs this module as a script, which prints what NannyML said.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.drift.libraries import LIBRARIES, Verdicts, evidently
from benchmarks.drift.said import SHIFTED, SHIFTS, Drifted, Rule, Said
from benchmarks.drift.stable import NUMBER, WINDOW, YEAR, World, count
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner, generator
from tasks.data.matrix import FloatArray

COLUMNS, ROWS, ASKED = 30, 2_002, 2.0
CHECKS = 21
"""After a shift; one that none of them finds counts as if the last had."""
HALF = COLUMNS // 2
"""Of the columns drifted: Evidently's default for a drifted data set is a share of 0.5."""
WORLDS = {
    "independent": World(COLUMNS, ROWS, kinds=(NUMBER,)),
    "alike": World(COLUMNS, ROWS, kinds=(NUMBER,), wander=0.1, carry=0.7),
}
NANNYML = "PERENNIAL_NANNYML"
"""Names the Python that has NannyML."""
_DAY_ROWS = ROWS // WINDOW
_MOST = max(SHIFTED)
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Asked:
    """A contestant, and how often it is asked."""

    of: str
    delays: int
    years: int
    """Stable ones, of each world."""
    step: int
    """Days between the checks of a stable year: the libraries are slow."""


_OURS, _EVIDENTLY, _NANNYML = (
    Asked("ours", 120, 80, 1),
    Asked("evidently", 8, 3, WINDOW),
    Asked("nannyml", 20, 6, WINDOW),
)


def study(runner: Runner) -> Section:
    python = os.environ.get(NANNYML)
    elsewhere = runner.pool.submit(_elsewhere, python, runner.quick) if python else None
    ours, evidently = (_ask(runner.repeat, asked) for asked in (_OURS, _EVIDENTLY))
    rules = [
        Rule("Perennial", ours),
        Rule("Evidently, any column", evidently),
        Rule("Evidently, data set", evidently, HALF),
    ]
    rules += [Rule("NannyML, any alert", elsewhere.result())] if elsewhere else []
    found = np.minimum(rules[0].delays(1, 0.25), CHECKS)
    return Section(
        title="How soon a shift is found",
        shows=f"At {ASKED:g} false alarms a year asked for, a shift of 0.25 sigma in one of {COLUMNS} columns is found "
        f"after {_mean(found)} daily checks. The goal is a window, {WINDOW}.",
        missed=() if found.mean() <= WINDOW else (f"0.25 sigma found after {_mean(found)} checks",),
        parts=(
            "Alarms a year when nothing changes:",
            Table(("", "days independent", "days alike"), [_rates(rule) for rule in rules]),
            *(_delays(rules, shifted) for shifted in SHIFTED),
            _WHAT if python else f"{_WHAT} NannyML was not asked: {NANNYML} names no Python that has it.",
        ),
        simulated=_SIMULATED.format(agreed=_preset_agrees()),
    )


def _ask(repeat: Callable[..., list[Drifted]], asked: Asked) -> Said:
    years = {world: repeat(_year, (asked, world), asked.years) for world in WORLDS}
    return Said(repeat(_shifted, asked, asked.delays), years, asked.step)


def _shifted(asked: Asked, number: int) -> Drifted:
    """Return what is said of each check after each shift, shape (SHIFTED, SHIFTS, CHECKS)."""
    random = generator("delay", asked.of, number)
    return _our_delays(random, number) if asked.of == "ours" else _their_delays(LIBRARIES[asked.of], random)


def _year(case: tuple[Asked, str], number: int) -> Drifted:
    """Return what is said of each check of a year in which nothing changes."""
    asked, name = case
    random = generator("stable", asked.of, name, number)
    if asked.of == "ours":
        return _watch(WORLDS[name], random, number)(WORLDS[name].levels(YEAR + WINDOW - 1, random))
    reference, year = (_rows(WORLDS[name], days, random) for days in (YEAR, YEAR // WINDOW * WINDOW))
    drifted = LIBRARIES[asked.of](reference.reshape(-1, COLUMNS), year.reshape(-1, ROWS, COLUMNS))
    return np.asarray(drifted.sum(axis=1), dtype=np.int64)


def _our_delays(random: np.random.Generator, number: int) -> Drifted:
    alarmed = _watch(WORLDS["independent"], random, number)
    levels = np.zeros((len(SHIFTED), len(SHIFTS), WINDOW - 1 + CHECKS, COLUMNS))
    for place, shifted in enumerate(SHIFTED):
        levels[place, :, WINDOW - 1 :, :shifted] = np.array(SHIFTS)[:, None, None]
    return np.array([[alarmed(days) for days in row] for row in levels])


def _watch(world: World, random: np.random.Generator, seed: int) -> Callable[[FloatArray], Drifted]:
    """Return what says 1 of each alarmed check of days of given means, with a year of the world as reference."""
    from benchmarks.drift.stable_years import check
    from tasks.monitoring.profile.calibration import calibrate

    reference = count(world, world.levels(YEAR, random), random)
    limits = calibrate(reference, window=WINDOW, checks_a_year=YEAR, alarms_a_year=ASKED, seed=seed)

    def alarmed(levels: FloatArray) -> Drifted:
        found = check(reference, count(world, levels, random), limits)
        return np.asarray(found.most > limits.limit, dtype=np.int64)

    return alarmed


def _rows(world: World, days: int, random: np.random.Generator) -> FloatArray:
    """Return numbers, shape (days, rows, columns)."""
    return random.normal(size=(days, _DAY_ROWS, COLUMNS)) + world.levels(days, random)[:, None, :]


def _their_delays(verdicts: Verdicts, random: np.random.Generator) -> Drifted:
    """Ask once for all shifts: of the columns as they are, and of the first few shifted by each."""
    reference, days = (_rows(WORLDS["independent"], many, random) for many in (YEAR, WINDOW - 1 + CHECKS))
    changed = [days[..., :_MOST] + shift * (np.arange(len(days)) >= WINDOW - 1)[:, None, None] for shift in SHIFTS]
    beside = np.concatenate([reference, *[reference[..., :_MOST]] * len(SHIFTS)], axis=2)
    every = np.concatenate([days, *changed], axis=2)
    windows = np.stack([every[first : first + WINDOW].reshape(ROWS, -1) for first in range(CHECKS)])
    return _by_shift(verdicts(beside.reshape(-1, every.shape[2]), windows))


def _by_shift(drifted: npt.NDArray[np.bool_]) -> Drifted:
    """Return how many columns drifted when so many of them were shifted, shape (SHIFTED, SHIFTS, checks)."""
    still, shifted = drifted[:, :COLUMNS], drifted[:, COLUMNS:].reshape(len(drifted), len(SHIFTS), _MOST)
    return np.array(
        [
            [shifted[:, at, :many].sum(axis=1) + still[:, many:].sum(axis=1) for at in range(len(SHIFTS))]
            for many in SHIFTED
        ]
    )


def _elsewhere(python: str, quick: bool) -> Said:
    """Return what NannyML says, run by the Python that has it; nothing is sent to its makers."""
    command = [python, "-W", "ignore", "-m", "benchmarks.drift.delay", *(["quick"] if quick else [])]
    variables = {**os.environ, "NML_DISABLE_USAGE_LOGGING": "1"}
    done = subprocess.run(command, cwd=_ROOT, env=variables, check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    years = {world: [np.array(year) for year in every] for world, every in found["years"].items()}
    return Said([np.array(delays) for delays in found["delays"]], years, _NANNYML.step)


def _preset_agrees() -> str:
    """Return of how many columns the preset itself says what ``evidently`` says of them."""
    import pandas as pd
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    random = generator("preset")
    reference, window = (_rows(WORLDS["independent"], days, random).reshape(-1, COLUMNS) for days in (YEAR, WINDOW))
    window += np.linspace(0, 0.2, COLUMNS)
    names = [f"c{place}" for place in range(COLUMNS)]
    sides = [
        Dataset.from_pandas(pd.DataFrame(rows, columns=names), data_definition=DataDefinition(numerical_columns=names))
        for rows in (window, reference)
    ]
    tests = Report([DataDriftPreset()], include_tests=True).run(*sides).dict()["tests"]
    said = {test["metric_config"]["params"].get("column"): test["status"] == "FAIL" for test in tests}
    ours = evidently(reference, window[None])[0]
    return f"{sum(said[name] == found for name, found in zip(names, ours, strict=True))} of {COLUMNS}"


def _rates(rule: Rule) -> list[str]:
    years = [rule.rates(world) for world in WORLDS]
    return [rule.name, *(_mean(found) if found.any() else f"none in {len(found)} years" for found in years)]


def _delays(rules: Sequence[Rule], shifted: int) -> Table:
    head = (f"{shifted} of {COLUMNS} columns", *(f"{shift:g} sigma" for shift in SHIFTS))
    return Table(head, [[rule.name, *(_delay(rule.delays(shifted, shift)) for shift in SHIFTS)] for rule in rules])


def _delay(found: FloatArray) -> str:
    share = np.isfinite(found).mean()
    if share == 0:
        return "never"
    return _mean(np.minimum(found, CHECKS)) + ("" if share == 1 else f" ({100 * share:.0f} %)")


def _mean(values: FloatArray) -> str:
    return f"{values.mean():.1f} ± {values.std(ddof=1) / np.sqrt(len(values)):.1f}"


_WHAT = (
    f"Checks until the first alarm, one a day; in brackets how often there was one among the first {CHECKS}, where not "
    f"always: none counts as {CHECKS}. The first check sees one shifted day of the {WINDOW} in its window. The "
    "libraries know no rate of false alarms: the first table is what their defaults come to, and each delay is to be "
    "read beside it."
)
_SIMULATED = (
    f"Simulated: {COLUMNS} normal columns, {ROWS:,} rows a window of {WINDOW} daily blocks, {YEAR} days of reference; "
    f"{_OURS.delays} repetitions of ours and {_OURS.years} stable years of daily checks in each world. The libraries "
    f"are slow: Evidently {_EVIDENTLY.delays} repetitions and {_EVIDENTLY.years} years, NannyML {_NANNYML.delays} and "
    f"{_NANNYML.years}, with a check a week in the stable years, so that their daily rate is higher, if anything. Days "
    "alike: each column's mean wanders by 0.1 sigma, correlated by 0.7 from day to day. Evidently's tests (Wasserstein "
    "distance, 0.1) are called one by one, since its preset also draws; the preset itself, asked once, said the same "
    "of {agreed} columns."
)


def _here(one: Callable[..., Drifted], case: object, times: int) -> list[Drifted]:
    return [one(case, number) for number in range(times)]


def main() -> None:
    few = Asked("nannyml", 2, 2, WINDOW) if sys.argv[1:] == ["quick"] else _NANNYML
    said = _ask(_here, few)
    years = {world: [year.tolist() for year in every] for world, every in said.years.items()}
    print(json.dumps({"delays": [delays.tolist() for delays in said.delays], "years": years}))


if __name__ == "__main__":
    main()
