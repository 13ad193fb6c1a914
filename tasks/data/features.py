"""Rows turned into numbers: fitted on train only, and the same code again whenever the model scores."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Contract
from tasks.data.fitted_features import Feature, FittedFeatures
from tasks.data.known import is_feature, known_and_made, known_columns
from tasks.data.learned import fit_learned, is_text
from tasks.data.matrix import FeatureMatrix
from tasks.data.outcomes import Outcomes
from tasks.errors import ContractError
from tasks.spec import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

_CALENDAR: dict[str, "Callable[[pd.DatetimeIndex], Any]"] = {
    "minute_of_day": lambda times: times.hour * 60 + times.minute,
    "hour": lambda times: times.hour,
    "weekday": lambda times: times.dayofweek,
    "day_of_month": lambda times: times.day,
    "month": lambda times: times.month,
    "day_of_year": lambda times: times.dayofyear,
}


def fit_features(
    table: pa.Table, spec: ModelSpec, contract: Contract, outcomes: Outcomes | None = None
) -> FittedFeatures:
    """Return the features fitted on ``table``, the rows of train, and for what learns from labels on ``outcomes``."""
    reads = known_columns(spec, contract)
    made = known_and_made(table.select(reads), contract)
    names = [name for name in made.column_names if is_feature(name, spec, contract)]
    fitted = tuple(_fit(name, made.column(name), spec, contract) for name in names)
    learned = fit_learned(made, spec, contract, outcomes)
    of_labels = tuple(Feature(name, "number") for one in learned.columns for name in one.names)
    if not fitted and not of_labels and not spec.features.calendar:
        raise ContractError(f"{contract.file}: no column is left to be a feature of {spec.model}")
    calendar = tuple(Feature(f"{spec.source.timestamp}.{part}", "number") for part in spec.features.calendar)
    return FittedFeatures(
        timestamp=spec.source.timestamp,
        timezone=spec.features.timezone,
        calendar=tuple(spec.features.calendar),
        reads=tuple(reads),
        features=(*calendar, *fitted, *of_labels),
        learned=learned,
    )


def make_matrix(
    table: pa.Table, fitted: FittedFeatures, contract: Contract, *, train: Outcomes | None = None
) -> FeatureMatrix:
    """Return the feature matrix of ``table``, whose columns are at least those that ``fitted`` reads.

    With ``train``, its rows are those of train, with these outcomes: then no row's own label is in its features.
    """
    made = known_and_made(table.select(list(fitted.reads)), contract)
    values = np.empty((table.num_rows, len(fitted.features)), dtype=np.float32)
    for start, columns in _columns(table, made, fitted, train):
        values[:, start : start + columns.shape[1]] = columns
    names = tuple(feature.name for feature in fitted.features)
    return FeatureMatrix(values, names, tuple(len(feature.levels) for feature in fitted.features))


def _columns(
    table: pa.Table, made: pa.Table, fitted: FittedFeatures, train: Outcomes | None
) -> Iterator[tuple[int, npt.NDArray[np.float32]]]:
    """Yield the columns of the matrix, a few at a time, each with the place where they begin."""
    position = 0
    for part in _calendar(table.column(fitted.timestamp), fitted):
        yield position, part[:, None]
        position += 1
    for feature in fitted.as_they_are:
        yield position, _numbers(made.column(feature.name), feature)[:, None]
        position += 1
    for one in fitted.learned.columns:
        column = made.column(one.column)
        yield position, one.encode(column) if train is None else one.encode_train(column, train)
        position += len(one.names)


def _fit(name: str, column: pa.ChunkedArray, spec: ModelSpec, contract: Contract) -> Feature:
    if is_text(column.type):
        return Feature(name, "category", _levels(column, spec.features.max_categories))
    if pa.types.is_boolean(column.type) or pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return Feature(name, "number")
    raise ContractError(
        f"{contract.file}: {name} is a {column.type}; allowed as a feature: numbers, text, true/false. "
        "Make numbers of it in features(), or list it in features.exclude"
    )


def _levels(column: pa.ChunkedArray, most: int) -> tuple[str, ...]:
    counts = pc.value_counts(column.cast(pa.string()).drop_null()).to_pylist()
    frequent = sorted(counts, key=lambda c: (-c["counts"], c["values"]))[:most]
    return tuple(sorted(c["values"] for c in frequent))


def _numbers(column: pa.ChunkedArray, feature: Feature) -> npt.NDArray[np.float32]:
    array = column.combine_chunks()
    if feature.kind == "number":
        return cast("npt.NDArray[np.float32]", array.cast(pa.float32(), safe=False).to_numpy(zero_copy_only=False))
    encoded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    codes = pc.index_in(encoded.dictionary.cast(pa.string()), value_set=pa.array(feature.levels, pa.string()))
    numbers = codes.cast(pa.float32()).take(encoded.indices)
    return cast("npt.NDArray[np.float32]", numbers.to_numpy(zero_copy_only=False))


def _calendar(times: pa.ChunkedArray, fitted: FittedFeatures) -> list[npt.NDArray[np.float32]]:
    if not fitted.calendar:
        return []
    import pandas as pd

    local = pd.DatetimeIndex(times.to_pandas()).tz_convert(fitted.timezone)
    return [np.asarray(_CALENDAR[part](local), dtype=np.float32) for part in fitted.calendar]
