"""A picture that is to be taken now, with all that the taking needs; and the keeping of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import transaction

from cameras.models import (
    Camera,
    CameraState,
    PictureBaseline,
    PictureExam,
    PictureTurn,
    Probe,
    Snapshot,
)
from cameras.picture.finding import Exam
from cameras.picture.light import light_at
from cameras.probe.reason import Reason
from cameras.probe.result import Verdict, plain
from cameras.probe.target import Target
from cameras.services.baselines import current_baseline, keep_learnt, may_learn
from cameras.services.exams import lock_turn, note_exam, note_no_frame
from cameras.services.logins import Ask, Leave, permit, permitted_target
from cameras.services.masks import Polygons, lock_masks, read_masks
from cameras.services.snapshots import change_of
from gis_server import live
from gis_server.plain_numbers import whole_of

HTTP_PORT = 80
"""Where a device has its pages, and so its pictures, unless its ONVIF port says otherwise."""
SUB_STREAM = "rtsp_sub"
MOST_STREAMS = 3
"""A device that told of more streams is a recorder: which of them is this camera's second one,
nobody has said."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to take of one camera.

    target, leave: as the login rules allow now.  sub_path: of its second, smaller stream, or empty.
    masks, masks_version: to be burned in.  baseline: what it usually looks like in this light.
    learns: a good picture of now is one to learn from.
    """

    camera_id: int
    target: Target
    leave: Leave | None
    sub_path: str
    snapshot_path: str
    http_port: int
    light: str
    masks: Polygons
    masks_version: int
    baseline: PictureBaseline | None
    learns: bool
    clock_offset_s: float | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture that lies on the disk.

    device_at: as the source told; None where it did not.  watched: some seconds of stream were
    looked at.  verdict: of the ladder that went before.  learnt: the baseline after it, if any.
    """

    file: str
    thumb: str
    sha256: str
    width: int
    height: int
    taken_at: datetime
    device_at: datetime | None
    source: str
    watched: bool
    exam: Exam | None
    verdict: Verdict
    learnt: dict[str, Any] | None = None


class Kept(StrEnum):
    """What became of a picture.

    LATE: its request has ended meanwhile, or the lease is another's.  UNMASKED: the masks have
    changed since it was taken.  Of both nothing is kept: the files are the caller's to delete.
    """

    KEPT = "kept"
    LATE = "late"
    UNMASKED = "unmasked"


def prepare(camera_id: int, now: datetime) -> Job | None:
    """What is to be taken; None when there is no such camera any more.

    Raises:
        Unavailable: no present key opens the stored password.
    """
    row = Camera.objects.select_related("state", "credential").filter(pk=camera_id).first()
    if row is None:
        return None
    state: CameraState = row.state
    target, leave = permitted_target(row, state, now)
    masks, version = read_masks(camera_id)
    light = light_at(row.point.y, row.point.x, now)
    baseline = current_baseline(camera_id, light)
    turn = PictureTurn.objects.filter(camera=camera_id).first()
    return Job(
        camera_id,
        target,
        leave,
        sub_path(row.profiles, row.path),
        row.snapshot_path,
        row.onvif_port or HTTP_PORT,
        light.value,
        masks,
        version,
        baseline,
        may_learn(baseline, turn, now),
        state.clock_offset_s,
    )


def with_pages(job: Job, now: datetime) -> Job:
    """The job as it may log in to the device's pages, where it gives pictures over HTTP: by the
    rule of ONVIF, which is such a page too, and one camera of a device at a time.
    """
    login, leave = job.target.login, job.leave
    if login is None or leave is None:
        return job
    state = CameraState.objects.get(camera_id=job.camera_id)
    ask = Ask(leave.place, login, state.failed_logins, state.failed_login_at, onvif=True)
    permitted, leave = permit([ask], now)[0]
    return replace(job, target=replace(job.target, login=permitted), leave=leave)


def sub_path(profiles: Sequence[Any], main: str) -> str:
    """The path of the smallest other stream that a device has told of, as `cameras.reading` stores
    it; empty where there is none, or so many that they are those of several cameras.
    """
    sizes = {
        str(one.get("path")): pixels(one.get("size"))
        for one in profiles
        if isinstance(one, dict) and one.get("path")
    }
    others = {path: size for path, size in sizes.items() if path != main and size}
    if len(sizes) > MOST_STREAMS or main not in sizes or not others:
        return ""
    smallest = min(others, key=lambda path: others[path])
    return smallest if others[smallest] < sizes[main] else ""


def pixels(size: object) -> int:
    """The pixels of a "640x360"; 0 for what cannot be read."""
    width, _, height = str(size).lower().replace("×", "x").partition("x")
    return max(whole_of(width) or 0, 0) * max(whole_of(height) or 0, 0)


@transaction.atomic
def keep_click(job: Job, snapshot_id: int, taken: Taken) -> Kept:
    """Note the picture that a person has asked for, and tell the browsers."""
    if lock_masks(job.camera_id)[1] != job.masks_version:
        return Kept.UNMASKED
    waiting = Snapshot.objects.filter(id=snapshot_id, taken_at=None, failure="")
    if not waiting.select_for_update():
        return Kept.LATE
    waiting.update(**values_of(job, taken), probe=store_probe(job, taken))
    row = Snapshot.objects.select_related("camera").get(id=snapshot_id)
    changes = note_all(job, row, taken, lock_turn(job.camera_id))
    live.record(change_of(row), *changes)
    return Kept.KEPT


@transaction.atomic
def keep_round(job: Job, taken: Taken, *, by: str, until: datetime) -> Kept:
    """Note a picture of a round, and end the camera's turn."""
    if lock_masks(job.camera_id)[1] != job.masks_version:
        return Kept.UNMASKED
    turn = lock_turn(job.camera_id)
    if (turn.leased_by, turn.lease_until) != (by, until):
        return Kept.LATE
    row = Snapshot.objects.create(
        camera_id=job.camera_id,
        purpose=Snapshot.Purpose.ROUND,
        requested_at=taken.taken_at,
        probe=store_probe(job, taken),
        **values_of(job, taken),
    )
    turn.tried_at, turn.again_at, turn.leased_by, turn.lease_until = taken.taken_at, None, "", None
    changes = note_all(job, row, taken, turn)
    turn.save()
    live.record(*changes)
    return Kept.KEPT


@transaction.atomic
def fail_round(
    camera_id: int,
    reason: Reason,
    detail: str,
    *,
    sent_nothing: bool = False,
    by: str,
    until: datetime,
    now: datetime,
) -> bool:
    """Note why a round has no picture of a camera, and end its turn; False when it was no longer
    ours.  One that answers and twice in a row has `sent_nothing` of its stream is degraded.
    """
    turn = lock_turn(camera_id)
    if (turn.leased_by, turn.lease_until) != (by, until):
        return False
    Snapshot.objects.create(
        camera_id=camera_id,
        purpose=Snapshot.Purpose.ROUND,
        requested_at=now,
        failure=reason.value,
        failure_detail=plain(detail),
    )
    turn.tried_at, turn.again_at, turn.leased_by, turn.lease_until = now, None, "", None
    changes = note_no_frame(turn, detail, now) if sent_nothing else []
    turn.save()
    live.record(*changes)
    return True


def store_probe(job: Job, taken: Taken) -> Probe:
    """The ladder that went before, as evidence; kept as long as the picture."""
    return Probe.objects.create(
        camera_id=job.camera_id,
        at=taken.taken_at,
        reason=taken.verdict.reason.value,
        detail=taken.verdict.detail,
        took_ms=taken.verdict.took_ms,
        steps=taken.verdict.rungs,
    )


def values_of(job: Job, taken: Taken) -> dict[str, Any]:
    """The columns of a picture that was taken."""
    device_at = taken.device_at
    if device_at is None and job.clock_offset_s is not None:
        device_at = taken.taken_at + timedelta(seconds=job.clock_offset_s)
    return {
        "taken_at": taken.taken_at,
        "device_at": device_at,
        "file": taken.file,
        "thumb": taken.thumb,
        "sha256": taken.sha256,
        "width": taken.width,
        "height": taken.height,
        "source": taken.source,
        "light": job.light,
        "masks_version": job.masks_version,
        "is_fault": bool(taken.exam and taken.exam.findings),
    }


def note_all(job: Job, row: Snapshot, taken: Taken, turn: PictureTurn) -> list[live.Change]:
    """Note the exam and what was learnt, in the caller's transaction, which has locked the turn;
    what browsers are to hear.
    """
    if taken.exam is None:
        return []
    if taken.learnt is not None:
        keep_learnt(
            job.camera_id,
            job.light,
            taken.learnt,
            known=job.baseline,
            snapshot_id=row.pk,
            now=taken.taken_at,
        )
    counted, changes = note_exam(turn, taken.exam, taken.taken_at, watched=taken.watched)
    said = taken.exam.to_json()
    PictureExam.objects.create(
        snapshot=row,
        measures=said["measures"],
        findings=said["findings"],
        fault=said["findings"][0]["fault"] if said["findings"] else "",
        counted=counted,
    )
    return changes
