"""Wherever two people are needed, one alone gets nowhere: not by the other's button, not by
pressing both at the same moment, and not past the services.

| rule | refused | raced |
| --- | --- | --- |
| a plan is approved by somebody who drew none of it | here | here |
| an event is verified, sent back and closed by somebody who did not handle it | here | here |
| more time for an event is granted by another than asked | test_flow_ways.py | here |
| an area is lent by another than asked | test_grants.py | here |
| an order is called repaired by who neither asked nor repaired | test_repair_acting.py | here |
| planned work is accepted by another than entered or prolonged it | test_planned_work.py | here |
| a dispute about a track is decided by another than walked it | test_own_track.py | - |
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cameras.models import PlannedWork, RepairStep, WorkReview
from cameras.rates import services as work_services
from cameras.rates.services import WantedWork
from cameras.repairs.services import acting as repairs
from events.models import Event, Extension
from events.services import checking, extending, handling, leading, sending
from gis_server import grants
from gis_server.errors import DomainError, NotAllowed
from gis_server.grant_flow import GrantState
from gis_server.models import AreaGrant, User
from gis_server.roles import Role
from grids.models import BoundaryPlan
from grids.plans import services as plans
from grids.plans.todo import due_for
from tests.cameras.conftest import NOW as CAMERA_NOW
from tests.cameras.conftest import MakeCamera, make_camera
from tests.cameras.repairs import make_order
from tests.cameras.threads import together
from tests.conftest import MakeUser
from tests.events.town import (
    COMMUNITY,
    DISTRICT,
    NOW,
    Town,
    as_,
    make_event,
    make_person,
    make_town,
    state_of,
)
from tests.grids.plans.planning import border_at, draft, made, people
from tests.grids.territory import two_grids

__all__ = ["make_camera"]
DAY = timedelta(days=1)
ROUNDS = 2
one_after_the_other = pytest.mark.django_db
at_once = pytest.mark.django_db(transaction=True)


def tried(work: Callable[[], object]) -> Callable[[], bool]:
    """Whether it was done."""

    def run() -> bool:
        try:
            work()
        except (DomainError, IntegrityError):
            return False
        return True

    return run


# Boundary plans ----------------------------------------------------------------------------------
def drawn_by_three(make_user: MakeUser) -> tuple[BoundaryPlan, User, User]:
    """A plan in review that its author began, a second changed and a third changed last."""
    two_grids()
    second, third = make_user(Role.PLANNER), make_user(Role.ADMINISTRATOR)
    plan, now = made(border_at(112.5)), timezone.now()
    for revision, (border, by) in enumerate(((112.4, second), (112.6, third)), 1):
        drawn = draft(border_at(border))
        plan = plans.save(plan_id=plan.pk, revision=revision, draft=drawn, by=by, now=now)
    return plans.submit(plan_id=plan.pk, revision=3, by=third, now=now), second, third


@one_after_the_other
@pytest.mark.parametrize("who", ["the author", "in between", "the last"])
def test_whoever_drew_any_of_a_plan_does_not_approve_it(make_user: MakeUser, who: str) -> None:
    plan, second, third = drawn_by_three(make_user)
    by = {"the author": people()[0], "in between": second, "the last": third}[who]

    with pytest.raises(NotAllowed):
        plans.approve(plan_id=plan.pk, revision=plan.revision, by=by, now=timezone.now())

    assert BoundaryPlan.objects.get(pk=plan.pk).state == "in_review"
    assert [one.plan for one in due_for(by, timezone.now())] == []


@one_after_the_other
def test_whoever_drew_none_of_it_does(make_user: MakeUser) -> None:
    plan, _second, _third = drawn_by_three(make_user)
    leader = people()[1]
    assert [one.plan for one in due_for(leader, timezone.now())] == [plan]

    approved = plans.approve(plan_id=plan.pk, revision=plan.revision, by=leader, now=timezone.now())

    assert approved.approved_by == leader


@one_after_the_other
@pytest.mark.parametrize("maker", ["author", "editor"])
def test_the_database_takes_no_plan_approved_by_its_maker(make_user: MakeUser, maker: str) -> None:
    plan, _second, _third = drawn_by_three(make_user)

    with pytest.raises(IntegrityError, match="plan_is_approved_by_somebody_else"):
        with transaction.atomic():
            BoundaryPlan.objects.filter(pk=plan.pk).update(approved_by=getattr(plan, maker))


@at_once
@pytest.mark.parametrize("_round", range(ROUNDS))
def test_nobody_approves_in_the_moment_in_which_they_draw(make_user: MakeUser, _round: int) -> None:
    """The plan goes back to a draft, is drawn on and approved, all by one planner at once."""
    two_grids()
    plan, now = made(border_at(112.5)), timezone.now()
    plan = plans.submit(plan_id=plan.pk, revision=1, by=people()[0], now=now)
    second = make_user(Role.PLANNER)
    seen = plan.revision

    def draw() -> None:
        back = plans.give_back(plan_id=plan.pk, revision=seen, reason="Mine", by=second, now=now)
        drawn = draft(border_at(112.4))
        back = plans.save(plan_id=plan.pk, revision=back.revision, draft=drawn, by=second, now=now)
        plans.submit(plan_id=plan.pk, revision=back.revision, by=second, now=now)

    def approve(revision: int) -> Callable[[], bool]:
        return tried(lambda: plans.approve(plan_id=plan.pk, revision=revision, by=second, now=now))

    together(tried(draw), *(approve(seen + ahead) for ahead in range(4)))

    after = BoundaryPlan.objects.get(pk=plan.pk)
    drew = after.steps.filter(action__in=("made", "saved"), user_id=second.pk).exists()
    assert not (after.approved_by_id == second.pk and drew)


# Events ------------------------------------------------------------------------------------------
@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def handled(town: Town) -> tuple[Event, User, User]:
    """An event that is done, by whom, and who leads; the handler leads the district too by now."""
    boss = make_person("boss", Role.DISTRICT_LEADER, DISTRICT)
    worker = make_person("worker", Role.GRID_WORKER, COMMUNITY)
    event = make_event(town.entry)
    leading.accept(**as_(boss, event), now=NOW)
    leading.file(**as_(boss, event), now=NOW)
    unit = [f"division:{town.community.pk}"]
    sending.dispatch(**as_(boss, event), units=unit, now=NOW)
    handling.take(**as_(worker, event), now=NOW)
    handling.finish(**as_(worker, event), note="Done", now=NOW)
    User.objects.filter(pk=worker.pk).update(role=Role.DISTRICT_LEADER.value, scope=[DISTRICT])
    worker.refresh_from_db()
    event.refresh_from_db()
    return event, worker, boss


CHECKS: dict[str, Callable[..., Any]] = {
    "verify": lambda by, event: checking.verify(**as_(by, event), now=NOW),
    "rework": lambda by, event: checking.rework(**as_(by, event), note="Again", now=NOW),
}


@one_after_the_other
@pytest.mark.parametrize("check", CHECKS)
def test_whoever_handled_an_event_does_not_check_it(town: Town, check: str) -> None:
    event, worker, boss = handled(town)

    with pytest.raises(NotAllowed):
        CHECKS[check](worker, event)

    assert state_of(event) == "done"
    CHECKS[check](boss, event)
    assert state_of(event) != "done"


@one_after_the_other
def test_whoever_handled_an_event_does_not_close_it(town: Town) -> None:
    event, worker, boss = handled(town)
    checking.verify(**as_(boss, event), now=NOW)
    event.refresh_from_db()

    with pytest.raises(NotAllowed):
        checking.close(**as_(worker, event), now=NOW)
    assert state_of(event) == "verified"


@at_once
@pytest.mark.parametrize("_round", range(ROUNDS))
def test_nobody_verifies_in_the_moment_in_which_they_finish(town: Town, _round: int) -> None:
    event, worker, boss = handled(town)
    checking.rework(**as_(boss, event), note="Not yet", now=NOW)
    event.refresh_from_db()
    finish = tried(lambda: handling.finish(**as_(worker, event), note="Now", now=NOW))
    verify = [
        tried(lambda: checking.verify(by=worker, event_id=event.pk, now=NOW)) for _ in range(3)
    ]

    said = together(finish, *verify)

    assert said[1:] == [False] * 3
    assert state_of(event) in ("done", "handling")


@at_once
@pytest.mark.parametrize("_round", range(ROUNDS))
def test_nobody_asks_for_more_time_and_grants_it_at_once(town: Town, _round: int) -> None:
    event, _worker, boss = handled(town)
    checking.rework(**as_(boss, event), note="Not yet", now=NOW)
    event.refresh_from_db()
    until = event.handle_due + DAY
    ask = tried(
        lambda: extending.ask_time(by=boss, event_id=event.pk, until=until, note="x", now=NOW)
    )
    grant = [
        tried(lambda: extending.grant_time(by=boss, event_id=event.pk, now=NOW)) for _ in range(3)
    ]

    said = together(ask, *grant)

    assert said[1:] == [False] * 3
    assert not Extension.objects.filter(granted=True).exists()


# Areas that are lent -----------------------------------------------------------------------------
@at_once
@pytest.mark.parametrize("_round", range(ROUNDS))
def test_nobody_asks_for_an_area_and_lends_it_at_once(make_user: MakeUser, _round: int) -> None:
    """Their scope grows while the request waits, so that only the rule of two stands between."""
    now = timezone.now()
    leader = make_user(Role.STREET_LEADER, ("140107002",))
    asked = grants.ask(by=leader, prefix="140107001", reason="Flood", hours=4, now=now)
    User.objects.filter(pk=leader.pk).update(scope=["140107"])
    wide = User.objects.get(pk=leader.pk)

    said = together(
        *[tried(lambda: grants.decide(grant_id=asked.pk, by=wide, to=GrantState.GIVEN, now=now))]
        * 4
    )

    assert said == [False] * 4
    assert AreaGrant.objects.get().decided_by is None


@one_after_the_other
def test_the_database_takes_no_grant_decided_by_its_asker(make_user: MakeUser) -> None:
    now = timezone.now()
    leader = make_user(Role.STREET_LEADER, ("140107002",))
    grants.ask(by=leader, prefix="140107001", reason="Flood", hours=4, now=now)

    with pytest.raises(IntegrityError), transaction.atomic():
        AreaGrant.objects.update(
            state=GrantState.GIVEN.value, decided_by=leader, decided_at=now, until=now + DAY
        )


# Repairs -----------------------------------------------------------------------------------------
@at_once
@pytest.mark.parametrize("_round", range(ROUNDS))
def test_nobody_asks_that_an_order_be_called_repaired_and_says_so_at_once(
    make_camera: MakeCamera, _round: int
) -> None:
    lead = User.objects.create_user("lead", role=Role.OPERATOR.value, scope=["140107001"])
    fitter = User.objects.create_user("fitter", role=Role.OPERATOR.value, scope=["140107001"])
    order = make_order(make_camera(), state="repaired", repaired_at=CAMERA_NOW, repaired_by=fitter)
    told: dict[str, Any] = {"order_id": order.pk, "note": "x", "now": CAMERA_NOW}
    ask = tried(lambda: repairs.ask_override(by=lead, **told))
    grant = [tried(lambda: repairs.grant_override(by=lead, **told)) for _ in range(2)]
    own = tried(lambda: repairs.grant_override(by=fitter, **told))

    said = together(ask, *grant, own)

    assert said == [True, False, False, False]
    assert not RepairStep.objects.filter(order=order, action="grant").exists()


# Planned work ------------------------------------------------------------------------------------
@at_once
@pytest.mark.parametrize("_round", range(ROUNDS))
def test_nobody_prolongs_planned_work_and_accepts_it_at_once(
    make_camera: MakeCamera, make_user: MakeUser, _round: int
) -> None:
    now, hour = timezone.now(), timedelta(hours=1)
    enterer, boss = make_user(Role.OPERATOR), make_user(Role.ADMINISTRATOR)
    wanted = WantedWork(
        kind="planned", title="Cables", note="", starts_at=now - hour, ends_at=now + hour,
        cameras=[make_camera()],
    )  # fmt: skip
    row = work_services.enter_work(by=enterer, wanted=wanted, now=now)
    longer = now + 5 * hour

    def accept(version: int) -> Callable[[], bool]:
        return tried(
            lambda: work_services.review_work(
                by=boss, work_id=row.pk, version=version, accept=True, note="", now=now
            )
        )

    prolong = tried(
        lambda: work_services.change_end(
            by=boss, work_id=row.pk, version=row.version, ends_at=longer, now=now
        )
    )

    together(prolong, *(accept(row.version + ahead) for ahead in (0, 1, 1)))

    after = PlannedWork.objects.get(pk=row.pk)
    assert after.accepted_until is None or after.accepted_until < longer
    assert all(one.ends_at < longer for one in WorkReview.objects.all())
