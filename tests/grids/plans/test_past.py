"""The map of a day, a grid's life, and the grids of two days on common ground."""

from datetime import date, timedelta

import pytest

from gis_server.edge import Page
from gis_server.errors import Invalid
from gis_server.geo import to_metric
from gis_server.roles import Role
from grids.models import Building
from grids.plans.looking_back import past
from tests.conftest import MakeUser
from tests.grids.plans.planning import (
    NORTH,
    a_day_passes,
    border_at,
    box,
    codes_exchanged,
    people,
    published,
    today,
    west_split,
)
from tests.grids.territory import COMMUNITY, EAST, WEST, at, two_grids

pytestmark = pytest.mark.django_db
ALL = Page(100, 0)


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def test_every_day_has_its_own_map_with_its_own_codes_and_names() -> None:
    published(west_split())
    a_day_passes()
    published(codes_exchanged())
    a_day_passes()

    def on(days_ago: int) -> list[tuple[str, str]]:
        _total, rows = past.map_on(people()[0], today() - timedelta(days=days_ago), COMMUNITY, ALL)
        return [(row.code, row.name) for row in rows]

    assert on(3) == [(WEST, WEST), (EAST, EAST)]
    assert on(2) == [(WEST, WEST), (EAST, EAST), (NORTH, "北网格")]
    assert on(0) == [(WEST, "西"), (EAST, "东"), (NORTH, "北网格")]


def test_the_map_comes_in_pieces_and_only_of_ones_own(make_user: MakeUser) -> None:
    total, rows = past.map_on(people()[0], today(), COMMUNITY, Page(1, 1))
    assert (total, [row.code for row in rows]) == (2, [EAST])

    with pytest.raises(Invalid):
        past.map_on(make_user(Role.PLANNER, ("140107002",)), today(), COMMUNITY, ALL)
    with pytest.raises(Invalid):
        past.map_on(people()[0], today(), "", ALL)


def test_a_life_tells_names_areas_kin_and_plans(make_user: MakeUser) -> None:
    plan = published(west_split())

    west, north = past.life_of(people()[0], WEST), past.life_of(people()[0], NORTH)

    assert west is not None
    assert north is not None
    assert [(row.code, row.how, row.plan_id) for row in west.became] == [(NORTH, "split", plan.pk)]
    assert [(row.code, row.on) for row in north.came_from] == [(WEST, today())]
    assert [one.area_m2 for one in west.outlines] == pytest.approx(
        [to_metric(box(112, 113)).area, to_metric(box(112, 113, 37, 37.5)).area]
    )
    assert [(one.first, one.last) for one in west.outlines] == [
        (date(2026, 1, 1), today()), (today(), None),
    ]  # fmt: skip
    assert west.plans == [(today(), plan.pk, plan.title, plan.document)]
    assert past.life_of(make_user(Role.PLANNER, ("140107002",)), WEST) is None
    assert past.life_of(people()[0], f"{COMMUNITY}099") is None


def test_households_go_with_the_ground_they_stand_on() -> None:
    Building.objects.create(name="a", scope_code=COMMUNITY, point=at(112.2), households=10)
    Building.objects.create(name="b", scope_code=COMMUNITY, point=at(112.7), households=30)
    published(border_at(112.5))

    shares = past.compared(people()[0], COMMUNITY, today() - timedelta(days=1), today())

    found = {(one.old, one.new): one for one in shares}
    assert set(found) == {(WEST, WEST), (WEST, EAST), (EAST, EAST)}
    assert found[WEST, WEST].counts == {"households": 10, "events": 0}
    assert found[WEST, EAST].counts == {"households": 30, "events": 0}
    assert found[WEST, EAST].area == pytest.approx(to_metric(box(112.5, 113)).area, rel=1e-2)
