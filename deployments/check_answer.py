"""What ``perennial check`` answers: spec and contract, explained against the rows that a training would read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from deployments.answers import Answer, fact, given
from tasks.data.contract import Contract
from tasks.data.fitted_features import Feature, FittedFeatures
from tasks.data.history.contract import contract_of
from tasks.data.ingestion import Ingested, Prepared, ingest, prepare
from tasks.data.known import left_out
from tasks.data.snapshot import load_snapshot
from tasks.data.splits import Splits, split
from tasks.data.window import write_time
from tasks.errors import DataRefused
from tasks.evolution.explaining import Broken, explain
from tasks.evolution.words import rows_of, shown
from tasks.learning.estimator import require
from tasks.learning.own.source import read_sources
from tasks.markdown import one_line
from tasks.plain import write
from tasks.release.challenger import SplitCounts, count_splits
from tasks.release.material import Material
from tasks.settings import Settings
from tasks.spec import ModelSpec

_SHOWN = 12
"""Features, or rules that are broken, that are listed; with --json all are."""


@dataclass(frozen=True)
class Subject:
    """What is checked."""

    spec: ModelSpec
    contract: Contract
    settings: Settings
    as_of: datetime
    follow: str
    """The command that says what the contract would have to be."""


def check(model: str, as_of: str | None) -> Answer:
    """Read what a training would read, and return what it would find.

    Raises:
        DataRefused: a training would refuse the rows, and no rule that some of them break says why.
    """
    settings, spec, moment = given(model, as_of)
    contract = contract_of(spec, settings.contracts)
    require(spec)
    read_sources(spec, settings.project)
    follow = f"perennial contract diff {model}" + (f" --as-of {as_of}" if as_of else "")
    subject = Subject(spec, contract, settings, moment, follow)
    found = ingest(spec, contract, settings, moment)
    try:
        prepared = prepare(found, spec, contract, folder=settings.of(model), as_of=moment)
        splits = split(spec, moment)
        counts = count_splits(prepared.rows, splits, spec)
    except DataRefused as error:
        return _refused(subject, found, error)
    fitted = Material.read(prepared.rows, splits, spec, contract).fit_features()
    broken = explain(load_snapshot(found.raw), contract) if prepared.quarantined.rows else []
    return _accepted(subject, _Seen(prepared, splits, counts, fitted, broken))


@dataclass(frozen=True)
class _Seen:
    """What a training would have before it."""

    prepared: Prepared
    splits: Splits
    counts: SplitCounts
    fitted: FittedFeatures
    broken: Sequence[Broken]


def _refused(subject: Subject, found: Ingested, error: DataRefused) -> Answer:
    """Return why the rows are refused, rule by rule; where one line says it all, that line."""
    table, contract = load_snapshot(found.raw), subject.contract
    broken = explain(table, contract)
    if any(one.whole for one in broken) or set(contract.names()) - set(table.column_names):
        raise type(error)(f"{error}; what has changed, column by column: {subject.follow}") from error
    if not broken:
        raise error
    lines = [*_head(subject, found.raw.rows), *_rules(broken, subject), fact("refused", one_line(str(error)))]
    facts = {**_basics(subject, found.raw.rows, broken), "refused": str(error)}
    return Answer(facts, tuple(lines))


def _accepted(subject: Subject, seen: _Seen) -> Answer:
    prepared, counts, spec = seen.prepared, seen.counts, subject.spec
    facts = {
        **_basics(subject, prepared.raw.rows, seen.broken),
        "valid": prepared.rows.rows,
        "quarantined": prepared.quarantined.rows,
        "failures": dict(prepared.failures),
        "notes": list(prepared.notes),
        "snapshot": prepared.rows.digest,
        **write(counts),
        "windows": write(seen.splits),
        "features": [
            {"name": one.name, "kind": one.kind, "categories": len(one.levels)} for one in seen.fitted.features
        ],
        "not_learned_from": dict(left_out(subject.spec, subject.contract, seen.fitted.columns)),
        "candidates": [candidate.kind for candidate in spec.candidates],
        "metric": spec.gate.metric,
        "refused": None,
    }
    return Answer(facts, tuple(_lines(subject, seen)))


def _basics(subject: Subject, rows: int, broken: Sequence[Broken]) -> dict[str, object]:
    return {
        "model": subject.spec.model,
        "as_of": subject.as_of.isoformat(),
        "contract": subject.contract.version,
        "rows": rows,
        "broken": [write(one) for one in broken],
    }


def _head(subject: Subject, rows: int) -> Iterator[str]:
    yield fact("spec", "valid")
    yield fact("contract", f"{subject.spec.contract_name}.py, {subject.contract.version[:12]}")
    yield fact("rows", f"{rows:,} before {write_time(subject.as_of)}")


def _lines(subject: Subject, seen: _Seen) -> Iterator[str]:
    prepared, counts, splits, spec = seen.prepared, seen.counts, seen.splits, subject.spec
    yield from _head(subject, prepared.raw.rows)
    yield fact("valid", f"{prepared.rows.rows:,}")
    kept = f", see {prepared.quarantined.uri}" if prepared.quarantined.rows else ""
    yield fact("quarantined", f"{prepared.quarantined.rows:,}{kept}")
    yield from _rules(seen.broken, subject)
    told = {one.reason for one in seen.broken}
    yield from (fact("", f"{rule}: {rows:,}") for rule, rows in prepared.failures.items() if rule not in told)
    yield from (fact("note", note) for note in prepared.notes)
    for part in ("train", "validation", "holdout"):
        yield fact(part, f"{getattr(counts, part):,} rows, {getattr(splits, part)}")
    yield fact("unlabelled", f"{counts.unlabelled:,} rows")
    yield fact("features", _listed([_feature(one) for one in seen.fitted.features]))
    for why, names in _by_reason(left_out(subject.spec, subject.contract, seen.fitted.columns)):
        yield fact("left out", f"{why}: {_listed(names)}")
    yield fact(
        "candidates", f"{', '.join(candidate.kind for candidate in spec.candidates)}; judged by {spec.gate.metric}"
    )


def _rules(broken: Sequence[Broken], subject: Subject) -> Iterator[str]:
    """Yield of each rule what was found, what is allowed, and what to do next."""
    for one in broken[:_SHOWN]:
        where = one.column or "row"
        yield fact("broken", one_line(f"{where}: {one.found}, in {rows_of(one.rows, one.of)}; allowed: {one.allowed}"))
        example = "" if one.example is None else f"such as {shown(one.example)}; "
        yield fact("", one_line(f"{example}{_next(one, subject)}"))
    if len(broken) > _SHOWN:
        yield fact("", f"and {len(broken) - _SHOWN} rules more: --json lists them")


def _next(broken: Broken, subject: Subject) -> str:
    mend = "mend the source"
    if broken.follows:
        return f"{mend}; if the data have changed rather than broken: {subject.follow}"
    return f"{mend}, or the rule {broken.reason!r} of the contract"


def _by_reason(pairs: Iterator[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for name, why in pairs:
        found.setdefault(why, []).append(name)
    return list(found.items())


def _feature(one: Feature) -> str:
    return f"{one.name} ({len(one.levels)} categories)" if one.kind == "category" else one.name


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return one_line(", ".join(names[:_SHOWN]) + more)
