"""From a table to a draft of its spec and contract: look, choose, write, try, mend."""

import difflib
from dataclasses import dataclass, replace
from datetime import datetime

from tasks.data.source import open_readers
from tasks.drafting.calendar_parts import calendar
from tasks.drafting.contract_text import write_contract
from tasks.drafting.findings import Finding, find
from tasks.drafting.first_look import FirstLook, look
from tasks.drafting.fresh_gain import FreshGain, fresh_gain
from tasks.drafting.history import History, history_of
from tasks.drafting.kinds import find_kinds
from tasks.drafting.leaks import Found, ask_about, look_for_leaks, without
from tasks.drafting.ordering import Unordered, choose_order, spread_out
from tasks.drafting.place import find_place
from tasks.drafting.plan import Place, Plan
from tasks.drafting.profile import Profile, take_profile
from tasks.drafting.questions import Ask, Asked, Log
from tasks.drafting.resolution import resolve
from tasks.drafting.roles import roles_of
from tasks.drafting.spec_text import write_spec
from tasks.drafting.spellings import find_spellings, words_of
from tasks.drafting.target import find_goal
from tasks.drafting.trial import Trial, try_out
from tasks.drafting.wishes import Wishes
from tasks.errors import DataRefused, SettingsError
from tasks.settings import Settings
from tasks.spec import SourceSpec

_ROUNDS = 5
"""A leak may stand in front of another."""
_MOST_QUARANTINED = 0.005


@dataclass(frozen=True)
class Draft:
    """A spec and a contract, with what was found on the way."""

    plan: Plan
    spec: str
    contract: str
    findings: tuple[Finding, ...]
    asked: tuple[Asked, ...]
    quarantined: float
    """Share of the rows that were looked at."""
    look: FirstLook
    ageing: FreshGain
    history: History


def draft(wishes: Wishes, settings: Settings, now: datetime, ask: Ask) -> Draft:
    """Return a draft for the table that ``wishes`` name.

    Raises:
        SourceError: it is not there, or cannot be read.
        SettingsError: a column that was asked for is not there.
        DataRefused: nothing can be learned from it as it is.
    """
    log = Log(ask)
    plan, trial, found = _mend(_plan(wishes, settings, now, log), log)
    if trial.of_one_class and plan.order.rows_clock is not None:
        plan = replace(plan, order=spread_out(plan.order, plan.rows))
        trial = _tried(plan)
    ageing = fresh_gain(plan, trial)
    # Without a sign of ageing validation would choose few rows by luck: measured, that makes better champions level.
    line = plan.timeline if ageing.hinted else replace(plan.timeline, recent=None)
    plan = replace(plan, margin=resolve(plan, trial), timeline=line)
    findings = find(plan, found.suspects, trial.of_one_class)
    return Draft(
        plan,
        write_spec(plan),
        write_contract(plan),
        findings,
        log.asked,
        trial.quarantined,
        look(trial),
        ageing,
        history_of(trial),
    )


def _plan(wishes: Wishes, settings: Settings, now: datetime, log: Log) -> Plan:
    place = find_place(wishes, settings)
    profile = _profile(place, settings)
    _check_columns(profile, wishes)
    spellings = find_spellings(profile)
    words = words_of(spellings)
    columns = find_kinds(profile, words)
    goal = find_goal(columns[wishes.target], wishes.task, log)
    ordered = choose_order(Unordered(wishes, place, profile.rows, columns, words, settings, now, log))
    return Plan(
        model=wishes.model,
        owner=wishes.owner,
        place=place,
        spellings=spellings,
        order=ordered.order,
        target=wishes.target,
        goal=goal,
        rows=profile.rows,
        columns=columns,
        roles=roles_of(columns, ordered.given(wishes.target), goal),
        timeline=ordered.timeline,
        naive=ordered.naive,
        repeated=ordered.repeated,
        why_repeated=ordered.why_repeated,
    )


def _profile(place: Place, settings: Settings) -> Profile:
    nothing = SourceSpec(
        uri=place.uri, table=place.table, query=place.query, csv=place.form, timestamp="", key=[""], target=""
    )
    with open_readers(nothing, settings) as readers:
        return take_profile(readers)


def _check_columns(profile: Profile, wishes: Wishes) -> None:
    for option, name in (("--target", wishes.target), ("--time", wishes.time), *(("--key", key) for key in wishes.key)):
        if name is not None and name not in profile.columns:
            near = difflib.get_close_matches(name, profile.columns, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"its columns: {', '.join(profile.columns[:20])}"
            raise SettingsError(f"{option}: {wishes.uri} has no column {name!r}; {hint}")
    if len(profile.columns) < 2:
        raise DataRefused(f"{wishes.uri} has one column, {profile.columns[0]}: there is nothing to predict it from")


def _mend(plan: Plan, ask: Ask) -> tuple[Plan, Trial, Found]:
    """Return ``plan`` without leaks, and so loose that hardly a row is quarantined."""
    for _ in range(_ROUNDS):
        trial = _tried(plan)
        found = look_for_leaks(plan, trial)
        if not found.roles:
            break
        plan = without(plan, found)
    plan = ask_about(plan, found, ask)
    if found.repeated_rows and plan.repeated == "refuse":
        plan = replace(plan, repeated="identical", why_repeated="rows stand there more than once, to the last column")
    failing = frozenset(rule.split(":")[0] for rule, _ in trial.checked.failures)
    if trial.quarantined > _MOST_QUARANTINED and failing:
        plan = replace(plan, loose=failing)
    return plan, _tried(plan), found


def _tried(plan: Plan) -> Trial:
    if not plan.features and not calendar(plan):
        reasons = "; ".join(f"{name}: {role.reason}" for name, role in plan.roles.items() if name != plan.target)
        raise DataRefused(f"no column is left to predict {plan.target} from. {reasons}")
    return try_out(plan)
