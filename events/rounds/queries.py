"""What is read of video rounds; every function costs a fixed number of queries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext as _

from cameras.health import State
from cameras.models import Camera
from cameras.page_parts import state_name
from cameras.queries import cameras_of
from events.models import Event, Look, RoundPlace, Source, VideoRound, VideoSeen, Walk
from events.models.rounds import MOST_CAMERAS
from events.rounds.ordering import order
from gis_server.edge import Page
from gis_server.errors import NotFound
from gis_server.geo import WGS84
from gis_server.models import User
from gis_server.roles import scope_q

MOST_ON_MAP = 5000
Box = tuple[float, float, float, float]


def rounds_seen(user: User) -> QuerySet[VideoRound]:
    return VideoRound.objects.filter(scope_q(user, "scope_code"))


def round_for(user: User, round_id: int) -> VideoRound:
    """Raises NotFound."""
    row = rounds_seen(user).filter(pk=round_id).first()
    if row is None:
        raise NotFound(_("There is no such video round in your area."))
    return row


def walk_for(user: User, walk_id: int) -> Walk:
    """With its round.  Raises NotFound."""
    rows = Walk.objects.filter(scope_q(user, "round__scope_code"), pk=walk_id)
    row = rows.select_related("round").first()
    if row is None:
        raise NotFound(_("There is no such video round in your area."))
    return row


def cameras_in(user: User, row: VideoRound) -> list[Camera]:
    """The cameras of a round that lie in the user's reach, in the round's order.  Two queries."""
    cameras = cameras_of(user).filter(enabled=True, has_video=True).select_related("state")
    if row.area:
        inside = cameras.filter(scope_code__startswith=row.area)
        found = list(inside.order_by("id")[:MOST_CAMERAS])
        # A degree of longitude is shorter, by 0.79 here: good enough to say what is next.
        places = order([one.point.x * 0.79 for one in found], [one.point.y for one in found])
        return [found[place] for place in places]
    rows = RoundPlace.objects.filter(round=row)[:MOST_CAMERAS]
    ids = [place.camera_id for place in rows]
    known = {one.pk: one for one in cameras.filter(pk__in=ids)}
    return [known[one] for one in ids if one in known]


def listed(user: User, page: Page) -> tuple[Sequence[VideoRound], int]:
    rows = rounds_seen(user)
    return list(rows[page.offset : page.offset + page.limit]), rows.count()


def newest_walks(rounds: Sequence[VideoRound]) -> dict[int, Walk]:
    """The last walk of each round, with `said`: of how many cameras it has said something.

    One query.
    """
    newest = Walk.objects.filter(round=OuterRef("round")).order_by("-begun_at", "-id")
    last = Walk.objects.filter(round__in=rounds, pk=Subquery(newest.values("pk")[:1]))
    return {walk.round_id: walk for walk in last.annotate(said=Count("looks"))}


def walks_of(row: VideoRound, most: int) -> list[Walk]:
    """The newest walks of a round first, each with `said`.  One query."""
    return list(Walk.objects.filter(round=row).annotate(said=Count("looks"))[:most])


def walk_shown(user: User, walk: Walk) -> dict[str, Any]:
    """A walk with its cameras, as the page that goes through them reads it.  Five queries."""
    looks = {look.camera_id: look for look in Look.objects.filter(walk=walk)}
    filed = events_of(walk)
    cameras = cameras_in(user, walk.round)
    return {
        "id": walk.pk,
        "round": walk.round.name,
        "who": walk.who,
        "begun_at": walk.begun_at.isoformat(),
        "ended_at": walk.ended_at.isoformat() if walk.ended_at else None,
        "is_own": walk.by_id == user.pk,
        "cameras": [camera_item(one, looks.get(one.pk), filed.get(one.pk, 0)) for one in cameras],
    }


def camera_item(camera: Camera, look: Look | None, events: int) -> dict[str, Any]:
    state = state_of(camera)
    return {
        "id": camera.pk,
        "code": camera.code,
        "name": camera.name,
        "address": camera.address_text,
        "lon": camera.point.x,
        "lat": camera.point.y,
        "state": state.value,
        "state_text": str(state_name(state)),
        "is_dark": state is State.OFFLINE,
        "result": look.result if look else "",
        "result_text": str(look.get_result_display()) if look else "",
        "at": look.at.isoformat() if look else None,
        "events": events,
    }


def state_of(camera: Camera) -> State:
    """Read with the camera; unknown before it was first asked."""
    state = getattr(camera, "state", None)
    return State(state.state) if state else State.UNKNOWN


def events_of(walk: Walk) -> dict[int, int]:
    """How many events the operator has filed of each camera since the walk began."""
    rows = Event.objects.filter(
        reporter=walk.by_id, source=Source.VIDEO_ROUND.value, camera_id__isnull=False,
        received_at__gte=walk.begun_at,
    )  # fmt: skip
    if walk.ended_at:
        rows = rows.filter(received_at__lte=walk.ended_at)
    counts = rows.order_by().values("camera_id").annotate(count=Count("id"))
    return {int(one["camera_id"] or 0): one["count"] for one in counts}


def seen_in(
    user: User, box: Box, since: datetime, until: datetime, limit: int = MOST_ON_MAP
) -> list[VideoSeen]:
    """What was seen by video from a moment to another, in a box (west, south, east, north): of each
    camera in reach the newest.  One query.  This is apart from what people on duty have seen.
    """
    area = Polygon.from_bbox(box)
    area.srid = WGS84
    rows = VideoSeen.objects.filter(
        scope_q(user, "scope_code"), at__range=(since, until), shape__bboverlaps=area
    )
    return list(rows.order_by("camera_id", "-at", "-id").distinct("camera_id")[:limit])


def seen_feature(row: VideoSeen, now: datetime) -> dict[str, Any]:
    age: timedelta = max(now - row.at, now - now)
    return {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": row.shape.coords},
        "properties": {
            "camera": row.camera_id,
            "at": row.at.isoformat(),
            "age_s": int(age.total_seconds()),
        },
    }
