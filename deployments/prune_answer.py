"""What ``perennial prune`` answers: what may be deleted, or was."""

from deployments.answers import Answer, short
from tasks.release.ledger.book import Ledger
from tasks.release.ledger.leases import at_work
from tasks.settings import load_settings
from tasks.spec import load_spec


def prune(model: str, *, delete: bool) -> Answer:
    """Say what may be deleted, and delete it if told to."""
    from tasks.monitoring import pruning

    settings = load_settings()
    spec, ledger = load_spec(model, settings.specs), Ledger(settings.ledger)
    waste = pruning.prune(spec, settings, ledger) if delete else pruning.find_waste(spec, settings, ledger)
    freed = sum(one.bytes for one in waste)
    done = "deleted" if delete else "could be deleted, with --delete"
    lines = [f"{one.bytes / 1e6:8.1f} MB  {short(str(one.path))}" for one in waste]
    lines += [
        f"a {purpose} is going on, by {held.holder}: what it writes is among this, and nothing is deleted meanwhile"
        for purpose, held in at_work(ledger, model).items()
    ]
    facts = {"model": model, "deleted": delete, "bytes": freed, "paths": [str(one.path) for one in waste]}
    return Answer(facts, (*lines, f"{freed / 1e6:8.1f} MB  {done}; what the ledger names is kept"))
