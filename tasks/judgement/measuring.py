"""All that a verdict says of a challenger beside its rivals, but for what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from tasks.data.distinct import distinct
from tasks.data.matrix import FloatArray
from tasks.judgement import calibration, checks, fairness, slices
from tasks.judgement.calibration import Calibration
from tasks.judgement.holdout import Exhibits, Holdout
from tasks.judgement.search import SearchRules, search
from tasks.judgement.significance import Pair, PairedTest, blocks_of, compare
from tasks.judgement.verdict import Gate, HoldoutFacts, SliceReport, Stability, Verdict
from tasks.judgement.wear import spent
from tasks.metrics import Metric, evaluate, find_metric
from tasks.metrics.losses import absolute_error, log_loss
from tasks.spec import GateSpec, write_duration

_Found = TypeVar("_Found")
SLICE_MARGINS = 2
"""How many margins a slice may be worse where the spec does not say: slices are smaller, and differ more."""


@dataclass(frozen=True)
class Measured:
    """A verdict in which everything is measured and nothing decided: undecided, and not promotable."""

    verdict: Verdict
    broken: dict[str, str]
    """Gates whose measurement broke, each with what went wrong."""


def measure(held: Holdout, gate: GateSpec, seed: int, found: Exhibits) -> Measured:
    """Return everything that can be measured of the challenger; what breaks is told of by its own gate alone."""
    attempts = _Attempts(dict(found.broken))
    return Measured(_measure(_Court.of(held, gate, seed), found, attempts), attempts.broken)


@dataclass(frozen=True)
class _Court:
    """What every part of a judgement needs."""

    held: Holdout
    gate: GateSpec
    test: PairedTest
    """By which challenger and rival are compared."""
    pair: Pair
    """The challenger, and the champion; while there is none, the baseline."""

    @classmethod
    def of(cls, held: Holdout, gate: GateSpec, seed: int) -> "_Court":
        alpha = gate.alpha if held.uses is None else spent(gate.alpha, held.uses)
        test = PairedTest(find_metric(gate.metric), alpha, gate.resamples, seed, unit_of(gate))
        rival = held.baseline if held.champion is None else held.champion
        return cls(held, gate, test, Pair(held.labels, held.challenger, rival, held.blocks(gate.block)))


@dataclass(frozen=True)
class _Attempts:
    """What broke while gates measured: each is told of by its own gate, and stops nothing but its own pass."""

    broken: dict[str, str]

    def __call__(self, gate: Gate, measure: Callable[[], _Found], otherwise: _Found) -> _Found:
        try:
            return measure()
        except Exception as error:  # noqa: BLE001 - it ends in the verdict, as a gate that did not pass
            self.broken[gate] = f"{type(error).__name__}: {error}"
            return otherwise


def _measure(court: _Court, found: Exhibits, attempt: _Attempts) -> Verdict:
    held, gate, test = court.held, court.gate, court.test
    baseline = compare(replace(court.pair, rival=held.baseline), test)
    comparison = None if held.champion is None else compare(court.pair, test)
    metrics = evaluate(held.task, held.labels, held.challenger, *_named(gate))
    margin, slice_margin = _margins(gate, test.metric, (comparison or baseline).rival)
    return Verdict(
        outcome="undecided",
        promotable=False,
        reasons=(),
        comparison=comparison,
        baseline=baseline,
        margin=margin,
        slice_margin=slice_margin,
        alpha=test.alpha,
        checks=(),
        floors=checks.floors(gate, metrics),
        slices=attempt("slices", lambda: _slices(court, slice_margin), ()),
        calibration=attempt("calibration", lambda: _calibration(court, held.challenger), None),
        champion_calibration=attempt("calibration", lambda: _calibration(court, held.champion), None),
        fairness=attempt("fairness", lambda: _fairness(court), ()),
        leaks=found.leaks,
        cost=found.cost,
        stability=_stability(court),
        challenger_metrics=metrics,
        champion_metrics=(
            None if held.champion is None else evaluate(held.task, held.labels, held.champion, *_named(gate))
        ),
        baseline_metrics=evaluate(held.task, held.labels, held.baseline, *_named(gate)),
        holdout=_facts(held),
        champion_version=held.champion_version,
    )


def _margins(gate: GateSpec, metric: Metric, rival: float) -> tuple[float, float]:
    """Return how much worse is still not worse, overall and on a slice, in the metric's unit."""
    margin = (gate.margin or metric.tolerance).of(rival)
    return margin, SLICE_MARGINS * margin if gate.slice_margin is None else gate.slice_margin.of(rival)


def _slices(court: _Court, margin: float) -> tuple[SliceReport, ...]:
    held, gate = court.held, court.gate
    rules = slices.SliceRules(gate.min_slice_rows, margin)
    # The alpha of the gate, and not what wear has left of it: that is about promoting, and this about refusing.
    test = replace(court.test, alpha=gate.alpha)
    declared = slices.report(court.pair, held.slices, test, rules)
    if held.champion is None:
        return tuple(declared)
    limits = SearchRules(gate.search_slices, gate.min_slice_rows, frozenset(held.slices))
    suspects = search(_row_gains(court.pair, held.task), court.pair.blocks, held.features, limits)
    return slices.decide([*declared, *slices.report_suspects(court.pair, suspects, test, rules)], gate.alpha)


def _row_gains(pair: Pair, task: str) -> FloatArray:
    """Return by how much less the challenger loses on each row: a metric such as AUC has no value for a row."""
    losses = absolute_error if task == "regression" else log_loss
    return losses(pair.labels, pair.rival) - losses(pair.labels, pair.challenger)


def _calibration(court: _Court, predictions: FloatArray | None) -> Calibration | None:
    if predictions is None or court.held.task in ("regression", "anomaly") or len(predictions) < court.gate.min_rows:
        return None
    happened, probabilities = calibration.likeliest(court.held.labels, predictions)
    return calibration.measure(happened, probabilities, blocks_of(court.pair.blocks), court.test)


def _fairness(court: _Court) -> tuple[fairness.GroupRate, ...]:
    held, rules = court.held, court.gate.fairness
    if held.task != "binary" or not rules.columns:
        return ()
    selection = fairness.Selection(held.labels, held.challenger > rules.threshold, blocks_of(court.pair.blocks))
    limit = 1.0 if rules.max_difference is None else rules.max_difference
    how = fairness.FairnessRules(limit, court.gate.min_slice_rows)
    return fairness.measure(selection, held.sensitive, replace(court.test, alpha=court.gate.alpha), how)


def _stability(court: _Court) -> Stability | None:
    if court.held.twin is None:
        return None
    values = (court.test.metric.bind(court.held.labels, p)(None) for p in (court.held.challenger, court.held.twin))
    return Stability(*values)


def _named(gate: GateSpec) -> tuple[str, ...]:
    """Return the metrics that the gate names; some are reported for no other reason."""
    return gate.metric, *gate.floors


def unit_of(gate: GateSpec) -> str:
    """Return what is taken as independent, in words."""
    if gate.block == "row":
        return "rows"
    return "days" if gate.block == timedelta(days=1) else f"blocks of {write_duration(gate.block)}"


def _facts(held: Holdout) -> HoldoutFacts:
    return HoldoutFacts(
        rows=len(held.labels),
        days=len(distinct(held.days)),
        seen_rows_removed=held.seen_rows_removed,
        worn_rows_removed=held.worn_rows_removed,
        unlabelled_rows=held.unlabelled_rows,
        uses=0.0 if held.uses is None or not len(held.uses) else float(held.uses.mean()),
        start=held.start,
        end=held.end,
    )
