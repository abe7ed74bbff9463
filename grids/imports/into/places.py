"""Buildings, shops and service points: found again by code, put into their grids on the way.

The reader has found the grid of every point already (`imports.homes`); rows outside of all grids
keep the territory that the import is for.
"""

import logging
from collections.abc import Iterator
from functools import partial

from django.db import transaction
from kombu.exceptions import OperationalError

from gis_server.jobs import refresh_search
from grids.imports.bulk import FROM_ROWS, bulk_loading
from grids.imports.into import Comparison, Found, Work, doubled, found_rows, samples_of
from grids.imports.problems import Problem
from grids.models import Building, ServicePoint, Shop

logger = logging.getLogger(__name__)
KINDS = {"buildings": "building", "shops": "shop", "service_points": "service_point"}
MODELS = {"buildings": Building, "shops": Shop, "service_points": ServicePoint}
MOVED_DEG = 1e-7  # a centimetre; less is the noise of going through another frame


def table(work: Work) -> str:
    return MODELS[work.target.name.value]._meta.db_table


def prepare(work: Work) -> None:
    """Nothing: the reader has filled every column."""


def find_faults(work: Work) -> Iterator[Found]:
    yield from doubled(work, "code", "s.shape::text")
    yield from found_rows(
        work,
        Problem.OUTSIDE_TERRITORY,
        """SELECT s.row, s.shape::text, s.grid_code FROM {stage} AS s
           WHERE s.grid_code NOT LIKE %(like_scope)s ORDER BY s.row""",
        ("code",),
    )
    yield from found_rows(
        work,
        Problem.CODE_OF_ANOTHER,
        f"""SELECT s.row, s.shape::text, s.code FROM {{stage}} AS s
            JOIN {table(work)} AS place ON place.code = s.code
            WHERE place.scope_code NOT LIKE %(like_scope)s ORDER BY s.row""",
        ("value",),
        "code",
    )


def compare(work: Work) -> Comparison:
    joined = f"FROM {{stage}} AS s LEFT JOIN {table(work)} AS place ON place.code = s.code"
    new, changed, same, outside, unplaced = work.stage.one(
        f"""SELECT count(*) FILTER (WHERE place.id IS NULL),
                   count(*) FILTER (WHERE place.id IS NOT NULL AND ({differs(work)})),
                   count(*) FILTER (WHERE place.id IS NOT NULL AND NOT ({differs(work)})),
                   count(*) FILTER (WHERE s.shape IS NOT NULL AND s.grid_id IS NULL),
                   count(*) FILTER (WHERE s.shape IS NULL AND place.point IS NULL)
            {joined}"""
    )
    [absent] = work.stage.one(
        f"""SELECT count(*) FROM {table(work)} AS place
            WHERE place.code IS NOT NULL AND place.scope_code LIKE %(like_scope)s
              AND NOT EXISTS (SELECT 1 FROM {{stage}} AS s WHERE s.code = place.code)""",
        work.values,
    )
    samples = samples_of(
        work,
        f"""SELECT s.code, s.name, place.id IS NULL {work.pairs("place")} {joined}
            WHERE place.id IS NULL OR ({differs(work)}) ORDER BY place.id IS NULL, s.row""",
    )
    notes = {"outside": outside, "unplaced": unplaced}
    return Comparison(new, changed, same, absent, notes, samples)


def write(work: Work) -> None:
    rows = work.stage.one("SELECT count(*) FROM {stage}")[0]
    if rows >= FROM_ROWS:
        transaction.on_commit(partial(make_findable, work.target.name.value))
    new_only = f"""WHERE NOT EXISTS (SELECT 1 FROM {table(work)} AS place WHERE place.code = s.code)
                   ORDER BY s.row"""
    with bulk_loading(table(work), rows) as was_empty:
        work.stage.run(
            f"""UPDATE {table(work)} AS place
                SET {"".join(f"{one} = s.{one}, " for one in work.compared)}
                    point = coalesce(s.shape, place.point),
                    grid_id = CASE WHEN s.shape IS NULL THEN place.grid_id ELSE s.grid_id END,
                    scope_code = coalesce(s.grid_code, place.scope_code)
                FROM {{stage}} AS s WHERE s.code = place.code AND {differs(work)}"""
        )
        work.stage.run(
            f"""INSERT INTO {table(work)} (code, {work.inserted}, point, grid_id, scope_code)
                SELECT s.code, {work.inserted}, s.shape, s.grid_id,
                       coalesce(s.grid_code, %(scope)s)
                FROM {{stage}} AS s {"" if was_empty else new_only}""",
            work.values,
        )


def make_findable(target: str) -> None:
    """Have a job make the entries of the search box that the bulk load passed over."""
    try:
        refresh_search.apply_async(([KINDS[target]],), retry=False)
    except OperationalError:
        # No queue: the job that runs every few hours will find what is missing.
        logger.warning("the entries of %s wait for the next refresh of the search", target)


def differs(work: Work) -> str:
    """Whether a row says something else than the place; a row without a point moves nothing."""
    moved = f"""(s.shape IS NOT NULL AND (place.point IS NULL
        OR abs(ST_X(place.point) - ST_X(s.shape)) > {MOVED_DEG}
        OR abs(ST_Y(place.point) - ST_Y(s.shape)) > {MOVED_DEG}))"""
    return work.differs("place", moved)
