"""By which light a camera sees: from its position and the time.  Pure.

The sun's place after NOAA's Solar Calculator (gml.noaa.gov/grad/solcalc, "Solar Calculation
Details"), which follows J. Meeus, Astronomical Algorithms: within 0.01° of arc for the years
1901–2099, refraction apart, which is left out here: it lifts a sun at the horizon by 0.5°.
"""

from datetime import UTC, datetime
from enum import StrEnum
from math import asin, atan2, cos, degrees, radians, sin

DAY_FROM_DEG = 6.0
"""Below it shadows are long and lenses flare; pictures change by the minute."""
NIGHT_BELOW_DEG = -6.0
"""The end of civil twilight, when street lamps burn and cameras have gone over to infra-red."""
J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)


class Light(StrEnum):
    """Each has a baseline of its own."""

    DAY = "day"
    TWILIGHT = "twilight"
    NIGHT = "night"


def light_at(lat: float, lon: float, when: datetime) -> Light:
    """The light at a place (EPSG:4326, degrees).  `when` is aware."""
    altitude_deg = sun_altitude_deg(lat, lon, when)
    if altitude_deg >= DAY_FROM_DEG:
        return Light.DAY
    return Light.NIGHT if altitude_deg < NIGHT_BELOW_DEG else Light.TWILIGHT


def sun_altitude_deg(lat: float, lon: float, when: datetime) -> float:
    """How high the middle of the sun's disc stands over the horizon, without refraction.

    Raises ValueError for a time without a zone.
    """
    if when.tzinfo is None:
        raise ValueError("the time needs its zone")
    days = (when - J2000).total_seconds() / 86400
    right_ascension, declination = sun_at(days)
    # Greenwich mean sidereal time: Meeus (12.4), without the terms that matter after centuries.
    sidereal = radians((280.46061837 + 360.98564736629 * days + lon) % 360)
    hour_angle = sidereal - right_ascension
    height = sin(radians(lat)) * sin(declination) + cos(radians(lat)) * cos(declination) * cos(
        hour_angle
    )
    return degrees(asin(max(-1.0, min(1.0, height))))


def sun_at(days: float) -> tuple[float, float]:
    """Right ascension and declination, in radians, so many days after J2000."""
    century = days / 36525
    anomaly = radians(357.52911 + 35999.05029 * century)
    centre = (
        (1.914602 - 0.004817 * century) * sin(anomaly)
        + 0.019993 * sin(2 * anomaly)
        + 0.000289 * sin(3 * anomaly)
    )
    node = radians(125.04 - 1934.136 * century)
    longitude = radians(280.46646 + 36000.76983 * century + centre - 0.00569 - 0.00478 * sin(node))
    tilt = radians(23.439291 - 0.0130042 * century + 0.00256 * cos(node))
    return atan2(cos(tilt) * sin(longitude), cos(longitude)), asin(sin(tilt) * sin(longitude))
