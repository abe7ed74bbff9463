"""Links that open a map on a phone at the right spot, each in the frame of its maker.  Pure.

高德 (uri.amap.com/navigation) takes longitude first, in GCJ-02; 百度 (api.map.baidu.com/marker)
latitude first, in BD-09; `geo:` (RFC 5870) latitude first, in WGS84, for whatever the phone has.
The phone opens them over its own line: this server sends nothing there.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from gis_server.frames import Frame, from_wgs84

DECIMALS = 6  # about 0.1 m
LONGEST_NAME = 40
SOURCE = "gis-server"


@dataclass(frozen=True, slots=True)
class Links:
    amap: str
    baidu: str
    system: str


def links_to(lon: float, lat: float, name: str) -> Links:
    """lon, lat: WGS84 degrees.  name: what the map shows there; of a long one the beginning."""
    label = label_of(name)
    return Links(amap(lon, lat, label), baidu(lon, lat, label), system(lon, lat, label))


def label_of(name: str) -> str:
    """A name without what separates fields in these links, or cannot be seen."""
    plain = "".join(" " if sign in ",|()&" or not sign.isprintable() else sign for sign in name)
    return " ".join(plain.split())[:LONGEST_NAME]


def moved(lon: float, lat: float, frame: Frame) -> tuple[str, str]:
    """Longitude and latitude in another frame, as text."""
    east, north = from_wgs84([lon], [lat], frame)
    return f"{east[0]:.{DECIMALS}f}", f"{north[0]:.{DECIMALS}f}"


def amap(lon: float, lat: float, label: str) -> str:
    east, north = moved(lon, lat, Frame.GCJ02)
    fields = {
        "to": f"{east},{north},{label}",
        "mode": "car",
        "coordinate": "gaode",
        "callnative": "1",
        "src": SOURCE,
    }
    return "https://uri.amap.com/navigation?" + urlencode(fields, quote_via=quote, safe=",")


def baidu(lon: float, lat: float, label: str) -> str:
    east, north = moved(lon, lat, Frame.BD09)
    fields = {
        "location": f"{north},{east}",
        "title": label,
        "content": label,
        "coord_type": "bd09ll",
        "output": "html",
        "src": f"webapp.{SOURCE}",
    }
    return "https://api.map.baidu.com/marker?" + urlencode(fields, quote_via=quote, safe=",")


def system(lon: float, lat: float, label: str) -> str:
    place = f"{lat:.{DECIMALS}f},{lon:.{DECIMALS}f}"
    return f"geo:{place}?q={place}({quote(label)})"
