"""The leakage audit: what a model or its judge knows and could not know.

A leak that is overlooked makes every figure of the gate worthless, however sound its statistics; one that is made
up keeps a good model away. docs/gate.md says how often either happens.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from tasks.judgement.leakage.case import Audit, AuditCase, Finding, Leak, Untested
from tasks.judgement.leakage.duplicates import duplicates
from tasks.judgement.leakage.encoded import target_encodings
from tasks.judgement.leakage.fitted import scaled_columns
from tasks.judgement.leakage.groups import shared_groups, undeclared_groups
from tasks.judgement.leakage.identifiers import identifiers
from tasks.judgement.leakage.missingness import missingness
from tasks.judgement.leakage.order import champion_saw_holdout, label_horizon, time_order
from tasks.judgement.leakage.outcomes import outcomes
from tasks.judgement.leakage.proxies import proxies
from tasks.judgement.leakage.sample import view
from tasks.judgement.leakage.sums import sums_of_columns
from tasks.judgement.leakage.timestamps import late_timestamps

_ROWS: tuple[Callable[[AuditCase], Iterator[Finding]], ...] = (
    time_order,
    label_horizon,
    shared_groups,
    duplicates,
    champion_saw_holdout,
)
_COLUMNS = (target_encodings, missingness, identifiers, proxies, undeclared_groups, scaled_columns)
"""The first to report a column has the word: what says more of the cause stands first."""


def audit(case: AuditCase) -> Audit:
    """Return the leaks of ``case``, those that refuse first, and what could not be looked for.

    Pure: same case, same audit. Counts of rows are right to the row; statistics look at 30,000 rows a side.
    A check that fails raises: the gate takes it for what it is, not a pass.
    """
    with ThreadPoolExecutor(1) as other:  # numpy and pyarrow let the two run side by side
        rows = other.submit(lambda: [finding for check in _ROWS for finding in check(case)])
        found = [*_about_columns(case), *rows.result()]
    leaks = sorted((leak for leak in found if isinstance(leak, Leak)), key=lambda leak: leak.severity == "warn")
    untested = tuple(finding.sentence for finding in found if isinstance(finding, Untested))
    return Audit(tuple(_each_once(leaks)), untested)


def _about_columns(case: AuditCase) -> Iterator[Finding]:
    found: list[Finding] = [*outcomes(case), *late_timestamps(case)]
    seen = view(case)
    if seen.too_few:
        yield Untested(f"columns that give the label away: {seen.too_few}")
    else:
        found += [leak for check in _COLUMNS for leak in check(case, seen)]
        found += sums_of_columns(case, seen, found)
    yield from found


def _each_once(leaks: Sequence[Leak]) -> Iterator[Leak]:
    """Yield of each column the first leak, and all that are about rows."""
    told: set[str] = set()
    for leak in leaks:
        if leak.column is None or leak.column not in told:
            yield leak
        told |= {leak.column} if leak.column else set()
