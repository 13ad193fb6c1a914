"""How good the champion turned out to be, on the rows whose labels had arrived, beside what it had promised."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from tasks.data.contract import Contract
from tasks.data.matrix import FloatArray
from tasks.data.window import Window, microseconds
from tasks.metrics import find_metric
from tasks.monitoring.predictions.arrivals import Maturity, find_maturity
from tasks.monitoring.predictions.estimate import Estimate, Sample, estimate, loss
from tasks.monitoring.predictions.labels import Asked, read_arrived
from tasks.monitoring.predictions.log import ROW_KEY, as_predictions, event_times, open_log, prediction_names
from tasks.monitoring.predictions.promised import learned_until, promised
from tasks.monitoring.realised import Realised
from tasks.release.artifact import check_artifact
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.standing import Champion, standing
from tasks.settings import Settings
from tasks.spec import ModelSpec

FEWEST_ROWS = 50
"""Matured rows below which no value is told: half of its interval would be wider than any loss that matters."""


@dataclass(frozen=True)
class Predicted:
    """What was predicted, and what is known to have come of it. Shapes (rows,); predictions also (rows, classes)."""

    times: npt.NDArray[np.int64]
    """Event times, microseconds since 1970, UTC."""
    predictions: FloatArray
    labels: FloatArray
    """nan: none had arrived."""


@dataclass(frozen=True)
class Known:
    """What was predicted for a window, and how far what came of it is known."""

    found: Predicted
    promise: Sample | None
    """The rows that judged the champion; None: they are not kept."""
    maturity: Maturity

    @property
    def matured(self) -> Sample:
        """The rows before the watermark that have a label."""
        return _matured(self.found, self.maturity)


def realised_in(
    spec: ModelSpec, contract: Contract, settings: Settings, *, window: Window, as_of: datetime
) -> Realised:
    """Return what the champion's predictions for ``window`` were worth, by what was known at ``as_of``."""
    known = known_in(spec, contract, settings, window=window, as_of=as_of)
    return realised(spec, known.found, promise=known.promise, maturity=known.maturity)


def known_in(spec: ModelSpec, contract: Contract, settings: Settings, *, window: Window, as_of: datetime) -> Known:
    """Return the champion's predictions for ``window`` with the labels that had arrived by ``as_of``.

    Rows that it may have learned from are not counted, if somebody had it score them: there it promises too much.
    """
    entries = Ledger(settings.ledger).entries(spec.model)
    champion = standing(entries).champion
    if champion is None:
        return Known(_NOTHING, None, Maturity(as_of, None))
    promise, maturity = promised(entries, champion.version), find_maturity(spec, settings, as_of)
    window = _unlearned(window, learned_until(entries, champion.version), as_of)
    found = _find(spec, contract, settings, asked=Asked(window, maturity, _classes(champion)), champion=champion)
    return Known(found, promise, maturity)


def realised(spec: ModelSpec, found: Predicted, *, promise: Sample | None, maturity: Maturity) -> Realised:
    """Return what predictions were worth up to the watermark: of later rows only the quick labels are there.

    Fewer than ``FEWEST_ROWS`` of them with a label, or labels of one class only: the value is not yet known.
    """
    metric = find_metric(spec.gate.metric)
    known, mature = ~np.isnan(found.labels), _mature(found.times, maturity.watermark)
    sample = _matured(found, maturity)
    was = estimate(metric, promise, seed=spec.seed) if promise else None
    now = estimate(metric, sample, seed=spec.seed) if _tells(sample, spec) else None
    lost = loss(metric, was, now) if was and now else None
    return Realised(
        metric=spec.gate.metric,
        value=_value(now),
        low=now.low if now and now.known else None,
        high=now.high if now and now.known else None,
        promised=_value(was),
        loss=_value(lost),
        loss_low=lost.low if lost and lost.known else None,
        loss_high=lost.high if lost and lost.known else None,
        matured=len(sample),
        awaited=int((~known & ~mature).sum()),
        watermark=maturity.watermark,
        missing=max(FEWEST_ROWS - len(sample), 0),
        early=int((known & ~mature).sum()),
        unlabelled=int((~known & mature).sum()),
        delays=maturity.delays,
    )


def _matured(found: Predicted, maturity: Maturity) -> Sample:
    counted = ~np.isnan(found.labels) & _mature(found.times, maturity.watermark)
    return Sample(found.labels[counted], found.predictions[counted], found.times[counted])


def _mature(times: npt.NDArray[np.int64], watermark: datetime | None) -> npt.NDArray[np.bool_]:
    return times <= microseconds(watermark) if watermark else np.zeros(len(times), dtype=bool)


def _tells(sample: Sample, spec: ModelSpec) -> bool:
    return len(sample) >= FEWEST_ROWS and (spec.task == "regression" or len(np.unique(sample.labels)) > 1)


def _value(found: Estimate | None) -> float | None:
    return found.value if found and found.known else None


def _find(spec: ModelSpec, contract: Contract, settings: Settings, *, asked: Asked, champion: Champion) -> Predicted:
    """Return the log's rows of the window with the labels that had arrived."""
    log, source = open_log(settings, spec.model, "served", champion.version), spec.source
    classes = len(asked.classes) if spec.task == "multiclass" else 0
    columns = [ROW_KEY, source.timestamp, *prediction_names(classes)]
    table = log.read(asked.window, columns, timestamp=source.timestamp, as_of=asked.maturity.as_of)
    if table is None:
        return _NOTHING
    arrived = read_arrived(spec, contract, settings, asked=asked)
    return Predicted(
        times=event_times(table, source.timestamp),
        predictions=as_predictions(table, classes),
        labels=arrived.of(table.column(ROW_KEY).to_numpy()),
    )


def _unlearned(window: Window, until: datetime | None, as_of: datetime) -> Window:
    """Return the part of ``window`` that is known at ``as_of``, and that the champion has not learned from."""
    starts = [time for time in (window.start, until) if time is not None]
    return Window(max(starts) if starts else None, min(window.end, as_of))


def _classes(champion: Champion) -> tuple[str | int | bool, ...]:
    return tuple(check_artifact(champion.artifact_uri, champion.artifact)["classes"])


_NOTHING = Predicted(np.empty(0, np.int64), np.empty(0), np.empty(0))
