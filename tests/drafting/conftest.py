"""Columns as a profile of them would be."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tasks.data.csv_file import CsvFile
from tasks.data.files import open_files
from tasks.drafting.kinds import Column, find_kinds
from tasks.drafting.profile import Profile, take_profile
from tasks.drafting.spellings import find_spellings, words_of

Look = Callable[[Mapping[str, Sequence[Any]]], dict[str, Column]]


def profile_of(columns: Mapping[str, Sequence[Any]], folder: Path) -> Profile:
    """Return the profile of a CSV with ``columns``."""
    path = folder / "rows.csv"
    rows = zip(*columns.values(), strict=True)
    lines = [",".join(columns), *(",".join("" if value is None else str(value) for value in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    readers = [reader for reader in open_files(str(path), folder) if isinstance(reader, CsvFile)]
    return take_profile(readers)


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Return the columns of a CSV as they are seen."""

    def look(columns: Mapping[str, Sequence[Any]]) -> dict[str, Column]:
        profile = profile_of(columns, tmp_path)
        return find_kinds(profile, words_of(find_spellings(profile)))

    return look


def column(values: Sequence[Any], name: str = "y", **more: Any) -> Column:
    """Return a column of typed values."""
    array = pa.chunked_array([pa.array(values)])
    kind = "category" if pa.types.is_string(array.type) else "flag" if pa.types.is_boolean(array.type) else "number"
    return Column(name, more.pop("kind", kind), array, array, array.null_count, len(set(values) - {None}), **more)
