"""What is read of pictures: timelines, contact sheets, rounds, rules, who has looked.  Every
function costs a fixed number of queries.

Whoever shows pictures notes it (`services.note_views`); these functions do not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.health import State
from cameras.models import (
    Camera,
    OutageMember,
    PictureBaseline,
    PictureCleanup,
    PictureExam,
    PictureView,
    Snapshot,
)
from cameras.picture import rounds
from cameras.picture.rounds import ClassRules
from cameras.picture_models import FAULTS
from cameras.probe.reason import Reason
from cameras.queries import cameras_of, text_of
from cameras.reasons_text import reason_name
from cameras.services.rules import rules_by_class
from cameras.services.snapshots import failure_of, picture_url, thumb_url
from gis_server.models import User
from gis_server.roles import scope_q

SHEET = 64
"""Thumbnails on one contact sheet."""
MOST_VIEWS = 200
RELATED = ("exam", "exam__judged_by", "probe", "camera")
IN_ROUNDS = Q(enabled=True, has_video=True, state__state__in=["online", "degraded"])
"""Cameras that rounds look at: those that answer."""


def timeline(
    camera: Camera, *, before: int | None = None, limit: int = 40, now: datetime
) -> dict[str, Any]:
    """Pictures and failed attempts of one camera, the newest first, from before the id `before`.

    `next` is the `before` of the following piece, None at the end.  Four queries at most.
    """
    rows = Snapshot.objects.filter(camera=camera).exclude(taken_at=None, failure="")
    if before is not None:
        rows = rows.filter(id__lt=before)
    found = list(rows.select_related(*RELATED)[: limit + 1])
    rules = rules_by_class()
    last = last_before_failure(camera)
    items = [
        picture_item(row, now=now, rules=rules, last_before_failure=last) for row in found[:limit]
    ]
    return {"items": items, "next": found[limit - 1].pk if len(found) > limit else None}


def sheet(
    user: User,
    scope_code: str,
    *,
    only_found: bool = False,
    limit: int = SHEET,
    offset: int = 0,
    now: datetime,
) -> dict[str, Any]:
    """The contact sheet of a territory: its cameras in reach by name, each with its newest picture.

    only_found: those alone on whose newest picture something was found.
    Four queries.  An item holds the camera, its picture or None, and below MEDIA_ROOT the file of
    the thumbnail, empty where there is none.
    """
    cameras = cameras_of(user).filter(scope_code__startswith=scope_code, has_video=True)
    newest = (
        Snapshot.objects.filter(camera=OuterRef("pk"), taken_at__isnull=False)
        .order_by("-taken_at", "-id")
        .values("id")[:1]
    )
    cameras = cameras.annotate(newest=Subquery(newest))
    if only_found:
        found = PictureExam.objects.filter(snapshot=OuterRef("newest")).exclude(fault="")
        cameras = cameras.filter(Exists(found))
    shown = list(cameras.select_related("state").order_by("name", "id")[offset : offset + limit])
    ids = [one.newest for one in shown if one.newest]
    pictures = {
        row.camera_id: row for row in Snapshot.objects.filter(id__in=ids).select_related(*RELATED)
    }
    rules = rules_by_class()
    return {
        "total": cameras.count(),
        "items": [sheet_item(one, pictures.get(one.pk), rules, now) for one in shown],
    }


def sheet_item(
    camera: Camera, row: Snapshot | None, rules: Mapping[str, ClassRules], now: datetime
) -> dict[str, Any]:
    state = getattr(camera, "state", None)
    is_down = state is not None and state.state == State.OFFLINE
    item = picture_item(row, now=now, rules=rules) if row else None
    if item and is_down:
        # Nothing newer can be had: what there is was taken before it fell.
        item |= {"before_failure": True}
    return {
        "id": camera.pk,
        "code": camera.code,
        "name": camera.name,
        "state": state.state if state else State.UNKNOWN.value,
        "reason": state.reason if state else Reason.NOT_ASKED.value,
        "reason_text": reason_name(state.reason if state else Reason.NOT_ASKED.value),
        "priority": camera.priority,
        "enabled": camera.enabled,
        "point": camera.point,
        "picture": item,
        "thumb_file": row.thumb if row else "",
    }


def picture_item(
    row: Snapshot,
    *,
    now: datetime,
    rules: Mapping[str, ClassRules],
    last_before_failure: Snapshot | None = None,
) -> dict[str, Any]:
    """One picture with the proof of its age and what was found on it; `RELATED` must be loaded.

    age_s: seconds since it was taken, by our clock.  is_old: older than its class allows.
    before_failure: the last picture of a camera that is down now.
    """
    age = now - row.taken_at if row.taken_at else None
    dim_after = timedelta(minutes=rules[row.camera.priority].dim_after_min)
    return {
        "id": row.pk,
        "camera": row.camera_id,
        "camera_code": row.camera.code,
        "camera_name": row.camera.name,
        "purpose": row.purpose,
        "purpose_text": row.get_purpose_display(),
        "requested_at": text_of(row.requested_at),
        "taken_at": text_of(row.taken_at),
        "device_at": text_of(row.device_at),
        "age_s": max(0.0, age.total_seconds()) if age is not None else None,
        "is_old": age is not None and age > dim_after,
        "before_failure": last_before_failure is not None and row.pk == last_before_failure.pk,
        "url": picture_url(row) if row.taken_at else None,
        "thumb_url": thumb_url(row),
        "width": row.width,
        "height": row.height,
        "sha256": row.sha256,
        "source": row.source,
        "source_text": source_name(row.source),
        "light": row.light,
        "light_text": light_name(row.light),
        "masks_version": row.masks_version,
        "is_fault": row.is_fault,
        "failure": failure_of(row),
        "probe": probe_of(row),
    } | exam_item(getattr(row, "exam", None))


def probe_of(row: Snapshot) -> dict[str, Any] | None:
    """The question that went before: the proof that the device answered then."""
    probe = row.probe
    if probe is None:
        return None
    return {
        "id": probe.pk,
        "at": text_of(probe.at),
        "took_ms": probe.took_ms,
        "detail": probe.detail,
    }


def exam_item(exam: PictureExam | None) -> dict[str, Any]:
    """What was found and what a person said of it; `exam` is None where nobody examined it."""
    if exam is None:
        return {"exam": None}
    judged_by = exam.judged_by
    return {
        "exam": {
            "fault": exam.fault,
            "fault_text": fault_name(exam.fault),
            "findings": [finding_item(one) for one in exam.findings],
            "measures": exam.measures,
            "judged": exam.judged,
            "judged_text": exam.get_judged_display() if exam.judged else "",
            "judged_by": judged_by.get_username() if judged_by else None,
            "judged_at": text_of(exam.judged_at),
        }
    }


def finding_item(finding: Mapping[str, Any]) -> dict[str, Any]:
    fault = str(finding["fault"])
    return {
        "fault": fault,
        "fault_text": fault_name(fault),
        "score": finding["score"],
        "threshold": finding["threshold"],
        "detail": finding.get("detail", ""),
    }


def fault_name(fault: str) -> str:
    """A fault in words; empty for none."""
    return reason_name(f"picture_{fault}") if fault in FAULTS else ""


def source_name(source: str) -> str:
    """Where a picture was taken from, in words."""
    return {
        "rtsp": _("Main stream"),
        "rtsp_main": _("Main stream"),
        "rtsp_sub": _("Sub-stream"),
        "http": _("Snapshot address (HTTP)"),
    }.get(source, source)


def light_name(light: str) -> str:
    return {"day": _("Day"), "twilight": _("Twilight"), "night": _("Night")}.get(light, "")


def one_picture(user: User, snapshot_id: int, *, now: datetime) -> dict[str, Any] | None:
    """A picture or a failed attempt with all that is known of it; None outside the scope.  Four
    queries at most.
    """
    rows = Snapshot.objects.filter(scope_q(user, "camera__scope_code"), id=snapshot_id)
    row = rows.select_related(*RELATED).first()
    if row is None:
        return None
    last = last_before_failure(row.camera)
    return picture_item(row, now=now, rules=rules_by_class(), last_before_failure=last)


def last_before_failure(camera: Camera) -> Snapshot | None:
    """Of a camera that is down: the newest picture from before.  Two queries at most."""
    parts = OutageMember.objects.filter(camera=camera, left_at=None)
    down_since = parts.values_list("joined_at", flat=True).first()
    if down_since is None:
        return None
    taken = Snapshot.objects.filter(camera=camera, taken_at__lt=down_since)
    return taken.order_by("-taken_at", "-id").first()


@dataclass(frozen=True, slots=True)
class RoundShown:
    """How far the newest round of a class is.

    begun_at: None where none is made.  total: cameras that answer; down: those that do not and are
    left out.  done: looked at since, with a picture or a failure; findings: of these, those with
    something found.
    """

    rules: ClassRules
    begun_at: datetime | None
    next_at: datetime | None
    total: int
    down: int
    done: int
    findings: int

    @property
    def is_done(self) -> bool:
        return self.done >= self.total


def rounds_now(user: User, now: datetime) -> list[RoundShown]:
    """How far the rounds are, of the cameras in reach, by class.  Four queries."""
    local = timezone.localtime(now)
    return [round_shown(cameras_of(user), rules, local) for rules in rules_by_class().values()]


def round_shown(cameras: QuerySet[Camera], rules: ClassRules, local: datetime) -> RoundShown:
    begun_at = rounds.begun_at(rules.hours, local)
    next_at = rounds.next_at(rules.hours, local)
    done = IN_ROUNDS & Q(picture_turn__tried_at__gte=begun_at or local)
    counts = (
        cameras.filter(priority=rules.priority, enabled=True, has_video=True)
        .order_by()
        .aggregate(
            every=Count("id"),
            total=Count("id", filter=IN_ROUNDS),
            done=Count("id", filter=done),
            findings=Count("id", filter=done & Q(picture_turn__streak_bad__gt=0)),
        )
    )
    return RoundShown(
        rules,
        begun_at,
        next_at,
        counts["total"],
        counts["every"] - counts["total"],
        counts["done"],
        counts["findings"],
    )


def round_item(one: RoundShown) -> dict[str, Any]:
    rules = one.rules
    return {
        "priority": rules.priority,
        "priority_text": str(Camera.Priority(rules.priority).label),
        "hours": [[part.from_hour, part.to_hour, part.every_min] for part in rules.hours],
        "dim_after_min": rules.dim_after_min,
        "version": rules.version,
        "begun_at": text_of(one.begun_at),
        "next_at": text_of(one.next_at),
        "total": one.total,
        "down": one.down,
        "done": one.done,
        "findings": one.findings,
    }


def reference_id(camera: Camera, light: str) -> int | None:
    """The picture that shows the camera's usual view in a light, while it is kept.  One query."""
    rows = PictureBaseline.objects.filter(camera=camera, light=light, is_current=True)
    return rows.values_list("snapshot", flat=True).first()


def views_of(
    user: User,
    *,
    snapshot_id: int | None = None,
    camera_code: str = "",
    before: int | None = None,
    most: int = MOST_VIEWS,
) -> list[PictureView]:
    """Who has seen a picture, or the pictures of a camera, in the reader's reach; newest first,
    from before the id `before`.
    """
    rows = PictureView.objects.filter(scope_q(user, "scope"))
    if snapshot_id is not None:
        rows = rows.filter(snapshot_id=snapshot_id)
    if camera_code:
        rows = rows.filter(camera_code=camera_code)
    if before is not None:
        rows = rows.filter(id__lt=before)
    return list(rows.order_by("-id")[:most])


def cleanups(limit: int = 30) -> list[PictureCleanup]:
    """What retention did on the last days, newest first.  One query."""
    return list(PictureCleanup.objects.all()[:limit])
