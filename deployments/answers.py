"""What the commands answer: facts for machines, and the same as lines for people."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.data import store
from tasks.data.window import read_time
from tasks.settings import Settings, load_settings
from tasks.spec import ModelSpec, load_spec, names

if TYPE_CHECKING:
    from tasks.release.proposing import Trained

_log = logging.getLogger("perennial")


@dataclass(frozen=True)
class Answer:
    """The answer to one command."""

    facts: Mapping[str, Any]
    lines: tuple[str, ...]


def models() -> Answer:
    """Return every model that has a spec, with its champion."""
    settings = load_settings()
    found = []
    for name in names(settings.specs):
        spec = load_spec(name, settings.specs)
        found.append(
            {
                "model": name,
                "task": spec.task,
                "champion": _champion(settings, name),
                "owner": spec.owner,
                "description": spec.description,
            }
        )
    lines = [f"{'model':<20}{'task':<13}{'champion':<10}{'owner':<14}description"]
    lines += [
        f"{m['model']:<20}{m['task']:<13}{m['champion'] or 'none':<10}{m['owner']:<14}{m['description']}" for m in found
    ]
    return Answer({"models": found}, tuple(lines) if found else (f"no specs in {settings.specs}",))


def train(model: str, as_of: str | None, request: int | None = None) -> Answer:
    """Run a training, for a ``request`` if there is one, and return its verdict."""
    from tasks.release.registrar import start_early

    settings, spec, moment = given(model, as_of)
    settings.home.mkdir(parents=True, exist_ok=True)  # Prefect makes its own folder in it when it is imported
    start_early(settings)
    from flows.training import run_requested, run_training
    from tasks.judgement.report import lines as verdict_lines
    from tasks.release.requests import Idle

    if settings.prefect_api_url is None:
        _log.info("PREFECT_API_URL is not set: Prefect starts a server for this run alone; `perennial up` keeps one")
    if request is None:
        trained: Trained | Idle = run_training(model, "manual", moment)
    else:
        trained = run_requested(model, request, moment if as_of else None)
    if isinstance(trained, Idle):
        return Answer(
            {"model": model, "request": request, "promotable": None}, (f"nothing to train: {trained.message}",)
        )
    version = trained.version
    facts = {
        "model": model,
        "as_of": trained.lineage.as_of.isoformat(),
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
        fact(
            "version",
            f"{version.number}, {_next(model, version.number, spec)}" if version else "none: it may not be promoted",
        ),
        fact("model digest", trained.artifact.digest),
        fact("snapshot", f"{trained.lineage.rows.digest} ({trained.lineage.rows.rows:,} rows)"),
        fact("report", short(str(store.here(f"{trained.files}/verdict.html")))),
    ]
    return Answer(facts, tuple(lines))


def _next(model: str, version: int, spec: ModelSpec) -> str:
    if spec.promotion.approval == "automatic":
        return "champion, by the spec's own rule"
    return f"waiting for approval: perennial approve {model} {version}"


def given(model: str, as_of: str | None) -> tuple[Settings, ModelSpec, datetime]:
    """Return the settings, the model's spec, and what is taken for now."""
    settings = load_settings()
    return settings, load_spec(model, settings.specs), read_time(as_of) if as_of else datetime.now(UTC)


def _champion(settings: Settings, model: str) -> int | None:
    """Return the champion's version, without making a ledger where there is none."""
    from tasks.release.ledger.book import Ledger
    from tasks.release.ledger.standing import standing

    if settings.ledger_url is None and not (settings.home / "ledger.db").exists():
        return None
    champion = standing(Ledger(settings.ledger).entries(model)).champion
    return champion.version if champion else None


def fact(name: str, value: str) -> str:
    """Return one line: a name, and its value beside it."""
    return f"{name:<14}{value}"


def short(path: str) -> str:
    """Return ``path`` from here on, if it is below this folder."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
