"""Everything that a user may choose for one model."""

from tasks.spec.candidates import (
    CandidateSpec,
    IsolationForestSpec,
    LastValueSpec,
    Learner,
    LightGBMSpec,
    LinearSpec,
    NetworkSpec,
    OwnSpec,
    SeasonalSpec,
    SelfTrainingSpec,
)
from tasks.spec.clock import ClockSpec, PiecesClock, RowsClock, WrittenClock
from tasks.spec.data import (
    ContractSpec,
    CsvSpec,
    FeaturesSpec,
    Ngrams,
    SourceSpec,
    WindowSpec,
)
from tasks.spec.gate import FairnessSpec, GateModes, GateSpec, Mode
from tasks.spec.history import HistorySpec, made_by
from tasks.spec.learning import LabelsSpec, TuningSpec
from tasks.spec.model import ModelSpec, is_database
from tasks.spec.monitoring import DriftSpec, PolicySpec, ScoringSpec
from tasks.spec.notify import NotifySpec
from tasks.spec.promotion import PromotionSpec
from tasks.spec.reading import json_schema, load_spec, names, read_spec
from tasks.spec.resources import ResourcesSpec, largest
from tasks.spec.schedule import ScheduleSpec
from tasks.spec.values import parse_duration, parse_margin, write_duration, write_margin

__all__ = [
    "CandidateSpec",
    "ClockSpec",
    "ContractSpec",
    "CsvSpec",
    "DriftSpec",
    "FairnessSpec",
    "FeaturesSpec",
    "GateModes",
    "GateSpec",
    "HistorySpec",
    "IsolationForestSpec",
    "LabelsSpec",
    "LastValueSpec",
    "Learner",
    "LightGBMSpec",
    "LinearSpec",
    "Mode",
    "ModelSpec",
    "NetworkSpec",
    "Ngrams",
    "NotifySpec",
    "OwnSpec",
    "PiecesClock",
    "PolicySpec",
    "PromotionSpec",
    "ResourcesSpec",
    "RowsClock",
    "ScheduleSpec",
    "ScoringSpec",
    "SeasonalSpec",
    "SelfTrainingSpec",
    "SourceSpec",
    "TuningSpec",
    "WindowSpec",
    "WrittenClock",
    "is_database",
    "json_schema",
    "largest",
    "load_spec",
    "made_by",
    "names",
    "parse_duration",
    "parse_margin",
    "read_spec",
    "write_duration",
    "write_margin",
]
