import os
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.data.objects import Objects
from tasks.environment import child_environment, prepare_environment
from tasks.errors import SettingsError
from tasks.settings import load_settings, secret


def test_the_home_folder_lies_in_the_project_unless_the_environment_says_otherwise(tmp_path: Path) -> None:
    (tmp_path / "deployments").mkdir()
    (tmp_path / "deployments" / "m.toml").touch()
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)

    assert load_settings({}, cwd=inner).home == tmp_path / ".perennial"
    assert load_settings({"PERENNIAL_HOME": "/elsewhere"}, cwd=inner).home == Path("/elsewhere")


def test_outside_any_project_the_shipped_models_are_the_project(tmp_path: Path) -> None:
    assert (load_settings({}, cwd=tmp_path).specs / "flight_delay.toml").is_file()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"PERENNIAL_PRICE": "0.35"},
            "PERENNIAL_PRICE: found '0.35'; allowed: what the machine costs for an hour, such as \"0.35 EUR\"",
        ),
        ({"PERENNIAL_THREADS": "two"}, "PERENNIAL_THREADS: found 'two'; allowed: a whole number from 1 up"),
        (
            {"PERENNIAL_HOME": "s3://bucket"},
            "PERENNIAL_HOME: found 's3://bucket'; allowed: a folder; PERENNIAL_STORE takes a store",
        ),
        (
            {"PERENNIAL_PROJECT": "/no/such"},
            "PERENNIAL_PROJECT: found '/no/such'; allowed: a folder that exists",
        ),
        (
            {"PERENNIAL_MLFLOW": "mysql://ada:hidden@db/mlflow"},
            r"PERENNIAL_MLFLOW: found mysql://…; allowed: postgresql://user:password@host:port/database \(.*\) or sqlite:////",
        ),
        (
            {"PERENNIAL_LEDGER": "sqlite:///here.db"},
            "PERENNIAL_LEDGER: found sqlite://…; allowed: .*sqlite:////absolute",
        ),
        ({"PERENNIAL_LEDGER": "hidden"}, "PERENNIAL_LEDGER: found something that is no URL; allowed: postgresql://"),
        ({"PERENNIAL_LEDGER": "postgresql+pg8000://h/d"}, r"found postgresql\+pg8000://…; allowed: postgresql://user"),
        (
            {"PERENNIAL_LEDGER": "postgresql://ada:hid@den@db/d"},
            "found postgresql://…; allowed: .*of a password as %40",
        ),
        ({"PERENNIAL_PREFECT_DATABASE": "sqlite:////p.db"}, "DATABASE: found sqlite://…; allowed: .*as %40\\)$"),
        (
            {"PERENNIAL_STORE": "gs://bucket"},
            "PERENNIAL_STORE: found gs://…; allowed: s3://bucket/prefix, or file:///a",
        ),
        (
            {"PERENNIAL_STORE": "s3://ada:hidden@bucket/x"},
            "PERENNIAL_STORE: found s3://…; allowed: .*; no user, password",
        ),
        ({"PERENNIAL_STORE": "s3://bucket?key=hidden"}, "PERENNIAL_STORE: found s3://…; allowed"),
        ({"PERENNIAL_STORE": "s3://bucket/../hidden"}, "PERENNIAL_STORE: found s3://…; allowed"),
        ({"PERENNIAL_STORE": "file://"}, "PERENNIAL_STORE: found file://…; allowed"),
        ({"PERENNIAL_STORE": "/hidden"}, "PERENNIAL_STORE: found something that is no URL; allowed"),
        (
            {"PERENNIAL_STORE": "s3://bucket", "AWS_ENDPOINT_URL": "http://ada:hidden@minio:9000"},
            "AWS_ENDPOINT_URL: found http://…; allowed: http://host:port or https://host",
        ),
    ],
)
def test_a_setting_that_is_impossible_is_named(variables: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as refused:
        load_settings(variables)
    assert "hid" not in str(refused.value)


def test_databases_are_files_of_the_home_folder_or_where_the_environment_says(tmp_path: Path) -> None:
    home = {"PERENNIAL_HOME": str(tmp_path)}
    found = load_settings({**home, "PERENNIAL_LEDGER": "", "PERENNIAL_MLFLOW": "sqlite:////m.db"})

    assert load_settings(home).tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert (found.ledger, found.tracking_uri) == (f"sqlite:///{tmp_path}/ledger.db", "sqlite:////m.db")


def test_a_url_of_postgresql_gets_the_driver_of_who_reads_it_and_is_shown_by_nothing() -> None:
    pytest.importorskip("psycopg", reason="the extra postgres is not installed")
    url = "postgresql://ada:hid%40den@db.example:5432/flights?sslmode=require"
    found = load_settings(dict.fromkeys(("PERENNIAL_LEDGER", "PERENNIAL_MLFLOW", "PERENNIAL_PREFECT_DATABASE"), url))
    again = load_settings({"PERENNIAL_LEDGER": found.ledger, "PERENNIAL_MLFLOW": found.tracking_uri})

    assert found.ledger == found.tracking_uri == url.replace("://", "+psycopg://", 1) == again.ledger
    assert found.prefect_database_url == url.replace("://", "+asyncpg://", 1)
    assert "hid" not in repr((found, found.databases, found.prefect_database))


def test_without_the_driver_a_url_of_postgresql_is_refused_in_one_line(tmp_path: Path) -> None:
    bare = [sys.executable, "-S", "-c", "from tasks.settings import load_settings; load_settings()"]
    environment = {"PERENNIAL_LEDGER": "postgresql://db/flights", "PYTHONPATH": str(Path(__file__).parents[1])}
    found = subprocess.run(bare, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert found.stderr.splitlines()[-1].endswith(
        "PERENNIAL_LEDGER: PostgreSQL's driver is not installed: pip install 'perennial[postgres]'"
    )


def test_a_child_has_the_databases_of_its_parent(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERENNIAL_LEDGER", "sqlite:////the/users.db")
    settings = load_settings({"PERENNIAL_MLFLOW": "sqlite:////m.db"}, cwd=project)

    assert load_settings(child_environment(settings)).tracking_uri == "sqlite:////m.db"
    assert load_settings(child_environment(settings)).ledger_url is None


def test_files_are_in_the_home_folder_or_in_the_store_that_is_named(tmp_path: Path) -> None:
    home = {"PERENNIAL_HOME": str(tmp_path)}
    found = load_settings({**home, "PERENNIAL_STORE": "file:///shared/perennial/"})

    assert (load_settings(home).store, load_settings(home).registry_files) == (None, f"file://{tmp_path}/registry")
    assert (found.store, found.registry_files) == (
        Objects("file:///shared/perennial"),
        "file:///shared/perennial/registry",
    )
    assert load_settings(child_environment(found)).store == found.store
    assert load_settings({**os.environ, "PERENNIAL_STORE": ""}).store is None


def test_a_server_that_speaks_s3_is_named_as_for_every_aws_program() -> None:
    pytest.importorskip("boto3", reason="the extra s3 is not installed")
    store = {"PERENNIAL_STORE": "s3://bucket/a/b", "AWS_ENDPOINT_URL": "http://all:9000/"}

    assert load_settings(store).store == Objects("s3://bucket/a/b", "http://all:9000")
    assert load_settings({**store, "AWS_ENDPOINT_URL_S3": "https://s3:9000"}).store == Objects(
        "s3://bucket/a/b", "https://s3:9000"
    )


def test_without_the_extra_a_store_on_s3_is_refused_in_one_line(tmp_path: Path) -> None:
    bare = [sys.executable, "-S", "-c", "from tasks.settings import load_settings; load_settings()"]
    environment = {"PERENNIAL_STORE": "s3://bucket", "PYTHONPATH": str(Path(__file__).parents[1])}
    found = subprocess.run(bare, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert found.stderr.splitlines()[-1].endswith(
        "PERENNIAL_STORE: what S3 needs is not installed: pip install 'perennial[s3]'"
    )


def test_a_secret_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAREHOUSE_PASSWORD", raising=False)

    with pytest.raises(SettingsError, match="WAREHOUSE_PASSWORD is not set; a spec's source.uri names it"):
        secret("WAREHOUSE_PASSWORD")


def test_every_process_of_ours_is_quiet_and_reads_no_pickles(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_HOME", raising=False)
    found = child_environment(load_settings(cwd=project))

    assert found["MLFLOW_DISABLE_TELEMETRY"] == found["DO_NOT_TRACK"] == "true"
    assert found["PREFECT_SERVER_ANALYTICS_ENABLED"] == found["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
    assert found["PREFECT_HOME"].startswith(found["PERENNIAL_HOME"])


def test_what_the_user_has_set_stands(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "OMP_WAIT_POLICY": "ACTIVE"})
    prepare_environment(load_settings(cwd=project))

    assert os.environ["OMP_WAIT_POLICY"] == "ACTIVE"
    assert os.environ["PREFECT_SERVER_UI_V2_ENABLED"] == "false"
