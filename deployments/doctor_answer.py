"""What ``perennial doctor`` answers: what is wrong between ledger, registry and files, and what was mended."""

from collections.abc import Iterator

from deployments.answers import Answer
from tasks.release.doctor import Finding, examine_ledger, examine_models
from tasks.settings import Settings, load_settings

_SIGNS = {"well": "ok     ", "mended": "mended ", "ill": "ILL    "}


def examine(*, ledger_only: bool) -> Answer:
    """Look at everything, or at the ledger alone, and mend what can be mended."""
    found = list(_findings(load_settings(), ledger_only=ledger_only))
    facts = {
        "well": all(finding.state != "ill" for finding in found),
        "findings": [vars(finding) for finding in found],
    }
    return Answer(facts, tuple(_lines(found)))


def _findings(settings: Settings, *, ledger_only: bool) -> Iterator[Finding]:
    """Yield what is found; on the word of a ledger that was changed, nothing else is looked at or mended."""
    ledger = examine_ledger(settings)
    yield ledger
    if ledger_only or ledger.state == "ill":
        return
    from tasks.monitoring.examination import examine_watched

    yield from examine_models(settings)
    yield from examine_watched(settings)


def _lines(found: list[Finding]) -> Iterator[str]:
    for finding in found:
        yield f"{_SIGNS[finding.state]} {finding.what}"
