"""What a person can do about a leak, in the words of spec and contract."""


def if_known_afterwards(column: str) -> str:
    """Return how to keep away a column that the outcome may have filled."""
    return (
        f'if it is filled in or changed after the event, give it role "outcome" in the contract, '
        f'or leave it out: features.exclude = ["{column}"]'
    )


def naming_rows(column: str) -> str:
    """Return how to keep away a column that names a row instead of describing it."""
    return f'give it role "identifier" in the contract, or leave it out: features.exclude = ["{column}"]'


def percent(share: float) -> str:
    """Return a share for people, with no more said than is known: 100 % only when it is all of it.

    >>> percent(0.98231), percent(0.99996), percent(1.0)
    ('98.2 %', '99.9 %', '100 %')
    """
    return "100 %" if share >= 1 else f"{min(share, 0.999):.1%}".replace("%", " %")


def rows(count: int) -> str:
    """Return a number of rows in words."""
    return f"{count:,} row" if count == 1 else f"{count:,} rows"
