"""What `perennial watch | calibrate | drift` say, and what they say when they were asked wrongly."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.monitoring_answers import calibrate, watch
from flows.training import run_training
from tasks.data.window import read_time

pytestmark = pytest.mark.usefixtures("project")


def perennial(*words: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "perennial"), *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=150)


@pytest.fixture
def files(tmp_path: Path, orders: pa.Table) -> tuple[Path, Path]:
    """Orders of six weeks, and of the two after them."""
    paths = tmp_path / "reference.parquet", tmp_path / "current.csv"
    pq.write_table(orders.slice(0, 2200), paths[0])
    pyarrow.csv.write_csv(orders.slice(2200), paths[1])
    return paths


def test_two_files_without_drift_have_exit_code_0_and_with_it_1(files: tuple[Path, Path], orders: pa.Table) -> None:
    words = ("drift", "returns", "--reference", str(files[0]), "--current", str(files[1]))
    quiet = perennial(*words)
    dear = orders.slice(2200).set_column(3, "price", pa.array(orders["price"].to_numpy()[2200:] * 2))
    pyarrow.csv.write_csv(dear, files[1])
    loud = perennial(*words)

    assert (quiet.returncode, loud.returncode) == (0, 1), quiet.stdout + loud.stdout + quiet.stderr + loud.stderr
    assert quiet.stdout.startswith("no drift: 800 rows beside 2,200, 4 columns")
    assert loud.stdout.startswith("DRIFT in price: 800 rows beside 2,200, 4 columns")


def test_drift_answers_machines_in_json(files: tuple[Path, Path]) -> None:
    words = ("drift", "--reference", str(files[0]), "--current", str(files[1]), "--ignore", "order", "--json")
    facts = json.loads(perennial(*words).stdout)

    assert facts["rows"] == {"reference": 2200, "current": 800}
    assert {s["column"] for s in facts["signals"]} == {"country", "price", "weight", "refund", "returned"}
    assert facts["drifted"] == any(s["alarmed"] for s in facts["signals"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("watch", "nothing"), "no model 'nothing'"),
        (("watch", "returns"), "returns: there is no champion to watch; train one, perennial train returns"),
        (("calibrate", "returns"), "there is no champion to watch"),
        (
            ("drift", "--reference", "a.csv", "--current", "b.csv"),
            "a.csv: no such file; allowed: a CSV or Parquet file",
        ),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(words: tuple[str, ...], message: str) -> None:
    found = perennial(*words)

    assert found.returncode == 2
    assert found.stdout == ""
    assert "Traceback" not in found.stderr
    assert message in found.stderr.strip().splitlines()[-1]


@pytest.mark.server
def test_a_check_is_told_with_its_numbers_and_what_is_usual_can_be_seen(
    prefect_api: str, edit: Callable[[str, str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    edit("deployments/returns.toml", "[gate]", '[promotion]\napproval = "automatic"\n\n[gate]')
    monkeypatch.setenv("PREFECT_API_URL", prefect_api)
    with temporary_settings({PREFECT_API_URL: prefect_api}):
        assert run_training("returns", "manual", read_time("2024-02-10")).version
        answer = watch("returns", "2024-02-24")
    assert answer.facts["diagnosis"]["action"] == "nothing"
    assert answer.facts["request"] is None
    assert answer.lines[1] == "  window       2024-02-17 to 2024-02-24 (UTC), 350 rows"
    assert "ROC AUC is not yet known" in "\n".join(answer.lines)

    usual = calibrate("returns")
    assert usual.lines[0] == "returns, version 1: thresholds for 2 false alarms a year in all"
    assert set(usual.facts["families"]) == {"inputs", "prediction"}
    assert np.isfinite(usual.facts["families"]["inputs"]["limit"])
