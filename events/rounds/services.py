"""Making video rounds, and walking them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import shapely
from django.contrib.gis.geos import Polygon
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from cameras import viewing
from cameras.health import State
from cameras.models import Camera, Snapshot
from cameras.queries import cameras_of
from events.models import Look, Result, RoundPlace, VideoRound, VideoSeen, Walk
from events.models.rounds import MOST_CAMERAS
from events.rounds.queries import cameras_in, round_for, state_of, walk_for
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.geo import WGS84, to_metric, to_wgs84
from gis_server.models import User
from gis_server.roles import Permission, covers, may

FRESH = timedelta(minutes=30)
"""Whoever says that a place was looked at has seen it as it was no longer ago than this."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """area: digits of a code of which all cameras are looked at; empty for a list made by hand."""

    name: str
    scope_code: str
    area: str = ""


@transaction.atomic
def make(*, by: User, wanted: Wanted, now: datetime) -> VideoRound:
    """Raises Invalid: a territory that is not the user's, or a name that is taken there."""
    if not covers(by.scope, wanted.scope_code):
        raise Invalid(_("Choose a territory of your own."))
    try:
        with transaction.atomic():
            row = VideoRound.objects.create(
                name=wanted.name, scope_code=wanted.scope_code, area=wanted.area, made_by=by,
                made_at=now,
            )  # fmt: skip
    except IntegrityError:
        raise Invalid(_("There is a video round of that name already.")) from None
    note(by, row, action="video_round.made")
    return row


def editable(by: User, round_id: int) -> VideoRound:
    """Raises NotFound; NotAllowed where it lies only in what is lent."""
    row = round_for(by, round_id)
    if not covers(by.scope, row.scope_code):
        raise NotAllowed(_("This video round is another area's."))
    return row


@transaction.atomic
def add_camera(*, by: User, round_id: int, camera_id: int) -> None:
    """At the end of a list made by hand; one that is there already stays where it is.

    Raises:
        Invalid: no such camera in reach, too many, or not made by hand.
    """
    row = locked(by, round_id)
    if row.area:
        raise Invalid(_("This round takes all cameras of its area by itself."))
    camera = cameras_of(by).filter(pk=camera_id).first()
    if camera is None:
        raise Invalid(_("There is no such camera in your area."))
    if row.places.count() >= MOST_CAMERAS:
        raise Invalid(_("A round has at most %(most)d cameras.") % {"most": MOST_CAMERAS})
    last = row.places.aggregate(last=Max("position"))["last"] or 0
    RoundPlace.objects.get_or_create(round=row, camera=camera, defaults={"position": last + 1})


@transaction.atomic
def remove_camera(*, by: User, round_id: int, camera_id: int) -> None:
    row = locked(by, round_id)
    RoundPlace.objects.filter(round=row, camera_id=camera_id).delete()


@transaction.atomic
def move_camera(*, by: User, round_id: int, camera_id: int, up: bool) -> None:
    """One place up or down; at the end of the list nothing happens."""
    row = locked(by, round_id)
    places = list(row.places.all())
    index = next((n for n, one in enumerate(places) if one.camera_id == camera_id), None)
    other = None if index is None else index + (-1 if up else 1)
    if index is None or other is None or not 0 <= other < len(places):
        return
    a, b = places[index], places[other]
    a.position, b.position = b.position, a.position
    RoundPlace.objects.bulk_update([a, b], ["position"])


def locked(by: User, round_id: int) -> VideoRound:
    """Two who change one list stand in a row."""
    row = editable(by, round_id)
    return VideoRound.objects.select_for_update().get(pk=row.pk)


@transaction.atomic
def set_active(*, by: User, round_id: int, is_active: bool) -> VideoRound:
    """Put a round away, or take it up again; its walks stay."""
    row = locked(by, round_id)
    if row.is_active != is_active:
        row.is_active = is_active
        row.save(update_fields=["is_active"])
        note(by, row, action="video_round.changed")
    return row


def note(by: User, row: VideoRound, *, action: str) -> None:
    detail = {"name": row.name, "is_active": row.is_active}
    audit.note(by=by, action=action, subject=str(row.pk), scope=row.scope_code, detail=detail)


def begin(*, by: User, round_id: int, now: datetime) -> Walk:
    """The user's walk of a round: the one that goes on, else a new one.

    Raises:
        NotFound: there is no such round in reach.
        Invalid: it is put away, or none of its cameras is in reach.
    """
    must_see_pictures(by)
    row = round_for(by, round_id)
    if known := open_walk(by, row):
        return known
    total = len(cameras_in(by, row)) if row.is_active else 0
    if not total:
        raise Invalid(_("This round has no camera in your area that is in use."))
    try:
        with transaction.atomic():
            return Walk.objects.create(
                round=row, by=by, who=by.get_full_name(), begun_at=now, total=total
            )
    except IntegrityError:
        # The same person pressed twice.
        return Walk.objects.get(round=row, by=by, ended_at=None)


def open_walk(by: User, row: VideoRound) -> Walk | None:
    return Walk.objects.filter(round=row, by=by, ended_at=None).first()


def must_see_pictures(by: User) -> None:
    if not (may(by.role, Permission.DO_ROUNDS) and may(by.role, Permission.SEE_PICTURES)):
        raise NotAllowed(_("Your role does not include pictures of cameras."))


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody says of a camera; snapshot_id: of the picture that was shown."""

    camera_id: int
    result: Result
    snapshot_id: int | None = None


@transaction.atomic
def look(*, by: User, walk_id: int, said: Said, now: datetime) -> Look:
    """Note what a walk says of a camera; its last word counts.

    Raises:
        NotFound: there is no such walk in reach.
        NotAllowed: it is another person's.
        Conflict: it has ended; or the camera is dark, or its picture is old, and is said to have
            been looked at.
        Invalid: the camera is none of the round's.
    """
    must_see_pictures(by)
    walk = own_walk(by, walk_id)
    camera = next((one for one in cameras_in(by, walk.round) if one.pk == said.camera_id), None)
    if camera is None:
        raise Invalid(_("This camera is not in the round (any more)."))
    picture = picture_of(camera, said)
    if said.result is Result.LOOKED:
        check_fresh(camera, picture, now)
    before = Look.objects.filter(walk=walk, camera=camera).first()
    row, _made = Look.objects.update_or_create(
        walk=walk,
        camera=camera,
        defaults={
            "at": now,
            "result": said.result.value,
            "snapshot_id": picture.pk if picture else None,
        },
    )
    if before is not None and before.result == Result.LOOKED.value:
        take_back(before)
    if said.result is Result.LOOKED and picture is not None and picture.taken_at is not None:
        note_seen(camera, picture.taken_at)
    return row


def own_walk(by: User, walk_id: int) -> Walk:
    """Locked, so that two presses of one person stand in a row.  Raises: see `look`."""
    walk = walk_for(by, walk_id)
    if walk.by_id != by.pk:
        raise NotAllowed(_("This is another person's walk: begin your own."))
    held = Walk.objects.select_for_update(of=("self",)).select_related("round").get(pk=walk.pk)
    if held.ended_at is not None:
        raise Conflict(_("This walk has ended: begin another one."))
    return held


def picture_of(camera: Camera, said: Said) -> Snapshot | None:
    if said.snapshot_id is None:
        return None
    rows = Snapshot.objects.filter(camera=camera, pk=said.snapshot_id)
    return rows.exclude(taken_at=None).first()


def check_fresh(camera: Camera, picture: Snapshot | None, now: datetime) -> None:
    """Raises Conflict."""
    if state_of(camera) is State.OFFLINE:
        raise Conflict(_("This camera is dark: what it does not show cannot be looked at."))
    if picture is None or picture.taken_at is None or now - picture.taken_at > FRESH:
        rule = _("Take a new picture first: the one shown is older than %(minutes)d minutes.")
        raise Conflict(rule % {"minutes": FRESH.total_seconds() // 60})


def note_seen(camera: Camera, at: datetime) -> None:
    """The place counts as seen at the time of the picture, once however many look at it."""
    VideoSeen.objects.get_or_create(
        camera=camera, at=at, defaults={"shape": shape_of(camera), "scope_code": camera.scope_code}
    )


def shape_of(camera: Camera) -> Polygon:
    """What the camera sees of the ground, as it is entered now."""
    here = to_metric(shapely.Point(camera.point.x, camera.point.y))
    sector = viewing.seen(here.x, here.y, camera.direction_deg, camera.view_angle_deg)
    return Polygon(list(to_wgs84(sector).exterior.coords), srid=WGS84)


def take_back(before: Look) -> None:
    """Somebody has looked again and says otherwise: unless another has looked at that picture."""
    others = Look.objects.filter(
        snapshot_id=before.snapshot_id, camera_id=before.camera_id, result=Result.LOOKED.value
    )
    if before.snapshot_id is None or others.exists():
        return
    picture = Snapshot.objects.filter(pk=before.snapshot_id).first()
    if picture is not None and picture.taken_at is not None:
        VideoSeen.objects.filter(camera_id=before.camera_id, at=picture.taken_at).delete()


@transaction.atomic
def end(*, by: User, walk_id: int, now: datetime) -> Walk:
    """Raises: see `look`."""
    walk = own_walk(by, walk_id)
    walk.ended_at = max(now, walk.begun_at)
    walk.save(update_fields=["ended_at"])
    return walk
