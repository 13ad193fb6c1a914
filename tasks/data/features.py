"""Rows turned into numbers: fitted on train only, and the same code again whenever the model scores."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.contract import Contract
from tasks.data.free_text import FittedText
from tasks.data.learned import Learned, fit_learned, is_text
from tasks.data.matrix import FeatureMatrix
from tasks.data.outcomes import Outcomes
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
    """In the order of the matrix: the calendar's, those of columns as they are, then those of ``learned``."""
    learned: Learned = field(default_factory=Learned)
    """What was fitted on labels: a few numbers are made of each of these columns."""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "FittedFeatures":
        return cls(
            timestamp=found["timestamp"],
            timezone=found["timezone"],
            calendar=tuple(found["calendar"]),
            reads=tuple(found["reads"]),
            features=tuple(Feature(f["name"], f["kind"], tuple(f["levels"])) for f in found["features"]),
            learned=Learned.from_json(found.get("learned", {})),  # older artifacts have none
        )

    def columns_of(self, column: str) -> range:
        """Return where in the matrix what labels said of ``column`` stands."""
        start = len(self.calendar) + len(self.as_they_are)
        for one in self.learned.columns:
            if one.column == column:
                return range(start, start + len(one.names))
            start += len(one.names)
        raise KeyError(column)

    def text_at(self, position: int) -> tuple[FittedText, int] | None:
        """Return whose score the feature at ``position`` is, and which of its outputs; None: no score of a text."""
        for text in self.learned.texts:
            if position in (scores := self.columns_of(text.column)[1:]):  # the first is its length
                return text, scores.index(position)
        return None

    @property
    def as_they_are(self) -> tuple[Feature, ...]:
        """The features that are a column each."""
        made = sum(len(one.names) for one in self.learned.columns)
        return self.features[len(self.calendar) : len(self.features) - made]

    @property
    def columns(self) -> frozenset[str]:
        """The columns, of the contract or made by its feature code, that something is learned from."""
        return frozenset({one.name for one in self.as_they_are} | {one.column for one in self.learned.columns})


def known_columns(spec: ModelSpec, contract: Contract) -> list[str]:
    """Return the columns that exist at prediction time: no outcome, not the target, not the label's time.

    Nothing else is ever handed to feature code, so that a peek at the outcome is an error and not a good score.
    """
    unknown = {spec.source.target, spec.source.label_time}
    return [name for name in contract.names("feature", "identifier") if name not in unknown]


def feature_columns(columns: Sequence[str], spec: ModelSpec, contract: Contract) -> frozenset[str]:
    """Return those of ``columns``, of the contract or made by its feature code, that something is learned from."""
    learned = {*spec.features.text, *spec.features.target_statistics}
    known = set(columns) - set(contract.names("outcome")) - {spec.source.target, spec.source.label_time}
    return frozenset(name for name in known if name in learned or _is_feature(name, spec, contract))


def fit_features(
    table: pa.Table, spec: ModelSpec, contract: Contract, outcomes: Outcomes | None = None
) -> FittedFeatures:
    """Return the features fitted on ``table``, the rows of train, and for what learns from labels on ``outcomes``."""
    reads = known_columns(spec, contract)
    made = _make(table.select(reads), contract)
    names = [name for name in made.column_names if _is_feature(name, spec, contract)]
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
    made = _make(table.select(list(fitted.reads)), contract)
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
    apart = (*spec.features.exclude, *spec.features.text, *spec.features.target_statistics)
    if name in apart or name in (spec.source.timestamp, spec.source.group):
        return False
    if spec.source.key == [name]:  # a key by itself names the row and nothing else
        return False
    return name not in contract.names("identifier")


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
