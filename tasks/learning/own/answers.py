"""Whether what a user's own estimator gives back can be used."""

import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from tasks.data.matrix import FloatArray
from tasks.errors import CandidateFailed, PerennialError
from tasks.metrics import Task

_ROUNDING = 1e-6
"""How far probabilities may be off a sum of 1."""
Given = TypeVar("Given")


def ask(estimator: str, method: str, call: Callable[[], Given]) -> Given:
    """Return what ``call`` of a method gives; raise CandidateFailed, in a line, with what it raises."""
    try:
        return call()
    except PerennialError:
        raise
    except Exception as error:
        raise CandidateFailed(f"{estimator}: {method}() raised {type(error).__name__}: {error}") from error


def usable(estimator: str, found: Any, *, rows: int, task: Task, classes: int) -> FloatArray:  # noqa: ANN401 - it may be anything
    """Return predictions as float64, or raise CandidateFailed with what is wrong with them."""
    expected = (rows, classes) if task == "multiclass" else (rows,)
    try:
        answers = np.asarray(found, dtype=np.float64)
    except (TypeError, ValueError):
        raise _refused(estimator, f"gave {type(found).__name__}", "an array of numbers") from None
    if answers.shape != expected:
        raise _refused(estimator, f"gave shape {answers.shape} for {rows:,} rows", f"{expected}")
    if wrong := int((~np.isfinite(answers)).sum()):
        raise _refused(estimator, f"gave {wrong:,} values that are NaN or infinite", "finite ones for every row")
    if task in ("binary", "multiclass") and ((answers < 0) | (answers > 1)).any():
        found = f"gave values from {answers.min():g} to {answers.max():g}"
        raise _refused(estimator, found, "probabilities, from 0 to 1")
    if task == "multiclass" and (np.abs(answers.sum(axis=1) - 1) > _ROUNDING).any():
        raise _refused(estimator, "gave rows that do not sum to 1", "a probability for each class")
    return answers


def saved(estimator: str, folder: Path) -> dict[str, bytes]:
    """Return what ``save`` has left in ``folder``, by name; raise CandidateFailed if there is nothing, or a pickle."""
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }
    if not files:
        raise CandidateFailed(f"{estimator}: save() wrote nothing into the folder it was given")
    for name, content in files.items():
        if _is_pickle(content):
            raise CandidateFailed(f"{estimator}: save() wrote {name}, a pickle; allowed: text, arrays, or another form")
    return files


def written(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write ``files`` into ``folder``, and return it."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def _is_pickle(content: bytes) -> bool:
    """Say whether a file is a pickle of protocol 2 or later (as joblib's are), an archive of one (as torch's are), or
    an array of objects.
    """
    if content[:1] == b"\x80" and content[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}:
        return True
    if content.startswith(b"\x93NUMPY"):
        return b"'|O'" in content[:200]
    if not content.startswith(b"PK") or not zipfile.is_zipfile(BytesIO(content)):
        return False
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return any(_is_pickle(archive.read(name)[:200]) for name in archive.namelist())


def _refused(estimator: str, found: str, allowed: str) -> CandidateFailed:
    return CandidateFailed(f"{estimator}: predict() {found}; allowed: {allowed}")
