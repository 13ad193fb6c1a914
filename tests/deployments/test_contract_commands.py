"""A contract that follows its data, as a user types it: from a table to a draft, to fresh rows, to an accepted change."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deployments.check_answer import check
from deployments.contract_answers import Rows, diff
from deployments.history_answers import history
from deployments.init_answer import init
from tasks.drafting.wishes import Wishes
from tasks.errors import SpecError
from tests.drafting.tables import loans

AS_OF = "2023-09-08"
ROOT = Path(__file__).parents[2]


def perennial(*words: str) -> dict[str, Any]:
    """Return what a command answers to machines."""
    command = [str(Path(sys.executable).parent / "perennial"), *words, "--json"]
    told = subprocess.run(command, check=False, capture_output=True, text=True, env=dict(os.environ), timeout=150)
    assert told.returncode == 0, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    return found


def test_a_drafted_contract_follows_its_data_when_a_person_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PERENNIAL_PROJECT", str(tmp_path))
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    rows = loans(3000)
    rows.head(2700).to_csv("loans.csv", index=False)
    init(Wishes("loans.csv", "defaulted", "loans"), AS_OF, quietly=True)
    file = tmp_path / "data_contracts" / "loans.py"
    drafted = file.read_text()
    late = np.arange(3000) >= 2930
    rows["debt"] = rows["debt"].where(~late | (rows.index % 2 == 0), rows["debt"] + 140)
    rows["branch"] = rows["region"].where(late)
    rows.to_csv("loans.csv", index=False)
    assert [broken["column"] for broken in check("loans", AS_OF).facts["broken"]] == ["debt"]

    shown = perennial("contract", "diff", "loans", "--as-of", AS_OF)
    proposed = perennial("contract", "propose", "loans", "--as-of", AS_OF, "--by", "ada")

    assert {(one["column"], one["kind"]) for one in shown["changes"]} == {
        ("debt", "wider_range"),
        ("branch", "new_column"),
    }
    assert (proposed["amendment"], proposed["patch"]) == (1, shown["patch"])
    assert file.read_text() == drafted

    perennial("contract", "accept", "loans", "1", "--by", "bob", "--reason", "larger loans since August")

    after = file.read_text()
    gone = [line for line in drafted.splitlines() if line not in after.splitlines()]
    assert [line.split(":")[0].strip() for line in gone] == ["debt"]
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), str(file)]
    subprocess.run(ruff, check=True, capture_output=True)
    checked = check("loans", AS_OF).facts
    assert (checked["broken"], checked["contract"]) == ([], proposed["after"])
    assert "branch" in [feature["name"] for feature in checked["features"]]
    assert [entry["kind"] for entry in history("loans", most=9).facts["entries"]] == ["acceptance", "amendment"]


def test_a_history_of_a_column_that_is_not_there_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_PROJECT", str(tmp_path))
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    loans(300).to_csv("loans.csv", index=False)
    init(Wishes("loans.csv", "defaulted", "loans"), AS_OF, quietly=True)
    spec = tmp_path / "deployments" / "loans.toml"
    spec.write_text(f'{spec.read_text()}\n[[history]]\nby = ["regoin"]\nhow = ["days_since"]\n')

    with pytest.raises(SpecError, match=r'history\[0\]\.by: .regoin. is not a column .* did you mean "region"\?'):
        diff("loans", Rows(AS_OF, None, ()))
