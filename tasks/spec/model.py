"""Everything that a user may choose for one model, read from ``deployments/<model>.toml``."""

import hashlib
import json
import re
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from tasks.errors import SpecError
from tasks.metrics import METRICS, Task
from tasks.spec_errors import describe

_DURATION = re.compile(r"(\d+)(min|h|d|w)")
_UNITS = {"min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LITERAL_PASSWORD = re.compile(r"://[^/@:]*:(?!\$\{)[^@/]+@")


def parse_duration(found: object) -> timedelta:
    """Return the length of time written as ``"90min"``, ``"12h"``, ``"30d"`` or ``"2w"``."""
    if isinstance(found, timedelta):
        return found
    if isinstance(found, str) and (match := _DURATION.fullmatch(found)):
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    raise ValueError('a length of time such as "90min", "12h", "30d" or "2w"')


def write_duration(length: timedelta) -> str:
    """Return ``length`` in the largest unit that gives a whole number."""
    minutes = round(length.total_seconds() / 60)
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes and minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}min"


def _no_password(uri: str) -> str:
    if _LITERAL_PASSWORD.search(uri):
        raise ValueError("no password in a spec: write ${NAME} and set that environment variable")
    return uri


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError):
        raise ValueError('a time zone such as "UTC" or "America/New_York"') from None
    return name


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(write_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["12h", "30d"]}),
]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Share = Annotated[float, Field(ge=0, le=1)]
CalendarPart = Literal["minute_of_day", "hour", "weekday", "day_of_month", "month", "day_of_year"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SourceSpec(_Section):
    """Where the rows are, and which columns say when, which one and what came of it."""

    uri: Annotated[str, AfterValidator(_no_password)] = Field(
        description="A file, folder or glob of CSV or Parquet (also .gz), a database URL, or demo:flights. "
        "A relative path starts at the project's folder; ${NAME} stands for an environment variable."
    )
    table: str | None = Field(None, description="For a database: the table to read.")
    query: str | None = Field(None, description="For a database: the SELECT to read from.")
    timestamp: str = Field(description="Column of the event time.")
    timezone: TimeZone = Field("UTC", description="Zone of event times that are written without one.")
    key: list[str] = Field(min_length=1, description="Columns that together name a row.")
    target: str = Field(description="Column to predict: of the source, or made by the contract's targets().")
    label_delay: Duration = Field(timedelta(0), description="A label is known this long after the event.")
    label_time: str | None = Field(None, description="Column that says when the label arrived.")
    group: str | None = Field(None, description="Column whose values must not stand on both sides of a split.")


class ContractSpec(_Section):
    """How far rows may stray from the contract before a run stops."""

    name: str | None = Field(None, description="File in data_contracts/, without .py; default: the model's name.")
    max_quarantined: Share = Field(0.05, description="Share of rows that may be quarantined.")
    min_rows: int = Field(1000, ge=1, description="Fewer valid rows than this stop the run.")
    max_age: Duration | None = Field(None, description="The newest row may be this much older than as_of.")


class WindowSpec(_Section):
    """Which stretch of time trains, which chooses, which judges."""

    train: Duration | Literal["all"] = Field("all", description="Length of the training window.")
    validation: Duration = Field(description="Length of the window that chooses.")
    holdout: Duration = Field(description="Length of the window that judges.")


class FeaturesSpec(_Section):
    """What is made of the columns known at prediction time."""

    calendar: list[CalendarPart] = Field(
        default_factory=list, description="Parts of the event time to use as features."
    )
    timezone: TimeZone = Field("UTC", description="Zone of the clock on the wall that the calendar follows.")
    exclude: list[str] = Field(default_factory=list, description="Columns to leave out.")
    max_categories: int = Field(
        255, ge=2, description="Most frequent values kept of a text column; others count as missing."
    )


class LinearSpec(_Section):
    kind: Literal["linear"]
    penalty: float = Field(1.0, gt=0, description="Strength of the ridge penalty.")


class LightGBMSpec(_Section):
    kind: Literal["lightgbm"]
    rounds: int = Field(1000, ge=1, description="Most boosting rounds.")
    patience: int = Field(30, ge=1, description="Rounds without gain on validation before stopping.")
    learning_rate: float = Field(0.1, gt=0, le=1)
    leaves: int = Field(31, ge=2)
    min_leaf_rows: int = Field(20, ge=1)


CandidateSpec = Annotated[LinearSpec | LightGBMSpec, Field(discriminator="kind")]


class GateSpec(_Section):
    """The rules that a challenger must pass."""

    metric: str = Field(description="Metric that decides.")
    rule: Literal["better", "not_worse"] = Field(
        "not_worse", description="not_worse: within the margin; the fresher model wins a tie."
    )
    margin: float = Field(0.0, ge=0, description="How much worse still counts as not worse.")
    alpha: float = Field(0.05, gt=0, lt=0.5, description="Accepted rate of false promotions.")
    resamples: int = Field(1000, ge=200, description="Bootstrap resamples behind an interval.")
    min_rows: int = Field(200, ge=2, description="Fewer unseen holdout rows than this decide nothing.")
    slices: list[str] = Field(default_factory=list, description="Columns by whose values to report.")
    min_slice_rows: int = Field(100, ge=2, description="A smaller slice is reported as not testable.")
    floors: dict[str, float] = Field(default_factory=dict, description="Absolute limits, by metric.")


class ModelSpec(_Section):
    """Everything that a user may choose for one model."""

    model: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="The name: the same as the file's.")
    owner: str = Field(description="Who answers for it.")
    description: str = ""
    task: Task
    positive: str | int | bool | None = Field(
        None, description="Binary target only: the value to predict; not needed for true/false and 0/1."
    )
    seed: int = Field(0, ge=0)
    source: SourceSpec
    contract: ContractSpec = ContractSpec()
    window: WindowSpec
    features: FeaturesSpec = FeaturesSpec()
    candidates: list[CandidateSpec] = Field(
        min_length=1, description="Kinds to try; a naive baseline is always tried beside them."
    )
    gate: GateSpec

    @property
    def contract_name(self) -> str:
        return self.contract.name or self.model

    @property
    def digest(self) -> str:
        """SHA-256 over the spec's values, whatever their order or comments in the file."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()

    @model_validator(mode="after")
    def _metrics_suit_the_task(self) -> "ModelSpec":
        suitable = [name for name, metric in METRICS.items() if self.task in metric.tasks]
        for place, name in (
            ("gate.metric", self.gate.metric),
            *(("gate.floors", f) for f in self.gate.floors),
        ):
            if name not in suitable:
                raise ValueError(f"{place}|{name}|a metric of task {self.task}: {', '.join(suitable)}")
        return self

    @model_validator(mode="after")
    def _database_says_what_to_read(self) -> "ModelSpec":
        if is_database(self.source.uri) == (self.source.table is None and self.source.query is None):
            raise ValueError(
                "source|" + self.source.uri + "|a database URL with either table or query, or files with neither"
            )
        if self.source.table and self.source.query:
            raise ValueError(f"source.query|{self.source.query}|either table or query, not both")
        return self


def is_database(uri: str) -> bool:
    """Say whether ``uri`` is a SQLAlchemy URL, rather than files."""
    return re.match(r"(sqlite|postgresql|mysql|mariadb|oracle|mssql)(\+\w+)?://", uri) is not None


def load_spec(model: str, folder: Path) -> ModelSpec:
    """Return the spec of ``model`` from ``folder``, or raise a SpecError that names file and key."""
    path = folder / f"{model}.toml"
    if not path.is_file():
        known = ", ".join(names(folder)) or "none"
        raise SpecError(f"no model {model!r}: {path} does not exist; models here: {known}")
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SpecError(f"{path}: not a TOML file: {error}") from None
    spec = read_spec(found, str(path))
    if spec.model != model:
        raise SpecError(f'{path}: model: found "{spec.model}"; allowed: the name of the file, "{model}"')
    return spec


def read_spec(found: dict[str, Any], file: str) -> ModelSpec:
    """Return the spec written in ``found``; ``file`` is named in errors."""
    try:
        return ModelSpec.model_validate(found)
    except ValidationError as error:
        raise SpecError(describe(error, file, ModelSpec)) from None


def names(folder: Path) -> list[str]:
    """Return the models that have a spec in ``folder``, sorted."""
    return sorted(path.stem for path in folder.glob("*.toml"))


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a spec, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Perennial model spec",
        **{k: v for k, v in ModelSpec.model_json_schema().items() if k != "title"},
    }
