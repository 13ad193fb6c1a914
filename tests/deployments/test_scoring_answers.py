"""What `perennial score` says, and what it says when it was asked wrongly."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.scoring_answers import score_file, score_window
from flows.training import run_training
from tasks.data.window import read_time
from tasks.errors import SettingsError

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("project")]


def perennial(*words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "perennial"), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=150)


@pytest.fixture
def champion(prefect_api: str, edit: Callable[[str, str, str], None], monkeypatch: pytest.MonkeyPatch) -> int:
    edit("deployments/returns.toml", "[gate]", '[promotion]\napproval = "automatic"\n\n[gate]')
    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    with temporary_settings({PREFECT_API_URL: prefect_api}):
        assert run_training("returns", "manual", read_time("2024-02-10")).version
    return 1


@pytest.mark.usefixtures("champion")
def test_a_window_is_scored_and_told_and_so_is_a_file(project: Path, tmp_path: Path, orders: pa.Table) -> None:
    broken = pc.if_else(pc.equal(orders["order"], 2400), -1.0, orders["price"])
    pyarrow.csv.write_csv(orders.set_column(3, "price", broken), project / "orders.csv")
    pyarrow.csv.write_csv(orders.slice(0, 3).drop_columns(["returned", "refund"]), tmp_path / "new.csv")

    found = perennial("score", "returns", "--from", "2024-02-18", "--as-of", "2024-02-20")
    again = perennial("score", "returns", "--from", "2024-02-18", "--as-of", "2024-02-20", "--json", "--quiet")
    history = perennial("history", "returns")
    file = perennial("score", "returns", "--input", str(tmp_path / "new.csv"), "--output", str(tmp_path / "told.csv"))

    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines()[:4] == [
        "champion      version 1",
        "window        2024-02-18 to 2024-02-20",
        "rows          99, of which 99 were new to the log",
        "not scored    1 rows, which break the contract",
    ]
    assert "version 1: 99 rows were new to the log" in found.stderr
    facts = json.loads(again.stdout)
    assert (facts["rows"], facts["new"], facts["entry"], again.stderr) == (99, 0, None, "")
    assert "scoring    version 1" in history.stdout.splitlines()[0]
    assert file.returncode == 0, file.stderr
    assert file.stdout.splitlines()[:2] == ["champion      version 1", "rows          3"]
    assert (tmp_path / "told.csv").read_text().splitlines()[0] == '"order","ordered_at","prediction"'


def test_a_wrong_word_is_one_clear_line() -> None:
    with pytest.raises(SettingsError, match="score: --input and --output go together"):
        score_file("returns", Path("a.csv"), None)
    with pytest.raises(SettingsError, match="go together, and without --from"):
        score_file("returns", Path("a.csv"), Path("b.csv"), not_with=("2024-01-01", None, None))
    with pytest.raises(SettingsError, match="from: found 'then'; allowed: a date or time"):
        score_window("returns", "then", None, None)
