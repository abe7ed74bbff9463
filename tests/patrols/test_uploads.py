"""Tracks from files: GPX and GeoJSON, good and bad."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from patrols import uploads
from patrols.uploads import BadFile, Trouble, geojson, gpx

AT = datetime(2026, 11, 18, 3, 8, 20, tzinfo=UTC).timestamp()
HEAD = '<?xml version="1.0"?><gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1">'


def point(second: int = 20, lat: str = "37.8706", more: str = "") -> str:
    time = f"<time>2026-11-18T03:08:{second}Z</time>"
    return f'<trkpt lat="{lat}" lon="112.5693"><ele>803</ele>{time}{more}</trkpt>'


def whole(points: str, head: str = HEAD) -> list[bytes]:
    return [f"{head}<trk><name>路</name><trkseg>{points}</trkseg></trk></gpx>".encode()]


def test_points_of_a_track_are_read_in_their_order() -> None:
    t, lon, lat = gpx(whole(point(20) + point(30, "37.8707"))).arrays()

    assert list(t) == [AT, AT + 10]
    assert list(lon) == [112.5693, 112.5693]
    assert list(lat) == [37.8706, 37.8707]


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_a_file_may_come_in_pieces_of_any_size(size: int) -> None:
    [text] = whole(point(20) + point(30))
    pieces = [text[at : at + size] for at in range(0, len(text), size)]

    assert list(gpx(pieces).t) == [AT, AT + 10]


def test_gpx_of_the_older_version_and_of_none_is_read_too() -> None:
    assert len(gpx(whole(point(), "<gpx>")).t) == 1
    assert len(gpx(whole(point(), '<gpx xmlns="http://www.topografix.com/GPX/1/0">')).t) == 1


def test_a_time_in_extensions_is_not_the_points() -> None:
    more = "<extensions><time>2001-01-01T00:00:00Z</time></extensions>"

    assert list(gpx(whole(point(20, more=more))).t) == [AT]


def test_a_time_without_a_zone_is_local_where_somebody_says_so() -> None:
    text = '<trkpt lat="37" lon="112"><time>2026-11-18T11:08:20</time></trkpt>'

    assert list(gpx(whole(text), ZoneInfo("Asia/Shanghai")).t) == [AT]


def test_points_that_cannot_be_read_are_counted_and_the_others_stay() -> None:
    bad = '<trkpt lat="37" lon="112"/>' + point(20, "x") + point(21, "112.5") + point(22, "")

    found = gpx(whole(bad + point()))

    assert (len(found.t), found.without_time, found.unreadable) == (1, 1, 3)


BOMB = '<!DOCTYPE gpx [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><gpx>&b;</gpx>'
OUTSIDE = '<!DOCTYPE gpx [<!ENTITY a SYSTEM "file:///etc/passwd">]><gpx>&a;</gpx>'


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        pytest.param("", Trouble.NO_XML, id="nothing"),
        pytest.param("PK\3\4", Trouble.NO_XML, id="a workbook"),
        pytest.param("<kml/>", Trouble.NO_GPX, id="another format"),
        pytest.param(HEAD, Trouble.TORN_XML, id="half a file"),
        pytest.param(HEAD + "<trk></gpx>", Trouble.TORN_XML, id="crossed elements"),
        pytest.param(BOMB, Trouble.DOCUMENT_TYPE, id="entities in entities"),
        pytest.param(OUTSIDE, Trouble.DOCUMENT_TYPE, id="an entity from outside"),
        pytest.param("<gpx>" + "<a>" * 50, Trouble.TOO_DEEP, id="too deep"),
        pytest.param(f"{HEAD}</gpx>", Trouble.NO_TIMED_POINT, id="no points"),
        pytest.param(
            HEAD + '<wpt lat="37" lon="112"><name>x</name></wpt></gpx>',
            Trouble.NO_TIMED_POINT,
            id="no times",
        ),
    ],
)
def test_what_is_no_track_is_refused(text: str, trouble: Trouble) -> None:
    with pytest.raises(BadFile) as caught:
        gpx([text.encode()])

    assert caught.value.trouble is trouble


def test_a_torn_file_names_the_line_where_it_is_torn() -> None:
    with pytest.raises(BadFile) as caught:
        gpx([b"<gpx>\n<trk>\n<trkseg"])
    assert (caught.value.trouble, caught.value.number) == (Trouble.TORN_XML, 3)

    with pytest.raises(BadFile) as caught:
        geojson(b'{"type":\n"Feature"')
    assert (caught.value.trouble, caught.value.number) == (Trouble.TORN_JSON, 2)


def test_a_track_without_end_is_refused_before_it_fills_the_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def endless() -> Iterator[bytes]:
        yield f"{HEAD}<trk><trkseg>".encode()
        while True:
            yield point().encode() * 100

    monkeypatch.setattr(uploads, "MOST_POINTS", 1_000)
    with pytest.raises(BadFile) as caught:
        gpx(endless())
    assert (caught.value.trouble, caught.value.number) == (Trouble.TOO_MANY_POINTS, 1_000)
    monkeypatch.setattr(uploads, "MOST_BYTES", 10_000)
    with pytest.raises(BadFile) as caught:
        gpx(b" " * 1_000 for _ in range(20))
    assert caught.value.trouble is Trouble.TOO_LARGE


def feature(kind: str, places: Any, **told: Any) -> bytes:
    shape = {"type": kind, "coordinates": places}
    return json.dumps({"type": "Feature", "geometry": shape, "properties": told}).encode()


TIMES = ["2026-11-18T03:08:20Z", "2026-11-18T03:08:30Z"]
PAIR = [[112.5693, 37.8706, 803], [112.5694, 37.8707]]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(feature("LineString", PAIR, coordTimes=TIMES), id="a line"),
        pytest.param(feature("MultiLineString", [PAIR], times=[TIMES]), id="lines"),
        pytest.param(
            b'{"type": "FeatureCollection", "features": [%s, null, %s]}'
            % (
                feature("Point", PAIR[0], time=TIMES[0]),
                feature("Point", PAIR[1], timestamp=AT * 1000 + 10_000),
            ),
            id="points",
        ),
    ],
)
def test_geojson_with_times_is_read(body: bytes) -> None:
    t, lon, lat = geojson(body).arrays()

    assert list(t) == [AT, AT + 10]
    assert list(lon) == [112.5693, 112.5694]
    assert list(lat) == [37.8706, 37.8707]


def test_places_without_their_time_are_counted() -> None:
    found = geojson(feature("LineString", PAIR, coordTimes=TIMES[:1]))

    assert (len(found.t), found.without_time) == (1, 1)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"type": "FeatureCollection", "features": 7}',
        b'{"type": "Feature", "geometry": null, "properties": null}',
        feature("LineString", PAIR),
        feature("LineString", 7, coordTimes=TIMES),
        feature("LineString", [7, [1]], coordTimes=TIMES),
        feature("Point", [None, True], time=TIMES[0]),
        feature("Polygon", [PAIR], coordTimes=[TIMES]),
    ],
)
def test_geojson_without_a_track_is_refused(body: bytes) -> None:
    with pytest.raises(BadFile):
        geojson(body)
