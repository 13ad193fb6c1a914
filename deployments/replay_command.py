"""``perennial replay``: which retraining policy pays."""

import click

from deployments.command import REFUSED, command, json_option, model_argument, tell


@command
@model_argument
@click.option("--from", "start", metavar="TIME", help="When the first model is trained. Default: as soon as it can be.")
@click.option("--to", "end", metavar="TIME", help="The end of the replay. Default: now.")
@click.option("--every", metavar="LENGTH", help="Time between two decisions, such as 7d. Default: drift.window.")
@click.option(
    "--policies",
    metavar="NAMES",
    help="Such as never,weekly,on_drift. Also biweekly, monthly, quarterly, every:10d, on_performance, on_gain, "
    "always, and live, the spec's own. Default: all but the last.",
)
@click.option(
    "--costs", metavar="PRICES", help="Such as training=5,review=20,promotion=0,loss=0.01. Default: the spec's."
)
@click.option("--loss", metavar="METRIC", help="What losses are counted in. Default: gate.metric, if it adds up.")
@click.option(
    "--approval-delay",
    metavar="LENGTH",
    help="From a verdict to the promotion, such as 2d. Default: what people here took, by the ledger.",
)
@click.option("--fast", is_flag=True, help="Smaller models, and how far they say the same as the spec's own.")
@click.option("--page", metavar="FILE", help="Write the page there, too.")
@click.option("--live", is_flag=True, help="Do again what the live loop did, and compare decision by decision.")
@click.option("--apply", "apply", is_flag=True, help="Write the recommended policy into the spec.")
@json_option
@click.option("--quiet", "-q", is_flag=True, help="No progress lines.")
def replay(
    model: str,
    start: str | None,
    end: str | None,
    every: str | None,
    policies: str | None,
    costs: str | None,
    loss: str | None,
    approval_delay: str | None,
    fast: bool,
    page: str | None,
    live: bool,
    apply: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Live through the history of MODEL again, once for each policy: had it been retrained so, what then?

    The same functions decide as in the live loop, and none of them knows a row or label that was not there on its day.
    What policies share is done once, and what was done is kept: a replay that is stopped goes on where it was. The live
    loop's ledger, registry and log are neither read nor changed.

    With --live the ledger's own past is done again: scorings, checks and trainings as of the same moments, and the same
    people's decisions. Exit code 1: something else came out, and nothing that changed since explains it.

    \b
    Example:
      perennial replay flight_delay --to 2014-01-01 --policies never,weekly,on_drift,always
      perennial replay flight_delay --live
    """
    from deployments import replay_answers
    from deployments.progress import report_progress

    if not quiet:
        report_progress()
    if live:
        audited = replay_answers.live(model)
        tell(audited, as_json)
        return REFUSED if audited.facts["unexplained"] else 0
    asked = replay_answers.read_asked(
        start=start,
        end=end,
        every=every,
        policies=policies,
        costs=costs,
        loss=loss,
        approval_delay=approval_delay,
        fast=fast,
    )
    tell(replay_answers.replay(model, asked, page=page, apply=apply), as_json)
    return 0
