"""The plain script: the work of `perennial train` on flights, written with the same libraries and none of ours.

What a good engineer would write who needs this model once and not a loop: pandas reads, pandera validates,
scikit-learn and LightGBM compete, matplotlib draws, MLflow keeps. Only the contract is shared: it is the user's.
Prints one line of JSON.
"""

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from itertools import pairwise
from pathlib import Path
from typing import Any

import lightgbm as lgb
import mlflow
import mlflow.lightgbm
import mlflow.sklearn
import numpy as np
import numpy.typing as npt
import pandas as pd
import pandera.errors
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mlflow.models import infer_signature
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from data_contracts.flight_delay import Flights, features, targets

TIME, KEY, SLICES = "scheduled_departure", ["scheduled_departure", "carrier", "flight"], ["origin", "carrier"]
OUTCOMES = ["dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"]
CATEGORIES = ["carrier", "origin", "dest"]
NUMBERS = ["distance", "plane_year", "seats", "engines", "temp", "dewp", "humid", "wind_dir", "wind_speed"]
NUMBERS += ["wind_gust", "precip", "pressure", "visib"]
DAY, WEEKS = pd.Timedelta(days=1), pd.Timedelta(days=14)
SEED, ROUNDS, PATIENCE, RESAMPLES, ALPHA = 7, 1000, 30, 1000, 0.05
MOST_DENSE = 1_500_000
"""Rows. So many are fitted faster dense, by Newton's method: 3 s instead of 5 at 1x. Of more than that float32 does not
hold the Hessian any longer, and sparse and by L-BFGS is faster."""
MOST_QUARANTINED, MIN_ROWS, MIN_SLICE_ROWS, MOST_SLICES = 0.01, 10_000, 100, 12

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """Rows of one window."""

    rows: pd.DataFrame
    x: pd.DataFrame
    y: Floats


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as-of", required=True)
    parser.add_argument("--threads", type=int, required=True)
    asked = parser.parse_args()
    as_of = pd.Timestamp(asked.as_of, tz="UTC")
    rows = keep_valid(read(asked.source, as_of), asked.folder, as_of)
    train, validation, holdout = split(rows, as_of)
    del rows
    share = float(train.y.mean())
    logistic = fit_logistic(train)
    booster = fit_lightgbm(train, validation, asked.threads)
    tried = {
        "baseline": np.full(len(validation.y), share),
        "linear": logistic.predict_proba(validation.x)[:, 1],
        "lightgbm": booster.predict(validation.x, num_threads=1),
    }
    values = {kind: metrics.roc_auc_score(validation.y, scores) for kind, scores in tried.items()}
    chosen = max(values, key=lambda kind: values[kind])
    scores = logistic.predict_proba(holdout.x)[:, 1] if chosen == "linear" else booster.predict(holdout.x)
    verdict = judge(holdout, np.asarray(scores), share)
    record = asked.folder / "record"
    record.mkdir()
    (record / "verdict.json").write_text(json.dumps({"validation": values, **verdict}, indent=1))
    save_predictions(holdout, np.asarray(scores), share, record)
    draw_all(holdout, np.asarray(scores), booster, record)
    version = register({"linear": logistic, "lightgbm": booster}[chosen], holdout, verdict, record)
    print(json.dumps({"roc_auc": verdict["roc_auc"], "rows": len(holdout.y), "version": version}))


def read(source: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the rows before ``as_of``, without outcomes that had not arrived by then."""
    columns = list(Flights.to_schema().columns)
    rows = pd.read_parquet(source, columns=columns, filters=[(TIME, "<", as_of.to_pydatetime())])
    rows = rows.astype(dict.fromkeys(NUMBERS, np.float64))
    rows.loc[rows[TIME] > as_of - DAY, OUTCOMES] = np.nan
    return rows


def keep_valid(rows: pd.DataFrame, folder: Path, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the rows that keep the contract, with the target; save them, and the others with what they broke."""
    try:
        Flights.validate(rows, lazy=True)
        broken = pd.Series(dtype=str)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases.dropna(subset="index")
        broken = (cases["column"].astype(str) + " " + cases["check"].astype(str)).groupby(cases["index"]).agg("; ".join)
    rows.loc[broken.index].assign(reasons=broken).to_parquet(folder / "quarantine.parquet", compression="lz4")
    valid = rows.drop(index=broken.index) if len(broken) else rows
    if len(broken) > MOST_QUARANTINED * len(rows) or len(valid) < MIN_ROWS:
        raise SystemExit(f"{len(broken)} of {len(rows)} rows are broken")
    if as_of - valid[TIME].max() > 2 * DAY or valid.duplicated(KEY).any():
        raise SystemExit("the rows are too old, or some are there twice")
    valid = valid.assign(late=targets(valid)["late"])
    valid.to_parquet(folder / "rows.parquet", compression="lz4", index=False)
    return valid


def split(rows: pd.DataFrame, as_of: pd.Timestamp) -> Iterator[Part]:
    """Yield train, validation and, after a gap of a day, holdout."""
    held = as_of - DAY - WEEKS
    chosen = held - DAY - WEEKS
    times, labelled = rows[TIME], rows["late"].notna()
    windows = [times < chosen, (times >= chosen) & (times < held - DAY), (times >= held) & (times < as_of - DAY)]
    levels: dict[str, list[str]] = {}
    for window in windows:
        part = rows[window & labelled]
        levels = levels or {name: sorted(part[name].unique()) for name in CATEGORIES}
        yield Part(part, make_features(part, levels), part["late"].to_numpy(np.float64))


def make_features(rows: pd.DataFrame, levels: dict[str, list[str]]) -> pd.DataFrame:
    """Return what the models learn from: numbers as float32, text as the categories that train had."""
    local = rows[TIME].dt.tz_convert("America/New_York").dt
    made = {"minute_of_day": local.hour * 60 + local.minute, "weekday": local.dayofweek}
    texts = {name: pd.Categorical(rows[name], categories=levels[name]) for name in CATEGORIES}
    given = {"carrier": texts["carrier"], "origin": texts["origin"], "dest": texts["dest"]}
    numbers = {name: rows[name].astype(np.float32) for name in NUMBERS}
    x = pd.DataFrame({**made, **given, **numbers, **features(rows)}, index=rows.index)
    return x.astype({name: np.float32 for name in x.columns if name not in CATEGORIES})


def fit_logistic(train: Part) -> Pipeline:
    """Return a logistic regression; a missing number is the mean, with a column that says that it is missing."""
    few = len(train.x) < MOST_DENSE
    numbers = [name for name in train.x.columns if name not in CATEGORIES]
    encode = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), numbers),
        (OneHotEncoder(handle_unknown="ignore", dtype=np.float32), CATEGORIES),
        sparse_threshold=0 if few else 1,
    )
    regression = LogisticRegression(solver="newton-cholesky" if few else "lbfgs", max_iter=500)
    return make_pipeline(encode, regression).fit(train.x, train.y)


def fit_lightgbm(train: Part, validation: Part, threads: int) -> lgb.Booster:
    parameters = {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": 0.1,
        "num_leaves": 31,
        "min_data_in_leaf": 20,
        "seed": SEED,
        "num_threads": threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }
    rows = lgb.Dataset(train.x, train.y, params=parameters)
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    against = rows.create_valid(validation.x, validation.y)
    return lgb.train(parameters, rows, ROUNDS, valid_sets=[against], callbacks=[stop])


def judge(holdout: Part, scores: Floats, share: float) -> dict[str, Any]:
    """Return metrics of the model and of the baseline, and the paired comparison, whole and by slices."""
    baseline = np.full(len(scores), share)
    days = holdout.rows[TIME].dt.floor("D").astype(np.int64).to_numpy()
    found: dict[str, Any] = {**evaluate(holdout.y, scores), "baseline": evaluate(holdout.y, baseline)}
    found["comparison"] = compare(holdout.y, (scores, baseline), days)
    for column in SLICES:
        words = holdout.rows[column].to_numpy()
        for value in holdout.rows[column].value_counts().index[:MOST_SLICES]:
            rows = words == value
            if rows.sum() >= MIN_SLICE_ROWS and len(np.unique(holdout.y[rows])) == 2:
                pair = scores[rows], baseline[rows]
                found[f"{column} {value}"] = compare(holdout.y[rows], pair, days[rows])
    return found


def evaluate(y: Floats, scores: Floats) -> dict[str, float]:
    said = scores > 0.5
    return {
        "roc_auc": float(metrics.roc_auc_score(y, scores)),
        "average_precision": float(metrics.average_precision_score(y, scores)),
        "log_loss": float(metrics.log_loss(y, scores)),
        "brier": float(metrics.brier_score_loss(y, scores)),
        "accuracy": float(metrics.accuracy_score(y, said)),
        "f1": float(metrics.f1_score(y, said)),
    }


def compare(y: Floats, pair: tuple[Floats, Floats], days: npt.NDArray[np.int64]) -> dict[str, float]:
    """Return the gain in AUC with its interval, by a paired bootstrap over days."""
    distinct, codes = np.unique(days, return_inverse=True)
    count = len(distinct)
    drawn = np.random.default_rng(SEED).integers(0, count, (RESAMPLES, count))
    counts = np.array([np.bincount(days, minlength=count) for days in drawn], dtype=np.float64)
    model, baseline = (resampled_auc(y, scores, codes, counts) for scores in pair)
    low, high = np.nanquantile(model - baseline, [ALPHA, 1 - ALPHA])
    difference = metrics.roc_auc_score(y, pair[0]) - metrics.roc_auc_score(y, pair[1])
    return {"difference": float(difference), "low": float(low), "high": float(high), "rows": len(y)}


def resampled_auc(y: Floats, scores: Floats, codes: npt.NDArray[np.intp], counts: Floats) -> Floats:
    """Return the AUC of each resample of days, from the ordered pairs of rows between each two days."""
    days = counts.shape[1]
    positive = np.flatnonzero(y == 1)
    negative = np.flatnonzero(y == 0)
    positive = positive[np.argsort(scores[positive])]
    negative = negative[np.lexsort((scores[negative], codes[negative]))]
    won = np.zeros((days, days))
    for day, (start, end) in enumerate(pairwise(np.searchsorted(codes[negative], np.arange(days + 1)))):
        rivals = scores[negative[start:end]]
        below, upto = (np.searchsorted(rivals, scores[positive], side) for side in ("left", "right"))
        won[:, day] = np.bincount(codes[positive], (below + upto) / 2, days)
    pairs = (counts @ np.bincount(codes[positive], minlength=days)) * (
        counts @ np.bincount(codes[negative], minlength=days)
    )
    with np.errstate(invalid="ignore"):
        return np.asarray(((counts @ won) * counts).sum(axis=1) / pairs)


def save_predictions(holdout: Part, scores: Floats, share: float, record: Path) -> None:
    kept = {"day": holdout.rows[TIME].dt.floor("D"), "label": holdout.y, "challenger": scores, "baseline": share}
    pd.DataFrame(kept).to_parquet(record / "holdout_predictions.parquet", index=False)


def draw_all(holdout: Part, scores: Floats, booster: lgb.Booster, record: Path) -> None:
    """Save five pictures into ``record``."""
    false, true, _ = metrics.roc_curve(holdout.y, scores)
    with canvas(record / "roc.png", "ROC") as axes:
        axes.plot([0, 1], [0, 1], "--", label="chance")
        axes.plot(false, true, label="challenger")
    precision, recall, _ = metrics.precision_recall_curve(holdout.y, scores, drop_intermediate=True)
    with canvas(record / "precision_recall.png", "Precision over recall") as axes:
        axes.axhline(holdout.y.mean(), linestyle="--", label="chance")
        axes.plot(recall, precision, label="challenger")
    happened, predicted = calibration_curve(holdout.y, scores, n_bins=10, strategy="quantile")
    with canvas(record / "calibration.png", "Calibration") as axes:
        axes.plot([0, 1], [0, 1], "--", label="perfect")
        axes.plot(predicted, happened, marker="o", label="challenger")
    days = holdout.rows[TIME].dt.floor("D")
    daily = [metrics.roc_auc_score(holdout.y[days == day], scores[days == day]) for day in days.unique()]
    with canvas(record / "by_day.png", "ROC AUC by day") as axes:
        axes.axhline(0.5, linestyle="--", label="baseline")
        axes.plot(days.unique().to_numpy(), daily, marker="o", label="challenger")
    gains = pd.Series(booster.feature_importance("gain"), booster.feature_name()).nlargest(20)[::-1]
    with canvas(record / "importance.png", "Importance") as axes:
        axes.barh(gains.index, gains / gains.sum(), label="share of gain")


@contextmanager
def canvas(path: Path, title: str) -> Iterator[Axes]:
    figure = Figure(figsize=(7.3, 4.6), dpi=110)
    axes = figure.add_subplot(title=title)
    yield axes
    axes.legend()
    figure.savefig(path)


def register(model: lgb.Booster | Pipeline, holdout: Part, verdict: dict[str, Any], record: Path) -> int:
    """Log run, pictures and model to MLflow, and return the version that it got."""
    sample = holdout.x[:200]
    flavour = mlflow.lightgbm if isinstance(model, lgb.Booster) else mlflow.sklearn
    versions = [f"{name}=={metadata.version(name)}" for name in ("lightgbm", "numpy", "pandas", "scikit-learn")]
    mlflow.set_experiment("flights")
    with mlflow.start_run():
        mlflow.log_params({"rounds": ROUNDS, "patience": PATIENCE, "seed": SEED, "resamples": RESAMPLES})
        mlflow.log_metrics({name: value for name, value in verdict.items() if isinstance(value, float)})
        mlflow.log_artifacts(str(record))
        signature = infer_signature(sample, model.predict(sample))
        info = flavour.log_model(model, name="model", signature=signature, pip_requirements=versions)
    version = mlflow.register_model(info.model_uri, "flights")
    mlflow.MlflowClient().set_registered_model_alias("flights", "challenger", version.version)
    return int(version.version)


if __name__ == "__main__":
    main()
