"""What ``perennial replay`` answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deployments.answers import Answer
from tasks.data.window import read_time
from tasks.errors import SettingsError
from tasks.plain import write
from tasks.settings import load_settings
from tasks.spec import load_spec
from tasks.spec.values import parse_duration

if TYPE_CHECKING:
    from tasks.replay.answering import Answer as Replayed
    from tasks.replay.opening import Asked


def read_asked(
    *,
    start: str | None,
    end: str | None,
    every: str | None,
    policies: str | None,
    costs: str | None,
    loss: str | None,
    approval_delay: str | None,
    fast: bool,
) -> "Asked":
    """Return what a person asks for; raise a SettingsError that names the option which cannot be read."""
    from tasks.replay.contenders import DEFAULT
    from tasks.replay.opening import Asked

    return Asked(
        start=read_time(start, "from") if start else None,
        end=read_time(end, "to") if end else None,
        step=_step(every) if every is not None else None,
        policies=_names(policies) if policies is not None else DEFAULT,
        costs=(costs,) if costs else (),
        metric=loss,
        fast=fast,
        approval=_length(approval_delay, "approval-delay") if approval_delay is not None else None,
    )


def replay(model: str, asked: "Asked", *, page: str | None, apply: bool) -> Answer:
    """Replay, and say what came of it."""
    settings = load_settings()
    spec = load_spec(model, settings.specs)
    if page and (Path(page).is_dir() or not Path(page).absolute().parent.is_dir()):
        raise SettingsError(f"--page: found {page!r}; allowed: a file in a folder that is there")
    settings.home.mkdir(parents=True, exist_ok=True)  # Prefect makes its own folder in it when it is imported
    from flows.replay import run_replay
    from tasks.replay.applying import apply_policy

    found = run_replay(model, asked)
    where = found.page
    if page:
        where = Path(page)
        where.write_text(found.page.read_text(encoding="utf-8"), encoding="utf-8")
    changes = apply_policy(settings.specs / f"{model}.toml", spec, found.recommended.walk.rules) if apply else ()
    return Answer(_facts(found, where), tuple(_lines(found, where, changes, applied=apply)))


def live(model: str) -> Answer:
    """Do again what the live loop did, and say where something else came out."""
    settings = load_settings()
    load_spec(model, settings.specs)
    settings.home.mkdir(parents=True, exist_ok=True)  # for the ledger, where there is none yet
    from tasks.replay.audit import audit

    found = audit(model)
    lines = [
        f"{found.trainings} trainings, {found.checks} checks, {found.scorings} scorings and {found.decisions} "
        f"decisions of people were done again: {_outcome(len(found.differences), len(found.unexplained))}"
    ]
    for one in found.differences:
        lines += [f"  {one.what}", f"    live    {one.live}", f"    again   {one.again}"]
        lines.append(f"    since   {one.why or 'nothing that is known explains it; please report it'}")
    return Answer({**write(found), "unexplained": len(found.unexplained)}, tuple(lines))


def _outcome(differences: int, unexplained: int) -> str:
    if not differences:
        return "the same came out"
    if not unexplained:
        return f"{differences} differences, each explained by what has changed since"
    return f"{differences} differences, {unexplained} of them not explained"


def _names(text: str) -> tuple[str, ...]:
    if found := tuple(name.strip() for name in text.split(",") if name.strip()):
        return found
    raise SettingsError(f"--policies: found {text!r}; allowed: names such as never,weekly,on_drift")


def _step(text: str) -> Any:  # noqa: ANN401 - as ``_length``
    if not (found := _length(text, "every")):
        raise SettingsError(f"--every: found {text!r}; allowed: more than no time at all")
    return found


def _length(text: str, option: str) -> Any:  # noqa: ANN401 - a timedelta, of a function that takes what a TOML file holds
    try:
        return parse_duration(text)
    except ValueError:
        raise SettingsError(f'--{option}: found {text!r}; allowed: a length of time, such as "7d" or "12h"') from None


def _lines(found: "Replayed", page: Path, changes: tuple[str, ...], *, applied: bool) -> Iterator[str]:
    from tasks.replay import tables, wording

    yield from wording.lines(found)
    yield ""
    yield from tables.plain(tables.policies(found))
    yield ""
    yield f"  page         {page}"
    if not applied:
        yield f"  next         perennial replay {found.spec.model} … --apply writes it into the spec"
    for line in changes or (("nothing to change in the spec",) if applied else ()):
        yield f"  spec         {line}"


def _facts(found: "Replayed", page: Path) -> dict[str, Any]:
    return {
        "model": found.spec.model,
        "from": found.first,
        "to": found.end,
        "every_seconds": found.step.total_seconds(),
        "metric": found.metric.name,
        "prices": write(found.prices),
        "approval": {"delay_seconds": found.approval.delay.total_seconds(), "approved": found.approval.approved},
        "recommended": write(found.advice),
        "ageing": write(found.ageing),
        "constant": found.constant,
        "agreement": write(found.agreement),
        "page": str(page),
        "policies": [
            {
                "policy": account.name,
                "rules": account.walk.rules.model_dump(mode="json"),
                "loss": account.loss,
                "rows": account.rows,
                "by_step": write(list(account.by_step)),
                "against_never": write(account.against_never),
                "against_live": write(account.against_live),
                "trainings": account.walk.trainings,
                "promotions": account.walk.promotions,
                "refused": account.refused,
                "in_vain": account.in_vain,
                "price": account.price,
                "total": account.total(found.prices),
                "regret": account.regret,
            }
            for account in found.accounts
        ],
    }
