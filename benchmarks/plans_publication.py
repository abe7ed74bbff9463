"""Publication of a boundary plan, for benchmarks/plans.py; not a benchmark itself.

A community of strips, each a grid, side by side from west to east; a plan moves every border half a
strip to the east, so that half of all buildings change hands.  What is measured is the service that
the job calls: the proof, the shapes, the points, history and the feed, to the commit.  Meanwhile a
reader asks all the time, in one statement, which shapes are in force and how many buildings each
grid has: it may hear what was before or what is since, and nothing else.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

COMMUNITY = "140107001001"
WEST, SOUTH, WIDE_DEG, HIGH_DEG = 112.5, 37.8, 0.002, 0.01
FILL = """
    INSERT INTO grids_building (name, scope_code, point, households, grid_id)
    SELECT 'b' || n, grid.code,
           ST_SetSRID(ST_MakePoint(%(west)s + x * %(wide)s, %(south)s + y * %(high)s), 4326),
           30, grid.id
    FROM (SELECT n, random() * %(grids)s AS x, random() AS y
          FROM generate_series(1, %(count)s) AS n) AS made
    JOIN grids_grid AS grid ON grid.code = %(community)s || lpad((floor(x) + 1)::text, 3, '0')"""

SEEN = """
    SELECT (SELECT md5(string_agg(grid_id || ST_AsBinary(shape)::text, '' ORDER BY grid_id))
            FROM grids_gridshape WHERE valid @> grids_today()),
           (SELECT md5(string_agg(grid_id || ':' || held, ',' ORDER BY grid_id))
            FROM (SELECT grid_id, count(*) AS held FROM grids_building GROUP BY grid_id) AS counts),
           (SELECT string_agg(state, ',' ORDER BY id) FROM grids_boundaryplan)"""


@dataclass(frozen=True, slots=True)
class Published:
    """points: buildings there are.  moved: of these, changed hands.  taken_s, processor_s: wall
    clock and this process's own; wrong: buildings, of every fiftieth, that are not in the grid that
    holds them.  looks, half_states: how often the reader asked, and how many answers were neither
    what was before nor what is since.
    """

    grids: int
    points: int
    moved: int
    taken_s: float
    processor_s: float
    wrong: int
    looks: int
    half_states: int


def measure(grids: int = 60, moved: int = 100_000) -> Published:
    """Publish a plan of so many grids in which about so many points change hands.

    Django must be set up on an empty, migrated database, which is not cleaned up afterwards.
    """
    from django.db import connection  # noqa: PLC0415 - needs Django set up
    from django.utils import timezone  # noqa: PLC0415

    from grids.models import Building  # noqa: PLC0415
    from grids.plans import publishing  # noqa: PLC0415

    now = timezone.now()
    _lay_out(grids)
    _fill(grids, 2 * moved)
    plan_id = _scheduled(grids, now)
    before = dict(Building.objects.values_list("id", "grid_id"))
    first = _look()
    with _reading() as seen:
        began, spent = time.perf_counter(), time.process_time()
        publishing.publish(plan_id=plan_id, now=now)
        taken, spent = time.perf_counter() - began, time.process_time() - spent
    last = _look()
    after = dict(Building.objects.values_list("id", "grid_id"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM grids_building AS place,"
            " LATERAL grids_home(place.point, grids_today()) AS home"
            " WHERE place.grid_id IS DISTINCT FROM home.grid_id AND place.id % 50 = 0"
        )
        wrong = cursor.fetchone()[0]
    changed = sum(after[key] != grid for key, grid in before.items())
    half = sum(one not in (first, last) for one in seen)
    return Published(grids, len(before), changed, taken, spent, wrong, len(seen), half)


def _look() -> tuple[Any, ...]:
    from django.db import connection  # noqa: PLC0415

    with connection.cursor() as cursor:
        cursor.execute(SEEN)
        return tuple(cursor.fetchone())


@contextmanager
def _reading() -> Iterator[list[tuple[Any, ...]]]:
    """A reader beside, on a connection of its own; what it has seen."""
    from django.db import connection  # noqa: PLC0415

    seen: list[tuple[Any, ...]] = []
    enough = threading.Event()

    def read() -> None:
        try:
            while not enough.is_set():
                seen.append(_look())
        finally:
            connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield seen
    finally:
        enough.set()
        reader.join()


def _strip(first: float, last: float) -> Any:
    import shapely  # noqa: PLC0415

    west, east = WEST + first * WIDE_DEG, WEST + last * WIDE_DEG
    return shapely.box(west, SOUTH, east, SOUTH + HIGH_DEG)


def _lay_out(grids: int) -> None:
    from django.contrib.gis.geos import GEOSGeometry, MultiPolygon  # noqa: PLC0415

    from grids.models import Division, Grid, GridDesignation, GridShape  # noqa: PLC0415

    def drawn(shape: Any) -> tuple[Any, Any]:
        stored = GEOSGeometry(memoryview(shape.wkb), srid=4326)
        return stored, stored.transform(3857, clone=True)

    above = None
    for digits, level, kind in (
        (6, "district", "district"),
        (9, "street", "street_office"),
        (12, "community", "community"),
    ):
        shape, mercator = drawn(_strip(0, grids))
        above = Division.objects.create(
            code=COMMUNITY[:digits].ljust(12, "0"), name=level, level=level, kind=kind,
            parent=above, shape=MultiPolygon(shape), shape_3857=MultiPolygon(mercator, srid=3857),
        )  # fmt: skip
    community = Division.objects.get(code=COMMUNITY)
    for number in range(1, grids + 1):
        code = f"{COMMUNITY}{number:03d}"
        grid = Grid.objects.create(code=code, name=code, community=community)
        GridDesignation.objects.create(grid=grid, code=code, name=code)
        shape, mercator = drawn(_strip(number - 1, number))
        GridShape.objects.create(grid=grid, shape=shape, shape_3857=mercator)


def _fill(grids: int, count: int) -> None:
    from django.db import connection, transaction  # noqa: PLC0415

    values: dict[str, Any] = {
        "west": WEST, "south": SOUTH, "wide": WIDE_DEG, "high": HIGH_DEG, "grids": grids,
        "count": count, "community": COMMUNITY,
    }  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT setseed(0.5), set_config('gis.bulk', 'on', true)")
        cursor.execute(FILL, values)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE grids_building")


def _scheduled(grids: int, now: datetime) -> int:
    from django.utils import timezone  # noqa: PLC0415

    from gis_server.models import User  # noqa: PLC0415
    from gis_server.roles import Role  # noqa: PLC0415
    from grids.plans import services  # noqa: PLC0415
    from grids.plans.drafts import Draft  # noqa: PLC0415
    from grids.redrawing import Redrawing, Reshaped  # noqa: PLC0415

    people = [
        User.objects.create_user(f"bench-{role}", role=role.value, scope=[COMMUNITY[:6]])
        for role in (Role.PLANNER, Role.DISTRICT_LEADER)
    ]
    edges = [0.0, *(number + 0.5 for number in range(1, grids)), float(grids)]
    reshaped = tuple(
        Reshaped(f"{COMMUNITY}{k + 1:03d}", _strip(edges[k], edges[k + 1])) for k in range(grids)
    )
    today = timezone.localdate(now)
    draft = Draft("Half a strip", COMMUNITY[:6], today, [], Redrawing(reshaped=reshaped))
    plan = services.make(draft=draft, by=people[0], now=now)
    plan = services.submit(plan_id=plan.pk, revision=plan.revision, by=people[0], now=now)
    plan = services.approve(plan_id=plan.pk, revision=plan.revision, by=people[1], now=now)
    plan = services.schedule(
        plan_id=plan.pk, revision=plan.revision, day=today, document="1", by=people[0], now=now
    )
    return plan.pk
