"""``perennial approve | reject | rollback | history | champion | show | doctor | prune``."""

from collections.abc import Callable
from typing import Any

import click

from deployments.command import BAD_INPUT, command, json_option, model_argument, tell, version_argument

by_option = click.option("--by", metavar="NAME", help="Who decides. Default: your login name; with --auth, MLflow's.")


def reason_option(**settings: Any) -> Callable[[Any], Any]:  # noqa: ANN401 - click's own
    return click.option("--reason", metavar="TEXT", help="Why; it stands in the ledger.", **settings)


@command
@model_argument
@version_argument
@by_option
@reason_option(default="")
@click.option("--emergency", is_flag=True, help="Set aside who may approve, how many must, and that it is stale.")
@json_option
def approve(model: str, version: int, by: str | None, reason: str, emergency: bool, as_json: bool) -> None:
    """Approve VERSION of MODEL, which awaits a person: it becomes champion.

    Everything that the verdict rests on is examined again first, and the version has to predict the same in a fresh
    process. Approving what is champion already changes nothing.

    \b
    Example:
      perennial approve flight_delay 2 --reason "better in May, and no slice is worse"
    """
    from deployments import decision_answers

    person = decision_answers.person(model, by)
    decision = decision_answers.decision(version, person, reason, emergency=emergency)
    tell(decision_answers.decide(model, "approve", decision), as_json)


@command
@model_argument
@version_argument
@by_option
@reason_option(required=True)
@json_option
def reject(model: str, version: int, by: str | None, reason: str, as_json: bool) -> None:
    """Reject VERSION of MODEL, which awaits a person.

    \b
    Example:
      perennial reject flight_delay 2 --reason "we change the schedule next week"
    """
    from deployments import decision_answers

    decision = decision_answers.decision(version, decision_answers.person(model, by), reason)
    tell(decision_answers.decide(model, "reject", decision), as_json)


@command
@model_argument
@click.option("--to", type=click.IntRange(min=1), help="The version to go back to. Default: the champion before.")
@by_option
@reason_option(required=True)
@json_option
def rollback(model: str, to: int | None, by: str | None, reason: str, as_json: bool) -> None:
    """Make the champion before this one champion again, or the one that --to names.

    It works while MLflow's server is down: its alias follows later. With --auth, whoever can read the stack's secrets
    may do so then; else MLflow says who may.

    \b
    Example:
      perennial rollback flight_delay --reason "alarms since noon"
    """
    from deployments import decision_answers

    tell(decision_answers.rollback(model, to, decision_answers.person(model, by, rolls_back=True), reason), as_json)


@command
@model_argument
@json_option
@click.option("--most", type=click.IntRange(min=1), default=20, show_default=True, help="Entries to show.")
def history(model: str, as_json: bool, most: int) -> None:
    """Show what was decided about MODEL, newest first: verdicts, proposals, approvals, promotions, rollbacks.

    \b
    Example:
      perennial history flight_delay
    """
    from deployments import history_answers

    tell(history_answers.history(model, most=most), as_json)


@command
@model_argument
@click.option("--at", metavar="TIME", help="The champion at that time, such as 2013-06-01. Default: now.")
@json_option
def champion(model: str, at: str | None, as_json: bool) -> None:
    """Show which version of MODEL is champion, or was: since when, who approved it, on what evidence.

    \b
    Example:
      perennial champion flight_delay --at 2013-06-01T12:00
    """
    from deployments import history_answers

    tell(history_answers.champion(model, at), as_json)


@command
@model_argument
@version_argument
@json_option
def show(model: str, version: int, as_json: bool) -> None:
    """Show all that was decided about one VERSION of MODEL, with its evidence.

    \b
    Example:
      perennial show flight_delay 2
    """
    from deployments import history_answers

    tell(history_answers.show(model, version), as_json)


@command
@click.option("--verify-ledger", is_flag=True, help="Only check that no entry of the ledger was changed.")
@json_option
def doctor(verify_ledger: bool, as_json: bool) -> int:
    """Look for what is wrong between ledger, registry and files, and mend what can be mended.

    Mended are: MLflow's alias, proposals whose evidence is gone, requests that too many trainings died of, leases of
    processes that died, and damaged profiles and checks. While the ledger itself was changed, nothing is.

    \b
    Exit code 2: something is left that a person has to mend.

    \b
    Example:
      perennial doctor
    """
    from deployments import doctor_answer

    answer = doctor_answer.examine(ledger_only=verify_ledger)
    tell(answer, as_json)
    return 0 if answer.facts["well"] else BAD_INPUT


@command
@model_argument
@click.option("--delete", is_flag=True, help="Delete it; without this, only say what could be.")
@json_option
def prune(model: str, delete: bool, as_json: bool) -> None:
    """Say what of MODEL no decision rests on, and how much it would free; delete it if told to.

    Kept is every run that the ledger names, champion, proposed or refused, with the snapshots that made it; rows that
    it says were scored; what every champion predicted; and the champion's checks and profile. What goes are runs and
    scorings that died, quarantined rows that are no training's evidence, what refused versions said in a champion's
    shadow, and the checks and profiles of earlier champions. Registered versions are never touched.

    \b
    Example:
      perennial prune flight_delay
    """
    from deployments import prune_answer

    tell(prune_answer.prune(model, delete=delete), as_json)
