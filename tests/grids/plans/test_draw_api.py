"""Drawing over HTTP: each step is stored as it is done, or refused with its place and reason."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
import shapely
from django.contrib.gis.geos import LineString, MultiLineString, Polygon
from django.core.cache import cache
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone

from gis_server.errors import Conflict, DomainError
from gis_server.models import ChangeRow
from gis_server.roles import Role
from grids.models import (
    Assignment,
    BoundaryPlan,
    Building,
    Division,
    Grid,
    GridShape,
    GridWorker,
    PlanStep,
    Street,
)
from grids.plan import Rename, Split, dump, read
from grids.plans import services
from grids.plans.editor import editing, kept
from grids.redrawing import Redrawing, Reshaped
from tests.cameras.threads import together
from tests.conftest import SignIn
from tests.grids.plans.planning import border_at, box, made, people, today
from tests.grids.territory import COMMUNITY, EAST, WEST, at, division, shaped, square, two_grids

HOME = "/api/grid-plans/"
NEW = f"{COMMUNITY}003"
# Across the western grid from south to north, at 112.5 E.
ACROSS = [[112.5, 36.9], [112.5, 38.1]]
SPLIT = {
    "do": "split",
    "grid": WEST,
    "line": ACROSS,
    "keeps": "left",
    "code": NEW,
    "name": "新网格",
}
RENAME = {"do": "rename", "grid": EAST, "name": "东"}
MERGE = {"do": "merge", "grids": [WEST, EAST], "into": WEST}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def territory(db: None) -> Iterator[None]:
    two_grids()
    cache.clear()
    yield
    kept._plans.clear()


@pytest.fixture
def planner(sign_in: SignIn) -> Client:
    return sign_in(Role.PLANNER)


@pytest.fixture
def leader(sign_in: SignIn) -> Client:
    return sign_in(Role.DISTRICT_LEADER)


@pytest.fixture
def draft(planner: Client) -> int:
    """A plan in which nothing is drawn yet."""
    told = {"title": "调整", "territory": COMMUNITY[:6], "operations": []}
    answer = planner.post(HOME, json.dumps(told), content_type="application/json")
    assert answer.status_code == 201, answer.content.decode()
    number: int = answer.json()["id"]
    return number


def send(client: Client, plan: int, what: str, told: Any, status: int = 200) -> dict[str, Any]:
    body = {"community": COMMUNITY} | told
    response = client.post(f"{HOME}{plan}/{what}/", json.dumps(body), "application/json")
    assert response.status_code == status, response.content.decode()
    answer: dict[str, Any] = response.json()
    return answer


def do(client: Client, plan: int, revision: int, *operations: Any) -> dict[str, Any]:
    return send(client, plan, "operations", {"revision": revision, "operations": operations})


def drawing(client: Client, plan: int, status: int = 200, **query: str) -> dict[str, Any]:
    response = client.get(f"{HOME}{plan}/drawing/", query)
    assert response.status_code == status, response.content.decode()
    answer: dict[str, Any] = response.json()
    return answer


# ---- What is drawn -------------------------------------------------------------------------------


def test_a_new_draft_shows_the_grids_of_its_community_with_every_digit(
    planner: Client, draft: int
) -> None:
    told = drawing(planner, draft)

    assert (told["community"], told["may_draw"], told["why"]) == (COMMUNITY, True, "")
    assert [(one["key"], one["own"], one["changed"]) for one in told["grids"]] == [
        (WEST, True, False),
        (EAST, True, False),
    ]
    assert told["grids"][0]["shape"]["coordinates"][0][0] == [112.0, 37.0]
    assert told["next_code"] == NEW
    assert (told["undo"], told["redo"], told["steps"], told["findings"]) == (None, None, [], [])
    assert told["communities"][0]["grids"] == 2


def test_a_step_is_stored_and_answered_with_what_it_changed(planner: Client, draft: int) -> None:
    told = do(planner, draft, 1, SPLIT)

    assert told["revision"] == 2
    assert {one["key"]: one["changed"] for one in told["grids"]} == {WEST: True, NEW: True}
    new = next(one for one in told["grids"] if one["key"] == NEW)
    assert new["area_before_m2"] is None
    assert [one["kind"] for one in told["changed"]] == ["changed", "born"]
    assert "新网格" in told["undo"]
    row = BoundaryPlan.objects.get(pk=draft)
    assert row.operations == [SPLIT]
    assert sorted(row.changes.values_list("code_after", flat=True)) == [WEST, NEW]


def test_undo_and_redo_are_stored_too_and_work_on_another_machine(
    planner: Client, draft: int
) -> None:
    do(planner, draft, 1, SPLIT)
    before = do(planner, draft, 2, RENAME)
    undone = send(planner, draft, "undo", {"revision": 3})
    kept.forget(draft)
    opened = drawing(planner, draft, community=COMMUNITY)
    assert (opened["undo"], opened["redo"]) == (undone["undo"], undone["redo"])
    assert [one["name"] for one in opened["grids"] if one["key"] == EAST] == [EAST]

    again = send(planner, draft, "redo", {"revision": 4})

    assert again["steps"] == before["steps"]
    assert BoundaryPlan.objects.get(pk=draft).undone == []
    send(planner, draft, "undo", {"revision": 5})
    send(planner, draft, "undo", {"revision": 6})
    row = BoundaryPlan.objects.get(pk=draft)
    assert (row.operations, row.undone, row.changes.count()) == ([], [RENAME, SPLIT], 0)
    refused = send(planner, draft, "undo", {"revision": 7}, 422)["error"]
    assert refused["flaw"] == "nothing_to_undo"


def test_several_operations_are_done_all_or_none(planner: Client, draft: int) -> None:
    both = {"revision": 1, "operations": [RENAME, MERGE | {"into": NEW}]}
    refused = send(planner, draft, "operations", both, 422)["error"]

    assert (refused["step"], refused["flaw"]) == (1, "malformed")
    assert BoundaryPlan.objects.get(pk=draft).operations == []

    assert do(planner, draft, 1, RENAME, SPLIT)["steps_total"] == 2


def test_a_preview_stores_nothing(planner: Client, draft: int) -> None:
    told = send(planner, draft, "preview", {"revision": 1, "operations": [MERGE]})

    assert [one["key"] for one in told["grids"]] == [WEST]
    assert told["gone"] == [EAST]
    row = BoundaryPlan.objects.get(pk=draft)
    assert (row.revision, row.operations) == (1, [])


def test_a_grid_that_no_longer_touches_the_community_is_not_said_to_end(
    planner: Client, draft: int
) -> None:
    street = Division.objects.get(level="street")
    old, new = f"{COMMUNITY[:9]}002", f"{COMMUNITY[:9]}399"
    beyond = shaped(f"{old}001", division(old, "community", street), square(114)).code
    division(new, "community", street)
    kept.forget(draft)
    found = {"do": "add", "grid": EAST, "ring": None, "code": f"{new}001", "name": "新"}

    tried = send(planner, draft, "preview", {"revision": 1, "operations": [found]})
    done = do(planner, draft, 1, found)

    assert tried["gone"] == [EAST]
    assert done["gone"] == [EAST, beyond]
    assert done["counts"] == [
        {"code": COMMUNITY, "grids": 1, "changed": 1},
        {"code": new, "grids": 1, "changed": 1},
    ]


def test_a_line_that_ends_inside_is_refused_with_its_place(planner: Client, draft: int) -> None:
    short = SPLIT | {"line": [[112.5, 36.9], [112.5, 37.5]]}
    refused = send(planner, draft, "operations", {"revision": 1, "operations": [short]}, 422)

    error = refused["error"]
    assert (error["flaw"], error["place"], error["step"]) == ("ends_inside", [112.5, 37.5], None)
    assert WEST in error["message"]
    assert BoundaryPlan.objects.get(pk=draft).revision == 1


@pytest.mark.parametrize(
    ("told", "status"),
    [
        pytest.param({"revision": 1}, 422, id="no operations"),
        pytest.param({"revision": 1, "operations": []}, 422, id="none"),
        pytest.param({"revision": 1, "operations": [SPLIT] * 201}, 422, id="too many"),
        pytest.param({"revision": 1, "operations": [{"do": "erase"}]}, 422, id="unknown"),
        pytest.param({"revision": 1, "operations": [[]]}, 422, id="no object"),
        pytest.param({"revision": 1, "operations": "x"}, 422, id="a text"),
        pytest.param({"revision": "1", "operations": [RENAME]}, 422, id="revision a text"),
        pytest.param({"revision": True, "operations": [RENAME]}, 422, id="revision a truth"),
        pytest.param({"operations": [RENAME]}, 422, id="no revision"),
        pytest.param({"revision": 9, "operations": [RENAME]}, 409, id="a revision to come"),
        pytest.param(
            {"revision": 1, "operations": [SPLIT | {"line": [[1e308, 1e308]] * 2}]},
            422,
            id="far out",
        ),
        pytest.param(
            {"revision": 1, "operations": [SPLIT | {"line": [[112.5, 37]] * 2001}]},
            422,
            id="a line of 2,001 points",
        ),
        pytest.param(
            {"revision": 1, "operations": [RENAME], "community": "140108001001"},
            422,
            id="a community elsewhere",
        ),
        pytest.param(
            {"revision": 1, "operations": [RENAME], "community": "x" * 13}, 422, id="no community"
        ),
        pytest.param({"revision": 1, "operations": [RENAME | {"name": " "}]}, 422, id="no name"),
        pytest.param(
            {"revision": 1, "operations": [SPLIT | {"code": EAST}]}, 422, id="a code that is taken"
        ),
    ],
)
@pytest.mark.parametrize("what", ["operations", "preview"])
def test_what_cannot_be_read_is_refused_and_nothing_written(
    planner: Client, draft: int, what: str, told: dict[str, Any], status: int
) -> None:
    assert send(planner, draft, what, told, status)["error"]["message"]

    row = BoundaryPlan.objects.get(pk=draft)
    assert (row.revision, row.operations, row.changes.count()) == (1, [], 0)


def test_numbers_that_are_none_are_refused(planner: Client, draft: int) -> None:
    for number in ("NaN", "Infinity", "1e999"):
        text = json.dumps({"revision": 1, "operations": [SPLIT]}).replace("112.5", number)
        answer = planner.post(f"{HOME}{draft}/operations/", text, "application/json")
        assert answer.status_code == 422, number
        assert answer.json()["error"]["flaw"] == "not_degrees"


# ---- Who may -------------------------------------------------------------------------------------


def test_who_approves_looks_and_does_not_draw(leader: Client, draft: int) -> None:
    assert drawing(leader, draft)["may_draw"] is False
    page = leader.get(f"/plans/{draft}/draw/", headers={"accept": "text/html"})
    assert (page.status_code, b"draw-config" in page.content) == (200, True)
    for what in ("operations", "undo", "redo", "preview", "locks"):
        send(leader, draft, what, {"revision": 1, "operations": [RENAME]}, 403)


def test_who_has_no_business_with_plans_sees_none(sign_in: SignIn, draft: int) -> None:
    operator = sign_in(Role.OPERATOR)
    drawing(operator, draft, 403)
    assert operator.get(f"/plans/{draft}/draw/").status_code == 403
    stranger = sign_in(Role.PLANNER, scope=["140108"])
    drawing(stranger, draft, 404)
    send(stranger, draft, "operations", {"revision": 1, "operations": [RENAME]}, 404)
    send(stranger, draft, "here", {"page": "0123456789abcdef"}, 404)
    assert stranger.get(f"/plans/{draft}/draw/").status_code == 404


def test_a_plan_in_review_is_looked_at_only(planner: Client, draft: int) -> None:
    do(planner, draft, 1, SPLIT)
    planner.post(f"{HOME}{draft}/submit/", json.dumps({"revision": 2}), "application/json")

    told = drawing(planner, draft)

    assert (told["may_draw"], told["why"] != "") == (False, True)
    assert NEW in {one["key"] for one in told["grids"]}
    send(planner, draft, "operations", {"revision": 3, "operations": [RENAME]}, 409)
    send(planner, draft, "undo", {"revision": 3}, 409)
    send(planner, draft, "preview", {"revision": 3, "operations": [RENAME]}, 409)


def test_an_empty_draft_is_not_sent_to_review(planner: Client, draft: int) -> None:
    answer = planner.post(f"{HOME}{draft}/submit/", json.dumps({"revision": 1}), "application/json")

    assert answer.status_code == 422
    assert BoundaryPlan.objects.get(pk=draft).state == "draft"


def test_a_plan_that_came_from_elsewhere_is_drawn_on_from_there(planner: Client) -> None:
    plan = made(border_at(112.6))
    before = {one.code_before: bytes(one.after.wkb) for one in plan.changes.all() if one.after}

    told = drawing(planner, plan.pk)

    assert (told["may_draw"], told["why"], told["steps_total"]) == (True, "", 1)
    assert {one["key"]: one["changed"] for one in told["grids"]} == {WEST: True, EAST: True}
    assert told["steps"][0]["do"] == "redraw"
    assert told["last"] == {"do": "redraw"}
    do(planner, plan.pk, 1, RENAME)
    plan.refresh_from_db()
    assert [one["do"] for one in plan.operations] == ["redraw", "rename"]
    after = {one.code_before: bytes(one.after.wkb) for one in plan.changes.all() if one.after}
    assert after == before
    # Undone to the beginning, another day and by another process, nothing is left of it.
    kept.forget(plan.pk)
    send(planner, plan.pk, "undo", {"revision": 2})
    send(planner, plan.pk, "undo", {"revision": 3})
    assert not plan.changes.exists()
    send(planner, plan.pk, "redo", {"revision": 4})
    after = {one.code_before: bytes(one.after.wkb) for one in plan.changes.all() if one.after}
    assert after == before


def test_a_plan_that_moves_the_outside_is_shown_as_it_is_stored(planner: Client) -> None:
    """By a hand's breadth: the proof lets it pass, the editor does not take it for its own."""
    out = [(112, 37), (112.6, 37), (112.6, 38), (112.3, 38.0000000001), (112, 38)]
    east = Reshaped(EAST, box(112.6, 114))
    plan = made(Redrawing(reshaped=(Reshaped(WEST, shapely.Polygon(out)), east)))

    told = drawing(planner, plan.pk)

    assert told["may_draw"] is False
    assert {one["key"]: one["changed"] for one in told["grids"]} == {WEST: True, EAST: True}
    assert [one["kind"] for one in told["changed"]] == ["changed", "changed"]
    refused = send(planner, plan.pk, "operations", {"revision": 1, "operations": [RENAME]}, 409)
    assert refused["error"]["message"] == told["why"]


def test_a_plan_whose_ground_has_moved_is_not_drawn_on(planner: Client, draft: int) -> None:
    do(planner, draft, 1, SPLIT)
    other = Polygon.from_bbox((112, 37, 113, 37.5))
    GridShape.objects.filter(grid__code=WEST).update(shape=other)
    kept.forget(draft)

    told = drawing(planner, draft)

    assert (told["may_draw"], WEST in told["why"]) == (False, True)
    assert NEW in {one["key"] for one in told["grids"]}
    send(planner, draft, "operations", {"revision": 2, "operations": [RENAME]}, 409)


def test_what_is_kept_does_not_hide_that_the_ground_has_moved(planner: Client, draft: int) -> None:
    do(planner, draft, 1, RENAME)
    other = Polygon.from_bbox((112.2, 37, 113, 38))
    GridShape.objects.filter(grid__code=WEST).update(shape=other)

    send(planner, draft, "operations", {"revision": 2, "operations": [SPLIT]}, 409)

    assert BoundaryPlan.objects.get(pk=draft).operations == [RENAME]
    # Drawn again, it is drawn on the grid as it is now.
    again = do(planner, draft, 2, SPLIT)
    west = next(one for one in again["grids"] if one["key"] == WEST)
    assert [112.2, 37.0] in west["shape"]["coordinates"][0]


# ---- Others --------------------------------------------------------------------------------------


def test_whoever_comes_second_is_told_who_was_first(
    planner: Client, draft: int, sign_in: SignIn
) -> None:
    other = sign_in(Role.ADMINISTRATOR)
    do(other, draft, 1, SPLIT)

    refused = send(planner, draft, "operations", {"revision": 1, "operations": [RENAME]}, 409)

    assert refused["error"]["revision"] == 2
    who = BoundaryPlan.objects.get(pk=draft).editor
    assert who is not None
    assert who.get_full_name() in refused["error"]["message"]
    assert BoundaryPlan.objects.get(pk=draft).operations == [SPLIT]
    assert do(planner, draft, 2, RENAME)["steps_total"] == 2


def test_open_pages_hear_of_every_step_and_the_history_of_each_person_once(
    planner: Client, draft: int, sign_in: SignIn
) -> None:
    do(planner, draft, 1, SPLIT)
    do(planner, draft, 2, RENAME)
    do(sign_in(Role.ADMINISTRATOR), draft, 3, RENAME | {"name": "东二"})

    told = ChangeRow.objects.filter(topic="plan").order_by("id").values_list("data", flat=True)
    assert [one["revision"] for one in told] == [1, 2, 3, 4]
    steps = PlanStep.objects.filter(plan=draft).order_by("id")
    assert [one.action for one in steps] == ["made", "saved"]


def test_pages_see_each_other_until_they_leave(planner: Client, leader: Client, draft: int) -> None:
    first, second = {"page": "aaaaaaaa"}, {"page": "bbbbbbbb"}
    assert send(planner, draft, "here", first)["others"] == []
    [other] = send(leader, draft, "here", second)["others"]
    assert (other["draws"], other["own"], other["community"]) == (True, False, COMMUNITY)
    [other] = send(planner, draft, "here", first)["others"]
    assert other["draws"] is False

    # Nobody sends another's page away.
    send(planner, draft, "here", second | {"leaves": True})
    assert len(send(planner, draft, "here", first)["others"]) == 1
    send(leader, draft, "here", second | {"leaves": True})
    assert send(planner, draft, "here", first)["others"] == []
    send(planner, draft, "here", {"page": "<b>"}, 422)
    send(planner, draft, "here", first | {"community": "\x84", "leaves": True}, 422)
    told = ChangeRow.objects.filter(topic="plan", data__here=True)
    assert told.count() == 3


def test_another_process_catches_up(draft: int) -> None:
    """Two server processes take turns; each has the plan as it was when it was asked last."""
    planner, now = people()[0], timezone.now()
    planner.scope = [COMMUNITY[:6]]

    def step(revision: int, told: Any) -> None:
        editing.do(plan_id=draft, revision=revision, operations=[read(told)], by=planner, now=now)

    step(1, SPLIT)
    theirs = dict(kept._plans)
    editing.undo(plan_id=draft, revision=2, by=planner, now=now)
    step(3, RENAME)
    kept._plans.clear()
    kept._plans.update(theirs)
    caught_up = kept.value_of(BoundaryPlan.objects.get(pk=draft))
    kept._plans.clear()
    anew = kept.value_of(BoundaryPlan.objects.get(pk=draft))

    assert dump(caught_up) == dump(anew)
    assert caught_up.grids == anew.grids


# ---- Locks, numbers, what is around --------------------------------------------------------------


def test_a_locked_grid_is_changed_by_no_tool(planner: Client, draft: int) -> None:
    told = send(planner, draft, "locks", {"revision": 1, "grids": [WEST], "locked": True})
    assert (told["locked"], told["revision"]) == ([WEST], 2)

    for one in (SPLIT, MERGE, RENAME | {"grid": WEST}):
        body = {"revision": 2, "operations": [one]}
        for what in ("operations", "preview"):
            refused = send(planner, draft, what, body, 422)["error"]
            assert (refused["flaw"], refused["grids"]) == ("locked", [WEST])
    # A neighbour that only gets a vertex keeps its land.
    cut = {"line": [[112.9, 37.5], [114.1, 37.5]], "grid": EAST}
    done = do(planner, draft, 2, SPLIT | cut)
    assert WEST in {one["key"] for one in done["grids"]}

    told = send(planner, draft, "locks", {"revision": 3, "grids": [WEST], "locked": False})
    assert told["locked"] == []
    do(planner, draft, 4, RENAME | {"grid": WEST})


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"grids": ["1"], "locked": True}, 422),
        ({"grids": WEST, "locked": True}, 422),
        ({"grids": [WEST], "locked": 1}, 422),
        ({"grids": [WEST] * 2001, "locked": True}, 422),
        ({"grids": [None], "locked": True}, 422),
        ({"grids": [WEST], "locked": True, "revision": 5}, 409),
    ],
)
def test_locks_that_cannot_be(
    planner: Client, draft: int, told: dict[str, Any], status: int
) -> None:
    send(planner, draft, "locks", {"revision": 1} | told, status)
    assert BoundaryPlan.objects.get(pk=draft).locked_grids == []


def test_undo_does_not_touch_what_was_locked_since(planner: Client, draft: int) -> None:
    do(planner, draft, 1, SPLIT)
    send(planner, draft, "locks", {"revision": 2, "grids": [WEST], "locked": True})

    refused = send(planner, draft, "undo", {"revision": 3}, 422)["error"]

    assert refused["flaw"] == "locked"


def test_numbers_run_west_to_east_and_are_shown_before_they_are_given(
    planner: Client, draft: int
) -> None:
    do(planner, draft, 1, SPLIT | {"keeps": "right"})
    found = planner.get(f"{HOME}{draft}/renumbering/", {"community": COMMUNITY}).json()

    assert [(one["key"], one["code"][-3:], one["then"][-3:]) for one in found["items"]] == [
        (NEW, "003", "001"),
        (WEST, "001", "002"),
        (EAST, "002", "003"),
    ]
    codes = [[one["key"], one["then"]] for one in found["items"]]
    told = do(planner, draft, 2, {"do": "renumber", "codes": codes})
    assert {one["key"]: one["code"][-3:] for one in told["grids"]} == {
        NEW: "001",
        WEST: "002",
        EAST: "003",
    }
    assert planner.get(f"{HOME}{draft}/renumbering/").status_code == 422


def test_a_gap_is_found_and_what_cleaning_would_do_is_shown(planner: Client, draft: int) -> None:
    # A notch 2 cm deep and a fifth of a degree long: a triangle of 2e-7 by 0.2 degrees.
    notch = ((113, 37.6), (113.0000002, 37.5), (113, 37.4))
    shape = Polygon(((113, 37), (114, 37), (114, 38), (113, 38), *notch, (113, 37)))
    GridShape.objects.filter(grid__code=EAST).update(shape=shape)

    told = drawing(planner, draft, community=COMMUNITY)
    mended = planner.get(f"{HOME}{draft}/repairs/", {"community": COMMUNITY}).json()

    assert {one["fault"] for one in told["findings"]} >= {"gap_or_overlap"}
    assert all(one["place"] and one["size"] > 100 for one in told["findings"])
    assert sum(one["gains_m2"] for one in mended["grids"]) == pytest.approx(196, rel=0.02)
    assert GridShape.objects.get(grid__code=EAST).shape == shape


def test_streets_buildings_and_staff_are_those_of_the_place(planner: Client, draft: int) -> None:
    Street.objects.create(
        name="胜利街", kind="main", line=MultiLineString(LineString((112, 37.5), (113, 37.5)))
    )
    Street.objects.create(
        name="远街", kind="main", line=MultiLineString(LineString((100, 30), (101, 30)))
    )
    Building.objects.create(name="一号楼", point=at(112.5), scope_code=WEST)
    asked = {"community": COMMUNITY}

    told = planner.get(f"{HOME}{draft}/snapping/", asked).json()
    staff = planner.get(f"{HOME}{draft}/staff/", asked | {"q": "<b>"}).json()

    assert told == {"streets": [[[112.0, 37.5], [113.0, 37.5]]], "buildings": [[112.5, 37.5]]}
    assert staff == {"items": []}


def test_numbers_of_grids_that_are_gone_stay_with_them(planner: Client, draft: int) -> None:
    """Of one that was gone before, and of one that the plan ends itself."""
    west = Grid.objects.get(code=WEST)
    gone = Grid.objects.create(
        code=NEW, name="旧", community=west.community, gone_on=today() - timedelta(days=9)
    )
    number = f"{COMMUNITY}009"
    do(planner, draft, 1, SPLIT | {"code": number})
    do(planner, draft, 2, MERGE | {"grids": [number, EAST], "into": number})

    found = planner.get(f"{HOME}{draft}/renumbering/", {"community": COMMUNITY}).json()["items"]
    codes = [[one["key"], one["then"]] for one in found]
    do(planner, draft, 3, {"do": "renumber", "codes": codes})

    assert gone.code not in (then for _key, then in codes)
    assert sorted(then[12:] for _key, then in codes) == ["001", "004"]


def test_staff_is_offered_that_has_no_grid_yet(
    planner: Client, draft: int, sign_in: SignIn
) -> None:
    """Nobody knows a home of people but their grids: who has none is anybody's who draws plans."""
    west, community = Grid.objects.get(code=WEST), Division.objects.get(code=COMMUNITY)
    far = Grid.objects.create(code="140107002001001", name="远", community=community)
    beyond = Grid.objects.create(code="140108001001001", name="外", community=community)
    yesterday = today() - timedelta(days=1)
    for number, grid, valid in [
        ("W4", west, DateRange(date(2026, 1, 1), yesterday)),
        ("W3", west, DateRange(date(2026, 1, 1), None)),
        ("W2", far, DateRange(date(2026, 1, 1), None)),
        ("W1", beyond, DateRange(date(2026, 1, 1), None)),
        ("W0", None, None),
    ]:
        person = GridWorker.objects.create(number=number, name="赵" + number, role="worker")
        if grid:
            Assignment.objects.create(worker=person, grid=grid, role="worker", valid=valid)

    def offered(client: Client, **query: str) -> list[tuple[str, list[str]]]:
        items = client.get(f"{HOME}{draft}/staff/", query).json()["items"]
        return [(one["number"], one["grids"]) for one in items]

    assert offered(planner, community=COMMUNITY) == [("W3", [WEST]), ("W0", []), ("W4", [])]
    assert offered(planner, q="赵") == [("W2", [far.code]), ("W3", [WEST]), ("W0", []), ("W4", [])]
    assert offered(planner, q="W0") == [("W0", [])]
    leader = sign_in(Role.DISTRICT_LEADER)
    assert leader.get(f"{HOME}{draft}/staff/").status_code == 403


def test_grids_that_have_parts_keep_their_borders(planner: Client, draft: int) -> None:
    west = Grid.objects.get(code=WEST)
    Grid.objects.create(code=f"{WEST}01", name="甲", community=west.community, parent=west)

    refused = send(planner, draft, "operations", {"revision": 1, "operations": [SPLIT]}, 422)

    assert WEST in refused["error"]["message"]
    do(planner, draft, 1, RENAME | {"grid": WEST})


# ---- Races ---------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_draw_at_once_one_is_first(draft: int) -> None:
    planner, now = people()[0], timezone.now()

    def tried(number: int) -> object:
        step = Rename(EAST, f"东{number}")
        try:
            return editing.do(
                plan_id=draft, revision=1, operations=[step], by=planner, now=now
            ).row.revision
        except DomainError as error:
            return type(error)

    outcomes = together(*(partial(tried, number) for number in range(8)))

    assert sorted(outcomes, key=str) == sorted([2, *[Conflict] * 7], key=str)
    row = BoundaryPlan.objects.get(pk=draft)
    assert (row.revision, len(row.operations)) == (2, 1)
    assert kept.value_of(row).grids[EAST].name == row.operations[0]["name"]


@pytest.mark.django_db(transaction=True)
def test_what_was_not_committed_is_not_kept(draft: int) -> None:
    planner, now = people()[0], timezone.now()
    step = Split(WEST, ((112.5, 36.9), (112.5, 38.1)), "left", NEW, "新")
    with transaction.atomic():
        editing.do(plan_id=draft, revision=1, operations=[step], by=planner, now=now)
        transaction.set_rollback(True)

    done = editing.do(
        plan_id=draft, revision=1, operations=[Rename(EAST, "东")], by=planner, now=now
    )

    assert NEW not in done.after.grids
    assert services.submit(plan_id=draft, revision=2, by=planner, now=now).state == "in_review"


def test_drawing_goes_on_while_nobody_knows_who_is_here(
    planner: Client, draft: int, settings: Any
) -> None:
    nowhere = {"default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/redis.sock"}}
    settings.CACHES = nowhere

    assert send(planner, draft, "here", {"page": "aaaaaaaa"})["others"] == []
    assert send(planner, draft, "here", {"page": "aaaaaaaa", "leaves": True})["others"] == []
    assert do(planner, draft, 1, RENAME)["revision"] == 2
