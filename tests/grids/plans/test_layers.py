"""An edited layer becomes the draft of a plan: compared, refused with a place, or made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from django.test import Client
from django.utils import timezone

from gis_server.frames import Frame, from_wgs84
from gis_server.roles import Role
from grids import jobs
from grids.models import BoundaryPlan, Grid, GridShape, ImportRun
from grids.plans import services
from grids.redrawing import shape_json
from tests.conftest import SignIn
from tests.grids.import_pages import bringing
from tests.grids.imports.bringing import layer
from tests.grids.plans.planning import NORTH, box, east_merged, everything, made, published
from tests.grids.territory import COMMUNITY, EAST, WEST, two_grids

pytestmark = pytest.mark.django_db
HALVES = {WEST: box(112, 113), EAST: box(113, 114)}
SPLIT = {WEST: box(112, 113, 37, 37.5), NORTH: box(112, 113, 37.5, 38), EAST: box(113, 114)}


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


@pytest.fixture
def planner(sign_in: SignIn) -> Client:
    return sign_in(Role.PLANNER)


def package(
    folder: Path, grids: dict[str, Any], crs: int = 4490, names: Sequence[str] = ()
) -> bytes:
    """A GeoPackage of grids with their codes, and names where there are any."""
    columns: dict[str, Any] = {"编码": list(grids)}
    if names:
        columns["名称"] = list(names)
    return layer(folder, list(grids.values()), crs=crs, **columns).read_bytes()


def checked(
    client: Client, content: bytes, frame: str = "wgs84", name: str = "边界.gpkg", **more: str
) -> ImportRun:
    return bringing.checked(client, content, frame, name=name, kind="plans", **more)


def drafted(client: Client, run: ImportRun) -> BoundaryPlan:
    assert (run.step, run.fault_counts, run.problem) == ("checked", {}, "")
    bringing.press(client, run, "apply")
    jobs.write_import(run.id)
    run.refresh_from_db()
    assert (run.step, run.problem) == ("applied", "")
    return BoundaryPlan.objects.get(pk=run.details["plan"])


def counts(run: ImportRun) -> dict[str, int]:
    return {name: count for name, count in run.counts.items() if count}


def test_an_untouched_layer_is_no_change(planner: Client, tmp_path: Path) -> None:
    run = checked(planner, package(tmp_path, HALVES))

    assert counts(run) == {"same": 2}
    page = planner.get(f"/imports/{run.id}/").content.decode()
    assert "No change" in page or "没有变化" in page
    assert "confirm-apply" not in page


def test_a_grid_that_is_divided_becomes_a_draft(planner: Client, tmp_path: Path) -> None:
    before = everything(("grids_grid", "grids_gridshape", "grids_division"))

    run = checked(planner, package(tmp_path, SPLIT))
    plan = drafted(planner, run)

    assert counts(run) == {"new": 1, "changed": 1, "same": 1, "redrawn": 1, "noded": 1}
    assert (plan.state, plan.scope_code, plan.author_id) == ("draft", "140107", run.applied_by_id)
    assert "边界.gpkg" in plan.title
    changes = {one.code_after: one for one in plan.changes.all()}
    assert set(changes) == {WEST, EAST, NORTH}
    assert changes[NORTH].others == [WEST]
    # The neighbour has the corner where the new border ends, and its ground.
    was, then = changes[EAST].before, changes[EAST].after
    assert was is not None
    assert then is not None
    assert (113.0, 37.5) in then.coords[0]
    assert then.area == was.area
    services.prove(plan, services.soon(timezone.now()))
    assert everything(("grids_grid", "grids_gridshape", "grids_division")) == before
    page = planner.get(f"/imports/{run.id}/").content.decode()
    assert f"/plans/{plan.pk}/impact/" in page


def test_grids_that_are_merged_renamed_and_renumbered(planner: Client, tmp_path: Path) -> None:
    merged = checked(planner, package(tmp_path, {WEST: box(112, 114)}))
    assert counts(merged) == {"changed": 1, "redrawn": 1, "retired": 1}
    assert [
        one.code_before for one in drafted(planner, merged).changes.all() if one.is_retired
    ] == [EAST]

    content = package(tmp_path, {WEST: HALVES[WEST], NORTH: HALVES[EAST]}, names=["西", "东"])
    plan = drafted(planner, checked(planner, content))
    assert {(c.code_before, c.code_after, c.name_after) for c in plan.changes.all()} == {
        (WEST, WEST, "西"), (EAST, NORTH, "东"),
    }  # fmt: skip


def test_what_a_file_drew_is_drawn_on_in_the_editor(planner: Client, tmp_path: Path) -> None:
    plan = drafted(planner, checked(planner, package(tmp_path, SPLIT, names=["西", "北", "东"])))
    before = shapes_of(plan)

    told = planner.get(f"/api/grid-plans/{plan.pk}/drawing/").json()
    assert (told["may_draw"], told["steps_total"]) == (True, 1)
    assert "边界.gpkg" in told["steps"][0]["text"]
    assert [one["do"] for one in plan.operations] == ["redraw"]
    merge = {"do": "merge", "grids": [EAST, NORTH], "into": EAST}
    body = {"community": COMMUNITY, "revision": 1, "operations": [merge]}
    answer = planner.post(f"/api/grid-plans/{plan.pk}/operations/", body, "application/json")
    assert answer.status_code == 200, answer.content.decode()
    plan.refresh_from_db()
    assert set(shapes_of(plan)) == {WEST, EAST}
    body = {"community": COMMUNITY, "revision": 2}
    planner.post(f"/api/grid-plans/{plan.pk}/undo/", body, "application/json")
    plan.refresh_from_db()
    assert shapes_of(plan) == before


def shapes_of(plan: BoundaryPlan) -> dict[str, tuple[str, str, bytes]]:
    return {
        one.code_after: (one.name_after, one.kind, bytes(one.after.wkb))
        for one in plan.changes.all()
        if one.after
    }


def maps_of(client: Client, run: ImportRun, status: int = 200) -> dict[str, Any]:
    answer = client.get(f"/imports/{run.id}/changes/")
    assert answer.status_code == status
    told: dict[str, Any] = answer.json()
    return told


def drawn(told: dict[str, Any], side: str) -> dict[str, str]:
    return {
        one["properties"]["code"]: one["properties"].get("change", "")
        for one in told[side]["features"]
    }


def test_what_a_layer_would_change_is_shown_before_and_after(
    planner: Client, tmp_path: Path
) -> None:
    split = SPLIT | {EAST: HALVES[EAST]}
    run = checked(planner, package(tmp_path, split, names=["西", "北", EAST]))

    told = maps_of(planner, run)

    assert drawn(told, "before") == {WEST: "reshaped"}
    assert drawn(told, "after") == {WEST: "reshaped", NORTH: "born"}
    assert drawn(told, "same") == {EAST: ""}
    assert told["faults"]["features"] == []
    page = planner.get(f"/imports/{run.id}/").content.decode()
    assert 'id="compare"' in page
    drafted(planner, run)
    maps_of(planner, run, 409)
    assert 'id="compare"' not in planner.get(f"/imports/{run.id}/").content.decode()


def test_codes_that_change_hands_are_shown_as_such(planner: Client, tmp_path: Path) -> None:
    """The west is divided, its old code is the new north's, and the west itself gets a new one."""
    layer = {NORTH: HALVES[WEST], WEST: box(113, 114, 37.5, 38), EAST: box(113, 114, 37, 37.5)}
    run = checked(planner, package(tmp_path, layer, names=["甲", "乙", "丙"]))

    told = maps_of(planner, run)

    assert drawn(told, "before") == {WEST: "renamed", EAST: "reshaped"}
    assert drawn(told, "after") == {NORTH: "renamed", WEST: "born", EAST: "reshaped"}


def test_the_faults_of_a_layer_stand_on_the_maps_of_what_it_would_change(
    planner: Client, tmp_path: Path
) -> None:
    run = checked(planner, package(tmp_path, HALVES | {WEST: box(112, 112.9)}))

    told = maps_of(planner, run)

    assert drawn(told, "after") == {WEST: "reshaped"}
    assert len(told["faults"]["features"]) == len(run.faults.exclude(place=None)) > 0
    page = planner.get(f"/imports/{run.id}/").content.decode()
    assert 'id="compare"' in page
    assert "data-box" in page
    assert "data-fault" not in page


def test_a_layer_whose_shapes_are_unsound_is_compared_with_nothing(
    planner: Client, tmp_path: Path
) -> None:
    bow = shapely.Polygon([(112, 37), (113, 38), (113, 37), (112, 38)])
    run = checked(planner, package(tmp_path, HALVES | {WEST: bow}))

    maps_of(planner, run, 409)
    page = planner.get(f"/imports/{run.id}/").content.decode()
    assert 'id="compare"' not in page
    assert "data-fault" in page


def test_an_unchanged_layer_has_no_maps_and_strangers_see_none(
    planner: Client, sign_in: SignIn, tmp_path: Path
) -> None:
    maps_of(planner, checked(planner, package(tmp_path, HALVES)), 409)
    run = checked(planner, package(tmp_path, SPLIT))
    assert sign_in(Role.OPERATOR).get(f"/imports/{run.id}/changes/").status_code == 403
    elsewhere = sign_in(Role.PLANNER, ("140108",))
    assert elsewhere.get(f"/imports/{run.id}/changes/").status_code == 404


def test_a_name_that_the_file_leaves_empty_stays(planner: Client, tmp_path: Path) -> None:
    Grid.objects.filter(code=WEST).update(name="老名")

    run = checked(planner, package(tmp_path, HALVES, names=["", EAST]))

    assert counts(run) == {"same": 2}


@pytest.mark.parametrize("frame", [Frame.GCJ02, Frame.BD09])
def test_a_layer_in_another_frame_is_put_back(
    planner: Client, tmp_path: Path, frame: Frame
) -> None:
    def there(xy: Any) -> Any:
        return np.column_stack(from_wgs84(xy[:, 0], xy[:, 1], frame))

    moved = {code: shapely.transform(shape, there) for code, shape in HALVES.items()}

    run = checked(planner, package(tmp_path, moved, crs=4326), frame.value)

    assert counts(run) == {"same": 2}


def test_the_frame_of_the_last_file_is_not_taken_for_that_of_this(
    planner: Client, tmp_path: Path
) -> None:
    checked(planner, package(tmp_path, HALVES), "gcj02")

    run = bringing.looked_into(planner, package(tmp_path, HALVES), name="a.gpkg", kind="plans")

    assert (run.mapping["code"], run.frame) == ("编码", "cgcs2000")


def test_exchanged_coordinates_are_said_and_need_a_word(planner: Client, tmp_path: Path) -> None:
    swapped = {
        code: shapely.transform(shape, lambda xy: xy[:, ::-1]) for code, shape in HALVES.items()
    }
    content = package(tmp_path, swapped)

    run = bringing.looked_into(planner, content, name="a.gpkg", kind="plans")
    assert run.guess["swapped"]
    run = bringing.confirmed(planner, run)
    jobs.check_import(run.id)
    run.refresh_from_db()
    assert (run.step, run.problem) == ("waiting", "swapped")

    run = bringing.confirmed(planner, run, exchange="on")
    jobs.check_import(run.id)
    run.refresh_from_db()
    assert counts(run) == {"same": 2}


@pytest.mark.parametrize(
    ("grids", "problem", "place"),
    [
        pytest.param({WEST: box(112, 113)}, "grid_missing", (113.5, 37.5), id="one missing"),
        pytest.param(HALVES | {WEST: box(112, 113.1)}, "gap_or_overlap", None, id="overlap"),
        pytest.param(HALVES | {WEST: box(112, 112.9)}, "uncovered", (112.95, 37.5), id="gap"),
        pytest.param(HALVES | {EAST: box(113, 114.2)}, "outside_parent", (114.1, 37.5), id="out"),
        pytest.param(
            HALVES | {WEST: shapely.Polygon([(112, 37), (113, 38), (113, 37), (112, 38)])},
            "crosses_itself", None, id="bow tie",
        ),
        pytest.param(
            {WEST: box(112, 112.99999), NORTH: box(112.99999, 113), EAST: box(113, 114)},
            "too_narrow", None, id="splinter",
        ),
        pytest.param(
            HALVES | {WEST: shapely.MultiPolygon([box(112, 112.4), box(112.5, 113)])},
            "not_one_piece", None, id="two pieces",
        ),
        pytest.param(
            HALVES | {"140107001009001": box(115, 116)}, "parent_unknown", None, id="no community",
        ),
        pytest.param(
            HALVES | {"140108001001001": box(115, 116)}, "outside_territory", None, id="elsewhere",
        ),
    ],
)  # fmt: skip
def test_a_layer_that_is_wrong_is_refused_with_its_place(
    planner: Client,
    tmp_path: Path,
    grids: dict[str, Any],
    problem: str,
    place: tuple[float, float] | None,
) -> None:
    run = checked(planner, package(tmp_path, grids))

    assert problem in run.fault_counts, run.fault_counts
    fault = run.faults.filter(problem=problem).first()
    assert fault is not None
    if place:
        assert fault.place is not None
        spot = fault.place.point_on_surface
        assert (spot.x, spot.y) == pytest.approx(place, abs=0.06)
    bringing.press(planner, run, "apply")
    assert not BoundaryPlan.objects.exists()


def test_a_code_that_stands_twice(planner: Client, tmp_path: Path) -> None:
    shapes = [box(112, 113), box(113, 114), box(113, 114)]
    content = layer(tmp_path, shapes, 编码=[WEST, EAST, EAST]).read_bytes()

    run = checked(planner, content)

    assert run.fault_counts == {"doubled": 1}


def test_a_code_of_the_past_is_not_given_again(planner: Client, tmp_path: Path) -> None:
    published(east_merged())

    run = checked(planner, package(tmp_path, {WEST: box(112, 113), EAST: box(113, 114)}))

    assert run.fault_counts == {"code_of_the_past": 1}


def test_a_border_of_very_many_vertices_is_refused(planner: Client, tmp_path: Path) -> None:
    fine = HALVES | {WEST: box(112, 113).segmentize(4 / 100_000)}

    run = checked(planner, package(tmp_path, fine))

    assert run.fault_counts == {"too_many_vertices": 1}


def test_a_plan_that_is_exported_and_comes_back_is_the_plan(
    planner: Client, tmp_path: Path
) -> None:
    plan = drafted(planner, checked(planner, package(tmp_path, SPLIT)))
    after = {one.code_after: shape_of(one.after) for one in plan.changes.all()}

    again = drafted(planner, checked(planner, package(tmp_path, after)))

    assert _redrawn(again) == _redrawn(plan)


def shape_of(stored: Any) -> Any:
    return shapely.from_wkb(bytes(stored.wkb))


def _redrawn(plan: BoundaryPlan) -> dict[str, Any]:
    return {
        one.code_after: shape_json(shape_of(one.after).normalize()) for one in plan.changes.all()
    }


def test_the_map_has_changed_between_the_check_and_the_draft(
    planner: Client, tmp_path: Path
) -> None:
    run = checked(planner, package(tmp_path, SPLIT))
    published(east_merged())

    bringing.press(planner, run, "apply")
    jobs.write_import(run.id)

    run.refresh_from_db()
    assert (run.step, run.problem) == ("checked", "registry_changed")
    assert BoundaryPlan.objects.count() == 1
    assert GridShape.objects.filter(grid__code=EAST, valid__endswith=None).count() == 0


def test_who_may_bring_a_plan_in(sign_in: SignIn, tmp_path: Path, planner: Client) -> None:
    content = package(tmp_path, SPLIT)
    assert planner.get("/plans/import/").status_code == 200
    assert planner.get("/imports/new/?kind=plans").status_code == 302
    for role in (Role.DISTRICT_LEADER, Role.OPERATOR):
        client = sign_in(role)
        assert client.get("/plans/import/").status_code == 403
        assert bringing.send(client, content, name="a.gpkg", kind="plans").status_code == 403
    other = sign_in(Role.PLANNER, ("140108",))
    answer = bringing.send(other, content, name="a.gpkg", kind="plans")
    assert answer.status_code == 403
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("scope", ["14", "1401", COMMUNITY + "001"])
def test_a_plan_needs_a_territory_of_its_own(sign_in: SignIn, tmp_path: Path, scope: str) -> None:
    client = sign_in(Role.PLANNER, ("14",))

    answer = bringing.send(
        client, package(tmp_path, SPLIT), name="a.gpkg", kind="plans", scope=scope
    )

    assert answer.status_code == 422


def test_the_draft_of_somebody_else_is_not_in_force(planner: Client, tmp_path: Path) -> None:
    made(east_merged())

    assert counts(checked(planner, package(tmp_path, HALVES))) == {"same": 2}
