"""``perennial costs``."""

import click

from deployments.command import command, json_option, tell


@command
@click.argument("model", required=False)
@click.option("--since", metavar="TIME", help="Only trainings that ended then or later, such as 2026-11-01.")
@json_option
def costs(model: str | None, since: str | None, as_json: bool) -> None:
    """Show what trainings cost, by month: time, CPU, memory, and energy, GPU and money where they are known.

    Of MODEL, or of all. Money is the time at PERENNIAL_PRICE, what the machine costs for an hour. Energy and the GPU's
    time are those of the whole machine. A training that was killed is not among them.

    \b
    Example:
      perennial costs flight_delay --since 2026-11-01
    """
    from deployments import cost_answers

    tell(cost_answers.told(model, since), as_json)
