"""A model's contract, read from its file: the columns, their roles, and the functions beside them."""

import difflib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import pyarrow as pa

from tasks.data.code import PROJECT, Source, imported, run
from tasks.errors import ContractError, SpecError
from tasks.spec import LastValueSpec, ModelSpec, SeasonalSpec

if TYPE_CHECKING:
    import pandas as pd
    import pandera.pandas as pandera

Role = Literal["feature", "identifier", "outcome"]
FrameFunction = Callable[["pd.DataFrame"], "pd.DataFrame"]


@dataclass(frozen=True)
class Column:
    """A column that the contract names."""

    name: str
    type: pa.DataType
    nullable: bool
    role: Role
    """feature: known at prediction time; identifier: known, and never learned from; outcome: known afterwards."""


@dataclass(frozen=True)
class Contract:
    """What a valid row is, and what may be made of it."""

    file: str
    text: str
    """The file as it was read; a model carries it, so that a later edit cannot change what it computes."""
    schema: "pandera.DataFrameSchema"
    columns: tuple[Column, ...]
    features: FrameFunction | None
    """``features(rows)``: more features, from the columns known at prediction time."""
    targets: FrameFunction | None
    """``targets(rows)``: columns to predict, from all columns."""
    made: tuple[str, ...] = ()
    """Columns that no source has: they are made of the rows before a row. They stand among the others as features."""

    @property
    def version(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def names(self, *roles: Role) -> list[str]:
        """Return the names of the columns that have one of ``roles``, or of all."""
        return [column.name for column in self.columns if not roles or column.role in roles]


def load_contract(name: str, folder: Path) -> Contract:
    """Return the contract in ``folder/<name>.py``."""
    path = folder / f"{name}.py"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in folder.glob("*.py") if p.stem != "__init__")) or "none"
        raise ContractError(f"no contract {name!r}: {path} does not exist; contracts here: {known}")
    return read_contract(path.read_text(encoding="utf-8"), str(path))


def read_contract(text: str, file: str) -> Contract:
    """Return the contract written in ``text``; ``file`` is named in errors."""
    source = Source(file, text)
    _stands_alone(source)
    module = _run(source)
    schema = _schema(module, file)
    return Contract(
        file=file,
        text=text,
        schema=schema,
        columns=tuple(_column(name, column, file) for name, column in schema.columns.items()),
        features=cast("FrameFunction | None", getattr(module, "features", None)),
        targets=cast("FrameFunction | None", getattr(module, "targets", None)),
    )


def with_made(contract: Contract, names: Sequence[str]) -> Contract:
    """Return ``contract`` with columns that are made of the rows before a row: numbers, which may be missing."""
    added = tuple(Column(name, pa.float64(), nullable=True, role="feature") for name in names)
    return replace(contract, columns=(*contract.columns, *added), made=tuple(names))


def check_contract(contract: Contract, spec: ModelSpec) -> None:
    """Raise a SpecError when the spec names a column that is not one of the contract's."""
    source = spec.source
    named = [("source.timestamp", source.timestamp), ("source.label_time", source.label_time)]
    named += [("source.group", source.group), *(("source.key", key) for key in source.key)]
    named += [("gate.slices", name) for name in spec.gate.slices]
    named += [("gate.fairness.columns", name) for name in spec.gate.fairness.columns]
    named += [("features.exclude", name) for name in spec.features.exclude]
    if contract.features is None:  # it may make more
        named += [("features.text", name) for name in spec.features.text]
        named += [("features.target_statistics", name) for name in spec.features.target_statistics]
        named += [(f"candidates[{nth}].by", name) for nth, name in _baselines_by(spec)]
    for key, name in named:
        if name is not None and name not in contract.names():
            near = difflib.get_close_matches(name, contract.names(), n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"its columns: {', '.join(contract.names())}"
            what = f"is not a column of {contract.file}"
            what += ", nor a part of features.calendar" if key.endswith(".by") else ""
            raise SpecError(f"deployments/{spec.model}.toml: {key}: {name!r} {what}; {hint}")


def _baselines_by(spec: ModelSpec) -> Iterator[tuple[int, str]]:
    """Yield the columns by which a naive candidate tells rows apart, with its place; none of the calendar's."""
    calendar = {*spec.features.calendar, *(f"{spec.source.timestamp}.{part}" for part in spec.features.calendar)}
    for nth, candidate in enumerate(spec.candidates):
        if isinstance(candidate, LastValueSpec | SeasonalSpec):
            yield from ((nth, name) for name in candidate.by if name not in calendar)


def _stands_alone(source: Source) -> None:
    """Raise a ContractError when the contract imports from the project: a model carries this one file."""
    for name in imported(source):
        if name.split(".")[0] in PROJECT:
            raise ContractError(
                f"{source.file}: imports {name}; a contract is one file, which its models carry with them"
            )


def _run(source: Source) -> ModuleType:
    try:
        return run(source, "contract")
    except Exception as error:
        raise ContractError(f"{source.file}: cannot be run: {type(error).__name__}: {error}") from error


def _schema(module: ModuleType, file: str) -> "pandera.DataFrameSchema":
    import pandera.pandas as pandera

    classes = [thing for thing in vars(module).values() if isinstance(thing, type)]
    own: list[Any] = [c for c in classes if issubclass(c, pandera.DataFrameModel) and c.__module__ == module.__name__]
    if len(own) != 1:
        raise ContractError(f"{file}: found {len(own)} pandera.DataFrameModel classes; allowed: exactly one")
    try:
        return own[0].to_schema()
    except Exception as error:
        raise ContractError(f"{file}: {own[0].__name__} is not a pandera schema: {error}") from error


def _column(name: str, column: "pandera.Column", file: str) -> Column:
    role = (column.metadata or {}).get("role", "feature")
    if role not in get_args(Role):
        near = difflib.get_close_matches(str(role), get_args(Role), n=1)
        hint = f'did you mean "{near[0]}"?' if near else f"allowed: {', '.join(get_args(Role))}"
        raise ContractError(f"{file}: {name}: role {role!r} is not known; {hint}")
    return Column(name, _arrow_type(name, str(column.dtype), file), bool(column.nullable), cast("Role", role))


def _arrow_type(name: str, dtype: str, file: str) -> pa.DataType:
    lower = dtype.lower()
    if lower.startswith("float"):
        return pa.float64()
    if lower.startswith(("int", "uint")):
        return pa.int64()
    if lower.startswith("bool"):
        return pa.bool_()
    if lower.startswith("datetime"):
        return pa.timestamp("us", tz="UTC")
    if lower.startswith(("str", "object", "category")):
        return pa.dictionary(pa.int32(), pa.string())
    raise ContractError(
        f"{file}: {name}: type {dtype} is not read; allowed: float, int, bool, str, datetime64[ns, UTC]"
    )
