"""The rules of triage, worst first."""

from collections.abc import Callable, Iterator, Sequence

from tasks.monitoring.triage.absence import missing_column, null_surge
from tasks.monitoring.triage.case import Case
from tasks.monitoring.triage.categories import renamed_category, vanished_category
from tasks.monitoring.triage.clock import clock_shift
from tasks.monitoring.triage.diagnosis import BROKEN, Diagnosis, Finding
from tasks.monitoring.triage.frozen import frozen_column
from tasks.monitoring.triage.loads import duplicated_load, missing_rows, quarantined_rows
from tasks.monitoring.triage.passing import covariate_shift, passing, season, untold
from tasks.monitoring.triage.related import related_columns
from tasks.monitoring.triage.suspect import suspect_column
from tasks.monitoring.triage.swapped import swapped_columns
from tasks.monitoring.triage.units import unit_change
from tasks.monitoring.triage.view import View
from tasks.monitoring.triage.worth import label_delay, loss, loss_unknown

Rule = Callable[[View], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    # The feed is broken: mend it, and train on nothing that it brought.
    missing_column,
    null_surge,
    unit_change,
    related_columns,
    swapped_columns,
    frozen_column,
    renamed_category,
    vanished_category,
    clock_shift,
    duplicated_load,
    missing_rows,
    quarantined_rows,
    # A loss that may be none, and a change that is over.
    label_delay,
    passing,
    # A concept that drifts changes no input, a broken feed does, at once: look before training.
    suspect_column,
    # The world has moved: a training helps.
    loss,
    # It has moved, and nothing is lost by it, or not that anybody knows.
    season,
    covariate_shift,
    loss_unknown,
    untold,
)
"""The first to speak of a column, or of the window, has the word: what says more of the cause stands first."""
_QUIET = "nothing: no signal is above its threshold, and the feed looks whole"


def triage(case: Case) -> Diagnosis:
    """Return what is wrong with the window of ``case``, if anything is, and what to do about it. Pure."""
    view = View(case)
    told = [finding for rule in RULES for finding in rule(view)]
    found = tuple(_each_once([finding for finding in told if not _of_made(finding, case)]))
    worst = found[0] if found else Finding("quiet", "nothing", (), 0.0, 1.0, _QUIET)
    return Diagnosis(worst.action, worst.kind, worst.columns, worst.sentence, worst.confidence, found)


def _of_made(finding: Finding, case: Case) -> bool:
    """Say whether a broken feed is told of by a column that none brings: what it is made of tells of it by itself."""
    return finding.kind in BROKEN and not case.columns.made.isdisjoint(finding.columns)


def _each_once(found: Sequence[Finding]) -> Iterator[Finding]:
    """Yield of what breaks a column its first finding, and all that are about something else.

    A finding about columns that are all told of, one left "untold" when anything was told, or a suspect beside a feed
    that is known to be broken, adds nothing.
    """
    told: set[str] = set()
    for number, finding in enumerate(found):
        if number and (finding.kind == "untold" or (finding.kind == "suspect_column" and found[0].kind in BROKEN)):
            continue
        if finding.kind not in BROKEN or not finding.columns or told.isdisjoint(finding.columns):
            yield finding
        told |= set(finding.columns) if finding.kind in BROKEN else set()
