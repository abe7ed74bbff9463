"""api/grid-plans/: the whole way of a plan over HTTP, and what is refused."""

import json
from typing import Any

import pytest
import shapely
from django.test import Client
from django.utils import timezone

from gis_server.roles import Role
from grids.models import BoundaryPlan, Grid, GridShape
from grids.plans import publishing
from grids.redrawing import shape_json
from tests.conftest import SignIn
from tests.grids.plans.planning import box, today
from tests.grids.territory import COMMUNITY, EAST, WEST, two_grids

pytestmark = pytest.mark.django_db
HOME = "/api/grid-plans/"


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


@pytest.fixture
def planner(sign_in: SignIn) -> Client:
    return sign_in(Role.PLANNER)


@pytest.fixture
def leader(sign_in: SignIn) -> Client:
    return sign_in(Role.DISTRICT_LEADER)


def body(east: float = 112.5, **more: Any) -> dict[str, Any]:
    changes = {
        "reshaped": [
            {"code": WEST, "shape": shape_json(box(112, east))},
            {"code": EAST, "shape": shape_json(box(east, 114))},
        ]
    }
    values = {"title": "移界", "territory": COMMUNITY, "operations": [{"op": "reshape"}]}
    return values | {"changes": changes} | more


def send(client: Client, address: str, told: Any, status: int = 200) -> dict[str, Any]:
    response = client.post(HOME + address, json.dumps(told), content_type="application/json")
    assert response.status_code == status, response.content.decode()
    answer: dict[str, Any] = response.json()
    return answer


def test_a_plan_goes_its_whole_way(planner: Client, leader: Client) -> None:
    made = send(planner, "", body(), 201)
    here = f"{made['id']}/"
    saved = send(planner, here, body(112.6, revision=1))
    sent = send(planner, here + "submit/", {"revision": saved["revision"]})
    fine = send(leader, here + "approve/", {"revision": sent["revision"], "note": "同意"})
    told = {"revision": fine["revision"], "day": today().isoformat(), "document": "1号"}
    dated = send(planner, here + "schedule/", told)
    assert (dated["state"], dated["day"], dated["approved_by"] != "") == (
        "scheduled",
        today().isoformat(),
        True,
    )

    assert publishing.publish_due(timezone.now()) == 1

    whole = planner.get(HOME + here).json()
    assert [step["action"] for step in whole["steps"]] == [
        "made", "submitted", "approved", "scheduled", "published",
    ]  # fmt: skip
    assert whole["operations"] == [{"op": "reshape"}]
    assert [one["code_after"] for one in whole["changes"]] == [WEST, EAST]
    listed = leader.get(HOME, {"state": "in_force"}).json()
    assert (listed["total"], listed["items"][0]["title"]) == (1, "移界")
    back = send(planner, here + "take-back/", {"revision": whole["revision"]}, 201)
    assert back["takes_back"] == made["id"]


def test_a_conflict_is_409_and_says_the_revision(planner: Client) -> None:
    made = send(planner, "", body(), 201)
    here = f"{made['id']}/"
    send(planner, here, body(112.6, revision=1))

    answer = send(planner, here, body(112.7, revision=1), 409)

    assert answer["error"]["kind"] == "Conflict"
    assert answer["error"]["revision"] == 2


def test_what_is_wrong_with_a_plan_is_told_with_its_places(planner: Client) -> None:
    told = body()
    told["changes"]["reshaped"].pop()
    made = send(planner, "", told, 201)

    answer = planner.get(f"{HOME}{made['id']}/check/").json()

    assert not answer["fine"]
    assert answer["changed"] == []
    assert {one["fault"] for one in answer["faults"]} == {"uncovered"}
    assert answer["faults"][0]["place"][0] == pytest.approx(112.75, abs=0.3)


@pytest.mark.parametrize(
    "told",
    [
        pytest.param([], id="a list"),
        pytest.param({}, id="nothing"),
        pytest.param(body(title=7), id="a number for a title"),
        pytest.param(body(operations="x"), id="words for operations"),
        pytest.param(body(operations=[1]), id="numbers for operations"),
        pytest.param(body(base_day="31.3.2026"), id="no day"),
        pytest.param(body(changes={"reshaped": [{"code": WEST}]}), id="no shape"),
        pytest.param(body(territory="../.."), id="no territory"),
    ],
)
def test_bad_input_is_422_and_nothing_is_kept(planner: Client, told: Any) -> None:
    send(planner, "", told, 422)

    assert not BoundaryPlan.objects.exists()


@pytest.mark.parametrize("revision", [None, "1", True, 0, -1, 2**40])
def test_a_step_needs_the_revision_that_was_seen(planner: Client, revision: Any) -> None:
    made = send(planner, "", body(), 201)

    send(planner, f"{made['id']}/submit/", {"revision": revision}, 422)


def test_a_body_that_is_too_large_is_refused(planner: Client) -> None:
    response = planner.post(HOME, b" " * (16 * 1024 * 1024 + 1), content_type="application/json")

    assert response.status_code == 422


def test_a_leader_approves_but_does_not_draw(leader: Client, planner: Client) -> None:
    made = send(planner, "", body(), 201)

    send(leader, "", body(), 403)
    for verb in ("submit", "schedule", "withdraw", "take-back"):
        send(leader, f"{made['id']}/{verb}/", {"revision": 1}, 403)


@pytest.mark.parametrize(
    "role", [Role.OPERATOR, Role.GRID_WORKER, Role.STREET_LEADER, Role.AUDITOR]
)
def test_others_see_no_plans(sign_in: SignIn, role: Role) -> None:
    assert sign_in(role).get(HOME).status_code == 403


def test_another_street_sees_none_of_it(planner: Client, sign_in: SignIn) -> None:
    made = send(planner, "", body(), 201)
    other = sign_in(Role.PLANNER, ("140107002",))

    assert other.get(HOME).json()["items"] == []
    assert other.get(f"{HOME}{made['id']}/").status_code == 404
    send(other, f"{made['id']}/submit/", {"revision": 1}, 404)
    send(other, "", body(), 403)
    assert other.get(HOME + "life/" + WEST + "/").status_code == 404
    assert other.get(HOME + "map/", {"below": COMMUNITY}).status_code == 422


def test_the_map_has_every_digit_of_the_shapes(planner: Client) -> None:
    answer = planner.get(HOME + "map/", {"below": COMMUNITY}).json()

    shapes = {
        one["properties"]["code"]: shapely.Polygon(one["geometry"]["coordinates"][0])
        for one in answer["features"]
    }
    stored = {
        code: shapely.from_wkb(bytes(shape.wkb))
        for code, shape in GridShape.objects.values_list("grid__code", "shape")
    }
    assert answer["total"] == 2
    assert all(shapes[code].equals_exact(stored[code]) for code in stored)


def test_days_of_a_crosswalk_come_in_order(planner: Client) -> None:
    answer = planner.get(
        HOME + "crosswalk/", {"below": COMMUNITY, "from": "2026-02-01", "until": "2026-03-01"}
    )
    assert [(one["old"], one["new"]) for one in answer.json()["items"]] == [
        (WEST, WEST),
        (EAST, EAST),
    ]

    for asked in ({}, {"from": "2026-03-01", "until": "2026-02-01"}):
        assert planner.get(HOME + "crosswalk/", {"below": COMMUNITY} | asked).status_code == 422


def drawn(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What a browser sends that leaves the shapes to the server."""
    return {"title": "移界", "territory": COMMUNITY, "operations": list(operations)} | more


HALVED = {
    "do": "split", "grid": WEST, "line": [[111.9, 37.5], [113.1, 37.5]], "keeps": "left",
    "code": f"{COMMUNITY}003", "name": "新网格",
}  # fmt: skip


def test_operations_are_done_again_by_the_server(planner: Client) -> None:
    made = send(planner, "", drawn(HALVED), 201)

    whole = planner.get(f"{HOME}{made['id']}/").json()

    told = {one["code_after"]: one for one in whole["changes"]}
    assert sorted(told) == [WEST, EAST, HALVED["code"]]
    north = shapely.geometry.shape(told[WEST]["after"])
    south = shapely.geometry.shape(told[HALVED["code"]]["after"])
    assert north.bounds == (112, 37.5, 113, 38)
    assert south.bounds == (112, 37, 113, 37.5)
    assert told[HALVED["code"]]["others"] == [WEST]


def test_an_operation_that_cannot_be_done_says_which_why_and_where(planner: Client) -> None:
    wrong = HALVED | {"line": [[112.2, 37.7], [112.4, 37.7]], "code": f"{COMMUNITY}004"}

    answer = send(planner, "", drawn(HALVED, wrong), 422)

    assert answer["error"]["message"].startswith("第2步")
    told = answer["error"]
    assert (told["step"], told["grids"]) == (1, [WEST])
    assert told["flaw"] in {"ends_inside", "does_not_cross"}
    assert not BoundaryPlan.objects.exists()


@pytest.mark.parametrize(
    "operation", [{}, {"do": "explode"}, HALVED | {"line": "x"}, HALVED | {"more": 1}, {"do": []}]
)
def test_what_is_no_operation_is_refused(planner: Client, operation: dict[str, Any]) -> None:
    assert send(planner, "", drawn(operation), 422)["error"]["flaw"] == "malformed"


@pytest.mark.parametrize("seen", [[], "x", 1, {WEST: "0" * 16}, {"x": 1}])
def test_a_grid_that_is_another_than_was_drawn_on_is_a_conflict(
    planner: Client, seen: object
) -> None:
    status = 409 if isinstance(seen, dict) else 422 if seen else 201

    send(planner, "", drawn(HALVED, seen=seen), status)

    assert BoundaryPlan.objects.exists() is (status == 201)


def test_grids_of_others_are_not_drawn_on(sign_in: SignIn) -> None:
    stranger = sign_in(Role.PLANNER, ("140108",))

    answer = send(stranger, "", drawn(HALVED), 403)

    assert WEST not in json.dumps(answer)


def test_a_grid_with_parts_keeps_its_border(planner: Client) -> None:
    whole = Grid.objects.get(code=WEST)
    Grid.objects.create(code=f"{WEST}01", name="分", community=whole.community, parent=whole)

    answer = send(planner, "", drawn(HALVED), 422)

    assert WEST in answer["error"]["message"]
