"""Edits in place: held against what was seen, written down with who and when, and taken back."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import AuditRow, ChangeRow, User
from gis_server.roles import Role
from grids import services
from grids.models import (
    Assignment,
    Building,
    Division,
    Edit,
    Grid,
    GridDesignation,
    GridWorker,
    Shop,
    StaffRole,
    Thing,
)
from tests.conftest import MakeUser
from tests.grids.editing import NOW, TODAY, assign, change
from tests.grids.territory import COMMUNITY, EAST, WEST, at, two_grids

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner(make_user: MakeUser) -> User:
    return make_user(Role.PLANNER)


@pytest.fixture
def grid(db: None) -> Grid:
    two_grids()
    return Grid.objects.get(code=WEST)


@pytest.fixture
def building(grid: Grid) -> Building:
    return Building.objects.create(
        name="1号楼", address="杏花路1号", scope_code="140107", point=at(112.5), households=30
    )


def test_an_edit_says_who_when_and_what_was_before(grid: Grid, planner: User) -> None:
    edit = change(grid, planner, name="杏花一格")

    grid.refresh_from_db()
    assert grid.name == "杏花一格"
    assert (edit.before, edit.after) == ({"name": WEST}, {"name": "杏花一格"})
    assert (edit.who, edit.at, edit.scope_code) == (planner.username, NOW, WEST)
    note = AuditRow.objects.get()
    assert (note.action, note.subject, note.scope) == ("grid.changed", WEST, WEST)
    told = ChangeRow.objects.get()
    assert (told.topic, told.scope, told.data) == ("territory", WEST, {"thing": "grid"})


def test_a_new_name_begins_today_and_the_old_one_is_kept(grid: Grid, planner: User) -> None:
    change(grid, planner, name="甲")
    change(grid, planner, name="乙")
    change(grid, planner, name="丙", now=NOW + timedelta(days=3))

    names = [
        (d.name, d.valid.lower, d.valid.upper) for d in GridDesignation.objects.filter(grid=grid)
    ]
    assert names == [
        (WEST, date(2026, 1, 1), TODAY),
        ("乙", TODAY, TODAY + timedelta(days=3)),
        ("丙", TODAY + timedelta(days=3), None),
    ]


def test_a_name_that_is_taken_back_the_same_day_leaves_no_trace_in_the_names(
    grid: Grid, planner: User
) -> None:
    edit = change(grid, planner, name="甲")

    services.undo(edit_id=edit.pk, by=planner, now=NOW)

    [only] = GridDesignation.objects.filter(grid=grid)
    assert (only.name, only.valid.upper) == (WEST, None)


def test_what_somebody_else_changed_first_is_a_conflict_that_names_them(
    grid: Grid, planner: User, make_user: MakeUser
) -> None:
    seen = services.state_of(grid)
    change(grid, make_user(Role.ADMINISTRATOR), name="甲")

    with pytest.raises(Conflict, match=f"administrator-140107.*{WEST}.*甲"):
        change(grid, planner, seen=seen, name="乙")

    grid.refresh_from_db()
    assert grid.name == "甲"


def test_two_may_edit_different_fields_of_one_thing(building: Building, planner: User) -> None:
    seen = services.state_of(building)
    change(building, planner, seen=seen, households=31)
    change(building, planner, seen=seen, floors=6)

    building.refresh_from_db()
    assert (building.households, building.floors) == (31, 6)


def test_what_an_import_changed_is_a_conflict_without_a_name(grid: Grid, planner: User) -> None:
    seen = services.state_of(grid)
    Grid.objects.filter(pk=grid.pk).update(name="导入的")

    with pytest.raises(Conflict, match="导入的"):
        change(grid, planner, seen=seen, name="乙")


def test_what_changes_nothing_leaves_no_row(grid: Grid, planner: User) -> None:
    values = services.state_of(grid)

    assert (
        services.change(
            thing=Thing.GRID, thing_id=grid.pk, seen=values, new=values, by=planner, now=NOW
        )
        is None
    )
    assert not Edit.objects.exists()


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"name": ""}, id="no name"),
        pytest.param({"name": "长" * 81}, id="a name too long"),
        pytest.param({"households": -1}, id="fewer than no households"),
        pytest.param({"floors": 201}, id="201 floors"),
        pytest.param({"floors": "many"}, id="no number"),
        pytest.param({"scope_code": "140107"}, id="what the database keeps"),
        pytest.param({"point": None, "address": ""}, id="neither position nor address"),
    ],
)
def test_a_value_that_breaks_a_rule_is_refused(
    building: Building, planner: User, fields: dict[str, Any]
) -> None:
    with pytest.raises(Invalid):
        change(building, planner, **fields)

    assert not Edit.objects.exists()


def test_what_lies_elsewhere_looks_as_if_it_were_not_there(
    grid: Grid, building: Building, make_user: MakeUser
) -> None:
    other = make_user(Role.PLANNER, ("140107002",))

    for row in (grid, building):
        with pytest.raises(NotFound):
            change(row, other, name="x")


def test_a_place_is_not_moved_out_of_ones_reach(building: Building, make_user: MakeUser) -> None:
    west_only = make_user(Role.PLANNER, (WEST,))

    with pytest.raises(Invalid):
        change(building, west_only, point=[113.5, 37.5])

    building.refresh_from_db()
    assert building.scope_code == WEST


def test_a_place_that_moves_is_in_its_new_grid_and_comes_back(
    building: Building, planner: User
) -> None:
    edit = change(building, planner, point=[113.5, 37.5])
    building.refresh_from_db()
    assert building.scope_code == EAST

    services.undo(edit_id=edit.pk, by=planner, now=NOW)

    building.refresh_from_db()
    assert (services.state_of(building)["point"], building.scope_code) == ([112.5, 37.5], WEST)


def test_an_edit_is_undone_once_and_the_undoing_may_be_undone(grid: Grid, planner: User) -> None:
    edit = change(grid, planner, name="甲")
    back = services.undo(edit_id=edit.pk, by=planner, now=NOW)
    assert back.undoes_id == edit.pk

    with pytest.raises(Conflict, match=planner.username):
        services.undo(edit_id=edit.pk, by=planner, now=NOW)

    services.undo(edit_id=back.pk, by=planner, now=NOW)
    grid.refresh_from_db()
    assert grid.name == "甲"


def test_nothing_is_undone_that_was_changed_since(grid: Grid, planner: User) -> None:
    first = change(grid, planner, name="甲")
    change(grid, planner, name="乙")

    with pytest.raises(Conflict, match="乙"):
        services.undo(edit_id=first.pk, by=planner, now=NOW)


def test_a_deleted_place_comes_back_as_it_was(building: Building, planner: User) -> None:
    before = Building.objects.values().get()
    edit = services.delete(
        thing=Thing.BUILDING,
        thing_id=building.pk,
        seen=services.state_of(building),
        by=planner,
        now=NOW,
    )
    assert not Building.objects.exists()

    services.undo(edit_id=edit.pk, by=planner, now=NOW)

    assert Building.objects.values().get() == before


def test_a_grid_is_not_deleted(grid: Grid, planner: User) -> None:
    with pytest.raises(Invalid):
        services.delete(thing=Thing.GRID, thing_id=grid.pk, seen={}, by=planner, now=NOW)


def test_a_place_whose_code_was_taken_meanwhile_does_not_come_back(
    building: Building, planner: User
) -> None:
    Building.objects.update(code="B1")
    seen = services.state_of(building)
    edit = services.delete(
        thing=Thing.BUILDING, thing_id=building.pk, seen=seen, by=planner, now=NOW
    )
    Building.objects.create(name="x", code="B1", point=at(112.5), scope_code="140107")

    with pytest.raises(Conflict, match="one building per code"):
        services.undo(edit_id=edit.pk, by=planner, now=NOW)


def test_somebody_takes_over_stands_in_and_ends(grid: Grid, planner: User) -> None:
    wang = GridWorker.objects.create(number="W1", name="王", role="worker")
    li = GridWorker.objects.create(number="W2", name="李", role="worker")
    held = assign(grid, wang, planner)
    assign(grid, li, planner, first=TODAY, last=TODAY, stands_in_for=wang)

    edit = services.end_assignment(
        assignment_id=held.pk, seen=services.state_of(held), last=TODAY, by=planner, now=NOW
    )

    held.refresh_from_db()
    assert held.valid.upper == TODAY + timedelta(days=1)
    assert edit is not None
    assert (edit.about_worker, edit.about_grid) == (wang.pk, grid.pk)
    services.undo(edit_id=edit.pk, by=planner, now=NOW)
    held.refresh_from_db()
    assert held.valid.upper is None


def test_an_assignment_that_was_made_is_taken_back(grid: Grid, planner: User) -> None:
    assign(grid, GridWorker.objects.create(number="W1", name="王", role="worker"), planner)

    services.undo(edit_id=Edit.objects.get().pk, by=planner, now=NOW)

    assert not Assignment.objects.exists()


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"last": date(2025, 12, 31)}, id="ends before it begins"),
        pytest.param({}, id="the same days twice"),
    ],
)
def test_days_that_cannot_be_are_refused(grid: Grid, planner: User, more: dict[str, Any]) -> None:
    wang = GridWorker.objects.create(number="W1", name="王", role="worker")
    assign(grid, wang, planner)

    with pytest.raises(Invalid):
        assign(grid, wang, planner, **more)


def test_nobody_stands_in_for_themselves(grid: Grid, planner: User) -> None:
    wang = GridWorker.objects.create(number="W1", name="王", role="worker")

    with pytest.raises(Invalid):
        assign(grid, wang, planner, stands_in_for=wang)


def test_staff_are_edited_by_those_who_have_one_of_their_grids_now(
    grid: Grid, planner: User, make_user: MakeUser
) -> None:
    wang = GridWorker.objects.create(number="W1", name="王", role="worker")
    held = assign(grid, wang, planner, last=date(2026, 3, 1))
    assign(Grid.objects.get(code=EAST), wang, planner, role=StaffRole.ASSISTANT)
    assert held.grid == grid

    change(wang, make_user(Role.PLANNER, (EAST,)), phone="110")
    with pytest.raises(NotFound):
        change(wang, make_user(Role.PLANNER, (WEST,)), phone="120")


def test_a_division_is_renamed(grid: Grid, planner: User) -> None:
    street = Division.objects.get(code="140107001000")

    change(street, planner, name="巨轮街道", kind="town")

    street.refresh_from_db()
    assert (street.name, street.kind) == ("巨轮街道", "town")


@pytest.mark.parametrize("sql", ["UPDATE grids_edit SET who = 'x'", "DELETE FROM grids_edit"])
def test_nobody_changes_what_was_edited(grid: Grid, planner: User, sql: str) -> None:
    change(grid, planner, name="甲")

    with (
        pytest.raises(IntegrityError, match="only added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


def test_a_shop_closes(grid: Grid, planner: User) -> None:
    shop = Shop.objects.create(name="面馆", point=at(112.5), scope_code="140107", kind="food")

    change(shop, planner, open=False, kind="other")

    shop.refresh_from_db()
    assert (shop.open, shop.kind, COMMUNITY in shop.scope_code) == (False, "other", True)


def test_nobody_is_put_in_charge_of_a_grid_that_is_gone(grid: Grid, planner: User) -> None:
    worker = GridWorker.objects.create(number="W1", name="w", role="worker")
    Grid.objects.filter(pk=grid.pk).update(gone_on=TODAY)

    with pytest.raises(Invalid, match="不能再指派"):
        assign(grid, worker, planner)
    with pytest.raises(Invalid, match="不能再指派"):
        assign(grid, worker, planner, last=TODAY)
    assert not Assignment.objects.exists()

    before = assign(grid, worker, planner, last=TODAY - timedelta(days=1))

    assert before.grid == grid
