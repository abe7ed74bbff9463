"""A plan in force is taken back by another plan, which goes the same way."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from gis_server.errors import Conflict, Invalid
from gis_server.roles import Role
from grids.invariants import check
from grids.models import (
    Assignment,
    BoundaryPlan,
    Building,
    Division,
    Grid,
    GridShape,
    GridWorker,
    Lineage,
)
from grids.plan import Rename
from grids.plans import publishing
from grids.plans.editor import editing, kept
from grids.plans.taking_back import take_back
from grids.redrawing import Born, Posted, Redrawing, Reshaped, Retired
from tests.conftest import SignIn
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
    today,
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

    young = Division.objects.get(pk=young.pk)
    assert (young.shape, young.shape_3857, young.label) == (None, None, None)
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


# ---- People of grids that stay -------------------------------------------------------------------


def staff(number: str) -> GridWorker:
    return GridWorker.objects.create(number=number, name=number, role="worker")


def given(*, reshaped: tuple[Reshaped, ...] = ()) -> BoundaryPlan:
    """A plan in force since yesterday that has put W1 in charge of WEST."""
    plan = published(Redrawing(reshaped=reshaped, posted=(Posted(WEST, "W1", "worker"),)))
    a_day_passes()
    plan.refresh_from_db()
    return plan


def taken_back(plan: BoundaryPlan) -> BoundaryPlan:
    back = take_back(plan_id=plan.pk, revision=plan.revision, by=people()[0], now=timezone.now())
    assert publishing.publish(plan_id=scheduled(back).pk, now=timezone.now())
    return back


def on(grid: str, day: date) -> list[str]:
    held = Assignment.objects.filter(grid__code=grid, valid__contains=day)
    return sorted(held.values_list("worker__number", flat=True))


@pytest.mark.parametrize("reshaped", [border_at(112.5).reshaped, ()], ids=["and ground", "alone"])
def test_who_was_given_a_grid_that_stays_has_it_no_more(reshaped: tuple[Reshaped, ...]) -> None:
    staff("W1")
    there = Assignment.objects.create(
        worker=staff("W0"), grid=Grid.objects.get(code=WEST), role="worker"
    )
    plan = given(reshaped=reshaped)
    assert on(WEST, today()) == ["W0", "W1"]

    taken_back(plan)

    assert on(WEST, today()) == ["W0"]
    assert on(WEST, today() - timedelta(days=1)) == ["W0", "W1"]
    there.refresh_from_db()
    assert there.valid.upper is None
    plan.refresh_from_db()
    assert plan.state == "superseded"


def test_a_plan_of_people_is_taken_back_on_its_own_day() -> None:
    staff("W1")
    plan = published(Redrawing(posted=(Posted(WEST, "W1", "worker"),)))

    taken_back(plan)

    assert not Assignment.objects.exists()


def test_who_had_the_grid_before_the_plan_named_them_keeps_it() -> None:
    grid = Grid.objects.get(code=WEST)
    Assignment.objects.create(worker=staff("W1"), grid=grid, role="worker")

    taken_back(given(reshaped=border_at(112.5).reshaped))

    assert on(WEST, today()) == ["W1"]


def test_a_post_is_found_under_the_code_that_its_grid_has_by_now() -> None:
    staff("W1")
    plan = given()
    published(codes_exchanged())

    taken_back(plan)

    assert on(EAST, today()) == on(WEST, today()) == []


def test_what_somebody_has_changed_since_stays_as_it_is() -> None:
    staff("W1")
    staff("W2")
    plan = published(Redrawing(posted=(Posted(WEST, "W1", "worker"), Posted(EAST, "W2", "worker"))))
    a_day_passes(5)
    plan.refresh_from_db()
    post = Assignment.objects.get(worker__number="W1")
    # Ended three days ago, and given anew yesterday.
    Assignment.objects.filter(pk=post.pk).update(
        valid=DateRange(post.valid.lower, today() - timedelta(days=3))
    )
    Assignment.objects.create(
        worker=post.worker,
        grid=post.grid,
        role="worker",
        valid=DateRange(today() - timedelta(days=1), None),
    )

    taken_back(plan)

    assert (on(WEST, today()), on(EAST, today())) == (["W1"], [])
    assert on(WEST, today() - timedelta(days=4)) == ["W1"]
    assert on(WEST, today() - timedelta(days=2)) == []


def test_people_alone_of_whom_nobody_is_left_are_not_taken_back() -> None:
    staff("W1")
    plan = given()
    Assignment.objects.all().delete()

    with pytest.raises(Conflict, match=r"is left|没有"):
        take_back(plan_id=plan.pk, revision=plan.revision, by=people()[0], now=timezone.now())


def test_who_only_stood_in_does_not_come_back_with_the_grid() -> None:
    east, one = Grid.objects.get(code=EAST), staff("W1")
    Assignment.objects.create(worker=one, grid=east, role="worker")
    Assignment.objects.create(worker=staff("W2"), grid=east, role="worker", stands_in_for=one)
    plan = published(east_merged())
    a_day_passes()
    plan.refresh_from_db()

    taken_back(plan)

    assert on(EAST, today()) == ["W1"]


def test_its_page_and_its_figures_say_whose_posts_end(sign_in: SignIn) -> None:
    staff("W1")
    plan = given(reshaped=border_at(112.5).reshaped)
    back = take_back(plan_id=plan.pk, revision=plan.revision, by=people()[0], now=timezone.now())
    planner = sign_in(Role.PLANNER)

    page = planner.get(f"/plans/{back.pk}/").content.decode()
    figures = planner.get(f"/api/grid-plans/{back.pk}/impact/").json()["grids"]

    assert "/workers/W1/" in page
    [west] = [one for one in figures if one["code_after"] == WEST]
    assert (west["before"]["workers"], west["after"]["workers"]) == (1, 0)
