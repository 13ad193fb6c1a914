"""The champion scores the rows of a window to the log: batch by batch, each row once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from tasks.data import store
from tasks.data.distinct import distinct
from tasks.data.keys import row_keys
from tasks.data.rows import where
from tasks.data.snapshot import Snapshot, load_batches
from tasks.data.times import UTC_TIME
from tasks.data.window import Window
from tasks.monitoring.predictions.eligible import Eligible, find_eligible
from tasks.monitoring.predictions.log import (
    ROW_KEY,
    SCORED_AT,
    SNAPSHOT,
    Log,
    as_columns,
    days_of,
    event_times,
    open_log,
)
from tasks.monitoring.predictions.run import ScoringRun
from tasks.monitoring.predictions.scorer import Scorer, load_scorer
from tasks.release.artifact import Model
from tasks.release.ledger.entries import Entry
from tasks.release.ledger.leases import require
from tasks.release.ledger.work_records import Scored

BATCH_ROWS = 100_000
"""Rows in memory at once, with their features: some tens of megabytes."""


@dataclass(frozen=True)
class Written:
    """What one version added to its log."""

    version: int
    rows: int
    """Those that the log did not have yet."""
    folder: str


@dataclass(frozen=True)
class Made:
    """What the steps of a scoring made."""

    served: Written
    entry: Entry | None
    """In the ledger; None: nothing changed."""
    shadow: Written | None


@dataclass(frozen=True)
class Scoring:
    """What came of a scoring."""

    window: Window
    rows: int
    """Valid rows of the window: all are in the log now."""
    quarantined: int
    failures: Mapping[str, int]
    """Rows that broke each rule; a row may break several."""
    repeated: int
    snapshot: str
    made: Made


def score(run: ScoringRun) -> Scoring:
    """Score the rows of the run's window, and write down that it was done; the same window again changes nothing."""
    found = find_eligible(run.spec, run.contract, run.settings, window=run.window)
    return summarize(run, found, Made(serve(run, found), write_down(run, found), shadow(run, found)))


def serve(run: ScoringRun, found: Eligible) -> Written:
    """Have the champion score the rows."""
    return _score(run, found.rows, run.champion, open_log(run.settings, run.spec.model, "served", run.champion.version))


def shadow(run: ScoringRun, found: Eligible) -> Written | None:
    """Have the newest proposed version score the same rows, where the spec asks for it; users never see it."""
    if run.shadow is None:
        return None
    return _score(run, found.rows, run.shadow, open_log(run.settings, run.spec.model, "shadow", run.shadow.version))


def write_down(run: ScoringRun, found: Eligible) -> Entry | None:
    """Append what was scored to the ledger; None: it stands there already, or there was no row to score.

    A scoring that was killed before this has its rows in the log: the next one writes none, and is written down.

    Raises:
        LeaseLost: another process has taken the scoring over.
    """
    assert run.window.start is not None
    scored = Scored(
        version=run.champion.version,
        start=run.window.start,
        end=run.window.end,
        rows=found.rows.rows,
        quarantined=found.quarantined.rows,
        snapshot=found.rows.digest,
    )
    with run.ledger.deciding() as page:
        require(page, run.lease)
        known = any(entry.what == scored for entry in page.entries(run.spec.model))
        return None if known or not scored.rows else page.append(run.spec.model, scored, at=datetime.now(UTC))


def summarize(run: ScoringRun, found: Eligible, made: Made) -> Scoring:
    """Return what came of a scoring."""
    return Scoring(
        window=run.window,
        rows=found.rows.rows,
        quarantined=found.quarantined.rows,
        failures=found.failures,
        repeated=found.repeated,
        snapshot=found.rows.digest,
        made=made,
    )


def _score(run: ScoringRun, rows: Snapshot, scorer: Scorer, log: Log) -> Written:
    model = load_scorer(scorer, run.spec, run.contract)
    written = sum(_score_batch(run, batch, model, (log, rows.digest)) for batch in load_batches(rows, BATCH_ROWS))
    return Written(scorer.version, written, store.uri(log.folder))


def _score_batch(run: ScoringRun, batch: pa.Table, model: Model, into: tuple[Log, str]) -> int:
    """Add to the log what it does not have yet of ``batch``, and return how many rows that were."""
    log, digest = into
    source = run.spec.source
    keys, days = row_keys(batch, source.key), days_of(event_times(batch, source.timestamp))
    new = np.zeros(len(keys), dtype=bool)
    for day in distinct(days).tolist():
        log.tidy(day)
        own = days == day
        new[own] = ~np.isin(keys[own], log.keys(day))
    if new.any():
        run.require_lease()
        rows, fresh = where(batch, new), days[new]
        told = pa.table(
            {
                **{name: rows.column(name) for name in dict.fromkeys([*source.key, source.timestamp])},
                ROW_KEY: keys[new],
                **as_columns(model.predict(rows)),
                SCORED_AT: pa.repeat(pa.scalar(run.as_of, UTC_TIME), rows.num_rows),
                SNAPSHOT: pa.repeat(digest, rows.num_rows).dictionary_encode(),
            }
        )
        for day in distinct(fresh).tolist():
            log.add(day, where(told, fresh == day))
    return int(new.sum())
