"""What the name of a column says: its unit, that it names rows, that it is about people, that it is a time."""

import keyword
import re
import unicodedata

_UNITS = {
    "km": "kilometres", "kms": "kilometres", "miles": "miles", "mi": "miles", "meters": "metres", "metres": "metres",
    "cm": "centimetres", "mm": "millimetres", "ft": "feet", "feet": "feet", "inches": "inches",
    "kg": "kilograms", "lb": "pounds", "lbs": "pounds", "grams": "grams", "oz": "ounces",
    "celsius": "°C", "fahrenheit": "°F", "kelvin": "kelvin", "degc": "°C", "degf": "°F",
    "kmh": "kilometres an hour", "kph": "kilometres an hour", "mph": "miles an hour",
    "sec": "seconds", "secs": "seconds", "seconds": "seconds", "ms": "milliseconds", "minutes": "minutes",
    "mins": "minutes", "hours": "hours", "hrs": "hours", "days": "days", "years": "years",
    "usd": "US dollars", "eur": "euros", "gbp": "pounds sterling", "pct": "percent", "percent": "percent",
    "hpa": "hectopascals", "mbar": "millibars", "kwh": "kilowatt hours", "litres": "litres", "liters": "litres",
}  # fmt: skip
_ID = {
    "id",
    "ids",
    "uuid",
    "guid",
    "key",
    "index",
    "idx",
    "no",
    "nr",
    "num",
    "number",
    "code",
    "serial",
    "instant",
    "row",
}
_THINGS = {"id", "uuid", "code", "nr"}
_PLACES = {"zip", "zipcode", "postcode"}
_NAMING_PEOPLE = {
    "email", "mail", "phone", "mobile", "telephone", "ssn", "iban", "passport", "firstname", "lastname", "surname",
    "fullname", "address", "street", "ip",
}  # fmt: skip
_SENSITIVE = {
    "sex", "gender", "race", "ethnicity", "ethnic", "religion", "nationality", "disability", "disabled", "marital",
    "pregnant", "orientation", "age",
}  # fmt: skip
_PIECES = {
    "date": {"date", "day_date", "dteday", "dt"},
    "year": {"year", "yr", "yyyy", "jahr", "annee"},
    "month": {"month", "mon", "mnth", "mm", "monat", "mois"},
    "day": {"day", "dd", "mday", "dayofmonth", "day_of_month", "tag", "jour"},
    "hour": {"hour", "hr", "hours", "hh", "stunde", "heure"},
    "minute": {"minute", "min", "mi", "mins"},
    "second": {"second", "sec", "ss"},
}
_WHEN = {
    "time", "timestamp", "datetime", "date", "when", "at", "ts", "created", "ordered", "started", "start", "pickup",
    "day", "event", "epoch", "datum", "zeit", "opened",
}  # fmt: skip
_AFTERWARDS = {
    "birth", "birthday", "dob", "born", "end", "ended", "due", "expiry", "expires", "updated", "modified", "closed",
    "paid", "delivered", "arrival", "arrived", "returned", "shipped", "dropoff", "finished", "resolved",
}  # fmt: skip


def words(name: str) -> list[str]:
    """Return the words of a name, in lower case.

    >>> words("tripDistance_km"), words("petal length (cm)")
    (['trip', 'distance', 'km'], ['petal', 'length', 'cm'])
    """
    parted = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    return [word for word in re.split(r"[^0-9a-zà-ÿ]+", parted.lower()) if word]


def unit(name: str) -> str | None:
    """Return the unit that a name ends in."""
    last = words(name)[-1:]
    return _UNITS.get(last[0]) if last else None


def names_rows(name: str) -> bool:
    """Say whether a name is one of what tells rows apart."""
    found = words(name)
    return bool(found) and (
        found[-1] in _ID or found[0] in ("id", "uuid", "index") or (found[-1].endswith("id") and len(found[-1]) < 8)
    )


def names_things(name: str) -> bool:
    """Say whether a name is that of a thing's id or code: more is needed for whole numbers than for words.

    >>> names_things("merchant_id"), names_things("zip"), names_things("number"), names_things("paid")
    (True, True, False, False)
    """
    found = words(name)
    return bool(found) and (found[-1] in _PLACES or (len(found) > 1 and found[-1] in _THINGS))


def names_people(name: str) -> bool:
    """Say whether a column tells who somebody is."""
    return bool(set(words(name)) & _NAMING_PEOPLE)


def is_sensitive(name: str) -> bool:
    """Say whether a column is about what nobody should be judged by."""
    return bool(set(words(name)) & _SENSITIVE)


def piece(name: str) -> str | None:
    """Return which piece of a time a name stands for."""
    plain = "_".join(words(name))
    return next((found for found, known in _PIECES.items() if plain in known), None)


def when(name: str) -> int:
    """Return how much a name sounds like the time of the event: the more, the better; below 0: of something else."""
    found = set(words(name))
    return len(found & _WHEN) - 2 * len(found & _AFTERWARDS)


def identifier(name: str, taken: set[str]) -> str:
    """Return a name that Python takes, and that is none of ``taken``.

    >>> identifier("sepal length (cm)", set()), identifier("2nd class", set()), identifier("größe", {"grosse"})
    ('sepal_length_cm', 'column_2nd_class', 'grosse_2')
    """
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode()
    plain = re.sub(r"\W+", "_", plain).strip("_").lower() or "column"
    plain = f"column_{plain}" if plain[0].isdigit() else plain
    plain = f"{plain}_" if keyword.iskeyword(plain) else plain
    free, count = plain, 2
    while free in taken:
        free, count = f"{plain}_{count}", count + 1
    return free
