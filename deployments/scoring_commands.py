"""``perennial score``."""

from pathlib import Path

import click

from deployments.command import as_of_option, command, json_option, model_argument, tell


@command
@model_argument
@click.option("--from", "start", metavar="TIME", help="Score rows from then on. Default: where the last scoring ended.")
@click.option("--to", "end", metavar="TIME", help="Score rows before then. Default: --as-of.")
@as_of_option
@click.option("--input", "source", metavar="FILE", type=click.Path(path_type=Path), help="Score this file instead.")
@click.option("--output", "target", metavar="FILE", type=click.Path(path_type=Path), help="Where to write it.")
@json_option
@click.option("--quiet", "-q", is_flag=True, help="No progress lines.")
def score(
    model: str,
    start: str | None,
    end: str | None,
    as_of: str | None,
    source: Path | None,
    target: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Have the champion of MODEL score rows: those of a window to its predictions log, or those of a file.

    Each row of a window is scored once: the same window again changes nothing. Rows that break the contract are not
    scored, and counted. A file, CSV or Parquet, needs no labels; the one that is written has key, event time and
    prediction, and the log is not touched.

    \b
    Example:
      perennial score flight_delay --from 2013-06-01 --to 2013-07-01 --as-of 2013-07-01
      perennial score flight_delay --input tomorrow.csv --output tomorrow_scored.csv
    """
    from deployments import scoring_answers
    from deployments.progress import report_progress

    if source or target:
        tell(scoring_answers.score_file(model, source, target, not_with=(start, end, as_of)), as_json)
        return
    if not quiet:
        report_progress()
    tell(scoring_answers.score_window(model, start, end, as_of), as_json)
