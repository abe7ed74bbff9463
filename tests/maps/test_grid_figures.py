"""Values of all grids by one figure: true, cut to the reach, and in time for tens of thousands."""

import gzip
import json
import time
from itertools import accumulate
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.core.cache import cache
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cameras.health import State
from cameras.models import Camera
from events.models import Category, Event
from gis_server.geo import WEB_MERCATOR
from gis_server.roles import Role
from grids.models import Grid
from maps.figures.classes import NEVER, NOTHING, UNKNOWN, GridFigure
from maps.figures.grids import values
from tests.cameras.conftest import MakeCamera
from tests.conftest import DISTRICT, SignIn
from tests.events.town import make_event
from tests.maps.territory import square
from tests.maps.test_files import lon_lat_of
from tests.patrols.ground_town import along, cover, make_grids, positions, send
from tests.patrols.on_duty import NOW, OTHER_STREET, STREET, local, make_duty

pytestmark = pytest.mark.django_db
MANY = 60_000
WITHIN_S = 1.0


@pytest.fixture(autouse=True)
def _nothing_kept() -> None:
    cache.clear()


def found(figure: GridFigure, *reach: str) -> dict[int, int]:
    """Values by the last three digits of the grid's code, the other street's from 11 on."""
    told = values(figure, reach or (DISTRICT,), NOW)
    of = dict(zip(accumulate(told["ids"]), told["values"], strict=True))
    codes = Grid.objects.filter(pk__in=of).values_list("pk", "code")
    return {int(code[-3:]) + 10 * code.startswith(OTHER_STREET): of[pk] for pk, code in codes}


# ---- Coverage and hours --------------------------------------------------------------------------


def test_coverage_is_of_streets_else_of_area() -> None:
    make_grids()
    send(make_duty(), positions(local(9), along(6, 205, 200)), NOW)
    cover(NOW)

    told = found(GridFigure.COVERAGE)

    # Half of the first grid's lane, and none of the second's; the others have none.
    assert told[1] == pytest.approx(510, abs=60)
    assert {told[number] for number in (2, 3, 14, 15, 16)} == {0}
    assert found(GridFigure.COVERAGE, OTHER_STREET).keys() == {14, 15, 16}
    assert found(GridFigure.COVERAGE, "") == {}


def test_two_shifts_together_have_seen_what_either_has() -> None:
    make_grids()
    early, late = make_duty(), make_duty(begins=local(10).time(), ends=local(18).time())
    send(early, positions(local(9), along(6, 205, 200)), local(9.9))
    send(late, positions(local(10.5), along(106, 205, 200)), NOW)
    cover(NOW)

    # 6 m to 306 m of 420 m, and 15 m around: neither the sum nor the larger of both.
    assert found(GridFigure.COVERAGE)[1] == pytest.approx(750, abs=40)


def test_without_a_ground_nothing_is_known() -> None:
    make_grids()

    assert set(found(GridFigure.COVERAGE).values()) == {UNKNOWN}
    assert set(found(GridFigure.UNSEEN).values()) == {UNKNOWN}


def test_hours_unseen_are_medians() -> None:
    make_grids()
    send(make_duty(), positions(local(9), along(6, 205, 410)), local(10))
    cover(NOW)

    told = found(GridFigure.UNSEEN)

    # At noon the middle of a lane that was walked from nine on is nearly three hours old.
    assert 28 <= told[1] <= 30
    assert told[2] == NEVER
    assert told[16] == NEVER


# ---- Events and cameras --------------------------------------------------------------------------


@pytest.mark.usefixtures("laid_out")
def test_open_events_of_each_grid_are_counted() -> None:
    group = Category.objects.create(kind="service", code="T-1", name="道路")
    entry = Category.objects.create(kind="service", code="T-1-1", name="井盖", parent=group)
    here = square(0, 0).centroid
    for _number in range(3):
        event = make_event(entry)
        Event.objects.filter(pk=event.pk).update(point=f"SRID={WEB_MERCATOR};{here.wkt}")
    closed = Event.objects.latest("id")
    Event.objects.filter(pk=closed.pk).update(
        state="withdrawn", closed_at=NOW, closed_level="community"
    )

    told = found(GridFigure.EVENTS)

    assert told == {1: 2, 2: 0, 3: 0, 11: 0, 12: 0, 13: 0}


@pytest.mark.usefixtures("laid_out")
def test_cameras_count_where_anything_is_known_of_them(make_camera: MakeCamera) -> None:
    def put(column: int, *states: State, enabled: bool = True) -> None:
        middle = square(0, column).centroid
        for state in states:
            camera = make_camera(state=state, enabled=enabled)
            Camera.objects.filter(pk=camera.pk).update(
                point=Point(*lon_lat_of(middle.x, middle.y), srid=4326)
            )

    put(0, State.ONLINE, State.DEGRADED, State.OFFLINE, State.UNKNOWN)
    put(1, State.UNKNOWN)
    put(2, State.ONLINE, enabled=False)

    assert found(GridFigure.INTACT) == {
        1: 333, 2: UNKNOWN, 3: NOTHING, 11: NOTHING, 12: NOTHING, 13: NOTHING,
    }  # fmt: skip


# ---- Over HTTP -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.OPERATOR, {"coverage", "events", "intact", "unseen"}),
        (Role.MAINTAINER, {"intact"}),
        (Role.PLANNER, {"coverage", "intact", "unseen"}),
        (Role.GRID_WORKER, {"events"}),
        (Role.PATROLLER, set()),
    ],
)
@pytest.mark.usefixtures("laid_out")
def test_each_role_gets_the_figures_it_may_see(sign_in: SignIn, role: Role, seen: set[str]) -> None:
    client = sign_in(role)

    for figure in GridFigure:
        status = client.get(f"/api/figures/grids/?figure={figure}").status_code
        assert status == (200 if figure.value in seen else 403)


@pytest.mark.parametrize(
    "query", ["", "figure=", "figure=people", "figure=%00", "figure=" + "x" * 999]
)
def test_what_is_no_figure_is_refused(operator: Client, query: str) -> None:
    answer = operator.get(f"/api/figures/grids/?{query}")

    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


@pytest.mark.usefixtures("laid_out")
def test_an_answer_is_kept_for_readers_of_one_reach_alone(sign_in: SignIn) -> None:
    whole, part = sign_in(), sign_in(Role.OPERATOR, (STREET,))
    first = whole.get("/api/figures/grids/?figure=events")

    assert len(first.json()["ids"]) == 6
    assert len(part.get("/api/figures/grids/?figure=events").json()["ids"]) == 3
    assert first["Cache-Control"] == "private, no-cache"
    same = {"If-None-Match": first["ETag"]}
    assert whole.get("/api/figures/grids/?figure=events", headers=same).status_code == 304


# ---- Tens of thousands ---------------------------------------------------------------------------

GRIDS = """
    INSERT INTO grids_grid (code, name, community_id, kind)
    SELECT rpad(community.code, 12, '0') || lpad(n::text, 7, '0'), 'n', community.id, 'basic'
    FROM (SELECT id, code FROM grids_division WHERE code = '140107001001') AS community,
         generate_series(1, %s) AS n"""
SHAPES = """
    INSERT INTO grids_gridshape (grid_id, valid, shape, shape_3857)
    SELECT grid.id, '[2020-01-01,)', drawn.shape, drawn.shape_3857
    FROM grids_grid AS grid, (SELECT shape, shape_3857 FROM grids_gridshape LIMIT 1) AS drawn
    WHERE length(grid.code) = 19"""


@pytest.fixture
def many(laid_out: None) -> None:
    """Very many more grids; what triggers would do with them is not asked here."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("grids_grid", "grids_gridshape"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(GRIDS, [MANY])
        cursor.execute(SHAPES)
        # As after an import: whoever takes the tables for small joins each row with each.
        cursor.execute("ANALYZE grids_grid, grids_gridshape")


@pytest.mark.usefixtures("many")
def test_sixty_thousand_grids_are_told_in_time(
    operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    operator.get("/wall/")
    for figure in GridFigure:
        began = time.process_time()
        with django_assert_max_num_queries(5):
            answer = operator.get(
                f"/api/figures/grids/?figure={figure}", headers={"Accept-Encoding": "gzip"}
            )
        took_s = time.process_time() - began

        told: dict[str, Any] = json.loads(gzip.decompress(answer.content))
        assert len(told["ids"]) == len(told["values"]) == MANY + 6
        assert took_s < WITHIN_S
        assert len(answer.content) < 200_000
