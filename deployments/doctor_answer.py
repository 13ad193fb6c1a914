"""What ``perennial doctor`` answers: what is wrong between ledger, registry and files, and what was mended."""

from collections.abc import Iterator

from deployments.answers import Answer
from tasks.release.doctor import Finding, examine_all, examine_ledger
from tasks.settings import load_settings

_SIGNS = {"well": "ok     ", "mended": "mended ", "ill": "ILL    "}


def examine(*, ledger_only: bool) -> Answer:
    """Look at everything, or at the ledger alone, and mend what can be mended."""
    settings = load_settings()
    found = list(examine_ledger(settings) if ledger_only else examine_all(settings))
    facts = {
        "well": all(finding.state != "ill" for finding in found),
        "findings": [vars(finding) for finding in found],
    }
    return Answer(facts, tuple(_lines(found)))


def _lines(found: list[Finding]) -> Iterator[str]:
    for finding in found:
        yield f"{_SIGNS[finding.state]} {finding.what}"
