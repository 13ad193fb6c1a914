"""A feature matrix as values and ranges that people can read: where the gate looks for slices."""

from collections.abc import Iterator

import numpy as np

from tasks.data.fitted_features import Feature, FittedFeatures
from tasks.data.matrix import FeatureMatrix, FloatArray
from tasks.judgement.partition import MISSING, Partition, by_quantile, in_phrases, largest

_MOST_VALUES = 12
_BINS = 5


def searchable(matrix: FeatureMatrix, fitted: FittedFeatures) -> dict[str, Partition]:
    """Return the rows by the values of each feature that has more than one."""
    return {name: parts for name, parts in _partitions(matrix, fitted) if np.count_nonzero(parts.sizes()) > 1}


def _partitions(matrix: FeatureMatrix, fitted: FittedFeatures) -> Iterator[tuple[str, Partition]]:
    for position, feature in enumerate(fitted.features):
        values = matrix.values[:, position].astype(np.float64)
        if feature.kind == "category":
            yield feature.name, in_phrases(largest(_by_level(values, feature), _MOST_VALUES), feature.name)
        else:
            yield feature.name, by_quantile(values, feature.name, bins=_BINS)


def _by_level(values: FloatArray, feature: Feature) -> Partition:
    """Return rows by level; one that train did not know counts as missing, as it does for the model."""
    missing = len(feature.levels)
    return Partition(np.where(np.isnan(values), missing, values).astype(np.intp), (*feature.levels, MISSING))
