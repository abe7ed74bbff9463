"""What the desk reads; every function costs a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.db.models import Extent
from django.contrib.gis.geos import Polygon
from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
)
from django.utils import timezone
from django.utils.translation import gettext as _

from events.deadlines import RED_SHARE, Colour
from events.desk.filters import (
    LONG_TABS,
    STATES,
    Filters,
    Sort,
    Tab,
    first_day,
    order_of,
    states_of,
)
from events.desk.keyset import Asked, Order, Piece, piece
from events.desk.words import with_words
from events.models import Category, Department, Event, EventTask, Extension
from events.models.event import OPEN_VALUES
from events.models.units import OPEN_TASK_VALUES
from events.rights import COMMUNITY_DIGITS, events_seen, level_of, own_departments
from events.workflow import AT_UNITS, OPEN, Level
from gis_server.errors import Invalid, NotFound
from gis_server.models import User
from gis_server.roles import Permission, may, scope_q
from grids.codes import DIVISION_DIGITS, BadCode, prefix
from grids.models import Division, GridShape

Rows = QuerySet[Any, Any]
"""Events with `next_due`, which the types of Django do not follow."""
DECIDED_BY_LEADERS = sorted(OPEN - AT_UNITS)
MOST_COUNTED = 1_000
"""Of more than these the desk says "1,000+": nobody reads on to their end."""
MOST_DEPARTMENTS = 300
MOST_ENTRIES = 1_000
MOST_ON_MAP = 2_000
MOST_MERGED = 50
SHOWN = ("category", "grid")


def next_due() -> Func:
    """When what runs now is due; `event_next_due` of the database has an index of its own."""
    columns = [F(name) for name in ("state", "accept_due", "handle_due", "close_due")]
    return Func(*columns, function="event_next_due", output_field=DateTimeField())


def rank() -> Func:
    """The place of the severity in `GRAVEST_FIRST`; `event_rank` has an index with what is due."""
    return Func(F("severity"), function="event_rank", output_field=IntegerField())


ORDERS: dict[Sort, Order] = {
    Sort.DUE: Order("next_due"),
    Sort.NEWEST: Order("received_at", is_falling=True),
    Sort.OLDEST: Order("received_at"),
    Sort.GRAVEST: Order("next_due", rank="rank"),
}


def order_in(filters: Filters) -> Order:
    """What is over is not due: of those as grave the newest comes first."""
    sort = order_of(filters)
    if sort is Sort.GRAVEST and Tab(filters.tab) in LONG_TABS:
        return Order("received_at", is_falling=True, rank="weight")
    return ORDERS[sort]


def ranked(rows: Rows, order: Order) -> Rows:
    """With the column of the order that counts first, if it has one."""
    return (
        rows.annotate(**{order.rank: -rank() if order.is_falling else rank()})
        if order.rank
        else rows
    )


def open_tasks() -> QuerySet[EventTask]:
    return EventTask.objects.filter(state__in=OPEN_TASK_VALUES)


def desk(rows: Rows, filters: Filters, asked: Asked) -> Piece:
    """One page of what `filtered` gave, each event with its entry, grid and open tasks.

    Two queries.
    """
    order = order_in(filters)
    return piece(ranked(with_shown(rows), order), order, asked)


def with_shown(rows: Rows) -> Rows:
    """With entry, grid and open tasks, and the position as `lon` and `lat` in place of a geometry:
    making a hundred of them took a third of a page's time.
    """
    tasks = Prefetch("tasks", open_tasks(), to_attr="at_work")
    placed: Rows = rows.defer("point").annotate(lon=degrees("X"), lat=degrees("Y"))
    return placed.select_related(*SHOWN).prefetch_related(tasks)


def degrees(axis: str) -> Func:
    """Longitude (X) or latitude (Y) of the event."""
    return Func(F("point"), function=f"ST_{axis}", output_field=FloatField())


def in_order(rows: Rows, filters: Filters) -> Rows:
    order = order_in(filters)
    return ranked(rows, order).order_by(*order.by(falling=order.is_falling))


def whole(user: User, filters: Filters, most: int, now: datetime) -> list[Event] | None:
    """All of the list in its order, for a file; None when it is longer than `most`.

    Two queries, and those of `filtered`.
    """
    rows = with_shown(filtered(user, filters, now))
    found = list(in_order(rows, filters)[: most + 1])
    return found if len(found) <= most else None


def seen(user: User) -> Rows:
    return events_seen(user).annotate(next_due=next_due())


def filtered(user: User, filters: Filters, now: datetime, sight: Rows | None = None) -> Rows:
    """The events that fit, in no order yet.  One query for the user's departments; up to two more
    where words are looked for.

    sight: what `seen` gave, where the caller has it.

    Raises:
        Invalid: words that cannot be looked for, or a division that has no code.
    """
    tab = Tab(filters.tab)
    rows = seen(user) if sight is None else sight
    if tab is not Tab.ALL:
        rows = rows.filter(state__in=sorted(states_of(tab)))
    rows = in_tab(rows, user, tab, now)
    rows = narrowed(rows, filters, now)
    return with_words(rows, filters.text) if filters.text else rows


def in_tab(rows: Rows, user: User, tab: Tab, now: datetime) -> Rows:
    """Cut to what stands in a tab, where the state alone does not tell."""
    if tab is Tab.OVERDUE:
        return rows.filter(next_due__lt=now)
    if tab is Tab.SUPERVISED:
        return rows.filter(supervised__gt=0)
    if tab is Tab.MORE_TIME:
        asked = Extension.objects.filter(event=OuterRef("pk"), granted=None)
        return rows.filter(Exists(asked))
    if tab is Tab.MINE:
        return rows.filter(waits_for(user))
    return rows


def waits_for(user: User) -> Q:
    """What waits for the user: parts of their units, and what they lead at its level.

    Their units are the departments that they act for, and the divisions that their scope is; for
    whoever has a grid, its community.
    """
    units = sorted({one[:COMMUNITY_DIGITS] for one in user.scope})
    parts = Q(department__in=own_departments(user)) | Q(division__isnull=False, unit_code__in=units)
    at_work = Exists(open_tasks().filter(parts, event=OuterRef("pk")))
    level = level_of(min((len(one) for one in user.scope), default=0))
    if level is None or not may(user.role, Permission.LEAD_EVENTS):
        return Q(at_work)
    return Q(at_work) | Q(level=level.value, state__in=DECIDED_BY_LEADERS)


def narrowed(rows: Rows, filters: Filters, now: datetime) -> Rows:
    plain = {
        "level": filters.level,
        "kind": filters.kind,
        "severity": filters.severity,
        "source": filters.source,
    }
    rows = rows.filter(**{name: value for name, value in plain.items() if value})
    if filters.division:
        rows = rows.filter(scope_code__startswith=below(filters.division))
    if filters.category:
        ids = Category.objects.filter(Q(pk=filters.category) | Q(parent=filters.category))
        rows = rows.filter(category__in=list(ids.values_list("pk", flat=True)))
    if filters.department:
        rows = rows.filter(
            Exists(open_tasks().filter(event=OuterRef("pk"), department=filters.department))
        )
    if filters.colour:
        rows = rows.filter(coloured(Colour(filters.colour), now))
    return received(rows, filters, now)


def coloured(colour: Colour, now: datetime) -> Q:
    """As `deadlines.colour` says it, of what is open: what is over has no deadline any more."""
    third = (F("next_due") - F("amber_at")) / RED_SHARE
    late, near = Q(next_due__lt=now), Q(amber_at__lte=now)
    red = Q(next_due__lte=now + third)
    of = {
        Colour.LATE: late,
        Colour.RED: ~late & near & red,
        Colour.AMBER: ~late & near & ~red,
        Colour.GREEN: ~late & ~near,
    }
    return Q(state__in=OPEN_VALUES) & of[colour]


def received(rows: Rows, filters: Filters, now: datetime) -> Rows:
    """Days are those of the local calendar."""
    first = first_day(filters, timezone.localdate(now))
    if first is not None:
        rows = rows.filter(received_at__gte=_midnight(first))
    if filters.until:
        last = datetime.fromisoformat(filters.until).date()
        rows = rows.filter(received_at__lt=_midnight(last + timedelta(days=1)))
    return rows


def _midnight(day: object) -> datetime:
    zone = timezone.get_default_timezone()
    return datetime.fromisoformat(str(day)).replace(tzinfo=zone)


def below(code: str) -> str:
    """What the codes in a division begin with.  Raises Invalid: no code."""
    try:
        return prefix(code)
    except BadCode:
        raise Invalid(_("There is no division with the code %(code)s.") % {"code": code}) from None


@dataclass(frozen=True, slots=True)
class Total:
    """How many fit; `more`: at least so many."""

    count: int
    more: bool = False


def total(rows: Rows) -> Total:
    """Of what `filtered` gave, counted up to `MOST_COUNTED`.  One query."""
    found = rows.order_by().values("pk")[: MOST_COUNTED + 1].count()
    return Total(min(found, MOST_COUNTED), found > MOST_COUNTED)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of the open events stand in each tab, and how many at each level."""

    tabs: dict[Tab, int]
    levels: dict[Level, int]


def counts(user: User, filters: Filters, now: datetime, sight: Rows) -> Counts:
    """Of all open events in sight (at the chosen level, for the tabs).  One query, and one for the
    user's departments.
    """
    rows = sight.filter(state__in=OPEN_VALUES)
    asked = Exists(Extension.objects.filter(event=OuterRef("pk"), granted=None))
    sums = {
        "of": Count("id"),
        Tab.OVERDUE: Count("id", filter=Q(next_due__lt=now)),
        Tab.SUPERVISED: Count("id", filter=Q(supervised__gt=0)),
        Tab.MORE_TIME: Count("id", filter=asked),
        Tab.MINE: Count("id", filter=waits_for(user)),
    }
    tabs: dict[Tab, int] = dict.fromkeys((tab for tab in Tab if tab not in LONG_TABS), 0)
    levels: dict[Level, int] = dict.fromkeys(Level, 0)
    for row in rows.order_by().values("state", "level").annotate(**sums):
        levels[Level(row["level"])] += row["of"]
        if filters.level in ("", row["level"]):
            _add(tabs, row)
    return Counts(tabs, levels)


def _add(tabs: dict[Tab, int], row: dict[str, Any]) -> None:
    tabs[Tab.OPEN] += row["of"]
    for tab in (Tab.MINE, Tab.OVERDUE, Tab.SUPERVISED, Tab.MORE_TIME):
        tabs[tab] += row[tab]
    for tab, states in STATES.items():
        if tab in tabs and row["state"] in states:
            tabs[tab] += row["of"]


Box = tuple[float, float, float, float]
DRAWN = (
    "id", "number", "kind", "severity", "state", "level", "accept_due", "handle_due", "close_due",
    "amber_at", "category__name",
)  # fmt: skip


def on_map(
    user: User, filters: Filters, box: Box | None, limit: int, now: datetime
) -> tuple[list[dict[str, Any]], bool]:
    """Columns of the desk's events that lie in a box (west, south, east, north, WGS84) in the
    desk's order, with `lon` and `lat`, and whether there are more of them.

    One query, and those of `filtered`.
    """
    rows = filtered(user, filters, now)
    if box is not None:
        rows = rows.filter(point__coveredby=Polygon.from_bbox(box))
    columns = in_order(rows, filters).values(*DRAWN, lon=degrees("X"), lat=degrees("Y"))
    found = list(columns[: limit + 1])
    return found[:limit], len(found) > limit


def card(user: User, event_id: int) -> Event:
    """An event with its open tasks and how many photos there are (`shots`).  Two queries.

    Raises:
        NotFound: there is none, or none that the user may see.
    """
    tasks = Prefetch("tasks", open_tasks(), to_attr="at_work")
    rows = events_seen(user).filter(pk=event_id).select_related(*SHOWN).prefetch_related(tasks)
    event = rows.annotate(shots=Count("photos")).first()
    if event is None:
        raise NotFound(_("There is no such event in your area."))
    return event


def departments_seen(user: User) -> Sequence[Department]:
    """Those that work in the user's reach.  One query."""
    rows = Department.objects.filter(scope_q(user, "area"), is_active=True)
    return list(rows.order_by("name", "id")[:MOST_DEPARTMENTS])


def entries() -> Sequence[Category]:
    """The catalogue in its order, groups before what they hold.  One query."""
    return list(Category.objects.filter(is_active=True).select_related("parent")[:MOST_ENTRIES])


def extent_of(user: User) -> list[float] | None:
    """West, south, east, north of what the user sees, in WGS84 degrees; None where that has no
    shape.  One query; one more for those who see no whole division.
    """
    divisions = Division.objects.filter(scope_q(user, "code"))
    box = divisions.aggregate(box=Extent("shape"))["box"]
    if box is None:
        shapes = GridShape.objects.filter(scope_q(user, "grid__code"))
        box = shapes.aggregate(box=Extent("shape"))["box"]
    return list(box) if box else None


def merged_with(user: User, event: Event) -> list[Event]:
    """The event that this one was merged into, and those that were merged into it, of what the
    user sees.  One query (and one for the user's departments).
    """
    rows = events_seen(user).filter(Q(duplicates=event.pk) | Q(merged_into=event.pk))
    return list(rows.select_related("category").order_by("id").distinct()[:MOST_MERGED])


def names_of(prefixes: Sequence[str]) -> dict[str, str]:
    """The names of the divisions with these prefixes.  One query."""
    codes = {one.ljust(DIVISION_DIGITS, "0"): one for one in prefixes}
    rows = Division.objects.filter(code__in=codes).values_list("code", "name")
    return {codes[code]: name for code, name in rows}
