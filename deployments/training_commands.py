"""``perennial models | check | train | reproduce``."""

import click

from deployments.command import (
    BAD_INPUT,
    REFUSED,
    as_of_option,
    command,
    json_option,
    model_argument,
    tell,
    version_argument,
)


@command
@json_option
def models(as_json: bool) -> None:
    """List the models: what each predicts, and which version is its champion.

    \b
    Example:
      perennial models
    """
    from deployments import answers

    tell(answers.models(), as_json)


@command
@model_argument
@as_of_option
@json_option
def check(model: str, as_of: str | None, as_json: bool) -> int:
    """Read spec, contract and data, and say whether MODEL could be trained, and on what. Trains nothing.

    Of each rule that rows break it says what was found, what is allowed, and what to do next. Exit code 2: a training
    would refuse these rows.

    \b
    Example:
      perennial check flight_delay --as-of 2013-06-01
    """
    from deployments import check_answer

    answer = check_answer.check(model, as_of)
    tell(answer, as_json)
    return BAD_INPUT if answer.facts["refused"] else 0


@command
@model_argument
@as_of_option
@click.option("--request", type=click.IntRange(min=1), help="Make the training that a check asked for; see history.")
@json_option
@click.option("--quiet", "-q", is_flag=True, help="No progress lines.")
def train(model: str, as_of: str | None, request: int | None, as_json: bool, quiet: bool) -> int:
    """Train a challenger for MODEL and judge it beside the champion.

    The judge is rows of the last days that neither model has seen. A challenger that may be promoted is
    registered; one that may not is recorded with the reasons, and the exit code is 1. A request that has its answer
    already trains nothing.

    \b
    Example:
      perennial train flight_delay --as-of 2013-06-01
    """
    from deployments import answers
    from deployments.progress import report_progress

    if not quiet:
        report_progress()
    answer = answers.train(model, as_of, request)
    tell(answer, as_json)
    return REFUSED if answer.facts["promotable"] is False else 0


@command
@model_argument
@version_argument
@json_option
def reproduce(model: str, version: int, as_json: bool) -> int:
    """Make VERSION of MODEL again, from its evidence alone, and say whether it is the same, bit for bit.

    It is trained from the rows, spec and contract that the ledger names, whatever has become of the source and of
    today's spec; nothing is registered. Exit code 1: it came out otherwise; what differs is said, and what has changed
    since: a library, Python, the processor.

    \b
    Example:
      perennial reproduce flight_delay 2
    """
    from deployments import reproduction_answer

    answer = reproduction_answer.reproduce(model, version)
    tell(answer, as_json)
    return 0 if answer.facts["same"] else REFUSED
