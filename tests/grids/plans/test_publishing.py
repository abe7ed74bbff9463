"""A plan comes into force: shapes, codes, people, points, history and what is told, all at once."""

from datetime import timedelta

import pytest
import shapely
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils import timezone

from gis_server.errors import Conflict
from gis_server.models import AuditRow, ChangeRow, SearchEntry, User
from gis_server.roles import Role
from grids.invariants import check
from grids.models import (
    Assignment,
    BoundaryPlan,
    Building,
    Division,
    Grid,
    GridDesignation,
    GridShape,
    GridWorker,
    Lineage,
    ServicePoint,
    Shop,
)
from grids.plans import publishing, services
from grids.queries import counts_below
from grids.redrawing import Posted, Redrawing, Reshaped
from tests.grids.plans.planning import (
    NORTH,
    a_day_passes,
    border_at,
    box,
    codes_exchanged,
    draft,
    east_merged,
    made,
    people,
    published,
    scheduled,
    today,
    west_split,
)
from tests.grids.territory import (
    COMMUNITY,
    EAST,
    WEST,
    at,
    projected,
    shaped,
    square,
    two_grids,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def territory(db: None) -> Division:
    return two_grids()


def building(east: float, north: float = 37.5) -> Building:
    return Building.objects.create(name="楼", scope_code=COMMUNITY, point=at(east, north))


def home(row: Building | Shop | ServicePoint) -> tuple[str | None, str]:
    row.refresh_from_db()
    return (row.grid.code if row.grid else None, row.scope_code)


def shape_of(code: str) -> shapely.Polygon:
    drawn = GridShape.objects.get(grid__code=code, valid__contains=today())
    return shapely.from_wkb(bytes(drawn.shape.wkb))


def test_a_border_moves_with_all_that_stands_on_the_ground_between() -> None:
    moved, stays, east = building(112.7), building(112.2), building(113.5)
    shop = Shop.objects.create(name="店", scope_code=COMMUNITY, point=at(112.8))
    service = ServicePoint.objects.create(name="站", scope_code=COMMUNITY, point=at(112.9))

    plan = published(border_at(112.5))

    assert shape_of(WEST).equals(box(112, 112.5))
    assert shape_of(EAST).equals(box(112.5, 114))
    assert [home(row) for row in (moved, shop, service)] == [(EAST, EAST)] * 3
    assert (home(stays), home(east)) == ((WEST, WEST), (EAST, EAST))
    old = GridShape.objects.get(grid__code=WEST, valid__endswith=today())
    assert shapely.from_wkb(bytes(old.shape.wkb)).equals(box(112, 113))
    assert (plan.state, plan.effective_on) == ("in_force", today())
    assert list(check()) == []


def test_open_pages_the_trail_and_the_search_hear_of_it() -> None:
    row = building(112.7)

    plan = published(border_at(112.5))

    assert ChangeRow.objects.filter(topic="territory", subject="140107001").exists()
    assert ChangeRow.objects.filter(
        topic="plan", subject=str(plan.pk), data__state="in_force"
    ).exists()
    assert AuditRow.objects.get(action="plan.published").detail["document"] == plan.document
    assert SearchEntry.objects.get(kind="building", subject=row.pk).scopes == [EAST]
    grid = Grid.objects.get(code=WEST)
    assert SearchEntry.objects.get(kind="grid", subject=grid.pk).east == pytest.approx(112.5)


def test_points_on_borders_go_by_the_rule_of_the_database() -> None:
    """On the new border, on the old one, on the outer one, and outside of all."""
    rows = [building(112.5), building(113.0), building(112.0), building(113.3, 38.0), building(115)]

    published(border_at(112.5))

    assert [home(row)[0] for row in rows] == [WEST, EAST, WEST, EAST, None]
    assert list(check()) == []


def test_a_point_on_the_border_of_a_neighbour_that_does_not_change() -> None:
    """It goes to the neighbour once the grid with the lower code has left it."""
    community = Division.objects.get(code=COMMUNITY)
    GridShape.objects.filter(grid__code=EAST).delete()
    shaped(NORTH, community, square(113))
    shaped(f"{COMMUNITY}004", community, square(111))
    Division.objects.update(shape=None, shape_3857=None)
    corner = building(113.0)
    assert home(corner)[0] == WEST
    fourth = f"{COMMUNITY}004"
    # 004 takes all of WEST but its western half: what lies at 113 has 003 and 004 to choose from.
    ring = [
        (111, 37),
        (112.0, 37),
        (112.0, 37.4),
        (112.5, 37.4),
        (112.5, 37),
        (113, 37),
        (113, 38),
        (111, 38),
    ]
    published(
        Redrawing(
            reshaped=(
                Reshaped(fourth, shapely.Polygon(ring)),
                Reshaped(WEST, box(112, 112.5, 37, 37.4)),
            )
        )
    )

    assert home(corner)[0] == NORTH


def test_a_point_in_a_part_of_a_grid_stays_there() -> None:
    """EAST gets a corner more, so its points are looked at; its part is not in the plan."""
    community = Division.objects.get(code=COMMUNITY)
    part = shaped(f"{EAST}01", community, square(113))
    Grid.objects.filter(pk=part.pk).update(parent=Grid.objects.get(code=EAST))
    inside, beside = building(113.5), building(112.5, 37.8)
    assert home(inside)[0] == f"{EAST}01"

    plan = published(west_split())

    assert plan.changes.filter(code_before=EAST).exists()
    assert home(inside)[0] == f"{EAST}01"
    assert home(beside)[0] == NORTH
    assert list(check()) == []


def test_a_grid_is_split_and_its_people_and_lineage_follow() -> None:
    worker = GridWorker.objects.create(number="W1", name="w", role="worker")
    north_house, south_house = building(112.5, 37.8), building(112.5, 37.2)
    split = west_split()

    plan = published(
        Redrawing(reshaped=split.reshaped, born=split.born, posted=(Posted(NORTH, "W1", "worker"),))
    )

    born = Grid.objects.get(code=NORTH)
    assert (born.name, born.community.code) == ("北网格", COMMUNITY)
    assert (home(north_house)[0], home(south_house)[0]) == (NORTH, WEST)
    row = Lineage.objects.get()
    assert (row.earlier.code, row.later.code, row.how, row.on, row.plan) == (
        WEST,
        NORTH,
        "split",
        today(),
        plan,
    )
    assert GridDesignation.objects.get(grid=born).valid == DateRange(today(), None)
    assert Assignment.objects.get(grid=born).worker == worker
    assert Assignment.objects.get(grid=born).valid == DateRange(today(), None)
    assert list(check()) == []


def test_a_grid_is_retired_and_keeps_its_past() -> None:
    worker = GridWorker.objects.create(number="W1", name="w", role="worker")
    east = Grid.objects.get(code=EAST)
    Assignment.objects.create(worker=worker, grid=east, role="worker")
    house = building(113.5)

    published(east_merged())

    east.refresh_from_db()
    assert east.gone_on == today()
    assert home(house)[0] == WEST
    assert east.shapes.get().valid.upper == today()
    assert east.designations.get().valid.upper == today()
    assert Assignment.objects.get().valid.upper == today()
    row = Lineage.objects.get()
    assert (row.earlier, row.later.code, row.how) == (east, WEST, "merged")
    assert counts_below([COMMUNITY], today())[COMMUNITY].grids == 1
    assert list(check()) == []


def test_two_grids_exchange_their_codes_and_users_keep_their_ground() -> None:
    west, east = Grid.objects.get(code=WEST), Grid.objects.get(code=EAST)
    house = building(112.5)
    User.objects.create_user("one", role=Role.GRID_WORKER.value, scope=[WEST])
    User.objects.create_user("two", role=Role.GRID_WORKER.value, scope=[EAST])

    published(codes_exchanged())

    west.refresh_from_db()
    east.refresh_from_db()
    assert ((west.code, west.name), (east.code, east.name)) == ((EAST, "东"), (WEST, "西"))
    assert home(house) == (EAST, EAST)
    assert User.objects.get(username="one").scope == [EAST]
    assert User.objects.get(username="two").scope == [WEST]
    assert list(check()) == []


def test_an_outline_that_is_the_union_of_its_grids_follows() -> None:
    other = f"{COMMUNITY[:9]}002"
    street = Division.objects.get(level="street")
    neighbour = Division.objects.create(
        code=other, name="邻", level="community", kind="community", parent=street
    )
    shaped(f"{other}001", neighbour, square(114))
    whole = Division.objects.filter(level="community")
    for one in whole:
        west = 112 if one.code == COMMUNITY else 114
        shape = shapely.box(west, 37, west + (2 if one.code == COMMUNITY else 1), 38)
        _outline(one, shape)
    published(
        Redrawing(
            reshaped=(Reshaped(EAST, box(113, 114.5)), Reshaped(f"{other}001", box(114.5, 115)))
        )
    )

    extents = {one.code: one.shape.extent for one in whole.all() if one.shape}
    assert extents == {COMMUNITY: (112, 37, 114.5, 38), other: (114.5, 37, 115, 38)}


def _outline(division: Division, shape: shapely.Polygon) -> None:
    drawn = MultiPolygon(Polygon.from_bbox(shape.bounds), srid=4326)
    Division.objects.filter(pk=division.pk).update(
        shape=drawn, shape_3857=projected(drawn), shape_is_union=True
    )


def test_publishing_again_changes_nothing() -> None:
    plan = published(border_at(112.5))
    rows = GridShape.objects.count()

    assert not publishing.publish(plan_id=plan.pk, now=timezone.now())
    assert publishing.publish_due(timezone.now()) == 0
    assert GridShape.objects.count() == rows


def test_nothing_happens_before_its_day_and_a_late_server_catches_up() -> None:
    plan = scheduled(made(border_at(112.5)), today() + timedelta(days=2))
    house = building(112.7)

    assert publishing.publish_due(timezone.now()) == 0
    with pytest.raises(Conflict):
        publishing.publish(plan_id=plan.pk, now=timezone.now())
    assert home(house)[0] == WEST

    a_day_passes(3)
    assert publishing.publish_due(timezone.now()) == 1

    yesterday = today() - timedelta(days=1)
    assert home(house)[0] == EAST
    assert GridShape.objects.get(grid__code=WEST, valid__endswith=None).valid.lower == yesterday


def test_the_second_of_two_plans_for_a_grid_is_refused_and_says_which() -> None:
    second = scheduled(made(border_at(112.8), "乙案"), today() + timedelta(days=1))
    plan = services.give_back(
        plan_id=second.pk, revision=second.revision, reason="x", by=people()[1], now=timezone.now()
    )
    first = published(border_at(112.5), "甲案")
    a_day_passes()

    with pytest.raises(Conflict, match="甲案") as error:
        scheduled(plan)

    assert error.value.detail == {"grids": [WEST, EAST], "plans": [first.pk]}


def test_what_cannot_be_published_any_more_goes_back_with_the_reason() -> None:
    plan = scheduled(made(border_at(112.5)))
    Grid.objects.filter(code=EAST).update(name="改了")

    assert publishing.publish_due(timezone.now()) == 0

    plan.refresh_from_db()
    last = plan.steps.latest("id")
    assert (plan.state, last.action, last.user_id) == ("draft", "refused", None)
    assert EAST in last.note
    assert shape_of(WEST).equals(box(112, 113))


def test_a_plan_that_was_returned_is_drawn_anew_and_published() -> None:
    plan = made(border_at(112.8), "乙案")
    published(border_at(112.5), "甲案")
    a_day_passes()
    again = services.save(
        plan_id=plan.pk, revision=1, draft=draft(border_at(112.8), "乙案"), by=people()[0],
        now=timezone.now(),
    )  # fmt: skip

    publishing.publish(plan_id=scheduled(again).pk, now=timezone.now())

    assert shape_of(WEST).equals(box(112, 112.8))
    assert BoundaryPlan.objects.filter(state="in_force").count() == 2
