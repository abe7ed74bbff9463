"""Which cameras a window of planned work covers."""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

# Of a camera `c` and a window `w`, by the rows of today: whoever asks, asks about the present
# moment.
COVERS = """
    (w.target = 'upstream' AND w.upstream_id = c.upstream_id
        OR w.target = 'owner' AND w.owner_id = c.owner_id
        OR w.target = 'area' AND starts_with(c.scope_code, w.area)
        OR w.target = 'cameras' AND EXISTS (
            SELECT FROM cameras_workcamera AS p WHERE p.work_id = w.id AND p.camera_id = c.id))
    AND w.starts_at <= %(at)s AND w.ends_at > %(at)s
    AND w.withdrawn_at IS NULL AND w.rejected_at IS NULL"""
COVERED = f"""
    SELECT DISTINCT c.id FROM cameras_camera AS c JOIN cameras_plannedwork AS w ON {COVERS}
    WHERE c.id = ANY(%(cameras)s::bigint[])"""  # noqa: S608 - our own text


def covered(camera_ids: Iterable[int], at: datetime) -> set[int]:
    """Those of these cameras whose outage opens no repair order at `at`: a window covers them that
    runs then and was neither withdrawn nor rejected, whether it is reviewed or not.  One query.
    """
    ids = list(camera_ids)
    if not ids:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(COVERED, {"cameras": ids, "at": at})
        return {camera_id for (camera_id,) in cursor.fetchall()}
