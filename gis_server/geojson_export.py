"""Features as GeoJSON (RFC 7946), in pieces.  Pure: values in, bytes out."""

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

FEATURES_AT_ONCE = 500


def point(lon: float, lat: float) -> dict[str, object]:
    """Degrees of WGS84; seven decimals are a centimetre."""
    return {"type": "Point", "coordinates": [round(lon, 7), round(lat, 7)]}


def feature(geometry: object, properties: Mapping[str, object]) -> dict[str, object]:
    """geometry: None for what is nowhere (section 3.2)."""
    return {"type": "Feature", "geometry": geometry, "properties": dict(properties)}


def encoded(features: Iterable[Mapping[str, object]]) -> Iterator[bytes]:
    """The collection in pieces of `FEATURES_AT_ONCE`, so that neither side holds all of it."""
    remaining, comma = iter(features), ""
    yield b'{"type": "FeatureCollection", "features": [\n'
    while piece := [
        json.dumps(one, ensure_ascii=False) for one in islice(remaining, FEATURES_AT_ONCE)
    ]:
        yield (comma + ",\n".join(piece)).encode()
        comma = ",\n"
    yield b"\n]}\n"
