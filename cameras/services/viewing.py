"""Who has seen which picture: noted before it is shown, and only ever added to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from cameras.models import PictureView
from gis_server import audit
from gis_server.models import User

How = PictureView.How
SAME_VIEW = {
    How.FULL: timedelta(seconds=60),
    How.SHEET: timedelta(hours=1),
    How.TIMELINE: timedelta(hours=1),
}
"""So long after a view the same picture before the same eyes is no new one.  Thumbnails stay in
the browser, and a page that renews itself is not somebody who looks again."""
KEPT = timedelta(days=3 * 365)
"""The database refuses to forget views sooner (migration 0023)."""

NOTE = """
    INSERT INTO cameras_pictureview
        (at, user_id, who, origin, how, snapshot_id, camera_code, scope)
    SELECT %s, %s, %s, %s, %s, snapshot.id, c.code, c.scope_code
    FROM cameras_snapshot AS snapshot JOIN cameras_camera AS c ON c.id = snapshot.camera_id
    WHERE snapshot.id = ANY(%s) AND snapshot.taken_at IS NOT NULL
        AND NOT EXISTS (
            SELECT FROM cameras_pictureview AS seen
            WHERE seen.user_id = %s AND seen.snapshot_id = snapshot.id AND seen.how = %s
                AND seen.at > %s AND seen.at <= %s)
    ORDER BY snapshot.id
"""


def note_views(user: User, snapshot_ids: Sequence[int], how: str, now: datetime) -> int:
    """Note that `user` sees these pictures now; returns how many rows were added.  One statement.

    how: a `PictureView.How`.  Whoever calls has made sure that the user may see them.
    """
    ids = list(snapshot_ids)
    if not ids:
        return 0
    since = now - SAME_VIEW[How(how)]
    name = user.get_username()
    values: list[Any] = [now, user.pk, name, audit.origin.get(), how, ids, user.pk, how, since, now]
    with connection.cursor() as cursor:
        cursor.execute(NOTE, values)
        return int(cursor.rowcount)


def forget_views(now: datetime) -> int:
    """Drop views of long ago; returns how many."""
    return PictureView.objects.filter(at__lt=now - KEPT).delete()[0]
