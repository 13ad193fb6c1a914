"""The section of a spec that says how much of a cluster a run of the model is given."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from tasks.spec.section import Section

_CPU = re.compile(r"[0-9]*[1-9][0-9]*m|(?=[0-9.]*[1-9])[0-9]+(\.[0-9]{1,3})?")
_MEMORY = re.compile(r"([0-9]*[1-9][0-9]*)(Mi|Gi|Ti)")
_MEBIBYTES = {"Mi": 1, "Gi": 1024, "Ti": 1024**2}


def _check_cpu(found: str) -> str:
    if not _CPU.fullmatch(found):
        raise ValueError('cores in quotes, such as "2", "0.5" or "500m", and more than none')
    return found


def _check_memory(found: str) -> str:
    if not _MEMORY.fullmatch(found):
        raise ValueError('a whole number of Mi, Gi or Ti, such as "512Mi" or "8Gi"')
    return found


Cpu = Annotated[
    str,
    AfterValidator(_check_cpu),
    WithJsonSchema({"type": "string", "pattern": f"^({_CPU.pattern})$", "examples": ["2", "500m"]}),
]
Memory = Annotated[
    str,
    AfterValidator(_check_memory),
    WithJsonSchema({"type": "string", "pattern": f"^{_MEMORY.pattern}$", "examples": ["512Mi", "8Gi"]}),
]


class ResourcesSpec(Section):
    """What each run has to itself, and cannot exceed. What is left out is the work pool's to say."""

    cpu: Cpu | None = Field(None, description='Cores, which training uses as threads; "2", "500m".')
    memory: Memory | None = Field(None, description='A run that needs more is killed; "512Mi", "8Gi".')


def largest(resources: Iterable[ResourcesSpec]) -> ResourcesSpec:
    """Return the most that any of ``resources`` asks for, of each kind; None where none asks."""
    asked = tuple(resources)
    return ResourcesSpec(
        cpu=max((one.cpu for one in asked if one.cpu), key=_cores, default=None),
        memory=max((one.memory for one in asked if one.memory), key=_mebibytes, default=None),
    )


def _cores(cpu: str) -> float:
    return float(cpu[:-1]) / 1000 if cpu.endswith("m") else float(cpu)


def _mebibytes(memory: str) -> int:
    return int(memory[:-2]) * _MEBIBYTES[memory[-2:]]
