"""What the machine costs: without it, a run has a length and no price."""

import re
from dataclasses import dataclass

from tasks.errors import SettingsError

PRICE = "PERENNIAL_PRICE"


@dataclass(frozen=True)
class Price:
    """What the machine costs for an hour."""

    per_hour: float
    currency: str


def read_price(text: str | None) -> Price | None:
    """Return the price that ``text`` says, such as 0.35 EUR; None: nobody says."""
    if not text:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ([A-Z]{3})", text)
    if found is None or float(found[1]) == 0:
        raise SettingsError(f'{PRICE}: found {text!r}; allowed: what the machine costs for an hour, such as "0.35 EUR"')
    return Price(float(found[1]), found[2])
