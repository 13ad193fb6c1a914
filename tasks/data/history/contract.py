"""A model's contract, with the columns that its spec's history makes among those that it names."""

import difflib
from pathlib import Path

import pyarrow as pa

from tasks.data.contract import Contract, check_contract, load_contract, with_made
from tasks.errors import SpecError
from tasks.spec import HistorySpec, ModelSpec, made_by


def contract_of(spec: ModelSpec, folder: Path) -> Contract:
    """Return the contract of ``spec``, in ``folder``, once the two are known to agree.

    Raises:
        ContractError: it cannot be read.
        SpecError: the spec names a column that the contract does not, or asks of one what it cannot tell.
    """
    return completed(load_contract(spec.contract_name, folder), spec)


def completed(contract: Contract, spec: ModelSpec) -> Contract:
    """Return ``contract`` with the columns that the history of ``spec`` makes, once the two are known to agree.

    Raises:
        SpecError: the spec names a column that the contract does not, or asks of one what it cannot tell.
    """
    for position, section in enumerate(spec.history):
        _check(section, f"deployments/{spec.model}.toml: history[{position}]", contract, spec)
    whole = with_history(contract, spec)
    check_contract(whole, spec)
    return whole


def with_history(contract: Contract, spec: ModelSpec) -> Contract:
    """Return ``contract`` with the columns that the history of ``spec`` makes."""
    return with_made(contract, made_by(spec.history))


def _check(section: HistorySpec, place: str, contract: Contract, spec: ModelSpec) -> None:
    """Raise a SpecError where a section asks for what ``contract`` does not have."""
    columns = {column.name: column for column in contract.columns}
    if taken := [name for name in section.names if name in columns]:
        raise SpecError(f"{place}: makes {taken[0]}, and {contract.file} has a column of that name; rename that one")
    unknown = {spec.source.target, spec.source.label_time, *contract.names("outcome")}
    for name in section.by:
        known = [one for one in columns if one not in unknown]
        if name not in known:
            raise SpecError(f"{place}.by: {name!r} is not a column known at prediction time; {_hint(name, known)}")
    if section.of is None or (section.of == spec.source.target and (section.of not in columns or spec.positive)):
        return
    if section.of not in columns:
        raise SpecError(
            f"{place}.of: {section.of!r} is not a column of {contract.file}; {_hint(section.of, [*columns])}"
        )
    kind = columns[section.of].type
    if section.values and (pa.types.is_dictionary(kind) or pa.types.is_timestamp(kind)):
        found = "text" if pa.types.is_dictionary(kind) else "a time"
        raise SpecError(
            f"{place}.how: found {section.values[0]!r} of {section.of}, which is {found}; "
            "allowed: count, days_since; numbers and true/false have the others"
        )


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f'did you mean "{near[0]}"?' if near else f"allowed: {', '.join(known)}"
