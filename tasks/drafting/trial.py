"""A draft, tried on the rows that it was made from."""

import tomllib
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.data.clocks import times_of
from tasks.data.contract import Contract, check_contract, read_contract
from tasks.data.labels import Labels, add_target, read_labels
from tasks.data.outcomes import Outcomes, outcomes_of
from tasks.data.splits import Mask, Part, SplitRows, members, split
from tasks.data.times import UTC_TIME
from tasks.data.validation import Validated, validate
from tasks.drafting.contract_text import write_contract
from tasks.drafting.dates import times_in
from tasks.drafting.plan import Plan
from tasks.drafting.spec_text import write_spec
from tasks.spec import ModelSpec, read_spec


@dataclass(frozen=True)
class Trial:
    """What a draft says of the sample."""

    spec: ModelSpec
    contract: Contract
    checked: Validated
    table: pa.Table
    """The valid rows, in order of time, with the target."""
    labels: Labels
    masks: dict[Part, Mask]

    @property
    def quarantined(self) -> float:
        return self.checked.share_quarantined

    @property
    def of_one_class(self) -> list[Part]:
        """Parts of a class target with one class alone, from which nothing can be told."""
        if self.spec.task == "regression":
            return []
        return [part for part, mask in self.masks.items() if len(np.unique(self.labels.values[mask])) < 2]

    def outcomes(self, rows: "np.typing.NDArray[np.intp]") -> Outcomes:
        """Return what became of some rows, as if train were these."""
        labels = Labels(self.labels.target, self.labels.values[rows])
        table, source = self.table.take(rows), self.spec.source
        end = pc.max(table.column(source.timestamp).cast(pa.int64())).as_py()
        return outcomes_of(table, labels, source, task=self.spec.task, end=end + 1)


def try_out(plan: Plan) -> Trial:
    """Return what becomes of the sample by the spec and the contract that ``plan`` writes."""
    spec = read_spec(tomllib.loads(write_spec(plan)), f"deployments/{plan.model}.toml")
    contract = read_contract(write_contract(plan), f"data_contracts/{plan.model}.py")
    check_contract(contract, spec)
    checked = validate(sample_of(plan).select(contract.names()), contract)
    valid = add_target(checked.valid, spec, contract)
    times = valid.column(plan.order.timestamp).cast(pa.int64()).to_numpy()
    table = valid.take(pa.array(np.argsort(times, kind="stable")))
    labels = read_labels(table.column(plan.target), spec)
    rows = SplitRows(table.column(plan.order.timestamp).cast(pa.int64()).to_numpy(), labels.known)
    return Trial(spec, contract, checked, table, labels, members(split(spec, plan.timeline.as_of), rows))


def sample_of(plan: Plan) -> pa.Table:
    """Return the rows that were looked at, as a source gives them."""
    table = pa.table({name: column.raw for name, column in plan.columns.items() if plan.roles[name].use != "unread"})
    order, size = plan.order, table.num_rows
    numbers = np.linspace(0, plan.rows - 1, size).astype(np.int64)
    if order.row_number is not None:
        table = table.append_column(order.row_number, pa.array(numbers))
    times = _times(plan, numbers)
    if order.timestamp in table.column_names:
        return table.set_column(table.column_names.index(order.timestamp), order.timestamp, times)
    return table.append_column(order.timestamp, times)


def _times(plan: Plan, numbers: "np.typing.NDArray[np.int64]") -> pa.Array:
    if plan.order.rows_clock is not None:
        return times_of(pa.record_batch({"row": numbers}), plan.order.rows_clock, numbers)
    assert plan.order.clock is not None
    return pa.array(times_in(plan.columns, plan.order.clock, plan.zone)).cast(UTC_TIME)
