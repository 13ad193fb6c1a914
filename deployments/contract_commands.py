"""``perennial contract diff | propose | accept | reject``."""

from collections.abc import Callable
from functools import partial
from typing import Any

import click

from deployments.command import SHAPE, as_of_option, command, json_option, main, model_argument, tell
from deployments.decision_commands import by_option, reason_option


@main.group(context_settings=SHAPE)
def contract() -> None:
    """Have a contract follow its data: what fresh rows would change in it, as a patch that a person accepts.

    Nothing changes a contract by itself. What looks like a broken feed is said to, and is no part of a patch.

    \b
    Example:
      perennial contract diff flight_delay
    """


part = partial(command, group=contract)


def looking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which rows are looked at."""
    options = (
        as_of_option,
        click.option("--window", metavar="LENGTH", help="Of the rows before, such as 14d. Default: the drift window."),
        click.option("--include", multiple=True, metavar="COLUMN", help="Put in what was left out of this column."),
    )
    for option in reversed(options):
        function = option(function)
    return function


number_argument = click.argument("number", type=click.IntRange(min=1))


@part
@model_argument
@looking
@json_option
def diff(model: str, as_of: str | None, window: str | None, include: tuple[str, ...], as_json: bool) -> None:
    """Show what fresh rows would change in the contract of MODEL, and what of it would be left out, and why.

    A change is compatible when every row that was valid stays so: a wider range, a new category, a value that may be
    missing, a new column. It is breaking when a column is gone or of another type.

    \b
    Example:
      perennial contract diff flight_delay --as-of 2013-06-01 --window 14d
    """
    from deployments import contract_answers

    tell(contract_answers.diff(model, contract_answers.Rows(as_of, window, include)), as_json)


@part
@model_argument
@looking
@by_option
@json_option
def propose(
    model: str, as_of: str | None, window: str | None, include: tuple[str, ...], by: str | None, as_json: bool
) -> None:
    """Keep that patch of the contract of MODEL, with what led to it, until a person accepts or rejects it.

    \b
    Example:
      perennial contract propose flight_delay --include seats
    """
    from deployments import contract_answers

    tell(contract_answers.propose(model, contract_answers.Rows(as_of, window, include), by), as_json)


@part
@model_argument
@number_argument
@by_option
@reason_option(default="")
@json_option
def accept(model: str, number: int, by: str | None, reason: str, as_json: bool) -> None:
    """Change the contract of MODEL as amendment NUMBER says, if its file is still the one that the patch was made for.

    The next training uses it; champions keep the contract that they were trained under.

    \b
    Example:
      perennial contract accept flight_delay 7 --reason "the new gate opened in May"
    """
    from deployments import contract_answers

    tell(contract_answers.accept(model, number, by, reason), as_json)


@part
@model_argument
@number_argument
@by_option
@reason_option(required=True)
@json_option
def reject(model: str, number: int, by: str | None, reason: str, as_json: bool) -> None:
    """Reject amendment NUMBER to the contract of MODEL.

    \b
    Example:
      perennial contract reject flight_delay 7 --reason "a typing error at the desk"
    """
    from deployments import contract_answers

    tell(contract_answers.reject(model, number, by, reason), as_json)
