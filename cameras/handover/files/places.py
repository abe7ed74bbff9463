"""The list on a map: GeoJSON for programs, KML for map programs of people."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from xml.sax.saxutils import escape

from cameras.handover.files.columns import COLUMNS, DECIMALS, as_text, row
from cameras.handover.files.heading import Heading
from cameras.handover.line import Line, LineCamera
from cameras.handover.wording import labelled
from gis_server.plain_text import one_line, printable
from gis_server.xlsx_export import Value


def geojson(lines: Sequence[Line], heading: Heading, now: datetime) -> bytes:
    """RFC 7946: WGS84, longitude first; one feature a line, of as many points as it has cameras."""
    collection = {
        "type": "FeatureCollection",
        "name": heading.title,
        "made_at": now.isoformat(),
        "features": [feature(line, now) for line in lines],
    }
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def feature(line: Line, now: datetime) -> dict[str, Any]:
    values = zip((column.key for column in COLUMNS), row(line, now), strict=True)
    properties = {key: _plain(value) for key, value in values}
    return {
        "type": "Feature",
        "id": line.key,
        "geometry": geometry(line.cameras),
        "properties": properties
        | {
            "state_value": line.state.value,
            "reason_value": line.reason,
            "members": [_member(camera) for camera in line.cameras],
        },
    }


def geometry(cameras: Sequence[LineCamera]) -> dict[str, Any]:
    points = [[round(one.lon, DECIMALS), round(one.lat, DECIMALS)] for one in cameras]
    if len(points) == 1:
        return {"type": "Point", "coordinates": points[0]}
    return {"type": "MultiPoint", "coordinates": points}


def _member(camera: LineCamera) -> dict[str, Any]:
    return {
        "code": printable(camera.code),
        "name": one_line(camera.name),
        "state": camera.state.value,
        "reason": camera.reason,
        "since": camera.since.isoformat() if camera.since else None,
        "lon": round(camera.lon, DECIMALS),
        "lat": round(camera.lat, DECIMALS),
    }


def _plain(value: Value) -> str | float | int | None:
    """As JSON: times in ISO 8601, lengths in seconds."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return int(value.total_seconds())
    return printable(value) if isinstance(value, str) else value  # type: ignore[return-value]


def kml(lines: Sequence[Line], heading: Heading, now: datetime) -> bytes:
    """OGC KML 2.2, one placemark a line; texts are escaped and hold no markup of ours."""
    marks = "".join(_placemark(line, now) for line in lines)
    captions = "\n".join(heading.captions)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<name>{_text(heading.title)}</name><description>{_text(captions)}</description>"
        f"{marks}</Document></kml>\n"
    )
    return text.encode()


def _placemark(line: Line, now: datetime) -> str:
    values = row(line, now)
    about = [
        labelled(column.head, as_text(value))
        for column, value in zip(COLUMNS, values, strict=True)
        if as_text(value)
    ]
    points = "".join(
        f"<Point><coordinates>{one.lon:.{DECIMALS}f},{one.lat:.{DECIMALS}f}</coordinates></Point>"
        for one in line.cameras
    )
    shape = points if len(line.cameras) == 1 else f"<MultiGeometry>{points}</MultiGeometry>"
    # Map programs show a description as HTML: what is escaped for XML once is markup again there.
    description = escape(printable("\n".join(about)))
    return (
        f"<Placemark><name>{_text(as_text(values[0]))}</name>"
        f"<description>{_text(description)}</description>{shape}</Placemark>"
    )


def _text(text: str) -> str:
    return escape(printable(text))
