"""A plan in force is taken back by another plan, which goes the same way."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from gis_server.errors import Conflict, Invalid
from grids.invariants import check
from grids.models import Assignment, Building, Division, Grid, GridShape, GridWorker, Lineage
from grids.plan import Rename
from grids.plans import publishing
from grids.plans.editor import editing, kept
from grids.plans.taking_back import take_back
from grids.redrawing import Born, Redrawing, Reshaped, Retired
from tests.grids.plans.planning import (
    NORTH,
    a_day_passes,
    border_at,
    box,
    codes_exchanged,
    east_merged,
    made,
    people,
    published,
    scheduled,
    west_split,
)
from tests.grids.territory import COMMUNITY, EAST, WEST, at, division, two_grids

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def territory(db: None) -> Iterator[None]:
    two_grids()
    yield
    kept._plans.clear()


def now_is() -> dict[str, tuple[str, bytes]]:
    """Code → name and shape of what there is today."""
    rows = GridShape.objects.filter(valid__endswith=None).values_list(
        "grid__code", "grid__name", "shape"
    )
    return {code: (name, bytes(shape.wkb)) for code, name, shape in rows}


@pytest.mark.parametrize(
    "redrawing",
    [border_at(112.5), west_split(), east_merged(), codes_exchanged()],
    ids=["a border", "a split", "a merger", "codes"],
)
def test_everything_is_again_as_it_was(redrawing: Redrawing) -> None:
    before = now_is()
    house = Building.objects.create(name="楼", scope_code=COMMUNITY, point=at(112.8, 37.8))
    house.refresh_from_db()
    home = (house.grid_id, house.scope_code)
    plan = published(redrawing)
    assert now_is() != before
    a_day_passes()
    plan.refresh_from_db()

    back = take_back(plan_id=plan.pk, revision=plan.revision, by=people()[0], now=timezone.now())
    publishing.publish(plan_id=scheduled(back).pk, now=timezone.now())

    assert now_is() == before
    house.refresh_from_db()
    assert (house.grid_id, house.scope_code) == home
    plan.refresh_from_db()
    back.refresh_from_db()
    assert (plan.state, back.state, back.inverse_of) == ("superseded", "in_force", plan)
    assert list(check()) == []


def test_a_retired_grid_comes_back_as_itself_with_its_people() -> None:
    worker = GridWorker.objects.create(number="W1", name="w", role="worker")
    east = Grid.objects.get(code=EAST)
    Assignment.objects.create(worker=worker, grid=east, role="worker")
    plan = published(east_merged())
    a_day_passes()
    plan.refresh_from_db()

    back = take_back(plan_id=plan.pk, revision=plan.revision, by=people()[0], now=timezone.now())
    publishing.publish(plan_id=scheduled(back).pk, now=timezone.now())

    east.refresh_from_db()
    assert east.gone_on is None
    assert [post.worker for post in Assignment.objects.filter(grid=east, valid__endswith=None)] == [
        worker
    ]
    assert east.designations.count() == 2
    assert east.shapes.count() == 2
    assert [(row.how, row.earlier.code, row.later.code) for row in Lineage.objects.all()] == [
        ("merged", EAST, WEST), ("split", WEST, EAST),
    ]  # fmt: skip


def test_a_community_that_loses_its_last_grid_has_no_ground_left() -> None:
    """Its outline was the union of its grids; the outline of its neighbour follows too."""
    Division.objects.filter(level="community").update(shape_is_union=True)
    street = Division.objects.get(level="street")
    young = division("140107001009", "community", street, kind="community")
    born = Born(f"{young.code}001", "新网格", "basic", young.code, box(113.5, 114), (EAST,))
    plan = published(Redrawing(reshaped=(Reshaped(EAST, box(113, 113.5)),), born=(born,)))
    young.refresh_from_db()
    assert young.shape is not None
    assert young.shape_is_union
    assert list(check()) == []
    a_day_passes()
    plan.refresh_from_db()

    back = take_back(plan_id=plan.pk, revision=plan.revision, by=people()[0], now=timezone.now())
    publishing.publish(plan_id=scheduled(back).pk, now=timezone.now())

    ground = Division.objects.values_list("shape", "shape_3857", "label").get(pk=young.pk)
    assert ground == (None, None, None)
    assert list(check()) == []


def test_what_later_plans_built_upon_is_not_taken_back_first() -> None:
    first = published(west_split(), "甲")
    a_day_passes()
    second = published(_back_to_one(), "乙")
    a_day_passes()
    first.refresh_from_db()

    with pytest.raises(Conflict, match="乙") as error:
        take_back(plan_id=first.pk, revision=first.revision, by=people()[0], now=timezone.now())

    assert error.value.detail["plans"] == [second.pk]


def _back_to_one() -> Redrawing:
    return Redrawing(
        reshaped=(Reshaped(WEST, box(112, 113)), Reshaped(EAST, box(113, 114))),
        retired=(Retired(NORTH, (WEST,)),),
    )


def test_a_plan_is_taken_back_once_and_only_when_it_is_in_force() -> None:
    plan = made(border_at(112.5))
    by, now = people()[0], timezone.now()
    with pytest.raises(Conflict):
        take_back(plan_id=plan.pk, revision=1, by=by, now=now)
    publishing.publish(plan_id=scheduled(plan).pk, now=now)
    plan.refresh_from_db()
    take_back(plan_id=plan.pk, revision=plan.revision, by=by, now=now)

    with pytest.raises(Conflict):
        take_back(plan_id=plan.pk, revision=plan.revision, by=by, now=now)


def test_whoever_takes_back_may_draw_on_but_not_take_back_the_taking_back() -> None:
    plan = published(west_split())
    a_day_passes()
    plan.refresh_from_db()
    by, now = people()[0], timezone.now()
    back = take_back(plan_id=plan.pk, revision=plan.revision, by=by, now=now)

    assert [one["do"] for one in back.operations] == ["redraw"]
    rename = Rename(WEST, "又一名")
    done = editing.do(plan_id=back.pk, revision=1, operations=[rename], by=by, now=now)
    assert [step.operation.do for step in done.after.steps] == ["redraw", "rename"]
    editing.undo(plan_id=back.pk, revision=2, by=by, now=now)
    with pytest.raises(Invalid, match=r"first step stays|第一步"):
        editing.undo(plan_id=back.pk, revision=3, by=by, now=now)
    done = editing.do(plan_id=back.pk, revision=3, operations=[rename], by=by, now=now)
    publishing.publish(plan_id=scheduled(done.row).pk, now=now)

    plan.refresh_from_db()
    assert plan.state == "superseded"
    assert Grid.objects.get(code=WEST).name == "又一名"
    assert not Grid.objects.filter(code=NORTH, gone_on=None).exists()


def test_people_come_back_in_their_roles_whatever_else_is_drawn() -> None:
    worker = GridWorker.objects.create(number="W1", name="w", role="chief")
    for role in ("chief", "assistant"):
        Assignment.objects.create(worker=worker, grid=Grid.objects.get(code=EAST), role=role)
    plan = published(east_merged())
    a_day_passes()
    plan.refresh_from_db()
    by, now = people()[0], timezone.now()

    back = take_back(plan_id=plan.pk, revision=plan.revision, by=by, now=now)
    editing.do(plan_id=back.pk, revision=1, operations=[Rename(EAST, "东")], by=by, now=now)
    back.refresh_from_db()

    assert sorted((one["grid"], one["worker"], one["role"]) for one in back.posts) == [
        (EAST, "W1", "assistant"), (EAST, "W1", "chief"),
    ]  # fmt: skip
