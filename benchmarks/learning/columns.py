"""Free text, and ids of many values: what learning from them gains over taking them for categories.

``python -m benchmarks.learning.columns`` prints the tables of docs/columns.md.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from tasks.data.contract import Contract, read_contract
from tasks.data.features import fit_features, make_matrix
from tasks.data.labels import Labels, read_labels
from tasks.data.matrix import FloatArray, Labelled
from tasks.data.outcomes import outcomes_of
from tasks.judgement.significance import Pair, PairedTest, compare
from tasks.learning.estimator import fit
from tasks.learning.problem import Problem
from tasks.metrics import evaluate, find_metric
from tasks.spec import LightGBMSpec, LinearSpec, ModelSpec, read_spec

HOUR = 3_600_000_000
LIBRARIES = ("pandas", "sklearn", "sqlalchemy", "mlflow", "prefect")
"""Whose one-line descriptions of functions and classes are real texts that lie on every machine."""
MOST_TEXTS = 2_500
"""Of one library."""
KINDS: Mapping[str, LinearSpec | LightGBMSpec] = {
    "linear": LinearSpec(kind="linear"),
    "lightgbm": LightGBMSpec(kind="lightgbm"),
}
Features = Mapping[str, Any]
Draw = np.random.Generator


@dataclass(frozen=True)
class World:
    """Rows an hour apart, of which the first three fifths train and the last quarter judges."""

    name: str
    task: str
    metric: str
    table: pa.Table
    fields: str
    ways: Mapping[str, Features]
    """What ``[features]`` says, by what it is called; the first is what the others are compared with."""

    def spec(self, features: Features) -> ModelSpec:
        return read_spec(
            {
                "model": "rows",
                "owner": "benchmark",
                "task": self.task,
                "positive": "1" if self.task == "binary" else None,
                "source": {"uri": "x.csv", "timestamp": "at", "key": ["at"], "target": "y", "label_delay": "1d"},
                "window": {"validation": "1d", "holdout": "1d"},
                "features": dict(features),
                "candidates": [{"kind": "linear"}],
                "gate": {"metric": self.metric},
            },
            "deployments/rows.toml",
        )

    def contract(self) -> Contract:
        return read_contract(_CONTRACT.format(fields=self.fields), "data_contracts/rows.py")


_CONTRACT = """
import pandas as pd
import pandera.pandas as pa
from pandera.typing.pandas import Series


class Rows(pa.DataFrameModel):
    at: Series[pd.DatetimeTZDtype] = pa.Field(dtype_kwargs={{"unit": "us", "tz": "UTC"}})
{fields}
    y: Series[str] = pa.Field(metadata={{"role": "outcome"}})
"""


def _table(y: Any, **columns: Any) -> pa.Table:  # noqa: ANN401 - whatever pyarrow takes
    at = pa.array(np.arange(len(y)) * HOUR, pa.timestamp("us", "UTC"))
    return pa.table({"at": at, **columns, "y": pa.array([str(one) for one in y])})


def tickets(draw: Draw, rows: int = 12_000) -> World:
    """Return tickets of 12 words; 80 of 3,000 words, and a number, say how likely a ticket escalates."""
    weights, often = np.zeros(3000), 1 / np.arange(5, 3005)
    weights[draw.choice(np.arange(5, 500), 80, replace=False)] = draw.normal(0, 1.5, 80)
    said = draw.choice(3000, (rows, 12), p=often / often.sum())
    amount = draw.gamma(2, 50, rows)
    score = (
        weights[said].sum(axis=1) + 0.8 * (amount > 150) * (draw.random(rows) < 0.9) + draw.logistic(size=rows) - 0.5
    )
    texts = [" ".join(f"word{one}" for one in row) for row in said]
    fields = "    amount: Series[float]\n    text: Series[str]"
    ways: dict[str, Features] = {"category": {}, "left out": {"exclude": ["text"]}, "words": {"text": ["text"]}}
    ways["characters"] = {"text": ["text"], "ngrams": "characters"}
    table = _table((score > 0).astype(int), amount=amount, text=texts)
    return World("tickets, generated", "binary", "roc_auc", table, fields, ways)


def docstrings(draw: Draw) -> World:
    """Return what libraries say of their functions in one line, without their own names; the target is which it is."""
    found = [(text, name) for name in LIBRARIES for text in _descriptions(name)]
    order = draw.permutation(len(found))
    texts, names = [found[place][0] for place in order], [found[place][1] for place in order]
    ways: dict[str, Features] = {"category": {}, "words": {"text": ["text"]}}
    ways["characters"] = {"text": ["text"], "ngrams": "characters"}
    fields = "    length: Series[float]\n    text: Series[str]"
    table = _table(names, length=[float(len(text)) for text in texts], text=texts)
    return World("descriptions, real", "multiclass", "log_loss", table, fields, ways)


def _descriptions(library: str) -> list[str]:
    origin = find_spec(library)
    assert origin is not None
    assert origin.origin is not None
    found: dict[str, None] = {}
    for path in sorted(Path(origin.origin).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and (told := ast.get_docstring(node)):
                line = told.strip().split("\n")[0].lower()
                for name in LIBRARIES:
                    line = line.replace(name, "")
                found.setdefault(line)
    return [line for line in found if len(line) > 15][:MOST_TEXTS]


def merchants(draw: Draw, rows: int = 24_000) -> World:
    """Return payments at 2,000 merchants, each of which has its own odds; and an id that says nothing."""
    effect = draw.normal(0, 1, 2000)
    often = draw.gamma(1, 1, 2000)
    who, amount = draw.choice(2000, rows, p=often / often.sum()), draw.gamma(2, 50, rows)
    y = effect[who] + 0.01 * (amount - 100) + draw.logistic(size=rows) > 0.5
    names, nobody = np.char.add("M", who.astype(str)), np.char.add("X", draw.integers(0, 12_000, rows).astype(str))
    without = {"exclude": ["nobody"]}
    ways = {
        "category": without,
        "left out": {"exclude": ["nobody", "merchant"]},
        "statistics": {**without, "target_statistics": ["merchant"]},
        "statistics, of the idle id too": {"target_statistics": ["merchant", "nobody"]},
        "not in order of time (a leak)": {"target_statistics": ["merchant", "nobody"]},
    }
    fields = "    amount: Series[float]\n    merchant: Series[str]\n    nobody: Series[str]"
    table = _table(y.astype(int), amount=amount, merchant=names, nobody=nobody)
    return World("payments, generated", "binary", "roc_auc", table, fields, ways)


def predictions(world: World, kind: str, way: str) -> tuple[FloatArray, FloatArray]:
    """Return the labels of the holdout and what a model of ``kind`` predicts for it."""
    spec, contract, table = world.spec(world.ways[way]), world.contract(), world.table
    labels = read_labels(table.column("y"), spec)
    cut, judge = len(table) * 3 // 5, len(table) * 3 // 4
    end = cut * HOUR
    train = table.slice(0, cut)
    outcomes = outcomes_of(train, Labels(labels.target, labels.values[:cut]), spec.source, task=spec.task, end=end)
    fitted = fit_features(train, spec, contract, outcomes)
    in_order = None if "leak" in way else outcomes
    rows = Labelled(make_matrix(train, fitted, contract, train=in_order), labels.values[:cut])
    later = [
        Labelled(make_matrix(table.slice(start, stop - start), fitted, contract), labels.values[start:stop])
        for start, stop in ((cut, judge), (judge, len(table)))
    ]
    problem = Problem(spec.task, labels.target, seed=1, threads=1)
    return later[1].labels, fit(KINDS[kind], rows, later[0], problem).predict(later[1].matrix)


def lines(world: World) -> Iterator[str]:
    """Yield a row of the table for each kind and way, by our own paired test against the first way with LightGBM."""
    metric, (usual, *_) = find_metric(world.metric), world.ways
    labels, rival = predictions(world, "lightgbm", usual)
    test = PairedTest(metric, alpha=0.025, resamples=1000, seed=1)
    for way in world.ways:
        for kind in KINDS:
            _, own = predictions(world, kind, way)
            value = evaluate(world.spec({}).task, labels, own)[world.metric]
            row = f"| {world.name} | {way} | {kind} | {value:.4f} |"
            if (kind, way) == ("lightgbm", usual):
                yield f"{row} – |"
                continue
            found = compare(Pair(labels, own, rival, np.arange(len(labels))), test)
            yield f"{row} {found.difference:+.4f} ({found.low:+.4f} to {found.high:+.4f}) |"


def main() -> None:
    worlds: tuple[Callable[[Draw], World], ...] = (tickets, docstrings, merchants)
    print("| rows | the column is taken for | kind | metric on the holdout | gain over LightGBM with categories |")
    print("| --- | --- | --- | --- | --- |")
    for make in worlds:
        for line in lines(make(np.random.default_rng(7))):
            print(line, flush=True)


if __name__ == "__main__":
    main()
