"""`perennial replay`, in the processes that a user has it in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.csv
import pytest

from tests.conftest import make_orders

pytestmark = [pytest.mark.server, pytest.mark.usefixtures("project")]


def replay(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "perennial"), "replay", *words]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **variables}, timeout=170
    )


def test_the_command_writes_a_page_and_the_policy(project: Path, tmp_path: Path, prefect_api: str) -> None:
    pyarrow.csv.write_csv(make_orders(rows=3000, days=100), project / "orders.csv")
    wanted = tmp_path / "mine.html"
    asked = ["--to", "2024-04-01", "--every", "12d", "--policies", "every:12d", "--costs", "loss=1,training=0.5"]

    found = replay("returns", *asked, "--apply", "--json", "--page", str(wanted), PREFECT_API_URL=prefect_api)

    assert found.returncode == 0, found.stderr
    assert "steps; about" in found.stderr
    facts = json.loads(found.stdout)
    assert facts["page"] == str(wanted)
    assert wanted.read_text().startswith("<!DOCTYPE html>")
    wrote = (project / "deployments" / "returns.toml").read_text()
    rules = {one["policy"]: one["rules"] for one in facts["policies"]}[facts["recommended"]["policy"]]
    assert f'[policy]\nretrain = "{rules["retrain"]}"' in wrote


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nosuch",), "no model 'nosuch'"),
        (
            ("returns", "--every", "often"),
            """--every: found 'often'; allowed: a length of time, such as "7d" or "12h\"""",
        ),
        (("returns", "--live"), "the ledger has no decision of this model yet"),
    ],
)
def test_a_mistake_is_one_line(words: tuple[str, ...], said: str) -> None:
    found = replay(*words, "--quiet")

    assert found.returncode == 2
    assert said in found.stderr
    assert "Traceback" not in found.stderr
