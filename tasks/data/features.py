"""Rows turned into numbers: fitted on train only, and the same code again whenever the model scores."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Contract
from tasks.data.digest import canonical_type
from tasks.data.matrix import FeatureMatrix
from tasks.errors import ContractError
from tasks.spec import ModelSpec

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["number", "category"]
_CALENDAR: dict[str, "Callable[[pd.DatetimeIndex], Any]"] = {
    "minute_of_day": lambda times: times.hour * 60 + times.minute,
    "hour": lambda times: times.hour,
    "weekday": lambda times: times.dayofweek,
    "day_of_month": lambda times: times.day,
    "month": lambda times: times.month,
    "day_of_year": lambda times: times.dayofyear,
}


@dataclass(frozen=True)
class Feature:
    """A feature as it was fitted: its name, its kind, and for a category the values seen in training, sorted."""

    name: str
    kind: Kind
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class FittedFeatures:
    """How rows become numbers, as learned from train."""

    timestamp: str
    timezone: str
    calendar: tuple[str, ...]
    reads: tuple[str, ...]
    """The columns of the contract that are read: all of them known at prediction time."""
    features: tuple[Feature, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "FittedFeatures":
        features = tuple(Feature(f["name"], f["kind"], tuple(f["levels"])) for f in found["features"])
        return cls(found["timestamp"], found["timezone"], tuple(found["calendar"]), tuple(found["reads"]), features)


def known_columns(spec: ModelSpec, contract: Contract) -> list[str]:
    """Return the columns that exist at prediction time: no outcome, not the target, not the label's time.

    Nothing else is ever handed to feature code, so that a peek at the outcome is an error and not a good score.
    """
    unknown = {spec.source.target, spec.source.label_time}
    return [name for name in contract.names("feature", "identifier") if name not in unknown]


def fit_features(table: pa.Table, spec: ModelSpec, contract: Contract) -> FittedFeatures:
    """Return the features fitted on ``table``, the rows of train."""
    reads = known_columns(spec, contract)
    made = _make(table.select(reads), contract)
    names = [name for name in made.column_names if _is_feature(name, spec, contract)]
    fitted = tuple(_fit(name, made.column(name), spec, contract) for name in names)
    if not fitted and not spec.features.calendar:
        raise ContractError(f"{contract.file}: no column is left to be a feature of {spec.model}")
    calendar = tuple(Feature(f"{spec.source.timestamp}.{part}", "number") for part in spec.features.calendar)
    return FittedFeatures(
        timestamp=spec.source.timestamp,
        timezone=spec.features.timezone,
        calendar=tuple(spec.features.calendar),
        reads=tuple(reads),
        features=(*calendar, *fitted),
    )


def make_matrix(table: pa.Table, fitted: FittedFeatures, contract: Contract) -> FeatureMatrix:
    """Return the feature matrix of ``table``, whose columns are at least those that ``fitted`` reads."""
    made = _make(table.select(list(fitted.reads)), contract)
    values = np.empty((table.num_rows, len(fitted.features)), dtype=np.float32)
    calendar = _calendar(table.column(fitted.timestamp), fitted)
    for position, feature in enumerate(fitted.features):
        values[:, position] = (
            calendar[position] if position < len(calendar) else _numbers(made.column(feature.name), feature)
        )
    names = tuple(feature.name for feature in fitted.features)
    return FeatureMatrix(values, names, tuple(len(feature.levels) for feature in fitted.features))


def _make(known: pa.Table, contract: Contract) -> pa.Table:
    """Return the known columns, with those that the contract's ``features`` makes beside them."""
    if contract.features is None:
        return known
    try:
        made = contract.features(known.to_pandas())
    except KeyError as error:
        raise ContractError(_peek(str(error.args[0]), contract)) from None
    except AttributeError as error:
        if (found := re.search(r"'DataFrame' object has no attribute '(\w+)'", str(error))) is None:
            raise
        raise ContractError(_peek(found[1], contract)) from None
    if len(made) != known.num_rows:
        raise ContractError(
            f"{contract.file}: features() gave {len(made):,} rows for {known.num_rows:,}; allowed: one for each"
        )
    for name in made.columns:
        column = pa.Array.from_pandas(made[name])
        if name in known.column_names:
            known = known.set_column(known.column_names.index(name), name, column)
        else:
            known = known.append_column(name, column)
    return known


def _peek(name: str, contract: Contract) -> str:
    if name in contract.names("outcome"):
        return f"{contract.file}: features() reads {name!r}, an outcome: it is not known at prediction time"
    return f"{contract.file}: features() reads {name!r}, which is not a column known at prediction time"


def _is_feature(name: str, spec: ModelSpec, contract: Contract) -> bool:
    if name in spec.features.exclude or name in (spec.source.timestamp, spec.source.group):
        return False
    if spec.source.key == [name]:  # a key by itself names the row and nothing else
        return False
    return name not in contract.names("identifier")


def _fit(name: str, column: pa.ChunkedArray, spec: ModelSpec, contract: Contract) -> Feature:
    if _is_text(column.type):
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


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(canonical_type(kind)))
