"""How far is too far: thresholds that a stable model's own history crosses as often as was asked for."""

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.distance import Reference, measure
from tasks.monitoring.profile.profile import Profile
from tasks.monitoring.profile.stability import Plan, memory, stable_histories
from tasks.monitoring.profile.usual import (
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
_PARTS, _HISTORIES_OF_A_PART = 4, 8
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


def calibrate(profile: Profile, *, window: int, checks_a_year: float, alarms_a_year: float, seed: int) -> Calibration:
    """Return the limit that gives ``alarms_a_year`` when nothing changes; ``window`` in blocks, one check a block.

    An alarm that goes on counts once a window. All columns share the limit, so that the
    rate is one for the model and not for a column (Westfall and Young's maximum: related columns count once).
    """
    if len(profile.counts) < _FEWEST_WINDOWS * window:
        return _by_theory(profile, window, alarms_a_year / _INDEPENDENT)
    checks = int(min(max(checks_a_year, 2 * window), _CHECKS / _FEWEST_HISTORIES))
    plan = Plan(window, 1, checks, int(np.ceil(_CHECKS / checks)))
    usual, most = _simulate(profile, plan, seed)
    target, run = alarms_a_year / checks_a_year, _run(profile, window)
    limit = _limit(most.reshape(plan.histories, checks), window, target)
    if run > 1:
        limit = max(limit, _limit_of_unseen_parts(profile, replace(plan, histories=_HISTORIES_OF_A_PART), target, seed))
    limit = max(limit, LEAST_LIMIT)
    found = alarms(most.reshape(plan.histories, checks) > limit, window) / most.size
    return Calibration(usual, limit=limit, run=run, rate=found * checks_a_year)


def calibrate_once(profile: Profile, *, window: int, false_alarms: float, seed: int) -> Calibration:
    """Return the limit that a single comparison crosses with probability ``false_alarms`` when nothing has changed."""
    if len(profile.counts) < _FEWEST_WINDOWS:
        return _by_theory(profile, window, false_alarms)
    plan = Plan(window, window, 20, 100)
    usual, most = _simulate(profile, plan, seed)
    limit = max(float(np.quantile(most, 1 - false_alarms)), LEAST_LIMIT)
    return Calibration(usual, limit=limit, run=_run(profile, 1), rate=float((most > limit).mean()))


def _simulate(profile: Profile, plan: Plan, seed: int) -> tuple[Usual, FloatArray]:
    """Return what is usual, and the largest strength of each check of each stable history."""
    run = _run(profile, plan.window if plan.step == 1 else 1)
    stable = list(stable_histories(profile, plan, run=run, seed=seed))
    usual = usual_of(stable, Reference(profile.binning, profile.whole).degrees)
    most = np.concatenate([strengths(one.distances, one.rows, usual).most for one in stable])
    return usual_of_later_windows(usual, plan.window / len(profile.counts)), most


def _run(profile: Profile, least: int) -> int:
    remembered = memory(profile)
    return remembered if remembered == 1 else min(max(remembered, least), len(profile.counts) // 2)


def _limit_of_unseen_parts(profile: Profile, plan: Plan, target: float, seed: int) -> float:
    """Return the lowest limit that the real windows of each part, judged by the rest, cross as often as ``target``.

    Where blocks remember, a history holds few windows that tell anything new: what is usual fits those that it was
    learned from better than those to come. So each part in turn is judged by what the others say is usual.
    """
    blocks, run = np.arange(len(profile.counts)), _run(profile, plan.window)
    found = []
    for held in np.array_split(blocks, _PARTS):
        rest = profile.only(np.setdiff1d(blocks, held))
        base = Reference(rest.binning, rest.whole)
        stable = list(stable_histories(rest, plan, run=min(run, len(rest.rows) // 2), seed=seed))
        usual = usual_of_later_windows(usual_of(stable, base.degrees), plan.window / len(rest.rows))
        windows = profile.only(held).windows(plan.window)
        rows = windows.rows / max(float(rest.rows.mean()) * plan.window, 1.0)
        found.append(strengths(measure(windows.counts, base), rows, usual).most)
    shortest = min(map(len, found))
    return _limit(np.array([most[:shortest] for most in found]), plan.window, target)


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
