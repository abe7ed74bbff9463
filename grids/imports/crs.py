"""Which of our frames a file states.  Pure; no library is asked, numbers and names are compared.

GDAL has named what it recognised by authority and number ("EPSG:4547"); what it did not, it hands
on as well-known text, of which the name is shown to the user.
"""

import re

from gis_server.frames import ZONES, AnyFrame, Frame, Zone
from grids.imports.problems import shown

# Two and three dimensions of the same degrees.
FRAMES: dict[str, AnyFrame] = {
    "EPSG:4326": Frame.WGS84,
    "EPSG:4979": Frame.WGS84,
    "OGC:CRS84": Frame.WGS84,
    "EPSG:4490": Frame.CGCS2000,
    "EPSG:4480": Frame.CGCS2000,
}
ZONE_OF = {zone.epsg: zone for zone in ZONES}
# Esri's names, for zones that GDAL did not match because somebody shortened the text.
ESRI_ZONE = re.compile(
    r'^PROJ\w*\["CGCS2000_3_Degree_GK_(?:Zone_(\d\d)|CM_(\d{2,3})E)"', re.IGNORECASE
)
ESRI_DEGREES = {
    "GCS_CHINA_GEODETIC_COORDINATE_SYSTEM_2000": Frame.CGCS2000,
    "CHINA GEODETIC COORDINATE SYSTEM 2000": Frame.CGCS2000,
    "GCS_WGS_1984": Frame.WGS84,
    "WGS 84": Frame.WGS84,
}
FIRST_NAME = re.compile(r'^(\w+)\["([^"]*)"')
URN = re.compile(r"^urn:ogc:def:crs:(EPSG|OGC):[\w.]*:(\w+)$", re.IGNORECASE)


def frame_of(crs: str) -> AnyFrame | None:
    """The frame that `EPSG:…`, a URN or well-known text names, when it is one of ours."""
    crs = crs.strip()
    if urn := URN.match(crs):
        crs = f"{urn[1].upper()}:{urn[2].upper()}"
    if known := FRAMES.get(crs.upper()):
        return known
    if number := re.fullmatch(r"EPSG:(\d{4,5})", crs, re.IGNORECASE):
        return ZONE_OF.get(int(number[1]))
    return _from_text(crs)


def _from_text(text: str) -> AnyFrame | None:
    if zone := ESRI_ZONE.match(text):
        if zone[1] and 25 <= int(zone[1]) <= 45:
            return Zone(4513 + int(zone[1]) - 25)
        if zone[2] and int(zone[2]) % 3 == 0 and 75 <= int(zone[2]) <= 135:
            return Zone(4534 + int(zone[2]) // 3 - 25)
    name = FIRST_NAME.match(text)
    if name and name[1].upper().startswith("GEOG"):
        return ESRI_DEGREES.get(name[2].upper())
    return None


def words_for(crs: str) -> str:
    """What to show for it: the number, or the name inside well-known text."""
    name = FIRST_NAME.match(crs.strip())
    return shown(name[2] if name else crs)
