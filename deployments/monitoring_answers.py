"""What ``perennial watch | calibrate | drift`` answer."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployments.answers import Answer
from tasks.data.contract import load_contract
from tasks.data.window import read_time
from tasks.monitoring.files import Comparison, Drift, compare_files, open_rows
from tasks.monitoring.kept import Family
from tasks.monitoring.signal import Signal
from tasks.plain import write
from tasks.settings import load_settings
from tasks.spec import load_spec

_SHOWN = 5


@dataclass(frozen=True)
class Options:
    """How two files are compared."""

    ignore: tuple[str, ...]
    false_alarms: float


def drift(model: str | None, files: tuple[str, str], options: Options) -> Answer:
    """Compare the two files."""
    reference, current = (open_rows(Path(file)) for file in files)
    columns, ignore = None, options.ignore
    if model is not None:
        settings = load_settings()
        spec = load_spec(model, settings.specs)
        columns = tuple(load_contract(spec.contract_name, settings.contracts).names("feature"))
        ignore = (*ignore, *spec.drift.ignore, spec.source.timestamp)
    found = compare_files(reference, current, Comparison(options.false_alarms, ignore, columns))
    return Answer(_facts(found), _lines(found))


def watch(model: str, as_of: str | None) -> Answer:
    """Check the champion, and say what is to be done."""
    settings = load_settings()
    load_spec(model, settings.specs)
    moment = read_time(as_of) if as_of else None
    settings.home.mkdir(parents=True, exist_ok=True)  # Prefect makes its own folder in it when it is imported
    from tasks.release.in_use import in_use
    from tasks.release.ledger.book import Ledger
    from tasks.release.requests import open_request

    ledger = Ledger(settings.ledger)
    in_use(ledger.entries(model), model)  # without a champion there is no need to start a server first
    from flows.drift_detection import run_check
    from tasks.monitoring import summary

    check = run_check(model, moment)
    asked = open_request(ledger, model)
    lines = list(summary.lines(check))
    if asked:
        lines.append(
            f"  request      entry {asked.number} of the ledger: perennial train {model} --request {asked.number}"
        )
    return Answer({**check.to_json(), "request": asked.number if asked else None}, tuple(lines))


def calibrate(model: str) -> Answer:
    """Make the champion's reference anew."""
    from tasks.monitoring.reference import reference_of
    from tasks.monitoring.watching import open_watch

    with open_watch(model, None) as opened:
        found, spec = reference_of(opened.maker, again=True), opened.spec
    families = {"inputs": found.inputs, **({"prediction": found.predictions} if found.predictions else {})}
    facts = {
        "model": model,
        "version": found.version,
        "alarms_per_year": spec.drift.alarms_per_year,
        "families": {
            name: {
                "columns": list(family.profile.binning.columns),
                "rows": int(family.profile.rows.sum()),
                "blocks": len(family.profile.rows),
                "limit": family.calibration.limit,
                "run": family.calibration.run,
                "alarms_a_year": family.calibration.rate,
            }
            for name, family in families.items()
        },
    }
    return Answer(facts, tuple(_calibration_lines(facts, families)))


def _calibration_lines(facts: dict[str, Any], families: dict[str, Family]) -> Iterator[str]:
    asked = facts["alarms_per_year"]
    yield f"{facts['model']}, version {facts['version']}: thresholds for {asked:g} false alarms a year in all"
    for name, family in families.items():
        found, rows = family.calibration, family.profile.rows
        yield f"  {name}: {len(family.profile.binning.columns)} columns, {rows.sum():,} rows in {len(rows):,} blocks"
        if found.run == 0:
            yield "    too few blocks to learn from: thresholds are those of independent rows"
        else:
            yield f"    an alarm {found.limit:.2f} spreads from the usual: {found.rate:.2f} a year by simulation"
            yield (
                f"    blocks stay alike for {found.run}" if found.run > 1 else "    blocks do not depend on one another"
            )


def _lines(found: Drift) -> tuple[str, ...]:
    reference, current = found.rows
    alarmed = found.alarmed
    columns = list(dict.fromkeys(signal.column for signal in found.signals))
    verdict = f"DRIFT in {_columns(alarmed)}" if alarmed else "no drift"
    lines = [f"{verdict}: {current:,} rows beside {reference:,}, {len(columns)} columns"]
    lines += [f"  {signal.sentence}" for signal in alarmed]
    if quiet := [signal for signal in found.signals if not signal.alarmed][:_SHOWN]:
        lines += ["largest of the others:", *(f"  {signal.sentence}" for signal in quiet)]
    if found.untold:
        lines += ["not compared:", *(f"  {sentence}" for sentence in found.untold)]
    return (*lines, _calibrated(found))


def _columns(alarmed: tuple[Signal, ...]) -> str:
    names = list(dict.fromkeys(str(signal.column) for signal in alarmed))
    return ", ".join(names[:_SHOWN]) + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _calibrated(found: Drift) -> str:
    if found.calibration.run == 0:
        return "thresholds: by theory, for independent rows; the reference is too short to learn what is usual"
    return (
        f"thresholds: learned from how parts of the reference differ; when nothing has changed, "
        f"{found.false_alarms:.1%} of comparisons raise an alarm"
    )


def _facts(found: Drift) -> dict[str, object]:
    return {
        "drifted": bool(found.alarmed),
        "rows": {"reference": found.rows[0], "current": found.rows[1]},
        "false_alarms": found.false_alarms,
        "signals": [{**write(signal), "alarmed": signal.alarmed} for signal in found.signals],
        "not_compared": list(found.untold),
    }
