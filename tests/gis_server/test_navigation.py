"""Links that open a place in the map on a phone, each in its own frame."""

from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from gis_server.frames import BadCoordinatesError, Frame, to_wgs84
from gis_server.navigation import links

# Control points that the JavaScript library coordtransform prints in its README for Beijing:
# WGS84 116.404, 39.915 is GCJ-02 116.410244, 39.916404;
# GCJ-02 116.404, 39.915 is BD-09 116.410369, 39.921337.
BEIJING_LON, BEIJING_LAT = 116.404, 39.915


def test_amap_is_given_gcj02_longitude_first() -> None:
    address = urlsplit(links(BEIJING_LAT, BEIJING_LON, "枪机,一号").amap)
    query = parse_qs(address.query)

    assert (address.scheme, address.netloc, address.path) == (
        "https",
        "uri.amap.com",
        "/navigation",
    )
    assert query["to"] == ["116.410244,39.916404,枪机,一号"]
    assert "%2C" in address.query  # the comma of the name does not begin another field
    assert query["coordinate"] == ["gaode"]


def test_baidu_is_given_bd09_latitude_first() -> None:
    lon, lat = to_wgs84(BEIJING_LON, BEIJING_LAT, Frame.GCJ02)

    address = urlsplit(links(float(lat), float(lon), "枪机").baidu)

    query = parse_qs(address.query)
    assert (address.netloc, address.path) == ("api.map.baidu.com", "/marker")
    assert query["location"] == ["39.921337,116.410369"]
    assert query["coord_type"] == ["bd09ll"]
    assert query["title"] == ["枪机"]


def test_the_phone_itself_is_given_wgs84() -> None:
    address = links(37.8666, 112.5573, "杆(3)号").system

    assert address.startswith("geo:37.866600,112.557300?q=37.866600,112.557300(")
    assert unquote(address).endswith("(杆 3 号)")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param('"><script>alert(1)</script>', id="HTML"),
        pytest.param("x&coordinate=wgs84#top", id="another query"),
        pytest.param("a\u202eb\n\x00c", id="marks and breaks"),
        pytest.param("长" * 200, id="200 characters"),
        pytest.param("📷", id="emoji"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_name_cannot_change_the_address(name: str) -> None:
    made = links(37.8666, 112.5573, name)

    for address in (made.amap, made.baidu, made.system):
        assert not set(address) & set(" \"'<>\n\u202e#")
        assert len(address) < 1500
    assert parse_qs(urlsplit(made.amap).query)["coordinate"] == ["gaode"]
    assert parse_qs(urlsplit(made.baidu).query)["coord_type"] == ["bd09ll"]


def test_what_is_no_place_makes_no_link() -> None:
    with pytest.raises(BadCoordinatesError):
        links(112.5573, 200.0, "")
