"""Who may pass, and what errors look like to people and to programs."""

from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from gis_server import urls
from gis_server.edge import (
    Gate,
    allow,
    live_origin,
    parse_int,
    parse_page,
    public,
    zoned_moment,
)
from gis_server.errors import Conflict, DomainError, Invalid, NotAllowed, NotFound, Unavailable
from gis_server.roles import Permission
from tests.conftest import MakeUser, SignIn

ERRORS: dict[str, Exception] = {
    "not-allowed": NotAllowed("not for you"),
    "not-found": NotFound("not here"),
    "conflict": Conflict("somebody was first"),
    "invalid": Invalid("not a number"),
    "unavailable": Unavailable("later"),
    "database": OperationalError("server closed the connection: password=hunter2"),
}


@allow(Permission.SEE_MAP)
def failing(request: HttpRequest, kind: str) -> HttpResponseBase:
    raise ERRORS[kind]


@allow(Permission.ADMINISTER)
def administrators_only(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse("ok")


def forgotten(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse("nobody said who may see this")


@public
def open_to_all(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse("ok", content_type="text/html")


@allow(Permission.SEE_MAP)
@require_GET
def read_only(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse("ok")


@allow(Permission.SEE_MAP)
@require_POST
def changing(request: HttpRequest) -> HttpResponseBase:
    return HttpResponse("changed")


urlpatterns = [
    path("read-only", read_only),
    path("api/changing", changing),
    path("fail/<kind>", failing),
    path("administrators", administrators_only),
    path("forgotten", forgotten),
    path("open", open_to_all),
    *urls.urlpatterns,
]
handler404 = urls.handler404
here = pytest.mark.urls(__name__)


@here
@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("not-allowed", 403),
        ("not-found", 404),
        ("conflict", 409),
        ("invalid", 422),
        ("unavailable", 503),
        ("database", 503),
    ],
)
def test_an_error_has_its_status_and_says_what_it_is(
    operator: Client, kind: str, status: int
) -> None:
    answer = operator.get(f"/fail/{kind}")

    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert b"hunter2" not in answer.content


@here
def test_an_error_is_a_page_for_a_person(operator: Client) -> None:
    answer = operator.get("/fail/conflict", HTTP_ACCEPT="text/html")

    assert answer.status_code == 409
    assert b"somebody was first" in answer.content


@here
def test_a_message_with_html_is_inert(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ERRORS, "conflict", Conflict("<img src=x onerror=alert(1)>"))

    answer = operator.get("/fail/conflict", HTTP_ACCEPT="text/html")

    assert b"<img" not in answer.content


@here
def test_a_view_without_a_rule_is_refused(operator: Client) -> None:
    assert operator.get("/forgotten").status_code == 403


@here
def test_a_role_without_the_permission_is_refused(operator: Client) -> None:
    assert operator.get("/administrators").status_code == 403


@here
def test_a_stranger_is_sent_to_sign_in_and_a_program_gets_401(stranger: Client) -> None:
    page = stranger.get("/administrators", HTTP_ACCEPT="text/html")

    assert page.status_code == 302
    assert page["Location"] == "/sign-in/?next=/administrators"
    assert stranger.get("/administrators").status_code == 401


@here
def test_a_method_that_is_not_taken_is_refused_with_a_sentence(operator: Client) -> None:
    program = operator.put("/read-only")
    person = operator.post("/read-only", headers={"Accept": "text/html"})

    assert (program.status_code, person.status_code) == (405, 405)
    assert (program["Allow"], person["Allow"]) == ("GET", "GET")
    assert "GET" in program.json()["error"]["message"]
    assert person["Content-Type"].startswith("text/html")


@here
def test_a_program_without_token_and_session_is_told_to_sign_in(stranger: Client) -> None:
    """And not that its page is too old: that is for a browser with a session."""
    strict = Client(enforce_csrf_checks=True)

    assert strict.post("/api/changing").status_code == 401


@here
def test_a_session_changes_nothing_without_the_token_of_its_page(make_user: MakeUser) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(make_user())

    answer = browser.post("/api/changing")

    assert answer.status_code == 403
    assert answer.json()["error"]["kind"] == "NotAllowed"


@here
def test_a_page_allows_no_foreign_and_no_inline_script(stranger: Client) -> None:
    policy = stranger.get("/open")["Content-Security-Policy"]

    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert f"connect-src 'self' http://testserver:{settings.LIVE_PORT}" in policy


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("10.1.2.3:8000", "http://10.1.2.3:8001"),
        ("wall.example", "http://wall.example:8001"),
        ("[::1]:8000", "http://[::1]:8001"),
        ("[::1]", "http://[::1]:8001"),
    ],
)
@override_settings(ALLOWED_HOSTS=["*"], LIVE_PORT=8001, LIVE_URL="")
def test_the_live_process_is_looked_for_at_the_host_of_the_page(host: str, origin: str) -> None:
    assert live_origin(RequestFactory().get("/", HTTP_HOST=host)) == origin


@override_settings(LIVE_URL="https://live.example/")
def test_the_live_process_may_be_elsewhere() -> None:
    assert live_origin(RequestFactory().get("/")) == "https://live.example"


@pytest.mark.parametrize("text", ["-1", "1001", "ten", "1.5", "\u0663x", "9" * 5000])
def test_a_limit_that_is_no_sensible_number_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_page(RequestFactory().get("/", {"limit": text}))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-03-31T08:00:00+08:00", datetime(2026, 3, 31, tzinfo=UTC)),
        # No zone of the earth, and more than PostgreSQL takes.
        ("2026-03-31T19:12:00+19:12", datetime(2026, 3, 31, tzinfo=UTC)),
        ("2026-03-31T08:00:00", None),
        ("2026-03-31T08:00:00+24:00", None),
        ("0001-01-01T00:00:00+08:00", None),
        ("yesterday", None),
    ],
)
def test_a_time_with_a_zone_is_taken_in_utc(text: str, told: datetime | None) -> None:
    found = zoned_moment(text)

    assert found == told
    assert found is None or found.tzinfo is UTC


def test_a_page_has_defaults() -> None:
    page = parse_page(RequestFactory().get("/"))

    assert (page.limit, page.offset) == (100, 0)
    assert parse_int(RequestFactory().get("/", {"z": "7"}), "z", 0, 0, 22) == 7


def test_an_unknown_exception_is_left_to_django() -> None:
    gate = Gate(lambda request: HttpResponse())

    assert gate.process_exception(RequestFactory().get("/"), KeyError("x")) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/live/ticket/", "/api/cameras/summary/", "/sign-in/"])
def test_a_request_while_the_database_is_away_says_so(
    operator: Client, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    def refused(self: BaseDatabaseWrapper) -> None:
        raise OperationalError("connection to server on socket failed: Connection refused")

    connection.close()
    monkeypatch.setattr(BaseDatabaseWrapper, "connect", refused)

    answer = operator.post(path) if path == "/live/ticket/" else operator.get(path)

    assert answer.status_code == 503
    assert "socket" not in answer.content.decode()


def test_an_unknown_address_says_so(stranger: Client) -> None:
    answer = stranger.get("/no/such/page")

    assert answer.status_code == 404
    assert answer.json()["error"]["kind"] == "NotFound"


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_server_called_by_a_wrong_name_says_what_to_do(stranger: Client, accept: str) -> None:
    answer = stranger.get("/sign-in/", HTTP_HOST="elsewhere.example", HTTP_ACCEPT=accept)

    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" in answer.content.decode()
    assert "elsewhere" not in answer.content.decode()


def test_a_request_that_cannot_be_read_says_so(stranger: Client) -> None:
    answer = stranger.post("/sign-in/", {"a": ["1"] * 2000})

    assert answer.status_code == 400
    assert answer.json()["error"]["kind"] == "Invalid"


def test_an_old_page_cannot_send(sign_in: SignIn) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/sign-in/", {"username": "a", "password": "b"})

    assert answer.status_code == 403
    assert answer.json()["error"]["message"]


def test_every_domain_error_has_a_status() -> None:
    from gis_server.errors import STATUS  # noqa: PLC0415

    assert set(STATUS) == set(DomainError.__subclasses__())


@pytest.mark.parametrize("address", ["/sign-in/", "/nowhere/", "/api/find/"])
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
def test_a_form_too_large_is_refused_before_it_is_read(
    stranger: Client, address: str, kind: str
) -> None:
    body = b"x" * (settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)

    answer = stranger.post(address, body, content_type=kind, headers={"Accept-Language": "en"})

    assert answer.status_code == 413
    assert "1024 kB" in answer.json()["error"]["message"]
