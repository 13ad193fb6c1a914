"""What `perennial costs` answers."""

from collections.abc import Iterator, Sequence

from deployments.answers import Answer
from deployments.entry_lines import duration
from tasks.data.window import read_time
from tasks.plain import write
from tasks.release.costs import Costs, costs
from tasks.release.ledger.book import Ledger
from tasks.settings import load_settings
from tasks.spec import load_spec

_HEAD = ("month", "model", "trainings", "broken", "time", "CPU", "peak GB", "GPU", "Wh", "money")


def told(model: str | None, since: str | None) -> Answer:
    """Return what the trainings of ``model``, or of all models, came to by month."""
    settings = load_settings()
    if model:
        load_spec(model, settings.specs)
    there = settings.ledger_url is not None or (settings.home / "ledger.db").exists()
    entries = Ledger(settings.ledger).entries(model) if there else []
    found = costs(entries, since=read_time(since, "since") if since else None)
    return Answer({"costs": write(found)}, tuple(_lines(found)))


def _lines(found: Sequence[Costs]) -> Iterator[str]:
    if not found:
        yield "no training has come to its end here"
        return
    rows = [_HEAD, *(_row(one) for one in found)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_HEAD))]
    for row in rows:
        names = (text.ljust(width) for text, width in zip(row[:2], widths[:2], strict=True))
        numbers = (text.rjust(width) for text, width in zip(row[2:], widths[2:], strict=True))
        yield "  ".join((*names, *numbers))
    if not any(one.money for one in found):
        yield 'money: set PERENNIAL_PRICE to what the machine costs for an hour, such as "0.35 EUR"'


def _row(one: Costs) -> tuple[str, ...]:
    return (
        one.month,
        one.model,
        str(one.trainings),
        str(one.broken),
        duration(one.wall_seconds),
        duration(one.cpu_seconds),
        f"{one.peak_bytes / 1e9:.2f}",
        "-" if one.gpu_seconds is None else duration(one.gpu_seconds),
        "-" if one.joules is None else f"{one.joules / 3600:.1f}",
        ", ".join(f"{amount:.2f} {currency}" for currency, amount in one.money) or "-",
    )
