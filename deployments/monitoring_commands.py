"""``perennial watch | calibrate | drift``: whether what comes now is still what there was."""

import click

from deployments.command import REFUSED, as_of_option, command, json_option, model_argument, tell

_FILE = "A CSV or Parquet file"


@command
@click.argument("model", required=False)
@click.option("--reference", required=True, metavar="FILE", help=f"{_FILE}: how it was.")
@click.option("--current", required=True, metavar="FILE", help=f"{_FILE}: how it is.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="Leave a column out; may be given several times.")
@click.option(
    "--false-alarms",
    type=click.FloatRange(0.0001, 0.5),
    default=0.01,
    show_default=True,
    help="Chance of an alarm, for whatever column, when nothing has changed.",
)
@json_option
def drift(
    model: str | None, reference: str, current: str, ignore: tuple[str, ...], false_alarms: float, as_json: bool
) -> int:
    """Compare two files, column by column. Exit code 1: something has drifted.

    No spec is needed. With MODEL only the features of its contract are compared, without those that its spec ignores.
    Rows of the reference must stand in the order in which they came: how its parts differ from one another is what
    is usual.

    \b
    Example:
      perennial drift --reference last_month.parquet --current today.parquet
    """
    from deployments import monitoring_answers

    options = monitoring_answers.Options(ignore, false_alarms)
    answer = monitoring_answers.drift(model, (reference, current), options)
    tell(answer, as_json)
    return REFUSED if answer.facts["drifted"] else 0


@command
@model_argument
@as_of_option
@json_option
@click.option("--quiet", "-q", is_flag=True, help="No progress lines.")
def watch(model: str, as_of: str | None, as_json: bool, quiet: bool) -> int:
    """Compare what MODEL's champion sees now with what it learned from, and say what to do.

    Fix the data, retrain, wait, watch, or nothing. A training that the policy asks for becomes a request in the ledger.
    Exit code 1: the data are to be fixed, or the model to be trained.

    \b
    Example:
      perennial watch flight_delay --as-of 2013-07-15
    """
    from deployments import monitoring_answers
    from deployments.progress import report_progress

    if not quiet:
        report_progress()
    answer = monitoring_answers.watch(model, as_of)
    tell(answer, as_json)
    return REFUSED if answer.facts["diagnosis"]["action"] in ("fix_the_data", "retrain") else 0


@command
@model_argument
@json_option
def calibrate(model: str, as_json: bool) -> None:
    """Learn again what is usual for MODEL's champion, and show the thresholds that follow.

    They are set so that a history in which nothing changes raises as many alarms a year as drift.alarms_per_year says.
    A check does this by itself when a version becomes champion.

    \b
    Example:
      perennial calibrate flight_delay
    """
    from deployments import monitoring_answers

    tell(monitoring_answers.calibrate(model), as_json)
