"""Shares of area against PostGIS: buffers and intersections, over grids of the real district."""

import numpy as np
import pytest
import shapely
from django.db import connection

from fixtures.district import drawn
from gis_server.geo import metric_srid, to_metric
from patrols.cells import Area, ground
from patrols.coverage import shares
from patrols.stretches import covered
from patrols.track import Means, Track, track
from tests.patrols.test_coverage import NONE, RADIUS
from tests.patrols.walks import NOW, fixes

GRIDS, TRACKS = 50, 4
"""`benchmarks/coverage.py` has all twenty of the contract."""
EXACT = """
    WITH way AS MATERIALIZED (
        SELECT ST_Buffer(ST_GeomFromWKB(%s, %s), %s, 'quad_segs=16') AS shape)
    SELECT grid.id, ST_Area(ST_Intersection(grid.shape, way.shape)) / ST_Area(grid.shape)
    FROM way, unnest(%s::int[], %s::bytea[]) AS told (id, wkb),
        LATERAL (SELECT told.id, ST_GeomFromWKB(told.wkb, %s) AS shape) AS grid
    WHERE ST_Intersects(grid.shape, way.shape)"""


def neighbours() -> list[Area]:
    """The grids nearest to the one in the middle of the list."""
    shapes = [to_metric(shape) for _code, shape in sorted(drawn.read().grids.items())]
    middle = shapes[len(shapes) // 2].centroid
    nearest = sorted(shapes, key=lambda shape: float(shape.distance(middle)))[:GRIDS]
    return [Area(number + 1, shape) for number, shape in enumerate(nearest)]


def lines_of(found: Track) -> shapely.Geometry:
    """Each joined way, and each point as a way of no length."""
    points = np.column_stack([found.x, found.y])
    ways = [points[n : n + 2] for n in np.flatnonzero(found.joined)]
    return shapely.multilinestrings(
        shapely.linestrings(np.array([*ways, *np.stack([points, points + 1e-6], axis=1)]))
    )


@pytest.mark.django_db
def test_shares_of_area_are_those_of_postgis() -> None:
    """The limits are the contract's: 0.5 points in the mean, 1.5 at most."""
    areas = neighbours()
    place = ground(areas, [], NONE, NONE)
    west, south, east, north = shapely.total_bounds([one.shape for one in areas])
    wkb = [shapely.to_wkb(one.shape) for one in areas]
    chance, errors = np.random.default_rng(11), []
    for _ in range(TRACKS):
        turns = np.cumsum(chance.normal(0, 0.25, 300))
        x = chance.uniform(west, east) + np.cumsum(np.cos(turns) * 12)
        y = chance.uniform(south, north) + np.cumsum(np.sin(turns) * 12)
        found = track(fixes(np.arange(300) * 10.0, x, y), Means.FOOT, NOW)
        ours = shares(covered(found, place, RADIUS), place)
        way = shapely.to_wkb(lines_of(found))
        with connection.cursor() as cursor:
            ids, srid = [one.id for one in areas], metric_srid()
            cursor.execute(EXACT, [way, srid, RADIUS, ids, wkb, srid])
            errors += [abs((ours[pk].area.value or 0) - exact) for pk, exact in cursor.fetchall()]

    assert len(errors) > 8
    assert np.mean(errors) <= 0.005
    assert max(errors) <= 0.015
