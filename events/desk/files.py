"""The desk's list as files: what the page would show with the same question, all rows of it."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from events.deadlines import next_due
from events.desk.shown import DECIMALS, drawn, dues_of, feature, place_name
from events.models import Event, EventKind, Source
from events.queries import position_of
from events.texts import level_name, severity_name, state_name
from events.workflow import Status
from gis_server import csv_export, xlsx_export
from gis_server.plain_text import one_line, printable
from gis_server.xlsx_export import Sheet, Value

MOST_ROWS = 20_000
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Column:
    """key: its name for programs.  width: in characters."""

    key: str
    head: object
    value: Callable[[Event], Value]
    width: float = 14


def due_of(event: Event) -> datetime | None:
    running = next_due(Status(event.state), dues_of(event))
    return running[1] if running else None


def units_of(event: Event) -> str:
    return "、".join(one_line(task.unit_name) for task in event.at_work)  # type: ignore[attr-defined]


COLUMNS: Sequence[Column] = (
    Column("number", pgettext_lazy("event", "Number"), lambda one: one.number or "", 22),
    Column("state", gettext_lazy("State"), lambda one: state_name(one.state), 12),
    Column("kind", gettext_lazy("Kind"), lambda one: str(EventKind(one.kind).label), 12),
    Column("entry", gettext_lazy("Entry"), lambda one: one_line(one.category.name), 20),
    Column("severity", gettext_lazy("Severity"), lambda one: severity_name(one.severity), 8),
    Column("level", pgettext_lazy("event", "Level"), lambda one: level_name(one.level), 8),
    Column("source", gettext_lazy("Source"), lambda one: str(Source(one.source).label), 12),
    Column("text", gettext_lazy("What was reported"), lambda one: printable(one.text), 50),
    Column("address", gettext_lazy("Address"), lambda one: one_line(one.address), 30),
    Column("grid", gettext_lazy("Grid"), lambda one: one_line(place_name(one)), 26),
    Column("grid_then", gettext_lazy("Grid at the time"), lambda one: one.grid_then_name, 26),
    Column("code", gettext_lazy("Code of the grid"), lambda one: one.scope_code, 18),
    Column("units", gettext_lazy("With"), units_of, 26),
    Column("received_at", gettext_lazy("Received"), lambda one: one.received_at, 17),
    Column("due", pgettext_lazy("event", "Due"), due_of, 17),
    Column("close_due", gettext_lazy("To be closed by"), lambda one: one.close_due, 17),
    Column("closed_at", pgettext_lazy("event", "Over since"), lambda one: one.closed_at, 17),
    Column("reworked", gettext_lazy("Reworked"), lambda one: one.reworked, 8),
    Column("supervised", gettext_lazy("Supervised"), lambda one: one.supervised, 8),
    Column("lon", gettext_lazy("Longitude"), lambda one: round(position_of(one)[0], DECIMALS), 12),
    Column("lat", gettext_lazy("Latitude"), lambda one: round(position_of(one)[1], DECIMALS), 12),
)  # fmt: skip


def row(event: Event) -> list[Value]:
    return [column.value(event) for column in COLUMNS]


def xlsx(events: Iterable[Event], title: str, now: datetime) -> bytes:
    columns = [xlsx_export.Column(str(one.head), one.width) for one in COLUMNS]
    sheet = Sheet(_("Events"), columns, (row(one) for one in events), [title])
    return xlsx_export.workbook([sheet], timezone.get_default_timezone())


def csv(events: Iterable[Event], title: str, now: datetime) -> bytes:
    """Heads and one row an event; with a byte order mark."""
    heads = [str(column.head) for column in COLUMNS]
    rows = ([_as_text(value) for value in row(one)] for one in events)
    return b"".join(csv_export.encoded([heads, *rows]))


def _as_text(value: Value) -> str:
    """Times by the local clock."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%Y-%m-%d %H:%M}"
    return str(value)


def geojson(events: Iterable[Event], title: str, now: datetime) -> bytes:
    """RFC 7946: WGS84, longitude first."""
    collection = {
        "type": "FeatureCollection",
        "name": title,
        "made_at": now.isoformat(),
        "features": [_whole_feature(one, now) for one in events],
    }
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def _whole_feature(event: Event, now: datetime) -> dict[str, object]:
    made = feature(drawn(event), now)
    values = zip((column.key for column in COLUMNS), row(event), strict=True)
    words = {f"{key}_text": value for key, value in values if isinstance(value, str)}
    times = {
        name: at.isoformat()
        for name in ("received_at", "close_due", "closed_at")
        if (at := getattr(event, name))
    }
    return made | {"properties": made["properties"] | words | times}


@dataclass(frozen=True, slots=True)
class Format:
    """How the list becomes a file: its name, its media type, its maker."""

    label: str
    media_type: str
    make: Callable[[Iterable[Event], str, datetime], bytes]


FORMATS: dict[str, Format] = {
    "xlsx": Format("XLSX", XLSX_TYPE, xlsx),
    "csv": Format("CSV", "text/csv; charset=utf-8", csv),
    "geojson": Format("GeoJSON", "application/geo+json", geojson),
}
"""By their endings."""
