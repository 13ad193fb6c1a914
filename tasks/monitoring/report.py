"""The page of one check: what was decided, with its numbers, and beneath it Evidently's pictures of the columns.

Evidently draws and does not judge: it is asked for no test, so that no line of the page can contradict the decision.
"""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from tasks.data import store
from tasks.data.window import write_time
from tasks.monitoring.check import Check
from tasks.monitoring.profile.bins import is_number, is_word
from tasks.monitoring.signal import Signal

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 20_000
"""Of each window: drawn beneath the numbers of all rows, and a picture of more shows nothing else."""
MOST_COLUMNS = 8
"""Evidently takes a third of a second for each: of two hundred, a minute and 50 MB that nobody scrolls through."""
_BODY = "<body>"


def write_page(path: Path, check: Check, reference: pa.Table, current: pa.Table) -> None:
    """Write the page of ``check`` to ``path``; tables hold rows in random order."""
    columns = most_changed(drawable(reference, current), check.signals, check.diagnosis.columns)
    sides = [table.slice(0, MOST_ROWS).select(columns) for table in (reference, current)]
    drawn = _drawn(*(_frame(side) for side in sides)) if columns else f"<html>{_BODY}</body></html>"
    head, body = drawn.split(_BODY, 1)
    numbers = _numbers(check, [side.num_rows for side in sides], len(columns))
    store.write(path, lambda file: file.write(f"{head}{_BODY}{numbers}{body}".encode()))


def drawable(reference: pa.Table, current: pa.Table) -> list[str]:
    """Return the columns that Evidently can draw: on one that is empty on either side, or of times, it gives up."""
    return [
        name
        for name in reference.column_names
        if name in current.column_names
        and (is_number(reference.schema.field(name).type) or is_word(reference.schema.field(name).type))
        and all(table.column(name).null_count < table.num_rows for table in (reference, current))
    ]


def most_changed(columns: Sequence[str], signals: Sequence[Signal], named: Sequence[str]) -> list[str]:
    """Return which of ``columns`` to draw: those ``named`` first, then what changed most beside its threshold."""
    strength = {
        name: max((s.score / s.threshold for s in signals if s.column == name and s.threshold), default=0.0)
        for name in columns
    }
    return sorted(columns, key=lambda name: (name not in named, -strength[name]))[:MOST_COLUMNS]


def _numbers(check: Check, rows: list[int], columns: int) -> str:
    from jinja2 import Environment

    template = (Path(__file__).parent / "report.html").read_text(encoding="utf-8")
    return (
        Environment(autoescape=True)
        .from_string(template)
        .render(
            check=check,
            signals=sorted(check.signals, key=lambda signal: not signal.alarmed),
            start=write_time(check.start),
            end=write_time(check.as_of),
            rows=rows,
            columns=columns,
        )
    )


def _frame(table: pa.Table) -> "pd.DataFrame":
    """Return ``table`` with text and true/false as plain text: of anything else Evidently makes what it likes.

    Evidently 0.7.23 writes names and values into a script of its page as they are: one with ``</script>`` in it would
    end that, and what follows would be the page's. So ``<`` becomes ``‹``.
    """
    plain = {
        name.replace("<", "‹"): pc.replace_substring(table.column(name).cast(pa.string()), "<", "‹")
        if is_word(table.schema.field(name).type)
        else table.column(name)
        for name in table.column_names
    }
    frame: pd.DataFrame = pa.table(plain).to_pandas()
    return frame


def _drawn(reference: "pd.DataFrame", current: "pd.DataFrame") -> str:
    """Return Evidently's page of the two windows side by side."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # of what Evidently 0.7.23 imports and calls, that is, which nobody here can mend
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataSummaryPreset

        numbers = [name for name in reference if reference[name].dtype.kind in "iuf"]
        words = [name for name in reference if name not in numbers]
        asked = DataDefinition(numerical_columns=numbers, categorical_columns=words)
        sides = [Dataset.from_pandas(frame, data_definition=asked) for frame in (current, reference)]
        page: str = Report([DataSummaryPreset()]).run(*sides).get_html_str(as_iframe=False)
    return page
