"""What is counted in the grids of a plan, and by whom: `grids` itself, and apps that it does not
know, which offer theirs in `AppConfig.ready`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from gis_server.errors import Invalid
from gis_server.roles import Permission
from grids.impact import Places

MOST_POINTS = 500_000
MOST_STREETS = 100_000
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Figure:
    """text: what people call it.  unit: such as "km", or empty.  digits: shown after the point."""

    text: Text
    unit: str = ""
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """A table with a column `point`.

    text: what one of them is called.  name: SQL of its name, of the row `place`.  page: the route
    of its page, with its id.  figures: name → SQL of how much a row counts.  where: SQL of the rows
    that count.  permission: whose holders are told which rows they are; how many is everybody's who
    sees the plan.
    """

    text: Text
    table: str
    name: str
    page: str
    figures: Mapping[str, str]
    where: str = "true"
    permission: Permission = Permission.SEE_MAP


FIGURES: dict[str, Figure] = {
    "area_m2": Figure(pgettext_lazy("figure", "Area"), "km²", 3),
    "buildings": Figure(gettext_lazy("Buildings")),
    "households": Figure(gettext_lazy("Households")),
    "shops": Figure(gettext_lazy("Shops")),
    "service_points": Figure(gettext_lazy("Service points")),
    "street_km": Figure(gettext_lazy("Streets"), "km", 2),
    "workers": Figure(gettext_lazy("Grid workers")),
    "vacancies": Figure(gettext_lazy("Vacancies")),
}
SOURCES: dict[str, Source] = {
    "building": Source(
        pgettext_lazy("one place", "Building"), "grids_building", "place.name", "building-page",
        {"buildings": "1", "households": "place.households"},
    ),
    "shop": Source(
        pgettext_lazy("one place", "Shop"), "grids_shop", "place.name", "shop-page",
        {"shops": "1"},
    ),
    "service_point": Source(
        pgettext_lazy("one place", "Service point"), "grids_servicepoint", "place.name",
        "service-point-page", {"service_points": "1"},
    ),
}  # fmt: skip
ByCode = Callable[[Sequence[str], datetime], Mapping[str, float]]
"""Codes of grids, now → what each needs; a fixed number of queries."""
BY_CODE: dict[str, ByCode] = {}
LOAD = Figure(gettext_lazy("Load"), "", 0)


def offer(kind: str, source: Source, **figures: Figure) -> None:
    """Have the points of another app's table counted; figures: those it counts for."""
    SOURCES[kind] = source
    FIGURES.update(figures)


def offer_by_code(name: str, figure: Figure, ask: ByCode) -> None:
    """Have something counted that goes by the codes of grids alone."""
    BY_CODE[name] = ask
    FIGURES[name] = figure


def shown_figures() -> dict[str, Figure]:
    """All figures in the order in which they are shown."""
    return FIGURES | {"load": LOAD}


# ---- Asking --------------------------------------------------------------------------------------

Boxes = np.ndarray[Any, Any]
"""Array (n, 4) of west, south, east, north."""
_BOXES = """
    unnest(%(west)s::float8[], %(south)s::float8[], %(east)s::float8[], %(north)s::float8[])
        AS box (west, south, east, north)"""
# Box by box, each through the index; one that lies in two comes once.
POINTS = """
    SELECT DISTINCT ON (here.id) here.* FROM {boxes} CROSS JOIN LATERAL (
        SELECT place.id, ST_X(place.point), ST_Y(place.point){figures} FROM {table} AS place
        WHERE place.point && ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
          AND {where} OFFSET 0
    ) AS here ORDER BY here.id LIMIT %(most)s"""
STREETS = f"""
    SELECT ST_AsBinary(street.line) FROM grids_street AS street WHERE street.id IN (
        SELECT here.id FROM {_BOXES} CROSS JOIN LATERAL (
            SELECT street.id FROM grids_street AS street
            WHERE street.line && ST_MakeEnvelope(box.west, box.south, box.east, box.north, 4326)
            OFFSET 0
        ) AS here) ORDER BY street.id LIMIT %(most)s"""  # noqa: S608


def places_in(boxes: Boxes) -> list[Places]:
    """The points of all sources in some boxes.  One query a source.

    Raises:
        Invalid: more than one report counts.
    """
    return [_places(kind, source, boxes) for kind, source in SOURCES.items()]


def _places(kind: str, source: Source, boxes: Boxes) -> Places:
    # What is put into the SQL are words of our own, never a user's.
    figures = "".join(f", ({sql})::float8" for sql in source.figures.values())
    sql = POINTS.format(boxes=_BOXES, figures=figures, table=source.table, where=source.where)
    rows = np.array(_rows(sql, boxes, MOST_POINTS), dtype=np.float64)
    rows = rows.reshape(-1, 3 + len(source.figures))
    return Places(
        kind,
        rows[:, 0].astype(np.int64),
        np.asarray(shapely.points(rows[:, 1:3]), dtype=object).reshape(-1),
        {name: rows[:, 3 + k] for k, name in enumerate(source.figures)},
    )


def streets_in(boxes: Boxes) -> np.ndarray[Any, Any]:
    """Streets as single lines.  One query.

    Raises:
        Invalid: more than one report counts.
    """
    rows = _rows(STREETS, boxes, MOST_STREETS)
    parts: np.ndarray[Any, Any] = shapely.get_parts(shapely.from_wkb([bytes(r[0]) for r in rows]))
    return parts


def _rows(sql: str, boxes: Boxes, most: int) -> list[tuple[Any, ...]]:
    sides = dict(zip(("west", "south", "east", "north"), boxes.T.tolist(), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, sides | {"most": most + 1})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    if len(rows) > most:
        raise Invalid(_("There is too much to count here: make two plans."))
    return rows


@dataclass(frozen=True, slots=True)
class Held:
    """worker: staff number of somebody who is there as a worker of the grid."""

    grid_id: int
    worker: str


HELD = """
    SELECT held.grid_id, worker.number FROM grids_assignment AS held
    JOIN grids_gridworker AS worker ON worker.id = held.worker_id
    WHERE held.grid_id = ANY (%(grids)s) AND held.role = 'worker' AND held.valid @> %(day)s::date
    ORDER BY held.id"""


def workers_of(grids: Sequence[int], day: date) -> list[Held]:
    """Who works in grids on a day.  One query."""
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"grids": list(grids), "day": day})
        return [Held(*row) for row in cursor.fetchall()]


NAMES = "SELECT place.id, {name} FROM {table} AS place WHERE place.id = ANY (%s)"


def names_of(source: Source, ids: Sequence[int]) -> dict[int, str]:
    """What rows of a source are called.  One query."""
    sql = NAMES.format(name=source.name, table=source.table)
    with connection.cursor() as cursor:
        cursor.execute(sql, [list(ids)])
        return dict(cursor.fetchall())
