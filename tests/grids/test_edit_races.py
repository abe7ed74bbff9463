"""Two people press at the same moment: real threads, one outcome."""

from collections.abc import Callable
from functools import partial

import pytest

from gis_server.errors import Conflict, DomainError
from gis_server.models import User
from gis_server.roles import Role
from grids import services
from grids.models import Building, Edit, Grid, GridDesignation
from tests.cameras.threads import together
from tests.conftest import MakeUser
from tests.grids.editing import NOW, change, renumber
from tests.grids.territory import COMMUNITY, EAST, WEST, at, two_grids

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 5


@pytest.fixture
def grid(db: None) -> Grid:
    two_grids()
    return Grid.objects.get(code=WEST)


@pytest.fixture
def editors(make_user: MakeUser) -> tuple[User, User]:
    return make_user(Role.PLANNER), make_user(Role.ADMINISTRATOR)


def tried(work: Callable[[], Edit]) -> type[DomainError] | None:
    try:
        work()
    except DomainError as error:
        return type(error)
    return None


def both(*works: Callable[[], Edit]) -> list[type[DomainError] | None]:
    return together(*(partial(tried, work) for work in works))


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_two_new_names_one_stands_and_the_other_is_told(
    grid: Grid, editors: tuple[User, User], _round: int
) -> None:
    seen = services.state_of(grid)

    outcomes = both(
        lambda: change(grid, editors[0], seen=seen, name="甲"),
        lambda: change(grid, editors[1], seen=seen, name="乙"),
    )

    assert sorted(outcomes, key=str) == [Conflict, None]
    assert Edit.objects.count() == 1
    grid.refresh_from_db()
    assert GridDesignation.objects.get(grid=grid, valid__endswith=None).name == grid.name


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_an_edit_is_undone_by_one_of_two(
    grid: Grid, editors: tuple[User, User], _round: int
) -> None:
    edit = change(grid, editors[0], name="甲")

    outcomes = both(
        lambda: services.undo(edit_id=edit.pk, by=editors[0], now=NOW),
        lambda: services.undo(edit_id=edit.pk, by=editors[1], now=NOW),
    )

    assert sorted(outcomes, key=str) == [Conflict, None]
    assert Edit.objects.count() == 2


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_of_two_grids_that_want_one_code_one_gets_it(
    grid: Grid, editors: tuple[User, User], _round: int
) -> None:
    east = Grid.objects.get(code=EAST)

    outcomes = both(
        lambda: renumber(grid, f"{COMMUNITY}009", editors[0]),
        lambda: renumber(east, f"{COMMUNITY}009", editors[1]),
    )

    assert sorted(outcomes, key=str) == [Conflict, None]
    assert Grid.objects.filter(code=f"{COMMUNITY}009").count() == 1


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_a_place_that_moves_into_a_grid_that_is_renumbered_has_the_new_code(
    grid: Grid, editors: tuple[User, User], _round: int
) -> None:
    east = Grid.objects.get(code=EAST)
    building = Building.objects.create(name="a", scope_code="140107", point=at(112.5))

    outcomes = both(
        lambda: change(building, editors[0], point=[113.5, 37.5]),
        lambda: renumber(east, f"{COMMUNITY}009", editors[1]),
    )

    assert outcomes == [None, None]
    building.refresh_from_db()
    assert (building.grid_id, building.scope_code) == (east.pk, f"{COMMUNITY}009")
