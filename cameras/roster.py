"""Cameras from a table (CSV or XLSX): reads it, checks every row, and says what is wrong where.

The first row names the columns, in Chinese or English.  Enters nothing itself:
`services.enter_roster` does, all or none.  A password is in no repr and in no sentence.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.contrib.gis.geos import Point
from django.utils.translation import gettext as _

from cameras.gb28181 import NotAnId, parse
from cameras.models import MAX_INTERVAL_S, MIN_INTERVAL_S, Camera, Upstream
from cameras.services.entering import Entry, Fault
from cameras.services.registry import NewCamera, NewUpstream
from gis_server import disk, quarantine
from gis_server.errors import Invalid, Unavailable
from gis_server.frames import BadCoordinatesError, Frame, to_wgs84
from gis_server.geo import WGS84
from gis_server.plain_numbers import whole_of
from grids.imports.headers import normal
from grids.imports.limits import TABLE
from grids.imports.problems import Refused
from grids.imports.source import open_source
from grids.imports.texts import sentence

NEEDED = ("code", "name", "lon", "lat", "host")
# The columns and what districts call them; the first Chinese word is that of the template.
COLUMNS: dict[str, tuple[str, ...]] = {
    "code": ("编号", "摄像机编号", "点位编号", "编码", "代码"),
    "name": ("名称", "摄像机名称", "点位名称", "设备名称"),
    "lon": ("经度", "lng", "longitude"),
    "lat": ("纬度", "latitude"),
    "host": ("网络地址", "IP地址", "IP", "ip_address"),
    "port": ("端口", "RTSP端口"),
    "path": ("码流路径", "RTSP路径"),
    "username": ("用户名", "设备用户名"),
    "password": ("密码", "设备密码"),
    "credential": ("凭据组", "登录凭据组"),
    "owner": ("责任单位", "所属单位"),
    "team": ("运维班组", "维护单位"),
    "team_phone": ("班组电话", "运维电话"),
    "address": ("地址", "安装地址"),
    "territory": ("区划代码", "所属区划代码"),
    "class": ("类别", "点位类别"),
    "upstream_kind": ("上联设备类型",),
    "upstream": ("上联设备", "上联设备名称"),
    "pole": ("杆号", "立杆编号"),
    "direction": ("朝向", "方位角"),
    "view_angle": ("视场角",),
    "gb_id": ("国标编码", "国标ID"),
    "onvif_port": ("ONVIF端口",),
    "tls": ("加密连接", "TLS"),
    "snapshot_path": ("抓图路径",),
    "interval": ("探测间隔",),
}
OPTIONAL = tuple(name for name in COLUMNS if name not in NEEDED)
MEANING = {normal(word): name for name, words in COLUMNS.items() for word in (name, *words)}
CLASSES = {
    "重点公共区域": "key_area", "一类": "key_area", "重点行业领域": "key_industry",
    "二类": "key_industry", "一般": "ordinary", "普通": "ordinary", "三类": "ordinary",
    **{value: value for value in Camera.Priority.values},
}  # fmt: skip
KINDS = {
    "录像机": "recorder", "硬盘录像机": "recorder", "NVR": "recorder", "DVR": "recorder",
    "交换机": "switch", **{value: value for value in Upstream.Kind.values},
}  # fmt: skip
YES = {"是", "1", "true", "yes", "y", "√"}
NO = {"否", "0", "false", "no", "n", "×", ""}
MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
LONGEST = {"name": 80, "host": 253, "path": 300, "username": 80, "owner": 80, "team": 80}
LONGEST |= {"address": 200, "password": 200, "credential": 60, "team_phone": 30, "pole": 40}
LONGEST |= {"upstream": 80, "snapshot_path": 300}
CODE = re.compile(r"[0-9A-Za-z._-]{1,20}")
TERRITORY = re.compile(r"[0-9]{2,19}")
WORKBOOK = b"PK\x03\x04"
SHOWN_CHARS = 40

Row = Mapping[str, str]


@dataclass(frozen=True)
class Roster:
    """The rows without a fault, and the faults of the others."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def cameras(self) -> list[NewCamera]:
        return [entry.camera for entry in self.entries]


def read_roster(content: bytes, frame: Frame = Frame.WGS84) -> Roster:
    """The cameras in a workbook, or in a CSV file in UTF-8 (with or without its mark) or GB 18030.

    frame: what the columns lon and lat are in, in degrees.

    Raises:
        Invalid: the file as a whole is no such table, or too large.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(_("The file is larger than 10 MB: split it."))
    rows = _workbook(content) if content.startswith(WORKBOOK) else _rows(_text(content))
    roster, codes, ids = Roster(), set[str](), set[str]()
    for count, (line, row) in enumerate(rows):
        if count >= MAX_ROWS:
            raise Invalid(_("The file has more than 20,000 rows: split it."))
        try:
            camera = _camera(row, frame, codes, ids)
        except Invalid as error:
            roster.faults.append(Fault(line, str(error.message)))
            continue
        codes.add(camera.code)
        ids.update({camera.gb_id} if camera.gb_id else ())
        given = frozenset(name for name, value in row.items() if value)
        roster.entries.append(Entry(line, camera, given))
    return roster


def _workbook(content: bytes) -> Iterator[tuple[int, Row]]:
    """The rows of the first sheet that has any, as texts."""
    try:
        with (
            quarantine.held(io.BytesIO(content), MAX_BYTES) as path,
            open_source(path, name="cameras.xlsx", limits=TABLE) as source,
        ):
            layer = next((one for one in source.layers if one.refused is None), None)
            if layer is None:
                raise Invalid(_("The workbook has no sheet with rows."))
            names = _named(layer.columns)
            for batch in source.batches(layer):
                for line, row in zip(batch.rows, batch.table.to_pylist(), strict=True):
                    values = ("" if cell is None else str(cell).strip() for cell in row.values())
                    yield int(line), dict(zip(names, values, strict=True))
    except Refused as refused:
        raise Invalid(sentence(refused.problem, refused.details)) from None
    except disk.NoRoom:
        message = _("The server has no room for the file. Tell its administrator.")
        raise Unavailable(message) from None


def head_of(name: str) -> str:
    """A column as people know it, and as it may be written: 名称 (name)."""
    return f"{COLUMNS[name][0]} ({name})"


def _named(heads: Sequence[str]) -> list[str]:
    """What the columns mean.

    Raises:
        Invalid: a needed one is missing, one is unknown, or one stands there twice.
    """
    names = [MEANING.get(normal(head), "") for head in heads]
    if unknown := [head[:SHOWN_CHARS] for head, name in zip(heads, names, strict=True) if not name]:
        message = _("These columns are unknown: %(names)s.") % {"names": ", ".join(unknown[:20])}
        raise Invalid(message)
    if missing := [head_of(name) for name in NEEDED if name not in names]:
        raise Invalid(_("These columns are missing: %(names)s.") % {"names": ", ".join(missing)})
    if len(set(names)) < len(names):
        raise Invalid(_("A column stands there twice."))
    return names


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
        table.fieldnames = _named([name.strip() for name in table.fieldnames or ()])
        for row in table:
            if None in row:
                raise Invalid(_("Line %(line)d has too many values.") % {"line": table.line_num})
            yield table.line_num, {name: value.strip() for name, value in row.items()}
    except csv.Error:
        message = _("Line %(line)d cannot be read as CSV.") % {"line": table.line_num}
        raise Invalid(message) from None


def _camera(row: Row, frame: Frame, codes: set[str], ids: set[str]) -> NewCamera:
    _check_texts(row)
    if not CODE.fullmatch(row["code"]):
        raise Invalid(_("the code may have 20 letters, digits and . _ - at most"))
    if row["code"] in codes:
        raise Invalid(_("this code stands above already"))
    if (territory := row.get("territory", "")) and not TERRITORY.fullmatch(territory):
        raise Invalid(_("the territory must be 2 to 19 digits of a code"))
    if row.get("username") and row.get("credential"):
        raise Invalid(_("a camera has a login of its own or a shared one, not both"))
    path = row.get("path") or "/"
    return NewCamera(
        code=row["code"],
        name=row["name"],
        point=_point(row, frame),
        owner=row.get("owner") or _("Owner unknown"),
        team=row.get("team") or _("Team unknown"),
        team_phone=row.get("team_phone", ""),
        host=row["host"],
        port=_number(row, "port", 1, 65535) or 554,
        path=path if path.startswith("/") else f"/{path}",
        username=row.get("username", ""),
        password=row.get("password", ""),
        credential=row.get("credential", ""),
        address_text=row.get("address", ""),
        scope_code=territory,
        priority=_choice(row, "class", CLASSES) or Camera.Priority.ORDINARY.value,
        upstream=_upstream(row),
        pole=row.get("pole", ""),
        direction_deg=_number(row, "direction", 0, 359),
        view_angle_deg=_number(row, "view_angle", 1, 360),
        gb_id=_gb_id(row, ids),
        onvif_port=_number(row, "onvif_port", 1, 65535),
        tls=_yes(row, "tls"),
        snapshot_path=row.get("snapshot_path", ""),
        interval_s=_number(row, "interval", MIN_INTERVAL_S, MAX_INTERVAL_S),
    )


def _check_texts(row: Row) -> None:
    for name in NEEDED:
        if not row[name]:
            raise Invalid(_("%(name)s is empty") % {"name": head_of(name)})
    for name, longest in LONGEST.items():
        value = row.get(name, "")
        if len(value) > longest or any(mark in value for mark in "\r\n\0"):
            message = _("%(name)s is too long or has a line break")
            raise Invalid(message % {"name": head_of(name)})


def _number(row: Row, name: str, low: int, high: int) -> int | None:
    """A whole number, also as a spreadsheet writes it (90.0); None for an empty cell."""
    text = row.get(name, "").removesuffix(".0")
    if not text:
        return None
    number = whole_of(text)
    if number is None or not low <= number <= high:
        message = _("%(name)s must be a number from %(low)d to %(high)d")
        raise Invalid(message % {"name": head_of(name), "low": low, "high": high})
    return number


def _choice(row: Row, name: str, words: Mapping[str, str]) -> str:
    text = row.get(name, "")
    if text and text not in words:
        message = _("%(name)s must be one of: %(words)s")
        told = ", ".join(list(words)[:6])
        raise Invalid(message % {"name": head_of(name), "words": told})
    return words.get(text, "")


def _yes(row: Row, name: str) -> bool:
    text = row.get(name, "").lower()
    if text not in YES | NO:
        raise Invalid(_("%(name)s must be yes or no") % {"name": head_of(name)})
    return text in YES


def _upstream(row: Row) -> NewUpstream | None:
    name = row.get("upstream", "")
    if not name:
        return None
    kind = _choice(row, "upstream_kind", KINDS) or Upstream.Kind.SWITCH.value
    return NewUpstream(kind=kind, name=name)


def _gb_id(row: Row, above: set[str]) -> str | None:
    text = row.get("gb_id", "")
    if not text:
        return None
    try:
        parse(text)
    except NotAnId:
        raise Invalid(_("the GB/T 28181 id must have 20 digits")) from None
    if text in above:
        raise Invalid(_("this GB/T 28181 id stands above already"))
    return text


def _point(row: Row, frame: Frame) -> Point:
    try:
        lon, lat = to_wgs84([float(row["lon"])], [float(row["lat"])], frame)
    except (ValueError, BadCoordinatesError):
        raise Invalid(_("lon and lat must be degrees, east and north")) from None
    return Point(float(lon[0]), float(lat[0]), srid=WGS84)
