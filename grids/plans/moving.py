"""Putting points into other grids when borders have moved: all of a table at once.

The database's own rule (`grids_home`, migration 0009) is asked only for points that lie on a border
that moves, or that no grid of the plan holds any more.  For all others the new shapes are the outer
side of the join, so that each is prepared once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection, transaction

from gis_server.jobs import refresh_search
from grids.models import BoundaryPlan

# From so many points on the search box follows by a job, as after an import: entries of places cost
# more than the places themselves.
FROM_ROWS = 5_000
SEARCHED = {
    "grids_building": "building",
    "grids_shop": "shop",
    "grids_servicepoint": "service_point",
    "cameras_camera": "camera",
    "events_event": "event",
}

ROWS = "plan_moved_{}"
# Sorts and joins of a district's points without files; and of what is joined with them once, the
# number of rows is all that counts.
IN_MEMORY = """
    SELECT set_config('work_mem', '64MB', true),
           set_config('default_statistics_target', '10', true)"""
TOUCHED = """
    CREATE TEMPORARY TABLE plan_touched ON COMMIT DROP AS
    SELECT grid.id AS grid_id, grid.code, change.after AS shape, change.before AS former
    FROM grids_planchange AS change JOIN grids_grid AS grid ON grid.id = change.grid_id
    WHERE change.plan_id = %(plan)s
      AND ST_AsBinary(change.before) IS DISTINCT FROM ST_AsBinary(change.after)"""
# Each side of each shape by itself: small boxes, which meet few points.
EDGES = """
    CREATE TEMPORARY TABLE plan_edges ON COMMIT DROP AS
    SELECT (ST_DumpSegments(drawn.shape)).geom AS line
    FROM (SELECT shape FROM plan_touched UNION ALL SELECT former FROM plan_touched) AS drawn
    WHERE drawn.shape IS NOT NULL"""
FOUND = """
    CREATE TEMPORARY TABLE plan_found ON COMMIT DROP AS
    SELECT DISTINCT ON (here.id) here.id, here.was, here.was_code, touched.grid_id, touched.code
    FROM plan_touched AS touched CROSS JOIN LATERAL (
        SELECT place.id, place.grid_id AS was, place.scope_code AS was_code FROM {table} AS place
        WHERE place.point && touched.shape AND ST_Covers(touched.shape, place.point) OFFSET 0
    ) AS here
    WHERE touched.shape IS NOT NULL
    ORDER BY here.id, length(touched.code) DESC, touched.code"""
UNSURE = """
    CREATE TEMPORARY TABLE plan_unsure ON COMMIT DROP AS
    SELECT place.id FROM {table} AS place
    WHERE place.grid_id IN (SELECT grid_id FROM plan_touched)
      AND NOT EXISTS (SELECT 1 FROM plan_found AS found WHERE found.id = place.id)
    UNION
    SELECT here.id FROM plan_edges AS edge CROSS JOIN LATERAL (
        SELECT place.id FROM {table} AS place
        WHERE place.point && edge.line AND ST_Intersects(edge.line, place.point) OFFSET 0
    ) AS here"""
# A point that lies in a deeper grid which the plan does not touch stays there.
MOVED = """
    CREATE TEMPORARY TABLE {moved} ON COMMIT DROP AS
    SELECT found.id, found.was, found.was_code, found.grid_id, found.code FROM plan_found AS found
    WHERE found.was IS DISTINCT FROM found.grid_id
      AND NOT EXISTS (SELECT 1 FROM plan_unsure AS unsure WHERE unsure.id = found.id)
      AND (found.was IS NULL OR found.was IN (SELECT grid_id FROM plan_touched)
           OR length(found.was_code) <= length(found.code))
    UNION ALL
    SELECT place.id, place.grid_id, place.scope_code, home.grid_id, home.code
    FROM plan_unsure AS unsure JOIN {table} AS place ON place.id = unsure.id
    CROSS JOIN LATERAL grids_home(place.point, grids_today()) AS home
    WHERE place.grid_id IS DISTINCT FROM home.grid_id"""
UPDATE = """
    UPDATE {table} AS place SET grid_id = moved.grid_id,
           scope_code = coalesce(moved.code, place.scope_code)
    FROM {moved} AS moved WHERE moved.id = place.id"""


@dataclass(frozen=True, slots=True)
class Moved:
    """Rows of a table that lie in another grid since a plan is in force.

    rows: a temporary table of the transaction: id, was and was_code (grid and territory before),
    grid_id and code (since; NULL outside of all grids).
    """

    plan: BoundaryPlan
    day: date
    now: datetime
    rows: str
    count: int


HEARD: dict[str, Callable[[Moved], None]] = {}
"""Table → what its app does about rows that have moved, in the same transaction; added in
`AppConfig.ready`."""


def move_points(plan: BoundaryPlan, day: date, now: datetime) -> dict[str, int]:
    """Put the points of all tables into the grids that hold them now; how many moved, by table."""
    with connection.cursor() as cursor:
        cursor.execute(IN_MEMORY)
        cursor.execute("DROP TABLE IF EXISTS plan_touched, plan_edges")
        cursor.execute(TOUCHED, {"plan": plan.pk})
        cursor.execute(EDGES)
        cursor.execute("ANALYZE plan_touched")
        cursor.execute("SELECT grids_assigned_tables()::text")
        tables = [table for (table,) in cursor.fetchall()]
    counts = {table: _move(table, ROWS.format(table)) for table in tables}
    # After all the slow work: what they tell holds up all other writers of the feed.
    for table in tables:
        if counts[table] and table in HEARD:
            HEARD[table](Moved(plan, day, now, ROWS.format(table), counts[table]))
    return counts


def _move(table: str, moved: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS plan_found, plan_unsure, {moved}")
        cursor.execute(FOUND.format(table=table))
        cursor.execute("ANALYZE plan_found")
        cursor.execute(UNSURE.format(table=table))
        cursor.execute(MOVED.format(table=table, moved=moved))
        count = int(cursor.rowcount)
        if not count:
            return 0
        cursor.execute(f"ANALYZE {moved}")
        many = count >= FROM_ROWS and table in SEARCHED
        cursor.execute("SELECT set_config('gis.bulk', %s, true)", ["on" if many else "off"])
        cursor.execute(UPDATE.format(table=table, moved=moved))
        cursor.execute("SELECT set_config('gis.bulk', 'off', true)")
    if many:
        kind = SEARCHED[table]
        transaction.on_commit(
            lambda: refresh_search.apply_async(([kind],), retry=False), robust=True
        )
    return count
