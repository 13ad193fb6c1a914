import os
from pathlib import Path

import pytest

from tasks.errors import SettingsError
from tasks.settings import child_environment, load_settings, prepare_environment, secret


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
        ({"PERENNIAL_THREADS": "two"}, "PERENNIAL_THREADS: found 'two'; allowed: a whole number from 1 up"),
        ({"PERENNIAL_HOME": "s3://bucket"}, "PERENNIAL_HOME: found 's3://bucket'; allowed for now: a folder"),
        (
            {"PERENNIAL_PROJECT": "/no/such"},
            "PERENNIAL_PROJECT: found '/no/such'; allowed: a folder that exists",
        ),
    ],
)
def test_a_setting_that_is_impossible_is_named(variables: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(variables)


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
