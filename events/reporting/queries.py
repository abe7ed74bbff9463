"""What the phone reads: the form of a report, one's own reports, photos."""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.contrib.gis.db.models import Extent
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Category, Event, EventKind, EventPhoto
from events.models.event import MAX_PHOTOS, MAX_TEXT
from events.reporting.area import area_of
from events.reporting.sent import MAX_ADDRESS, MAX_REASON
from events.rights import events_seen
from events.texts import BADGES, state_name
from events.workflow import Action, Status, can
from gis_server.edge import Page
from gis_server.errors import NotFound
from gis_server.models import User
from gis_server.photos.decoding import MAX_BYTES
from gis_server.roles import Permission, may
from grids.codes import DIVISION_DIGITS
from grids.models import Division, GridShape

MOST_ENTRIES = 1000


def own_reports(user: User, page: Page) -> tuple[Sequence[Event], int]:
    """One piece of what the user has reported, the newest first, and how many.  Three queries."""
    rows = Event.objects.filter(reporter=user)
    ordered = rows.select_related("category").prefetch_related("photos")
    found = list(ordered.order_by("-received_at", "-id")[page.offset : page.offset + page.limit])
    return found, rows.count()


def report_item(row: Event, user: User) -> dict[str, Any]:
    """One of the user's own; steps are only for whoever may see events."""
    return {
        "id": row.pk,
        "number": row.number,
        "client_id": str(row.client_id),
        "kind": row.kind,
        "category": row.category.code,
        "category_name": row.category.name,
        "state": row.state,
        "state_text": state_name(row.state),
        "badge": BADGES[Status(row.state)],
        "severity": row.severity,
        "text": row.text,
        "address": row.address,
        "lon": row.point.x,
        "lat": row.point.y,
        "grid": row.grid_then_name,
        "reported_at": text_of(row.reported_at),
        "received_at": text_of(row.received_at),
        "closed_at": text_of(row.closed_at),
        "can_withdraw": may(user.role, Permission.SEE_EVENTS)
        and can(Action.WITHDRAW, Status(row.state)),
        "photos": photo_urls(row),
    }


def photo_urls(row: Event) -> list[str]:
    """Of the report; `photos` are read already."""
    return [
        reverse("event-photo", args=[one.pk]) for one in row.photos.all() if one.step_id is None
    ]


def text_of(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def photo_for(user: User, photo_id: int) -> EventPhoto:
    """Raises NotFound: there is none, or none that the user may see (which must look the same)."""
    row = EventPhoto.objects.filter(pk=photo_id).first()
    if row is None or not (is_own(user, row) or is_seen(user, row)):
        raise NotFound(_("There is no such photo in your area."))
    return row


def is_own(user: User, row: EventPhoto) -> bool:
    """Its sender's; an API token shows no more than what lies in its own territory."""
    return row.by_id == user.pk and user.token_reach is None


def is_seen(user: User, row: EventPhoto) -> bool:
    return row.event_id is not None and events_seen(user).filter(pk=row.event_id).exists()


def form_for(
    request: HttpRequest, user: User, have: str = "", have_area: str = ""
) -> dict[str, Any]:
    """Who is signed in and what a report needs; have, have_area: the versions of the catalogue and
    of the user's area that the phone has, which are then left out.  Four queries, five with grids
    in the reach.
    """
    kinds = catalogue()
    area = area_of(user.reach, timezone.localdate())
    version = sha256(json.dumps(kinds).encode()).hexdigest()[:16]
    return {
        "me": {
            "id": user.pk,
            "name": user.get_full_name(),
            "may_handle": may(user.role, Permission.HANDLE_EVENTS),
            "may_patrol": may(user.role, Permission.DO_PATROLS),
        },
        "csrf": get_token(request),
        "version": version,
        "kinds": None if have == version else kinds,
        "box": box_of(user),
        "area": {"version": have_area} if area and area["version"] == have_area else area,
        "limits": {
            "photos": MAX_PHOTOS,
            "photo_bytes": MAX_BYTES,
            "text": MAX_TEXT,
            "address": MAX_ADDRESS,
            "reason": MAX_REASON,
        },
    }


def catalogue() -> list[dict[str, Any]]:
    """The kinds with their groups and entries that are in use.  One query."""
    rows = list(Category.objects.filter(is_active=True).order_by("position", "code")[:MOST_ENTRIES])
    below: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        if row.parent_id is not None:
            below.setdefault(row.parent_id, []).append(entry_item(row))
    return [
        {
            "kind": kind.value,
            "name": str(kind.label),
            "groups": [
                {"name": row.name, "entries": below[row.pk]}
                for row in rows
                if row.kind == kind.value and row.parent_id is None and row.pk in below
            ],
        }
        for kind in EventKind
    ]


def entry_item(row: Category) -> dict[str, Any]:
    names = ("code", "name", "hint", "severity", "needs_photo")
    return {name: getattr(row, name) for name in names}


def box_of(user: User) -> list[float] | None:
    """West, south, east, north of the user's reach: where a map begins.  At most two queries."""
    wide = [one.ljust(DIVISION_DIGITS, "0") for one in user.reach if len(one) <= DIVISION_DIGITS]
    narrow = [one for one in user.reach if len(one) > DIVISION_DIGITS]
    boxes = []
    if wide:
        boxes.append(Division.objects.filter(code__in=wide).aggregate(box=Extent("shape"))["box"])
    if narrow:
        today = timezone.localdate()
        shapes = GridShape.objects.filter(grid__code__in=narrow, valid__contains=today)
        boxes.append(shapes.aggregate(box=Extent("shape"))["box"])
    found = [box for box in boxes if box]
    if not found:
        return None
    west, south, east, north = zip(*found, strict=True)
    return [min(west), min(south), max(east), max(north)]
