"""Where the sun stands, and what a camera sees by."""

from datetime import UTC, datetime
from math import degrees

import pytest

from cameras.picture.light import J2000, Light, light_at, sun_altitude_deg, sun_at

TAIYUAN = (37.87, 112.56)


@pytest.mark.parametrize(
    ("lat", "lon", "when", "altitude_deg"),
    [
        # Reda and Andreas, "Solar Position Algorithm", NREL/TP-560-34302, table A5.1: without
        # refraction 39.872°.
        pytest.param(
            39.742476,
            -105.1786,
            datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC),
            39.872,
            id="NREL's example",
        ),
        # At its zenith over the tropic: the June solstice of 2024 was on 20 June, 20:51 UTC (USNO,
        # "Earth's Seasons"), with a declination of 23.44°; the equation of time was -1.9 min.
        pytest.param(23.44, -132.3, datetime(2024, 6, 20, 20, 51, tzinfo=UTC), 90.0, id="overhead"),
        # The equinox of 20 March 2024, 03:06 UTC (USNO): declination 0, so the pole has it on the
        # horizon whatever the hour.
        pytest.param(90.0, 0.0, datetime(2024, 3, 20, 3, 6, tzinfo=UTC), 0.0, id="at the pole"),
        pytest.param(-90.0, 77.0, datetime(2024, 3, 20, 3, 6, tzinfo=UTC), 0.0, id="at the other"),
    ],
)
def test_the_suns_altitude_is_within_half_a_degree_of_published_values(
    lat: float, lon: float, when: datetime, altitude_deg: float
) -> None:
    assert sun_altitude_deg(lat, lon, when) == pytest.approx(altitude_deg, abs=0.5)


def test_the_sun_stands_where_meeus_says() -> None:
    # Astronomical Algorithms, example 25.a: 1992 October 13, 0h TD: 198.38083°, -7.78507°.
    days = (datetime(1992, 10, 13, tzinfo=UTC) - J2000).total_seconds() / 86400

    right_ascension, declination = sun_at(days)

    assert degrees(right_ascension) % 360 == pytest.approx(198.38083, abs=0.01)
    assert degrees(declination) == pytest.approx(-7.78507, abs=0.01)


@pytest.mark.parametrize(
    ("when", "light"),
    [
        # Taiyuan at the equinox: noon at 12:37 by Beijing time, sunrise and sunset six hours away.
        pytest.param(datetime(2026, 3, 20, 4, 37, tzinfo=UTC), Light.DAY, id="noon"),
        pytest.param(datetime(2026, 3, 20, 10, 37, tzinfo=UTC), Light.TWILIGHT, id="sunset"),
        pytest.param(datetime(2026, 3, 20, 22, 37, tzinfo=UTC), Light.TWILIGHT, id="sunrise"),
        pytest.param(datetime(2026, 3, 20, 11, 37, tzinfo=UTC), Light.NIGHT, id="an hour later"),
        pytest.param(datetime(2026, 3, 20, 16, 37, tzinfo=UTC), Light.NIGHT, id="midnight"),
    ],
)
def test_a_camera_sees_by_the_light_of_the_hour(when: datetime, light: Light) -> None:
    assert light_at(*TAIYUAN, when) is light


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        sun_altitude_deg(*TAIYUAN, datetime(2026, 3, 20, 12))  # noqa: DTZ001 - what is refused
