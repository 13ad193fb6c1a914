"""Each step of a scoring."""

import logging

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.states import Completed

from tasks.announcement import artifact_key
from tasks.monitoring.predictions import eligible, scoring
from tasks.monitoring.predictions.eligible import Eligible
from tasks.monitoring.predictions.run import ScoringRun
from tasks.monitoring.predictions.scoring import Made, Scoring, Written
from tasks.release.ledger.entries import Entry
from tasks.steps import outside

_log = logging.getLogger("perennial")


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def find_eligible(run: ScoringRun) -> Eligible:
    """Save the rows of the window that can be scored, and in quarantine those that break the contract."""
    found = eligible.find_eligible(run.spec, run.contract, run.settings, window=run.window)
    _log.info(
        "%s: %s rows to score, %s in quarantine", run.window, f"{found.rows.rows:,}", f"{found.quarantined.rows:,}"
    )
    if found.failures:
        table = [{"rule": rule, "rows": count} for rule, count in found.failures.items()]
        create_table_artifact(table, key=artifact_key(run.spec.model, "not-scored"), description=found.quarantined.uri)
    return found


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def serve(run: ScoringRun, found: Eligible) -> Written:
    """Have the champion score the rows to the log."""
    return _told(scoring.serve(run, found))


@task(cache_policy=NO_CACHE)
def write_down(run: ScoringRun, found: Eligible) -> Entry | None:
    """Write into the ledger that the window was scored."""
    entry = scoring.write_down(run, found)
    if entry:
        _log.info("ledger, entry %s: %s", entry.number, entry.kind)
    return entry


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def shadow(run: ScoringRun, found: Eligible) -> Written | None:
    """Have the newest proposed version score the same rows, where the spec asks for it."""
    written = scoring.shadow(run, found)
    return _told(written, "in the shadow, ") if written else None


def result(run: ScoringRun, found: Eligible, made: Made) -> State[Scoring]:
    """Return the state that a run ends in: to have found nothing new is a result too."""
    name = "Completed" if made.entry or made.served.rows else "NothingNew"
    message = f"{made.served.rows:,} of {found.rows.rows:,} rows were new"
    return Completed(name=name, message=message, data=scoring.summarize(run, found, made))


def _told(written: Written, where: str = "") -> Written:
    _log.info("%sversion %s: %s rows were new to the log", where, written.version, f"{written.rows:,}")
    return written
