"""The further gates: each looks at what was measured, and says whether its limit holds.

They look; they do not measure. A gate that cannot look because something broke has the status ``error``: that is
never a pass.
"""

from collections.abc import Callable, Iterator, Mapping

from tasks.judgement.holdout import Exhibits
from tasks.judgement.verdict import Check, FloorCheck, Gate, SliceResult, Status, Verdict
from tasks.judgement.wording import facts, figure
from tasks.metrics import find_metric
from tasks.spec import GateSpec, Mode

Finding = tuple[Status, str]


def run(verdict: Verdict, gate: GateSpec, found: Exhibits) -> tuple[Check, ...]:
    """Return what each gate found, in the order in which a reader should hear of it; one that is off is not asked."""
    return tuple(_checks(verdict, gate, found))


def floors(gate: GateSpec, metrics: Mapping[str, float]) -> tuple[FloorCheck, ...]:
    """Return whether each metric is at its limit or on its good side; nan is not."""
    return tuple(
        FloorCheck(name, limit, metrics[name], passed=find_metric(name).gain(metrics[name], limit) >= 0)
        for name, limit in gate.floors.items()
    )


def _checks(verdict: Verdict, gate: GateSpec, found: Exhibits) -> Iterator[Check]:
    for name, look in _GATES.items():
        mode: Mode = getattr(gate.modes, name)
        if mode == "off":
            continue
        if name in found.broken:
            yield Check(name, mode, "error", f"the {name} gate broke, which is never a pass: {found.broken[name]}")
        elif finding := look(verdict, gate, found):
            yield Check(name, _mode_of(name, mode, verdict), *finding)


def _mode_of(name: Gate, mode: Mode, verdict: Verdict) -> Mode:
    """Return what a gate's finding does here.

    After the world has changed, nothing that was learned before may beat the naive baseline. A challenger that is shown
    to be better than the champion mends that, if not all of it: to turn it away would keep the worse one in use.
    """
    return "warn" if name == "baseline" and mode == "enforce" and verdict.outcome == "better" else mode


def _leakage(verdict: Verdict, _: GateSpec, found: Exhibits) -> Finding | None:
    certain = [leak.sentence for leak in verdict.leaks if leak.severity == "refuse"]
    if certain:
        return "failed", "; ".join(certain)
    likely = [leak.sentence for leak in verdict.leaks]
    untested = [f"not looked for: {', '.join(found.untested)}"] if found.untested else []
    return ("not testable" if untested and not likely else "passed"), "; ".join([*likely, *untested]) or "no leak found"


def _slices(verdict: Verdict, _: GateSpec, __: Exhibits) -> Finding | None:
    results = [(report.column, result) for report in verdict.slices for result in report.results]
    if not results or verdict.comparison is None:
        return None
    if worse := [_slice(column, result, verdict) for column, result in results if result.regressed]:
        return "failed", "; ".join(worse)
    blind = sum(result.comparison is None for _, result in results)
    tested = len(results) - blind
    also = f", {blind} too small or too uniform to test" if blind else ""
    if not tested:
        return "not testable", f"none of {blind} slices can be tested"
    return "passed", f"no slice of {tested} is shown to be worse by more than {figure(verdict.slice_margin)}{also}"


def _slice(column: str, result: SliceResult, verdict: Verdict) -> str:
    assert result.comparison is not None
    name = result.value if column.startswith("found") else f"{column} = {result.value}"
    known = facts(result.comparison, verdict.rival)
    return f"worse on {name}: {known}, beyond the slice margin of {figure(verdict.slice_margin)}"


def _baseline(verdict: Verdict, _: GateSpec, __: Exhibits) -> Finding | None:
    if verdict.comparison is None:
        return None  # it is what the outcome is about
    known = facts(verdict.baseline, "baseline")
    if not verdict.baseline.usable:
        return "not testable", f"the naive baseline cannot be compared with: {known}"
    if verdict.baseline.beaten:
        return "passed", f"the naive baseline is beaten: {known}"
    worse = "; the champion is shown to be worse still" if verdict.outcome == "better" else ""
    return "failed", f"the naive baseline is not beaten: {known}{worse}"


def _floors(verdict: Verdict, _: GateSpec, __: Exhibits) -> Finding | None:
    if not verdict.floors:
        return None
    if broken := [_broken(check) for check in verdict.floors if not check.passed]:
        return "failed", "; ".join(broken)
    return "passed", ", ".join(
        f"{find_metric(c.metric).label} {c.value:,.4f} holds {c.limit:g}" for c in verdict.floors
    )


def _broken(check: FloorCheck) -> str:
    metric = find_metric(check.metric)
    side = "below" if metric.direction == "higher" else "above"
    return f"{metric.label} {check.value:,.4f} is {side} gate.floors.{metric.name} = {check.limit:g}"


def _calibration(verdict: Verdict, gate: GateSpec, _: Exhibits) -> Finding | None:
    c = verdict.calibration
    if c is None:
        return None if gate.max_calibration_error is None else ("not testable", "too few rows to see the calibration")
    known = (
        f"probabilities are off by {c.error:.3f} [{c.low:.3f}, {c.high:.3f}] on average; "
        f"chance alone would show {c.by_chance:.3f}"
    )
    limit = gate.max_calibration_error
    if limit is None:
        return "no limit", known
    return _against(c.low > limit, f"{known}; gate.max_calibration_error is {limit:g}")


def _fairness(verdict: Verdict, gate: GateSpec, _: Exhibits) -> Finding | None:
    if not gate.fairness.columns:
        return None
    if not verdict.fairness:
        return "not testable", f"no group of {', '.join(gate.fairness.columns)} has enough rows"
    widest = max(verdict.fairness, key=lambda rate: abs(rate.difference))
    shown = [rate for rate in verdict.fairness if rate.beyond] or [widest]
    known = "; ".join(
        f"{rate.rate} {rate.group:.3f} where {rate.column} = {rate.value}, {rate.others:.3f} elsewhere: "
        f"difference {rate.difference:+.3f} [{rate.low:+.3f}, {rate.high:+.3f}]"
        for rate in shown
    )
    limit = gate.fairness.max_difference
    if limit is None:
        return "no limit", known
    return _against(
        any(rate.beyond for rate in verdict.fairness), f"{known}; gate.fairness.max_difference is {limit:g}"
    )


def _stability(verdict: Verdict, gate: GateSpec, _: Exhibits) -> Finding | None:
    limit, found = gate.max_seed_difference, verdict.stability
    if limit is None:
        return None
    if found is None:
        return "error", "gate.max_seed_difference is set, and no second seed was trained"
    apart, label = abs(found.value - found.twin), find_metric(gate.metric).label
    known = (
        f"another seed changes {label} by {figure(apart)}, to {found.twin:.4f}; gate.max_seed_difference is {limit:g}"
    )
    return _against(not apart <= limit, known)


def _latency(verdict: Verdict, gate: GateSpec, _: Exhibits) -> Finding | None:
    limit = gate.max_latency_ms
    if verdict.cost is None:
        return None if limit is None else ("error", "gate.max_latency_ms is set, and nothing was measured")
    known = f"one row alone takes {verdict.cost.latency_ms:.2g} ms in a fresh process"
    if limit is None:
        return "no limit", known
    return _against(verdict.cost.latency_ms > limit, f"{known}; gate.max_latency_ms is {limit:g}")


def _size(verdict: Verdict, gate: GateSpec, _: Exhibits) -> Finding | None:
    limit = gate.max_size_mb
    if verdict.cost is None:
        return None if limit is None else ("error", "gate.max_size_mb is set, and nothing was measured")
    known = f"the artifact has {verdict.cost.megabytes:.2g} MB"
    if limit is None:
        return "no limit", known
    return _against(verdict.cost.megabytes > limit, f"{known}; gate.max_size_mb is {limit:g}")


def _against(broken: bool, sentence: str) -> Finding:
    return ("failed" if broken else "passed"), sentence


_GATES: Mapping[Gate, Callable[[Verdict, GateSpec, Exhibits], Finding | None]] = {
    "leakage": _leakage,
    "slices": _slices,
    "baseline": _baseline,
    "floors": _floors,
    "calibration": _calibration,
    "fairness": _fairness,
    "stability": _stability,
    "latency": _latency,
    "size": _size,
}
