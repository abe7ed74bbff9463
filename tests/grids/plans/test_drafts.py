"""Saving drafts: two planners on one plan, and what is refused before anything is kept."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import shapely
from django.db import IntegrityError, transaction
from django.utils import timezone

from gis_server.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound
from gis_server.models import AuditRow, ChangeRow
from gis_server.roles import Role
from grids.models import Assignment, BoundaryPlan, Grid, GridWorker, PlanChange
from grids.plans import services
from grids.redrawing import Born, Posted, Redrawing, Renamed, Reshaped, Retired
from tests.cameras.threads import together
from tests.conftest import MakeUser
from tests.grids.plans.planning import (
    NORTH,
    border_at,
    box,
    draft,
    east_merged,
    made,
    people,
    today,
    west_split,
)
from tests.grids.territory import COMMUNITY, EAST, WEST, division, shaped, square, two_grids

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def save(plan: BoundaryPlan, revision: int, redrawing: Redrawing, **more: Any) -> BoundaryPlan:
    return services.save(
        plan_id=plan.pk, revision=revision, draft=draft(redrawing, **more), by=people()[0],
        now=timezone.now(),
    )  # fmt: skip


def test_a_draft_keeps_before_and_after_of_every_grid() -> None:
    plan = made(west_split())

    rows = {one.code_after: one for one in plan.changes.all()}
    assert set(rows) == {WEST, EAST, NORTH}
    before, after = rows[WEST].before, rows[WEST].after
    assert before is not None
    assert after is not None
    assert shapely.from_wkb(bytes(before.wkb)).equals(box(112, 113))
    assert shapely.from_wkb(bytes(after.wkb)).equals(box(112, 113, 37, 37.5))
    assert rows[NORTH].is_born
    assert rows[NORTH].grid is None
    assert rows[NORTH].others == [WEST]
    assert (plan.state, plan.revision, plan.base_day) == ("draft", 1, today())
    assert [step.action for step in plan.steps.all()] == ["made"]
    assert AuditRow.objects.filter(action="plan.made", subject=str(plan.pk)).exists()
    assert ChangeRow.objects.filter(topic="plan", subject=str(plan.pk)).exists()


def test_saving_replaces_the_changes_and_counts_the_revision() -> None:
    plan = made(border_at(112.5))

    saved = save(plan, 1, east_merged(), title="合并")

    assert (saved.revision, saved.title) == (2, "合并")
    assert [one.is_retired for one in saved.changes.order_by("code_before")] == [False, True]
    # The editor saves by itself every few seconds: one step tells of all of it.
    assert [step.action for step in saved.steps.all()] == ["made"]


def test_a_second_planner_is_told_and_overwrites_nothing(make_user: MakeUser) -> None:
    plan = made(border_at(112.5))
    other = make_user(Role.ADMINISTRATOR)
    services.save(
        plan_id=plan.pk, revision=1, draft=draft(border_at(113.5)), by=other, now=timezone.now()
    )

    with pytest.raises(Conflict, match=other.get_full_name()) as error:
        save(plan, 1, border_at(112.2))

    assert error.value.detail == {"revision": 2}
    west = PlanChange.objects.get(plan=plan, code_before=WEST)
    assert west.after is not None
    assert west.after.extent[2] == 113.5
    assert [step.action for step in plan.steps.all()] == ["made", "saved"]


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told() -> None:
    plan = made(border_at(112.5))

    def tried(east: float) -> type[DomainError] | None:
        try:
            save(plan, 1, border_at(east))
        except DomainError as error:
            return type(error)
        return None

    outcomes = together(partial(tried, 112.2), partial(tried, 113.8))

    assert sorted(outcomes, key=str) == [Conflict, None]
    assert PlanChange.objects.filter(plan=plan).count() == 2


def test_a_border_that_moved_since_the_planner_loaded_it_is_noticed() -> None:
    seen = Redrawing(reshaped=(Reshaped(WEST, box(112, 112.5), seen=box(112, 112.9)),))

    with pytest.raises(Conflict, match=WEST):
        made(seen)
    assert not BoundaryPlan.objects.exists()


@pytest.mark.parametrize(
    ("redrawing", "words"),
    [
        pytest.param(Redrawing(retired=(Retired(NORTH),)), NORTH, id="a grid that is not there"),
        pytest.param(
            Redrawing(born=(Born(EAST, "x", "basic", COMMUNITY, box(112, 113)),)), EAST,
            id="a code that is taken",
        ),
        pytest.param(
            Redrawing(renamed=(Renamed(WEST, EAST, "x"),)), EAST, id="another's code"
        ),
        pytest.param(
            Redrawing(
                born=(Born("140107001009001", "x", "basic", "140107001009", box(112, 113)),)
            ),
            "140107001009",
            id="a community that is not there",
        ),
        pytest.param(Redrawing(posted=(Posted(WEST, "nobody", "worker"),)), "nobody", id="nobody"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_name(redrawing: Redrawing, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        made(redrawing)
    assert not BoundaryPlan.objects.exists()


def test_staff_of_another_territory_are_not_to_be_had() -> None:
    """Whom the planner may not know of is told as nobody."""
    worker = GridWorker.objects.create(number="W9", name="w", role="worker")
    elsewhere = division("140108000000", "district", None)
    community = division("140108001001", "community", elsewhere)
    grid = shaped(f"{community.code}001", community, square(120))
    Assignment.objects.create(worker=worker, grid=grid, role="worker")

    with pytest.raises(Invalid, match="W9"):
        made(Redrawing(posted=(Posted(WEST, "W9", "worker"),)))


def test_a_grid_with_parts_is_neither_retired_nor_renumbered_alone() -> None:
    west = Grid.objects.get(code=WEST)
    Grid.objects.create(code=f"{WEST}01", name="p", community=west.community, parent=west)

    for redrawing in (
        Redrawing(retired=(Retired(WEST),)),
        Redrawing(renamed=(Renamed(WEST, NORTH, "x"),)),
    ):
        with pytest.raises(Invalid, match=WEST):
            made(redrawing)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"title": ""}, id="no title"),
        pytest.param({"title": "x" * 121}, id="a long title"),
        pytest.param({"scope_code": "1401"}, id="a whole city"),
        pytest.param({"scope_code": "14010x"}, id="no digits"),
        pytest.param({"operations": [{}] * 10_001}, id="too many operations"),
        pytest.param(
            {"base_day": timezone.localdate() + timedelta(days=1)}, id="a map of tomorrow"
        ),
    ],
)
def test_a_draft_has_its_limits(more: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        services.make(draft=draft(border_at(112.5), **more), by=people()[0], now=timezone.now())


def test_another_territory_is_neither_planned_nor_seen(make_user: MakeUser) -> None:
    stranger = make_user(Role.PLANNER, ("140107002",))
    plan = made(border_at(112.5))

    with pytest.raises(NotAllowed):
        services.make(draft=draft(border_at(112.5)), by=stranger, now=timezone.now())
    with pytest.raises(NotFound):
        services.save(
            plan_id=plan.pk, revision=1, draft=draft(border_at(112.5)), by=stranger,
            now=timezone.now(),
        )  # fmt: skip


def test_the_database_refuses_an_approval_by_the_author_and_too_long_operations() -> None:
    plan = made(border_at(112.5))

    with (
        pytest.raises(IntegrityError, match="plan_is_approved_by_somebody_else"),
        transaction.atomic(),
    ):
        BoundaryPlan.objects.filter(pk=plan.pk).update(approved_by=plan.author_id)
    with (
        pytest.raises(IntegrityError, match="plan_operations_are_not_too_long"),
        transaction.atomic(),
    ):
        BoundaryPlan.objects.filter(pk=plan.pk).update(operations=["x" * 4_000_001])
    with (
        pytest.raises(IntegrityError, match="plan_with_a_day_has_a_document"),
        transaction.atomic(),
    ):
        BoundaryPlan.objects.filter(pk=plan.pk).update(state="scheduled")
