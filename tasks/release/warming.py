"""The champion as something to begin from."""

from dataclasses import dataclass
from datetime import datetime

from tasks.data.fitted_features import FittedFeatures
from tasks.data.splits import within
from tasks.data.window import Window
from tasks.learning.warm import Warmth, is_warm, reason_against
from tasks.learning.windows import LeftOut
from tasks.release.artifact import Model, load_artifact
from tasks.release.lineage import Lineage
from tasks.release.material import Material, event_times
from tasks.release.versions import Version
from tasks.spec import ModelSpec


@dataclass(frozen=True, eq=False)
class Start:
    """The champion that warm candidates begin from, or why none can."""

    warmth: Warmth | None = None
    champion: Model | None = None
    version: Version | None = None
    against: tuple[LeftOut, ...] = ()


def wants_champion(spec: ModelSpec) -> bool:
    """Say whether any candidate begins from the champion."""
    return any(is_warm(candidate) for candidate in spec.candidates)


def start_from(version: Version | None, material: Material, fitted: FittedFeatures) -> Start:
    """Return what warm candidates of a training begin from; ``fitted`` are the features of the fresh ones."""
    if not wants_champion(material.spec):
        return Start()
    if version is None:
        return _not("there is no champion yet")
    champion = load_artifact(version.artifact.uri, version.artifact.digest)
    if why := _other(champion, material, fitted):
        return _not(f"the champion, version {version.number}, {why}")
    seen = seen_by(version.lineage)
    validation = material.masks["validation"]
    times = event_times(material.table, material.spec.source)[validation]
    warmth = Warmth(
        champion=champion.estimator,
        train=material.part("train", champion.features),
        validation=material.part("validation", champion.features),
        unseen=~within(times, seen),
    )
    if why := reason_against(warmth, material.spec):
        return _not(why)
    return Start(warmth, champion, version)


def seen_by(lineage: Lineage) -> Window:
    """Return a stretch of time that holds every row that a version, or what it began from, has learned from."""
    own = Window(lineage.splits.train.start, lineage.splits.validation.end)
    before = lineage.continued
    return own if before is None else Window(_earlier(own.start, before.start), max(own.end, before.end))


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else min(one, other)


def _other(champion: Model, material: Material, fitted: FittedFeatures) -> str | None:
    """Return in what the champion differs from what the spec asks for now; None: only in what it has learned."""
    if (champion.task, champion.target) != (material.spec.task, material.labels.target):
        return "has another target"
    if champion.contract.version != material.contract.version:
        return "was trained under another contract"
    if _form(champion.features) != _form(fitted):
        return "has other features"
    return None


def _form(features: FittedFeatures) -> tuple[object, ...]:
    """Return all of the features but the values that categories were found to have, and what labels said of others."""
    made = tuple((feature.name, feature.kind) for feature in features.features)
    ngrams = tuple(text.ngrams for text in features.learned.texts)
    return features.timestamp, features.timezone, features.calendar, features.reads, made, ngrams


def _not(why: str) -> Start:
    return Start(against=(LeftOut("warm_start", why),))
