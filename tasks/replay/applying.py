"""Write a policy into a spec: two lines of its TOML, and nothing else of it."""

import re
import tomllib
from pathlib import Path

from tasks.data.atomic import write_whole
from tasks.errors import SpecError
from tasks.spec import ModelSpec, PolicySpec, read_spec, write_duration

_SECTION = re.compile(r"^\s*\[\s*policy\s*\]\s*(#.*)?$")
_ANY_SECTION = re.compile(r"^\s*\[")


def apply_policy(file: Path, spec: ModelSpec, rules: PolicySpec) -> tuple[str, ...]:
    """Write when to train again, by ``rules``, into the spec's ``file``, and return the lines that are new.

    Comments and all other lines stay. Where the spec cannot be changed so, nothing is written.

    Raises:
        SpecError: the policy stands in the file in a form that this does not change: an inline table, say.
    """
    wanted = {"retrain": f'"{rules.retrain}"'}
    if rules.retrain == "every":
        wanted["every"] = f'"{write_duration(rules.every)}"'
    if all(getattr(spec.policy, name) == getattr(rules, name) for name in wanted):
        return ()
    text = file.read_text(encoding="utf-8")
    changed, new = _changed(text, wanted)
    _check(changed, file, spec, rules)
    write_whole(file, lambda out: out.write(changed.encode()))
    return tuple(new)


def _changed(text: str, wanted: dict[str, str]) -> tuple[str, list[str]]:
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if _SECTION.match(line)), None)
    if start is None:
        new = [f"{name} = {value}" for name, value in wanted.items()]
        return text.rstrip("\n") + "\n\n[policy]\n" + "\n".join(new) + "\n", ["[policy]", *new]
    end = next((n for n in range(start + 1, len(lines)) if _ANY_SECTION.match(lines[n])), len(lines))
    body, new = lines[start + 1 : end], []
    for name, value in reversed(wanted.items()):
        place = next((n for n, line in enumerate(body) if re.match(rf"\s*{name}\s*=", line)), None)
        comment = ""
        if place is not None:
            found = re.search(r'"[^"]*"\s*(#.*)?$', body.pop(place))
            comment = f"  {found[1]}" if found and found[1] else ""
        new.insert(0, f"{name} = {value}{comment}")
    return "\n".join([*lines[: start + 1], *new, *body, *lines[end:]]) + "\n", new


def _check(text: str, file: Path, spec: ModelSpec, rules: PolicySpec) -> None:
    """Raise a SpecError unless ``text`` is the same spec with that policy."""
    names = {"retrain": rules.retrain, **({"every": rules.every} if rules.retrain == "every" else {})}
    wanted = spec.model_copy(update={"policy": spec.policy.model_copy(update=names)})
    try:
        found = read_spec(tomllib.loads(text), str(file))
    except (tomllib.TOMLDecodeError, SpecError):
        found = None
    if found != wanted:
        told = ", ".join(f"policy.{name}" for name in names)
        raise SpecError(f"{file}: {told} cannot be changed where it stands; write it as keys of a section [policy]")
