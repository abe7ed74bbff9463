"""A report becomes an event: once, in its place, at its time."""

import uuid
from datetime import UTC, date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.utils import timezone

from events.models import Category, DeadlineRule, Event, EventCopy, EventStep
from events.reporting import services
from events.reporting.sent import Draft, draft_of
from events.workflow import Severity
from gis_server.frames import Frame, from_wgs84
from gis_server.models import ChangeRow, User
from gis_server.roles import Role
from grids.models import Grid, GridShape
from patrols.models import ControlSwitch
from tests.conftest import SignIn
from tests.events.reports import HERE, make_entry, send, told
from tests.grids.territory import EAST, WEST, projected, square

WORKER = Role.GRID_WORKER


@pytest.fixture
def phone(sign_in: SignIn, pothole: Category) -> Client:
    """A phone of whoever works in the western grid."""
    return sign_in(WORKER, (WEST,))


def test_a_report_becomes_an_event_in_its_grid(phone: Client) -> None:
    answer = send(phone, told(accuracy_m=12.5, address="府前街 1 号"))

    assert answer.status_code == 201
    event = Event.objects.get()
    today = timezone.localdate()
    assert event.number == f"SJ{today:%Y%m%d}-{event.pk:07d}"
    assert answer.json()["number"] == event.number
    assert (event.grid.code if event.grid else None, event.scope_code) == (WEST, WEST)
    assert (event.grid_then_code, event.grid_then_name) == (WEST, WEST)
    assert (event.state, event.level, event.severity) == ("reported", "community", "minor")
    assert (event.source, event.accuracy_m, event.address) == ("worker", 12.5, "府前街 1 号")
    [step] = EventStep.objects.all()
    assert (step.action, step.before, step.after) == ("report", "", "reported")
    assert event.last_step_id == step.pk
    change = ChangeRow.objects.get(topic="event")
    assert (change.subject, change.scope) == (str(event.pk), WEST)


def test_the_same_id_again_is_the_same_event(phone: Client) -> None:
    report = told()
    first, again = send(phone, report), send(phone, report)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["number"] == again.json()["number"]
    assert again.json()["differs"] is False
    assert Event.objects.count() == EventStep.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"text": "something else"}, id="another text"),
        pytest.param({"lat": 37.6}, id="another place"),
        pytest.param({"lat": 0, "lon": 0}, id="no place"),
        pytest.param({"category": "T-01-02"}, id="another entry"),
    ],
)
def test_the_same_id_with_other_content_is_still_the_first_and_says_so(
    phone: Client, other: dict[str, Any]
) -> None:
    report = told()
    send(phone, report)

    answer = send(phone, report | other)

    assert answer.status_code == 200
    assert answer.json()["differs"] is True
    assert answer.json()["number"] in answer.json()["message"]
    assert Event.objects.get().text == report["text"]


def test_an_entry_that_asks_for_a_photo_is_not_reported_without_one(
    phone: Client, pothole: Category
) -> None:
    before = told()
    send(phone, before)
    Category.objects.filter(pk=pothole.pk).update(needs_photo=True)

    answer = send(phone, told())
    sly = send(phone, told(has_picture=True))

    assert (answer.status_code, sly.status_code) == (422, 422)
    assert pothole.name in answer.json()["error"]["message"]
    assert Event.objects.count() == 1
    # What was taken before it asked for one is still the same event.
    assert send(phone, before).status_code == 200


def test_the_phone_and_other_systems_are_told_which_entries_ask_for_a_photo(
    phone: Client, pothole: Category
) -> None:
    Category.objects.filter(pk=pothole.pk).update(needs_photo=True)

    form = phone.get("/api/events/form/").json()
    asking = {
        entry["code"]
        for kind in form["kinds"]
        for group in kind["groups"]
        for entry in group["entries"]
        if entry["needs_photo"]
    }

    assert asking == {pothole.code}


def test_the_same_id_of_two_senders_is_two_events(phone: Client, sign_in: SignIn) -> None:
    report = told()
    send(phone, report)

    assert send(sign_in(WORKER, ("140107001",)), report).status_code == 201
    assert Event.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_eight_that_send_the_same_report_at_once_one_makes_the_event(
    make_user: Any, pothole: Category
) -> None:
    by = make_user(WORKER, (WEST,))
    draft = draft_of(told(), source="worker")
    start, taken = Barrier(8), list[services.Taken]()

    def one() -> None:
        try:
            start.wait()
            taken.append(services.take(by=by, draft=draft, now=timezone.now()))
        finally:
            connection.close()

    threads = [Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == 8
    assert sum(one.is_new for one in taken) == 1
    assert {one.event.pk for one in taken} == {Event.objects.get().pk}
    assert not any(one.differs for one in taken)
    assert EventStep.objects.count() == 1


def test_severity_comes_from_the_catalogue_and_urgent_goes_past_two_levels(
    phone: Client,
) -> None:
    make_entry("T-01-09", Severity.URGENT)
    send(phone, told(category="T-01-09"))

    event = Event.objects.get()
    assert (event.severity, event.level) == ("urgent", "district")
    codes = EventCopy.objects.values_list("code", flat=True)
    assert sorted(codes) == ["140107001", "140107001001"]


def test_a_report_gets_the_deadlines_of_the_control_level_in_force(phone: Client) -> None:
    """A rule for minor ones at level two: ten minutes to accept; its leader switches the street."""
    now = timezone.now()
    DeadlineRule.objects.create(
        severity="minor", control="two", stage="accept", valid_from=date(2024, 1, 1), amount=10,
        unit="minute",
    )  # fmt: skip
    send(phone, told())
    ControlSwitch.objects.create(
        area="140107001", level="two", begins=now - timedelta(hours=1), reason="庙会",
        user_id=1, who="Shen",
    )  # fmt: skip

    send(phone, told())

    usual, raised = Event.objects.order_by("id")
    assert (usual.control, raised.control) == ("usual", "two")
    assert raised.accept_due - raised.received_at == timedelta(minutes=10)
    assert usual.accept_due - usual.received_at == timedelta(minutes=120)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param({"lon": 0, "lat": 0}, "0,0", id="null island"),
        pytest.param({"lon": None}, "没有位置", id="no position"),
        pytest.param({"lon": 200.0}, "经纬度", id="no longitude"),
        pytest.param({"lon": float("nan")}, "lon", id="not a number"),
        pytest.param({"lon": "112.5"}, "lon", id="a text as a number"),
        pytest.param({"lon": True}, "lon", id="a flag as a number"),
        pytest.param({"lat": 39.9}, "范围", id="outside of all that is known"),
        pytest.param({"category": "nothing"}, "目录", id="no entry"),
        pytest.param({"category": "T-01"}, "目录", id="a group"),
        pytest.param({"client_id": "7"}, "client_id", id="no UUID"),
        pytest.param({"client_id": None}, "client_id", id="no id"),
        pytest.param({"text": "x" * 2001}, "text", id="too long"),
        pytest.param({"text": "a\0b"}, "text", id="a text that no column holds"),
        pytest.param({"text": "\ud800"}, "半个字符", id="half a character"),
        pytest.param({"text": ["a"]}, "text", id="a list as a text"),
        pytest.param({"seen_at": "yesterday"}, "seen_at", id="no time"),
        pytest.param({"seen_at": "2026-11-26T10:00:00"}, "seen_at", id="a time of no zone"),
        pytest.param({"seen_at": "9999-12-31T23:59:59-12:00"}, "seen_at", id="the last day"),
        pytest.param({"photos": [str(uuid.uuid4()) for _ in range(10)]}, "9", id="ten photos"),
        pytest.param({"photos": "x"}, "photos", id="photos that are no list"),
        pytest.param({"photos": [str(uuid.uuid4())]}, "照片", id="a photo that is not here"),
        pytest.param({"frame": "mars"}, "frame", id="an unknown frame"),
        pytest.param({"position_checked": "yes"}, "position_checked", id="a text as a flag"),
        pytest.param({"camera_id": -1}, "camera_id", id="no camera"),
    ],
)
def test_what_cannot_be_taken_is_refused_with_a_sentence(
    phone: Client, wrong: dict[str, Any], said: str
) -> None:
    answer = send(phone, told(**wrong))

    assert answer.status_code == 422
    assert said in answer.json()["error"]["message"]
    assert not Event.objects.exists()


def test_a_report_that_was_refused_is_taken_once_it_is_put_right(phone: Client) -> None:
    report = told(lon=0, lat=0)
    assert send(phone, report).status_code == 422

    assert send(phone, report | HERE).status_code == 201


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"nonsense", b"[" * 50_000, b'{"a":"' + b"x" * 70_000]
)
def test_a_body_that_is_no_report_is_refused(phone: Client, body: bytes) -> None:
    answer = phone.post("/api/events/reports/", body, content_type="application/json")

    assert answer.status_code == 422


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "=HYPERLINK(1)", "'; DROP TABLE events_event; --", "{{ 7 }}"],
)
def test_text_is_stored_as_it_was_written(phone: Client, text: str) -> None:
    send(phone, told(text=text, address=text))

    event = Event.objects.get()
    assert (event.text, event.address) == (text, text)


def test_a_map_services_position_is_asked_about_and_the_worker_decides(
    phone: Client, sign_in: SignIn
) -> None:
    # Just inside the western grid's eastern border; GCJ-02 shows it half a kilometre to the east.
    lon, lat = 112.9999, 37.5
    x, y = (float(one[0]) for one in from_wgs84([lon], [lat], Frame.GCJ02))
    report = told(lon=x, lat=y)

    answer = send(phone, report)

    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["kind"] == "Asked"
    frame = next(one for one in error["questions"] if one.get("frame") == "gcj02")
    assert (frame["lon"], frame["lat"]) == pytest.approx((lon, lat), abs=1e-6)
    assert frame["distance_m"] % 10 == 0
    assert frame["grid"] == WEST
    assert {one["kind"] for one in error["questions"]} == {"frame", "outside"}
    # "Yes": the place that was proposed.
    moved = report | {"lon": frame["lon"], "lat": frame["lat"]}
    assert send(phone, moved).status_code == 201
    assert Event.objects.get().scope_code == WEST


def test_whoever_stands_by_the_position_says_why_it_is_outside(phone: Client) -> None:
    lon, lat = 112.9999, 37.5
    x, y = (float(one[0]) for one in from_wgs84([lon], [lat], Frame.GCJ02))
    report = told(lon=x, lat=y, position_checked=True)

    asked = send(phone, report)
    assert [one["kind"] for one in asked.json()["error"]["questions"]] == ["outside"]
    assert send(phone, report | {"outside_reason": "路过"}).status_code == 201

    event = Event.objects.get()
    assert (event.scope_code, event.outside_reason) == (EAST, "路过")


def test_outside_of_own_grids_it_asks_why_and_goes_on(phone: Client) -> None:
    report = told(lon=113.5)

    asked = send(phone, report)

    assert asked.status_code == 422
    assert asked.json()["error"]["questions"] == [{"kind": "outside", "grid": EAST, "code": EAST}]
    assert not Event.objects.exists()
    assert send(phone, report | {"outside_reason": "帮邻格上报"}).status_code == 201
    assert Event.objects.get().scope_code == EAST


def test_a_position_told_in_another_frame_is_converted(phone: Client) -> None:
    x, y = (float(one[0]) for one in from_wgs84([112.5], [37.5], Frame.BD09))

    send(phone, told(lon=x, lat=y, frame="bd09"))

    point = Event.objects.get().point
    assert (point.x, point.y) == pytest.approx((112.5, 37.5), abs=1e-6)


def test_in_a_division_without_grids_the_division_has_it(phone: Client) -> None:
    GridShape.objects.filter(grid__code=EAST).delete()

    send(phone, told(lon=113.5, outside_reason="x"))

    event = Event.objects.get()
    assert (event.grid, event.scope_code) == (None, "140107001001")


def test_the_grid_then_is_that_of_the_day_it_was_seen(sign_in: SignIn, pothole: Category) -> None:
    """The boundary moved yesterday while the report of the day before was still on the phone."""
    phone = sign_in(WORKER, ("140107001",))
    today = timezone.localdate()
    moved_on = today - timedelta(days=1)
    for code in (WEST, EAST):
        Grid.objects.filter(code=code).update(name=f"old {code}")
        old = GridShape.objects.get(grid__code=code)
        GridShape.objects.filter(pk=old.pk).update(valid=DateRange(date(2000, 1, 1), moved_on))
    for code, west, size in ((WEST, 112, 0.25), (EAST, 112.25, 0.5)):
        shape = square(west, 37.25, size)
        grid = Grid.objects.get(code=code)
        GridShape.objects.create(
            grid=grid, shape=shape, shape_3857=projected(shape), valid=DateRange(moved_on, None)
        )
    two_days_ago = timezone.now() - timedelta(days=2)

    send(phone, told(seen_at=two_days_ago.isoformat(), sent_at=timezone.now().isoformat()))

    event = Event.objects.get()
    assert event.grid_then_code == WEST
    assert (event.grid.code if event.grid else "", event.scope_code) == (EAST, EAST)


def test_a_phone_whose_clock_is_a_day_wrong_reports_by_ours_and_the_difference_is_noted(
    phone: Client,
) -> None:
    off = timedelta(days=1)
    before = timezone.now()

    send(
        phone,
        told(
            seen_at=(before + off - timedelta(hours=1)).isoformat(),
            sent_at=(before + off).isoformat(),
        ),
    )

    event, step = Event.objects.get(), EventStep.objects.get()
    assert abs(event.reported_at - (before - timedelta(hours=1))) < timedelta(minutes=1)
    assert abs(step.detail["clock_off_s"] - 86_400) < 60


def test_a_time_in_the_future_is_not_believed_but_kept(phone: Client) -> None:
    said = (timezone.now() + timedelta(days=3)).isoformat()

    send(phone, told(seen_at=said))

    event, step = Event.objects.get(), EventStep.objects.get()
    assert event.reported_at == event.received_at
    assert step.detail["said_at"] == datetime.fromisoformat(said).astimezone(UTC).isoformat() or (
        datetime.fromisoformat(step.detail["said_at"]) == datetime.fromisoformat(said)
    )


def test_a_reason_for_a_place_that_was_moved_back_inside_is_not_kept(phone: Client) -> None:
    send(phone, told(outside_reason="路过"))

    assert Event.objects.get().outside_reason == ""


def test_somebody_elses_queue_is_not_sent_under_my_name(phone: Client) -> None:
    answer = send(phone, told(sender="999999"))

    assert answer.status_code == 409
    assert not Event.objects.exists()


def test_a_flood_is_refused_with_the_time_to_wait(phone: Client, settings: Any) -> None:
    settings.EVENT_REPORTS_PER_MINUTE = 2
    reports = [told() for _ in range(5)]

    answers = [send(phone, report) for report in reports]

    # The five may lie on both sides of a full minute.
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 1
    assert 1 <= int(refused[0].headers["Retry-After"]) <= 60
    assert refused[0].headers["Retry-After"] in refused[0].json()["error"]["message"]
    assert Event.objects.count() == 5 - len(refused)


@pytest.mark.parametrize("role", [Role.MAINTAINER, Role.PLANNER, Role.AUDITOR])
def test_only_who_may_report_reports(sign_in: SignIn, pothole: Category, role: Role) -> None:
    assert send(sign_in(role), told()).status_code == 403


def test_own_reports_are_listed_with_their_states(phone: Client, sign_in: SignIn) -> None:
    for _ in range(3):
        send(phone, told())
    send(sign_in(WORKER, ("140107001",)), told())

    answer = phone.get("/api/events/reports/?limit=2").json()

    assert answer["total"] == 3
    newest = Event.objects.order_by("-id").filter(scope_code=WEST)[1]
    assert answer["items"][0]["number"] == newest.number
    assert answer["items"][0]["state"] == "reported"


def test_own_reports_cost_a_fixed_number_of_queries(
    phone: Client, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        send(phone, told())
    user = User.objects.get(pk=phone.session["_auth_user_id"])

    from events.reporting.queries import own_reports, report_item  # noqa: PLC0415
    from gis_server.edge import Page  # noqa: PLC0415

    with django_assert_num_queries(3):
        rows, _total = own_reports(user, Page(limit=10, offset=0))
        assert len([report_item(row, user) for row in rows]) == 3


def test_a_report_costs_a_fixed_number_of_queries(
    make_user: Any, pothole: Category, django_assert_num_queries: Any
) -> None:
    by = make_user(WORKER, (WEST,))
    draft: Draft = draft_of(told(), source="worker")

    # Entry, place; savepoint, control level, rules and calendar, numbers, event, step, lock,
    # change, notify, end; and what is lent to the sender.
    with django_assert_num_queries(14):
        services.take(by=by, draft=draft, now=timezone.now())


def test_the_form_says_who_is_signed_in_and_what_can_be_reported(phone: Client) -> None:
    answer = phone.get("/api/events/form/").json()

    assert answer["me"]["id"] == int(phone.session["_auth_user_id"])
    kind = next(one for one in answer["kinds"] if one["kind"] == "service")
    codes = [entry["code"] for group in kind["groups"] for entry in group["entries"]]
    assert "T-01-01" in codes
    assert answer["box"] == [112.0, 37.0, 113.0, 38.0]
    assert answer["csrf"]
