"""What is read of cameras across tables; every function costs a fixed number of queries."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.gis.geos import Polygon
from django.db.models import Avg, Count, F, FloatField, Func, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from cameras.details_text import detail_text
from cameras.grouping import Kind
from cameras.health import State
from cameras.models import Camera, CameraState, Notice, Outage, Probe, Snapshot
from cameras.notices_text import meanwhile
from cameras.probe.reason import Reason
from cameras.reasons_text import TEXTS, reason_name
from cameras.services.rules import rules_by_class
from cameras.services.snapshots import failure_of, picture_url
from cameras.services.watch import notice_item
from gis_server.models import User
from gis_server.roles import Permission, may, scope_q

MOST_NOTICES = 20
KEPT_PROBES = 20
"""So many results of each camera are kept and shown."""

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees (WGS84)."""


def cameras_of(user: User) -> QuerySet[Camera]:
    """The cameras in the user's territory."""
    return Camera.objects.filter(scope_q(user, "scope_code"))


def features(user: User, *, box: Box | None, limit: int, after: int = 0) -> dict[str, Any]:
    """Cameras in scope (and box) as a GeoJSON FeatureCollection in the order of their ids, those
    that follow the id `after`.

    `complete` is False when there are more than `limit`; `next` is then the last one's id.  One
    query.
    """
    cameras = cameras_of(user).filter(id__gt=after)
    if box:
        cameras = cameras.filter(point__coveredby=Polygon.from_bbox(box))
    rows = list(
        cameras.order_by("id").values(
            "id",
            "code",
            "name",
            state_name=Coalesce("state__state", Value(State.UNKNOWN.value)),
            reason=Coalesce("state__reason", Value(Reason.NOT_ASKED.value)),
            unstable=Coalesce("state__unstable", Value(False)),
            since=F("state__since"),
            last_probe_at=F("state__last_probe_at"),
            owner_name=F("owner__name"),
            team_name=F("team__name"),
            class_name=F("priority"),
            scope=F("scope_code"),
            lon=Func("point", function="ST_X", output_field=FloatField()),
            lat=Func("point", function="ST_Y", output_field=FloatField()),
        )[: limit + 1]
    )
    return {
        "type": "FeatureCollection",
        "complete": len(rows) <= limit,
        "next": rows[limit - 1]["id"] if len(rows) > limit else None,
        "features": [feature(row) for row in rows[:limit]],
    }


def feature(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": row["id"],
        "geometry": {"type": "Point", "coordinates": [row["lon"], row["lat"]]},
        "properties": {
            "id": row["id"],
            "code": row["code"],
            "name": row["name"],
            "state": row["state_name"],
            "unstable": row["unstable"],
            "reason": row["reason"],
            "reason_text": reason_name(row["reason"]),
            "since": text_of(row["since"]),
            "last_probe_at": text_of(row["last_probe_at"]),
            "owner": row["owner_name"],
            "team": row["team_name"],
            "priority": row["class_name"],
            "scope": row["scope"],
        },
    }


def summary(user: User) -> dict[str, int]:
    """How many cameras in scope are in each state, and in all.  One query."""
    state = Coalesce("state__state", Value(State.UNKNOWN.value))
    counts = Counter(cameras_of(user).values_list(state, flat=True))
    return {state.value: counts[state.value] for state in State} | {"total": counts.total()}


def listed(user: User, state: State, *, limit: int, offset: int) -> dict[str, Any]:
    """Cameras in scope that are in `state`, those that came to it last first.  Two queries."""
    stateless = Q(state=None) if state is State.UNKNOWN else Q(pk__in=[])
    cameras = cameras_of(user).filter(Q(state__state=state.value) | stateless)
    rows = cameras.select_related("state", "owner", "team", "upstream", "grid").order_by(
        "-state__since", "id"
    )[offset : offset + limit]
    return {"total": cameras.count(), "items": [list_item(camera) for camera in rows]}


def state_of(camera: Camera) -> CameraState:
    """The stored state; that of a camera nobody has asked, where there is none."""
    stored: CameraState | None = getattr(camera, "state", None)
    return stored or CameraState(camera_id=camera.id)


def list_item(camera: Camera) -> dict[str, Any]:
    """One camera as the lists show it; the related rows must be loaded."""
    state = state_of(camera)
    grid, upstream = camera.grid, camera.upstream
    return {
        "id": camera.id,
        "code": camera.code,
        "name": camera.name,
        "state": state.state,
        "unstable": state.unstable,
        "reason": state.reason,
        "reason_text": reason_name(state.reason),
        "detail": state.detail,
        "since": text_of(state.since),
        "last_probe_at": text_of(state.last_probe_at),
        "lon": camera.point.x,
        "lat": camera.point.y,
        "address": camera.address_text,
        "grid": {"code": grid.code, "name": grid.name} if grid else None,
        "owner": camera.owner.name,
        "team": {"name": camera.team.name, "phone": camera.team.phone},
        "upstream": {"kind": upstream.kind, "name": upstream.name} if upstream else None,
    }


def card(user: User, camera_id: int) -> dict[str, Any] | None:
    """Everything the card of one camera shows, or None outside the user's scope.  Four queries."""
    related = ("state", "owner", "team", "upstream", "grid")
    camera = cameras_of(user).select_related(*related).filter(id=camera_id).first()
    if camera is None:
        return None
    probes = [probe_item(row) for row in Probe.objects.filter(camera=camera)[:KEPT_PROBES]]
    state = state_of(camera)
    text = TEXTS[Reason(state.reason)]
    return list_item(camera) | {
        "page": reverse("camera-page", args=[camera.id]),
        "detail_text": detail_text(state.detail),
        "cause": str(text.cause),
        "remedy": str(text.remedy),
        "priority": camera.priority,
        "priority_text": camera.get_priority_display(),
        "enabled": camera.enabled,
        "has_video": camera.has_video,
        "probes": probes,
        "ladder": probes[0]["steps"] if probes else [],
        "snapshot": latest_snapshot(camera) if may(user.role, Permission.SEE_PICTURES) else None,
    }


def notices() -> list[dict[str, object]]:
    """What troubles the watching itself now, the newest first, in the reader's language.  One
    query.
    """
    rows = Notice.objects.filter(closed_at=None)[:MOST_NOTICES]
    return [notice_item(row) | {"meanwhile": meanwhile(row.kind)} for row in rows]


def open_outages(user: User, *, limit: int, offset: int) -> dict[str, Any]:
    """Outages of several cameras that are open and touch the scope, the newest first.  Two queries.

    `cameras` counts those in scope that are still down.
    """
    rows = outages_seen(user)
    return {"total": rows.count(), "items": [outage_item(row) for row in rows[offset:][:limit]]}


def outage_cameras(user: User, outage_id: int, *, limit: int, offset: int) -> dict[str, Any] | None:
    """The cameras in scope that one open outage of several still holds down, by name; None where
    nothing of it is seen.  Two queries, one for None.
    """
    cameras = cameras_of(user).filter(
        outages__outage=outage_id,
        outages__left_at=None,
        outages__outage__closed_at=None,
        outages__outage__suspect_kind__gt="",
    )
    rows = cameras.select_related("state", "owner", "team", "upstream", "grid").order_by(
        "name", "id"
    )[offset : offset + limit]
    total = cameras.count()
    return {"total": total, "items": [list_item(row) for row in rows]} if total else None


def outages_seen(user: User) -> QuerySet[Outage]:
    """Open outages of several cameras of which some are in scope, with their number and middle."""
    seen = Q(members__left_at=None) & scope_q(user, "members__camera__scope_code")
    return (
        Outage.objects.filter(closed_at=None)
        .exclude(suspect_kind="")
        .annotate(
            cameras=Count("members", filter=seen),
            lon=Avg(
                Func("members__camera__point", function="ST_X", output_field=FloatField()),
                filter=seen,
            ),
            lat=Avg(
                Func("members__camera__point", function="ST_Y", output_field=FloatField()),
                filter=seen,
            ),
        )
        .filter(cameras__gt=0)
    )


def outage_item(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "opened_at": text_of(row.opened_at),
        "reason": row.reason,
        "reason_text": reason_name(row.reason),
        "suspect_kind": row.suspect_kind,
        "suspect_text": thing_name(Kind(row.suspect_kind)),
        "suspect_name": row.suspect_name,
        "also": [{"text": thing_name(Kind(kind)), "name": name} for kind, name in row.also],
        "cameras": row.cameras,
        "lon": row.lon,
        "lat": row.lat,
    }


def thing_name(kind: Kind) -> str:
    """What cameras share, in words."""
    return {
        Kind.POLE: _("Pole"),
        Kind.RECORDER: _("Recorder"),
        Kind.SWITCH: _("Switch"),
        Kind.SUBNET: _("Subnet"),
        Kind.OWNER: _("Owner"),
    }[kind]


def probe_item(row: Probe) -> dict[str, Any]:
    steps = [step | {"reason_text": reason_name(step["reason"])} for step in row.steps]
    return {
        "at": text_of(row.at),
        "reason": row.reason,
        "reason_text": reason_name(row.reason),
        "detail": row.detail,
        "took_ms": row.took_ms,
        "steps": steps,
    }


def latest_snapshot(camera: Camera) -> dict[str, Any]:
    """The newest picture, and what became of the newest request.  Three queries.

    url and taken_at are those of the newest picture there is; `failure` says why the newest request
    brought none (the picture is then an older one), `waiting` that it is still under way.
    dim_after_s: a picture that is older is to be shown as old.
    """
    rows = Snapshot.objects.filter(camera=camera)
    newest = rows.first()
    taken = newest if newest and newest.taken_at else rows.exclude(taken_at=None).first()
    return {
        "id": taken.id if taken else None,
        "url": picture_url(taken) if taken else None,
        "taken_at": text_of(taken.taken_at) if taken else None,
        "width": taken.width if taken else None,
        "height": taken.height if taken else None,
        "failure": failure_of(newest) if newest else None,
        "waiting": bool(newest and not newest.taken_at and not newest.failure),
        "dim_after_s": rules_by_class()[camera.priority].dim_after_min * 60,
    }


def picture(user: User, snapshot_id: int) -> Snapshot | None:
    """A picture that was taken, or None when there is none or it is outside the user's scope."""
    rows = Snapshot.objects.filter(scope_q(user, "camera__scope_code"), id=snapshot_id)
    return rows.exclude(taken_at=None).first()


def text_of(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
