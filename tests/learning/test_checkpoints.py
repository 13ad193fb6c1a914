"""A killed fit goes on to the model that it would have become."""

import logging
import random
import signal
import time
from dataclasses import replace

import numpy as np
import pytest

from tasks.learning.checkpoints import Checkpoints, Fit, Keeper
from tests.learning.extras import needs_torch
from tests.learning.killing import digest, fitted, rows, start

FIT = Fit(rows(50, 1), rows(20, 2), ("a kind", 7))
KINDS = pytest.mark.parametrize("kind", ["lightgbm", pytest.param("network", marks=needs_torch)])


@pytest.fixture
def checkpoints(tmp_path):
    return Checkpoints(tmp_path / "checkpoints", seconds=0)


def files(checkpoints):
    return sorted(checkpoints.folder.rglob("*.checkpoint"))


@KINDS
def test_a_killed_fit_ends_as_the_model_of_an_unbroken_one(kind, tmp_path, checkpoints, caplog):
    caplog.set_level(logging.INFO, "perennial")
    assert start(kind, tmp_path, "9").wait() == -signal.SIGKILL
    last = files(checkpoints)[-1]
    assert [path.name for path in files(checkpoints)] == ["00000006.checkpoint", "00000007.checkpoint"]
    last.write_bytes(b"damaged")
    assert digest(fitted(kind, checkpoints)) == digest(fitted(kind, None))
    assert f"resumed from checkpoint {last.with_name('00000006.checkpoint')}" in caplog.text


@pytest.mark.drill
@KINDS
def test_a_fit_killed_at_ten_random_moments_ends_as_the_model_of_an_unbroken_one(kind, tmp_path, checkpoints):
    moments = random.Random(11)  # noqa: S311 - moments, and no secrets
    for _ in range(10):
        before = files(checkpoints)
        process = start(kind, tmp_path)
        while files(checkpoints) == before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(moments.uniform(0, 0.05))
        process.kill()
        process.wait()
    assert not (tmp_path / "digest").exists(), "it was done before it could be killed ten times"
    assert start(kind, tmp_path).wait() == 0
    assert (tmp_path / "digest").read_text() == digest(fitted(kind, None))


def test_a_short_fit_writes_none(checkpoints):
    fitted("lightgbm", replace(checkpoints, seconds=45))
    assert not checkpoints.folder.exists()


def test_only_the_last_ones_are_kept(checkpoints):
    keeper = Keeper(checkpoints, FIT)
    for number in range(5):
        keeper.keep(f"step {number}".encode())
    assert [path.name for path in files(checkpoints)] == ["00000003.checkpoint", "00000004.checkpoint"]
    assert Keeper(checkpoints, FIT).latest() == b"step 4"


@pytest.mark.parametrize("damage", [lambda content: content[:-1], lambda content: content[:40] + b"x" + content[41:]])
def test_a_damaged_one_is_passed_over_for_the_one_before_with_a_warning(checkpoints, damage, caplog):
    keeper = Keeper(checkpoints, FIT)
    for number in range(2):
        keeper.keep(f"step number {number}".encode())
    last = files(checkpoints)[-1]
    last.write_bytes(damage(last.read_bytes()))
    assert Keeper(checkpoints, FIT).latest() == b"step number 0"
    assert f"{last}: not what was written; passed over for the checkpoint before" in caplog.text


@pytest.mark.parametrize(
    "other",
    [
        Fit(rows(50, 3), FIT.validation, FIT.facts),
        Fit(FIT.train, rows(20, 3), FIT.facts),
        Fit(FIT.train, FIT.validation, ("a kind", 8)),
        Fit(replace(FIT.train, labels=1 - FIT.train.labels), FIT.validation, FIT.facts),
        Fit(replace(FIT.train, matrix=replace(FIT.train.matrix, levels=(0, 0, 0, 13))), FIT.validation, FIT.facts),
    ],
    ids=["other rows", "other validation", "other seed", "other labels", "other levels"],
)
def test_one_of_another_fit_is_never_resumed(checkpoints, other):
    Keeper(checkpoints, FIT).keep(b"half of it")
    assert Keeper(checkpoints, other).latest() is None
    assert Keeper(checkpoints, replace(FIT)).latest() == b"half of it"


def test_one_that_cannot_be_written_stops_no_fit(tmp_path, caplog):
    (tmp_path / "checkpoints").write_text("a file where a folder should be")
    model = fitted("lightgbm", Checkpoints(tmp_path / "checkpoints", seconds=0))
    assert digest(model) == digest(fitted("lightgbm", None))
    assert "no checkpoint could be written" in caplog.text


def test_where_none_are_kept_nothing_is_due_or_found():
    keeper = Keeper(None, FIT)
    assert not keeper.due
    assert keeper.latest() is None


def test_a_view_of_rows_has_the_digest_of_its_copy():
    every_other = FIT.train.matrix.rows(slice(None, None, 2))
    copied = replace(every_other, values=np.array(every_other.values))
    labels = FIT.train.labels[::2]
    assert Fit(replace(FIT.train, matrix=every_other, labels=labels), FIT.validation, ()).digest == (
        Fit(replace(FIT.train, matrix=copied, labels=labels.copy()), FIT.validation, ()).digest
    )
