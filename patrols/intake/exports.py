"""One's own fixes as files: all that is kept of each, doubted or not.  Pure.

GPX 1.1 (https://www.topografix.com/GPX/1/1/), CSV, GeoJSON (RFC 7946); what GPX has no element for
is left out there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from xml.sax.saxutils import escape

from gis_server import csv_export, geojson_export

AT_ONCE = 1_000
KINDS = {
    "gpx": "application/gpx+xml",
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One fix; None: the phone said nothing."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None
    speed_ms: float | None
    bearing: float | None
    battery: int | None
    is_mock: bool
    received_at: datetime
    flags: tuple[str, ...]


HEAD = (
    "time", "lon", "lat", "accuracy_m", "speed_ms", "bearing", "battery_percent", "mock",
    "received", "flags",
)  # fmt: skip


def csv(rows: Iterable[Row]) -> Iterator[bytes]:
    return csv_export.encoded(_lines(rows))


def _lines(rows: Iterable[Row]) -> Iterator[tuple[object, ...]]:
    yield HEAD
    for one in rows:
        told = (one.accuracy_m, one.speed_ms, one.bearing, one.battery)
        yield (
            one.at.isoformat(), one.lon, one.lat,
            *("" if value is None else value for value in told), int(one.is_mock),
            one.received_at.isoformat(), " ".join(one.flags),
        )  # fmt: skip


def gpx(rows: Iterable[Row], name: str) -> Iterator[bytes]:
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<gpx version="1.1" creator="gis-server" xmlns="http://www.topografix.com/GPX/1/1">\n'
        f"<trk><name>{escape(name)}</name><trkseg>\n"
    ).encode()
    yield from _pieces(_point(one) for one in rows)
    yield b"</trkseg></trk></gpx>\n"


def _point(one: Row) -> str:
    flags = f"<cmt>{escape(' '.join(one.flags))}</cmt>" if one.flags else ""
    at = one.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return f'<trkpt lat="{one.lat}" lon="{one.lon}"><time>{at}</time>{flags}</trkpt>\n'


def geojson(rows: Iterable[Row]) -> Iterator[bytes]:
    return geojson_export.encoded(_feature(one) for one in rows)


def _feature(one: Row) -> dict[str, object]:
    told = {
        "time": one.at.isoformat(), "accuracy_m": one.accuracy_m, "speed_ms": one.speed_ms,
        "bearing": one.bearing, "battery_percent": one.battery, "mock": one.is_mock,
        "received": one.received_at.isoformat(), "flags": list(one.flags),
    }  # fmt: skip
    point = {"type": "Point", "coordinates": [one.lon, one.lat]}
    return geojson_export.feature(point, told)


def _pieces(texts: Iterable[str]) -> Iterator[bytes]:
    remaining = iter(texts)
    while part := list(islice(remaining, AT_ONCE)):
        yield "".join(part).encode()
