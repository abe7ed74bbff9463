"""Events as rows of the desk and points of maps, in words."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from events.deadlines import Colour, colour, next_due
from events.desk.filters import Tab
from events.models import Event, EventKind, Source
from events.queries import position_of
from events.texts import BADGES, COLOURS, level_name, severity_name, stage_name, state_name
from events.workflow import OPEN, Stage, Status
from gis_server.plain_text import one_line, shortened

LONGEST_SHOWN = 80
MOST_UNITS = 2
DECIMALS = 6
OVER_NAME = "over"
"""What stands for a colour where nothing is due any more."""
TABS: dict[Tab, Any] = {
    Tab.OPEN: gettext_lazy("All open"),
    Tab.MINE: gettext_lazy("Waits for me"),
    Tab.TO_ACCEPT: gettext_lazy("To accept"),
    Tab.TO_FILE: gettext_lazy("To file"),
    Tab.TO_DISPATCH: gettext_lazy("To dispatch"),
    Tab.CONSULTING: gettext_lazy("In consultation"),
    Tab.AT_UNITS: gettext_lazy("At units"),
    Tab.TO_VERIFY: gettext_lazy("To verify"),
    Tab.TO_CLOSE: gettext_lazy("To close"),
    Tab.OVERDUE: gettext_lazy("Overdue"),
    Tab.SUPERVISED: gettext_lazy("Supervised"),
    Tab.MORE_TIME: gettext_lazy("More time asked"),
    Tab.OVER: gettext_lazy("Over"),
    Tab.ALL: pgettext_lazy("events", "All"),
}


def state_shown(value: str) -> dict[str, str]:
    """A state as a badge: its word and its colour's name."""
    return {"value": value, "name": state_name(value), "badge": BADGES[Status(value)]}


def dues_of(event: Event) -> Mapping[Stage, datetime]:
    return {
        Stage.ACCEPT: event.accept_due,
        Stage.HANDLE: event.handle_due,
        Stage.CLOSE: event.close_due,
    }


def due_shown(event: Event, now: datetime) -> dict[str, Any] | None:
    """The deadline that runs now, its colour, and how long it is until or since then; None where
    the event is over.
    """
    running = next_due(Status(event.state), dues_of(event))
    if running is None:
        return None
    stage, at = running
    near = colour(now, event.amber_at, at)
    return {
        "stage": stage_name(stage.value),
        "at": at,
        "colour": near.value,
        "word": str(COLOURS[near]),
        "left": left_text(at - now),
    }


def left_text(left: timedelta) -> str:
    """How long until a deadline, or since: "3 h 20 min left", "2 d over"."""
    length = length_text(abs(left))
    form = _("%(length)s over") if left < timedelta() else _("%(length)s left")
    return form % {"length": length}


def length_text(length: timedelta) -> str:
    minutes = int(length.total_seconds()) // 60
    days, hours = minutes // 1440, minutes % 1440 // 60
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": minutes % 60}
    return _("%(minutes)d min") % {"minutes": minutes}


def row_shown(event: Event, now: datetime) -> dict[str, Any]:
    """What a row of the desk shows; `at_work` of the event are its open tasks."""
    units = [one_line(task.unit_name) for task in event.at_work]  # type: ignore[attr-defined]
    return {
        "event": event,
        "state": state_shown(event.state),
        "severity": severity_name(event.severity),
        "kind": EventKind(event.kind).label,
        "entry": event.category.name,
        "source": Source(event.source).label,
        "level": level_name(event.level),
        "said": shortened(one_line(event.text), LONGEST_SHOWN),
        "where": one_line(event.address) or place_name(event),
        "grid": place_name(event),
        "units": units[:MOST_UNITS],
        "more_units": max(0, len(units) - MOST_UNITS),
        "due": due_shown(event, now),
        "marks": marks_of(event),
        "is_open": Status(event.state) in OPEN,
        "point": ",".join(f"{one:.{DECIMALS}f}" for one in position_of(event)),
    }


def place_name(event: Event) -> str:
    """The grid in which it lies now, else the one in which it lay."""
    return event.grid.name if event.grid else event.grid_then_name or event.scope_code


def marks_of(event: Event) -> list[dict[str, str]]:
    """What else there is to know at a glance, each as a badge."""
    marks = [
        (event.supervised, "bad", _("supervised")),
        (event.reworked, "warn", _("rework")),
        (event.reopened, "warn", _("opened again")),
        (event.escalated, "warn", _("passed up")),
        (event.extended, "off", _("extended")),
    ]
    return [
        {"badge": badge, "name": f"{word} ×{count}" if count > 1 else word}
        for count, badge, word in marks
        if count
    ]


def feature(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """A point of a map (RFC 7946: WGS84, longitude first) of a row of `queries.on_map`."""
    dues = {stage: row[f"{stage.value}_due"] for stage in Stage}
    running = next_due(Status(row["state"]), dues)
    told = ("id", "number", "kind", "severity", "state", "level")
    return {
        "type": "Feature",
        "id": row["id"],
        "geometry": {
            "type": "Point",
            "coordinates": [round(row["lon"], DECIMALS), round(row["lat"], DECIMALS)],
        },
        "properties": {name: row[name] for name in told}
        | {
            "due": colour(now, row["amber_at"], running[1]).value if running else OVER_NAME,
            "entry": row["category__name"],
        },
    }


def drawn(event: Event) -> dict[str, Any]:
    """The row of `queries.on_map` that an event would give."""
    names = ("id", "number", "kind", "severity", "state", "level", "amber_at")
    dues = {f"{stage.value}_due": at for stage, at in dues_of(event).items()}
    lon, lat = position_of(event)
    place = {"lon": lon, "lat": lat, "category__name": event.category.name}
    return {name: getattr(event, name) for name in names} | dues | place


def card_shown(event: Event, now: datetime) -> dict[str, Any]:
    """What one look at an event tells, in words; `at_work` of the event are its open tasks."""
    due = due_shown(event, now)
    told: dict[str, Any] = feature(drawn(event), now)["properties"]
    return told | {
        "kind_text": str(EventKind(event.kind).label),
        "severity_text": severity_name(event.severity),
        "state_text": state_name(event.state),
        "level_text": level_name(event.level),
        "source_text": str(Source(event.source).label),
        "text": event.text,
        "address": event.address,
        "grid": place_name(event),
        "units": [task.unit_name for task in event.at_work],  # type: ignore[attr-defined]
        "received_at": event.received_at.isoformat(),
        "due_text": f"{due['stage']}: {due['left']}" if due else "",
        "lon": round(event.point.x, DECIMALS),
        "lat": round(event.point.y, DECIMALS),
        "photos": event.shots,  # type: ignore[attr-defined]
    }


def colours() -> list[tuple[str, Any]]:
    return [(one.value, COLOURS[one]) for one in Colour]
