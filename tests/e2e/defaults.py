"""LightGBM as it comes, beside a champion: the same rows, the same features, the gate's own metric and paired test."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.data.contract import load_contract
from tasks.data.ingestion import ingest, prepare
from tasks.data.matrix import FloatArray, Labelled
from tasks.data.splits import split
from tasks.data.window import microseconds_of
from tasks.judgement.comparison import Comparison
from tasks.judgement.measuring import unit_of
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.judgement.wording import gain, interval, show
from tasks.metrics import Task, find_metric
from tasks.release.material import Material
from tasks.release.record import HOLDOUT_PREDICTIONS
from tasks.settings import load_settings
from tasks.spec import load_spec

HEAD = (
    "| table | rows learned from | rows that judge | metric | champion | defaults | gain | interval | the champion is |",
    "| --- | ---: | ---: | --- | ---: | ---: | ---: | ---: | --- |",
)


@dataclass(frozen=True)
class Beside:
    """What came of one table."""

    table: str
    rows: int
    """That both learn from: train and validation."""
    found: Comparison
    """The challenger is the champion, its rival LightGBM with its defaults."""

    @property
    def shown_worse(self) -> bool:
        """Whether the whole interval lies where the champion is worse."""
        return self.found.high < 0

    @property
    def line(self) -> str:
        """A row of the table in docs/own-model.md."""
        c = self.found
        so = "worse" if self.shown_worse else "better" if c.beaten else "level"
        cells = (self.table, f"{self.rows:,}", f"{c.rows:,}", c.label, show(c.challenger), show(c.rival))
        return f"| {' | '.join((*cells, gain(c), interval(c), so))} |"


def beside_defaults(model: str, as_of: datetime, record: Path) -> Beside:
    """Return how the champion of ``model`` does beside LightGBM's defaults on the rows that judged it.

    Defaults need no validation to stop by: they learn from train and validation. ``record`` is the folder of the
    training, with the predictions by which it was judged.
    """
    settings = load_settings()
    spec = load_spec(model, settings.specs)
    contract = load_contract(spec.contract_name, settings.contracts)
    raw = ingest(spec, contract, settings, as_of)
    rows = prepare(raw, spec, contract, folder=settings.of(model), as_of=as_of).rows
    material = Material.read(rows, split(spec, as_of), spec, contract)
    features = material.fit_features()
    train, validation, holdout = (material.part(part, features) for part in ("train", "validation", "holdout"))
    judged = pq.read_table(record / HOLDOUT_PREDICTIONS, partitioning=None)
    labels = judged.column("label").to_numpy()
    assert np.array_equal(labels, holdout.labels), "the champion was judged by other rows"
    block = spec.gate.block
    times = judged.column("time").to_numpy()
    blocks = np.arange(len(labels)) if block == "row" else times // microseconds_of(block)
    rival = _defaults(spec.task, train, validation, holdout, classes=material.labels.target.codes)
    test = PairedTest(
        find_metric(spec.gate.metric), spec.gate.alpha, spec.gate.resamples, spec.seed, unit_of(spec.gate)
    )
    return Beside(model, len(train) + len(validation), compare(Pair(labels, _champion(judged), rival, blocks), test))


def _champion(judged: pa.Table) -> FloatArray:
    if "challenger" in judged.column_names:
        return np.asarray(judged.column("challenger").to_numpy())
    names = [name for name in judged.column_names if name.startswith("challenger_")]
    return np.column_stack([judged.column(name).to_numpy() for name in names])


def _defaults(task: Task, train: Labelled, validation: Labelled, holdout: Labelled, *, classes: int) -> FloatArray:
    """Return what ``LGBMClassifier()`` or ``LGBMRegressor()`` says of ``holdout``."""
    import lightgbm as lgb

    learner = lgb.LGBMRegressor if task == "regression" else lgb.LGBMClassifier
    fitted = learner(verbosity=-1, n_jobs=1).fit(
        np.concatenate([train.matrix.values, validation.matrix.values]),
        np.concatenate([train.labels, validation.labels]),
        categorical_feature=[place for place, levels in enumerate(train.matrix.levels) if levels],
    )
    booster = fitted.booster_  # the sklearn interface warns of arrays without names
    told = np.asarray(booster.predict(holdout.matrix.values, num_threads=1), dtype=np.float64)
    if task != "multiclass":
        return told
    every = np.zeros((len(told), classes))
    every[:, fitted.classes_.astype(np.intp)] = told
    return every
