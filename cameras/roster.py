"""Cameras from a CSV table: reads it, checks every row, and says what is wrong with which.

The first row names the columns.  Enters nothing itself: `registry.register_all` does, all or none.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from cameras.services.registry import NewCamera
from gis_server.errors import Invalid
from gis_server.frames import BadCoordinatesError, Frame, to_wgs84
from gis_server.geo import WGS84

NEEDED = ("code", "name", "lon", "lat", "host")
OPTIONAL = ("port", "path", "username", "password", "owner", "team", "address", "territory")
MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
LONGEST = {"name": 80, "host": 253, "path": 300, "username": 80, "owner": 80, "team": 80}
LONGEST |= {"address": 200, "password": 200}
CODE = re.compile(r"[0-9A-Za-z._-]{1,20}")
TERRITORY = re.compile(r"[0-9]{2,19}")

Row = Mapping[str, str]


@dataclass(frozen=True)
class Fault:
    """What is wrong with the row that begins at `line` of the file (the first line is 1)."""

    line: int
    sentence: str


@dataclass(frozen=True)
class Roster:
    """The cameras of the rows without a fault, and the faults of the others."""

    cameras: list[NewCamera]
    faults: list[Fault]


def read_roster(content: bytes, frame: Frame = Frame.WGS84) -> Roster:
    """The cameras in a CSV file in UTF-8 (with or without its mark) or GB 18030.

    frame: what the columns lon and lat are in, in degrees.

    Raises:
        Invalid: the file as a whole is no such table, or too large.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(_("The file is larger than 10 MB: split it."))
    cameras, faults, seen = [], [], set[str]()
    for count, (line, row) in enumerate(_rows(_text(content))):
        if count >= MAX_ROWS:
            raise Invalid(_("The file has more than 20,000 rows: split it."))
        try:
            cameras.append(_camera(row, frame, seen))
        except Invalid as error:
            faults.append(Fault(line, str(error.message)))
            continue
        seen.add(row["code"])
    return Roster(cameras, faults)


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(_("The file is neither UTF-8 nor GBK: save it as CSV UTF-8."))


def _rows(text: str) -> Iterator[tuple[int, Row]]:
    table = csv.DictReader(io.StringIO(text, newline=""), restval="", strict=True)
    try:
        columns = [name.strip().lower() for name in table.fieldnames or ()]
        if missing := [name for name in NEEDED if name not in columns]:
            message = _("These columns are missing: %(names)s.") % {"names": ", ".join(missing)}
            raise Invalid(message)
        if unknown := [name for name in columns if name not in NEEDED + OPTIONAL]:
            message = _("These columns are unknown: %(names)s.") % {"names": ", ".join(unknown)}
            raise Invalid(message)
        if len(set(columns)) < len(columns):
            raise Invalid(_("A column stands there twice."))
        table.fieldnames = columns
        for row in table:
            if None in row:
                raise Invalid(_("Line %(line)d has too many values.") % {"line": table.line_num})
            yield table.line_num, {name: value.strip() for name, value in row.items()}
    except csv.Error:
        message = _("Line %(line)d cannot be read as CSV.") % {"line": table.line_num}
        raise Invalid(message) from None


def _camera(row: Row, frame: Frame, above: set[str]) -> NewCamera:
    for name in NEEDED:
        if not row[name]:
            raise Invalid(_("%(name)s is empty") % {"name": name})
    for name, longest in LONGEST.items():
        value = row.get(name, "")
        if len(value) > longest or any(mark in value for mark in "\r\n\0"):
            raise Invalid(_("%(name)s is too long or has a line break") % {"name": name})
    if not CODE.fullmatch(row["code"]):
        raise Invalid(_("the code may have 20 letters, digits and . _ - at most"))
    if row["code"] in above:
        raise Invalid(_("this code stands above already"))
    if (territory := row.get("territory", "")) and not TERRITORY.fullmatch(territory):
        raise Invalid(_("the territory must be 2 to 19 digits of a code"))
    path = row.get("path") or "/"
    return NewCamera(
        code=row["code"],
        name=row["name"],
        point=_point(row, frame),
        owner=row.get("owner") or _("Owner unknown"),
        team=row.get("team") or _("Team unknown"),
        host=row["host"],
        port=_port(row.get("port", "")),
        path=path if path.startswith("/") else f"/{path}",
        username=row.get("username", ""),
        password=row.get("password", ""),
        address_text=row.get("address", ""),
        scope_code=territory,
    )


def _port(text: str) -> int:
    if not text:
        return 554
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= 65535):
        raise Invalid(_("the port must be a number from 1 to 65535"))
    return int(text)


def _point(row: Row, frame: Frame) -> Point:
    try:
        lon, lat = to_wgs84([float(row["lon"])], [float(row["lat"])], frame)
    except (ValueError, BadCoordinatesError):
        raise Invalid(_("lon and lat must be degrees, east and north")) from None
    return Point(float(lon[0]), float(lat[0]), srid=WGS84)
