"""What `perennial reproduce` answers."""

from collections.abc import Iterator

from deployments.answers import Answer, fact
from tasks.plain import write
from tasks.release import reproduction
from tasks.release.ledger.book import Ledger
from tasks.release.reproduction import Reproduction
from tasks.settings import load_settings
from tasks.spec import load_spec


def reproduce(model: str, version: int) -> Answer:
    """Make a version again, and return how it compares with the registered one."""
    settings = load_settings()
    load_spec(model, settings.specs)
    there = settings.ledger_url is not None or (settings.home / "ledger.db").exists()
    entries = Ledger(settings.ledger).entries(model) if there else []
    found = reproduction.reproduce(entries, model, version, settings)
    return Answer({**write(found), "same": found.same}, tuple(_lines(found)))


def _lines(found: Reproduction) -> Iterator[str]:
    if found.same:
        yield f"{found.model}, version {found.version}: made again, bit for bit"
        yield fact("model digest", found.digest)
        return
    yield f"{found.model}, version {found.version}: made again, and not the same"
    yield fact("registered", found.expected)
    yield fact("made again", found.digest)
    yield fact("differing", ", ".join(found.differing))
    yield fact("predictions", f"differ by up to {found.worst:g} on the sample beside the registered one")
    for change in found.changed:
        yield fact("since then", change)
    if not found.changed:
        yield fact("since then", "no library, Python or processor has changed, as far as the record says")
