"""Pages around plans: who sees what, the whole way by forms, what a form that fails keeps."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from gis_server.models import User
from gis_server.roles import Role
from grids.models import BoundaryPlan
from grids.plans import publishing, services
from tests.conftest import MakeUser, SignIn
from tests.grids.plans.planning import (
    a_day_passes,
    approved,
    border_at,
    draft,
    east_merged,
    made,
    people,
    published,
    scheduled,
    today,
    west_split,
)
from tests.grids.territory import COMMUNITY, EAST, WEST, two_grids

pytestmark = pytest.mark.django_db
AS_PAGE = {"Accept": "text/html"}
NASTY = '"><script>x</script>'
LIST = "/plans/"


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()


def client_of(user: User) -> Client:
    client = Client(headers=AS_PAGE)
    client.force_login(user)
    return client


@pytest.fixture
def planner() -> Client:
    return client_of(people()[0])


@pytest.fixture
def leader() -> Client:
    return client_of(people()[1])


def page(client: Client, address: str, status: int = 200) -> str:
    answer = client.get(address)
    assert answer.status_code == status, answer.content.decode()
    assert status != 200 or "no-store" in answer["Cache-Control"]
    return str(answer.content.decode())


def step(
    client: Client, plan: BoundaryPlan, verb: str, status: int = 302, **told: Any
) -> tuple[str, BoundaryPlan]:
    """What comes of a form, and the plan afterwards."""
    values = {"revision": plan.revision} | told
    answer = client.post(f"/plans/{plan.pk}/do/{verb}/", values)
    assert answer.status_code == status, answer.content.decode()
    plan.refresh_from_db()
    return str(answer.content.decode()), plan


# ---- The list ------------------------------------------------------------------------------------


def test_an_empty_list_says_what_a_plan_is_and_begins_one(planner: Client, leader: Client) -> None:
    assert "/plans/new/" in page(planner, LIST)
    assert "/plans/new/" not in page(leader, LIST)


def test_plans_are_found_by_state_and_territory(planner: Client) -> None:
    plan = made(border_at(112.5), NASTY)

    assert NASTY not in page(planner, LIST)
    for question in ("", "?state=draft", "?below=140107", f"?below={COMMUNITY}"):
        assert f"/plans/{plan.pk}/" in page(planner, LIST + question), question
    for question in ("?state=in_force", "?below=140108"):
        assert f"/plans/{plan.pk}/" not in page(planner, LIST + question), question
    page(planner, LIST + "?state=nonsense", 422)


def test_the_list_costs_the_same_for_many_plans(
    planner: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for east in range(5):
        made(border_at(112.2 + east / 10))

    with django_assert_max_num_queries(16):
        page(planner, LIST)


def test_a_new_plan_begins_on_the_map_of_today_with_nothing_drawn(planner: Client) -> None:
    answer = planner.post("/plans/new/", {"title": "胜利街网格调整", "territory": COMMUNITY})

    plan = BoundaryPlan.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/plans/{plan.pk}/"
    assert (plan.title, plan.scope_code, plan.base_day) == ("胜利街网格调整", COMMUNITY, today())
    assert plan.author == people()[0]
    assert not plan.changes.exists()
    body, plan = step(planner, plan, "submit", 422)
    assert plan.state == "draft"
    assert "尚未作任何调整" in body


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"title": "x"}, id="no territory"),
        pytest.param({"title": " ", "territory": COMMUNITY}, id="blanks"),
        pytest.param({"title": "x" * 121, "territory": COMMUNITY}, id="a long title"),
        pytest.param({"title": "x\0", "territory": COMMUNITY}, id="a NUL"),
        pytest.param({"title": "x", "territory": "140108"}, id="the neighbour's territory"),
        pytest.param({"title": "x", "territory": WEST}, id="a grid"),
    ],
)
def test_a_bad_new_plan_keeps_what_was_typed(planner: Client, told: dict[str, str]) -> None:
    answer = planner.post("/plans/new/", told)

    assert answer.status_code == 422
    assert not BoundaryPlan.objects.exists()
    if told.get("title") == "x":
        assert 'value="x"' in answer.content.decode()


# ---- Who may ------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.STREET_LEADER, Role.AUDITOR])
def test_others_see_no_pages_of_plans(sign_in: SignIn, role: Role) -> None:
    plan, other = made(border_at(112.5)), sign_in(role)

    for address in (LIST, f"/plans/{plan.pk}/", "/plans/compare/", "/plans/crosswalk/"):
        assert other.get(address).status_code == 403
    assert other.get("/plans/map/").status_code == 200


def test_another_street_sees_nothing(make_user: MakeUser) -> None:
    plan = made(border_at(112.5), "机密")
    other = client_of(make_user(Role.PLANNER, ("140107002",)))

    assert "机密" not in page(other, LIST)
    page(other, f"/plans/{plan.pk}/", 404)
    page(other, f"/plans/{plan.pk}/take-over/", 404)
    step(other, plan, "submit", 404)
    assert other.get("/plans/compare/", {"a": plan.pk, "b": plan.pk}).status_code == 404
    assert other.get("/plans/compare/shapes/", {"b": plan.pk}).status_code == 404
    assert other.get("/plans/map/", {"below": COMMUNITY}).status_code == 422
    assert other.get("/plans/crosswalk/", {"below": COMMUNITY}).status_code == 422
    assert other.get(f"/grids/{WEST}/life/").status_code == 404


def test_a_leader_takes_no_steps_of_a_planner(leader: Client) -> None:
    plan = made(border_at(112.5))

    for verb in ("submit", "schedule", "withdraw", "take-back"):
        step(leader, plan, verb, 403, reason="x", day=today(), document="1")
    assert leader.get("/plans/new/").status_code == 403
    assert leader.get(f"/plans/{plan.pk}/take-over/").status_code == 403
    step(leader, plan, "explode", 404)


# ---- The way -------------------------------------------------------------------------------------


def test_a_plan_goes_its_whole_way_by_forms(planner: Client, leader: Client) -> None:
    plan = made(border_at(112.5))
    _body, plan = step(planner, plan, "submit")
    own = page(planner, f"/plans/{plan.pk}/")
    assert "/do/approve/" not in own
    assert "须由他人批准" in own
    _body, plan = step(leader, plan, "approve", note="同意")
    _body, plan = step(
        planner, plan, "schedule", 422, day=today().isoformat(), document="杏政发1号"
    )
    assert plan.state == "approved"
    _body, plan = step(
        planner, plan, "schedule", day=today().isoformat(), document="杏政发1号", sure="on"
    )
    assert publishing.publish_due(timezone.now()) == 1

    told = page(planner, f"/plans/{plan.pk}/")
    assert "杏政发1号" in told
    assert "同意" in told
    assert "/do/take-back/" in told
    a_day_passes()
    plan.refresh_from_db()
    step(planner, plan, "take-back")
    inverse = BoundaryPlan.objects.get(inverse_of=plan)
    assert f"/plans/{inverse.pk}/" in page(planner, f"/plans/{plan.pk}/")
    assert "/do/take-back/" not in page(planner, f"/plans/{plan.pk}/")


def test_whoever_schedules_for_today_is_asked_once_more(planner: Client) -> None:
    plan = approved(made(border_at(112.5)))

    body, plan = step(planner, plan, "schedule", 422, day=today().isoformat(), document="1号")

    assert 'name="sure" value="on"' in body.replace('type="hidden" ', "")
    assert 'value="1号"' in body
    assert plan.state == "approved"


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        pytest.param("schedule", {"day": "2020-01-01", "document": "1号"}, id="a day that is past"),
        pytest.param("schedule", {"day": "2099-01-01", "document": "1号"}, id="a day far ahead"),
        pytest.param("schedule", {"day": "tomorrow", "document": "1号"}, id="no day"),
        pytest.param("schedule", {"day": "", "document": ""}, id="nothing"),
        pytest.param("return", {"reason": "  "}, id="no reason to return"),
        pytest.param("withdraw", {}, id="no reason to withdraw"),
        pytest.param("withdraw", {"reason": "x" * 501}, id="a long reason"),
        pytest.param("withdraw", {"reason": "a\0b"}, id="a NUL"),
        pytest.param("return", {"reason": "x", "revision": "0"}, id="no revision"),
        pytest.param("return", {"reason": "x", "revision": "9" * 30}, id="a huge revision"),
    ],
)
def test_a_bad_step_changes_nothing(planner: Client, verb: str, told: dict[str, str]) -> None:
    plan = approved(made(border_at(112.5)))
    before = plan.revision

    _body, plan = step(planner, plan, verb, 422, **told)

    assert (plan.state, plan.revision) == ("approved", before)


def test_a_conflict_says_who_was_first_and_keeps_what_was_typed(planner: Client) -> None:
    plan = made(border_at(112.5))
    stale = plan.revision
    now = timezone.now()
    colleague = people()[1]
    colleague.display_name, colleague.role = "王规划", Role.PLANNER.value
    colleague.save()
    services.save(
        plan_id=plan.pk, revision=stale, draft=draft(border_at(112.6)), by=colleague, now=now
    )

    body, plan = step(planner, plan, "withdraw", 409, revision=stale, reason="不再需要了")

    assert colleague.get_full_name() in body
    assert "不再需要了" in body
    assert plan.state == "draft"
    assert f'name="revision" value="{plan.revision}"' in body.replace('type="hidden" ', "")


def test_a_program_gets_the_error_itself(planner: Client) -> None:
    plan = made(border_at(112.5))
    client = Client()
    client.force_login(people()[0])

    answer = client.post(f"/plans/{plan.pk}/do/withdraw/", {"revision": plan.revision})

    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "Invalid"


def test_what_keeps_a_plan_is_told_with_its_place(planner: Client) -> None:
    half = border_at(112.5)
    plan = made(type(half)(reshaped=half.reshaped[:1]))

    told = page(planner, f"/plans/{plan.pk}/")

    assert "data-place=" in told
    body, _plan = step(planner, plan, "submit", 422)
    assert WEST in body or COMMUNITY in body


def test_other_plans_on_the_same_grids_are_named(planner: Client) -> None:
    plan, other = made(border_at(112.5)), made(east_merged(), "合并东网格")

    assert f"/plans/{other.pk}/" in page(planner, f"/plans/{plan.pk}/")


def test_a_plan_costs_the_same_for_many_changes(
    planner: Client, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    plan = made(west_split())

    with django_assert_max_num_queries(26):
        page(planner, f"/plans/{plan.pk}/")


# ---- News ----------------------------------------------------------------------------------------


def test_the_planner_hears_what_has_become_of_a_plan(planner: Client, leader: Client) -> None:
    plan = made(border_at(112.5))
    assert 'id="due"' not in page(planner, LIST)
    _body, plan = step(planner, plan, "submit")
    assert 'id="due"' not in page(planner, LIST)
    assert 'id="due"' in page(leader, LIST)

    _body, plan = step(leader, plan, "return", reason="北侧边界不对")
    told = page(planner, LIST)
    assert 'id="due"' in told
    assert "北侧边界不对" in told

    plan = scheduled(plan)
    publishing.publish_due(timezone.now())
    told = page(planner, LIST)
    assert 'id="due"' in told
    assert today().isoformat() in told


def test_a_plan_that_the_job_sent_back_comes_first(planner: Client) -> None:
    plan = scheduled(made(border_at(112.5)))
    publishing._refuse(plan.pk, "网格已变", timezone.now())

    told = page(planner, LIST)

    assert 'id="due"' in told
    assert "网格已变" in told


# ---- Looking beside and back ---------------------------------------------------------------------


def test_a_plan_is_compared_with_the_map_that_it_changes(planner: Client) -> None:
    plan = made(west_split(), NASTY)

    told = page(planner, f"/plans/compare/?b={plan.pk}")
    shapes = planner.get("/plans/compare/shapes/", {"b": plan.pk}).json()

    assert NASTY not in told
    assert f"{COMMUNITY}003" in told
    changes = {one["properties"]["code"]: one["properties"] for one in shapes["after"]["features"]}
    assert changes[f"{COMMUNITY}003"]["change"] == "born"
    assert changes[WEST]["change"] == "reshaped"
    # The neighbour has a vertex more, and no ground less.
    assert EAST not in changes
    assert [one["properties"]["code"] for one in shapes["same"]["features"]] == [EAST]


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("a=x&b=2026-01-02", id="words"),
        pytest.param("a=2026-13-41&b=2026-01-02", id="no day"),
        pytest.param("a=0001-01-01&b=2026-01-02", id="another century"),
        pytest.param("a=2026-01-01&b=2026-01-02&below=14010800", id="another's territory"),
        pytest.param("a=2026-01-01&b=2026-01-02&below=%00", id="a NUL"),
    ],
)
def test_bad_sides_are_422(planner: Client, question: str) -> None:
    assert planner.get(f"/plans/compare/?{question}").status_code == 422
    assert planner.get(f"/plans/compare/shapes/?{question}").status_code == 422


def test_a_plan_that_is_not_there_is_404(planner: Client) -> None:
    assert planner.get("/plans/compare/?a=4711&b=2026-01-02").status_code == 404


def test_the_differences_are_a_file(planner: Client) -> None:
    plan = made(east_merged())

    answer: Any = planner.get(f"/plans/compare/?b={plan.pk}&f=csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()

    assert len(lines) == 3
    assert planner.get("/plans/compare/?f=csv").status_code == 422


def test_a_day_has_its_map_and_a_grid_its_life(planner: Client) -> None:
    plan = published(east_merged(), "合并东网格")
    a_day_passes()

    assert EAST not in page(planner, f"/plans/map/?below={COMMUNITY}").split("<table")[1]
    yesterday = plan.base_day.replace(year=2026, month=2, day=1).isoformat()
    assert EAST in page(planner, f"/plans/map/?below={COMMUNITY}&day={yesterday}")
    told = page(planner, f"/grids/{EAST}/life/")
    assert f"/grids/{WEST}/life/" in told
    assert f"/plans/{plan.pk}/" in told
    assert f"/grids/{EAST}/life/" in page(planner, f"/grids/{EAST}/")


def test_a_life_links_plans_only_for_those_who_may_open_them(make_user: MakeUser) -> None:
    plan = published(east_merged(), "合并东网格")

    told = page(client_of(make_user(Role.OPERATOR)), f"/grids/{EAST}/life/")

    assert "合并东网格" in told
    assert f"/plans/{plan.pk}/" not in told


def test_old_grids_are_put_on_new_ones(planner: Client) -> None:
    plan = published(border_at(112.5))
    a_day_passes()
    plan.refresh_from_db()
    assert plan.effective_on is not None
    first = f"2026-02-01&until={today().isoformat()}"

    told = page(planner, f"/plans/crosswalk/?below={COMMUNITY}&from={first}")

    assert told.count("50.0 %") == 2
    assert page(planner, f"/plans/crosswalk/?from={today()}&until={today()}", 422)


def test_a_comparison_costs_the_same_for_many_changes(planner: Client) -> None:
    plan = made(west_split())
    first = count(planner, f"/plans/compare/?b={plan.pk}")
    other = made(east_merged())

    assert count(planner, f"/plans/compare/?b={other.pk}") == first


def count(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        page(client, address)
    return len(asked)
