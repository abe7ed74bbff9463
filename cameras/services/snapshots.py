"""Pictures that are asked for: one waits per camera, each ends as taken or failed, and says so."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from cameras.models import Camera, CameraState, Snapshot
from cameras.picture.order import Heard
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, plain
from cameras.reasons_text import TEXTS
from cameras.services.logins import Leave, Outcome, note_outcomes
from cameras.services.states import count_login
from gis_server import live
from gis_server.errors import Conflict
from gis_server.models import User

ANSWER_WITHIN = timedelta(seconds=5)
"""A browser that asked hears of a picture or of a failure within this time."""


def request_snapshot(*, camera: Camera, by: User | None, now: datetime) -> tuple[int, bool]:
    """Ask for a picture of `camera`: its id, and whether it is new.

    While one is waiting, everybody who asks gets that one: two operators may press together, and
    the database lets only one row wait.

    Raises:
        Conflict: the camera is switched off in the registry.
    """
    if not camera.enabled:
        message = _("This camera is switched off in the registry, so no picture can be taken.")
        raise Conflict(message)
    for _attempt in range(3):
        waiting = Snapshot.objects.filter(camera=camera, taken_at=None, failure="").first()
        if waiting:
            return waiting.id, False
        try:
            with transaction.atomic():
                row = Snapshot.objects.create(camera=camera, requested_by=by, requested_at=now)
                return row.id, True
        except IntegrityError:
            continue  # somebody else was first; theirs is found, unless it has just ended
    raise Conflict(_("Pictures of this camera come and go too fast. Try again."))


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request that this process has claimed."""

    snapshot_id: int
    camera_id: int
    host: str
    requested_at: datetime


CLAIM = """
    WITH wanted AS (
        SELECT snapshot.id, c.host FROM cameras_snapshot AS snapshot
        JOIN cameras_camera AS c ON c.id = snapshot.camera_id
        JOIN cameras_site AS site ON site.id = c.site_id
        WHERE snapshot.taken_at IS NULL AND snapshot.failure = '' AND snapshot.claimed_by = ''
            AND site.name = %s
        ORDER BY snapshot.id LIMIT %s
        FOR UPDATE OF snapshot SKIP LOCKED
    )
    UPDATE cameras_snapshot AS snapshot SET claimed_by = %s
    FROM wanted WHERE snapshot.id = wanted.id
    RETURNING snapshot.id, snapshot.camera_id, wanted.host, snapshot.requested_at
"""


def claim_requests(*, by: str, site: str, limit: int) -> list[Wanted]:
    """Take up to `limit` requests for cameras of a site, the oldest first.

    Two processes may look at the same moment: what one has locked the other passes over.  A process
    that dies loses its requests: they have run out before another could be quicker.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [site, limit, by])
        return sorted((Wanted(*row) for row in cursor.fetchall()), key=lambda one: one.snapshot_id)


def release_requests(by: str) -> int:
    """Give back what a process has claimed that stops; another one may still be in time."""
    waiting = Snapshot.objects.filter(taken_at=None, failure="", claimed_by=by)
    return waiting.update(claimed_by="")


def hosts_wanted(site: str) -> set[str]:
    """The devices of which somebody wants a picture right now."""
    waiting = Snapshot.objects.filter(taken_at=None, failure="", camera__site__name=site)
    return set(waiting.order_by().values_list("camera__host", flat=True))


@transaction.atomic
def fail_snapshot(snapshot_id: int, reason: Reason, detail: str) -> bool:
    """Note why there is no picture; False when the request has ended otherwise meanwhile."""
    return end(snapshot_id, failure=reason.value, failure_detail=plain(detail))


def end(snapshot_id: int, **values: Any) -> bool:
    """Move a waiting request to its end, by compare-and-set, and tell the browsers."""
    waiting = Snapshot.objects.filter(id=snapshot_id, taken_at=None, failure="")
    if waiting.update(**values) != 1:
        return False
    live.record(change_of(Snapshot.objects.select_related("camera").get(id=snapshot_id)))
    return True


@transaction.atomic
def expire_snapshots(now: datetime) -> int:
    """Fail requests that nobody has answered in time; returns how many."""
    late = list(
        Snapshot.objects.filter(taken_at=None, failure="", requested_at__lt=now - ANSWER_WITHIN)
        .select_related("camera")
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("id")
    )
    for row in late:
        row.failure = Reason.NOT_STARTED.value
    Snapshot.objects.bulk_update(late, ["failure"])
    live.record(*[change_of(row) for row in late])
    return len(late)


@transaction.atomic
def note_login(*, camera_id: int, leave: Leave | None, heard: Heard, now: datetime) -> None:
    """Count what became of the password when a picture was taken, for the camera and its device:
    the day's budget is one.  What the device's pages say is no word on the camera's stream.
    """
    count_for_camera(camera_id, heard.stream, now)
    if leave:
        note_outcomes([Outcome(leave, now, heard.stream, heard.pages)])


def count_for_camera(camera_id: int, outcome: LoginOutcome, now: datetime) -> None:
    """Count it for the camera alone, in the caller's transaction."""
    if outcome is LoginOutcome.NOT_SENT:
        return
    state = CameraState.objects.select_for_update().filter(camera_id=camera_id).first()
    if state:
        count_login(state, outcome, now)
        state.save(update_fields=["failed_logins", "failed_login_at"])


def change_of(row: Snapshot) -> live.Change:
    """What browsers hear of a picture that was taken or failed."""
    data = {
        "camera": row.camera_id,
        "snapshot": row.id,
        "taken_at": row.taken_at.isoformat() if row.taken_at else None,
        "url": picture_url(row) if row.taken_at else None,
        "failure": failure_of(row),
    }
    return live.Change("snapshot", str(row.id), row.camera.scope_code, data)


def picture_url(row: Snapshot) -> str:
    """Where the picture is; browsers keep it for ever under this address, so its content stands in
    it: in a new database the same id is another picture.
    """
    # Not by `reverse`: it loads all pages of the product, which takes the photographer seconds.
    return f"/api/snapshots/{row.id}.jpg?v={row.sha256[:12]}"


def thumb_url(row: Snapshot) -> str | None:
    """Where its thumbnail is; None where there is none."""
    if not row.thumb:
        return None
    return f"/api/snapshots/{row.id}/thumb.jpg?v={row.sha256[:12]}"


def failure_of(row: Snapshot) -> dict[str, str] | None:
    """Why there is no picture, in words; None when there is one or it is still awaited."""
    if not row.failure:
        return None
    text = TEXTS[Reason(row.failure)]
    return {
        "reason": row.failure,
        "reason_text": str(text.name),
        "cause": str(text.cause),
        "remedy": str(text.remedy),
        "detail": row.failure_detail,
    }
