"""How far is too far: thresholds that a stable model's own history crosses as often as was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.distance import Reference
from tasks.monitoring.profile.profile import Profile
from tasks.monitoring.profile.stability import Plan, Stable, memory, stable_histories
from tasks.monitoring.profile.unseen import PARTS, Part, strongest, unseen_parts, widening
from tasks.monitoring.profile.usual import (
    LEAST,
    Least,
    Usual,
    strengths,
    usual_of,
    usual_of_independent_rows,
    usual_of_later_windows,
)

_CHECKS = 12_000
"""Simulated: at two alarms a year and daily checks about 66 alarms, so that the rate is right to about 12 %."""
_FEWEST_HISTORIES = 20
_FEWEST_WINDOWS = 4
"""A reference of fewer windows says too little of how they differ: the theory of independent rows has to do."""
LEAST_LIMIT = 2.0
"""Where hardly a change is large enough to matter, the simulated histories would let chance be an alarm."""
_INDEPENDENT = 52
"""Windows in a year that have no block in common, when there is nothing better to go by."""


@dataclass(frozen=True)
class Calibration:
    """What is usual, and the strength above which a check raises an alarm."""

    usual: Usual
    limit: float
    """In spreads from the centre; the largest over all columns and statistics is compared with it."""
    run: int
    """Blocks that were kept together when histories were made; 0: too few to make any, the theory had to do."""
    rate: float
    """Alarms a year, or a comparison, among the simulated histories at this limit."""


def calibrate(
    profile: Profile, *, window: int, checks_a_year: float, alarms_a_year: float, seed: int, least: Least = LEAST
) -> Calibration:
    """Return the limit that gives ``alarms_a_year`` when nothing changes; ``window`` in blocks, one check a block.

    An alarm that goes on counts once a window. All columns share the limit, so that the
    rate is one for the model and not for a column (Westfall and Young's maximum: related columns count once).
    """
    if len(profile.counts) < _FEWEST_WINDOWS * window:
        return _by_theory(profile, window, alarms_a_year / _INDEPENDENT)
    checks = int(min(max(checks_a_year, 2 * window), _CHECKS / _FEWEST_HISTORIES))
    plan, run = Plan(window, 1, checks, int(np.ceil(_CHECKS / checks))), _run(profile, window)
    stable, usual = _simulate(profile, plan, run=run, seed=seed)
    target, lowest = alarms_a_year / checks_a_year, LEAST_LIMIT
    if parts := _unseen(profile, plan, run=run, seed=seed):
        usual = widening(parts).of(usual)
        lowest = max(lowest, _limit(strongest(parts), window, target))
    most = _most(stable, usual, least)
    limit = max(_limit(most, window, target), lowest)
    rate = alarms(most > limit, window) / most.size * checks_a_year
    return Calibration(usual_of_later_windows(usual, window / len(profile.counts)), limit, run, rate)


def calibrate_once(profile: Profile, *, window: int, false_alarms: float, seed: int) -> Calibration:
    """Return the limit that a single comparison crosses with probability ``false_alarms`` when nothing has changed."""
    if len(profile.counts) < _FEWEST_WINDOWS:
        return _by_theory(profile, window, false_alarms)
    plan, run = Plan(window, window, 20, 100), _run(profile, 1)
    stable, usual = _simulate(profile, plan, run=run, seed=seed)
    lowest = LEAST_LIMIT
    if parts := _unseen(profile, plan, run=run, seed=seed):
        usual = widening(parts).of(usual)
        lowest = max(lowest, float(np.quantile(strongest(parts), 1 - false_alarms)))
    most = _most(stable, usual)
    limit = max(float(np.quantile(most, 1 - false_alarms)), lowest)
    later = usual_of_later_windows(usual, window / len(profile.counts))
    return Calibration(later, limit, run, rate=float((most > limit).mean()))


def _simulate(profile: Profile, plan: Plan, *, run: int, seed: int) -> tuple[list[Stable], Usual]:
    """Return stable histories, and what is usual in them."""
    stable = list(stable_histories(profile, plan, run=run, seed=seed))
    return stable, usual_of(stable, Reference(profile.binning, profile.whole).degrees)


def _unseen(profile: Profile, plan: Plan, *, run: int, seed: int) -> list[Part]:
    """Return each part of a history that remembers, judged by the rest; none where a part holds no window."""
    if run == 1 or len(profile.counts) < PARTS * plan.window:
        return []
    return list(unseen_parts(profile, plan, run=run, seed=seed))


def _most(stable: Sequence[Stable], usual: Usual, least: Least = LEAST) -> FloatArray:
    """Return the largest strength of each check of each history, shape (histories, checks)."""
    return np.stack([strengths(one.distances, one.rows, usual, least=least).most for one in stable])


def _run(profile: Profile, least: int) -> int:
    remembered = memory(profile)
    return remembered if remembered == 1 else min(max(remembered, least), len(profile.counts) // 2)


def _limit(most: FloatArray, window: int, target: float) -> float:
    """Return the lowest limit with at most ``target`` alarms a check; ``most`` of shape (histories, checks)."""
    candidates = np.unique(np.quantile(most, 1 - np.geomspace(0.5, 1 / most.size, 256)))
    low, high = 0, len(candidates) - 1
    while low < high:  # the higher the limit, the fewer alarms
        middle = (low + high) // 2
        too_many = alarms(most > candidates[middle], window) > target * most.size
        low, high = (middle + 1, high) if too_many else (low, middle)
    return float(candidates[high])


def alarms(above: npt.NDArray[np.bool_], window: int) -> int:
    """Count alarms in checks above a limit, shape (histories, checks): one that goes on counts once a window."""
    count, silent_until = 0, np.zeros(len(above), dtype=np.int64)
    for check in range(above.shape[1]):
        raised = above[:, check] & (silent_until <= check)
        silent_until[raised] = check + window
        count += int(raised.sum())
    return count


def _by_theory(profile: Profile, window: int, chance: float) -> Calibration:
    """Return limits for independent rows: Bonferroni over all that is tested."""
    degrees = Reference(profile.binning, profile.whole).degrees
    usual = usual_of_independent_rows(degrees, rows=float(profile.rows.mean()) * window)
    limit = NormalDist().inv_cdf(1 - chance / (2 * (usual.spread.size + 1)))
    return Calibration(usual, limit, run=0, rate=chance)
