"""The lineage of a challenger: all that made it, live or in a replay."""

from dataclasses import dataclass, replace
from datetime import datetime

from tasks.data.ingestion import Prepared
from tasks.data.splits import Splits
from tasks.release.challenger import Challenger, Recipe
from tasks.release.lineage import Lineage, code_revision, environment_digest
from tasks.settings import Settings


@dataclass(frozen=True)
class Origin:
    """What a training began with."""

    as_of: datetime
    reason: str
    prepared: Prepared
    splits: Splits
    flow_run: str | None = None


def trace(challenger: Challenger, origin: Origin, recipe: Recipe, settings: Settings) -> Lineage:
    """Return what made ``challenger``."""
    prepared, splits, quality = origin.prepared, origin.splits, challenger.labels
    return Lineage(
        as_of=origin.as_of,
        raw=prepared.raw,
        rows=prepared.rows,
        quarantined=prepared.quarantined,
        splits=replace(splits, train=challenger.learned or splits.train),
        spec=recipe.spec.digest,
        contract=recipe.contract.version,
        code=code_revision(settings.project),
        environment=environment_digest(),
        seed=recipe.spec.seed,
        reason=origin.reason,
        flow_run=origin.flow_run,
        window=challenger.window,
        refit=challenger.refitted,
        parent=challenger.parent,
        continued=challenger.continued,
        suspects=quality.suspects if quality else None,
        dropped=quality.suspects if quality and quality.done == "drop" else 0,
        sources={module: source.version for module, source in recipe.sources.items()},
    )
