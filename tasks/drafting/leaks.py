"""Features that know the answer, found by the audit that judges trainings before any of them becomes a champion."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from tasks.data.keys import row_keys
from tasks.data.known import feature_columns
from tasks.data.splits import Mask
from tasks.drafting.plan import Plan
from tasks.drafting.questions import Ask, Question
from tasks.drafting.roles import Role, Use
from tasks.drafting.trial import Trial
from tasks.judgement.leakage.audit import audit
from tasks.judgement.leakage.case import AuditCase, Leak, Part
from tasks.judgement.leakage.wording import percent

_HOW = {
    "target_copy": "it is a copy of the target",
    "near_copy": "it nearly is the target: alone it explains {} of it",
    "deciding_category": "its values decide the target: alone they explain {} of it",
    "missingness": "whether it is filled decides the target ({})",
    "sum_of_columns": "with {together} it adds up to the target",
    "identifier": "it names rows, and explains {} of the target",
    "fitted_before_split": "it was computed over all rows, the target among them",
    "outcome_column": "it is a copy of the target, or of what else is known only afterwards",
    "late_timestamp": "it is a time after the event in {} of the rows",
}


@dataclass(frozen=True)
class Found:
    """What the audit found of a draft."""

    roles: Mapping[str, Role]
    """Of the columns that are to be no features."""
    suspects: tuple[Leak, ...]
    """What may be a leak and may be honest: such columns stay features unless a person says otherwise."""
    repeated_rows: str | None
    """Rows that stand there more than once, in words, if that would be a leak."""


def look_for_leaks(plan: Plan, trial: Trial) -> Found:
    """Return which features of ``plan`` give the target away, by the sample."""
    leaks = _audit(plan, trial)
    roles: dict[str, Role] = {}
    for leak in leaks:
        roles = {**dict(_roles(leak, plan)), **roles}
    suspects = tuple(leak for leak in leaks if leak.severity == "warn" and leak.column and leak.column not in roles)
    repeated = next((leak.sentence for leak in leaks if leak.kind == "duplicate_rows"), None)
    return Found(roles, suspects, repeated)


def ask_about(plan: Plan, found: Found, ask: Ask) -> Plan:
    """Return ``plan`` without those suspects that a person takes for leaks."""
    roles: dict[str, Role] = {}
    for leak in found.suspects:
        if leak.kind != "near_copy" or leak.column is None:
            continue
        words = _HOW["near_copy"].format(percent(leak.figure))
        question = Question(
            "leak",
            f"{leak.column}: {words}. Is it known when the prediction is made?",
            ("yes", "no"),
            "yes",
            "a strong column may be honest",
        )
        if ask(question) == "no":
            roles[leak.column] = Role("outcome", words, leak=True)
    return replace(plan, roles={**plan.roles, **roles})


def without(plan: Plan, found: Found) -> Plan:
    """Return ``plan`` with the columns that leak put out of its features."""
    return replace(plan, roles={**plan.roles, **found.roles})


def _roles(leak: Leak, plan: Plan) -> Iterator[tuple[str, Role]]:
    if leak.column is None or (leak.severity == "warn" and leak.kind != "identifier"):
        return
    use: Use = "identifier" if leak.kind == "identifier" else "outcome"
    parts = leak.together or (leak.column,)
    for name in parts:
        others = ", ".join(one for one in parts if one != name)
        words = _HOW.get(leak.kind, leak.sentence).format(percent(leak.figure), together=others)
        if name != plan.order.timestamp and name not in plan.order.key and _is_less(use, plan.roles[name].use):
            yield name, Role(use, words, leak=leak.severity == "refuse")


def _is_less(use: Use, now: Use) -> bool:
    """Say whether ``use`` leaves less of a column than what it is for now: identifiers, too, are told to models."""
    return now == "feature" or (now, use) == ("identifier", "outcome")


def _audit(plan: Plan, trial: Trial) -> list[Leak]:
    spec, contract = trial.spec, trial.contract
    if not any(trial.masks["train"]):
        return []
    learned = feature_columns(trial.table.column_names, spec, contract)
    reads = [name for name in contract.names("feature", "identifier") if name != plan.target]
    outcomes = [name for name in contract.names("outcome") if name in trial.table.column_names]
    parts = [_part(trial, trial.masks[name], reads, outcomes) for name in ("train", "validation", "holdout")]
    case = AuditCase(
        task=spec.task,
        train=parts[0],
        validation=parts[1],
        holdout=parts[2],
        features=tuple(name for name in reads if name in learned),
        reads=tuple(reads),
        outcomes=frozenset({*outcomes, plan.target}),
        key=tuple(spec.source.key),
        timestamp=plan.order.timestamp,
        label_delay=spec.source.label_delay,
        texts=frozenset(spec.features.text),
    )
    return list(audit(case).leaks)


def _part(trial: Trial, mask: Mask, reads: list[str], outcomes: list[str]) -> Part:
    table = _of(trial.table, mask)
    return Part(
        table=table.select(reads),
        labels=trial.labels.values[mask],
        times=np.asarray(table.column(trial.spec.source.timestamp).cast(pa.int64()).to_numpy()),
        keys=row_keys(table, trial.spec.source.key),
        outcome_table=table.select(outcomes),
    )


def _of(table: pa.Table, mask: Mask) -> pa.Table:
    return table.filter(pa.array(mask))
