"""The pages of cameras: the list, one camera, its form, the shared logins."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from cameras.health import State
from cameras.models import (
    Camera,
    CameraState,
    Credential,
    Outage,
    OutageMember,
    Probe,
    Site,
    StateSpan,
)
from cameras.probe.reason import Reason
from gis_server.models import AuditRow
from gis_server.roles import Role
from gis_server.vault import unseal
from tests.cameras.conftest import NOW, OTHER_STREET, STREET, MakeCamera
from tests.cameras.repairs import make_order
from tests.conftest import SignIn

PAGE = {"accept": "text/html"}
HIDDEN = "hush-hush"
STEPS = [
    {"step": "tcp_connect", "reason": "ok", "detail": "", "took_ms": 10.0},
    {"step": "rtsp_options", "reason": "silent", "detail": "<b>nothing</b>", "took_ms": 30.0},
]


@pytest.fixture
def technician(sign_in: SignIn) -> Client:
    return sign_in(Role.MAINTAINER)


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == status
    return answer.content.decode()


def filled(**values: Any) -> dict[str, Any]:
    given = {
        "code": "C-9",
        "name": "东门",
        "position": "112.57, 37.88",
        "frame": "wgs84",
        "territory": STREET,
        "priority": "ordinary",
        "owner": "水务局",
        "team": "一班",
        "host": "10.0.0.9",
        "port": "554",
        "path": "/live",
        "login": "none",
        "has_video": "on",
        "enabled": "on",
    }
    return given | values


def test_the_list_shows_the_worst_first_and_only_what_is_theirs(
    sign_in: SignIn, make_camera: MakeCamera
) -> None:
    make_camera(code="up", state=State.ONLINE, reason=Reason.OK)
    make_camera(code="nobody-asked")
    make_camera(code="down", state=State.OFFLINE, reason=Reason.NO_ROUTE)
    make_camera(code="elsewhere", scope_code=OTHER_STREET)

    html = text(sign_in(scope=(STREET,)), "/cameras/")

    assert html.index("down") < html.index("nobody-asked") < html.index("up</span>")
    assert "elsewhere" not in html


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        pytest.param("", {"a", "b", "c"}, id="all"),
        pytest.param("q=needle", {"b"}, id="words of the name"),
        pytest.param("q=10.9", {"c"}, id="an address"),
        pytest.param("q=P-7", {"c"}, id="a pole"),
        pytest.param("q=1401070000132", {"c"}, id="the beginning of an id"),
        pytest.param("q=needle+10.9", set(), id="every word must fit"),
        pytest.param("q=%25", set(), id="a sign that SQL knows"),
        pytest.param("state=unknown", {"a", "b"}, id="a state, also of one nobody asked"),
        pytest.param("reason=no_route", {"c"}, id="a reason"),
        pytest.param("class=key_area", {"c"}, id="a class"),
        pytest.param("state=offline&class=ordinary", set(), id="both must fit"),
        pytest.param("owner=999999", set(), id="no such owner"),
    ],
)
@pytest.mark.parametrize("sort", ["", "since", "code", "name", "host"])
def test_search_and_filters(
    operator: Client, make_camera: MakeCamera, query: str, codes: set[str], sort: str
) -> None:
    make_camera(code="a")
    Camera.objects.filter(pk=make_camera(code="b").pk).update(name="needle gate")
    CameraState.objects.filter(camera__code="b").delete()
    make_camera(
        code="c", host="10.9.0.1", pole="P-7", priority="key_area", gb_id="14010700001320000001",
        state=State.OFFLINE, reason=Reason.NO_ROUTE,
    )  # fmt: skip

    answer = operator.get(f"/cameras/?{query}&sort={sort}", headers=PAGE)

    assert {row["camera"].code for row in answer.context["rows"]} == codes
    assert answer.context["total"] == len(codes)


@pytest.mark.parametrize(
    "query", ["state=asleep", "reason=x", "class=x", "owner=x", "sort=x", "q=" + "x" * 61]
)
def test_what_is_no_filter_is_refused(operator: Client, query: str) -> None:
    assert operator.get(f"/cameras/?{query}").status_code == 422


def test_the_list_comes_in_pieces_at_a_fixed_cost(
    operator: Client, make_camera: MakeCamera, django_assert_num_queries: Any
) -> None:
    def costs() -> None:
        # Session and user; count, rows; states; owners, teams, upstream devices, sites.
        with django_assert_num_queries(9):
            operator.get("/cameras/", headers=PAGE)

    make_camera()
    operator.get("/cameras/")
    costs()
    for _ in range(60):
        make_camera()
    costs()
    assert len(operator.get("/cameras/?offset=50", headers=PAGE).context["rows"]) == 11


def test_an_empty_list_says_what_to_do(technician: Client, operator: Client) -> None:
    assert "/cameras/new/" in text(technician, "/cameras/")
    assert "/cameras/new/" not in text(operator, "/cameras/")
    assert "empty-state" in text(operator, "/cameras/?q=nothing")


def failed(camera: Camera, said: str) -> None:
    """A check that broke at its second rung, for what the camera's state says; said: its detail."""
    state = CameraState.objects.get(camera=camera)
    state.detail = said
    state.save()
    steps = [STEPS[0], {**STEPS[1], "reason": state.reason, "detail": said}]
    Probe.objects.create(
        camera=camera, at=NOW, reason=state.reason, detail=said, took_ms=40, steps=steps
    )


def test_a_wrong_login_is_told_in_chinese_and_in_english(
    operator: Client, make_camera: MakeCamera
) -> None:
    said = "DESCRIBE with the login answered 401"
    camera = make_camera(state=State.OFFLINE, reason=Reason.WRONG_LOGIN)
    failed(camera, said)
    path, chinese = f"/cameras/{camera.pk}/", "使用登录凭据请求 DESCRIBE，设备应答 401"

    page = operator.get(path, headers=PAGE | {"accept-language": "zh-hans"}).content.decode()
    card = operator.get(f"/api{path}", headers={"accept-language": "zh-hans"}).json()

    # The state, the rung, and the row of the check.
    assert (page.count(chinese), page.count(said)) == (3, 0)
    assert (card["detail"], card["detail_text"]) == (said, chinese)
    english = operator.get(path, headers=PAGE | {"accept-language": "en"}).content.decode()
    assert (english.count(chinese), english.count(said)) == (0, 3)


def test_what_a_device_says_in_a_detail_is_never_markup(
    operator: Client, make_camera: MakeCamera
) -> None:
    said = "DESCRIBE answered 400 <script>alert(1)</script>"
    camera = make_camera(state=State.OFFLINE, reason=Reason.REJECTED)
    failed(camera, said)

    html = text(operator, f"/cameras/{camera.pk}/")

    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 3
    assert "<script>alert" not in html


def test_a_page_shows_the_ladder_and_what_it_left_unasked(
    operator: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.SILENT)
    Probe.objects.create(camera=camera, at=NOW, reason="silent", took_ms=40, steps=STEPS)

    answer = operator.get(f"/cameras/{camera.pk}/", headers=PAGE)

    rungs = answer.context["last"]["rungs"]
    assert [(rung.ok, rung.asked) for rung in rungs] == [
        (True, True),
        (False, True),
        (False, False),
    ]
    # 10 of 40 ms, then 30 of 40.
    assert [(rung.start, rung.width) for rung in rungs[:2]] == [(0, 25), (25, 75)]
    assert "<b>nothing" not in answer.content.decode()


@pytest.mark.parametrize(
    ("spans", "marks"),
    [
        # Asked last 60 minutes ago, once a minute; the last three: failed, answered, failed.
        ([("online", 90)], "." * 17 + "x.x"),
        ([("online", 64)], "..x.x"),
        ([("offline", 90), ("unknown", 80), ("online", 62)], "x.x"),
        ([("online", 90), ("unknown", 62)], ""),
        ([], ""),
    ],
    ids=["twenty of more", "few yet", "since it was unknown", "unknown now", "never known"],
)
def test_a_page_shows_the_latest_results_and_none_that_never_were(
    operator: Client, make_camera: MakeCamera, spans: list[tuple[str, int]], marks: str
) -> None:
    camera = make_camera()
    asked_at = NOW - timedelta(minutes=60)
    CameraState.objects.filter(camera=camera).update(history=0b101, last_probe_at=asked_at)
    for state, minutes in spans:
        since = NOW - timedelta(minutes=minutes)
        StateSpan.objects.create(camera=camera, state=state, reason="ok", since=since)

    answer = operator.get(f"/cameras/{camera.pk}/", headers=PAGE)

    assert "".join("x" if failed else "." for failed in answer.context["latest"]) == marks


def test_a_page_keeps_failures_longer_than_the_last_results(
    operator: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera()
    at = [NOW + timedelta(minutes=minute) for minute in range(25)]
    Probe.objects.bulk_create(
        Probe(camera=camera, at=one, reason="no_route" if one == NOW else "ok", took_ms=1)
        for one in at
    )

    answer = operator.get(f"/cameras/{camera.pk}/", headers=PAGE)

    assert [one["at"] for one in answer.context["probes"]] == at[:4:-1]
    assert [one["at"] for one in answer.context["failures"]] == [NOW]


def test_a_camera_names_the_order_that_is_open_for_it(
    technician: Client, make_camera: MakeCamera
) -> None:
    camera, other = make_camera(state=State.OFFLINE, reason=Reason.SILENT), make_camera()
    order = make_order(camera, state="accepted")

    shown = text(technician, f"/cameras/{camera.pk}/")

    assert f'<a href="/repairs/orders/{order.pk}/">{order.number}</a>' in shown
    assert "已接单" in shown
    assert order.number[:11] not in text(technician, f"/cameras/{other.pk}/")


def test_a_page_costs_a_fixed_number_of_queries(
    technician: Client, make_camera: MakeCamera, django_assert_num_queries: Any
) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.SILENT, gb_id="14010700001320000001")

    def costs() -> None:
        # Session and user; camera; probes, spans, failures; the id's division; outages; picture
        # (none, none before, and what is old); order; edits.
        with django_assert_num_queries(13):
            technician.get(f"/cameras/{camera.pk}/", headers=PAGE)

    technician.get(f"/cameras/{camera.pk}/")
    Probe.objects.create(camera=camera, at=NOW, reason="silent", took_ms=40, steps=STEPS)
    costs()
    for _ in range(9):
        Probe.objects.create(camera=camera, at=NOW, reason="silent", took_ms=40, steps=STEPS)
        outage = Outage.objects.create(opened_at=NOW, closed_at=NOW, reason="silent")
        OutageMember.objects.create(
            outage=outage, camera=camera, joined_at=NOW, left_at=NOW, reason="silent"
        )
    costs()


def test_a_camera_that_nobody_has_asked_or_that_has_no_state_has_a_page(
    operator: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera()
    assert "empty-state" in text(operator, f"/cameras/{camera.pk}/")
    CameraState.objects.all().delete()
    assert "empty-state" in text(operator, f"/cameras/{camera.pk}/")


def test_a_camera_of_another_street_has_no_page(sign_in: SignIn, make_camera: MakeCamera) -> None:
    camera = make_camera(scope_code=OTHER_STREET)
    client = sign_in(Role.MAINTAINER, (STREET,))

    for path in (f"/cameras/{camera.pk}/", f"/cameras/{camera.pk}/edit/"):
        text(client, path, status=404)


def test_who_may_not_change_cameras_finds_no_form(
    operator: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera()

    assert "/edit/" not in text(operator, f"/cameras/{camera.pk}/")
    assert operator.get(f"/cameras/{camera.pk}/edit/").status_code == 403
    assert operator.post("/cameras/new/", filled()).status_code == 403
    assert operator.get("/cameras/logins/").status_code == 403


def test_a_camera_is_entered_through_the_form(technician: Client) -> None:
    answer = technician.post(
        "/cameras/new/",
        filled(
            login="own", username="viewer", password=f" {HIDDEN} ", gb_id="14010700001320000001",
            upstream_kind="switch", upstream="S 1", direction_deg="270", frame="gcj02",
        ),
    )  # fmt: skip

    camera = Camera.objects.select_related("upstream").get()
    assert answer.headers["Location"] == f"/cameras/{camera.pk}/"
    assert (camera.name, camera.direction_deg, str(camera.upstream)) == ("东门", 270, "S 1")
    # A password may begin with a space.
    assert unseal(bytes(camera.sealed_password or b"")) == f" {HIDDEN} "
    # FIELD: GCJ-02 is off by 551–589 m at Taiyuan; a thousandth of a degree is about 100 m.
    assert 0.003 < abs(camera.point.x - 112.57) + abs(camera.point.y - 37.88) < 0.01


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"host": "http://10.0.0.9/"}, "host", id="a URL"),
        pytest.param({"host": "10.0.0.9:554"}, "host", id="a port"),
        pytest.param({"host": "8.8.8.8"}, "host", id="outside the networks"),
        pytest.param({"host": "admin@10.0.0.9"}, "host", id="a login"),
        pytest.param({"port": "0"}, "port", id="port 0"),
        pytest.param({"port": "9" * 500}, "port", id="a long port"),
        pytest.param({"position": "37.88, 112.57"}, "position", id="exchanged"),
        pytest.param({"position": "x"}, "position", id="no position"),
        pytest.param({"gb_id": "123"}, "gb_id", id="no id"),
        pytest.param({"code": "a b"}, "code", id="a space"),
        pytest.param({"direction_deg": "360"}, "direction_deg", id="once around"),
        pytest.param({"upstream": "S 1"}, "upstream", id="switch or recorder?"),
        pytest.param({"login": "own", "username": "x"}, "password", id="no password"),
        pytest.param({"login": "group"}, "credential", id="no group"),
        pytest.param({"login": "keep"}, "login", id="nothing to keep"),
        pytest.param({"territory": "x"}, "territory", id="no code"),
        pytest.param({"name": "x" * 81}, "name", id="long"),
        pytest.param({"name": "\0"}, "name", id="a NUL"),
    ],
)
def test_what_cannot_be_is_told_at_its_field(
    technician: Client, values: dict[str, str], field: str
) -> None:
    answer = technician.post("/cameras/new/", filled(**values), headers=PAGE)

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert Camera.objects.count() == 0


def test_a_camera_lies_within_the_networks_and_ports_of_its_site(technician: Client) -> None:
    Site.objects.create(name="east", networks=["10.20.0.0/16"], ports=[554, 80])
    said = filled(site="east", port="8554", onvif_port="8080")

    answer = technician.post("/cameras/new/", said, headers=PAGE)
    assert set(answer.context["form"].errors) == {"host", "port", "onvif_port"}

    technician.post("/cameras/new/", filled(site="east", host="10.20.0.9", onvif_port="80"))
    assert Camera.objects.get().site.name == "east"


def test_a_camera_that_moves_to_another_site_is_asked_from_there_at_once(
    technician: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera(host="10.20.0.9", row={"leased_by": "a", "lease_until": NOW})
    Site.objects.create(name="east")

    technician.post(f"/cameras/{camera.pk}/edit/", form_of(technician, camera, site="east"))

    assert Camera.objects.get().site.name == "east"
    assert CameraState.objects.get().leased_by == ""
    assert AuditRow.objects.get().detail == {"site": ["main", "east"]}


def test_a_form_shows_no_password_that_is_stored_or_was_typed(
    technician: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera(login=("somebody", HIDDEN))

    html = text(technician, f"/cameras/{camera.pk}/edit/")
    again = technician.post(
        f"/cameras/{camera.pk}/edit/", {"login": "own", "password": HIDDEN}, headers=PAGE
    )

    assert HIDDEN not in html + again.content.decode()
    assert "somebody" not in html + text(technician, f"/cameras/{camera.pk}/")


def form_of(client: Client, camera: Camera, **values: Any) -> dict[str, Any]:
    """What a browser sends of an edit form that was only changed in `values`."""
    form = client.get(f"/cameras/{camera.pk}/edit/", headers=PAGE).context["form"]
    data = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in data.items() if value is not None and value is not False}
    return sent | values


def test_a_form_sent_unchanged_changes_nothing(technician: Client, make_camera: MakeCamera) -> None:
    camera = make_camera(login=("a", "b"), direction_deg=0, host="10.0.0.9")

    answer = technician.post(f"/cameras/{camera.pk}/edit/", form_of(technician, camera))

    assert answer.status_code == 302
    assert not AuditRow.objects.exists()


def test_an_edit_is_shown_with_what_was_before(technician: Client, make_camera: MakeCamera) -> None:
    camera = make_camera(host="10.0.0.9")
    technician.post(f"/cameras/{camera.pk}/edit/", form_of(technician, camera, name="新<i>名"))

    html = text(technician, f"/cameras/{camera.pk}/")

    assert "<del>Gate 1</del>" in html
    assert "<ins>新&lt;i&gt;名</ins>" in html


def test_whoever_was_second_is_told(technician: Client, make_camera: MakeCamera) -> None:
    camera = make_camera(host="10.0.0.9")
    first, second = (form_of(technician, camera, name=name) for name in ("a", "b"))
    technician.post(f"/cameras/{camera.pk}/edit/", first)

    answer = technician.post(f"/cameras/{camera.pk}/edit/", second, headers=PAGE)

    assert answer.status_code == 422
    assert Camera.objects.get().name == "a"


def test_shared_logins_are_made_used_changed_and_removed(
    sign_in: SignIn, technician: Client
) -> None:
    boss = sign_in(Role.ADMINISTRATOR)
    boss.post("/cameras/logins/", {"name": "海康", "username": "root1", "password": HIDDEN})
    group = Credential.objects.get()
    technician.post("/cameras/new/", filled(login="group", credential=group.pk))

    html = text(boss, "/cameras/logins/") + text(boss, f"/cameras/logins/{group.pk}/")
    seen = text(technician, f"/cameras/{Camera.objects.get().pk}/")
    boss.post(f"/cameras/logins/{group.pk}/", {"name": "海康二", "username": "root1"})
    refused = boss.post(f"/cameras/logins/{group.pk}/remove/", follow=True)
    Camera.objects.update(credential=None)
    boss.post(f"/cameras/logins/{group.pk}/remove/")

    assert HIDDEN not in html + seen
    assert "海康" in seen
    assert "root1" not in seen
    assert "1 " in refused.content.decode()
    assert not Credential.objects.exists()


def test_a_shared_login_that_is_taken_or_half_is_told(sign_in: SignIn, now: datetime) -> None:
    boss = sign_in(Role.ADMINISTRATOR)
    Credential.objects.create(name="海康", changed_at=now)

    taken = boss.post("/cameras/logins/", {"name": "海康"}, headers=PAGE)
    half = boss.post("/cameras/logins/", {"name": "b", "username": "x"}, headers=PAGE)

    assert (taken.status_code, half.status_code) == (422, 422)
    assert boss.get("/cameras/logins/999/").status_code == 404
