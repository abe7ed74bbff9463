"""Who sees an event, who leads it, and what their units have to do."""

import pytest
from pytest_django import DjangoAssertNumQueries

from events.models import Department, DepartmentMember, Event
from events.queries import my_tasks, story_of
from events.rights import events_seen, leads_at, level_of
from events.services import consulting, leading, sending
from events.services.copies import copy_below
from events.units import units_for
from events.workflow import Level
from gis_server.models import User
from gis_server.roles import LentRole, Role
from tests.events.town import (
    COMMUNITY,
    DISTRICT,
    GRID,
    NOW,
    OTHER_STREET,
    STREET,
    Town,
    as_,
    make_event,
    make_person,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("digits", "level"),
    [
        (0, None),
        (2, Level.DISTRICT),
        (6, Level.DISTRICT),
        (9, Level.STREET),
        (12, Level.COMMUNITY),
        (15, None),
        (19, None),
    ],
)
def test_the_length_of_a_prefix_is_a_level(digits: int, level: Level | None) -> None:
    assert level_of(digits) is level


@pytest.mark.parametrize(
    ("role", "scope", "level"),
    [
        pytest.param(Role.DISTRICT_LEADER, [DISTRICT], Level.DISTRICT, id="district"),
        pytest.param(Role.STREET_LEADER, [STREET], Level.STREET, id="street"),
        pytest.param(Role.COMMUNITY_LEADER, [COMMUNITY], Level.COMMUNITY, id="community"),
        pytest.param(Role.OPERATOR, [COMMUNITY, STREET], Level.STREET, id="the widest holds"),
        pytest.param(Role.STREET_LEADER, [OTHER_STREET], None, id="elsewhere"),
        pytest.param(Role.COMMUNITY_LEADER, [GRID], None, id="a grid alone"),
        pytest.param(Role.GRID_WORKER, [DISTRICT], None, id="a role that leads nothing"),
        pytest.param(Role.STREET_LEADER, [], None, id="nowhere"),
    ],
)
def test_a_leaders_level_follows_from_their_reach(
    db: None, role: Role, scope: list[str], level: Level | None
) -> None:
    assert leads_at(make_person("a", role, *scope), GRID) is level


def test_somebody_sees_their_area_their_reports_and_what_their_department_was_asked(
    town: Town, street_leader: User
) -> None:
    far = Department.objects.create(name="区应急管理局", area=DISTRICT)
    member = make_person("far", Role.HANDLER, OTHER_STREET, department=far)
    here, sent, asked = (make_event(town.entry) for _ in range(3))
    there = make_event(town.entry, scope_code=f"{OTHER_STREET}001001")
    own = make_event(town.entry, reporter=member)
    for event in (sent, asked):
        leading.accept(**as_(street_leader, event), now=NOW)
        leading.file(**as_(street_leader, event), now=NOW)
    unit = f"department:{far.pk}"
    sending.dispatch(**as_(street_leader, sent), units=[unit], now=NOW)
    units = [unit, f"division:{town.street.pk}"]
    consulting.consult(**as_(street_leader, asked), units=units, note="Who?", now=NOW)

    assert set(events_seen(member)) == {sent, asked, there, own}
    assert set(events_seen(street_leader)) == {here, sent, asked, own}
    assert not events_seen(make_person("p", Role.PLANNER, DISTRICT)).exists()


def test_a_token_lends_its_own_area_and_nothing_beside_it(town: Town) -> None:
    user = make_person("han", Role.HANDLER, DISTRICT, department=town.department)
    make_event(town.entry, reporter=user)
    user.role = LentRole.of(user.role, ["see_events"])
    user.token_reach = [OTHER_STREET]

    assert list(events_seen(user)) == []


def test_my_tasks_are_those_of_my_units(
    town: Town, event: Event, street_leader: User, worker: User, handler: User
) -> None:
    in_own_grid = make_person("gu", Role.GRID_WORKER, GRID)
    in_other_grid = make_person("gao", Role.GRID_WORKER, f"{COMMUNITY}002")
    leading.accept(**as_(street_leader, event), now=NOW)
    leading.file(**as_(street_leader, event), now=NOW)
    units = [f"division:{town.community.pk}", f"department:{town.department.pk}"]
    sending.dispatch(**as_(street_leader, event), units=units, now=NOW)

    def names(user: User) -> list[str]:
        return [task.unit_name for task in my_tasks(user)]

    assert names(worker) == names(in_own_grid) == ["鼓楼社区"]
    assert names(in_other_grid) == []
    assert names(handler) == ["区城市管理局"]
    assert names(make_person("o", Role.OPERATOR, DISTRICT)) == []


def test_a_department_out_of_use_is_not_offered_and_nobody_acts_for_it(
    town: Town, event: Event, handler: User
) -> None:
    offered = [unit.name for unit in units_for(event)]
    assert offered == ["鼓楼社区", "鼓楼街道", "杏花岭区", "区城市管理局"]

    Department.objects.update(is_active=False)

    assert len(units_for(event)) == 3
    assert DepartmentMember.objects.filter(user=handler).exists()


def test_the_story_of_an_event_holds_all_that_happened(
    town: Town, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    event = make_event(town.entry, severity="urgent", level="district")
    copy_below(event, NOW)

    with django_assert_num_queries(7):
        story = story_of(event)

    assert [one.step.action for one in story.steps] == ["report"]
    assert story.steps[0].name == "上报"
    assert [copy.code for copy in story.copies] == [STREET, COMMUNITY]
