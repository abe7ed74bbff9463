"""The pages of the territory: what they show, to whom, in how many queries."""

from datetime import date, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gis_server.models import User
from gis_server.roles import Role
from grids import services
from grids.models import (
    Assignment,
    Building,
    Division,
    Grid,
    GridShape,
    GridWorker,
    ServicePoint,
    Shop,
    Thing,
)
from tests.conftest import SignIn
from tests.grids.editing import renumber
from tests.grids.territory import COMMUNITY, EAST, WEST, at, projected, square, two_grids

pytestmark = pytest.mark.django_db

DISTRICT, STREET = "140107000000", "140107001000"
HOSTILE = """<script>alert(1)</script>${x}`'"&"""


@pytest.fixture
def filled(db: None) -> Division:
    community = two_grids()
    for name in ("a", "b"):
        Building.objects.create(name=name, scope_code="140107", point=at(112.5), households=30)
    Shop.objects.create(name="c", scope_code="140107", point=at(112.5))
    ServicePoint.objects.create(name="d", scope_code="140107", point=at(112.5))
    worker = GridWorker.objects.create(number="W1", name="王", role="worker", phone="13800000001")
    Assignment.objects.create(worker=worker, grid=Grid.objects.get(code=WEST), role="worker")
    return community


def place_paths() -> list[str]:
    return [
        f"/buildings/{Building.objects.first().pk}/",  # type: ignore[union-attr]
        f"/shops/{Shop.objects.get().pk}/",
        f"/service-points/{ServicePoint.objects.get().pk}/",
    ]


def all_paths() -> list[str]:
    tabs = [f"/territory/{STREET}/?tab={tab}" for tab in ("", "people", "places", "changes")]
    grid = [f"/grids/{WEST}/?tab={tab}" for tab in ("", "places", "changes")]
    return ["/territory/strays/", *tabs, *grid, "/workers/W1/", *place_paths()]


def page(client: Client, path: str, **headers: str) -> str:
    answer = client.get(path, headers={"accept": "text/html", **headers})
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_every_page_is_there_in_both_languages(sign_in: SignIn, filled: Division) -> None:
    client = sign_in(Role.PLANNER)
    for path in ["/territory/", *all_paths()]:
        for language in ("zh-hans", "en"):
            assert "<main" in page(client, path, **{"accept-language": language})


def test_a_thing_of_another_street_is_not_there(sign_in: SignIn, filled: Division) -> None:
    client = sign_in(Role.PLANNER, ("140107002",))

    for path in [f"/territory/{COMMUNITY}/", *all_paths()[1:]]:
        assert client.get(path).status_code == 404, path


def test_people_are_for_those_who_may_see_them(sign_in: SignIn, filled: Division) -> None:
    watchman = sign_in(Role.MAINTAINER)

    assert watchman.get("/workers/W1/").status_code == 403
    assert watchman.get(f"/territory/{STREET}/?tab=people").status_code == 404
    for path in (f"/grids/{WEST}/", f"/territory/{STREET}/"):
        text = page(watchman, path)
        assert "王" not in text
        assert "13800000001" not in text
    assert "13800000001" in page(sign_in(), f"/grids/{WEST}/")


def test_who_may_not_edit_sees_no_form(sign_in: SignIn, filled: Division) -> None:
    leader = sign_in(Role.DISTRICT_LEADER)
    for path in all_paths():
        assert "/territory/edit/" not in page(leader, path)


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        # All: session, user; what is counted once below stands first.
        # Strays in two.
        pytest.param("/territory/", 4, id="tree"),
        # The division, what it lies in, what lies below in one, children in five, staff,
        # designations, edits in two, cameras (there are none), the map's box.
        pytest.param(f"/territory/{STREET}/", 16, id="division"),
        # The division, what it lies in, counts; staff, assignments in two.
        pytest.param(f"/territory/{STREET}/?tab=people", 8, id="people"),
        # The division, what it lies in, counts; places in two.
        pytest.param(f"/territory/{STREET}/?tab=places", 7, id="places"),
        # The division, what it lies in, counts; edits in two.
        pytest.param(f"/territory/{STREET}/?tab=changes", 7, id="changes"),
        # The grid, what it lies in, counts; parts in two, staff, designations, shapes, cameras,
        # edits in two, the map's box, assignments.
        pytest.param(f"/grids/{WEST}/", 15, id="grid"),
        # Rows in two, divisions to choose from.
        pytest.param("/territory/strays/", 5, id="strays"),
        # The worker, two lists, what lies elsewhere, edits in two, whether they may be edited.
        pytest.param("/workers/W1/", 9, id="worker"),
    ],
)
@pytest.mark.parametrize("many", [False, True], ids=["few", "many"])
def test_a_page_costs_the_same_queries_however_much_there_is(
    sign_in: SignIn,
    filled: Division,
    django_assert_num_queries: DjangoAssertNumQueries,
    path: str,
    queries: int,
    many: bool,
) -> None:
    client = sign_in(Role.PLANNER)
    if many:
        grow()
    with django_assert_num_queries(queries):
        page(client, path)


def grow() -> None:
    west = Grid.objects.get(code=WEST)
    editor = User.objects.get()
    for number in range(2, 9):
        Building.objects.create(name="x", scope_code=STREET, address="y")
        Shop.objects.create(name="x", scope_code="140107", point=at(112.5))
        worker = GridWorker.objects.create(number=f"W{number}", name="李", role="assistant")
        Assignment.objects.create(worker=worker, grid=west, role="assistant")
        Assignment.objects.create(
            worker=worker,
            grid=Grid.objects.get(code=EAST),
            role="assistant",
            stands_in_for=GridWorker.objects.get(number="W1"),
        )
        for row in (west, west.community, west.community.parent):
            assert row is not None
            services.change(
                thing=services.thing_of(row),
                thing_id=row.pk,
                by=editor,
                now=timezone.now(),
                seen=services.state_of(type(row)._default_manager.get(pk=row.pk)),
                new={"name": f"n{number}"},
            )


def test_a_name_from_an_import_is_text_everywhere(sign_in: SignIn, filled: Division) -> None:
    for model in (Division, Grid, Building, Shop, ServicePoint, GridWorker):
        model._default_manager.update(name=HOSTILE[:40])
    for model in (Building, Shop, ServicePoint):
        model._default_manager.update(address=HOSTILE)
    GridWorker.objects.update(phone=HOSTILE[:30])
    Building.objects.create(name=HOSTILE, address=HOSTILE, scope_code="140107")
    client = sign_in(Role.PLANNER)
    west = Grid.objects.get(code=WEST)
    edit = services.change(
        thing=Thing.GRID,
        thing_id=west.pk,
        seen=services.state_of(west),
        new={"name": f"{HOSTILE}2"},
        by=User.objects.get(),
        now=timezone.now(),
    )
    assert edit is not None

    for path in [*all_paths(), f"/grids/{WEST}/?saved={edit.pk}"]:
        text = page(client, path)
        assert "<script>alert" not in text
        assert "alert(1)&lt;/script&gt;" in text or path == "/territory/strays/" or "?tab=" in path


def test_an_old_code_leads_to_the_grid(sign_in: SignIn, filled: Division) -> None:
    client = sign_in(Role.PLANNER)
    renumber(Grid.objects.get(code=WEST), f"{COMMUNITY}007", User.objects.get(), timezone.now())

    answer = client.get(f"/grids/{WEST}/")

    assert answer.status_code == 301
    assert answer["Location"] == f"/grids/{COMMUNITY}007/?was={WEST}"
    assert answer["Cache-Control"] == "private, no-store"
    assert WEST in page(client, answer["Location"])
    assert sign_in(Role.OPERATOR, ("140107002",)).get(f"/grids/{WEST}/").status_code == 404


def test_an_old_code_of_a_division_leads_to_it(sign_in: SignIn, filled: Division) -> None:
    client = sign_in(Role.PLANNER)
    renumber(filled, "140107001009", User.objects.get(), timezone.now())

    assert client.get(f"/territory/{COMMUNITY}/")["Location"].startswith("/territory/140107001009/")


def test_a_code_that_was_given_to_another_leads_there(sign_in: SignIn, filled: Division) -> None:
    client = sign_in(Role.PLANNER)
    user = User.objects.get()
    renumber(Grid.objects.get(code=WEST), f"{COMMUNITY}007", user, timezone.now())
    renumber(Grid.objects.get(code=EAST), WEST, user, timezone.now())

    assert EAST in page(client, f"/grids/{WEST}/")


def test_a_grid_tells_its_shapes_over_time(sign_in: SignIn, filled: Division) -> None:
    grid = Grid.objects.get(code=WEST)
    today = timezone.localdate()
    GridShape.objects.filter(grid=grid).update(valid=DateRange(today, None))
    shape = square(112, size=0.5)
    GridShape.objects.create(
        grid=grid,
        shape=shape,
        shape_3857=projected(shape),
        valid=DateRange(date(2026, 1, 1), today),
    )

    text = page(sign_in(), f"/grids/{WEST}/")

    assert (today - timedelta(days=1)).isoformat() in text
    assert text.count('data-shape="') == 2


def test_a_worker_is_known_where_they_ever_had_a_grid(sign_in: SignIn, filled: Division) -> None:
    worker = GridWorker.objects.get()
    Assignment.objects.update(valid=DateRange(date(2026, 1, 1), date(2026, 2, 1)))
    Assignment.objects.create(worker=worker, grid=Grid.objects.get(code=EAST), role="worker")

    before, now = sign_in(Role.PLANNER, (WEST,)), sign_in(Role.PLANNER, (EAST,))

    assert "/territory/edit/" not in page(before, "/workers/W1/")
    assert "/territory/edit/" in page(now, "/workers/W1/")
    assert EAST not in page(before, "/workers/W1/")


def test_who_never_had_a_grid_is_known_to_those_who_give_them(
    sign_in: SignIn, filled: Division
) -> None:
    GridWorker.objects.create(number="N1", name="新", role="worker")

    assert sign_in().get("/workers/N1/").status_code == 404
    assert sign_in(Role.PLANNER).get("/workers/N1/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/territory/x/",
        "/territory/999999999999/",
        "/grids/%00/",
        "/grids/１/",
        "/workers/%00/",
        f"/workers/{'9' * 500}/",
        "/buildings/0/",
        f"/buildings/{'9' * 30}/",
        f"/territory/strays/building/{'9' * 30}/",
        "/territory/strays/grid/1/",
        f"/territory/{STREET}/?offset=x",
        f"/territory/{STREET}/?limit=1001",
    ],
)
def test_what_is_no_address_is_answered_calmly(
    sign_in: SignIn, filled: Division, path: str
) -> None:
    assert sign_in(Role.PLANNER).get(path).status_code in {404, 422}


def test_what_is_no_filter_is_none(sign_in: SignIn, filled: Division) -> None:
    client = sign_in(Role.PLANNER)
    queries = "kind=x&division=%00&state=y&tab=z&role=%27&saved=x"
    for path in ("/territory/strays/", f"/territory/{STREET}/", f"/grids/{WEST}/"):
        page(client, f"{path}?{queries}")
        page(client, f"{path}?saved={'9' * 40}")
