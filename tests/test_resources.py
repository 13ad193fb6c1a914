"""The section [resources]: what it takes, and what it refuses."""

import tomllib
from pathlib import Path

import pytest

from tasks.errors import SpecError
from tasks.spec import ModelSpec, ResourcesSpec, largest, read_spec

SHIPPED = Path(__file__).parents[1] / "deployments" / "flight_delay.toml"


def read(section: str) -> ModelSpec:
    return read_spec(tomllib.loads(SHIPPED.read_text() + "\n[resources]\n" + section), "flight_delay.toml")


@pytest.mark.parametrize("cpu", ["1", "16", "0.5", "1.25", "500m", "0.250"])
@pytest.mark.parametrize("memory", ["512Mi", "8Gi", "1Ti"])
def test_amounts_are_kubernetes_own_and_no_part_of_the_digest(cpu: str, memory: str) -> None:
    spec = read(f'cpu = "{cpu}"\nmemory = "{memory}"')

    assert spec.resources == ResourcesSpec(cpu=cpu, memory=memory)
    assert spec.digest == read("").digest


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('cpu = "two"', "resources.cpu: found 'two'; allowed: cores in quotes, such as \"2\", \"0.5\" or \"500m\", and more than none"),
        ('cpu = "0"', "resources.cpu: found '0'; allowed: cores"),
        ('cpu = "0.0"', "resources.cpu: found '0.0'; allowed: cores"),
        ('cpu = "0m"', "resources.cpu: found '0m'; allowed: cores"),
        ("cpu = 2", "resources.cpu: found 2; allowed: text in quotes"),
        ('memory = "8GB"', "resources.memory: found '8GB'; allowed: a whole number of Mi, Gi or Ti, such as \"512Mi\" or \"8Gi\""),
        ('memory = "8"', "resources.memory: found '8'; allowed: a whole number of Mi"),
        ('memory = "0Gi"', "resources.memory: found '0Gi'; allowed: a whole number of Mi"),
        ('memmory = "8Gi"', 'resources.memmory is not a key of [resources]; did you mean "memory"?'),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_with_what_is(line: str, said: str) -> None:
    with pytest.raises(SpecError) as refused:
        read(line)

    assert f"flight_delay.toml: {said}" in str(refused.value)


def test_the_largest_is_the_most_of_each_in_whatever_unit() -> None:
    asked = [
        ResourcesSpec(cpu="1500m", memory="2Gi"),
        ResourcesSpec(cpu="1.6"),
        ResourcesSpec(memory="2049Mi"),
        ResourcesSpec(),
    ]

    assert largest(asked) == ResourcesSpec(cpu="1.6", memory="2049Mi")
    assert largest([]) == ResourcesSpec()
