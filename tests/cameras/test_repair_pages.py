"""The pages of repair orders: what is shown to whom, which buttons, and at what cost."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cameras.models import Camera, RepairOrder, RepairRule, RoutingRule, Team, TeamMember
from gis_server.models import User
from gis_server.roles import Role
from tests.cameras.conftest import OTHER_STREET, MakeCamera
from tests.cameras.repairs import make_order
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db
PAGE = {"accept": "text/html"}
HOSTILE = "<img src=x onerror=alert(1)>\u202e\U0001f4a9"


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == status
    return answer.content.decode()


def numbers(client: Client, query: str = "") -> list[str]:
    answer = client.get(f"/repairs/orders/?{query}", headers=PAGE)
    return [row["order"].number for row in answer.context["rows"]]


@pytest.fixture
def camera(make_camera: MakeCamera) -> Camera:
    return make_camera()


def member(client: Client, team: Team) -> User:
    user = User.objects.get(pk=client.session["_auth_user_id"])
    TeamMember.objects.create(user=user, team=team)
    return user


@pytest.fixture
def fitter(sign_in: SignIn, camera: Camera) -> Client:
    """Somebody of the camera's team."""
    client = sign_in(Role.MAINTAINER)
    member(client, camera.team)
    return client


def test_the_desk_shows_what_is_due_first_and_not_what_is_over(
    operator: Client, make_camera: MakeCamera
) -> None:
    now = timezone.now()
    later = make_order(make_camera(), at=now)
    first = make_order(make_camera(), at=now - timedelta(hours=1))
    make_order(make_camera(), state="withdrawn", closed_at=now)

    assert numbers(operator) == [first.number, later.number]
    assert len(numbers(operator, "state=all")) == 3


@pytest.mark.parametrize(
    ("query", "which"),
    [
        pytest.param("state=accepted", ["taken"], id="state"),
        pytest.param("class=key_area", ["grave"], id="class"),
        pytest.param("overdue=1", ["late"], id="overdue"),
        pytest.param("q=S-EAST", ["grave"], id="by the shared cause"),
        pytest.param("q=100%25_", [], id="signs that mean something to LIKE"),
        pytest.param("team=999999", [], id="no such team"),
    ],
)
def test_the_desk_is_filtered(
    operator: Client, make_camera: MakeCamera, query: str, which: list[str]
) -> None:
    now = timezone.now()
    known = {
        "taken": make_order(make_camera(), state="accepted", at=now),
        "grave": make_order(
            make_camera(),
            at=now,
            priority="key_area",
            suspect_kind="switch",
            suspect_name="S-EAST",
        ),
        "late": make_order(make_camera(), at=now - timedelta(hours=1)),
    }

    assert numbers(operator, query) == [known[name].number for name in which]


@pytest.mark.parametrize("query", ["state=x", "class=x", "overdue=2", "team=-1", "sort=x"])
def test_what_is_no_filter_is_refused(operator: Client, query: str) -> None:
    assert operator.get(f"/repairs/orders/?{query}", headers=PAGE).status_code == 422


def test_the_desk_costs_the_same_for_one_order_and_for_thirty(
    operator: Client, make_camera: MakeCamera, django_assert_num_queries: Any
) -> None:
    make_order(make_camera())
    operator.get("/repairs/orders/", headers=PAGE)
    # The session and its user: 2; rows, first cameras, total, counts, teams: 5.
    with django_assert_num_queries(7):
        operator.get("/repairs/orders/", headers=PAGE)
    for _ in range(30):
        make_order(make_camera())

    with django_assert_num_queries(7):
        operator.get("/repairs/orders/", headers=PAGE)


def test_an_empty_desk_says_that_nothing_is_broken(operator: Client) -> None:
    assert "没有未完结的维修工单" in text(operator, "/repairs/orders/")


def test_orders_of_another_street_are_not_there(sign_in: SignIn, make_camera: MakeCamera) -> None:
    order = make_order(make_camera(scope_code=OTHER_STREET))
    client = sign_in(Role.OPERATOR, ("140107001",))

    assert numbers(client, "state=all") == []
    text(client, f"/repairs/orders/{order.pk}/", 404)
    assert client.get(f"/api/repairs/orders/{order.pk}/").status_code == 404
    assert client.post(f"/api/repairs/orders/{order.pk}/accept/").status_code == 404


def test_of_a_shared_order_only_the_cameras_in_reach_are_shown(
    sign_in: SignIn, make_camera: MakeCamera
) -> None:
    near, far = make_camera(), make_camera(scope_code=OTHER_STREET)
    order = make_order(near, far, suspect_kind="switch", suspect_name="S1")
    client = sign_in(Role.OPERATOR, ("140107001",))

    html = text(client, f"/repairs/orders/{order.pk}/")

    assert near.code in html
    assert far.code not in html
    told = client.get(f"/api/repairs/orders/{order.pk}/").json()
    assert [one["code"] for one in told["cameras"]] == [near.code]


def test_hostile_names_are_escaped_everywhere(fitter: Client, camera: Camera) -> None:
    Camera.objects.update(name=HOSTILE)
    Team.objects.update(name=HOSTILE)
    order = make_order(
        camera, suspect_kind="switch", suspect_name=HOSTILE, team_name=HOSTILE, at=timezone.now()
    )
    fitter.post(f"/repairs/orders/{order.pk}/do/note/", {"note": HOSTILE})

    for path in ("/repairs/orders/", f"/repairs/orders/{order.pk}/", "/repairs/mine/"):
        html = text(fitter, path)
        assert "&lt;img src=x" in html
        assert "<img src=x" not in html


def buttons(client: Client, order: RepairOrder) -> list[str]:
    answer = client.get(f"/repairs/orders/{order.pk}/", headers=PAGE)
    return [one["action"].value for one in answer.context["buttons"]]


def test_each_sees_the_buttons_that_work_for_them(
    fitter: Client, sign_in: SignIn, camera: Camera
) -> None:
    order = make_order(camera)

    assert buttons(fitter, order) == ["accept", "refuse", "note"]
    assert buttons(sign_in(Role.OPERATOR), order) == [
        "accept",
        "refuse",
        "route",
        "withdraw",
        "note",
    ]
    assert buttons(sign_in(Role.STREET_LEADER), order) == []


def test_a_job_by_buttons_alone_without_a_script(fitter: Client, camera: Camera) -> None:
    order = make_order(camera, at=timezone.now())
    page = f"/repairs/orders/{order.pk}/"

    for verb, sent in (
        ("accept", {}),
        ("arrive", {}),
        ("repair", {"note": "Plug", "part_name": ["RJ45", ""], "part_count": ["2", ""]}),
    ):
        answer = fitter.post(f"{page}do/{verb}/", sent)
        assert (answer.status_code, answer.headers["Location"]) == (302, page)

    order.refresh_from_db()
    assert order.state == "repaired"
    assert "RJ45 × 2" in text(fitter, page)


def test_who_comes_too_late_reads_who_was_first(
    fitter: Client, sign_in: SignIn, camera: Camera
) -> None:
    order = make_order(camera, at=timezone.now())
    late = sign_in(Role.OPERATOR)
    fitter.post(f"/repairs/orders/{order.pk}/do/accept/")

    html = late.post(f"/repairs/orders/{order.pk}/do/accept/", follow=True).content.decode()

    assert "maintainer-140107已先行处理" in html


@pytest.mark.parametrize("verb", ["nonsense", "verify", "close", "relapse"])
def test_no_button_does_what_is_the_machines(fitter: Client, camera: Camera, verb: str) -> None:
    order = make_order(camera)

    answer = fitter.post(f"/repairs/orders/{order.pk}/do/{verb}/")

    assert answer.status_code == 404
    order.refresh_from_db()
    assert order.state == "open"


def test_a_step_leads_to_no_other_server(fitter: Client, camera: Camera) -> None:
    order = make_order(camera)

    answer = fitter.post(
        f"/repairs/orders/{order.pk}/do/accept/", {"next": "https://elsewhere.example/"}
    )

    assert answer.headers["Location"] == f"/repairs/orders/{order.pk}/"


def test_my_page_has_the_orders_of_my_teams_alone(
    fitter: Client, make_camera: MakeCamera, camera: Camera
) -> None:
    mine = make_order(camera, at=timezone.now())
    other = make_order(make_camera(), at=timezone.now(), team=Team.objects.create(name="Team 2"))

    html = text(fitter, "/repairs/mine/")

    assert mine.number in html
    assert other.number not in html
    assert "https://uri.amap.com/navigation?" in html
    assert 'href="geo:37.88' in html


def test_who_is_in_no_team_is_told_so(sign_in: SignIn) -> None:
    assert "尚未加入任何运维班组" in text(sign_in(Role.MAINTAINER), "/repairs/mine/")


def test_my_page_costs_the_same_for_one_order_and_for_thirty(
    fitter: Client, make_camera: MakeCamera, django_assert_num_queries: Any
) -> None:
    make_order(make_camera())
    fitter.get("/repairs/mine/", headers=PAGE)
    # The session and its user: 2; own teams, orders, first cameras: 3.
    with django_assert_num_queries(5):
        fitter.get("/repairs/mine/", headers=PAGE)
    for _ in range(30):
        make_order(make_camera())

    with django_assert_num_queries(5):
        fitter.get("/repairs/mine/", headers=PAGE)


def test_teams_are_made_filled_and_removed_by_pages(operator: Client, camera: Camera) -> None:
    made = operator.post("/repairs/teams/", {"name": "Team 2", "phone": "8102"})
    second = Team.objects.get(name="Team 2")
    assert made.headers["Location"] == f"/repairs/teams/{second.pk}/"
    worker = User.objects.create_user("worker", role="maintainer", scope=["140107"])

    operator.post(
        f"/repairs/teams/{second.pk}/",
        {"name": "Second", "phone": "", "member": [worker.pk], "seen_name": "Team 2",
         "seen_phone": "8102"},
    )  # fmt: skip
    second.refresh_from_db()
    assert (second.name, second.members.get().user) == ("Second", worker)
    html = text(operator, "/repairs/teams/")
    assert "worker" in html

    answer = operator.post(
        f"/repairs/teams/{camera.team_id}/remove/", {"successor": second.pk}, follow=True
    )
    assert "班组已撤销" in answer.content.decode()
    camera.refresh_from_db()
    assert camera.team == second


def test_a_taken_name_is_said_beside_its_field(operator: Client, camera: Camera) -> None:
    answer = operator.post("/repairs/teams/", {"name": camera.team.name}, headers=PAGE)

    assert answer.status_code == 422
    assert "已有同名班组" in answer.content.decode()


def test_the_list_of_teams_costs_the_same_for_one_and_for_thirty(
    operator: Client, make_camera: MakeCamera, django_assert_num_queries: Any
) -> None:
    make_camera()
    operator.get("/repairs/teams/", headers=PAGE)
    # The session and its user: 2; rows, cameras, members, orders, total: 5.
    with django_assert_num_queries(7):
        operator.get("/repairs/teams/", headers=PAGE)
    for number in range(30):
        crew = Team.objects.create(name=f"Crew {number}")
        Camera.objects.filter(pk=make_camera().pk).update(team=crew)

    with django_assert_num_queries(7):
        operator.get("/repairs/teams/", headers=PAGE)


def test_routing_is_entered_tried_moved_and_removed(operator: Client, camera: Camera) -> None:
    crew = Team.objects.create(name="Crew")
    for area in ("140107001", "140107"):
        sent = {"area": area, "owner": camera.owner_id, "upstream": "", "team": crew.pk}
        operator.post("/repairs/routing/", sent)
    first, second = RoutingRule.objects.order_by("position")

    html = text(operator, f"/repairs/routing/?camera={camera.code}")
    assert "将按第 1 条规则派给Crew" in html
    assert "没有这台摄像机" in text(operator, "/repairs/routing/?camera=nowhere")

    operator.post(f"/repairs/routing/{second.pk}/", {"do": "up"})
    assert list(RoutingRule.objects.order_by("position")) == [second, first]
    operator.post(f"/repairs/routing/{second.pk}/", {"do": "remove"})
    assert RoutingRule.objects.get() == first


@pytest.mark.parametrize("area", ["140108", "14", "x", ""])
def test_nobody_routes_what_is_not_theirs(operator: Client, camera: Camera, area: str) -> None:
    answer = operator.post("/repairs/routing/", {"area": area, "team": camera.team_id})

    assert answer.status_code == 422
    assert not RoutingRule.objects.exists()


def wanted(day: str, **values: Any) -> dict[str, Any]:
    return {
        "priority": "ordinary",
        "valid_from": day,
        "delay_outage_min": 10,
        "delay_picture_min": 60,
        "respond_min": 60,
        "arrive_min": 120,
        "fix_min": 600,
    } | values


def test_deadlines_are_entered_for_a_day_to_come_and_taken_back(operator: Client) -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)

    operator.post("/repairs/times/", wanted(tomorrow.isoformat()))

    row = RepairRule.objects.get(valid_from=tomorrow)
    assert row.fix_min == 600
    operator.post(f"/repairs/times/{row.pk}/remove/")
    assert not RepairRule.objects.filter(pk=row.pk).exists()


def test_deadlines_of_today_stay(operator: Client) -> None:
    today = timezone.localdate()

    assert operator.post("/repairs/times/", wanted(today.isoformat())).status_code == 422
    held = RepairRule.objects.get(priority="ordinary")
    operator.post(f"/repairs/times/{held.pk}/remove/")
    assert RepairRule.objects.filter(pk=held.pk).exists()


def test_deadlines_for_all_are_not_changed_by_who_answers_for_some(
    sign_in: SignIn, make_camera: MakeCamera
) -> None:
    make_camera(scope_code=OTHER_STREET)
    client = sign_in(Role.OPERATOR, ("140107001",))
    tomorrow = timezone.localdate() + timedelta(days=1)

    answer = client.post("/repairs/times/", wanted(tomorrow.isoformat()))

    assert answer.status_code == 422
    assert not RepairRule.objects.filter(valid_from=tomorrow).exists()


def test_a_program_does_a_job(fitter: Client, camera: Camera) -> None:
    order = make_order(camera, at=timezone.now())
    path = f"/api/repairs/orders/{order.pk}/"

    def send(verb: str, told: dict[str, Any]) -> Any:
        return fitter.post(f"{path}{verb}/", told, content_type="application/json")

    assert send("accept", {}).json()["state"] == "accepted"
    assert send("accept", {}).status_code == 409
    assert send("repair", {"parts": [{"name": "RJ45", "count": 1}]}).json()["state"] == "repaired"
    told = fitter.get(path).json()
    assert [step["action"] for step in told["steps"]] == ["accept", "repair"]
    assert told["may"] == ["ask", "note"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{", id="half of it"),
        pytest.param(b"[" * 60_000, id="deep"),
        pytest.param(b'{"parts": 1}', id="parts that are none"),
        pytest.param(b'{"parts": [1]}', id="a part that is none"),
        pytest.param(b'{"photos": ["1"]}', id="photos as texts"),
        pytest.param(b'{"review_on": "tomorrow"}', id="a day that is none"),
        pytest.param(b'{"team": -1}', id="a team that is none"),
        pytest.param(b" " * 70_000, id="too long"),
    ],
)
def test_a_program_that_sends_nonsense_is_told_so(
    fitter: Client, camera: Camera, body: bytes
) -> None:
    order = make_order(camera)

    answer = fitter.post(
        f"/api/repairs/orders/{order.pk}/accept/", body, content_type="application/json"
    )

    assert answer.status_code == 422
    order.refresh_from_db()
    assert order.state == "open"
