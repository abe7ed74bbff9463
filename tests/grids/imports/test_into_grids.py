"""Grids from files: a whole coverage or none, dated, and never cleaned."""

from datetime import date
from pathlib import Path

import pytest
import shapely
from django.utils import timezone

from grids import invariants
from grids.imports.whole import apply_checked
from grids.models import Building, Division, Grid, GridDesignation, GridShape, ImportRun
from tests.grids.imports.bringing import SPRING, brought, checked, layer, problems
from tests.grids.territory import (
    COMMUNITY,
    EAST,
    WEST,
    at,
    division,
    shaped,
    square,
    two_grids,
)

pytestmark = pytest.mark.django_db
box = shapely.box
HALVES = [box(112, 37, 113, 38), box(113, 37, 114, 38)]


def bare_community() -> Division:
    """District, street and community without any outline."""
    district = division("140107000000", "district", None)
    street = division("140107001000", "street", district, kind="street_office")
    return division(COMMUNITY, "community", street, kind="community", name="杏花社区")


def halves(folder: Path, shapes: list[shapely.Geometry] | None = None) -> Path:
    return layer(folder, shapes or HALVES, 网格编码=[WEST, EAST])


def shapes_of(code: str) -> list[tuple[str, date, date | None]]:
    found = GridShape.objects.filter(grid__code=code).order_by("valid")
    return [(row.shape.wkt, row.valid.lower, row.valid.upper) for row in found]


def test_grids_come_with_names_shapes_and_a_history(tmp_path: Path) -> None:
    bare_community()

    run = brought(halves(tmp_path), "grids", frame="")

    assert run.counts == {"new": 2, "changed": 0, "same": 0, "absent": 0, "redrawn": 0}
    grid = Grid.objects.get(code=EAST)
    assert (grid.name, grid.community.code) == ("杏花社区第2网格", COMMUNITY)
    assert GridDesignation.objects.filter(grid=grid, valid__startswith=SPRING).count() == 1
    assert [row[1:] for row in shapes_of(EAST)] == [(SPRING, None)]


def test_divisions_that_nobody_drew_get_the_outline_of_their_grids(tmp_path: Path) -> None:
    bare_community()

    brought(halves(tmp_path), "grids")

    for row in Division.objects.all():
        assert row.shape is not None
        assert row.label is not None
        assert row.shape.area == pytest.approx(2.0)
        assert row.shape_is_union
        assert row.shape.contains(row.label)
    assert list(invariants.check()) == []


@pytest.mark.parametrize(
    ("east", "problem", "where"),
    [
        pytest.param(box(112.9, 37, 114, 38), "gap_or_overlap", (112.95, 37.5), id="overlap"),
        pytest.param(box(113.2, 37, 114, 38), "uncovered", (113.1, 37.5), id="gap"),
        pytest.param(box(113, 37, 114.5, 38), "outside_parent", (114.25, 37.5), id="reaches out"),
        pytest.param(
            shapely.MultiPolygon([box(113, 37, 113.4, 38), box(113.4001, 37, 114, 38)]),
            "not_one_piece",
            (113.2, 37.5),
            id="two pieces",
        ),
    ],
)
def test_what_does_not_divide_the_parent_is_refused_with_its_place(
    tmp_path: Path, east: shapely.Geometry, problem: str, where: tuple[float, float]
) -> None:
    two_grids()

    run = checked(halves(tmp_path, [HALVES[0], east]), "grids")

    assert problem in run.fault_counts
    fault = run.faults.filter(problem=problem).first()
    assert fault is not None
    assert fault.place is not None
    # In degrees; the place is on, or next to, what is wrong.
    assert fault.place.distance(at(*where)) < 0.06
    assert not run.may_be_applied


def test_every_hole_is_a_fault_of_its_own_with_its_place(tmp_path: Path) -> None:
    two_grids()
    holes = [box(112.2, 37.2, 112.3, 37.3), box(112.6, 37.6, 112.7, 37.7)]
    pierced = HALVES[0].difference(shapely.union_all(holes))

    run = checked(halves(tmp_path, [pierced, HALVES[1]]), "grids")

    uncovered = run.faults.filter(problem="uncovered", details__code=COMMUNITY)
    places = [fault.place for fault in uncovered if fault.place]
    assert sorted(place.extent for place in places) == [hole.bounds for hole in holes]


def test_a_hole_is_found_although_nobody_stated_an_outline(tmp_path: Path) -> None:
    bare_community()
    ring = box(112, 37, 113, 38) - box(112.4, 37.4, 112.6, 37.6)

    run = checked(halves(tmp_path, [ring, HALVES[1]]), "grids")

    assert problems(run) == [(None, "uncovered")]


def test_a_doubled_code_and_an_unknown_community_are_refused(tmp_path: Path) -> None:
    bare_community()
    codes = [WEST, WEST, "140107001009001"]
    shapes = [*HALVES, box(114, 37, 115, 38)]

    run = checked(layer(tmp_path, shapes, 网格编码=codes), "grids")

    assert problems(run)[:2] == [(2, "doubled"), (3, "parent_unknown")]


def test_a_redrawn_grid_keeps_the_shape_it_had_until_the_day(tmp_path: Path) -> None:
    bare_community()
    brought(halves(tmp_path), "grids", valid_from=date(2026, 1, 1))
    moved = [box(112, 37, 112.6, 38), box(112.6, 37, 114, 38)]
    place = Building.objects.create(point=at(112.8), scope_code=WEST)

    run = brought(halves(tmp_path, moved), "grids", valid_from=SPRING)

    assert (run.counts["changed"], run.counts["redrawn"]) == (2, 2)
    assert [row[1:] for row in shapes_of(WEST)] == [(date(2026, 1, 1), SPRING), (SPRING, None)]
    place.refresh_from_db()
    assert place.grid is not None
    assert place.grid.code == EAST
    assert list(invariants.check()) == []


def test_a_redraw_on_the_first_day_corrects_the_shape(tmp_path: Path) -> None:
    bare_community()
    brought(halves(tmp_path), "grids")

    brought(halves(tmp_path, [box(112, 37, 112.6, 38), box(112.6, 37, 114, 38)]), "grids")

    assert [row[1:] for row in shapes_of(WEST)] == [(SPRING, None)]


def test_grids_that_the_file_leaves_out_stay_and_are_part_of_the_proof(tmp_path: Path) -> None:
    two_grids()
    whole = layer(tmp_path, [box(112, 37, 114, 38)], 网格编码=[WEST])

    refused = checked(whole, "grids")
    retired = brought(whole, "grids", retire_absent=True)

    assert "gap_or_overlap" in refused.fault_counts
    assert retired.counts["absent"] == 1
    assert [row[1:] for row in shapes_of(EAST)] == [(date(2026, 1, 1), SPRING)]
    assert Grid.objects.filter(code=EAST).exists()


def test_the_border_with_another_district_is_not_ours_to_prove(tmp_path: Path) -> None:
    bare_community()
    city = division("140108000000", "district", None)
    street = division("140108001000", "street", city, kind="street_office")
    next_door = division("140108001001", "community", street, kind="community")
    # Other corners on the common border, and a reach across it, as two offices draw it.
    shaped("140108001001001", next_door, square(113.9, 36.5))

    run = brought(halves(tmp_path), "grids")

    assert run.step == "applied"
    assert list(invariants.check()) == []


def test_parts_of_a_grid_must_divide_it(tmp_path: Path) -> None:
    two_grids()
    parts = [box(112, 37, 112.5, 38), box(112.5, 37, 113, 38)]
    codes = [f"{WEST}01", f"{WEST}02"]

    short = checked(layer(tmp_path, [parts[0], box(112.5, 37, 112.9, 38)], 网格编码=codes), "grids")
    run = brought(layer(tmp_path, parts, 网格编码=codes), "grids")

    assert run.counts["new"] == 2
    assert "uncovered" in short.fault_counts
    part = Grid.objects.get(code=codes[0])
    assert part.parent is not None
    assert part.parent.code == WEST


def test_a_community_may_come_before_its_neighbours(tmp_path: Path) -> None:
    community = two_grids()
    GridShape.objects.all().delete()
    Grid.objects.all().delete()
    Division.objects.filter(code=COMMUNITY).update(shape=None, shape_3857=None)
    division("140107001002", "community", community.parent, kind="community")

    run = brought(layer(tmp_path, HALVES[:1], 网格编码=[WEST]), "grids")

    assert run.step == "applied"


def test_a_file_in_metres_of_a_zone_says_so_itself(tmp_path: Path) -> None:
    bare_community()
    file = tmp_path / "zone.gpkg"
    halves(tmp_path).rename(file)
    import geopandas  # noqa: PLC0415

    geopandas.read_file(file).to_crs(4547).to_file(tmp_path / "metres.gpkg", driver="GPKG")

    run = brought(tmp_path / "metres.gpkg", "grids", frame="")

    assert run.frame == "4547"
    assert GridShape.objects.get(grid__code=WEST).shape.centroid.distance(at(112.5)) < 1e-6


def test_the_proof_is_made_again_before_writing(tmp_path: Path) -> None:
    bare_community()
    run = checked(halves(tmp_path), "grids")
    ImportRun.objects.filter(id=run.id).update(registry_token="another")
    run.refresh_from_db()

    assert apply_checked(run, now=timezone.now()).problem == "registry_changed"
    assert not Grid.objects.exists()
