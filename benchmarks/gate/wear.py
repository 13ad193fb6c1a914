"""What becomes of alpha when challenger after challenger is judged on the same rows."""

from dataclasses import dataclass

import numpy as np

from benchmarks.gate.gates import ALPHA, RESAMPLES, paired_test, promotes
from benchmarks.gate.world import NOISE, Truth, World
from benchmarks.markdown import Section, Table
from benchmarks.repetition import Rate, Runner, generator, rate
from tasks.data.matrix import FloatArray
from tasks.judgement.significance import Pair, compare
from tasks.judgement.wear import spent

REPETITIONS, ATTEMPTS = 1000, 20
SHOWN = (1, 2, 5, 10, 20)
CASES = {
    "independent rows, ROC AUC": ("roc_auc", 0),
    "14 days, ROC AUC": ("roc_auc", 14),
    "14 days, accuracy": ("accuracy", 14),
}
_ROWS = 2_000


@dataclass(frozen=True)
class Case:
    """By what challengers are judged, on how many days."""

    metric: str
    days: int


def study(runner: Runner) -> Section:
    found = {name: np.array(runner.repeat(_one, Case(*case), REPETITIONS)) for name, case in CASES.items()}
    whole, kept = ([rate(votes[:, -1, rule]) for votes in found.values()] for rule in (0, 1))
    above = [name for name, r in zip(found, kept, strict=True) if not r.within(2 * ALPHA)]
    return Section(
        title="Many challengers on the same rows",
        shows=(
            f"{ATTEMPTS} challengers, none of them better, judged one after another on the same {_ROWS:,} rows: with "
            f"alpha whole each time, one of them is promoted in {_span(whole)} of cases; with alpha spent, as the "
            f"gate does, in {_span(kept)}. The promise is at most 2·alpha = 10 %."
        ),
        missed=(f"more than 2·alpha: {', '.join(above)}",) if above else (),
        parts=(_table(found), _late(found)),
        simulated=_SIMULATED,
    )


def _span(rates: list[Rate]) -> str:
    values = sorted(100 * r.value for r in rates)
    return f"{values[0]:.0f} to {values[-1]:.0f} %"


def _one(case: Case, number: int) -> FloatArray:
    """Return whether any challenger has been promoted after so many attempts, whole and spent: (attempts, 2)."""
    numbers = generator("wear", case, number)
    truth = Truth.draw(World(_ROWS, case.days), numbers)
    noise = np.full(_ROWS, NOISE)
    champion = truth.predictions(noise, numbers)
    votes = [
        _attempt(case.metric, Pair(truth.labels, truth.predictions(noise, numbers), champion, truth.blocks), uses)
        for uses in range(ATTEMPTS)
    ]
    return np.maximum.accumulate(np.array(votes), axis=0)


def _attempt(metric: str, pair: Pair, uses: int) -> tuple[float, float]:
    left = spent(ALPHA, np.full(len(pair.labels), uses))
    whole, kept = (compare(pair, paired_test(metric, uses, alpha=alpha)) for alpha in (ALPHA, left))
    return float(promotes(whole)), float(promotes(kept))


def _table(found: dict[str, FloatArray]) -> Table:
    lines = [
        [f"{name}, alpha {how}", *(str(rate(votes[:, attempts - 1, rule])) for attempts in SHOWN)]
        for name, votes in found.items()
        for rule, how in enumerate(("whole", "spent"))
    ]
    return Table(("some challenger promoted after …", *(f"{n}" for n in SHOWN)), lines)


def _late(found: dict[str, FloatArray]) -> str:
    """Say what is promoted late, when next to nothing is left of alpha."""
    early, late = ([votes[:, attempts - 1, 1] for votes in found.values()] for attempts in (SHOWN[2], ATTEMPTS))
    added = ", ".join(
        f"{rate(after - before)} ({name})" for name, before, after in zip(found, early, late, strict=True)
    )
    left = 100 * 2 * ALPHA * 2.0 ** -SHOWN[2]
    return (
        f"What is left of alpha after the first {SHOWN[2]} attempts comes to {left:.1f} % for all others together. "
        f"Promoted by them: {added}. Where that is more, the bootstrap is the reason: {RESAMPLES:,} resamples do not "
        f"show what happens in one case of {RESAMPLES:,}, so an interval ends at the most extreme of them, however "
        "little alpha is left."
    )


_SIMULATED = (
    "Simulated: the world of the first section; one champion, and twenty challengers of exactly its quality, each "
    "with errors of its own, judged by rule `better` on the same rows. The n-th of them has alpha / 2^(n-1). "
    f"{REPETITIONS:,} repetitions."
)
