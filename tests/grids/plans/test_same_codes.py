"""Two plans that touch no grid in common and give one code: one of them may have it."""

import pytest
from django.utils import timezone

from gis_server.errors import Conflict
from gis_server.roles import Role
from grids.invariants import check
from grids.models import BoundaryPlan, Grid
from grids.plan import Renumber
from grids.plans import publishing, rebase, services
from grids.plans.clashes import same_codes
from grids.plans.drafts import Draft
from grids.plans.drawing import redrawn
from grids.plans.editor import drawn, editing, kept
from grids.redrawing import Redrawing, Renamed
from tests.conftest import SignIn
from tests.grids.plans.planning import (
    NORTH,
    SCOPE,
    a_day_passes,
    approved,
    everything,
    made,
    people,
    scheduled,
    today,
)
from tests.grids.territory import COMMUNITY, EAST, WEST, two_grids

pytestmark = pytest.mark.django_db
FOURTH = f"{COMMUNITY}004"
# Outer corners of the community: neither line meets the border between the two grids.
CORNERS = {
    WEST: ((111.9, 37.5), (112.6, 38.2)),
    EAST: ((113.4, 38.2), (114.1, 37.5)),
}


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def corner_off(code: str, title: str, new: str = NORTH) -> BoundaryPlan:
    """The draft of a plan that makes a grid of a corner of another."""
    split = {
        "do": "split", "grid": code, "line": [list(point) for point in CORNERS[code]],
        "keeps": "right", "code": new, "name": title,
    }  # fmt: skip
    by, told = people()[0], [split]
    redrawing = redrawn(scope_code=SCOPE, day=today(), operations=told, seen=None, by=by)
    draft = Draft(title, SCOPE, today(), told, redrawing)
    return services.make(draft=draft, by=by, now=timezone.now())


def submit(plan: BoundaryPlan) -> BoundaryPlan:
    now = timezone.now()
    return services.submit(plan_id=plan.pk, revision=plan.revision, by=people()[0], now=now)


def publish(plan: BoundaryPlan) -> bool:
    return publishing.publish(plan_id=plan.pk, now=timezone.now())


def test_the_second_is_not_given_a_day() -> None:
    first, second = corner_off(WEST, "甲"), approved(corner_off(EAST, "乙"))
    scheduled(first)

    with pytest.raises(Conflict, match="甲") as error:
        services.schedule(
            plan_id=second.pk, revision=second.revision, day=today(), document="x",
            by=people()[0], now=timezone.now(),
        )  # fmt: skip

    assert error.value.detail == {"grids": [NORTH], "plans": [first.pk]}


def test_the_second_is_not_sent_to_review() -> None:
    scheduled(corner_off(WEST, "甲"))

    with pytest.raises(Conflict, match="甲"):
        submit(corner_off(EAST, "乙"))


def test_a_new_number_is_a_code_given_too() -> None:
    scheduled(corner_off(WEST, "甲"))

    with pytest.raises(Conflict, match="甲"):
        submit(made(Redrawing(renamed=(Renamed(EAST, NORTH, "东"),))))


def test_plans_for_other_codes_are_none_of_them() -> None:
    first, second = scheduled(corner_off(WEST, "甲")), corner_off(EAST, "乙", FOURTH)

    assert same_codes(first, ["draft"]) == same_codes(second, ["scheduled"]) == []
    publish(scheduled(second))
    publish(first)
    assert list(check()) == []


def test_the_second_goes_its_way_under_another_number() -> None:
    scheduled(corner_off(WEST, "甲"))
    plan = corner_off(EAST, "乙")

    done = editing.do(
        plan_id=plan.pk, revision=plan.revision, operations=[Renumber(((NORTH, FOURTH),))],
        by=people()[0], now=timezone.now(),
    )  # fmt: skip

    assert submit(done.row).state == "in_review"
    kept.forget(plan.pk)


def test_what_was_published_meanwhile_has_the_code() -> None:
    second = corner_off(EAST, "乙")
    publish(scheduled(corner_off(WEST, "甲")))

    with pytest.raises(Conflict, match="甲") as error:
        submit(second)

    assert error.value.detail["grids"] == [NORTH]
    [found] = rebase.changes_since(second, services.soon(timezone.now()))
    assert (found.code, found.name, found.by and found.by[1]) == (NORTH, "甲", "甲")


def test_nor_is_the_code_free_when_its_grid_is_gone_again() -> None:
    second = corner_off(EAST, "乙")
    publish(scheduled(corner_off(WEST, "甲")))
    Grid.objects.filter(code=NORTH).update(gone_on=today())

    with pytest.raises(Conflict, match=NORTH):
        submit(second)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_publication_writes_nothing_of_the_second(order: tuple[int, int]) -> None:
    """Even if both got their day: by a restored database, say, or an older version."""
    plans = [scheduled(corner_off(WEST, "甲")), corner_off(EAST, "乙")]
    BoundaryPlan.objects.filter(pk=plans[1].pk).update(
        state="scheduled", effective_on=today(), document="x"
    )
    first, second = (plans[k] for k in order)
    assert publish(first)
    before = everything()

    with pytest.raises(Conflict, match=NORTH):
        publish(second)

    assert everything() == before
    assert list(check()) == []


def test_steps_that_are_taken_over_say_whose_the_code_will_be() -> None:
    scheduled(corner_off(WEST, "甲"))
    plan = corner_off(EAST, "乙")

    [step] = rebase.replay(plan, today()).steps

    assert (step.refused, step.promised) == ("", (NORTH,))


def test_grid_by_grid_what_has_its_code_taken_is_left_out() -> None:
    plan = corner_off(EAST, "乙")
    BoundaryPlan.objects.filter(pk=plan.pk).update(operations=[])
    publish(scheduled(corner_off(WEST, "甲")))
    a_day_passes()
    plan.refresh_from_db()

    steps = rebase.replay(plan, today()).steps

    assert [bool(one.refused) for one in steps] == [False, True]


def test_pages_tell_of_it(sign_in: SignIn) -> None:
    first, second = scheduled(corner_off(WEST, "甲")), corner_off(EAST, "乙")
    planner = sign_in(Role.PLANNER)

    page = planner.get(f"/plans/{second.pk}/").content.decode()
    other = planner.get(f"/plans/{first.pk}/").content.decode()
    steps = planner.get(f"/plans/{second.pk}/take-over/").content.decode()
    told = planner.get(f"/api/grid-plans/{second.pk}/check/").json()

    assert f"/plans/{first.pk}/" in page
    assert f"/plans/{second.pk}/" in other
    assert "plan-fine" not in page
    assert "plan-fine" in other
    assert "badge warn" in steps
    assert told["fine"] is False
    assert "甲" in told["message"]


def test_the_editor_proposes_no_code_that_a_plan_on_its_way_gives() -> None:
    plan = corner_off(WEST, "甲")
    empty = made(Redrawing(renamed=(Renamed(EAST, EAST, "东"),)))

    assert drawn.next_code(kept.value_of(empty), COMMUNITY) == FOURTH
    assert drawn.next_code(kept.value_of(plan), COMMUNITY) == FOURTH
    kept.forget(plan.pk)
    kept.forget(empty.pk)
