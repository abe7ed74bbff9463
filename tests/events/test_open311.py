"""Citizens' apps that speak Open311 GeoReport v2 report and follow; expected fields are those of
https://wiki.open311.org/GeoReport_v2/.
"""

import xml.etree.ElementTree as ET
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.models import Category, Event
from gis_server.accounts import tokens
from gis_server.accounts.tokens import Wanted
from gis_server.roles import Role
from tests.conftest import MakeUser
from tests.events.town import make_event
from tests.grids.territory import WEST

BASE = "/api/open311/v2"
REPORT = {"service_code": "T-01-01", "lat": "37.5", "long": "112.5", "description": "路面有坑"}
SCRIPT = "<script>alert(1)</script>=1+1"


@pytest.fixture
def key(pothole: Category, make_user: MakeUser) -> str:
    """An API token of an app that may report and see in the whole district."""
    wanted = Wanted("市民应用", ["report_events", "see_events"], [], 30)
    user = make_user(Role.OPERATOR, ("140107",))
    return tokens.make(user=user, wanted=wanted, now=timezone.now())[1]


@pytest.fixture
def app(key: str) -> Client:
    return Client(HTTP_AUTHORIZATION=f"Bearer {key}")


def post(client: Client, form: str = "json", **fields: str) -> Any:
    return client.post(f"{BASE}/requests.{form}", REPORT | fields)


def test_the_services_are_the_catalogue_and_anybody_may_read_them(pothole: Category) -> None:
    rows = {row["service_code"]: row for row in Client().get(f"{BASE}/services.json").json()}

    row = rows[pothole.code]
    assert (row["service_name"], row["group"], row["metadata"]) == ("A pothole", "Streets", "false")
    around = ET.fromstring(Client().get(f"{BASE}/services.xml").content)
    assert (around.tag, around[0].tag) == ("services", "service")
    assert pothole.code in [one.findtext("service_code") for one in around]
    definition = Client().get(f"{BASE}/services/{pothole.code}.json").json()
    assert definition == [{"service_code": pothole.code, "attributes": []}]


def test_where_a_photo_is_asked_for_the_address_of_one_is_needed(
    app: Client, pothole: Category
) -> None:
    Category.objects.filter(pk=pothole.pk).update(needs_photo=True, hint="写明大小")

    rows = {row["service_code"]: row for row in Client().get(f"{BASE}/services.json").json()}
    without, with_one = post(app), post(app, media_url="https://photos.example/7.jpg")

    assert rows[pothole.code]["description"].startswith("写明大小 ")
    assert "media_url" in rows[pothole.code]["description"]
    assert without.status_code == 400
    assert pothole.name in without.json()[0]["description"]
    assert with_one.status_code == 201
    assert "photos.example" in Event.objects.get().text


def test_it_says_where_and_in_which_forms_it_is_spoken() -> None:
    [told] = Client().get(f"{BASE}/discovery.json", SERVER_NAME="localhost").json()
    around = ET.fromstring(Client().get(f"{BASE}/discovery.xml").content)

    [endpoint] = told["endpoints"]
    assert endpoint["url"] == f"http://localhost{BASE}"
    found = [one.text for one in around.iterfind("./service/endpoints/endpoint/formats/format")]
    assert found == endpoint["formats"]


def test_an_entry_that_is_no_longer_used_is_no_service(pothole: Category) -> None:
    Category.objects.filter(pk=pothole.pk).update(is_active=False)

    rows = Client().get(f"{BASE}/services.json").json()
    assert pothole.code not in [row["service_code"] for row in rows]
    answer = Client().get(f"{BASE}/services/{pothole.code}.json")
    assert answer.status_code == 404
    assert answer.json()[0]["code"] == 404


def test_a_key_in_the_form_reports_and_the_header_follows(key: str, app: Client) -> None:
    answer = post(Client(enforce_csrf_checks=True), api_key=key, address_string="府前街")

    assert answer.status_code == 201
    [told] = answer.json()
    event = Event.objects.get(number=told["service_request_id"])
    assert (event.source, event.address, event.scope_code) == ("api", "府前街", WEST)
    [row] = app.get(f"{BASE}/requests/{event.number}.json").json()
    assert (row["status"], row["service_code"]) == ("open", "T-01-01")
    assert (row["lat"], row["long"], row["description"]) == (37.5, 112.5, "路面有坑")
    assert row["requested_datetime"] == timezone.localtime(event.reported_at).isoformat()
    [listed] = app.get(f"{BASE}/requests.json").json()
    assert listed == row


def test_nobody_reports_or_reads_without_a_key(pothole: Category) -> None:
    event = make_event(pothole)

    assert post(Client()).status_code == 401
    assert post(Client(), api_key="gis_wrong").status_code == 401
    assert Client().get(f"{BASE}/requests.json").status_code == 401
    assert Client().get(f"{BASE}/requests/{event.number}.json").status_code == 401
    assert Event.objects.count() == 1


def test_a_key_in_an_address_is_none(key: str) -> None:
    assert Client().get(f"{BASE}/requests.json", {"api_key": key}).status_code == 401


def test_the_same_idempotency_key_is_the_same_request(app: Client) -> None:
    headers = {"Idempotency-Key": "order-7"}
    first = app.post(f"{BASE}/requests.json", REPORT, headers=headers)
    again = app.post(f"{BASE}/requests.json", REPORT, headers=headers)

    assert first.json() == again.json()
    assert Event.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        pytest.param({"service_code": "NONE"}, 400, id="no such service"),
        pytest.param({"lat": ""}, 400, id="an address alone"),
        pytest.param({"lat": "nan"}, 400, id="no number"),
        pytest.param({"lat": "0", "long": "0"}, 400, id="nowhere"),
        pytest.param({"lat": "31.2", "long": "121.5"}, 400, id="another city"),
        pytest.param({"description": "长" * 2001}, 400, id="too long"),
    ],
)
@pytest.mark.parametrize("form", ["json", "xml"])
def test_what_cannot_be_taken_is_told_in_the_standards_form(
    app: Client, fields: dict[str, str], status: int, form: str
) -> None:
    answer = post(app, form, **fields)

    assert answer.status_code == status
    if form == "json":
        [error] = answer.json()
        assert error["code"] == status
        assert error["description"]
    else:
        around = ET.fromstring(answer.content)
        assert (around.tag, around[0].findtext("code")) == ("errors", str(status))
    assert not Event.objects.exists()


def test_text_stays_text_in_both_forms(app: Client) -> None:
    [told] = post(app, description=SCRIPT, media_url="https://pictures.example/1.jpg").json()
    number = told["service_request_id"]

    whole = f"{SCRIPT}\nhttps://pictures.example/1.jpg"
    assert app.get(f"{BASE}/requests/{number}.json").json()[0]["description"] == whole
    answer = app.get(f"{BASE}/requests/{number}.xml")
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert ET.fromstring(answer.content)[0].findtext("description") == whole


def test_the_list_is_cut_by_status_service_time_and_number(app: Client, pothole: Category) -> None:
    now = timezone.now()
    open_one = make_event(pothole, at=now - timedelta(days=1))
    over = make_event(pothole, at=now - timedelta(days=2), state="refused", closed_at=now,
                      closed_level="community")  # fmt: skip
    old = make_event(pothole, at=now - timedelta(days=100))

    def numbers(**asked: str) -> list[str]:
        answer = app.get(f"{BASE}/requests.json", asked)
        assert answer.status_code == 200
        return [row["service_request_id"] for row in answer.json()]

    assert numbers() == [open_one.number, over.number]
    assert numbers(status="closed") == [over.number]
    assert numbers(status="open") == [open_one.number]
    assert numbers(service_code="T-99") == []
    assert numbers(service_request_id=f"{old.number},{over.number}") == [over.number, old.number]
    start = (now - timedelta(days=101)).isoformat()
    assert numbers(start_date=start) == [old.number]
    assert numbers(end_date="2000-01-01T00:00:11.48+19:12") == []
    assert numbers(page="2", page_size="1") == [over.number]


@pytest.mark.parametrize(
    "asked",
    [
        {"status": "dead"},
        {"start_date": "yesterday"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-09-01T00:00:00Z"},
        {"page_size": "1001"},
        {"service_request_id": ",".join(["A"] * 51)},
    ],
)
def test_a_list_that_cannot_be_asked_for_is_refused(app: Client, asked: dict[str, str]) -> None:
    answer = app.get(f"{BASE}/requests.json", asked)

    assert answer.status_code == 400
    assert answer.json()[0]["code"] == 400


def test_an_app_of_another_street_sees_and_changes_nothing(
    app: Client, pothole: Category, make_user: MakeUser
) -> None:
    event = make_event(pothole)
    other = make_user(Role.OPERATOR, ("140108",))
    wanted = Wanted("别处", ["report_events", "see_events"], [], 30)
    text = tokens.make(user=other, wanted=wanted, now=timezone.now())[1]
    stranger = Client(HTTP_AUTHORIZATION=f"Bearer {text}")

    assert stranger.get(f"{BASE}/requests/{event.number}.json").status_code == 404
    assert stranger.get(f"{BASE}/tokens/{event.number}.json").status_code == 404
    assert stranger.get(f"{BASE}/requests.json").json() == []
    assert app.get(f"{BASE}/requests/{event.number}.json").status_code == 200
    assert app.get(f"{BASE}/tokens/{event.number}.json").json() == [
        {"token": event.number, "service_request_id": event.number}
    ]
