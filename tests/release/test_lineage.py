import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks.data.snapshot import Snapshot
from tasks.data.splits import Splits
from tasks.data.window import Window
from tasks.release.lineage import Lineage, code_revision, environment, environment_digest

NOON = datetime(2024, 3, 1, 12, 30, 1, 7, tzinfo=UTC)
ROWS = Snapshot("rows.parquet", "0" * 64, 3, NOON - timedelta(days=9), NOON)
NONE = Snapshot("quarantine.parquet", "1" * 64, 0, None, None)
SPLITS = Splits(Window(None, NOON), Window(NOON, NOON + timedelta(days=1)), Window(NOON, NOON))
LINEAGE = Lineage(NOON, ROWS, ROWS, NONE, SPLITS, "spec", "contract", "code", "libraries", 7, "manual", None)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project under git, with one commit."""
    (tmp_path / "model.toml").write_text("one")
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "one"]):
        git(tmp_path, *words)
    code_revision.cache_clear()
    return tmp_path


def git(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True, text=True).stdout.strip()


@pytest.mark.parametrize(
    "lineage",
    [
        LINEAGE,
        replace(
            LINEAGE, flow_run="run", sources={"estimators.bayes": "ab"}, splits=replace(SPLITS, train=SPLITS.holdout)
        ),
    ],
)
def test_a_lineage_comes_back_from_its_text_as_it_was(lineage: Lineage) -> None:
    assert Lineage.from_json(lineage.to_json()) == lineage


def test_the_same_lineage_has_the_same_text() -> None:
    assert replace(LINEAGE).to_json() == LINEAGE.to_json()


def test_the_code_is_named_by_its_commit(project: Path) -> None:
    (project / "notes.txt").write_text("not under git")

    assert code_revision(project) == git(project, "rev-parse", "HEAD")


def test_code_that_differs_from_its_commit_says_so(project: Path) -> None:
    (project / "model.toml").write_text("two")

    assert code_revision(project) == git(project, "rev-parse", "HEAD") + "+changes"


def test_without_git_the_code_is_named_by_the_version_of_perennial(tmp_path: Path) -> None:
    assert code_revision(tmp_path).startswith("perennial 0.")


def test_the_environment_names_what_can_change_a_training() -> None:
    assert {"python", "machine", "lightgbm", "numpy", "pandas", "scikit-learn"} <= set(environment())
    assert environment_digest() == environment_digest()
    assert len(environment_digest()) == 64
