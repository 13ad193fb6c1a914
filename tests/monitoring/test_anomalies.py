"""A champion that scores anomalies, of which most labels never come, is scored with and watched like any other."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pytest

from tasks.data.window import Window
from tasks.monitoring import deciding, measuring, watching
from tasks.monitoring.predictions import scoring
from tasks.monitoring.predictions.log import PREDICTION, open_log
from tasks.monitoring.predictions.run import Asked, open_scoring
from tasks.monitoring.watching import open_watch
from tasks.settings import Settings

AS_OF, SINCE = datetime(2024, 2, 24, tzinfo=UTC), datetime(2024, 2, 10, tzinfo=UTC)
Edit = Callable[[str, str, str], None]


@pytest.fixture(params=[0.0, 0.3])
def known(project: Path, edit: Edit, orders: pa.Table, request: pytest.FixtureRequest) -> float:
    """The share of orders of which it is known whether they are anomalies."""
    for old, new in (
        ('"binary"', '"anomaly"'),
        ('kind = "linear"', 'kind = "isolation_forest"'),
        ('\n[[candidates]]\nkind = "lightgbm"\nrounds = 20\nleaves = 7\n', ""),
        ('"roc_auc"', '"precision_at@0.05"'),
    ):
        edit("deployments/returns.toml", old, new)
    missing = np.random.default_rng(6).random(len(orders)) >= request.param
    odd = orders["price"].to_numpy() + 20 * orders["weight"].fill_null(0).to_numpy() > 260
    labels = pa.array(odd, mask=missing)
    pyarrow.csv.write_csv(orders.set_column(6, "returned", labels), project / "orders.csv")
    return float(request.param)


def test_it_scores_rows_and_is_watched_with_and_without_labels(
    known: float, request: pytest.FixtureRequest, settings: Settings
) -> None:
    request.getfixturevalue("champion")
    with open_scoring("returns", Asked(SINCE, AS_OF, AS_OF)) as run:
        scoring.score(run)
    with open_watch("returns", AS_OF) as watch:
        looked = watching.look(watch)
        found = deciding.diagnose(watch, looked, measuring.signals(watch, looked))

    log = open_log(settings, "returns", "served", 1)
    scored = log.read(Window(SINCE, AS_OF), [PREDICTION], timestamp="ordered_at", as_of=AS_OF)
    assert scored is not None
    assert 0.3 < np.median(scored[PREDICTION].to_numpy()) < 0.6
    assert not [signal for signal in found.alarmed if signal.kind == "performance"]
    performance = [signal for signal in found.signals if signal.kind == "performance"]
    assert bool(performance) == (known > 0), (performance, known)
