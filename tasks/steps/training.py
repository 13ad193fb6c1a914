"""Each step of a training."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.states import Completed

from tasks import announcement
from tasks.announcement import artifact_key
from tasks.data import ingestion
from tasks.data.ingestion import Ingested, Prepared
from tasks.data.splits import Splits
from tasks.data.splits import split as split_by_time
from tasks.data.window import write_time
from tasks.judgement import report
from tasks.markdown import escape
from tasks.release import proposing, record
from tasks.release.arena import enter
from tasks.release.candidates import describe, describe_study
from tasks.release.challenger import Challenger, count_splits, make_challenger
from tasks.release.judging import hear, weigh
from tasks.release.ledger.standing import standing
from tasks.release.ledger.version_records import Proposed
from tasks.release.proposing import Trained
from tasks.release.record import Subject, Written
from tasks.release.requests import Idle
from tasks.release.run import TrainingRun
from tasks.release.tracing import Origin, trace
from tasks.release.versions import Version
from tasks.release.warming import wants_champion
from tasks.steps import outside

_log = logging.getLogger("perennial")


@dataclass(frozen=True)
class Parts:
    """The valid rows, and which of them train, choose and judge."""

    prepared: Prepared
    splits: Splits


def begun() -> datetime | None:
    """Return when this run was first begun: Prefect keeps that when it begins the run again."""
    context = FlowRunContext.get()
    start = context.flow_run.start_time if context and context.flow_run else None
    # Prefect's own kind of time gives lengths of its own kind, on which arithmetic breaks.
    return datetime.fromisoformat(start.isoformat()).astimezone(UTC) if start else None


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def ingest(run: TrainingRun) -> Ingested:
    """Save what the source had by ``as_of``."""
    found = ingestion.ingest(run.spec, run.contract, run.settings, run.as_of)
    _log.info("read %s rows before %s", *_with_commas(found.raw.rows), write_time(run.as_of))
    return found


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def validate(run: TrainingRun, ingested: Ingested) -> Prepared:
    """Part valid rows from those that break the contract."""
    home = run.settings.of(run.spec.model)
    rows = ingestion.prepare(ingested, run.spec, run.contract, folder=home, as_of=run.as_of)
    _log.info("%s rows are valid, %s in quarantine", *_with_commas(rows.rows.rows, rows.quarantined.rows))
    if rows.failures:
        table = [{"rule": rule, "rows": count} for rule, count in rows.failures.items()]
        create_table_artifact(table, key=artifact_key(run.spec.model, "quarantine"), description=rows.quarantined.uri)
    return rows


@task(cache_policy=NO_CACHE)
def split(run: TrainingRun, prepared: Prepared) -> Parts:
    """Place train, validation and holdout on the time line."""
    splits = split_by_time(run.spec, run.as_of)
    counts = count_splits(prepared.rows, splits, run.spec)
    _log.info(
        "train on %s, choose on %s, judge on %s rows",
        *_with_commas(counts.train, counts.validation, counts.holdout),
    )
    return Parts(prepared, splits)


@task(cache_policy=NO_CACHE)
def train(run: TrainingRun, parts: Parts) -> Challenger:
    """Train every candidate and write down the one that validation chose."""
    champion = _champion(run) if wants_champion(run.spec) else None
    challenger = make_challenger(parts.prepared.rows, parts.splits, run.recipe, run.folder, champion)
    for candidate in challenger.candidates:
        _log.info(describe(candidate, run.spec.gate.metric))
    for out in challenger.left_out:
        _log.info("%s is not tried: %s", out.what, out.why)
    if challenger.labels:
        _log.info(challenger.labels.text[0])
    if challenger.study:
        _log.info(describe_study(challenger.study))
    return challenger


@task(cache_policy=NO_CACHE, **outside.AGAIN)
def judge(run: TrainingRun, parts: Parts, challenger: Challenger) -> Written:
    """Judge the challenger beside the champion on the holdout."""
    version = _champion(run)
    with run.registrar.inspecting(challenger.artifact) as cost:
        arena = enter(parts.prepared.rows, parts.splits, run.recipe, (challenger, version))
        heard = hear(arena, judged=run.settings.of(run.spec.model) / "judged")
        verdict = weigh(heard, run.spec, cost())
    subject = _subject(run, parts, challenger)
    written = record.write(run.folder / "record", verdict, heard.held, subject, heard.explained)
    if slices := report.slice_table(verdict):
        create_table_artifact(
            slices, key=artifact_key(run.spec.model, "slices"), description="The challenger by slice, worst first."
        )
    create_markdown_artifact(
        report.markdown(verdict), key=artifact_key(run.spec.model, "verdict"), description=escape(verdict.reasons[0])
    )
    _log.info("judged: %s", verdict.reasons[0])
    return written


@task(cache_policy=NO_CACHE)
def register(run: TrainingRun, parts: Parts, challenger: Challenger, judged: Written) -> Trained:
    """Record the training; register the challenger if it may be promoted."""
    subject = _subject(run, parts, challenger)
    recorded = run.registrar.record(record.describe(subject, judged, cost=run.meter.read().metrics))
    version = recorded.version
    _log.info(f"registered as version {version.number}" if version else "recorded, and not registered")
    return Trained(subject, judged, recorded)


@task(cache_policy=NO_CACHE)
def propose(run: TrainingRun, trained: Trained) -> Trained:
    """Write the verdict into the ledger, and propose the version if there is one; tell people of it."""
    entries = proposing.propose(run, trained)
    for entry in entries:
        _log.info("ledger, entry %s: %s", entry.number, entry.kind)
        announcement.tell_of(run.spec, entry)
        if isinstance(entry.what, Proposed) and entry.what.approvals:
            announcement.show(run.spec, entry.what)
    return trained


def result(found: Trained | Idle) -> State[Trained | Idle]:
    """Return the state that a run ends in: a refused challenger is a result, and so is nothing to do."""
    if isinstance(found, Idle):
        return Completed(name=found.name, message=found.message, data=found)
    verdict = found.verdict
    name = "Completed" if verdict.promotable else "Refused"
    return Completed(name=name, message=verdict.reasons[0], data=found)


def _champion(run: TrainingRun) -> Version | None:
    champion = standing(run.ledger.entries(run.spec.model)).champion
    return run.registrar.version(run.spec.model, champion.version) if champion else None


def _subject(run: TrainingRun, parts: Parts, challenger: Challenger) -> Subject:
    origin = Origin(run.as_of, run.reason, parts.prepared, parts.splits, _flow_run())
    return Subject(run.spec, challenger, trace(challenger, origin, run.recipe, run.settings))


def _flow_run() -> str | None:
    context = FlowRunContext.get()
    return str(context.flow_run.id) if context and context.flow_run else None


def _with_commas(*counts: int) -> list[str]:
    return [f"{count:,}" for count in counts]
