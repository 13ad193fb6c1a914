from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tasks.errors import SpecError
from tasks.replay.applying import apply_policy
from tasks.settings import Settings
from tasks.spec import ModelSpec, PolicySpec, load_spec

BIWEEKLY = PolicySpec(retrain="every", every=timedelta(days=14))


@pytest.fixture
def file(settings: Settings) -> Path:
    return settings.specs / "returns.toml"


def test_a_spec_without_a_policy_gets_one(file: Path, spec: ModelSpec, settings: Settings) -> None:
    before = file.read_text()

    lines = apply_policy(file, spec, BIWEEKLY)

    assert lines == ("[policy]", 'retrain = "every"', 'every = "14d"')
    assert file.read_text().startswith(before.rstrip("\n"))
    assert load_spec("returns", settings.specs).policy.every == timedelta(days=14)


def test_only_the_lines_that_say_when_are_changed(
    file: Path, settings: Settings, edit: Callable[[str, str, str], None]
) -> None:
    edit(
        "deployments/returns.toml",
        "[gate]",
        '[policy]   # asked in May\ncooldown = "2d"\nretrain = "never"  # for now\n\n# what must hold\n[gate]',
    )
    before = file.read_text()

    apply_policy(file, load_spec("returns", settings.specs), BIWEEKLY)

    found = load_spec("returns", settings.specs).policy
    assert (found.retrain, found.every, found.cooldown) == ("every", timedelta(days=14), timedelta(days=2))
    after = file.read_text()
    assert [line for line in before.splitlines() if line not in after.splitlines()] == ['retrain = "never"  # for now']
    assert 'retrain = "every"  # for now' in after


def test_what_the_spec_says_already_changes_nothing(file: Path, spec: ModelSpec) -> None:
    before = file.read_bytes()

    assert apply_policy(file, spec, spec.policy) == ()
    assert file.read_bytes() == before


def test_a_policy_in_another_form_is_left_alone_and_named(
    file: Path, settings: Settings, edit: Callable[[str, str, str], None]
) -> None:
    edit("deployments/returns.toml", "seed = 1", 'seed = 1\npolicy = { retrain = "never" }')
    before = file.read_bytes()

    with pytest.raises(SpecError, match=r"returns.toml: policy.retrain, policy.every cannot be changed"):
        apply_policy(file, load_spec("returns", settings.specs), BIWEEKLY)

    assert file.read_bytes() == before
