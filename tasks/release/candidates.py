"""What was tried in a training, in the words of its record."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from tasks.judgement.table import Table
from tasks.judgement.wording import show
from tasks.learning.result import CandidateResult
from tasks.learning.tuning import Study
from tasks.learning.windows import LeftOut
from tasks.metrics import find_metric


def describe(candidate: CandidateResult, metric: str) -> str:
    """Return how a candidate did, in a line."""
    seen = "" if candidate.full else ", at a first look: not trained on"
    return f"{_kind(candidate)} on {candidate.window}: {metric} {candidate.value:.4f} on validation{seen}"


def describe_study(study: Study) -> str:
    """Return how a search for better parameters went, in a line."""
    if not study.trials:
        return f"better parameters of {study.kind}: {study.ended}"
    first, best = study.trials[0], study.best
    gain = f"the loss on validation from {first.loss:.4f} to {best.loss:.4f}" if best else "nothing"
    return f"better parameters of {study.kind}: {gain} in {len(study.trials) - 1} trials; {study.ended}"


def table(candidates: Sequence[CandidateResult], left_out: Sequence[LeftOut], metric: str) -> Table:
    """Return every candidate with its window, and those that were left out."""
    tried = [
        (_kind(one), one.window, f"{one.rows:,}", show(one.value), f"{one.seconds:.1f}", _fate(one))
        for one in candidates
    ]
    out = [("", one.what, "", "", "", f"not tried: {one.why}") for one in left_out]
    head = ("kind", "trained on", "rows", find_metric(metric).label, "seconds", "")
    return Table("Candidates on validation", head, (*tried, *out))


def by_name(candidates: Sequence[CandidateResult]) -> dict[str, float]:
    """Return what each candidate that was trained to its end came to: by kind where it is the only one of its kind.

    Further ones of the same kind and window are numbered.
    """
    found: dict[str, float] = {}
    windows = {one.window for one in candidates if one.kind != "baseline"}
    met: Counter[str] = Counter()
    for one in candidates:
        name = f"{one.kind}.{_plain(one.window)}" if len(windows) > 1 and one.kind != "baseline" else one.kind
        name += ".tuned" if one.tuned else f".{one.warm}" if one.warm else ""
        met[name] += 1
        if one.full:
            found[name if met[name] == 1 else f"{name}.{met[name]}"] = one.value
    return found


def to_json(candidates: Sequence[CandidateResult]) -> str:
    return json.dumps([asdict(one) for one in candidates], indent=1)


def study_to_json(study: Study) -> str:
    return json.dumps({**asdict(study), "best": study.best.number if study.best else None}, indent=1)


def _row(one: CandidateResult) -> tuple[str, ...]:
    return _kind(one), one.window, f"{one.rows:,}", show(one.value), f"{one.seconds:.1f}", _fate(one)


def _kind(one: CandidateResult) -> str:
    also = [*(["self-trained"] if one.self_trained else []), *(["calibrated"] if one.calibrated else [])]
    return ", ".join([_begun(one), *also])


def _begun(one: CandidateResult) -> str:
    if one.warm:
        return f"{one.kind}, the champion {'continued' if one.warm == 'continue' else 'refitted'}"
    return f"{one.kind}, tuned" if one.tuned else one.kind


def _fate(one: CandidateResult) -> str:
    if not one.full:
        return "dropped at a first look, which this value is of"
    fate = "chosen" if one.chosen else ""
    if one.rival is None:
        return fate
    beside = f"on rows that the champion has not seen, where the best fresh one has {show(one.rival)}"
    return f"{fate}, {beside}" if fate else beside


def _plain(window: str) -> str:
    """Return the name of a window in the letters that MLflow takes."""
    return window.replace(", half-life ", "-half-life-")
