"""``perennial init``."""

from typing import Literal, cast

import click

from deployments.command import as_of_option, command, json_option, tell


@command
@click.argument("source")
@click.option("--target", required=True, metavar="COLUMN", help="What is to be predicted.")
@click.option(
    "--time", metavar="COLUMN", help="When a row was. Default: found; else the order of the rows stands for it."
)
@click.option(
    "--key", multiple=True, metavar="COLUMN", help="Names a row; several together. Default: found, or its number."
)
@click.option("--task", type=click.Choice(["binary", "multiclass", "regression"]), help="Default: from the target.")
@click.option("--name", metavar="NAME", help="Of the model. Default: that of the file.")
@click.option("--owner", default="me", show_default=True, help="Who answers for it.")
@click.option("--table", metavar="TABLE", help="For a database: the table to read.")
@click.option("--query", metavar="SELECT", help="For a database: the SELECT to read from.")
@as_of_option
@click.option("--yes", "-y", is_flag=True, help="Ask nothing, take every default.")
@json_option
def init(
    source: str,
    target: str,
    time: str | None,
    key: tuple[str, ...],
    task: str | None,
    name: str | None,
    owner: str,
    table: str | None,
    query: str | None,
    as_of: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Draft a model from SOURCE: a CSV or Parquet file, a folder, a glob, or a database's URL.

    It looks at the data and writes deployments/NAME.toml, data_contracts/NAME.py and a report, with the reason of each
    choice; then says the next command. What the data cannot settle is asked, on a terminal; else a default is taken.
    Columns that give the target away are kept out. Nothing that exists is written over.

    \b
    Example:
      perennial init trips.csv --target fare
    """
    from deployments import init_answer
    from tasks.drafting.wishes import Wishes, model_name

    wishes = Wishes(
        uri=source,
        target=target,
        model=model_name(name, source),
        table=table,
        query=query,
        time=time,
        key=key,
        task=cast('Literal["binary", "multiclass", "regression"] | None', task),
        owner=owner,
    )
    tell(init_answer.init(wishes, as_of, quietly=yes or as_json), as_json)
