"""The documentation says what the program says."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from pydantic import BaseModel

from deployments.cli import main
from docs.commands import every_command, help_of, path_of
from tasks.data.contract import check_contract, read_contract
from tasks.spec import (
    ContractSpec,
    CsvSpec,
    DriftSpec,
    FairnessSpec,
    FeaturesSpec,
    GateModes,
    GateSpec,
    HistorySpec,
    IsolationForestSpec,
    LastValueSpec,
    LightGBMSpec,
    LinearSpec,
    ModelSpec,
    NetworkSpec,
    NotifySpec,
    OwnSpec,
    PiecesClock,
    PolicySpec,
    PromotionSpec,
    ResourcesSpec,
    RowsClock,
    ScheduleSpec,
    ScoringSpec,
    SeasonalSpec,
    SelfTrainingSpec,
    SourceSpec,
    TuningSpec,
    WindowSpec,
    WrittenClock,
    read_spec,
)

ROOT = Path(__file__).parents[1]
COMMANDS = (ROOT / "docs" / "commands.md").read_text()
SPEC = (ROOT / "docs" / "spec.md").read_text()
SECTIONS: dict[str, type[BaseModel]] = {
    "": ModelSpec,
    "[source]": SourceSpec,
    "[source] csv": CsvSpec,
    "[source.clock] written": WrittenClock,
    "[source.clock] pieces": PiecesClock,
    "[source.clock] rows": RowsClock,
    "[contract]": ContractSpec,
    "[window]": WindowSpec,
    "[features]": FeaturesSpec,
    "[[history]]": HistorySpec,
    "last_value": LastValueSpec,
    "seasonal": SeasonalSpec,
    "linear": LinearSpec,
    "lightgbm": LightGBMSpec,
    "network": NetworkSpec,
    "own": OwnSpec,
    "self_training": SelfTrainingSpec,
    "isolation_forest": IsolationForestSpec,
    "[tuning]": TuningSpec,
    "[gate]": GateSpec,
    "[gate.fairness]": FairnessSpec,
    "[gate.modes]": GateModes,
    "[promotion]": PromotionSpec,
    "[scoring]": ScoringSpec,
    "[drift]": DriftSpec,
    "[policy]": PolicySpec,
    "[schedule]": ScheduleSpec,
    "[notify]": NotifySpec,
    "[resources]": ResourcesSpec,
}


@pytest.mark.parametrize("command", [main, *every_command()], ids=lambda command: command.name)
def test_a_command_s_help_stands_in_the_docs_word_for_word(command: click.Command) -> None:
    assert help_of(command) in COMMANDS, "run `make docs`"


@pytest.mark.parametrize("command", [*every_command()], ids=path_of)
def test_a_command_s_help_has_an_example(command: click.Command) -> None:
    assert f"perennial {path_of(command)}" in help_of(command).split("Example:")[1]


@pytest.mark.parametrize("name", main.commands)
def test_a_command_stands_in_the_readme(name: str) -> None:
    assert f"perennial {name}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("section", SECTIONS)
def test_every_key_of_a_spec_is_explained(section: str) -> None:
    missing = [key for key in SECTIONS[section].model_fields if not re.search(rf"`(\w+\.)?{key}`", SPEC)]

    assert not missing, f"docs/spec.md does not explain {missing} of {section or 'a spec'}"


def test_the_model_by_hand_is_a_valid_spec_with_a_valid_contract() -> None:
    page = (ROOT / "docs" / "own-model.md").read_text()
    toml, python = (page.split(f"```{language}\n")[1].split("```")[0] for language in ("toml", "python"))

    spec = read_spec(tomllib.loads(toml), "deployments/returns.toml")
    contract = read_contract(python, "data_contracts/returns.py")

    check_contract(contract, spec)
    assert spec.source.target in contract.names("outcome")


def test_every_target_of_the_makefile_that_a_user_needs_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()

    assert all(
        f"make {target}" in readme
        for target in (
            "demo",
            "test",
            "ui",
            "benchmark",
            "benchmark-gate",
            "benchmark-drift",
            "benchmark-learning",
            "drill-promotion",
            "drill-watch",
            "test-browser",
            "test-kubernetes",
            "test-network",
            "test-servers",
            "e2e",
            "e2e-init",
        )
    )


def test_help_comes_at_once() -> None:
    """A generous bound, for busy machines; docs/performance.md has the time measured."""
    command = [str(Path(sys.executable).parent / "perennial"), "--help"]
    found = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True)

    assert found.stdout.startswith("Usage: perennial")
    assert sorted(main.commands) == [
        "approve",
        "calibrate",
        "champion",
        "check",
        "contract",
        "costs",
        "deploy",
        "doctor",
        "down",
        "drift",
        "history",
        "init",
        "models",
        "prune",
        "reject",
        "replay",
        "reproduce",
        "rollback",
        "score",
        "show",
        "status",
        "train",
        "up",
        "watch",
    ]
