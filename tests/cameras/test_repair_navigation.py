"""The links to the maps of a phone lead to the right spot, whatever the camera is called.

The control point is that of tests/gis_server/test_frames.py: 116.404, 39.915 in WGS84, which the
public formulas of other hands put at the places below.
"""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from cameras.repairs.navigation import label_of, links_to

LON, LAT = 116.404, 39.915
GCJ02 = (116.41024449916938, 39.91640428150164)
BD09 = (116.41662724378733, 39.922699552216216)
CLOSE_DEG = 2e-6  # a fifth of a metre: the links carry six decimals


def test_amap_gets_gcj02_longitude_first() -> None:
    link = urlsplit(links_to(LON, LAT, "东门").amap)

    assert (link.scheme, link.netloc, link.path) == ("https", "uri.amap.com", "/navigation")
    asked = parse_qs(link.query)
    east, north, name = asked["to"][0].split(",")
    assert (float(east), float(north)) == pytest.approx(GCJ02, abs=CLOSE_DEG)
    assert (name, asked["coordinate"]) == ("东门", ["gaode"])


def test_baidu_gets_bd09_latitude_first() -> None:
    link = urlsplit(links_to(LON, LAT, "东门").baidu)

    assert (link.netloc, link.path) == ("api.map.baidu.com", "/marker")
    asked = parse_qs(link.query)
    north, east = asked["location"][0].split(",")
    assert (float(east), float(north)) == pytest.approx(BD09, abs=CLOSE_DEG)
    assert (asked["coord_type"], asked["title"]) == (["bd09ll"], ["东门"])


def test_the_phone_gets_wgs84_latitude_first() -> None:
    link = links_to(LON, LAT, "东门").system

    assert unquote(link) == "geo:39.915000,116.404000?q=39.915000,116.404000(东门)"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        pytest.param("", "", id="none"),
        pytest.param("A,B|C&D(E)", "A B C D E", id="what separates fields"),
        pytest.param("x" * 200, "x" * 40, id="long"),
        pytest.param("a\u202eb\u200fc\0d\ne", "a b c d e", id="signs that cannot be seen"),
        pytest.param('"><script>', '"><script>', id="markup stays, and is escaped by the link"),
    ],
)
def test_names_cannot_break_a_link(name: str, label: str) -> None:
    assert label_of(name) == label
    links = links_to(LON, LAT, name)
    for link in (links.amap, links.baidu, links.system):
        assert not set(link) & set(' "<>\n\0')
