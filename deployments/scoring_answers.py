"""What ``perennial score`` answers."""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from deployments.answers import Answer, fact, short
from tasks.data.window import read_time
from tasks.errors import SettingsError
from tasks.settings import load_settings
from tasks.spec import load_spec

if TYPE_CHECKING:
    from tasks.monitoring.predictions.scoring import Scoring, Written
    from tasks.monitoring.predictions.sheet import Filled

_log = logging.getLogger("perennial")


def score_window(model: str, start: str | None, end: str | None, as_of: str | None) -> Answer:
    """Score the rows of a window to the log, and return what came of it."""
    from tasks.monitoring.predictions.run import Asked

    settings = load_settings()
    load_spec(model, settings.specs)
    asked = Asked(_time("from", start), _time("to", end), _time("as-of", as_of))
    settings.home.mkdir(parents=True, exist_ok=True)  # Prefect makes its own folder in it when it is imported
    from flows.scoring import run_scoring

    if settings.prefect_api_url is None:
        _log.info("PREFECT_API_URL is not set: Prefect starts a server for this run alone; `perennial up` keeps one")
    return _answer(model, run_scoring(model, asked))


def score_file(
    model: str, source: Path | None, target: Path | None, *, not_with: tuple[str | None, ...] = ()
) -> Answer:
    """Score the rows of a file to another file, and return what came of it."""
    from tasks.data.history.contract import contract_of
    from tasks.monitoring.predictions.sheet import Sheet, fill

    if source is None or target is None or any(not_with):
        raise SettingsError("score: --input and --output go together, and without --from, --to and --as-of")
    settings = load_settings()
    spec = load_spec(model, settings.specs)
    contract = contract_of(spec, settings.contracts)
    found = fill(Sheet(source, target), spec, contract, settings)
    facts = {
        "model": model,
        "version": found.version,
        "rows": found.rows,
        "quarantined": found.quarantined,
        "failures": dict(found.failures),
        "output": str(target),
    }
    return Answer(facts, tuple(_file_lines(found, target)))


def _answer(model: str, found: "Scoring") -> Answer:
    assert found.window.start is not None
    facts = {
        "model": model,
        "version": found.made.served.version,
        "from": found.window.start.isoformat(),
        "to": found.window.end.isoformat(),
        "rows": found.rows,
        "new": found.made.served.rows,
        "quarantined": found.quarantined,
        "failures": dict(found.failures),
        "repeated": found.repeated,
        "snapshot": found.snapshot,
        "log": found.made.served.folder,
        "shadow": _shadow_facts(found.made.shadow),
        "entry": found.made.entry.number if found.made.entry else None,
    }
    return Answer(facts, tuple(_lines(found)))


def _lines(found: "Scoring") -> Iterator[str]:
    yield fact("champion", f"version {found.made.served.version}")
    yield fact("window", str(found.window))
    yield fact("rows", f"{found.rows:,}, of which {found.made.served.rows:,} were new to the log")
    yield from _left_out(found.quarantined, found.failures)
    if found.repeated:
        yield fact("repeated", f"{found.repeated:,} rows, scored once")
    if found.made.shadow:
        yield fact(
            "shadow", f"version {found.made.shadow.version}, {found.made.shadow.rows:,} rows were new to its log"
        )
    yield fact("log", short(found.made.served.folder))


def _file_lines(found: "Filled", target: Path) -> Iterator[str]:
    yield fact("champion", f"version {found.version}")
    yield fact("rows", f"{found.rows:,}")
    yield from _left_out(found.quarantined, found.failures)
    yield fact("output", str(target))


def _left_out(quarantined: int, failures: Mapping[str, int]) -> Iterator[str]:
    if quarantined:
        yield fact("not scored", f"{quarantined:,} rows, which break the contract")
        yield from (fact("", f"{rule}: {rows:,}") for rule, rows in failures.items())


def _shadow_facts(shadow: "Written | None") -> dict[str, int] | None:
    return {"version": shadow.version, "new": shadow.rows} if shadow else None


def _time(option: str, text: str | None) -> datetime | None:
    return read_time(text, option) if text is not None else None
