"""What stands in the columns of the files, once for all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cameras.handover import wording
from cameras.handover.line import Line, LineCamera
from cameras.page_parts import state_name
from cameras.reasons_text import reason_name
from gis_server.plain_text import one_line
from gis_server.xlsx_export import Value

MOST_CODES = 50
"""So many codes of folded cameras stand in one cell; the sheet of cameras has all of them."""
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class Column:
    """key: its name for programs.  width: in characters; on paper, its share, 0 for not there."""

    key: str
    head: object
    value: Callable[[Line, datetime], Value]
    width: float
    share: float = 0


@dataclass(frozen=True, slots=True)
class CameraColumn:
    head: object
    value: Callable[[LineCamera], Value]
    width: float


def codes(line: Line) -> str:
    shown = [one_line(camera.code) for camera in line.cameras[:MOST_CODES]]
    return " ".join(shown) + (" …" if line.total > MOST_CODES else "")


def _addresses(line: Line) -> str:
    return wording.names_text(line.each("address"))


def _grids(line: Line) -> str:
    found = dict.fromkeys(wording.grid_text(camera) for camera in line.cameras)
    return wording.names_text([name for name in found if name])


def _picture_at(line: Line) -> datetime | None:
    return line.last_good.picture_at if line.last_good else None


COLUMNS: Sequence[Column] = (
    Column("subject", _("Fault at"), lambda line, _: wording.subject(line), 30, 2.4),
    Column("cameras", _("Number of cameras"), lambda line, _: line.total, 8, 0.7),
    Column("state", _("State"), lambda line, _: wording.state_text(line), 12, 1),
    Column("reason", _("Reason"), lambda line, _: wording.reason_text(line), 18, 1.5),
    Column("cause", _("Likely cause"), lambda line, _: wording.cause_text(line), 36),
    Column("since", _("Since"), lambda line, _: line.since, 17, 1.5),
    Column("lasting", _("For (h:min)"), lambda line, now: line.lasting(now), 11, 1),
    Column("month", _("Outages this month"), lambda line, _: line.month, 9, 0.7),
    Column("owner", _("Owner"), lambda line, _: wording.names_text(line.each("owner")), 20, 1.6),
    Column("team", _("Repair team"), lambda line, _: wording.team_text(line), 24, 1.8),
    Column("suspect", _("Connected through"), lambda line, _: wording.suspect_text(line), 22, 1.6),
    Column("address", _("Address"), lambda line, _: _addresses(line), 30, 2.2),
    Column("grid", _("Grid"), lambda line, _: _grids(line), 26),
    Column("priority", _("Class"), lambda line, _: wording.class_text(line), 14),
    Column("lon", _("Longitude"), lambda line, _: round(line.first.lon, DECIMALS), 12),
    Column("lat", _("Latitude"), lambda line, _: round(line.first.lat, DECIMALS), 12),
    Column("picture_at", _("Last good picture"), lambda line, _: _picture_at(line), 17),
    Column("order", _("Repair order"), lambda line, _: " ".join(line.each("order_number")), 20),
    Column("due", pgettext_lazy("repair order", "Due"), lambda line, _: line.due, 17, 1.5),
    Column("codes", _("Codes of the cameras"), lambda line, _: codes(line), 30),
)  # fmt: skip

CAMERA_COLUMNS: Sequence[CameraColumn] = (
    CameraColumn(_("Code"), lambda one: one.code, 22),
    CameraColumn(_("Camera"), lambda one: one_line(one.name), 30),
    CameraColumn(_("State"), lambda one: state_name(one.state), 10),
    CameraColumn(_("Reason"), lambda one: reason_name(one.reason), 18),
    CameraColumn(_("Since"), lambda one: one.since, 17),
    CameraColumn(_("Outages this month"), lambda one: one.month, 9),
    CameraColumn(_("Class"), lambda one: wording.class_name(one.priority), 14),
    CameraColumn(_("Owner"), lambda one: one_line(one.owner), 20),
    CameraColumn(_("Repair team"), lambda one: one_line(one.team), 18),
    CameraColumn(_("Phone"), lambda one: one_line(one.phone), 16),
    CameraColumn(_("Connected through"), wording.upstream_text, 22),
    CameraColumn(_("Address"), lambda one: one_line(one.address), 30),
    CameraColumn(_("Grid"), wording.grid_text, 26),
    CameraColumn(_("Longitude"), lambda one: round(one.lon, DECIMALS), 12),
    CameraColumn(_("Latitude"), lambda one: round(one.lat, DECIMALS), 12),
    CameraColumn(_("Last asked"), lambda one: one.last_probe_at, 17),
    CameraColumn(_("Last good picture"), lambda one: one.picture_at, 17),
    CameraColumn(_("Repair order"), lambda one: one.order_number, 20),
    CameraColumn(pgettext_lazy("repair order", "Due"), lambda one: one.order_due, 17),
)


def row(line: Line, now: datetime) -> list[Value]:
    """A line's values in the order of `COLUMNS`."""
    return [column.value(line, now) for column in COLUMNS]


def as_text(value: Value) -> str:
    """A value where only texts can stand: times by the local clock, lengths as hours:minutes."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return wording.time_text(value)
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, timedelta):
        minutes = int(value.total_seconds()) // 60
        return f"{minutes // 60}:{minutes % 60:02}"
    return str(value)
