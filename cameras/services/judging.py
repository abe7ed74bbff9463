"""What people say of a picture: "this is fine", which makes a baseline of it, or that it is not."""

from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cameras.models import PictureBaseline, PictureExam, Snapshot
from cameras.picture.finding import Exam
from cameras.picture.light import light_at
from cameras.services.baselines import replace_baseline
from cameras.services.exams import (
    IN_A_ROW,
    clear_fault,
    detail_of,
    lock_turn,
    put_fault,
    reason_of,
)
from cameras.services.masks import Polygons, lock_masks, read_masks
from cameras.services.picture_jobs import SUB_STREAM, sub_path
from cameras.services.states import lock_one
from gis_server import audit, live
from gis_server.errors import Conflict
from gis_server.models import User

FINE, FAULT = PictureExam.Judgement.FINE, PictureExam.Judgement.FAULT


def confirm_fine(snapshot: Snapshot, by: User, now: datetime) -> PictureBaseline:
    """Make this picture what its camera looks like in its light, and end the fault it was taken
    for.

    Of two who say so together one succeeds.

    Raises:
        Conflict: nothing was measured on it, it is no longer stored, it is of another stream than
            the rounds', the masks have changed since, or somebody else has said so already.
    """
    exam = exam_of(snapshot)
    camera = snapshot.camera
    if snapshot.source != SUB_STREAM and sub_path(camera.profiles, camera.path):
        message = _(
            "This picture is of another stream than those of the rounds. Judge the newest picture "
            "of a round."
        )
        raise Conflict(message)
    polygons = _masks_now(snapshot)
    content = _content(snapshot, exam, polygons)
    with transaction.atomic():
        if lock_masks(camera.pk)[1] != snapshot.masks_version:
            raise _masks_changed()
        lock_turn(camera.pk)
        judge(snapshot, FINE, by, now)
        light = snapshot.light or light_at(camera.point.y, camera.point.x, snapshot.taken_at or now)
        made = replace_baseline(camera.pk, light, content, by=by, snapshot=snapshot, now=now)
        Snapshot.objects.filter(pk=snapshot.pk).update(is_fault=False)
        note(snapshot, by, action="picture.called_fine", detail={"light": str(light)})
        if is_of_now(snapshot, exam):
            clear_fault(camera.pk, now)
    return made


@transaction.atomic
def confirm_fault(snapshot: Snapshot, by: User, now: datetime) -> None:
    """Note that the picture is faulty; it is kept longer.

    What was found on the newest picture counts at once then, without a second one.

    Raises:
        Conflict: it is no picture, or somebody else has said so already.
    """
    if snapshot.taken_at is None:
        raise Conflict(_("There is no picture to judge."))
    PictureExam.objects.bulk_create([PictureExam(snapshot=snapshot)], ignore_conflicts=True)
    judge(snapshot, FAULT, by, now)
    Snapshot.objects.filter(pk=snapshot.pk).update(is_fault=True)
    exam = stored_exam(PictureExam.objects.get(snapshot=snapshot))
    fault = exam.findings[0].fault.value if exam.findings else ""
    note(snapshot, by, action="picture.called_faulty", detail={"fault": fault})
    if not exam.findings or not is_newest(snapshot):
        return
    turn = lock_turn(snapshot.camera_id)
    turn.streak_ok, turn.streak_bad, turn.counted_at = 0, max(turn.streak_bad, IN_A_ROW), now
    turn.save(update_fields=["streak_ok", "streak_bad", "counted_at"])
    state = lock_one(snapshot.camera_id)
    if state is not None:
        gravest = exam.findings[0]
        live.record(*put_fault(state, reason_of(gravest), detail_of(gravest), now))


def judge(snapshot: Snapshot, said: str, by: User, now: datetime) -> None:
    """Write what was said, by compare-and-set.  Raises Conflict: it was said already."""
    rows = PictureExam.objects.filter(snapshot=snapshot).exclude(judged=said)
    if rows.update(judged=said, judged_by=by, judged_at=now) != 1:
        raise Conflict(_("Somebody has already said so of this picture."))


def exam_of(snapshot: Snapshot) -> Exam:
    """What was measured.  Raises Conflict: nothing was."""
    row = PictureExam.objects.filter(snapshot=snapshot).first()
    if row is None or not row.measures:
        message = _(
            "Nothing was measured on this picture. Wait for the next round, and judge that."
        )
        raise Conflict(message)
    return stored_exam(row)


def stored_exam(row: PictureExam) -> Exam:
    return Exam.from_json({"measures": row.measures, "findings": row.findings})


def is_newest(snapshot: Snapshot) -> bool:
    """Whether no later picture of the camera was measured."""
    later = PictureExam.objects.filter(
        snapshot__camera=snapshot.camera_id, snapshot__taken_at__gt=snapshot.taken_at
    )
    return not later.exists()


def is_of_now(snapshot: Snapshot, exam: Exam) -> bool:
    """Whether what is said of the picture holds for the camera now: it is the newest, or shows the
    very fault that the camera has.
    """
    state = lock_one(snapshot.camera_id)
    same = state is not None and state.picture_fault in {reason_of(one) for one in exam.findings}
    return same or is_newest(snapshot)


def _masks_now(snapshot: Snapshot) -> Polygons:
    polygons, version = read_masks(snapshot.camera_id)
    if version != snapshot.masks_version:
        raise _masks_changed()
    return polygons


def _masks_changed() -> Conflict:
    message = _(
        "The privacy masks have changed since this picture. Take a new one, and judge that."
    )
    return Conflict(message)


def _content(snapshot: Snapshot, exam: Exam, polygons: Polygons) -> dict[str, Any]:
    """The baseline of this picture.  Raises Conflict: it is no longer stored."""
    import cv2  # noqa: PLC0415 - large, and few web processes ever need it

    from cameras.picture.baseline import fresh  # noqa: PLC0415 - the same

    image = cv2.imread(str(Path(settings.MEDIA_ROOT, snapshot.file))) if snapshot.file else None
    if image is None:
        raise Conflict(_("This picture is no longer stored."))
    masks = [[(x, y) for x, y in polygon] for polygon in polygons]
    return fresh(exam, image, masks).to_json()


def note(snapshot: Snapshot, by: User, *, action: str, detail: dict[str, Any]) -> None:
    audit.note(
        by=by,
        action=action,
        subject=snapshot.camera.code,
        scope=snapshot.camera.scope_code,
        detail={"picture": snapshot.pk} | detail,
    )
