"""What checkpoints cost a fit of LightGBM, beside the bare call of the library for the same rounds."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

import lightgbm as lgb

from benchmarks.learning.flights import Flights, flights
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner
from tasks.learning.checkpoints import Checkpoints
from tasks.learning.gbm import fitting as gbm
from tasks.learning.problem import Problem
from tasks.spec import LightGBMSpec

GOAL = 1.05
_SPEC = LightGBMSpec(kind="lightgbm", rounds=100, patience=100)
_TURNS = 5


def study(runner: Runner) -> Section:
    parts = flights(datetime(2013, 8, 1, tzinfo=UTC))
    with TemporaryDirectory() as folder:
        ways = {
            "the bare call": lambda: _bare(parts),
            "ours, a checkpoint each 45 s": lambda: _ours(parts, Checkpoints(Path(folder))),
            "ours, a checkpoint each second": lambda: _ours(parts, Checkpoints(Path(folder), seconds=1)),
        }
        taken = _times(ways, 2 if runner.quick else _TURNS)
    bare, ours, often = taken.values()
    ratio = ours / bare
    return Section(
        title="Checkpoints",
        shows=(
            f"A fit of LightGBM with its checkpoints takes {ratio:.2f} × the CPU of the bare call for the same rounds, "
            f"{often / bare:.2f} × with one each second; the goal is {GOAL} ×."
        ),
        missed=(f"{ratio:.2f} × the bare call",) if ratio > GOAL else (),
        parts=(Table(("", "CPU seconds"), [[way, f"{seconds:.2f}"] for way, seconds in taken.items()]),),
        simulated=(
            f"Measured: {_SPEC.rounds} rounds on the flights up to August, {_TURNS} turns, the median; one thread. The "
            "bare call is `lightgbm.train` with `early_stopping` on the same parameters, and the text of the model."
        ),
    )


def _times(ways: dict[str, Callable[[], None]], turns: int) -> dict[str, float]:
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(turns):
        for way, run in ways.items():
            start = process_time()
            run()
            taken[way].append(process_time() - start)
    return {way: median(seconds) for way, seconds in taken.items()}


def _bare(parts: Flights) -> None:
    train, validation = parts.parts["train"], parts.parts["validation"]
    parameters = gbm._parameters(_SPEC, parts.problem)
    categories = [position for position, levels in enumerate(train.matrix.levels) if levels]
    rows = lgb.Dataset(train.matrix.values, train.labels, categorical_feature=categories, params=parameters)
    booster = lgb.train(
        parameters,
        rows,
        num_boost_round=_SPEC.rounds,
        valid_sets=[rows.create_valid(validation.matrix.values, validation.labels)],
        callbacks=[lgb.early_stopping(_SPEC.patience, verbose=False)],
    )
    booster.model_to_string(num_iteration=booster.best_iteration)


def _ours(parts: Flights, checkpoints: Checkpoints) -> None:
    problem = Problem("binary", parts.target, parts.seed, 1, checkpoints)
    gbm.fit(_SPEC, parts.parts["train"], parts.parts["validation"], problem)
    checkpoints.remove()
