"""A file of rows, scored to another file: no log, no ledger, no labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tasks.data.atomic import write_whole
from tasks.data.contract import Contract
from tasks.data.features import known_columns
from tasks.data.source import read_source
from tasks.data.validation import validate
from tasks.data.window import Window
from tasks.errors import SettingsError
from tasks.monitoring.predictions.log import PREDICTION, PROBABILITY, as_columns
from tasks.monitoring.predictions.restricted import restrict
from tasks.monitoring.predictions.scorer import champion_of, load_scorer
from tasks.monitoring.predictions.scoring import BATCH_ROWS
from tasks.release.artifact import Model
from tasks.release.ledger.book import Ledger
from tasks.settings import Settings
from tasks.spec import ModelSpec

_ALL_TIMES = Window(None, datetime.max.replace(tzinfo=UTC))
_ENDINGS = (".csv", ".parquet")


@dataclass(frozen=True)
class Sheet:
    """A file of rows, and the file that is to say what the champion predicts for them: CSV or Parquet each."""

    input: Path
    output: Path


@dataclass(frozen=True)
class Filled:
    """What came of scoring a file."""

    version: int
    rows: int
    quarantined: int
    """Rows that break the contract: they are not in the output."""
    failures: Mapping[str, int]


def fill(sheet: Sheet, spec: ModelSpec, contract: Contract, settings: Settings) -> Filled:
    """Write key, event time and the champion's prediction of each valid row of the input, in its order.

    Of classes each has a column, ``probability_<class>``.
    """
    for path in (sheet.input, sheet.output):
        if path.suffix.lower() not in _ENDINGS:
            raise SettingsError(f"{path}: found a file that ends in {path.suffix!r}; allowed: {' and '.join(_ENDINGS)}")
    champion = champion_of(Ledger(settings.ledger).entries(spec.model), spec.model)
    model = load_scorer(champion, spec, contract)
    names = known_columns(spec, contract)
    place = spec.source.model_copy(update={"uri": str(sheet.input.resolve()), "table": None, "query": None})
    checked = validate(read_source(place, names, _ALL_TIMES, settings).table, restrict(contract, names))
    write_whole(sheet.output, lambda file: _write(_told(checked.valid, model, spec), file, sheet.output))
    return Filled(champion.version, checked.valid.num_rows, checked.quarantined.num_rows, dict(checked.failures))


def _told(rows: pa.Table, model: Model, spec: ModelSpec) -> pa.Table:
    """Return what is said of ``rows``, predicted some at a time: their features take more memory than they do."""
    which = list(dict.fromkeys([*spec.source.key, spec.source.timestamp]))
    starts = range(0, max(rows.num_rows, 1), BATCH_ROWS)
    return pa.concat_tables([_predicted(rows.slice(start, BATCH_ROWS), which, model) for start in starts])


def _predicted(rows: pa.Table, which: list[str], model: Model) -> pa.Table:
    predictions = as_columns(model.predict(rows)).values()
    told = dict(zip(_headings(model), predictions, strict=True))
    return pa.table({**{name: rows.column(name) for name in which}, **told})


def _headings(model: Model) -> list[str]:
    if model.task != "multiclass":
        return [PREDICTION]
    return [f"{PROBABILITY}{name}" for name in model.target.classes]


def _write(table: pa.Table, file: BinaryIO, path: Path) -> None:
    if path.suffix.lower() == ".parquet":
        pq.write_table(table, file)
        return
    texts = [pa.field(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in table.schema]
    pacsv.write_csv(table.cast(pa.schema(texts)), file)
