"""Grids and their shapes: found again by code; a whole coverage or none.

Shapes are dated: a redrawn grid keeps the shape it had until `valid_from`.  What is not in the file
keeps its shape, unless the user asked to retire it; the proof of the partition looks at both.
"""

from collections.abc import Iterator

from grids.imports import coverage
from grids.imports.into import Comparison, Found, Work, doubled, found_rows, samples_of
from grids.imports.into.designations import designate
from grids.imports.problems import Problem

JOINED = """FROM {stage} AS s LEFT JOIN grids_grid AS grid ON grid.code = s.code
    LEFT JOIN grids_gridshape AS drawn
      ON drawn.grid_id = grid.id AND drawn.valid @> %(valid_from)s::date"""
REDRAWN = "(drawn.id IS NULL OR ST_AsBinary(drawn.shape) <> ST_AsBinary(s.shape))"
# Grids that are there on the day, in communities of the file, but not in the file.
ABSENT = """FROM grids_grid AS grid JOIN grids_gridshape AS drawn
      ON drawn.grid_id = grid.id AND drawn.valid @> %(valid_from)s::date
    WHERE left(grid.code, 12) IN (SELECT left(code, 12) FROM {stage})
      AND NOT EXISTS (SELECT 1 FROM {stage} AS s WHERE s.code = grid.code)"""

PLACE = "ST_PointOnSurface(s.shape)::text"
IS_NOT_IN_FORCE = "AND NOT EXISTS (SELECT 1 FROM grids_grid AS g WHERE g.code = above)"


def prepare(work: Work) -> None:
    """Name those that have no name after their community and number."""
    work.stage.run(
        """UPDATE {stage} AS s SET name = left(coalesce(community.name, ''), 60)
                  || '第' || substr(s.code, 13)::bigint || '网格'
           FROM {stage} AS t LEFT JOIN grids_division AS community
             ON community.code = left(t.code, 12)
           WHERE t.row = s.row AND s.name = ''"""
    )


def faults_of_codes(work: Work, *, above_in_force: bool) -> Iterator[Found]:
    """Doubled ones, ones outside the territory, and ones below nothing.

    above_in_force: a grid may lie in one that is in force, not only in one of the file.
    """
    yield from doubled(work, "code", PLACE)
    yield from found_rows(
        work,
        Problem.OUTSIDE_TERRITORY,
        f"""SELECT s.row, {PLACE}, s.code FROM {{stage}} AS s
            WHERE s.code NOT LIKE %(like_scope)s ORDER BY s.row""",
        ("code",),
        "code",
    )
    yield from found_rows(
        work,
        Problem.PARENT_UNKNOWN,
        f"""SELECT s.row, {PLACE}, s.code, above FROM (
                SELECT *, left(code, CASE WHEN length(code) > 15 THEN length(code) - 2 ELSE 12 END)
                          AS above FROM {{stage}}) AS s
            WHERE NOT EXISTS (SELECT 1 FROM grids_division AS d
                              WHERE d.code = above AND d.level = 'community')
              {IS_NOT_IN_FORCE if above_in_force else ""}
              AND NOT EXISTS (SELECT 1 FROM {{stage}} AS t WHERE t.code = above)
            ORDER BY s.row""",
        ("value", "parent"),
        "code",
    )


def find_faults(work: Work) -> Iterator[Found]:
    yield from faults_of_codes(work, above_in_force=True)
    yield from found_rows(
        work,
        Problem.CHANGES_LATER,
        f"""SELECT s.row, {PLACE}, s.code, lower(later.valid) FROM {{stage}} AS s
            JOIN grids_grid AS grid ON grid.code = s.code
            JOIN grids_gridshape AS later
              ON later.grid_id = grid.id AND lower(later.valid) > %(valid_from)s
            ORDER BY s.row""",
        ("value", "day"),
        "code",
    )
    yield from coverage.find_faults(work)


def compare(work: Work) -> Comparison:
    differs = work.differs("grid", REDRAWN)
    new, changed, same, redrawn = work.stage.one(
        f"""SELECT count(*) FILTER (WHERE grid.id IS NULL),
                   count(*) FILTER (WHERE grid.id IS NOT NULL AND {differs}),
                   count(*) FILTER (WHERE grid.id IS NOT NULL AND NOT {differs}),
                   count(*) FILTER (WHERE grid.id IS NOT NULL AND {REDRAWN}) {JOINED}""",
        work.values,
    )
    [absent] = work.stage.one(f"SELECT count(*) {ABSENT}", work.values)
    samples = samples_of(
        work,
        f"""SELECT s.code, s.name, grid.id IS NULL {work.pairs("grid")}
            {JOINED} WHERE grid.id IS NULL OR {differs} ORDER BY grid.id IS NULL, s.row""",
    )
    return Comparison(new, changed, same, absent, {"redrawn": redrawn}, samples)


def write(work: Work) -> None:
    if work.compared:
        sets = ", ".join(f"{one} = s.{one}" for one in work.compared)
        work.stage.run(
            f"""UPDATE grids_grid AS grid SET {sets} FROM {{stage}} AS s
                WHERE s.code = grid.code AND {work.differs("grid")}"""
        )
    for digits in (15, 17, 19):
        _insert(work, digits)
    designate(work, "grid")
    if work.retire_absent:
        _retire(work)
    _draw(work)
    coverage.outline(work)


def _insert(work: Work, digits: int) -> None:
    work.stage.run(
        f"""INSERT INTO grids_grid (code, {work.inserted}, community_id, parent_id)
            SELECT s.code, {work.inserted.replace("name", "s.name").replace("kind", "s.kind")},
                   community.id, parent.id
            FROM {{stage}} AS s
            JOIN grids_division AS community ON community.code = left(s.code, 12)
            LEFT JOIN grids_grid AS parent ON parent.code = left(s.code, {digits - 2})
            WHERE length(s.code) = {digits}
              AND NOT EXISTS (SELECT 1 FROM grids_grid AS grid WHERE grid.code = s.code)
            ORDER BY s.row"""
    )


def _retire(work: Work) -> None:
    """End the shapes of those that are no longer there; the grids and their past stay."""
    work.stage.run(
        f"""UPDATE grids_gridshape AS old SET valid = daterange(lower(old.valid), %(valid_from)s)
            FROM (SELECT drawn.id {ABSENT}) AS gone
            WHERE old.id = gone.id AND lower(old.valid) < %(valid_from)s""",
        work.values,
    )
    work.stage.run(
        f"DELETE FROM grids_gridshape AS old USING (SELECT drawn.id {ABSENT}) AS gone"
        " WHERE old.id = gone.id",
        work.values,
    )


def _draw(work: Work) -> None:
    """Begin new shapes on the day; one that began on that very day is corrected."""
    drawn = "ST_ForcePolygonCW(ST_Transform(s.shape, 3857))"
    work.stage.run(
        f"""UPDATE grids_gridshape AS old SET shape = s.shape, shape_3857 = {drawn}
            FROM {{stage}} AS s JOIN grids_grid AS grid ON grid.code = s.code
            WHERE old.grid_id = grid.id AND lower(old.valid) = %(valid_from)s
              AND ST_AsBinary(old.shape) <> ST_AsBinary(s.shape)""",
        work.values,
    )
    work.stage.run(
        """UPDATE grids_gridshape AS old SET valid = daterange(lower(old.valid), %(valid_from)s)
           FROM {stage} AS s JOIN grids_grid AS grid ON grid.code = s.code
           WHERE old.grid_id = grid.id AND old.valid @> %(valid_from)s::date
             AND ST_AsBinary(old.shape) <> ST_AsBinary(s.shape)""",
        work.values,
    )
    work.stage.run(
        f"""INSERT INTO grids_gridshape (grid_id, valid, shape, shape_3857)
            SELECT grid.id, daterange(%(valid_from)s, NULL), s.shape, {drawn}
            FROM {{stage}} AS s JOIN grids_grid AS grid ON grid.code = s.code
            WHERE NOT EXISTS (
                SELECT 1 FROM grids_gridshape AS there
                WHERE there.grid_id = grid.id AND there.valid @> %(valid_from)s::date)
            ORDER BY s.row""",
        work.values,
    )
