"""A file of rows, scored to another file: no log, no ledger, no labels."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from tasks.data.atomic import write_whole
from tasks.data.contract import Contract
from tasks.data.history.past import read_past
from tasks.data.holdings import Holdings, add_holdings, refuse_unusable
from tasks.data.known import known_columns
from tasks.data.source import stream_source
from tasks.data.spool import Spool
from tasks.data.validation import validate_part
from tasks.data.window import Window
from tasks.errors import SettingsError
from tasks.monitoring.predictions.log import PREDICTION, PROBABILITY, as_columns
from tasks.monitoring.predictions.restricted import restrict
from tasks.monitoring.predictions.scorer import champion_of, load_scorer
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

    Of classes each has a column, ``probability_<class>``. What rows know of those before them is read from the source.
    """
    for path in (sheet.input, sheet.output):
        if path.suffix.lower() not in _ENDINGS:
            raise SettingsError(f"{path}: found a file that ends in {path.suffix!r}; allowed: {' and '.join(_ENDINGS)}")
    champion = champion_of(Ledger(settings.ledger).entries(spec.model), spec.model)
    model = load_scorer(champion, spec, contract)
    names = known_columns(spec, contract)
    place = spec.source.model_copy(update={"uri": str(sheet.input.resolve()), "table": None, "query": None})
    filling = _Filling(model, spec, restrict(contract, names))
    with stream_source(place, names, _ALL_TIMES, settings) as stream:
        there = [name for name in names if name in stream.columns_in_source]
        with Spool(sheet.output.parent, there, place) as spool:
            span = _Span()
            for batch in stream.batches:
                spool.add(batch)
                span.add(batch.column(spec.source.timestamp))
            past = read_past(spec, contract, settings, window=span.window)
            parts = map(past.add_to, spool.parts())
            write_whole(sheet.output, lambda file: _write(filling.tell(parts), file, sheet.output))
    return filling.filled(champion.version)


class _Span:
    """From the first to the last of the times that were added."""

    def __init__(self) -> None:
        self._times: list[datetime] = []

    def add(self, times: pa.Array) -> None:
        ends = pc.min_max(times).as_py()
        self._times += [time for time in ends.values() if time is not None]

    @property
    def window(self) -> Window:
        """The shortest window that they are in."""
        if not self._times:
            return Window(_ALL_TIMES.end, _ALL_TIMES.end)
        return Window(min(self._times), max(self._times) + timedelta(microseconds=1))


class _Filling:
    """What is said of rows, portion by portion, and what was counted on the way."""

    def __init__(self, model: Model, spec: ModelSpec, contract: Contract) -> None:
        self._model, self._contract = model, contract
        self._which = list(dict.fromkeys([*spec.source.key, spec.source.timestamp]))
        self._rows, self._quarantined = 0, 0
        self._failures: Counter[str] = Counter()

    def tell(self, portions: Iterator[pa.Table]) -> Iterator[pa.Table]:
        """Yield what is said of the valid rows of each portion; raise DataRefused at the end if none can be read."""
        held: list[Holdings] = []
        for rows in portions:
            checked, holdings = validate_part(rows, self._contract)
            self._rows += checked.valid.num_rows
            self._quarantined += checked.quarantined.num_rows
            self._failures.update(dict(checked.failures))
            held.append(holdings)
            yield _predicted(checked.valid, self._which, self._model)
        refuse_unusable(add_holdings(held), self._contract)

    def filled(self, version: int) -> Filled:
        """Return what came of it."""
        failures = sorted(self._failures.items(), key=lambda rule: (-rule[1], rule[0]))
        return Filled(version, self._rows, self._quarantined, dict(failures))


def _predicted(rows: pa.Table, which: list[str], model: Model) -> pa.Table:
    predictions = as_columns(model.predict(rows)).values()
    told = dict(zip(_headings(model), predictions, strict=True))
    return pa.table({**{name: rows.column(name) for name in which}, **told})


def _headings(model: Model) -> list[str]:
    if model.task != "multiclass":
        return [PREDICTION]
    return [f"{PROBABILITY}{name}" for name in model.target.classes]


def _write(tables: Iterator[pa.Table], file: BinaryIO, path: Path) -> None:
    first = next(tables)
    if path.suffix.lower() == ".parquet":
        schema, kind = first.schema, pq.ParquetWriter
    else:
        texts = [pa.field(f.name, pa.string() if pa.types.is_dictionary(f.type) else f.type) for f in first.schema]
        schema, kind = pa.schema(texts), pacsv.CSVWriter
    with kind(file, schema) as writer:
        for table in chain([first], tables):
            writer.write_table(table.cast(schema))
