"""What a user types, and what they read when it was wrong."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest

pytestmark = pytest.mark.usefixtures("project")
Edit = Callable[[str, str, str], None]


def perennial(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "perennial"), *words]
    return subprocess.run(
        command, check=False, capture_output=True, text=True, env={**os.environ, **variables}, timeout=150
    )


def complaint(found: subprocess.CompletedProcess[str]) -> str:
    """Return what a refused command said: one clear line, and never a traceback."""
    assert found.returncode == 2, found.stdout + found.stderr
    assert "Traceback" not in found.stderr
    assert found.stdout == ""
    return found.stderr.strip().splitlines()[-1]


def rewrite(project: Path, orders: pa.Table) -> None:
    pyarrow.csv.write_csv(orders, project / "orders.csv")


def test_check_says_what_a_training_would_find() -> None:
    found = perennial("check", "returns", "--as-of", "2024-03-01")

    assert found.returncode == 0, found.stderr
    assert "holdout       500 rows, 2024-02-19 to 2024-02-29" in found.stdout.splitlines()


def test_check_answers_machines_in_json() -> None:
    facts = json.loads(perennial("check", "returns", "--as-of", "2024-03-01", "--json").stdout)

    assert (facts["rows"], facts["valid"], facts["quarantined"], facts["holdout"]) == (3000, 3000, 0, 500)


def test_models_lists_what_has_a_spec() -> None:
    assert perennial("models").stdout.splitlines()[1].split() == ["returns", "binary", "none", "shop"]


def test_history_of_a_model_that_was_never_trained_says_so() -> None:
    assert perennial("history", "returns").stdout == "returns has not been trained here\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "retruns"], "no model 'retruns'"),
        (["check", "returns", "--as-of", "yesterday"], "as-of: found 'yesterday'; allowed: a date or time"),
        (["check", "returns", "--as-of", "2020-01-01"], "orders.csv has no rows from the beginning to 2020-01-01"),
        (["check", "returns", "--as-of", "2024-01-12"], "train the beginning to 2023-12-21 has 0 labelled rows"),
        (["history", "retruns"], "no model 'retruns'"),
        (["approve", "returns", "3"], "version 3 was never proposed; waiting for approval: none"),
        (["reject", "returns", "3", "--reason", "no"], "version 3 was never proposed"),
        (["rollback", "returns", "--reason", "no"], "there is no champion to roll back from"),
        (["champion", "returns", "--at", "then"], "at: found 'then'; allowed: a date or time"),
    ],
)
def test_a_wrong_word_is_one_clear_line(words: list[str], message: str) -> None:
    assert message in complaint(perennial(*words))


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("deployments/returns.toml", "metric =", "metrik =", 'gate.metrik is not a key of [gate]; did you mean "metric"?'),
        ("deployments/returns.toml", "seed = 1", 'seed = "a"', "seed: found 'a'; allowed: a whole number"),
        ("deployments/returns.toml", "orders.csv", "order.csv", "order.csv"),
        ("deployments/returns.toml", '"returned"', '"refunded"', "source.target: found 'refunded'"),
        ("deployments/returns.toml", 'key = ["order"]', 'key = ["ordr"]', "source.key: 'ordr' is not a column"),
        ("deployments/returns.toml", 'key = ["order"]', 'key = ["country"]', "source.key ['country'] is not unique"),
        ("deployments/returns.toml", 'holdout = "10d"', 'holdout = "12h"', "holdout 2024-02-28 12:00 to 2024-02-29 has 25 labelled rows; at least 50"),
        ("data_contracts/returns.py", "class Orders(", "class Orders", "cannot be run: SyntaxError"),
        ("data_contracts/returns.py", "price: Series[float]", "prise: Series[float]", "the source lacks column prise"),
        ("data_contracts/returns.py", "weight: Series[float]", "country_code: Series[float]", "lacks column country_code"),
        ("orders.csv", '"price"', '"price","price"', "orders.csv"),
    ],
)  # fmt: skip
def test_a_wrong_project_is_one_clear_line(edit: Edit, file: str, old: str, new: str, message: str) -> None:
    edit(file, old, new)

    assert message in complaint(perennial("check", "returns", "--as-of", "2024-03-01"))


def test_an_extra_column_is_noted_and_not_read(project: Path, orders: pa.Table) -> None:
    rewrite(project, orders.append_column("colour", orders["country"]))

    found = perennial("check", "returns", "--as-of", "2024-03-01")

    assert "note          not read, since the contract does not name it: column colour" in found.stdout


def test_a_column_of_another_type_is_named(project: Path, orders: pa.Table) -> None:
    rewrite(project, orders.set_column(3, "price", pa.array(["dear"] * 3000)))

    assert "column price is of another type: found" in complaint(perennial("check", "returns", "--as-of", "2024-03-01"))


def test_a_column_without_values_is_named(project: Path, orders: pa.Table) -> None:
    rewrite(project, orders.set_column(4, "weight", pa.nulls(3000, pa.float64())))

    assert "column weight has no value in any of 3,000 rows" in complaint(
        perennial("check", "returns", "--as-of", "2024-03-01")
    )


def test_repeated_keys_are_counted_with_an_example(project: Path, orders: pa.Table) -> None:
    rewrite(project, pa.concat_tables([orders, orders.slice(0, 3)]))

    assert "3 rows repeat the key of another, such as order = " in complaint(
        perennial("check", "returns", "--as-of", "2024-03-01")
    )


def test_a_target_of_one_class_is_named(project: Path, orders: pa.Table) -> None:
    rewrite(project, orders.set_column(6, "returned", pc.equal(orders["order"], -1)))

    assert "target returned has one class only in train" in complaint(
        perennial("check", "returns", "--as-of", "2024-03-01")
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "orders.csv"),
        (b'"ordered_at","order","country","price","weight","refund","returned"\n', "has no rows"),
        (b"ordered_at,order,country,price,weight,refund,returned\n2024-01-01,1,d\xff,1,1,0,true\n", "orders.csv"),
        (b"<html><body>no table</body></html>\n", "orders.csv"),
    ],
)
def test_a_file_that_is_no_table_is_named(project: Path, content: bytes, message: str) -> None:
    (project / "orders.csv").write_bytes(content)

    assert message in complaint(perennial("check", "returns", "--as-of", "2024-03-01"))


def test_times_with_and_without_a_zone_in_one_column_are_refused(project: Path, orders: pa.Table) -> None:
    times = orders["ordered_at"].cast(pa.string()).to_pylist()
    mixed = [t.replace(" ", "T") if i % 2 else t.replace(" ", "T").rstrip("Z") for i, t in enumerate(times)]
    rewrite(project, orders.set_column(0, "ordered_at", pa.array(mixed)))

    assert "ordered_at" in complaint(perennial("check", "returns", "--as-of", "2024-03-01"))


@pytest.mark.server
def test_a_model_is_trained_shown_and_remembered(project: Path, prefect_api: str) -> None:
    trained = perennial("train", "returns", "--as-of", "2024-03-01", PREFECT_API_URL=prefect_api)
    approved = perennial("approve", "returns", "1", "--by", "ada", "--reason", "good")
    history = json.loads(perennial("history", "returns", "--json").stdout)

    assert trained.returncode == 0, trained.stderr
    assert any(line.startswith("version       1, waiting") for line in trained.stdout.splitlines())
    assert any("train on" in line for line in trained.stderr.splitlines())
    assert approved.returncode == 0, approved.stderr
    assert approved.stdout.splitlines()[-1] == "champion      version 1"
    assert [entry["kind"] for entry in history["entries"]] == ["promotion", "approval", "cost", "proposal", "verdict"]
    contract = hashlib.sha256((project / "data_contracts" / "returns.py").read_bytes()).hexdigest()
    assert history["entries"][-1]["contract"] == contract
    assert perennial("champion", "returns").stdout.splitlines()[0] == "champion      version 1"
    assert perennial("models").stdout.splitlines()[1].split() == ["returns", "binary", "1", "shop"]
    assert "MLflow's alias agrees" in perennial("doctor").stdout


@pytest.mark.server
def test_a_refused_challenger_ends_with_exit_code_1(edit: Edit, prefect_api: str) -> None:
    edit("deployments/returns.toml", "[gate]", "[gate]\nfloors = { roc_auc = 0.999 }")

    found = perennial("train", "returns", "--as-of", "2024-03-01", "--json", "--quiet", PREFECT_API_URL=prefect_api)

    assert found.returncode == 1, found.stderr
    assert found.stderr == ""
    assert json.loads(found.stdout)["version"] is None


@pytest.mark.server
@pytest.mark.drill
def test_without_a_server_prefect_starts_one_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    found = perennial("train", "returns", "--as-of", "2024-03-01")

    assert found.returncode == 0, found.stderr
    assert "Traceback" not in found.stderr


@pytest.mark.server
@pytest.mark.drill
def test_a_champion_predicts_in_a_fresh_process_with_pickles_forbidden(project: Path, prefect_api: str) -> None:
    trained = perennial("train", "returns", "--as-of", "2024-03-01", PREFECT_API_URL=prefect_api)
    assert trained.returncode == 0, trained.stderr
    code = (
        "import mlflow, pandas as pd\n"
        "model = mlflow.pyfunc.load_model('models:/returns@challenger')\n"
        "rows = pd.read_csv('orders.csv', parse_dates=['ordered_at'])[:5]\n"
        "rows['ordered_at'] = rows['ordered_at'].dt.tz_localize(None)\n"
        "print(model.predict(rows.drop(columns=['returned', 'refund'])).round(3).tolist())\n"
    )
    home = os.environ["PERENNIAL_HOME"]
    quiet = {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false", "MLFLOW_TRACKING_URI": f"sqlite:///{home}/mlflow.db"}

    found = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        capture_output=True,
        text=True,
        cwd=project,
        env={**os.environ, **quiet},
    )

    assert found.returncode == 0, found.stderr
    assert len(json.loads(found.stdout)) == 5
    assert not list(Path(home).rglob("*.pkl"))
