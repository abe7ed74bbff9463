"""Events when the territory moves: codes follow, and where it lay when it was reported stays."""

import pytest
from django.contrib.gis.geos import Point

from events.models import Category, ConsultedParty, Department, Event, EventCopy, EventTask
from events.services import consulting, leading, sending
from gis_server import scopes
from gis_server.models import User
from gis_server.roles import Role
from grids.models import Grid, GridShape
from tests.events.town import NOW, Town, as_, make_event, make_person
from tests.grids.editing import renumber
from tests.grids.territory import EAST, WEST, projected, square, two_grids

pytestmark = pytest.mark.django_db
OLD, NEW = "140107001", "140107009"


def test_what_is_open_follows_a_new_code_and_what_is_over_stays(
    town: Town, event: Event, street_leader: User
) -> None:
    here = Department.objects.create(name="街道执法队", area=OLD)
    units = [f"division:{town.community.pk}", f"department:{here.pk}"]
    leading.accept(**as_(street_leader, event), now=NOW)
    leading.file(**as_(street_leader, event), now=NOW)
    sending.dispatch(**as_(street_leader, event), units=units[:1], now=NOW)
    sending.recall(**as_(street_leader, event), note="Wrong", now=NOW)
    sending.dispatch(**as_(street_leader, event), units=units, now=NOW)
    copies = [EventCopy.objects.create(event=event, code=OLD, at=NOW)]
    copies.append(EventCopy.objects.create(event=event, code=f"{OLD}001", at=NOW, seen_at=NOW))

    scopes.follow(OLD, NEW)

    here.refresh_from_db()
    assert here.area == NEW
    codes = EventTask.objects.order_by("id").values_list("unit_code", flat=True)
    assert list(codes) == [f"{OLD}001", f"{NEW}001", NEW]
    assert list(EventCopy.objects.order_by("id").values_list("code", flat=True)) == [
        NEW,
        f"{OLD}001",
    ]


def test_parties_that_have_not_spoken_follow(town: Town, street_leader: User) -> None:
    event = make_event(town.entry, severity="difficult", level="street")
    leading.accept(**as_(street_leader, event), now=NOW)
    leading.file(**as_(street_leader, event), now=NOW)
    units = [f"division:{town.community.pk}", f"division:{town.street.pk}"]
    consulting.consult(**as_(street_leader, event), units=units, note="Who?", now=NOW)
    consulting.opine(**as_(street_leader, event), note="We", now=NOW)

    scopes.follow(OLD, NEW)

    codes = ConsultedParty.objects.order_by("id").values_list("unit_code", flat=True)
    assert sorted(codes) == sorted([f"{OLD}001", NEW])


@pytest.fixture
def in_the_west(db: None) -> Event:
    """An event in the western of two grids, received while it lay there."""
    two_grids()
    entry = Category.objects.get(code="G0101")
    grid = Grid.objects.get(code=WEST)
    return make_event(
        entry,
        point=Point(112.5, 37.5, srid=4326),
        grid_then=grid,
        grid_then_code=WEST,
        grid_then_name=grid.name,
    )


def test_a_redraw_changes_the_grid_and_never_where_it_was(in_the_west: Event) -> None:
    event = in_the_west
    event.refresh_from_db()
    assert (event.grid and event.grid.code, event.scope_code) == (WEST, WEST)
    shapes = {code: GridShape.objects.get(grid__code=code) for code in (WEST, EAST)}
    shapes[WEST].delete()
    east = square(112.4)
    GridShape.objects.filter(pk=shapes[EAST].pk).update(shape=east, shape_3857=projected(east))

    event.refresh_from_db()

    assert (event.grid and event.grid.code, event.scope_code) == (EAST, EAST)
    assert (event.grid_then_code, event.grid_then and event.grid_then.code) == (WEST, WEST)


def test_a_new_code_reaches_the_event_and_not_what_was_written_of_it(in_the_west: Event) -> None:
    grid = Grid.objects.get(code=WEST)
    planner = make_person("planner", Role.PLANNER, "140107")

    renumber(grid.community, "140107001005", planner)

    in_the_west.refresh_from_db()
    assert in_the_west.scope_code == "140107001005001"
    assert in_the_west.grid_then_code == WEST
