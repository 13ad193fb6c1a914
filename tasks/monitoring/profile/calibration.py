"""How far is too far: thresholds that a stable model's own history crosses as often as was asked for."""

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from tasks.data.matrix import FloatArray
from tasks.monitoring.profile.distance import STATISTICS, Distances, Reference
from tasks.monitoring.profile.profile import Profile
from tasks.monitoring.profile.stability import Plan, Stable, memory, stable_histories

LEAST_SHIFT, LEAST_RATE, LEAST_PSI = 0.05, 0.005, 0.005
"""Smaller changes do no harm, however surely they are seen in a million rows."""
_CHECKS = 12_000
"""Simulated: at two alarms a year and daily checks about 66 alarms, so that the rate is right to about 12 %."""
_FEWEST_HISTORIES = 20
_FEWEST_WINDOWS = 4
"""A reference of fewer windows says too little of how they differ: the theory of independent rows has to do."""
_INDEPENDENT = 52
"""Windows in a year that have no block in common, when there is nothing better to go by."""
_LEAST_VOLUME = 0.01
"""Of the logarithm: rows never come more evenly than that for long."""
_SHAPE, _LOCATION, _MISSING, _UNSEEN = range(len(STATISTICS))


@dataclass(frozen=True)
class Calibration:
    """What is usual for each statistic, and the strength above which a check raises an alarm."""

    centre: FloatArray
    """Shape (statistics, columns)."""
    spread: FloatArray
    volume: float
    """Spread of the logarithm of the window's rows over those expected."""
    limit: float
    """In spreads from the centre; the largest over all columns and statistics is compared with it."""
    run: int
    """Blocks that were kept together when histories were made; 0: too few to make any, the theory had to do."""
    rate: float
    """Alarms a year, or a comparison, among the simulated histories at this limit."""


@dataclass(frozen=True)
class Strengths:
    """How unusual each window is: spreads from what is usual, 0 where the change is too small to matter."""

    columns: FloatArray
    """Shape (statistics, windows, columns)."""
    volume: FloatArray
    """Shape (windows,)."""

    @property
    def most(self) -> FloatArray:
        """The largest of each window, shape (windows,)."""
        flat = self.columns.max(axis=(0, 2), initial=0.0)
        return np.asarray(np.maximum(flat, self.volume))


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
    target = alarms_a_year / checks_a_year
    limit, found = _limit(most.reshape(plan.histories, checks), window, target)
    return Calibration(*usual, limit=limit, run=_run(profile, window), rate=found * checks_a_year)


def calibrate_once(profile: Profile, *, window: int, false_alarms: float, seed: int) -> Calibration:
    """Return the limit that a single comparison crosses with probability ``false_alarms`` when nothing has changed."""
    if len(profile.counts) < _FEWEST_WINDOWS:
        return _by_theory(profile, window, false_alarms)
    plan = Plan(window, window, 20, 100)
    usual, most = _simulate(profile, plan, seed)
    limit = float(np.quantile(most, 1 - false_alarms))
    return Calibration(*usual, limit=limit, run=_run(profile, 1), rate=float((most > limit).mean()))


def strengths(distances: Distances, rows: FloatArray, usual: Calibration) -> Strengths:
    """Return how unusual ``distances`` are; ``rows`` of each window over those expected, shape (windows,)."""
    return _strengths(distances, rows, (usual.centre, usual.spread, usual.volume))


def _simulate(profile: Profile, plan: Plan, seed: int) -> tuple[tuple[FloatArray, FloatArray, float], FloatArray]:
    """Return what is usual, and the largest strength of each check of each stable history."""
    run = _run(profile, plan.window if plan.step == 1 else 1)
    stable = list(stable_histories(profile, plan, run=run, seed=seed))
    usual = _usual(stable, Reference(profile.binning, profile.whole).degrees)
    return usual, np.concatenate([_strengths(one.distances, one.rows, usual).most for one in stable])


def _run(profile: Profile, least: int) -> int:
    remembered = memory(profile)
    return remembered if remembered == 1 else min(max(remembered, least), len(profile.counts) // 2)


def _usual(stable: list[Stable], degrees: FloatArray) -> tuple[FloatArray, FloatArray, float]:
    """Return centre and spread of each statistic over all checks, and the spread of the volume."""
    statistics = np.concatenate([one.distances.statistics for one in stable], axis=1)
    volume = np.concatenate([np.log(np.maximum(one.rows, 1e-9)) for one in stable])
    centre = statistics.mean(axis=1)
    centre[_LOCATION:] = 0  # as likely above as below
    spread = np.sqrt(((statistics - centre[:, None, :]) ** 2).mean(axis=1))
    return centre, np.maximum(spread, _of_independent_rows(degrees)), float(max(volume.std(), _LEAST_VOLUME))


def _of_independent_rows(degrees: FloatArray) -> FloatArray:
    """Return the spread of each statistic when rows are independent, shape (statistics, columns): the least there is.

    Of the shape: Wilson and Hilferty 1931, the cube root of a chi-square over its degrees of freedom.
    """
    spread = np.ones((len(STATISTICS), len(degrees)))
    spread[_SHAPE] = np.sqrt(2 / (9 * degrees))
    return spread


def _strengths(distances: Distances, rows: FloatArray, usual: tuple[FloatArray, FloatArray, float]) -> Strengths:
    centre, spread, volume = usual
    found = (distances.statistics - centre[:, None, :]) / spread[:, None, :]
    found[_LOCATION], found[_MISSING] = np.abs(found[_LOCATION]), np.abs(found[_MISSING])
    found[_SHAPE][distances.psi - distances.expected < LEAST_PSI] = 0
    found[_LOCATION][np.abs(distances.shift) < LEAST_SHIFT] = 0
    found[_MISSING][np.abs(distances.missing) < LEAST_RATE] = 0
    found[_UNSEEN][distances.unseen < LEAST_RATE] = 0
    return Strengths(np.maximum(found, 0), np.abs(np.log(np.maximum(rows, 1e-9))) / volume)


def _limit(most: FloatArray, window: int, target: float) -> tuple[float, float]:
    """Return the lowest limit with at most ``target`` alarms a check, and how many there are at it."""
    candidates = np.unique(np.quantile(most, 1 - np.geomspace(0.5, 1 / most.size, 256)))
    low, high = 0, len(candidates) - 1
    while low < high:  # the higher the limit, the fewer alarms
        middle = (low + high) // 2
        too_many = alarms(most > candidates[middle], window) > target * most.size
        low, high = (middle + 1, high) if too_many else (low, middle)
    limit = float(candidates[high])
    return limit, alarms(most > limit, window) / most.size


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
    spread = _of_independent_rows(degrees)
    centre = np.zeros_like(spread)
    centre[_SHAPE] = 1 - 2 / (9 * degrees)
    limit = NormalDist().inv_cdf(1 - chance / (2 * (spread.size + 1)))
    rows = max(float(profile.rows.mean()) * window, 1.0)
    return Calibration(centre, spread, max(1 / np.sqrt(rows), _LEAST_VOLUME), limit, run=0, rate=chance)
