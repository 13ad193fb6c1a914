"""Labels of train that may be wrong: which they are, and what is done about them, as the spec says."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Literal

import numpy as np

from tasks.data.keys import group_codes
from tasks.data.matrix import FloatArray, Labelled
from tasks.data.rows import at
from tasks.judgement.table import NONE, Table
from tasks.learning.folds import out_of_fold
from tasks.learning.problem import Problem
from tasks.learning.suspects import LEVEL, Suspects, find_suspects
from tasks.release.material import Material
from tasks.release.row_explanations import row_in_words

_SHOWN, _KEPT = 20, 1000
"""Suspects on the page, and in the record, the most suspect first."""
_DONE = {
    "flag": "They are reported, and were learned from as they are.",
    "drop": "Their rows were left out of train.",
    "weight": "In training they counted less, by their suspicion.",
}


@dataclass(frozen=True)
class SuspectLabel:
    """A row of train whose label contradicts a sure prediction."""

    row: str
    """Its key, in words."""
    label: str
    instead: str
    """The class that its features speak for."""
    probability: float
    """Of the label, by a model that has not seen the row."""
    suspicion: float
    """How probable it may be that the label is wrong."""


@dataclass(frozen=True)
class LabelQuality:
    """What the labels of train are worth, as it is recorded. No label is called wrong: see ``learning.suspects``."""

    done: Literal["flag", "drop", "weight"]
    rows: int
    """Labelled rows of train, before any was left out."""
    suspects: int
    at_most: float
    """Bound on the share of wrong labels; the lower one is 0."""
    untold: tuple[str, ...]
    """Classes that are too hard to predict for a mistake to stand out."""
    largest: tuple[SuspectLabel, ...]
    """The most suspect, first."""

    @property
    def text(self) -> tuple[str, ...]:
        """What a person reads."""
        share = self.suspects / max(self.rows, 1)
        found = f"{self.suspects:,} of {self.rows:,} labels of train ({share:.2%}) contradict a sure prediction."
        said = [f"{found} {_DONE[self.done]}" if self.suspects else found]
        said.append(
            f"If mistakes hit all rows of a class alike, at most {self.at_most:.1%} of labels are wrong ({LEVEL:.0%} "
            "bound). It may be none: an odd outcome and a wrong label look alike, and no label is certainly wrong."
        )
        if self.untold:
            classes = ", ".join(self.untold)
            said.append(f"Too hard to predict for a mistake to stand out: {classes}. None of its labels is suspected.")
        return tuple(said)

    @property
    def table(self) -> Table:
        if not self.largest:
            return NONE
        rows = tuple(
            (one.row, one.label, one.instead, f"{one.probability:.2%}", f"up to {one.suspicion:.0%}")
            for one in self.largest[:_SHOWN]
        )
        head = ("row", "label", "its features speak for", "probability of its label", "suspicion")
        return Table(f"The labels most to be suspected, {len(rows)} of {self.suspects:,}", head, rows)

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)


@dataclass(frozen=True, eq=False)
class Examined:
    """The labels of train, examined; what does not ask for it goes on as it is."""

    quality: LabelQuality | None = None
    suspicion: FloatArray | None = None

    def treat(self, rows: Labelled) -> Labelled:
        """Return what is to be learned from ``rows``, those that were examined, in any features."""
        if self.quality is None or self.suspicion is None or not self.quality.suspects:
            return rows
        match self.quality.done:
            case "flag":
                return rows
            case "weight":
                return replace(rows, trust=1 - self.suspicion)
            case "drop":
                kept = self.suspicion == 0
                ages = None if rows.ages is None else rows.ages[kept]
                return Labelled(rows.matrix.rows(kept), rows.labels[kept], ages=ages)


def examine(material: Material, rows: Labelled, threads: int) -> Examined:
    """Return what is to be thought of the labels of ``rows``, those of train; nothing where the spec does not ask."""
    spec, target = material.spec, material.labels.target
    if spec.labels.suspects == "off":
        return Examined()
    places = np.flatnonzero(material.masks["train"])
    groups = group_codes(material.table, spec.source.group)
    problem = Problem(spec.task, target, spec.seed, threads)
    probabilities = out_of_fold(rows, None if groups is None else groups[places], problem)
    found, names = find_suspects(rows.labels, probabilities), [str(name) for name in target.classes]
    quality = LabelQuality(
        done=spec.labels.suspects,
        rows=len(rows),
        suspects=int(found.named.sum()),
        at_most=found.at_most,
        untold=tuple(names[code] for code in found.untold),
        largest=_largest(material, rows, found, names),
    )
    return Examined(quality, found.suspicion)


def _largest(material: Material, rows: Labelled, found: Suspects, names: list[str]) -> tuple[SuspectLabel, ...]:
    order = np.lexsort((found.outside, -found.suspicion))[: min(_KEPT, int(found.named.sum()))]
    which = np.sort(order)
    table = at(material.table, np.flatnonzero(material.masks["train"])[which])
    place = {int(row): number for number, row in enumerate(which)}
    return tuple(
        SuspectLabel(
            row=row_in_words(table, place[int(row)], material.spec.source.key),
            label=names[int(rows.labels[row])],
            instead=names[int(found.instead[row])],
            probability=float(found.outside[row]),
            suspicion=float(found.suspicion[row]),
        )
        for row in order
    )
