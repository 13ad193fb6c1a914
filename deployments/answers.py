"""What the commands answer: facts for machines, and the same as lines for people."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.data.window import read_time, write_time
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec, load_spec, names

_log = logging.getLogger("perennial")

if TYPE_CHECKING:
    from tasks.release.registry import PastTraining


@dataclass(frozen=True)
class Answer:
    """The answer to one command."""

    facts: Mapping[str, Any]
    lines: tuple[str, ...]


def models() -> Answer:
    """Return every model that has a spec, with its champion."""
    from tasks.release.registry import Registry

    settings = load_settings()
    registry = Registry(settings) if _has_registry(settings) else None
    found = []
    for name in names(settings.specs):
        spec = load_spec(name, settings.specs)
        champion = registry.champion(name) if registry else None
        found.append(
            {
                "model": name,
                "task": spec.task,
                "champion": champion.number if champion else None,
                "owner": spec.owner,
                "description": spec.description,
            }
        )
    lines = [f"{'model':<20}{'task':<13}{'champion':<10}{'owner':<14}description"]
    lines += [
        f"{m['model']:<20}{m['task']:<13}{m['champion'] or 'none':<10}{m['owner']:<14}{m['description']}" for m in found
    ]
    return Answer({"models": found}, tuple(lines) if found else (f"no specs in {settings.specs}",))


def check(model: str, as_of: str | None) -> Answer:
    """Read what a training would read, and return what it would find."""
    from tasks.data.contract import check_contract, load_contract
    from tasks.data.ingestion import ingest, prepare
    from tasks.data.splits import split
    from tasks.release.challenger import count_splits

    settings, spec, moment = _given(model, as_of)
    contract = load_contract(spec.contract_name, settings.contracts)
    check_contract(contract, spec)
    prepared = prepare(
        ingest(spec, contract, settings, moment), spec, contract, folder=settings.of(model), as_of=moment
    )
    splits = split(spec, moment)
    counts = count_splits(prepared.rows, splits, spec)
    facts = {
        "model": model,
        "as_of": moment.isoformat(),
        "rows": prepared.raw.rows,
        "valid": prepared.rows.rows,
        "quarantined": prepared.quarantined.rows,
        "failures": dict(prepared.failures),
        "notes": list(prepared.notes),
        "snapshot": prepared.rows.digest,
        "train": counts.train,
        "validation": counts.validation,
        "holdout": counts.holdout,
        "unlabelled": counts.unlabelled,
    }
    return Answer(facts, tuple(_check_lines(facts, prepared.quarantined.uri, splits)))


def train(model: str, as_of: str | None) -> Answer:
    """Run a training and return its verdict."""
    from tasks.release.registrar import start_early

    settings, _, moment = _given(model, as_of)
    settings.home.mkdir(parents=True, exist_ok=True)  # Prefect makes its own folder in it when it is imported
    start_early(settings)
    from flows.training import run_training
    from tasks.judgement.report import lines as verdict_lines

    if settings.prefect_api_url is None:
        _log.info("PREFECT_API_URL is not set: Prefect starts a server for this run alone; `make ui` keeps one")
    trained = run_training(model, "manual", moment)
    version = trained.version
    facts = {
        "model": model,
        "as_of": moment.isoformat(),
        "snapshot": trained.lineage.rows.digest,
        "raw_snapshot": trained.lineage.raw.digest,
        "artifact": trained.artifact.digest,
        "promotable": trained.verdict.promotable,
        "version": version.number if version else None,
        "record": trained.files,
        "verdict": trained.verdict.to_json(),
    }
    lines = [
        *verdict_lines(trained.verdict),
        _fact(
            "version",
            f"{version.number}, waiting for approval" if version else "none: it may not be promoted",
        ),
        _fact("model digest", trained.artifact.digest),
        _fact("snapshot", f"{trained.lineage.rows.digest} ({trained.lineage.rows.rows:,} rows)"),
        _fact("record", _short(trained.files)),
    ]
    return Answer(facts, tuple(lines))


def history(model: str, *, most: int) -> Answer:
    """Return the trainings of ``model``, newest first."""
    from tasks.release.registry import Registry

    settings = load_settings()
    load_spec(model, settings.specs)
    found = Registry(settings).history(model, most=most) if _has_registry(settings) else []
    facts = [
        {
            "started": past.started.isoformat(timespec="seconds"),
            "as_of": past.as_of.isoformat(),
            "reason": past.reason,
            "outcome": past.outcome,
            "version": past.version,
            "champion": past.champion,
            "artifact": past.artifact,
            "summary": past.summary,
            "metrics": dict(past.metrics),
        }
        for past in found
    ]
    lines = [
        f"{past.started:%Y-%m-%d %H:%M}  as of {write_time(past.as_of):<17}{_rank(past):<22}{past.summary}"
        for past in found
    ]
    return Answer({"model": model, "trainings": facts}, tuple(lines) or (f"{model} has not been trained here",))


def _given(model: str, as_of: str | None) -> tuple[Settings, ModelSpec, datetime]:
    settings = load_settings()
    return settings, load_spec(model, settings.specs), read_time(as_of) if as_of else datetime.now(UTC)


def _has_registry(settings: Settings) -> bool:
    """Say whether anything was ever registered; opening MLflow's store makes it, and takes seconds."""
    return (settings.home / "mlflow.db").exists()


def _check_lines(facts: Mapping[str, Any], quarantine: str, splits: Any) -> list[str]:  # noqa: ANN401
    return [
        _fact("spec", "valid"),
        _fact("rows", f"{facts['rows']:,} before {facts['as_of'][:16].replace('T', ' ')}"),
        _fact("valid", f"{facts['valid']:,}"),
        _fact(
            "quarantined",
            f"{facts['quarantined']:,}" + (f", see {quarantine}" if facts["quarantined"] else ""),
        ),
        *(_fact("", f"{rule}: {rows:,}") for rule, rows in facts["failures"].items()),
        *(_fact("note", note) for note in facts["notes"]),
        *(_fact(part, f"{facts[part]:,} rows, {splits[part]}") for part in ("train", "validation", "holdout")),
        _fact("unlabelled", f"{facts['unlabelled']:,} rows"),
    ]


def _fact(name: str, value: str) -> str:
    return f"{name:<14}{value}"


def _rank(past: "PastTraining") -> str:
    if past.version is None:
        return "not registered"
    return f"version {past.version}, champion" if past.champion else f"version {past.version}"


def _short(path: str) -> str:
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
