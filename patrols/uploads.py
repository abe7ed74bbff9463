"""Tracks that somebody uploads: GPX 1.0 and 1.1, and GeoJSON.  Pure.

Nothing that a file links to is looked at.

Only points with a time count, for without one nobody knows in which duty they lie.  GeoJSON has no
times of its own; read are points with `time` or `timestamp` among their properties, and lines with
`coordTimes` (or `times`) as the usual converters from GPX write them.
https://www.topografix.com/GPX/1/1/ , RFC 7946
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import Enum, auto
from typing import Any
from xml.parsers import expat

import numpy as np

from patrols.osmand import BadFix, degrees_of, seconds_of
from patrols.track import Floats

MOST_POINTS = 1_000_000
MOST_BYTES = 256 * 1024 * 1024
MOST_JSON_BYTES = 64 * 1024 * 1024
"""JSON is held whole while it is read."""
DEEPEST = 40
LONGEST_TEXT = 200
POINTS = ("trkpt", "rtept", "wpt")


class Trouble(Enum):
    """Why a file cannot be read, as a closed list."""

    TOO_MANY_POINTS = auto()
    TOO_LARGE = auto()
    NO_XML = auto()
    TORN_XML = auto()
    DOCUMENT_TYPE = auto()
    NO_GPX = auto()
    TOO_DEEP = auto()
    NO_JSON = auto()
    TORN_JSON = auto()
    NO_GEOJSON = auto()
    NO_TIMED_POINT = auto()


class BadFile(ValueError):
    """It cannot be read; number: how many are too many, or the line where it is torn."""

    def __init__(self, trouble: Trouble, number: int = 0) -> None:
        super().__init__(trouble.name, number)
        self.trouble, self.number = trouble, number


def too_large(most_bytes: int) -> BadFile:
    return BadFile(Trouble.TOO_LARGE, most_bytes // 2**20)


@dataclass
class Points:
    """What a file holds, in its order.  t: seconds since 1970.  lon, lat: degrees, WGS84.

    without_time, unreadable: so many points were left out.
    """

    t: "array[float]" = field(default_factory=lambda: array("d"))
    lon: "array[float]" = field(default_factory=lambda: array("d"))
    lat: "array[float]" = field(default_factory=lambda: array("d"))
    without_time: int = 0
    unreadable: int = 0

    def add(self, lat: Any, lon: Any, time: Any, zone: tzinfo) -> None:
        """One point as the file tells it.

        Raises:
            BadFile: there are too many.
        """
        if time is None or time == "":
            self.without_time += 1
        else:
            self._add(lat, lon, time, zone)
        if len(self.t) + self.without_time + self.unreadable > MOST_POINTS:
            raise BadFile(Trouble.TOO_MANY_POINTS, MOST_POINTS)

    def _add(self, lat: Any, lon: Any, time: Any, zone: tzinfo) -> None:
        try:
            y, x = degrees_of({"lat": lat, "lon": lon})
            t = seconds_of(time, zone)
        except BadFix:
            self.unreadable += 1
            return
        self.t.append(t)
        self.lon.append(x)
        self.lat.append(y)

    def arrays(self) -> tuple[Floats, Floats, Floats]:
        """t, lon, lat."""
        return (np.array(self.t), np.array(self.lon), np.array(self.lat))


def gpx(chunks: Iterable[bytes], zone: tzinfo = UTC) -> Points:
    """The points of a GPX file, piece by piece; zone: of times that name none.

    Raises:
        BadFile: no GPX, a document type, too large, too deep, no point with a time.
    """
    reader = _Gpx(zone)
    size = 0
    try:
        for chunk in chunks:
            size += len(chunk)
            if size > MOST_BYTES:
                raise too_large(MOST_BYTES)
            reader.parser.Parse(chunk, False)
        reader.parser.Parse(b"", True)
    except expat.ExpatError as error:
        # What has begun as GPX is torn; anything else never was XML.
        torn = Trouble.TORN_XML if reader.has_begun else Trouble.NO_XML
        raise BadFile(torn, error.lineno) from None
    return _some(reader.points)


class _Gpx:
    """Listens to the parser."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone, self.points = zone, Points()
        self.depth, self.has_begun = 0, False
        self.place: Mapping[str, str] | None = None
        self.time: list[str] | None = None
        self.text = ""
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.characters
        self.parser.StartDoctypeDeclHandler = self.doctype

    def doctype(self, *_: object) -> None:
        # It could name entities without end.
        raise BadFile(Trouble.DOCUMENT_TYPE)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rsplit(" ", 1)[-1]
        if not self.depth and tag != "gpx":
            raise BadFile(Trouble.NO_GPX)
        self.depth, self.has_begun = self.depth + 1, True
        if self.depth > DEEPEST:
            raise BadFile(Trouble.TOO_DEEP)
        if tag in POINTS:
            self.place, self.text = attributes, ""
        # Only the point's own time: extensions may hold others.
        is_own = tag == "time" and self.place is not None and self.time is None and not self.text
        self.time = [] if is_own else self.time

    def characters(self, text: str) -> None:
        if self.time is not None:
            self.time.append(text[:LONGEST_TEXT])

    def end(self, name: str) -> None:
        self.depth -= 1
        tag = name.rsplit(" ", 1)[-1]
        if tag == "time" and self.time is not None:
            self.text, self.time = "".join(self.time).strip()[:LONGEST_TEXT], None
        elif tag in POINTS and self.place is not None:
            self.points.add(self.place.get("lat"), self.place.get("lon"), self.text, self.zone)
            self.place = None


def geojson(body: bytes, zone: tzinfo = UTC) -> Points:
    """The points of GeoJSON; zone: of times that name none.

    Raises:
        BadFile: no GeoJSON, too large, no point with a time.
    """
    if len(body) > MOST_JSON_BYTES:
        raise too_large(MOST_JSON_BYTES)
    try:
        told = json.loads(body)
    except json.JSONDecodeError as error:
        raise BadFile(Trouble.TORN_JSON, error.lineno) from None
    except RecursionError:
        raise BadFile(Trouble.TOO_DEEP) from None
    except ValueError:
        raise BadFile(Trouble.NO_JSON) from None
    points = Points()
    for feature in _features(told):
        for lat, lon, time in _timed(feature):
            points.add(lat, lon, time, zone)
    return _some(points)


def _features(told: object) -> Iterator[Mapping[str, Any]]:
    kind = told.get("type") if isinstance(told, dict) else None
    if kind not in ("Feature", "FeatureCollection") or not isinstance(told, dict):
        raise BadFile(Trouble.NO_GEOJSON)
    features = [told] if kind == "Feature" else told.get("features")
    if not isinstance(features, list):
        raise BadFile(Trouble.NO_GEOJSON)
    yield from (one for one in features if isinstance(one, dict))


def _timed(feature: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    """Latitude, longitude and time (None: there is none) of each point of a feature."""
    shape, told = feature.get("geometry"), feature.get("properties")
    shape, told = (one if isinstance(one, dict) else {} for one in (shape, told))
    places, kind = shape.get("coordinates"), shape.get("type")
    times = told.get("coordTimes") or told.get("times")
    if kind == "Point":
        yield _at(places, told.get("time") or told.get("timestamp"))
    elif kind == "LineString":
        yield from _along(places, times)
    elif kind == "MultiLineString":
        lines, rows = _list(places), _list(times)
        for number, line in enumerate(lines):
            yield from _along(line, rows[number] if number < len(rows) else None)


def _along(places: Any, times: Any) -> Iterator[tuple[Any, Any, Any]]:
    known = _list(times)
    for number, place in enumerate(_list(places)):
        yield _at(place, known[number] if number < len(known) else None)


def _at(place: Any, time: Any) -> tuple[Any, Any, Any]:
    pair = _list(place)
    return (pair[1], pair[0], time) if len(pair) >= 2 else (None, None, time)


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else []


def _some(points: Points) -> Points:
    if not points.t:
        raise BadFile(Trouble.NO_TIMED_POINT)
    return points
