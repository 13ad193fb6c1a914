"""Whether fresh rows say that the world has changed, or that the feed is broken: triage tells, as in a check."""

from collections.abc import Mapping
from dataclasses import dataclass

from tasks.data.contract import Contract
from tasks.evolution.fresh import Fresh, typed
from tasks.monitoring.triage import Case, Columns, triage
from tasks.monitoring.triage.diagnosis import BROKEN
from tasks.spec import ModelSpec

_PREFIX = "fix the data: "


@dataclass(frozen=True)
class Suspicion:
    """What looks broken."""

    columns: Mapping[str, str]
    """Columns whose feed looks broken, each with how."""
    rows: tuple[str, ...]
    """What looks broken about the window as a whole."""


def suspicion(fresh: Fresh, spec: ModelSpec, contract: Contract) -> Suspicion:
    """Return what triage takes for a broken feed in the fresh rows, beside those before."""
    source = spec.source
    case = Case(
        columns=Columns(source.timestamp, tuple(source.key), source.target, frozenset(contract.names("outcome"))),
        reference=fresh.reference,
        current=typed(fresh.rows, contract),
        before=fresh.before,
        unknown=tuple(fresh.unnamed.column_names),
    )
    broken = [finding for finding in triage(case).findings if finding.kind in BROKEN]
    columns = {name: one.sentence.removeprefix(_PREFIX) for one in reversed(broken) for name in one.columns}
    return Suspicion(columns, tuple(one.sentence.removeprefix(_PREFIX) for one in broken if not one.columns))
