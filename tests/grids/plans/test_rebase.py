"""A plan whose map has changed meanwhile: what has, by whom, and which steps still hold."""

from collections.abc import Iterable
from typing import Any

import pytest
import shapely
from django.utils import timezone

from gis_server.errors import Conflict, Invalid
from grids.models import BoundaryPlan, Grid, GridShape
from grids.plan import Rename, Split
from grids.plans import publishing, rebase, services
from grids.plans.drafts import Draft
from grids.plans.drawing import redrawn
from grids.plans.editor import editing, kept
from grids.plans.taking_back import take_back
from tests.grids.plans.planning import (
    NORTH,
    SCOPE,
    a_day_passes,
    border_at,
    codes_exchanged,
    east_merged,
    made,
    people,
    published,
    scheduled,
    today,
)
from tests.grids.territory import COMMUNITY, EAST, WEST, two_grids

pytestmark = pytest.mark.django_db
HALVED = {
    "do": "split", "grid": WEST, "line": [[111.9, 37.5], [114.1, 37.5]], "keeps": "left",
    "code": NORTH, "name": "新网格",
}  # fmt: skip
RENAMED = {"do": "rename", "grid": NORTH, "name": "更新"}
EAST_NAMED = {"do": "rename", "grid": EAST, "name": "东方"}


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def drawn(*operations: dict[str, Any], title: str = "旧方案") -> BoundaryPlan:
    told = [*operations]
    by = people()[0]
    redrawing = redrawn(scope_code=SCOPE, day=today(), operations=told, seen=None, by=by)
    draft = Draft(title, SCOPE, today(), told, redrawing)
    return services.make(draft=draft, by=by, now=timezone.now())


def take_over(plan: BoundaryPlan, seen: Iterable[int] = ()) -> BoundaryPlan:
    return rebase.take_over(
        plan_id=plan.pk, revision=plan.revision, seen=[*seen], by=people()[0], now=timezone.now()
    )


def test_it_is_told_which_grids_changed_and_by_which_plan() -> None:
    plan = drawn(HALVED)
    assert rebase.changes_since(plan, services.soon(timezone.now())) == []
    other = published(border_at(112.5), "移界")

    found = rebase.changes_since(plan, services.soon(timezone.now()))

    assert [one.code for one in found] == [WEST, EAST]
    assert {one.by for one in found} == {(other.pk, "移界")}
    assert {one.since for one in found} == {today()}


def test_what_an_edit_changed_is_nobodys_plan() -> None:
    plan = drawn(HALVED)
    Grid.objects.filter(code=WEST).update(name="改了名")

    [found] = rebase.changes_since(plan, services.soon(timezone.now()))

    assert (found.code, found.by) == (WEST, None)
    assert "改了名" in found.what[0]


def test_steps_that_hold_become_a_new_draft_and_the_old_plan_stays() -> None:
    plan = drawn(HALVED, RENAMED)
    before = list(plan.changes.order_by("id").values_list("code_after", "name_after"))
    published(border_at(112.5))
    a_day_passes()
    plan.refresh_from_db()

    found = rebase.replay(plan, today())
    new = take_over(plan)

    assert [(one.refused, one.touched) for one in found.steps] == [("", (WEST,)), ("", ())]
    assert (new.base_day, new.scope_code, new.inverse_of) == (today(), SCOPE, None)
    assert new.operations == [HALVED, RENAMED]
    north = new.changes.get(code_after=NORTH)
    assert north.after is not None
    assert north.name_after == "更新"
    assert shapely.from_wkb(bytes(north.after.wkb)).bounds == (112, 37, 112.5, 37.5)
    services.prove(new, services.soon(timezone.now()))
    revision = plan.revision
    plan.refresh_from_db()
    assert (plan.state, plan.revision) == ("draft", revision)
    assert list(plan.changes.order_by("id").values_list("code_after", "name_after")) == before
    assert str(plan.pk) in new.steps.get().note


def test_steps_that_cannot_be_done_are_named_and_left_out_only_when_seen() -> None:
    plan = drawn(EAST_NAMED, HALVED, RENAMED)
    published(east_merged())
    a_day_passes()
    plan.refresh_from_db()

    found = rebase.replay(plan, today())

    assert found.lost == [0]
    assert EAST in found.steps[0].refused
    for seen in ([], [1], [0, 1]):
        with pytest.raises(Conflict):
            take_over(plan, seen)
    assert BoundaryPlan.objects.count() == 2
    assert take_over(plan, [0]).operations == [HALVED, RENAMED]


def test_what_was_built_on_a_lost_step_is_lost_too() -> None:
    plan = drawn(EAST_NAMED, HALVED, RENAMED)
    # Another plan has given the code away meanwhile.
    first = drawn(HALVED | {"name": "别人的"}, title="别人")
    _publish(first)
    a_day_passes()
    plan.refresh_from_db()

    found = rebase.replay(plan, today())

    # The third would rename the other plan's grid, which has the code now.
    assert found.lost == [1, 2]
    assert "2" in found.steps[2].refused
    assert [one.name_after for one in take_over(plan, [1, 2]).changes.all()] == ["东方"]
    taken = rebase.changes_since(plan, services.soon(timezone.now()))
    assert {one.by for one in taken if one.code == NORTH} == {(first.pk, "别人")}


def test_a_grid_is_followed_to_its_new_code() -> None:
    plan = drawn(HALVED)
    published(codes_exchanged())
    a_day_passes()
    plan.refresh_from_db()

    new = take_over(plan)

    # What was WEST is called EAST now, and lies where it lay.
    assert new.operations[0]["grid"] == EAST
    north = new.changes.get(code_after=NORTH)
    assert north.after is not None
    assert shapely.from_wkb(bytes(north.after.wkb)).bounds == (112, 37, 113, 37.5)


def _publish(plan: BoundaryPlan) -> None:
    dated = scheduled(plan)
    assert publishing.publish(plan_id=dated.pk, now=timezone.now())


def test_nothing_left_is_refused() -> None:
    plan = drawn(EAST_NAMED)
    published(east_merged())
    a_day_passes()
    plan.refresh_from_db()

    with pytest.raises(Invalid):
        take_over(plan, [0])


def test_a_plan_without_operations_is_taken_over_grid_by_grid() -> None:
    plan = made(codes_exchanged())
    Grid.objects.filter(code=WEST).update(name="改了名")

    found = rebase.replay(plan, today())

    assert [bool(one.refused) for one in found.steps] == [True, False]
    assert found.redrawing.renamed[0].code == EAST


def test_what_a_file_drew_is_lost_where_its_grids_have_changed_and_the_rest_is_done() -> None:
    plan = made(border_at(112.5))
    by, now = people()[0], timezone.now()
    split = Split(EAST, ((113.2, 36.9), (113.2, 38.1)), "left", NORTH, "新")
    done = editing.do(
        plan_id=plan.pk, revision=1, operations=[split, Rename(NORTH, "甲")], by=by, now=now
    )
    Grid.objects.filter(code=WEST).update(name="改了名")

    found = rebase.replay(done.row, today())

    assert [bool(one.refused) for one in found.steps] == [True, False, False]
    assert WEST in found.steps[0].refused
    kept.forget(plan.pk)


def test_a_plan_that_was_published_or_takes_back_is_not_taken_over() -> None:
    plan = published(border_at(112.5))
    with pytest.raises(Conflict):
        take_over(plan)

    inverse = take_back(plan_id=plan.pk, revision=plan.revision, by=people()[0], now=timezone.now())
    with pytest.raises(Conflict):
        take_over(inverse)


def test_whoever_saw_an_older_plan_is_told() -> None:
    plan = drawn(HALVED)
    plan.revision += 1

    with pytest.raises(Conflict):
        take_over(plan)


def test_shapes_of_the_day_stay_as_they_are() -> None:
    plan = drawn(HALVED)
    before = [bytes(shape.wkb) for shape in GridShape.objects.values_list("shape", flat=True)]

    take_over(plan)

    assert WEST[:12] == COMMUNITY
    assert [
        bytes(shape.wkb) for shape in GridShape.objects.values_list("shape", flat=True)
    ] == before
