"""What runs in the background: what nobody confirms, and the tidying up."""

import logging
import os
import socket
import time
from datetime import timedelta

from celery import shared_task
from django.db import connection
from django.utils import timezone

from cameras import services
from cameras.handover.services import deliveries
from cameras.handover.services.sending import deliver_one
from cameras.probe.reason import Reason
from cameras.queries import KEPT_PROBES
from cameras.rates.services import make_last_month
from cameras.repairs.services import drop_stray_photos, drop_unused_photos, look
from cameras.services.watch import BEAT_LASTS

logger = logging.getLogger(__name__)
DELIVERING_S = 25.0
KEPT_FAILURES = timedelta(days=90)
REPORTS_AT = 6  # o'clock, on the first of a month
STARTED_S = time.monotonic()


@shared_task  # type: ignore[untyped-decorator]
def mark_stale_cameras() -> None:
    """Say "unknown" of cameras that nobody has asked, and which sites nobody asks; end picture
    requests that nobody answered.
    """
    now = timezone.now()
    if time.monotonic() - STARTED_S > BEAT_LASTS.total_seconds():
        # Not before pollers that start with us have had their time to be heard.
        for name in services.note_absent_pollers(now):
            logger.warning("nobody asks the cameras of site %s: is its poller running?", name)
    stale = services.mark_stale(now)
    if stale:
        logger.warning("%d cameras became unknown: nobody has asked them for too long", stale)
    services.expire_snapshots(now)


@shared_task  # type: ignore[untyped-decorator]
def hand_over() -> int:
    """Deliver what is due, for half a minute at most; how many deliveries were tried."""
    worker, ends = f"{socket.gethostname()}-{os.getpid()}", time.monotonic() + DELIVERING_S
    now, tried = timezone.now(), 0
    if lost := deliveries.call_unclear(now):
        logger.warning("%d deliveries are unclear: the server stopped while it sent them", lost)
    deliveries.make_due(now)
    while time.monotonic() < ends and deliver_one(worker=worker, now=timezone.now()):
        tried += 1
    return tried


@shared_task  # type: ignore[untyped-decorator]
def prune() -> None:
    """Keep live tests for a day, pictures as their class says."""
    now = timezone.now()
    dropped = services.drop_old_pictures(now)
    if dropped.pictures:
        logger.info(
            "%d old pictures deleted, %d of them with faults, %d kB freed",
            dropped.pictures,
            dropped.faults,
            dropped.freed_bytes // 1024,
        )
    services.forget_tests(now)
    services.forget_books(now)
    services.forget_views(now)
    deliveries.forget_old(now)
    drop_unused_photos(now)


@shared_task  # type: ignore[untyped-decorator]
def drop_stray_files() -> int:
    """Delete files of pictures and photos that no row names; how many."""
    strays = services.drop_strays(timezone.now()) + drop_stray_photos(timezone.now())
    if strays:
        logger.warning("%d files without a picture deleted: a process was killed", strays)
    return strays


@shared_task  # type: ignore[untyped-decorator]
def tend_repairs() -> None:
    """Open, verify, escalate and close repair orders: see `cameras.repairs.services.look`."""
    looked = look(timezone.now())
    if looked.opened:
        logger.info("%d repair orders opened", looked.opened)


@shared_task  # type: ignore[untyped-decorator]
def report_last_month() -> int:
    """The reports of the month before, from the first at six in the morning on; how many.

    Asked every hour: a machine that was off that morning makes them when it is back.
    """
    now = timezone.now()
    if timezone.localtime(now) < timezone.localtime(now).replace(
        day=1, hour=REPORTS_AT, minute=0, second=0, microsecond=0
    ):
        return 0
    return len(make_last_month(now))


@shared_task  # type: ignore[untyped-decorator]
def drop_old_probes() -> int:
    """Delete all but the last results of each camera, failures after 90 days; how many went.

    Those that prove a picture stay as long as it does.  All results are read for it, millions where
    thousands of cameras are dark: so once an hour, in which a camera that is well gets six.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM cameras_probe USING (
                SELECT id, row_number() OVER (PARTITION BY camera_id ORDER BY id DESC) AS age
                FROM cameras_probe
            ) AS numbered
            WHERE cameras_probe.id = numbered.id AND numbered.age > %s
                AND (cameras_probe.reason = %s OR cameras_probe.at < %s)
                AND NOT EXISTS (
                    SELECT FROM cameras_snapshot WHERE cameras_snapshot.probe_id = cameras_probe.id)
            """,
            [KEPT_PROBES, Reason.OK.value, timezone.now() - KEPT_FAILURES],
        )
        return int(cursor.rowcount)
