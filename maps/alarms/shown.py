"""Alarms, groups and what is over as the wall reads them, in the reader's language."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from cameras.grouping import Kind as Shared
from cameras.models import Camera, Notice
from cameras.notices_text import meanwhile
from cameras.queries import thing_name
from cameras.reasons_text import reason_name
from events.rounds.dark import DEFAULT_HOURS
from gis_server import beats
from gis_server.models import User
from maps.alarms.queries import Alarm, Group, Over, Standing, Taken
from maps.alarms.ranks import Kind, Rank

KINDS = {
    Kind.URGENT: pgettext_lazy("alarm", "Urgent event, not accepted"),
    Kind.LATE: pgettext_lazy("alarm", "Late events"),
    Kind.OUTAGE: pgettext_lazy("alarm", "Several cameras down"),
    Kind.CAMERA: pgettext_lazy("alarm", "Key camera down"),
    Kind.NOTICE: pgettext_lazy("alarm", "Watching of cameras in trouble"),
    Kind.SILENT: pgettext_lazy("alarm", "Fault of this server"),
    Kind.DARK: pgettext_lazy("alarm", "Dark and not patrolled"),
}


def told(found: Standing, user: User, may_take: bool) -> dict[str, Any]:
    return {
        "total": found.total,
        "counts": {rank.name.lower(): found.counts[rank] for rank in Rank},
        "may_take": may_take,
        "flood": _flood(found, found.flood.since) if found.flood.since else None,
        "items": [item(alarm, user) for alarm in found.items],
    }


def _flood(found: Standing, since: datetime) -> dict[str, Any]:
    return {
        "since": since.isoformat(),
        "new": found.flood.new,
        "groups": [_group(group) for group in found.groups],
    }


def item(alarm: Alarm, user: User) -> dict[str, Any]:
    """kind, subject and raised_at name it when it is taken; opens: what the wall shows of it."""
    return {
        "kind": alarm.kind.value,
        "subject": alarm.subject,
        "raised_at": alarm.raised_at.isoformat(),
        "rank": alarm.rank.name.lower(),
        "kind_text": str(KINDS[alarm.kind]),
        "title": title(alarm),
        "detail": detail(alarm),
        "street": alarm.street,
        "street_name": alarm.street_name,
        "box": alarm.box,
        "opens": opens(alarm),
        "page": page(alarm),
        "taken": _taken(alarm.taken, user) if alarm.taken else None,
    }


def title(alarm: Alarm) -> str:
    about = alarm.about
    if alarm.kind in (Kind.URGENT, Kind.CAMERA):
        return str(about["name"])
    if alarm.kind is Kind.OUTAGE:
        return f"{thing_name(Shared(about['suspect']))} {about['name']}"
    if alarm.kind is Kind.NOTICE:
        return str(Notice.Kind(alarm.more).label)
    if alarm.kind is Kind.SILENT:
        return str(beats.NAMES[beats.Part(alarm.more)])
    return alarm.street_name or alarm.street


def detail(alarm: Alarm) -> str:
    """What there is to know besides, in one line."""
    return _DETAILS[alarm.kind](alarm)


def _of_urgent(alarm: Alarm) -> str:
    return _joined(alarm.street_name, alarm.about["address"] or alarm.about["grid"])


def _of_late(alarm: Alarm) -> str:
    words = ngettext(
        "%(number)d event of the district's own is late",
        "%(number)d events of the district's own are late",
        alarm.number,
    )
    return words % {"number": alarm.number}


def _of_outage(alarm: Alarm) -> str:
    return _joined(_cameras(alarm.number), reason_name(alarm.about["reason"]))


def _of_camera(alarm: Alarm) -> str:
    priority = str(Camera.Priority(alarm.more).label)
    return _joined(priority, reason_name(alarm.about["reason"]), alarm.street_name)


def _of_notice(alarm: Alarm) -> str:
    words = _("Site %(site)s: %(meanwhile)s")
    return words % {"site": alarm.about["site"], "meanwhile": meanwhile(alarm.more)}


def _of_silent(alarm: Alarm) -> str:
    if site := alarm.about["site"]:
        return _("Site %(site)s: the process has not been heard.") % {"site": site}
    return _("The process has not been heard. Whoever runs the server must look at it.")


def _of_dark(alarm: Alarm) -> str:
    words = ngettext(
        "%(number)d camera is down where nobody has been for %(hours)d h",
        "%(number)d cameras are down where nobody has been for %(hours)d h",
        alarm.number,
    )
    return words % {"number": alarm.number, "hours": DEFAULT_HOURS}


_DETAILS: dict[Kind, Callable[[Alarm], str]] = {
    Kind.URGENT: _of_urgent,
    Kind.LATE: _of_late,
    Kind.OUTAGE: _of_outage,
    Kind.CAMERA: _of_camera,
    Kind.NOTICE: _of_notice,
    Kind.SILENT: _of_silent,
    Kind.DARK: _of_dark,
}


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _cameras(number: int) -> str:
    return ngettext("%(number)d camera", "%(number)d cameras", number) % {"number": number}


def opens(alarm: Alarm) -> dict[str, Any] | None:
    thing = {Kind.URGENT: "event", Kind.OUTAGE: "outage", Kind.CAMERA: "camera"}.get(alarm.kind)
    return {"thing": thing, "id": alarm.about["id"]} if thing else None


def page(alarm: Alarm) -> str:
    """Where it is dealt with; empty where there is no such page."""
    if alarm.kind is Kind.URGENT:
        return reverse("event", args=[alarm.about["id"]])
    if alarm.kind is Kind.LATE:
        asked = {"tab": "overdue", "level": "district", "division": alarm.street.ljust(12, "0")}
        return f"{reverse('event-desk')}?{urlencode(asked)}"
    if alarm.kind is Kind.CAMERA:
        return reverse("camera-page", args=[alarm.about["id"]])
    return ""


def _taken(taken: Taken, user: User) -> dict[str, Any]:
    return {
        "by": taken.by,
        "who": taken.who,
        "own": taken.by == user.pk,
        "at": taken.at.isoformat(),
        "note": taken.note,
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "kind": group.kind.value,
        "kind_text": str(KINDS[group.kind]),
        "street": group.street,
        "street_name": group.street_name,
        "alarms": group.alarms,
        "untaken": group.untaken,
        "rank": group.rank.name.lower(),
        "raised_at": group.raised_at.isoformat(),
        "box": group.box,
    }


def ended(row: Over) -> dict[str, Any]:
    """A line of the ticker."""
    is_event = row.kind == "event"
    name = f"{thing_name(Shared(row.suspect))} {row.name}" if row.suspect else row.name
    return {
        "kind": row.kind,
        "id": row.id,
        "title": name,
        "detail": _cameras(row.number) if row.suspect else "",
        "closed_at": row.closed_at.isoformat(),
        "began_at": row.began_at.isoformat(),
        "page": reverse("event", args=[row.id]) if is_event else "",
    }
