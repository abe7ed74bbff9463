"""What stands in a file: read once, cut to the reader's reach and to what was asked for.

Files leave the house.  So they hold what the map shows and no more: no login, no network address
(hence no name of a subnet), no details of checks, no texts of events, and no names of people.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import shapely
from django.contrib.gis.geos import Polygon
from django.db import connection
from django.db.models import Avg, Count, F, FloatField, Func, Min, QuerySet, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cameras.grouping import Kind
from cameras.handover.areas import area_name
from cameras.health import State
from cameras.models import OutageMember
from cameras.page_parts import state_name as camera_state_name
from cameras.probe.reason import Reason
from cameras.queries import cameras_of, thing_name
from cameras.reasons_text import reason_name
from events.deadlines import colour
from events.desk.queries import next_due
from events.models.catalogue import EventKind
from events.models.event import OPEN_VALUES
from events.rights import events_seen
from events.texts import due_name, severity_name
from events.texts import state_name as event_state_name
from gis_server.errors import Invalid, NotFound
from gis_server.models import User
from gis_server.plain_text import one_line
from maps.files.asked import Asked
from maps.files.figures import Figure, figure_of
from maps.files.filters import narrowed_text
from maps.layers import IN_SCOPE
from maps.tiles import Bounds

DIVISION_DIGITS = 12
# Both prefixes: the reader's, and what was asked for.
ASKED = "starts_with({code}, %(area)s) AND " + IN_SCOPE
DIVISIONS = f"""
    SELECT division.code, division.name, division.level, ST_AsBinary(division.shape),
           ST_AsBinary(coalesce(division.label, ST_PointOnSurface(division.shape)))
    FROM grids_division AS division
    WHERE division.shape && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
      AND {ASKED.format(code="division.code")}
    ORDER BY division.code LIMIT %(most)s"""  # noqa: S608
# On the map a grid's name stands beside its community's, so what repeats that is left out.
GRIDS = f"""
    SELECT grid.id, grid.code, grid.name, community.name,
           coalesce(nullif(replace(grid.name, community.name, ''), ''), grid.name),
           ST_AsBinary(drawn.shape)
    FROM grids_gridshape AS drawn
    JOIN grids_grid AS grid ON grid.id = drawn.grid_id
    JOIN grids_division AS community ON community.id = grid.community_id
    WHERE drawn.shape && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
      AND drawn.valid @> %(day)s AND {ASKED.format(code="grid.code")}
    ORDER BY grid.code LIMIT %(most)s"""  # noqa: S608
EXTENT = f"""
    SELECT ST_XMin(box), ST_YMin(box), ST_XMax(box), ST_YMax(box)
    FROM (SELECT ST_Extent(shape) AS box FROM (
        SELECT division.shape FROM grids_division AS division
        WHERE {ASKED.format(code="division.code")}
        UNION ALL
        SELECT drawn.shape FROM grids_gridshape AS drawn
        JOIN grids_grid AS grid ON grid.id = drawn.grid_id
        WHERE drawn.valid @> %(day)s AND {ASKED.format(code="grid.code")}
    ) AS shapes) AS territory"""  # noqa: S608
# The desk's filters by the columns that they are asked of.
CAMERA_COLUMNS = {
    "camera_state": "shown", "camera_owner": "owner__name", "camera_team": "team__name",
    "camera_priority": "priority",
}  # fmt: skip
EVENT_COLUMNS = {"event_kind": "kind", "event_severity": "severity", "event_state": "state"}
WIDEST_DEG = 3.0
"""A projection of one zone is true to scale over no more than about this."""


@dataclass(frozen=True, slots=True)
class Division:
    """label: where its name stands.  Shapes are shapely's, WGS84 degrees."""

    code: str
    name: str
    level: str
    shape: Any
    label: Any


@dataclass(frozen=True, slots=True)
class Grid:
    """short: the name without its community's."""

    id: int
    code: str
    name: str
    community: str
    short: str
    shape: Any


@dataclass(frozen=True, slots=True)
class CameraSpot:
    code: str
    name: str
    state: str
    reason: str
    since: datetime | None
    grid: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class EventSpot:
    """due: see `signs.DUES`."""

    number: str
    kind: str
    severity: str
    state: str
    entry: str
    address: str
    grid: str
    received_at: datetime
    due_at: datetime
    due: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class OutageSpot:
    """In the middle of the cameras that lie in what was asked for; `cameras` counts these."""

    cameras: int
    opened_at: datetime
    reason: str
    thing: str
    name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class Most:
    """How much goes into one file."""

    grids: int
    spots: int


@dataclass(frozen=True, slots=True)
class Content:
    """area: the name of what was asked for.  extent: of what was asked for, WGS84 degrees."""

    asked: Asked
    area: str
    extent: Bounds
    made_at: datetime
    maker: str
    divisions: Sequence[Division]
    grids: Sequence[Grid]
    figure: Figure | None
    cameras: Sequence[CameraSpot] = field(default_factory=tuple)
    outages: Sequence[OutageSpot] = field(default_factory=tuple)
    events: Sequence[EventSpot] = field(default_factory=tuple)

    @property
    def rows(self) -> int:
        parts = (self.divisions, self.grids, self.cameras, self.outages, self.events)
        return sum(map(len, parts))

    @property
    def title(self) -> str:
        """What was typed; else the area with what is shown of it."""
        if self.asked.title:
            return one_line(self.asked.title)
        shown = self.figure.title if self.figure else _("Grids, events and cameras")
        return f"{self.area} · {shown}" if self.area else shown

    @property
    def scope(self) -> str:
        """Whose part of the world this is, and that no more than that is in it."""
        words = _("%(area)s; only what lies in the reach of %(maker)s.")
        return words % {"area": self.area or _("All areas"), "maker": self.maker}

    @property
    def narrowed(self) -> str:
        """What filters leave; empty where there are none."""
        return narrowed_text(self.asked.narrowed)

    @property
    def time(self) -> str:
        return _("As of %(time)s.") % {"time": time_text(self.made_at)}

    @property
    def sources(self) -> str:
        """Where what is shown comes from."""
        found = [_("boundaries in force on %(day)s") % {"day": self.asked.day}]
        if self.asked.layers or (self.figure and self.figure.name in ("intact", "events")):
            found.append(_("cameras, faults and open events as known then"))
        return _("Source: %(parts)s; gis-server.") % {"parts": _(", ").join(found)}


def time_text(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def extent_of(user: User, asked: Asked) -> Bounds:
    """What was asked for in WGS84 degrees: the box where there is one, but for what of it lies
    beyond the area.  One query.

    Raises:
        NotFound: nothing of the reader's lies there.
    """
    values: dict[str, Any] = {"scope": list(user.reach), "area": asked.area, "day": asked.day}
    with connection.cursor() as cursor:
        cursor.execute(EXTENT, values)
        known = cursor.fetchone()
    if known[0] is None:
        raise NotFound(_("Nothing of your territory lies here."))
    if asked.box is None:
        return known[0], known[1], known[2], known[3]
    west, south = max(known[0], asked.box[0]), max(known[1], asked.box[1])
    east, north = min(known[2], asked.box[2]), min(known[3], asked.box[3])
    if west >= east or south >= north:
        raise NotFound(_("Nothing of your territory lies here."))
    return west, south, east, north


def read(
    user: User, asked: Asked, now: datetime, *, box: Bounds, extent: Bounds, most: Most
) -> Content:
    """All that a file of this box holds; a fixed number of queries.

    Raises:
        Invalid: more than `most`.
    """
    content = Content(
        asked=asked,
        area=one_line(area_name(user.reach, asked.area.ljust(DIVISION_DIGITS, "0")))
        if asked.area
        else one_line(area_name(user.reach, "")),
        extent=extent,
        made_at=now,
        maker=user.get_username(),
        divisions=_divisions(user, asked, box, most.grids),
        grids=_grids(user, asked, box, most.grids),
        figure=figure_of(user, asked, now),
    )
    layers = set(asked.layers)
    wanted = [state for state in State if _is_asked(state, layers)]
    return replace(
        content,
        cameras=_cameras(user, asked, box, wanted, most.spots) if wanted else (),
        outages=_outages(user, asked, box, most.spots) if "outages" in layers else (),
        events=_events(user, asked, box, now, most.spots) if "events" in layers else (),
    )


def _is_asked(state: State, layers: set[str]) -> bool:
    return ("online" if state is State.ONLINE else "down") in layers


def _rows(sql: str, user: User, asked: Asked, box: Bounds, most: int) -> list[tuple[Any, ...]]:
    west, south, east, north = box
    values: dict[str, Any] = {
        "west": west, "south": south, "east": east, "north": north, "day": asked.day,
        "scope": list(user.reach), "area": asked.area, "most": most + 1,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    _refuse_more(rows, most)
    return rows


def _refuse_more(rows: Sequence[object], most: int) -> None:
    if len(rows) > most:
        message = _(
            "This file holds at most %(most)d of a layer, and there are more. Choose a smaller"
            " area, or fewer layers."
        )
        raise Invalid(message % {"most": most})


def _shapes(found: Iterable[Any]) -> list[Any]:
    return list(shapely.from_wkb([bytes(one) for one in found]))


def _divisions(user: User, asked: Asked, box: Bounds, most: int) -> list[Division]:
    rows = _rows(DIVISIONS, user, asked, box, most)
    shapes, labels = _shapes(row[3] for row in rows), _shapes(row[4] for row in rows)
    return [
        Division(code, one_line(name), level, shape, label)
        for (code, name, level, *_), shape, label in zip(rows, shapes, labels, strict=True)
    ]


def _grids(user: User, asked: Asked, box: Bounds, most: int) -> list[Grid]:
    rows = _rows(GRIDS, user, asked, box, most)
    shapes = _shapes(row[5] for row in rows)
    return [
        Grid(pk, code, one_line(name), one_line(community), one_line(short), shape)
        for (pk, code, name, community, short, _), shape in zip(rows, shapes, strict=True)
    ]


def _at(name: str) -> dict[str, Func]:
    return {
        "lon": Func(name, function="ST_X", output_field=FloatField()),
        "lat": Func(name, function="ST_Y", output_field=FloatField()),
    }


def _among(asked: Asked, columns: Mapping[str, str]) -> dict[str, list[str]]:
    return {
        f"{columns[name]}__in": values
        for name, values in asked.filters.items()
        if name in columns and values
    }


def _old(asked: Asked, now: datetime) -> dict[str, datetime]:
    if not asked.older_h:
        return {}
    return {"reported_at__lte": now - timedelta(hours=asked.older_h)}


def _cameras(
    user: User, asked: Asked, box: Bounds, wanted: Sequence[State], most: int
) -> list[CameraSpot]:
    rows = (
        cameras_of(user)
        .filter(scope_code__startswith=asked.area, point__coveredby=Polygon.from_bbox(box))
        .annotate(shown=Coalesce("state__state", Value(State.UNKNOWN.value)), **_at("point"))
        .filter(shown__in=[state.value for state in wanted])
        .filter(**_among(asked, CAMERA_COLUMNS))
    )
    columns = rows.order_by("id").values_list(
        "code", "name", "shown", Coalesce("state__reason", Value(Reason.NOT_ASKED.value)),
        "state__since", Coalesce("grid__name", Value("")), "lon", "lat",
    )[: most + 1]  # fmt: skip
    found = [
        CameraSpot(one_line(code), one_line(name), state, reason, since, one_line(grid), lon, lat)
        for code, name, state, reason, since, grid, lon, lat in columns
    ]
    _refuse_more(found, most)
    return found


def _outages(user: User, asked: Asked, box: Bounds, most: int) -> list[OutageSpot]:
    cameras = cameras_of(user).filter(
        scope_code__startswith=asked.area, point__coveredby=Polygon.from_bbox(box)
    )
    rows = (
        OutageMember.objects.filter(left_at=None, outage__closed_at=None, camera__in=cameras)
        .exclude(outage__suspect_kind="")
        .order_by("outage")
        .values_list("outage")
        .annotate(
            cameras=Count("pk"),
            opened=Min("outage__opened_at"),
            reason=Min("outage__reason"),
            kind=Min("outage__suspect_kind"),
            suspect=Min("outage__suspect_name"),
            lon=Avg(_at("camera__point")["lon"]),
            lat=Avg(_at("camera__point")["lat"]),
        )[: most + 1]
    )
    found = [
        OutageSpot(cameras, opened, reason, thing_name(Kind(kind)), _named(kind, name), lon, lat)
        for _pk, cameras, opened, reason, kind, name, lon, lat in rows
    ]
    _refuse_more(found, most)
    return found


def _named(kind: str, name: str) -> str:
    """A subnet's name is its address in the network, which is nobody's outside."""
    return "" if kind == Kind.SUBNET else one_line(name)


def _events(user: User, asked: Asked, box: Bounds, now: datetime, most: int) -> list[EventSpot]:
    rows: QuerySet[Any, Any] = (
        events_seen(user)
        .filter(
            state__in=OPEN_VALUES,
            scope_code__startswith=asked.area,
            point__coveredby=Polygon.from_bbox(box),
        )
        .filter(**_among(asked, EVENT_COLUMNS), **_old(asked, now))
        .annotate(due_at=next_due(), **_at("point"))
        .order_by("id")
        .values(
            "number", "kind", "severity", "state", "address", "received_at", "due_at", "amber_at",
            "lon", "lat", entry=F("category__name"), at_grid=Coalesce("grid__name", Value("")),
        )[: most + 1]
    )  # fmt: skip
    found = [
        EventSpot(
            row["number"] or "", row["kind"], row["severity"], row["state"],
            one_line(row["entry"]), one_line(row["address"]), one_line(row["at_grid"]),
            row["received_at"], row["due_at"], colour(now, row["amber_at"], row["due_at"]).value,
            row["lon"], row["lat"],
        )
        for row in rows
    ]  # fmt: skip
    _refuse_more(found, most)
    return found


# ---- Words ---------------------------------------------------------------------------------------


def camera_state(value: str) -> str:
    return camera_state_name(State(value))


def camera_facts(one: CameraSpot) -> list[tuple[str, str]]:
    """What a file says of a camera, with heads."""
    return _told(
        (_("Camera"), one.name),
        (_("Code"), one.code),
        (_("State"), camera_state(one.state)),
        (_("Reason"), reason_name(one.reason)),
        (_("Since"), time_text(one.since) if one.since else ""),
        (_("Grid"), one.grid),
    )


def outage_facts(one: OutageSpot) -> list[tuple[str, str]]:
    return _told(
        (_("One fault, several cameras"), one.name or one.thing),
        (_("Connected through"), one.thing if one.name else ""),
        (_("Cameras"), f"{one.cameras}"),
        (_("Reason"), reason_name(one.reason)),
        (_("Since"), time_text(one.opened_at)),
    )


def event_facts(one: EventSpot) -> list[tuple[str, str]]:
    return _told(
        (_("Event"), one.number),
        (_("Entry"), one.entry),
        (_("Kind"), str(EventKind(one.kind).label)),
        (_("Severity"), severity_name(one.severity)),
        (_("State"), event_state_name(one.state)),
        (_("Received"), time_text(one.received_at)),
        (pgettext("event", "Due"), f"{time_text(one.due_at)} · {due_name(one.due)}"),
        (_("Address"), one.address),
        (_("Grid"), one.grid),
    )


def kind_letter(kind: str) -> str:
    """One character that stands for a kind, as on the wall."""
    return {
        "safety": pgettext("one character for a kind of event", "S"),
        "opinion": pgettext("one character for a kind of event", "O"),
        "service": pgettext("one character for a kind of event", "V"),
        "emergency": pgettext("one character for a kind of event", "E"),
    }[kind]


def _told(*facts: tuple[str, str]) -> list[tuple[str, str]]:
    return [(head, text) for head, text in facts if text]
