"""Several reports of one matter: suggested by place and time, merged by somebody, never by itself.

FixMyStreet looks 250 m around; 24 hours and the same entry are the contract's.
"""

from datetime import datetime, timedelta

from django.contrib.gis.geos import GEOSGeometry, Point, Polygon
from django.db import transaction
from django.utils.translation import gettext as _

from events.models import Event
from events.models.event import OPEN_VALUES
from events.queries import event_for
from events.rights import events_seen
from events.services.deadlines import begun_anew
from events.services.leading import closed
from events.services.steps import move, ready
from events.workflow import Action
from gis_server.errors import Conflict, Invalid
from gis_server.geo import WGS84, metric_srid
from gis_server.models import User

NEAR_M = 250.0
NEAR = timedelta(hours=24)
MOST_SUGGESTED = 10
M_PER_DEGREE = 111_320.0
"""Of latitude; a box of so many degrees either way is wide enough at any latitude below 75°."""
WIDER = 4.0


def suggest_duplicates(user: User, event: Event) -> list[Event]:
    """Open events with the same entry, at most 250 m and 24 hours away, the nearest first; each
    with `distance_m`.  One query (and one for the user's departments).
    """
    others = events_seen(user).filter(
        category=event.category_id,
        state__in=OPEN_VALUES,
        received_at__gte=event.received_at - NEAR,
        received_at__lte=event.received_at + NEAR,
        point__intersects=box_around(event.point),
    )
    here = metric(event.point)
    near = list[tuple[float, Event]]()
    for other in others.exclude(pk=event.pk).order_by("id")[: MOST_SUGGESTED * 20]:
        distance_m = here.distance(metric(other.point))
        if distance_m <= NEAR_M:
            other.distance_m = distance_m  # type: ignore[attr-defined]
            near.append((distance_m, other))
    near.sort(key=lambda one: (one[0], one[1].pk))
    return [other for _distance, other in near[:MOST_SUGGESTED]]


def box_around(point: Point) -> Polygon:
    """All that can be near lies in it; it is looked up in the index, the metres decide."""
    north, east = NEAR_M / M_PER_DEGREE, NEAR_M * WIDER / M_PER_DEGREE
    box = Polygon.from_bbox((point.x - east, point.y - north, point.x + east, point.y + north))
    box.srid = WGS84
    return box


def metric(point: GEOSGeometry) -> GEOSGeometry:
    return point.transform(metric_srid(), clone=True)


@transaction.atomic
def merge(
    *,
    by: User,
    event_id: int,
    into: int,
    seen: int = 0,
    note: str = "",
    now: datetime,
) -> Event:
    """Let another event stand for this one; it goes on there.

    Raises:
        NotFound: the user does not see the other one.
        Invalid: it is the same event.
        Conflict: the other one is over.
        And see `steps.ready`.
    """
    if into == event_id:
        raise Invalid(_("An event cannot be merged into itself."))
    other_id = event_for(by, into).pk
    # Both are locked in the order of their ids: whoever merges the other way waits, not deadlocks.
    locked = Event.objects.select_for_update(of=("self",)).filter(pk__in=[event_id, other_id])
    rows = {row.pk: row for row in locked.order_by("pk")}
    event = ready(by, event_id, Action.MERGE, seen)
    other = rows[other_id]
    if other.state not in OPEN_VALUES:
        raise Conflict(_("%(number)s is over: choose an open event.") % {"number": other.number})
    values = closed(event) | {"merged_into": other}
    detail = {"into": other.pk, "number": other.number}
    return move(event, Action.MERGE, by=by, now=now, values=values, note=note, detail=detail)


@transaction.atomic
def unmerge(*, by: User, event_id: int, seen: int = 0, note: str, now: datetime) -> Event:
    """Take a merged event apart again; it is reported as at first, and its clocks begin anew."""
    event = ready(by, event_id, Action.UNMERGE, seen)
    values = {"merged_into": None, "closed_level": "", "accepted_at": None, "filed_at": None}
    values |= begun_anew(event, now)
    return move(event, Action.UNMERGE, by=by, now=now, values=values, note=note)
