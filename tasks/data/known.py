"""Which columns are known at prediction time, with those that feature code makes of them, and which are features."""

import re
from collections.abc import Iterator, Sequence

import pyarrow as pa

from tasks.data.contract import Contract
from tasks.errors import ContractError
from tasks.spec import ModelSpec


def known_columns(spec: ModelSpec, contract: Contract) -> list[str]:
    """Return the columns that exist at prediction time: no outcome, not the target, not the label's time.

    Nothing else is ever handed to feature code, so that a peek at the outcome is an error and not a good score.
    """
    unknown = {spec.source.target, spec.source.label_time}
    return [name for name in contract.names("feature", "identifier") if name not in unknown]


def feature_columns(columns: Sequence[str], spec: ModelSpec, contract: Contract) -> frozenset[str]:
    """Return those of ``columns``, of the contract or made by its feature code, that something is learned from."""
    learned = {*spec.features.text, *spec.features.target_statistics}
    known = set(columns) - set(contract.names("outcome")) - {spec.source.target, spec.source.label_time}
    return frozenset(name for name in known if name in learned or is_feature(name, spec, contract))


def left_out(spec: ModelSpec, contract: Contract, used: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield each column of the contract that is not among those ``used``, with the reason in words."""
    for column in contract.columns:
        if column.name in used:
            continue
        if column.name == spec.source.timestamp:
            why = "the event time"
        elif column.name == spec.source.target:
            why = "the target"
        elif column.role == "outcome":
            why = "known only afterwards"
        elif column.name in spec.features.exclude:
            why = "features.exclude"
        elif column.role == "identifier" or column.name in spec.source.key:
            why = "names the row"
        else:
            why = "no feature of this spec"
        yield column.name, why


def known_and_made(known: pa.Table, contract: Contract) -> pa.Table:
    """Return the known columns, with those that the contract's ``features`` makes beside them."""
    if contract.features is None:
        return known
    try:
        made = contract.features(known.to_pandas())
    except KeyError as error:
        raise ContractError(_peek(str(error.args[0]), contract)) from None
    except AttributeError as error:
        if (found := re.search(r"'DataFrame' object has no attribute '(\w+)'", str(error))) is None:
            raise
        raise ContractError(_peek(found[1], contract)) from None
    if len(made) != known.num_rows:
        raise ContractError(
            f"{contract.file}: features() gave {len(made):,} rows for {known.num_rows:,}; allowed: one for each"
        )
    for name in made.columns:
        column = pa.Array.from_pandas(made[name])
        if name in known.column_names:
            known = known.set_column(known.column_names.index(name), name, column)
        else:
            known = known.append_column(name, column)
    return known


def _peek(name: str, contract: Contract) -> str:
    if name in contract.names("outcome"):
        return f"{contract.file}: features() reads {name!r}, an outcome: it is not known at prediction time"
    return f"{contract.file}: features() reads {name!r}, which is not a column known at prediction time"


def is_feature(name: str, spec: ModelSpec, contract: Contract) -> bool:
    """Say whether the known or made column ``name`` is a feature as it is."""
    apart = (*spec.features.exclude, *spec.features.text, *spec.features.target_statistics)
    if name in apart or name in (spec.source.timestamp, spec.source.group):
        return False
    if spec.source.key == [name]:  # a key by itself names the row and nothing else
        return False
    return name not in contract.names("identifier")
