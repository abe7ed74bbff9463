"""The table where rows wait: what goes into it comes out again, and what does not fit is told."""

import numpy as np
import pyarrow as pa
import pytest
import shapely
from psycopg2 import DataError

from grids.imports.reading import hex_ewkb
from grids.imports.stage import Stage, stage_columns

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage() -> Stage:
    made = Stage(990_001, stage_columns({"code": "varchar(4)"}, "point"))
    made.create()
    return made


def rows(first: int, codes: list[str], shapes: list[shapely.Geometry | None]) -> pa.Table:
    return pa.table(
        {
            "row": pa.array(range(first, first + len(codes))),
            "code": pa.array(codes),
            "shape": hex_ewkb(np.array(shapes, dtype=object), "point"),
        }
    )


def test_points_are_stored_as_shapely_would_write_them_and_missing_ones_as_nothing() -> None:
    points = [shapely.Point(112.5, 37.25), None, shapely.Point(-0.1, 1 / 3)]
    written = hex_ewkb(np.array(points, dtype=object), "point").to_pylist()
    framed = shapely.set_srid(np.array(points, dtype=object), 4326)
    expected = shapely.to_wkb(framed, hex=True, include_srid=True)
    assert written == [one.lower() if one else None for one in expected]


def test_rows_of_many_batches_are_all_there_with_their_points(stage: Stage) -> None:
    with stage.filling() as add:
        for k in range(30):
            add(rows(2 * k, ["a", "b"], [shapely.Point(112 + k / 100, 37.5), None]))
    found = stage.rows("SELECT row, code, ST_X(shape), ST_SRID(shape) FROM {stage} ORDER BY row")
    assert found == [
        row
        for k in range(30)
        for row in ((2 * k, "a", 112 + k / 100, 4326), (2 * k + 1, "b", None, None))
    ]


def test_a_batch_that_does_not_fit_is_told_before_the_stage_is_called_full(stage: Stage) -> None:
    with pytest.raises(DataError, match="too long"), stage.filling() as add:
        add(rows(0, ["longer"], [None]))


def test_a_batch_that_does_not_fit_is_told_when_the_next_one_comes(stage: Stage) -> None:
    with stage.filling() as add:
        add(rows(0, ["longer"], [None]))
        with pytest.raises(DataError, match="too long"):
            add(rows(1, ["fits"], [None]))
