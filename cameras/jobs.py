"""What runs in the background: pictures, and the tidying up."""

import logging
from datetime import timedelta
from functools import partial
from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from kombu.exceptions import OperationalError

from cameras import services
from cameras.models import Snapshot
from cameras.picture.capture import CaptureFailed
from cameras.picture.store import drop_days, store
from cameras.picture.take import take
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome
from cameras.queries import KEPT_PROBES
from cameras.services.snapshots import ANSWER_WITHIN, Job
from gis_server.errors import Invalid, Unavailable

logger = logging.getLogger(__name__)
KEPT_FAILURES = timedelta(days=90)
KEPT_PICTURES = timedelta(days=30)
PICTURES_AT_ONCE = 1000


def hand_over(snapshot_id: int) -> None:
    """Give a request to the workers; only its id travels.

    Raises:
        Unavailable: the queue does not answer.  The request has then ended as failed.
    """
    try:
        take_snapshot.apply_async(
            (snapshot_id,), expires=ANSWER_WITHIN.total_seconds(), retry=False
        )
    except OperationalError:
        services.fail_snapshot(snapshot_id, Reason.NOT_STARTED, "the job queue does not answer")
        message = _(
            "A picture cannot be asked for now: the job queue does not answer. "
            "Try again in a minute."
        )
        raise Unavailable(message) from None


@shared_task  # type: ignore[untyped-decorator]
def take_snapshot(snapshot_id: int) -> None:
    """Take the picture that was asked for, and tell what became of it."""
    try:
        job = services.start_snapshot(snapshot_id, now=timezone.now())
        if job:
            take_and_store(job)
    except (Invalid, Unavailable) as error:
        services.fail_snapshot(snapshot_id, Reason.OWN_TROUBLE, str(error.message))


def take_and_store(job: Job) -> None:
    note_login = partial(_note_login, job)
    try:
        net = services.net_of(services.rules_of_camera(job.camera_id))
        picture = take(job.target, net, note_login=note_login)
        now = timezone.now()
        root = Path(settings.MEDIA_ROOT)
        stored = store(picture, root=root, name=str(job.snapshot_id), taken_at=now)
    except CaptureFailed as error:
        services.fail_snapshot(job.snapshot_id, error.reason, str(error))
        return
    if not services.finish_snapshot(job.snapshot_id, stored, now=now):
        # It was given up while the picture was under way: nobody knows of the file.
        (root / stored.file).unlink(missing_ok=True)


def _note_login(job: Job, outcome: LoginOutcome) -> None:
    services.note_login(
        camera_id=job.camera_id, leave=job.leave, outcome=outcome, now=timezone.now()
    )


@shared_task  # type: ignore[untyped-decorator]
def mark_stale_cameras() -> None:
    """Say "unknown" of cameras that nobody has asked; end picture requests that nobody answered."""
    now = timezone.now()
    stale = services.mark_stale(now)
    if stale:
        logger.warning("%d cameras became unknown: nobody has asked them for too long", stale)
    services.expire_snapshots(now)


@shared_task  # type: ignore[untyped-decorator]
def prune() -> None:
    """Keep the last results of each camera, live tests for a day, and pictures for 30 days."""
    drop_old_probes()
    services.forget_tests(timezone.now())
    services.forget_books(timezone.now())
    drop_old_pictures()
    # Rows first; then what workers that were killed have left behind, a day later.
    before = timezone.now() - KEPT_PICTURES - timedelta(days=1)
    drop_days(Path(settings.MEDIA_ROOT), before=before.date())


def drop_old_probes() -> int:
    """Delete all but the last results of each camera, failures after 90 days; how many went."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM cameras_probe USING (
                SELECT id, row_number() OVER (PARTITION BY camera_id ORDER BY id DESC) AS age
                FROM cameras_probe
            ) AS numbered
            WHERE cameras_probe.id = numbered.id AND numbered.age > %s
                AND (cameras_probe.reason = %s OR cameras_probe.at < %s)
            """,
            [KEPT_PROBES, Reason.OK.value, timezone.now() - KEPT_FAILURES],
        )
        return int(cursor.rowcount)


def drop_old_pictures() -> int:
    """Delete requests older than 30 days with their files, the file first; returns how many."""
    before = timezone.now() - KEPT_PICTURES
    rows = list(Snapshot.objects.filter(requested_at__lt=before).order_by("id")[:PICTURES_AT_ONCE])
    for row in rows:
        if row.file:
            Path(settings.MEDIA_ROOT, row.file).unlink(missing_ok=True)
    return Snapshot.objects.filter(id__in=[row.id for row in rows]).delete()[0]
