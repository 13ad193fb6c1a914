"""The rows of one training, read once, and turned into what kinds learn from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tasks.data.contract import Contract
from tasks.data.features import fit_features, make_matrix
from tasks.data.fitted_features import FittedFeatures
from tasks.data.keys import group_codes
from tasks.data.known import known_columns
from tasks.data.labels import Labels, read_labels
from tasks.data.matrix import FeatureMatrix, Labelled
from tasks.data.outcomes import Outcomes, outcomes_of
from tasks.data.rows import where
from tasks.data.snapshot import Snapshot, load_snapshot
from tasks.data.splits import Mask, Part, SplitRows, Splits, members, within
from tasks.data.window import microseconds
from tasks.spec import ModelSpec, SourceSpec


@dataclass(frozen=True, eq=False)
class Material:
    """The columns that may be learned from, the labels, and which rows are in which part."""

    spec: ModelSpec
    contract: Contract
    splits: Splits
    table: pa.Table
    labels: Labels
    masks: Mapping[Part, Mask]

    @classmethod
    def read(cls, rows: Snapshot, splits: Splits, spec: ModelSpec, contract: Contract) -> "Material":
        arrival = [spec.source.label_time] if spec.source.label_time and spec.features.learn_from_labels else []
        columns = list(dict.fromkeys([*known_columns(spec, contract), *split_columns(spec.source), *arrival]))
        table = load_snapshot(rows, columns)
        labels = read_labels(table.column(spec.source.target), spec)
        return cls(spec, contract, splits, table, labels, split_masks(table, labels, splits, spec))

    def fit_features(self) -> FittedFeatures:
        """Return the features fitted on train, the longest window of it: all of that lies before validation."""
        return fit_features(where(self.table, self.masks["train"]), self.spec, self.contract, self.outcomes)

    @cached_property
    def outcomes(self) -> Outcomes | None:
        """What became of the rows of train, where features learn from it."""
        if not self.spec.features.learn_from_labels:
            return None
        mask = self.masks["train"]
        return outcomes_of(
            where(self.table, mask),
            Labels(self.labels.target, self.labels.values[mask]),
            self.spec.source,
            task=self.spec.task,
            end=microseconds(self.splits.train.end),
        )

    def part(self, name: Part, features: FittedFeatures) -> Labelled:
        """Return the rows of a part as ``features`` make them, with their ages at its end; all have a label, but those
        of an anomaly's train.
        """
        mask = self.masks[name]
        return self._rows(name, mask if self.spec.task == "anomaly" else mask & self.labels.known, features)

    def unlabelled(self, features: FittedFeatures) -> Labelled | None:
        """Return the rows of train that no label has come for, where some candidate learns from such rows."""
        if self.spec.task == "anomaly" or not self.spec.learns_unlabelled:
            return None
        return self._rows("train", self.masks["train"] & ~self.labels.known, features)

    def _rows(self, name: Part, mask: Mask, features: FittedFeatures) -> Labelled:
        return Labelled(
            self._matrix(name, mask, features),
            self.labels.values[mask],
            ages=microseconds(self.splits[name].end) - event_times(self.table, self.spec.source)[mask],
        )

    def _matrix(self, name: Part, mask: Mask, features: FittedFeatures) -> FeatureMatrix:
        if name != "train" or not features.learned.columns:
            return make_matrix(where(self.table, mask), features, self.contract)
        whole = self.masks["train"]  # what a row's features say rests on the others, with a label or without
        made = make_matrix(where(self.table, whole), features, self.contract, train=self.outcomes)
        return made if mask[whole].all() else made.rows(mask[whole])

    def sample(self, rows: int) -> pa.Table:
        """Return the first rows of the holdout that have a label; of an anomaly, whether they have one or not."""
        if self.spec.task != "anomaly":
            return where(self.table, self.masks["holdout"]).slice(0, rows)
        return where(self.table, within(event_times(self.table, self.spec.source), self.splits.holdout)).slice(0, rows)


def split_masks(table: pa.Table, labels: Labels, splits: Splits, spec: ModelSpec) -> dict[Part, Mask]:
    """Return which rows of ``table`` are in which part; where the spec learns from them, also those with no label."""
    times, groups = event_times(table, spec.source), group_codes(table, spec.source.group)
    return members(splits, SplitRows(times, labels.known, groups, train_unlabelled=spec.learns_unlabelled))


def split_columns(source: SourceSpec) -> list[str]:
    """Return the columns that say in which part a row is."""
    return list(dict.fromkeys(filter(None, [source.timestamp, source.target, source.group])))


def event_times(table: pa.Table, source: SourceSpec) -> npt.NDArray[np.int64]:
    """Return microseconds since 1970, UTC, shape (rows,)."""
    return np.asarray(table.column(source.timestamp).cast(pa.int64()).to_numpy())
