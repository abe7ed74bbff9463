"""Links that open a place in the map that somebody has on their phone.  Pure.

Places are kept in WGS84; each map wants its own frame, and is hundreds of metres off in another
one (docs/design/frames.md).  The addresses open the app where it is installed, else a page.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

from gis_server.frames import Frame, from_wgs84
from gis_server.plain_text import one_line, shortened

DIGITS = 6  # of a degree: 0.1 m
LONGEST_NAME = 40
SOURCE = "gis-server"  # both services ask which product has sent somebody


@dataclass(frozen=True, slots=True)
class Links:
    """amap: 高德地图; baidu: 百度地图; system: whatever the phone opens `geo:` addresses with."""

    amap: str
    baidu: str
    system: str


def links(lat: float, lon: float, name: str) -> Links:
    """The three addresses of a place, WGS84 degrees.

    高德 URI API, "路径规划": `to` is longitude, latitude, name in GCJ-02 (coordinate=gaode).
    百度地图 URI API, "自定义打点": `location` is latitude, longitude, here in BD-09 (bd09ll).
    RFC 5870: `geo:` is latitude, longitude in WGS84; `q` with a name in brackets is Google's, and
    sets the pin that bare coordinates do not.

    Raises:
        gis_server.frames.BadCoordinatesError: no degrees.
    """
    shown = shortened(one_line(name), LONGEST_NAME)
    return Links(_amap(lat, lon, shown), _baidu(lat, lon, shown), _system(lat, lon, shown))


def _amap(lat: float, lon: float, name: str) -> str:
    there_lat, there_lon = _in_frame(lat, lon, Frame.GCJ02)
    # Commas part the fields of `to`, so the name's own are written as bytes like all the rest.
    to = f"{there_lon},{there_lat},{quote(name, safe='')}"
    query = urlencode({"mode": "car", "coordinate": "gaode", "callnative": 1, "src": SOURCE})
    return f"https://uri.amap.com/navigation?to={to}&{query}"


def _baidu(lat: float, lon: float, name: str) -> str:
    there_lat, there_lon = _in_frame(lat, lon, Frame.BD09)
    query = urlencode(
        {
            "location": f"{there_lat},{there_lon}",
            "title": name,
            "content": name,
            "coord_type": "bd09ll",
            "output": "html",
            "src": f"webapp.{SOURCE}",
        },
        quote_via=quote,
        safe=",",
    )
    return f"https://api.map.baidu.com/marker?{query}"


def _system(lat: float, lon: float, name: str) -> str:
    there_lat, there_lon = _in_frame(lat, lon, Frame.WGS84)
    place = f"{there_lat},{there_lon}"
    # Brackets end the name.
    label = quote(name.replace("(", " ").replace(")", " "), safe="")
    return f"geo:{place}?q={place}({label})"


def _in_frame(lat: float, lon: float, frame: Frame) -> tuple[str, str]:
    there_lon, there_lat = from_wgs84(lon, lat, frame)
    return f"{float(there_lat):.{DIGITS}f}", f"{float(there_lon):.{DIGITS}f}"
