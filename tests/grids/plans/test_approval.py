"""From draft to scheduled: two people, a proof, a day and a document."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from gis_server.errors import Conflict, DomainError, Invalid, NotAllowed
from gis_server.roles import Role
from grids import jobs
from grids.models import BoundaryPlan, PlanChange, PlanStep
from grids.plans import services
from grids.redrawing import Born, Redrawing, Reshaped
from tests.cameras.threads import together
from tests.conftest import MakeUser
from tests.grids.plans.planning import (
    approved,
    border_at,
    box,
    draft,
    made,
    people,
    scheduled,
    today,
)
from tests.grids.territory import COMMUNITY, EAST, WEST, two_grids

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def test_every_step_says_who_and_when() -> None:
    plan = scheduled(made(border_at(112.5)), today() + timedelta(days=3))

    planner, leader = people()
    assert plan.state == "scheduled"
    assert [(one.action, one.user_id) for one in plan.steps.all()] == [
        ("made", planner.pk), ("submitted", planner.pk), ("approved", leader.pk),
        ("scheduled", planner.pk),
    ]  # fmt: skip
    assert {one.effective_on for one in plan.changes.all()} == {today() + timedelta(days=3)}


@pytest.mark.parametrize("who", ["author", "editor"])
def test_whoever_drew_or_changed_it_does_not_approve(make_user: MakeUser, who: str) -> None:
    plan = made(border_at(112.5))
    editor = make_user(Role.ADMINISTRATOR)
    now = timezone.now()
    plan = services.save(
        plan_id=plan.pk, revision=1, draft=draft(border_at(112.4)), by=editor, now=now
    )
    plan = services.submit(plan_id=plan.pk, revision=2, by=editor, now=now)
    by = people()[0] if who == "author" else editor

    with pytest.raises(NotAllowed):
        services.approve(plan_id=plan.pk, revision=plan.revision, by=by, now=now)
    assert BoundaryPlan.objects.get(pk=plan.pk).state == "in_review"


def test_what_leaves_a_gap_is_not_sent_to_review_and_the_gap_is_told() -> None:
    gap = Redrawing(reshaped=(Reshaped(WEST, box(112, 112.5)), Reshaped(EAST, box(112.6, 114))))
    plan = made(gap)

    with pytest.raises(Invalid) as error:
        services.submit(plan_id=plan.pk, revision=1, by=people()[0], now=timezone.now())

    faults = error.value.detail["faults"]
    assert {"uncovered"} == {one["fault"] for one in faults}
    assert BoundaryPlan.objects.get(pk=plan.pk).state == "draft"
    assert plan.steps.count() == 1


def test_a_sliver_that_came_with_shapes_is_not_sent_to_review() -> None:
    # Two metres wide, and a part of the territory all the same.
    plan = made(
        Redrawing(
            reshaped=(Reshaped(EAST, box(113.00002, 114)),),
            born=(Born(f"{COMMUNITY}003", "细条", "basic", COMMUNITY, box(113, 113.00002)),),
        )
    )

    with pytest.raises(Invalid) as error:
        services.submit(plan_id=plan.pk, revision=1, by=people()[0], now=timezone.now())

    faults = error.value.detail["faults"]
    assert [(one["code"], one["fault"]) for one in faults] == [(f"{COMMUNITY}003", "too narrow")]


def test_ground_outside_of_the_community_is_refused() -> None:
    plan = made(Redrawing(reshaped=(Reshaped(EAST, box(113, 114.5)),)))

    with pytest.raises(Invalid) as error:
        services.submit(plan_id=plan.pk, revision=1, by=people()[0], now=timezone.now())

    assert "outside" in {one["fault"] for one in error.value.detail["faults"]}


def test_a_returned_plan_is_a_draft_again_and_says_why() -> None:
    plan = scheduled(made(border_at(112.5)))

    plan = services.give_back(
        plan_id=plan.pk,
        revision=plan.revision,
        reason="路口归东",
        by=people()[1],
        now=timezone.now(),
    )

    assert (plan.state, plan.approved_by, plan.effective_on, plan.document) == (
        "draft",
        None,
        None,
        "",
    )
    assert plan.steps.latest("id").note == "路口归东"
    assert {one.effective_on for one in plan.changes.all()} == {None}


def test_a_reason_is_needed_to_return_and_to_withdraw() -> None:
    plan = approved(made(border_at(112.5)))

    for step in (services.give_back, services.withdraw):
        with pytest.raises(Invalid):
            step(
                plan_id=plan.pk,
                revision=plan.revision,
                reason=" ",
                by=people()[0],
                now=timezone.now(),
            )


def test_a_withdrawn_plan_stays_withdrawn() -> None:
    plan = made(border_at(112.5))
    planner, now = people()[0], timezone.now()
    plan = services.withdraw(plan_id=plan.pk, revision=1, reason="x", by=planner, now=now)

    with pytest.raises(Conflict):
        services.submit(plan_id=plan.pk, revision=plan.revision, by=planner, now=now)
    with pytest.raises(Conflict):
        services.save(
            plan_id=plan.pk,
            revision=plan.revision,
            draft=draft(border_at(112.1)),
            by=planner,
            now=now,
        )


@pytest.mark.parametrize("days", [-1, 367])
def test_the_day_is_not_past_nor_far_ahead(days: int) -> None:
    plan = approved(made(border_at(112.5)))

    with pytest.raises(Invalid):
        services.schedule(
            plan_id=plan.pk, revision=plan.revision, day=today() + timedelta(days=days),
            document="x", by=people()[0], now=timezone.now(),
        )  # fmt: skip


@pytest.mark.parametrize(("days", "sent"), [(0, 1), (1, 0)])
def test_a_plan_for_today_is_handed_to_the_job_at_once(
    days: int, sent: int, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    handed: list[bool] = []
    monkeypatch.setattr(jobs.publish_plans, "apply_async", lambda **_more: handed.append(True))

    with django_capture_on_commit_callbacks(execute=True):
        scheduled(made(border_at(112.5)), today() + timedelta(days=days))

    assert len(handed) == sent


def test_a_queue_that_is_away_keeps_nobody_from_scheduling(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    def away(**_more: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(jobs.publish_plans, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        plan = scheduled(made(border_at(112.5)))

    assert jobs.publish_plans() == 1
    plan.refresh_from_db()
    assert plan.state == "in_force"


@pytest.mark.parametrize("document", ["", "  ", "x" * 81])
def test_the_document_is_named(document: str) -> None:
    plan = approved(made(border_at(112.5)))

    with pytest.raises(Invalid):
        services.schedule(
            plan_id=plan.pk, revision=plan.revision, day=today(), document=document,
            by=people()[0], now=timezone.now(),
        )  # fmt: skip


def test_of_two_plans_for_one_grid_one_is_scheduled_and_the_other_told_which() -> None:
    first, second = made(border_at(112.5), "甲案"), made(border_at(112.7), "乙案")
    scheduled(first, today() + timedelta(days=5))

    with pytest.raises(Conflict, match="甲案") as error:
        scheduled(second, today() + timedelta(days=6))

    assert error.value.detail["plans"] == [first.pk]
    assert set(error.value.detail["grids"]) == {WEST, EAST}


def test_the_database_lets_a_grid_change_once_a_day() -> None:
    first, second = made(border_at(112.5)), made(border_at(112.7))
    scheduled(first)

    with pytest.raises(IntegrityError, match="a_grid_changes_once_a_day"), transaction.atomic():
        PlanChange.objects.filter(plan=second).update(effective_on=today())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_schedule_plans_for_one_grid_one_succeeds() -> None:
    plans = [approved(made(border_at(112.5), "甲")), approved(made(border_at(112.7), "乙"))]

    def tried(plan: BoundaryPlan, days: int) -> type[DomainError] | None:
        try:
            services.schedule(
                plan_id=plan.pk, revision=plan.revision, day=today() + timedelta(days=days),
                document="x", by=people()[0], now=timezone.now(),
            )  # fmt: skip
        except DomainError as error:
            return type(error)
        return None

    outcomes = together(partial(tried, plans[0], 1), partial(tried, plans[1], 2))

    assert sorted(outcomes, key=str) == [Conflict, None]
    assert BoundaryPlan.objects.filter(state="scheduled").count() == 1


@pytest.mark.parametrize(
    "statement", ["UPDATE grids_planstep SET note = 'x'", "DELETE FROM grids_planstep"]
)
def test_steps_are_only_added_to(statement: str) -> None:
    made(border_at(112.5))

    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert PlanStep.objects.exists()
