"""Figures of a step that is only tried: how many of what each grid would win or lose."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from cameras.models import Camera, Owner, Team
from events.models import Category
from gis_server.roles import Role
from grids.models import (
    Assignment,
    BoundaryPlan,
    Building,
    Grid,
    GridWorker,
    ServicePoint,
    Shop,
)
from grids.plan import apply, read
from grids.plans.editor import kept
from grids.plans.effects.tried import figures_of
from grids.redrawing import Redrawing
from tests.conftest import SignIn
from tests.events.town import make_event
from tests.grids.plans.planning import made
from tests.grids.territory import COMMUNITY, EAST, WEST, at, two_grids

NEW, NEWER = f"{COMMUNITY}003", f"{COMMUNITY}004"
# Across the western grid at 112.5 E; the western part keeps the number.
SPLIT = {
    "do": "split", "grid": WEST, "line": [[112.5, 36.9], [112.5, 38.1]], "keeps": "left",
    "code": NEW, "name": "新网格",
}  # fmt: skip
MERGE = {"do": "merge", "grids": [WEST, EAST], "into": WEST}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def territory(db: None) -> Iterator[None]:
    two_grids()
    cache.clear()
    yield
    kept._plans.clear()


@pytest.fixture
def draft() -> BoundaryPlan:
    """A plan in which nothing is drawn yet."""
    return made(Redrawing())


def asked(client: Client, plan: BoundaryPlan, *steps: Any, status: int = 200) -> dict[str, Any]:
    body = {"revision": plan.revision, "community": COMMUNITY, "operations": steps}
    address = f"/api/grid-plans/{plan.pk}/preview/figures/"
    response = client.post(address, json.dumps(body), "application/json")
    assert response.status_code == status, response.content.decode()
    answer: dict[str, Any] = response.json()
    return answer


def rows_of(answer: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["code_after"] or row["code_before"]: row for row in answer["grids"]}


def building(name: str, east: float, households: int) -> None:
    Building.objects.create(name=name, point=at(east), households=households, scope_code=COMMUNITY)


def camera(code: str, east: float) -> None:
    owner, _new = Owner.objects.get_or_create(name="a")
    team, _new = Team.objects.get_or_create(name="b")
    Camera.objects.create(
        code=code, name="机", point=at(east), scope_code=COMMUNITY, host="10.0.0.1",
        owner=owner, team=team,
    )  # fmt: skip


def test_a_split_is_counted_by_hand(sign_in: SignIn, draft: BoundaryPlan) -> None:
    building("甲", 112.2, 310)
    building("乙", 112.8, 250)
    building("丙", 113.5, 400)
    Shop.objects.create(name="店", point=at(112.9), scope_code=COMMUNITY)
    for east in (112.1, 112.7, 112.9):
        ServicePoint.objects.create(name=f"室{east}", point=at(east), scope_code=COMMUNITY)
    camera("C1", 112.3)
    camera("C2", 112.6)
    for east in (112.4, 112.8):
        make_event(Category.objects.get(code="G0101"), point=at(east), scope_code=WEST)

    answer = asked(sign_in(Role.PLANNER), draft, SPLIT)

    # The neighbour only gets a corner, and is none of them.
    rows = rows_of(answer)
    assert list(rows) == [WEST, NEW]
    names = ("households", "buildings", "shops", "service_points", "cameras", "open_events")
    told = {
        code: [side and [side[name] for name in names] for side in (row["before"], row["after"])]
        for code, row in rows.items()
    }
    assert told == {
        WEST: [[560, 2, 1, 3, 2, 2], [310, 1, 0, 1, 1, 1]],
        NEW: [None, [250, 1, 1, 2, 1, 1]],
    }
    verdicts = [(row["verdict_before"], row["verdict"]) for row in rows.values()]
    assert verdicts == [("above", "within"), ("", "below")]
    assert answer["households"] == {"low": 300, "high": 500}
    assert {*names, "vacancies", "patrol_visits"} <= {one["name"] for one in answer["figures"]}
    draft.refresh_from_db()
    assert (draft.revision, draft.operations) == (1, [])


def test_what_is_drawn_already_is_what_was_before(sign_in: SignIn, draft: BoundaryPlan) -> None:
    building("甲", 112.2, 310)
    building("乙", 112.8, 250)
    client = sign_in(Role.PLANNER)
    body = json.dumps({"revision": 1, "community": COMMUNITY, "operations": [SPLIT]})
    client.post(f"/api/grid-plans/{draft.pk}/operations/", body, "application/json")
    draft.refresh_from_db()

    rows = rows_of(asked(client, draft, MERGE | {"grids": [NEW, EAST], "into": EAST}))

    assert list(rows) == [EAST, NEW]
    assert (rows[NEW]["before"]["households"], rows[NEW]["after"]) == (250, None)
    households = [rows[EAST][side]["households"] for side in ("before", "after")]
    assert households == [0, 250]


def test_a_point_on_a_border_stays_with_the_lowest_code(
    sign_in: SignIn, draft: BoundaryPlan
) -> None:
    """Of the grid beside it, which the step leaves alone."""
    building("界", 113, 100)
    line = [[113.5, 36.9], [113.5, 38.1]]

    rows = rows_of(asked(sign_in(Role.PLANNER), draft, SPLIT | {"grid": EAST, "line": line}))

    assert rows[EAST]["before"]["households"] == 0
    assert rows[EAST]["after"]["households"] == 0


def test_people_stay_with_their_grid_and_a_new_one_is_vacant(
    sign_in: SignIn, draft: BoundaryPlan
) -> None:
    worker = GridWorker.objects.create(number="W1", name="张", role="worker")
    GridWorker.objects.create(number="W2", name="李", role="worker")
    Assignment.objects.create(worker=worker, grid=Grid.objects.get(code=WEST), role="worker")
    client = sign_in(Role.PLANNER)
    assign = {"do": "assign", "grid": NEW, "people": ["W2"]}

    def staffed(*steps: Any) -> list[tuple[float, float]]:
        rows = rows_of(asked(client, draft, *steps))
        return [(rows[code]["after"]["workers"], rows[code]["after"]["vacancies"])
                for code in (WEST, NEW)]  # fmt: skip

    assert staffed(SPLIT) == [(1, 0), (0, 1)]
    assert staffed(SPLIT, assign) == [(1, 0), (1, 0)]


def test_a_step_that_is_refused_is_not_counted(sign_in: SignIn, draft: BoundaryPlan) -> None:
    client = sign_in(Role.PLANNER)
    short = SPLIT | {"line": [[112.5, 36.9], [112.5, 37.5]]}

    assert asked(client, draft, short, status=422)["error"]["flaw"] == "ends_inside"
    draft.revision = 7
    asked(client, draft, SPLIT, status=409)


def test_only_whoever_draws_the_plan_is_told(sign_in: SignIn, draft: BoundaryPlan) -> None:
    for role, scope, status in (
        (Role.PLANNER, ("140108",), 404),
        (Role.DISTRICT_LEADER, ("140107",), 403),
        (Role.OPERATOR, ("140107",), 403),
    ):
        asked(sign_in(role, scope), draft, SPLIT, status=status)


def test_it_costs_the_same_however_many_grids(
    draft: BoundaryPlan, django_assert_num_queries: Any
) -> None:
    before = kept.value_of(draft)
    one = apply(before, read(SPLIT))
    line = [[113.5, 36.9], [113.5, 38.1]]
    more = apply(one, read(SPLIT | {"grid": EAST, "line": line, "code": NEWER}))

    for after, grids in ((one, 2), (more, 4)):
        with django_assert_num_queries(10):
            assert len(figures_of(draft, before, after, timezone.now())) == grids
    with django_assert_num_queries(0):
        assert figures_of(draft, before, before, timezone.now()) == []


def test_too_much_to_count_is_said(
    sign_in: SignIn, draft: BoundaryPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grids.plans.effects.counting.MOST_POINTS", 1)
    building("甲", 112.2, 1)
    building("乙", 112.3, 1)

    refused = asked(sign_in(Role.PLANNER), draft, SPLIT, status=422)

    assert "两个方案" in refused["error"]["message"]
