"""Are wrong labels found among those of train, and is nothing claimed where there are none?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from benchmarks.learning.flown import flight_spec, flights
from benchmarks.learning.streams import FEATURES
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Runner, generator
from tasks.data.matrix import FeatureMatrix, Labelled, Target
from tasks.learning.estimator import fit
from tasks.learning.folds import out_of_fold
from tasks.learning.problem import Problem
from tasks.learning.suspects import Suspects, confident_classes, find_suspects, mean_own
from tasks.metrics import evaluate
from tasks.spec import LightGBMSpec

FLIPPED, SEEDS, ROWS = 0.05, 2, 20_000
CLARITY = {"plain": 20.0, "clear": 5.0, "fair": 2.0, "hard": 1.0, "very hard": 0.5}
"""By how much features outweigh chance; of "very hard" ones the best possible ROC AUC is about 0.7."""
RARE = "plain, one in ten positive"
NAMED_OF_CLEAN, RIGHT = 0.005, 0.5
"""Goals: so few of clean labels are named, and of those named when there are mistakes so many are mistakes."""
_FLIGHTS, _AS_OF = "flights", datetime(2013, 9, 1, tzinfo=UTC)
_PROBLEM = Problem("binary", Target("y", (0, 1)), 7, 1)
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """Labels of which it is known which are wrong, and what came of looking for them."""

    data: str
    planted: float
    named: float
    precision: float
    recall: float
    at_most: float
    alone: tuple[float, float, float]
    """Of confident learning alone: the same three."""
    expected: float
    """Contradictions that calibrated probabilities let expect if every label were right, as a share of those found."""
    losses: dict[str, float]
    """Log loss on rows with right labels, by what was done about suspects; validation stays as it came."""


def study(runner: Runner) -> Section:
    with TemporaryDirectory() as home:
        found = [*_generated(1 if runner.quick else SEEDS), *_flights(Path(home))]
    clean, planted = ([case for case in found if (case.planted > 0) is wrong] for wrong in (False, True))
    missed = [f"{c.data}: {c.named:.2%} of clean labels are named" for c in clean if c.named > NAMED_OF_CLEAN]
    missed += [
        f"{c.data}: {c.precision:.0%} of those named are wrong" for c in planted if c.named and c.precision < RIGHT
    ]
    missed += [f"{c.data}: the bound {c.at_most:.1%} is broken" for c in found if c.at_most < c.planted]
    silent = [c.data for c in planted if not c.named]
    found_any = [case for case in planted if case.named]
    return Section(
        title="Labels that may be wrong",
        shows=(
            f"Of clean labels at most {max(c.named for c in clean):.2%} are named (goal: {NAMED_OF_CLEAN:.1%}), and no "
            f"mistake is claimed of any. With {FLIPPED:.0%} of labels flipped, {_range(found_any, 'precision')} of "
            f"those named are wrong, and {_range(found_any, 'recall')} of the wrong ones are named; where classes are "
            f"hard to predict ({', '.join(silent)}) nothing is named, since there chance and mistakes cannot be told "
            "apart. The bound on the share of wrong labels holds in every case."
        ),
        missed=tuple(missed),
        parts=(
            f"With {FLIPPED:.0%} of labels flipped, and clean; beside it what confident learning alone names:",
            Table(_HEAD, [_row(case) for case in found]),
            "Log loss of LightGBM at its defaults on right labels; in brackets against learning from all rows alike:",
            Table(("data, planted", "flag", "drop", "weight"), [_losses(case) for case in found]),
        ),
        simulated=(
            f"Measured: {ROWS:,} rows of {FEATURES} features, {SEEDS} seeds each, the same features weighing from 20 "
            "times to half of what chance does; and the flights as of September. The column *by chance*: of the rows "
            "that confident learning names, how many would be named if every label had been drawn from what the folds' "
            "models say. They are about as many with flipped labels as without, so that a test of an excess over them "
            "would tell nothing of mistakes; hence only an upper bound is claimed. The losses are on right labels, but "
            "validation bears as many wrong ones as train, as it would: they stop the trees of a cleaned train early, "
            "which can cost more than cleaning gains."
        ),
    )


_HEAD = (
    "data", "planted", "named", "of these wrong", "of the wrong", "wrong at most",
    "confident learning alone: named", "of these wrong", "of the wrong", "by chance",
)  # fmt: skip


def _row(case: Case) -> list[str]:
    def shares(named: float, precision: float, recall: float) -> list[str]:
        right = [f"{precision:.0%}" if named else "–", f"{recall:.0%}"] if case.planted else ["–", "–"]
        return [f"{named:.2%}", *right]

    own = shares(case.named, case.precision, case.recall)
    return [case.data, f"{case.planted:.0%}", *own, f"{case.at_most:.1%}", *shares(*case.alone), f"{case.expected:.0%}"]


def _losses(case: Case) -> list[str]:
    plain = case.losses["flag"]
    told = [f"{case.losses[how]:.4f} ({100 * (case.losses[how] / plain - 1):+.1f} %)" for how in ("drop", "weight")]
    return [f"{case.data}, {case.planted:.0%}", f"{plain:.4f}", *told]


def _generated(seeds: int) -> Iterator[Case]:
    for name in (*CLARITY, RARE):
        for share in (0.0, FLIPPED):
            yield _mean([_look(name, *_draw(name, number), share, number) for number in range(seeds)])


def _flights(home: Path) -> Iterator[Case]:
    parts, _ = flights(flight_spec(), _AS_OF, home)
    for share in (0.0, FLIPPED):
        yield _look(_FLIGHTS, parts.train, parts.validation, parts.holdout, share, 0)


def _draw(name: str, number: int) -> tuple[Labelled, Labelled, Labelled]:
    random, clarity = generator("labels", name, number), CLARITY.get(name, CLARITY["plain"])

    def rows(count: int) -> Labelled:
        values = random.normal(size=(count, FEATURES)).astype(np.float32)
        signal = 0.7 * values[:, 0] + 0.7 * values[:, 1] + np.where(values[:, 2] * values[:, 3] > 0, 0.8, -0.8)
        signal -= 1.65 if name == RARE else 0
        labels = (clarity * signal + random.logistic(size=count) > 0).astype(np.float64)
        names = tuple(f"x{nth}" for nth in range(FEATURES))
        ages = np.arange(count, 0, -1, dtype=np.int64)
        return Labelled(FeatureMatrix(values, names, (0,) * FEATURES), labels, ages=ages)

    return rows(ROWS), rows(ROWS // 5), rows(2 * ROWS)


def _look(name: str, train: Labelled, validation: Labelled, holdout: Labelled, share: float, number: int) -> Case:
    random = generator("flips", name, number)
    wrong, spoiled = (random.random(len(rows)) < share for rows in (train, validation))
    rows, chooses = _flip(train, wrong), _flip(validation, spoiled)
    probabilities = out_of_fold(rows, None, _PROBLEM)
    found = find_suspects(rows.labels, probabilities)
    given = rows.labels.astype(np.intp)
    confident = confident_classes(probabilities, mean_own(given, probabilities))
    alone = (confident >= 0) & (confident != given)
    others = 1 - probabilities[np.arange(len(given)), np.maximum(confident, 0)]
    return Case(
        data=name,
        planted=share,
        named=found.share,
        precision=_share(wrong, found.named),
        recall=_share(found.named, wrong),
        at_most=found.at_most,
        alone=(float(alone.mean()), _share(wrong, alone), _share(alone, wrong)),
        expected=float(others[confident >= 0].sum() / max(alone.sum(), 1)),
        losses=_losses_of(rows, found, chooses, holdout),
    )


def _losses_of(rows: Labelled, found: Suspects, chooses: Labelled, holdout: Labelled) -> dict[str, float]:
    plain = _loss(rows, chooses, holdout)
    if not found.named.any():
        return {"flag": plain, "drop": plain, "weight": plain}
    kept = Labelled(rows.matrix.rows(~found.named), rows.labels[~found.named])
    lighter = Labelled(rows.matrix, rows.labels, 1 - found.suspicion)
    return {"flag": plain, "drop": _loss(kept, chooses, holdout), "weight": _loss(lighter, chooses, holdout)}


def _loss(train: Labelled, validation: Labelled, holdout: Labelled) -> float:
    model = fit(LightGBMSpec(kind="lightgbm"), train, validation, _PROBLEM)
    return evaluate("binary", holdout.labels, model.predict(holdout.matrix))["log_loss"]


def _flip(rows: Labelled, wrong: Mask) -> Labelled:
    return replace(rows, labels=np.where(wrong, 1 - rows.labels, rows.labels), prepared={})


def _range(cases: list[Case], name: str) -> str:
    values = [float(getattr(case, name)) for case in cases]
    return f"{min(values):.0%} to {max(values):.0%}"


def _share(hits: Mask, of: Mask) -> float:
    return float(hits[of].mean()) if of.any() else 0.0


def _mean(cases: list[Case]) -> Case:
    def over(name: str) -> float:
        return mean(float(getattr(case, name)) for case in cases)

    named, precision, recall = (mean(values) for values in zip(*(case.alone for case in cases), strict=True))
    return Case(
        data=cases[0].data,
        planted=cases[0].planted,
        named=over("named"),
        precision=over("precision"),
        recall=over("recall"),
        at_most=over("at_most"),
        alone=(named, precision, recall),
        expected=over("expected"),
        losses={how: mean(case.losses[how] for case in cases) for how in cases[0].losses},
    )
