"""What costs much is asked for so often in one minute, and no more: 429, how long to wait, in the
reader's language, and nothing done.
"""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client

from gis_server import throttle
from gis_server.errors import TooMany
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from gis_server.throttle import Pace
from tests.conftest import SignIn
from tests.house.test_routes import ROUTES

NOW = datetime(2026, 3, 2, 8, 0, 13, tzinfo=UTC)
PASSWORD = "Kan-Bu-Jian-7"
SetRate = Callable[[Pace, int], None]
# What ends like a file, and costs no more than a page of what is there anyway.
SMALL = {
    "api/cameras.geojson", "api/events/rounds/seen.geojson", "api/events/openapi.json",
    "cameras/import/template.xlsx", "m/manifest.webmanifest",
}  # fmt: skip
FILE_ENDINGS = (
    ".csv", ".xlsx", ".pdf", ".kml", ".docx", ".gpkg", ".pmtiles", ".geojson", "/export/", "/send/",
    "/upload/", ".<str:form>", ".<str:kind>", ".<str:track_kind>", "/find/",
)  # fmt: skip


@pytest.fixture
def set_rate(settings: LazySettings) -> SetRate:
    def limit(pace: Pace, most: int) -> None:
        settings.RATES = settings.RATES | {pace.value: most}

    return limit


@pytest.fixture(autouse=True)
def own_keys(settings: Any) -> None:
    """Other tests count in the same Redis at the same time."""
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": uuid.uuid4().hex}}


@pytest.fixture
def no_redis(settings: Any) -> None:
    """A Redis that refuses every connection."""
    settings.CACHES = {
        "default": settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/redis.sock"}
    }


@pytest.fixture
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests of a test fall into one minute, whatever the clock says."""
    now = datetime.now(UTC)
    monkeypatch.setattr("gis_server.edge.timezone.now", lambda: now)


def test_files_are_refused_with_the_time_to_wait(
    sign_in: SignIn, set_rate: SetRate, one_minute: None
) -> None:
    set_rate(Pace.FILES, 2)
    leader = sign_in(Role.DISTRICT_LEADER)

    answers = [leader.get("/events/list.csv") for _ in range(3)]

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert answers[-1].json()["error"]["kind"] == "TooMany"
    assert AuditRow.objects.filter(action="events.exported").count() == 2


def test_lists_as_files_count_with_all_files_and_pages_do_not(
    sign_in: SignIn, set_rate: SetRate, one_minute: None
) -> None:
    set_rate(Pace.FILES, 1)
    administrator = sign_in(Role.ADMINISTRATOR)

    asked = ["/users/?f=csv", "/users/", "/users/?f=csv", "/audit/export/", "/users/"]
    answers = [administrator.get(one).status_code for one in asked]

    assert answers == [200, 200, 429, 429, 200]


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Nothing was done: wait"), ("zh-hans", "本次未执行")],
)
def test_people_are_told_in_their_language(
    sign_in: SignIn, set_rate: SetRate, one_minute: None, language: str, words: str
) -> None:
    set_rate(Pace.SEARCHES, 1)
    operator = sign_in()
    reader = {"Accept": "text/html", "Accept-Language": language}

    answers = [operator.get("/api/find/?q=a1", headers=reader) for _ in range(2)]

    assert answers[1].status_code == 429
    assert words in answers[1].content.decode()


def test_each_account_has_its_own_count(
    sign_in: SignIn, set_rate: SetRate, one_minute: None
) -> None:
    set_rate(Pace.SEARCHES, 1)
    first, second = sign_in(), sign_in(Role.PLANNER)

    for client in (first, second):
        assert client.get("/api/find/?q=a1").status_code == 200
    assert first.get("/api/find/?q=a1").status_code == 429


def test_who_may_not_call_it_is_told_that_and_is_not_counted(
    sign_in: SignIn, set_rate: SetRate, one_minute: None
) -> None:
    set_rate(Pace.FILES, 1)
    worker = sign_in(Role.GRID_WORKER)

    assert [worker.get("/audit/export/").status_code for _ in range(3)] == [403] * 3


def test_signing_in_is_counted_by_address_whatever_the_name(
    db: None, set_rate: SetRate, one_minute: None
) -> None:
    """Whoever tries one password with many names meets no lock of a name."""
    set_rate(Pace.SIGN_INS, 3)
    User.objects.create_user("boss", password=PASSWORD, scope=["140107"])
    here = {"REMOTE_ADDR": "203.0.113.77"}

    def press(name: str, address: dict[str, str]) -> Any:
        form = {"username": name, "password": PASSWORD}
        return Client().post("/sign-in/", form, **address)  # type: ignore[arg-type]

    answers = [press(f"name{number}", here) for number in range(4)]
    refused = press("boss", here)

    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert refused.status_code == 429
    assert int(refused["Retry-After"]) >= 1
    assert press("boss", {"REMOTE_ADDR": "203.0.113.78"}).status_code == 302
    assert Client().get("/sign-in/", REMOTE_ADDR="203.0.113.77").status_code == 200


def test_a_new_minute_begins_anew(set_rate: SetRate) -> None:
    set_rate(Pace.FIGURES, 1)
    throttle.check(Pace.FIGURES, "a new minute", NOW)
    with pytest.raises(TooMany) as refused:
        throttle.check(Pace.FIGURES, "a new minute", NOW)

    assert refused.value.wait_s == 47
    throttle.check(Pace.FIGURES, "a new minute", NOW + timedelta(seconds=47))


def test_without_redis_the_process_counts_for_itself(set_rate: SetRate, no_redis: None) -> None:
    set_rate(Pace.DEVICES, 2)
    for _ in range(2):
        throttle.check(Pace.DEVICES, "alone", NOW)

    with pytest.raises(TooMany):
        throttle.check(Pace.DEVICES, "alone", NOW)
    throttle.check(Pace.DEVICES, "another", NOW)
    throttle.check(Pace.DEVICES, "alone", NOW + timedelta(minutes=1))


def test_what_a_process_counts_for_itself_is_bounded() -> None:
    counts = throttle.OwnCounts()
    for number in range(throttle.MOST_OWN_KEYS * 2 + 5):
        counts.add(str(number), 1, 7)

    assert len(counts.counts) <= throttle.MOST_OWN_KEYS + 1


def test_every_route_of_a_file_or_search_has_its_pace() -> None:
    found = [
        route
        for route, item in ROUTES
        if route.endswith(FILE_ENDINGS)
        and route not in SMALL
        and getattr(item.callback, "edge_pace", None) is None
    ]

    assert found == []
