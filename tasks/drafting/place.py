"""Where the rows are, as a spec says it: a path from the project on, or a database; and how its files are written."""

from pathlib import Path

from tasks.data.files import find_files
from tasks.drafting.form import find_form
from tasks.drafting.plan import Place
from tasks.drafting.wishes import Wishes
from tasks.errors import SourceError
from tasks.settings import Settings
from tasks.spec import is_database


def find_place(wishes: Wishes, settings: Settings) -> Place:
    """Return the place that ``wishes`` name; a path is taken from the working folder."""
    if is_database(wishes.uri):
        if (wishes.table is None) == (wishes.query is None):
            raise SourceError(f"{wishes.uri}: a database; say which rows by either --table or --query")
        return Place(wishes.uri, wishes.table, wishes.query)
    if wishes.uri.startswith("demo:"):
        return Place(wishes.uri)
    if "://" in wishes.uri:
        raise SourceError(f"{wishes.uri}: allowed are a path, a folder, a glob, or the URL of a database")
    path = Path.cwd() / Path(wishes.uri).expanduser()
    files = find_files(path)
    if not files:
        raise SourceError(
            f"{wishes.uri}: nothing to read there; allowed: a file, folder or glob of .csv, .csv.gz or .parquet"
        )
    inside = path.is_relative_to(settings.project)
    uri = path.relative_to(settings.project).as_posix() if inside else path.as_posix()
    if files[0].suffix.lower() == ".parquet":
        return Place(uri)
    return Place(uri, form=find_form(files[0]))
