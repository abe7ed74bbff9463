"""api/grid-plans/<id>/proposals/: asking, the job, giving up, taking one; what is refused."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import LineString, MultiLineString
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from gis_server.models import User
from gis_server.roles import Role
from grids import jobs
from grids.balance import Aim, NothingToBalance, Why
from grids.models import (
    BoundaryPlan,
    Building,
    Grid,
    GridShape,
    PlanProposal,
    ServicePoint,
    Street,
)
from grids.plans import drafts
from grids.plans.proposals import asking as proposals
from grids.plans.proposals import texts as proposal_texts
from grids.plans.proposals import work as proposing
from tests.conftest import SignIn
from tests.grids.plans.planning import border_at, draft, people
from tests.grids.territory import COMMUNITY, EAST, WEST, at, projected, square, two_grids

pytestmark = pytest.mark.django_db
SPLIT_AT = 112.5
ENGLISH = {"accept-language": "en"}
WISHES = {"community": COMMUNITY, "floor": 300, "cap": 700}


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    """900 households in the west, 100 in the east."""
    two_grids()
    for k in range(30):
        place = at(112.05 + 0.9 * (k % 6) / 5, 37.1 + 0.8 * (k // 6) / 4)
        Building.objects.create(name=f"W{k}", scope_code=COMMUNITY, point=place, households=30)
    for k in range(10):
        place = at(113.05 + 0.9 * k / 9, 37.1 + 0.8 * (k % 3) / 2)
        Building.objects.create(name=f"E{k}", scope_code=COMMUNITY, point=place, households=10)


@pytest.fixture
def planner(sign_in: SignIn) -> Client:
    return sign_in(Role.PLANNER)


@pytest.fixture
def plan(planner: Client) -> dict[str, Any]:
    """A draft in which nothing but a name has changed yet."""
    rename = {"do": "rename", "grid": EAST, "name": "东"}
    told = {"title": "均衡", "territory": COMMUNITY, "operations": [rename]}
    return send(planner, "/api/grid-plans/", told, 201)


def send(client: Client, address: str, told: Any, status: int = 200) -> dict[str, Any]:
    response = client.post(
        address, json.dumps(told), content_type="application/json", headers=ENGLISH
    )
    assert response.status_code == status, response.content.decode()
    answer: dict[str, Any] = response.json()
    return answer


def see(client: Client, address: str, status: int = 200) -> dict[str, Any]:
    response = client.get(address, headers=ENGLISH)
    assert response.status_code == status, response.content.decode()
    answer: dict[str, Any] = response.json()
    return answer


def home(plan: dict[str, Any]) -> str:
    return f"/api/grid-plans/{plan['id']}/proposals/"


def ask(client: Client, plan: dict[str, Any], status: int = 202, **more: Any) -> dict[str, Any]:
    return send(client, home(plan), WISHES | {"revision": plan["revision"]} | more, status)


def done(client: Client, plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    asked = ask(client, plan, **more)
    jobs.propose_borders(asked["id"])
    return see(client, f"{home(plan)}{asked['id']}/")


def test_what_was_asked_for_is_offered_in_three_ways(planner: Client, plan: dict[str, Any]) -> None:
    found = done(planner, plan)

    assert (found["state"], found["progress"]) == ("done", 1.0)
    assert found["today"]["households"] == {WEST: 900, EAST: 100}
    assert found["before"].keys() == {WEST, EAST}
    assert [one["aim"] for one in found["alternatives"]] == ["fewest", "balanced", "compact"]
    for one in found["alternatives"]:
        assert one["fits"], one["reasons"]
        assert sum(one["figures"]["households"].values()) == 1000
        assert all(425 <= load <= 575 for load in one["figures"]["households"].values())
        assert one["figures"]["moved_households"] >= 325
        assert one["operations"]
        assert one["title"]
        assert one["summary"]


def test_the_load_is_shared_out_where_that_is_wished(
    planner: Client, plan: dict[str, Any], settings: Any
) -> None:
    """Two and a half households a service point: 48 of them in the east are 120."""
    settings.PLAN_LOAD_WEIGHTS = {"households": 1.0, "service_points": 2.5, "street_km": 15.0}
    for k in range(48):
        place = at(113.1 + 0.8 * (k % 8) / 7, 37.1 + 0.8 * (k // 8) / 5)
        ServicePoint.objects.create(name=f"S{k}", scope_code=COMMUNITY, point=place)

    found = done(planner, plan, by="load")

    assert found["wishes"]["by"] == "load"
    assert found["today"]["households"] == {WEST: 900, EAST: 220}
    for one in found["alternatives"]:
        assert one["fits"], one["reasons"]
        assert sum(one["figures"]["households"].values()) == 1120
        assert all(476 <= load <= 644 for load in one["figures"]["households"].values())


def test_what_is_wrong_with_a_load_is_told_as_a_load(planner: Client, plan: dict[str, Any]) -> None:
    found = done(planner, plan, by="load", floor=900, cap=950)

    told = [one["text"] for each in found["alternatives"] for one in each["reasons"]]
    assert "a load of 1000 " in told[0]
    assert not any("household" in one for one in told)


def test_one_that_is_taken_is_done_to_the_draft(planner: Client, plan: dict[str, Any]) -> None:
    found = done(planner, plan)
    chosen = found["alternatives"][0]
    told = {"alternative": chosen["aim"], "revision": plan["revision"]}

    saved = send(planner, f"{home(plan)}{found['id']}/take/", told)

    assert saved["revision"] == plan["revision"] + 1
    whole = see(planner, f"/api/grid-plans/{plan['id']}/")
    assert whole["operations"] == [
        {"do": "rename", "grid": EAST, "name": "东"}, *chosen["operations"]
    ]  # fmt: skip
    assert {change["code_before"] for change in whole["changes"]} == {WEST, EAST}
    assert see(planner, f"/api/grid-plans/{plan['id']}/check/")["faults"] == []
    assert GridShape.objects.count() == 2  # the territory itself is as it was


def test_a_proposal_for_borders_that_have_moved_is_not_taken(
    planner: Client, plan: dict[str, Any]
) -> None:
    found = done(planner, plan)
    address = f"{home(plan)}{found['id']}/take/"
    send(planner, address, {"alternative": "fewest", "revision": plan["revision"]})

    assert see(planner, f"{home(plan)}{found['id']}/")["current"] is False

    again = {"alternative": "balanced", "revision": plan["revision"] + 1}
    refused = send(planner, address, again, 409)

    assert "no longer" in refused["error"]["message"]
    assert BoundaryPlan.objects.get(pk=plan["id"]).revision == plan["revision"] + 1


def test_a_page_that_is_out_of_date_takes_nothing(planner: Client, plan: dict[str, Any]) -> None:
    found = done(planner, plan)
    told = {"alternative": "fewest", "revision": plan["revision"] + 1}

    send(planner, f"{home(plan)}{found['id']}/take/", told, 409)
    send(planner, f"{home(plan)}{found['id']}/take/", told | {"alternative": "fastest"}, 409)
    told["revision"] -= 1
    send(planner, f"{home(plan)}{found['id']}/take/", told | {"alternative": "fastest"}, 404)

    assert BoundaryPlan.objects.get(pk=plan["id"]).revision == plan["revision"]


def test_only_one_at_a_time_and_a_cancelled_one_makes_room(
    planner: Client, plan: dict[str, Any]
) -> None:
    first = ask(planner, plan)
    ask(planner, plan, 409)

    given_up = send(planner, f"{home(plan)}{first['id']}/cancel/", {})
    jobs.propose_borders(first["id"])

    assert given_up["state"] == "cancelled"
    assert see(planner, f"{home(plan)}{first['id']}/")["state"] == "cancelled"
    send(planner, f"{home(plan)}{first['id']}/cancel/", {}, 409)
    ask(planner, plan)


def test_work_that_is_cancelled_on_the_way_ends_without_a_result(
    planner: Client, plan: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(planner, plan)
    monkeypatch.setattr(proposing, "LOOKS_S", 0.0)
    put = cache.set

    def heard(key: str, *values: Any) -> None:
        put(key, *values)
        if "plan-proposal" in key:
            PlanProposal.objects.filter(state="working").update(state="cancelled")

    monkeypatch.setattr(cache, "set", heard)
    jobs.propose_borders(asked["id"])

    found = see(planner, f"{home(plan)}{asked['id']}/")
    assert found["state"] == "cancelled"
    assert "alternatives" not in found


def test_work_whose_job_is_gone_is_said_to_have_broken_off(
    planner: Client, plan: dict[str, Any]
) -> None:
    asked = ask(planner, plan)
    PlanProposal.objects.update(state="working", state_at=timezone.now() - timedelta(minutes=4))

    found = see(planner, f"{home(plan)}{asked['id']}/")

    assert found["state"] == "failed"
    assert "again" in found["message"]
    ask(planner, plan)


def test_a_queue_that_is_away_is_told(
    planner: Client, plan: dict[str, Any], monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:  # fmt: skip
    def away(*_args: Any, **_more: Any) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(jobs.propose_borders, "apply_async", away)
    with django_capture_on_commit_callbacks(execute=True):
        asked = ask(planner, plan)

    found = see(planner, f"{home(plan)}{asked['id']}/")
    assert found["state"] == "failed"
    assert "queue" in found["message"]


def test_a_plan_that_moved_on_before_the_job_began_is_told(
    planner: Client, plan: dict[str, Any]
) -> None:
    asked = ask(planner, plan)
    merge = {"do": "merge", "grids": [WEST, EAST], "into": EAST}
    told = {"revision": plan["revision"], "operations": [merge]}
    send(planner, f"/api/grid-plans/{plan['id']}/operations/", told)

    jobs.propose_borders(asked["id"])

    found = see(planner, f"{home(plan)}{asked['id']}/")
    assert found["state"] == "failed"
    assert "changed meanwhile" in found["message"]


def test_only_the_last_are_kept(planner: Client, plan: dict[str, Any]) -> None:
    for _turn in range(proposals.KEPT + 2):
        asked = ask(planner, plan)
        send(planner, f"{home(plan)}{asked['id']}/cancel/", {})

    items = see(planner, home(plan))["items"]

    assert len(items) == proposals.KEPT == PlanProposal.objects.count()
    assert items[0]["id"] == asked["id"]


def test_main_roads_are_barriers_unless_they_are_not_to_be(
    planner: Client, plan: dict[str, Any]
) -> None:
    road = MultiLineString(LineString((112.5, 36.9), (112.5, 38.1)), srid=4326)
    Street.objects.create(name="府东街", kind="main", line=road)

    walled = done(planner, plan)
    free = done(planner, plan, main_roads=False)

    # West of the road 15 buildings have no way to the east: one of two grids takes all of it.
    loads = sorted(walled["alternatives"][0]["figures"]["households"].values())
    assert loads == [450, 550]
    assert free["alternatives"][0]["fits"]
    for one in walled["alternatives"]:
        for rings in one["shapes"].values():
            east = [x for x, _y in rings[0]]
            assert max(east) <= 112.5 or min(east) >= 112.5


def test_a_barrier_that_is_sent_counts(planner: Client, plan: dict[str, Any]) -> None:
    rail = {"type": "MultiLineString", "coordinates": [[[112.5, 36.9], [112.5, 38.1]]]}

    found = done(planner, plan, barriers=rail)

    assert sorted(found["alternatives"][0]["figures"]["households"].values()) == [450, 550]


def test_why_none_fits_is_told_with_its_place(planner: Client, plan: dict[str, Any]) -> None:
    found = done(planner, plan, floor=2000, cap=3000)

    for one in found["alternatives"]:
        assert not one["fits"]
        assert "No solution exists" in one["summary"]
        reason = one["reasons"][0]
        assert reason["why"] == "too_few"
        assert "1000" in reason["text"]
        assert 112 < reason["place"][0] < 114


def test_a_grid_with_parts_keeps_its_border(planner: Client, plan: dict[str, Any]) -> None:
    west = Grid.objects.get(code=WEST)
    part = Grid.objects.create(code=f"{WEST}01", name="part", community=west.community, parent=west)
    shape = square(112)
    GridShape.objects.create(grid=part, shape=shape, shape_3857=projected(shape))

    found = done(planner, plan, floor=10, cap=2000, tolerance=100)

    for one in found["alternatives"]:
        assert not any(WEST in json.dumps(operation) for operation in one["operations"])


REFUSED = [
    pytest.param({"by": "area"}, 422, "by", id="shared out by nothing known"),
    pytest.param({"floor": 600, "cap": 500}, 422, "floor", id="floor above the cap"),
    pytest.param({"floor": 0}, 422, "floor", id="no floor"),
    pytest.param({"cap": "500"}, 422, "cap", id="a text for a number"),
    pytest.param({"cap": True}, 422, "cap", id="a truth for a number"),
    pytest.param({"cap": 10**9}, 422, "cap", id="a cap beyond all"),
    pytest.param({"tolerance": 0}, 422, "tolerance", id="no difference at all"),
    pytest.param({"seed": -1}, 422, "seed", id="a seed below zero"),
    pytest.param({"locked": f"{WEST}"}, 422, "locked", id="no list of locks"),
    pytest.param({"locked": ["abc"]}, 422, "locked", id="a lock that is no code"),
    pytest.param({"locked": [f"{COMMUNITY}077"]}, 422, "077", id="a lock that is not there"),
    pytest.param({"locked": [WEST, EAST]}, 422, "unlock", id="all locked"),
    pytest.param({"main_roads": "yes"}, 422, "main_roads", id="a text for a truth"),
    pytest.param({"barriers": {"type": "Polygon"}}, 422, "barriers", id="no lines"),
    pytest.param({"barriers": {"type": "MultiLineString", "coordinates": [[[1, 2]]]}}, 422,
                 "barriers", id="a line of one point"),
    pytest.param({"barriers": {"type": "MultiLineString", "coordinates": [[[1, 2], [1, 95]]]}},
                 422, "barriers", id="no degrees"),
    pytest.param({"barriers": {"type": "MultiLineString", "coordinates": [[[1, "x"], [1, 2]]]}},
                 422, "barriers", id="no numbers"),
    pytest.param({"barriers": {"type": "MultiLineString", "coordinates": [[[0, 0], [1, 1]]] * 101}},
                 422, "100", id="too many lines"),
    pytest.param({"community": "140107001009"}, 422, "no grids", id="not in the plan's territory"),
    pytest.param({"community": ""}, 422, "no grids", id="no community"),
    pytest.param({"community": COMMUNITY[:9]}, 422, "no grids", id="a street"),
    pytest.param({"revision": 99}, 409, "open the plan anew", id="another revision"),
    pytest.param({"revision": None}, 422, "revision", id="no revision"),
]  # fmt: skip


@pytest.mark.parametrize(("more", "status", "said"), REFUSED)
def test_what_cannot_be_asked_is_refused(
    planner: Client, plan: dict[str, Any], more: dict[str, Any], status: int, said: str
) -> None:
    refused = ask(planner, plan, status, **more)

    assert said in refused["error"]["message"]
    assert not PlanProposal.objects.exists()


def test_a_community_where_nobody_is_known_to_live_is_refused(
    planner: Client, plan: dict[str, Any]
) -> None:
    Building.objects.update(households=0)

    refused = ask(planner, plan, 422)

    assert "buildings" in refused["error"]["message"]


def test_more_buildings_than_a_proposal_takes_are_refused(
    planner: Client, plan: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proposals, "MOST_HOMES", 39)

    assert "40" in ask(planner, plan, 422)["error"]["message"]


def test_a_plan_that_is_no_draft_has_no_proposals(planner: Client, plan: dict[str, Any]) -> None:
    BoundaryPlan.objects.update(state="in_review")

    ask(planner, plan, 409)


def test_a_plan_that_came_from_elsewhere_has_some_from_its_own_borders(planner: Client) -> None:
    by = people()[0]
    made = drafts.make(draft=draft(border_at(SPLIT_AT)), by=by, now=timezone.now())
    plan = {"id": made.pk, "revision": made.revision}

    found = done(planner, plan)

    assert found["today"]["households"][WEST] < 900
    told = {"alternative": "fewest", "revision": made.revision}
    saved = send(planner, f"{home(plan)}{found['id']}/take/", told)
    steps = [one["do"] for one in saved["operations"]]
    assert steps[0] == "redraw"


@pytest.mark.parametrize("role", [Role.DISTRICT_LEADER, Role.OPERATOR, Role.GRID_WORKER])
def test_only_who_may_edit_the_territory_asks(
    sign_in: SignIn, planner: Client, plan: dict[str, Any], role: Role
) -> None:
    asked = ask(planner, plan)
    other = sign_in(role)

    for address in ("", f"{asked['id']}/"):
        assert other.get(home(plan) + address).status_code == 403
    for address in ("", f"{asked['id']}/cancel/", f"{asked['id']}/take/"):
        send(other, home(plan) + address, {}, 403)


def test_a_planner_of_another_street_finds_nothing(
    sign_in: SignIn, planner: Client, plan: dict[str, Any]
) -> None:
    asked = ask(planner, plan)
    User.objects.filter(role=Role.PLANNER.value).update(scope=["140107002"])

    for address in ("", f"{asked['id']}/"):
        see(planner, home(plan) + address, 404)
    for address in (f"{asked['id']}/cancel/",):
        send(planner, home(plan) + address, {}, 404)
    ask(planner, plan, 404)


def test_a_proposal_of_another_plan_is_not_found(planner: Client, plan: dict[str, Any]) -> None:
    asked = ask(planner, plan)
    other = send(
        planner, "/api/grid-plans/",
        {"title": "x", "territory": COMMUNITY,
         "operations": [{"do": "rename", "grid": WEST, "name": "西"}]}, 201,
    )  # fmt: skip

    see(planner, f"{home(other)}{asked['id']}/", 404)


def test_everything_that_can_be_said_has_its_sentence() -> None:
    assert set(proposal_texts.NOTHING) == set(NothingToBalance.Flaw)
    assert set(proposal_texts.WHYS) == set(Why)
    assert set(proposal_texts.AIMS) == set(Aim)


def test_what_is_locked_in_the_editor_stays_as_it_is(planner: Client, plan: dict[str, Any]) -> None:
    BoundaryPlan.objects.update(locked_grids=[WEST])
    found = done(planner, plan, floor=10, cap=2000, tolerance=100)

    assert found["wishes"]["locked"] == [WEST]
    assert found["today"]["households"][WEST] == 900
    assert not any(WEST in json.dumps(one["operations"]) for one in found["alternatives"])


def test_a_grid_that_was_locked_meanwhile_is_not_taken(
    planner: Client, plan: dict[str, Any]
) -> None:
    found = done(planner, plan)
    BoundaryPlan.objects.update(locked_grids=[WEST])

    told = {"alternative": "fewest", "revision": plan["revision"]}
    send(planner, f"{home(plan)}{found['id']}/take/", told, 422)

    assert BoundaryPlan.objects.get(pk=plan["id"]).revision == plan["revision"]


def test_the_district_says_how_many_households_are_usual(
    planner: Client, plan: dict[str, Any], settings: Any
) -> None:
    settings.PLAN_HOUSEHOLDS_LOW, settings.PLAN_HOUSEHOLDS_HIGH = 350, 650

    usual = see(planner, home(plan))["usual"]
    asked = send(planner, home(plan), {"revision": plan["revision"], "community": COMMUNITY}, 202)

    assert usual == {"floor": 350, "cap": 650, "tolerance": 15, "seed": 1}
    assert (asked["wishes"]["floor"], asked["wishes"]["cap"]) == (350, 650)


def test_one_that_was_taken_and_taken_back_makes_room_for_another(
    planner: Client, plan: dict[str, Any]
) -> None:
    found = done(planner, plan)
    address = f"{home(plan)}{found['id']}/"
    told = {"alternative": "fewest", "revision": plan["revision"]}
    saved = send(planner, f"{address}take/", told)
    revision = saved["revision"]
    for _operation in found["alternatives"][0]["operations"]:
        undone = send(planner, f"/api/grid-plans/{plan['id']}/undo/", {"revision": revision})
        revision = undone["revision"]

    assert see(planner, address)["current"] is True
    send(planner, f"{address}take/", {"alternative": "balanced", "revision": revision})
