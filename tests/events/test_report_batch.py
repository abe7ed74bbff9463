"""Many reports in one call: each is answered as it would be alone, and none is taken twice."""

import uuid
from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from events.models import Category, Event, EventCopy, EventPhoto, EventStep
from events.reporting import services
from events.reporting.api import MAX_BATCH, MOST_AT_ONCE
from events.reporting.sent import draft_of
from events.workflow import Severity
from gis_server.models import ChangeRow
from gis_server.roles import Role
from tests.conftest import SignIn
from tests.events.reports import REPORTS, jpeg, make_entry, send, send_photo, told
from tests.grids.territory import WEST

BATCH = f"{REPORTS}batch/"


@pytest.fixture
def phone(sign_in: SignIn, pothole: Category) -> Client:
    return sign_in(Role.GRID_WORKER, (WEST,))


def send_all(client: Client, reports: Any) -> Any:
    return client.post(BATCH, {"reports": reports}, content_type="application/json")


def statuses(answer: Any) -> list[int]:
    assert answer.status_code == 200
    return [one["status"] for one in answer.json()["items"]]


def test_each_of_a_batch_becomes_an_event_with_a_step_and_a_change(phone: Client) -> None:
    make_entry("T-01-09", Severity.URGENT)
    reports = [told(text="one"), told(text="two", category="T-01-09"), told(text="three")]

    answer = send_all(phone, reports)

    assert statuses(answer) == [201, 201, 201]
    events = list(Event.objects.order_by("id"))
    assert [str(one.client_id) for one in events] == [one["client_id"] for one in reports]
    assert [one["number"] for one in answer.json()["items"]] == [one.number for one in events]
    assert [one.scope_code for one in events] == [WEST] * 3
    assert [one.last_step_id for one in events] == [
        step.pk for step in EventStep.objects.order_by("event_id")
    ]
    assert EventCopy.objects.filter(event=events[1]).count() == EventCopy.objects.count() == 2
    changes = ChangeRow.objects.filter(topic="event").order_by("id")
    assert [one.subject for one in changes] == [str(one.pk) for one in events]


def test_of_a_batch_only_what_asks_for_a_photo_is_refused_without_one(phone: Client) -> None:
    make_entry("T-01-09", needs_photo=True)

    answer = send_all(phone, [told(), told(category="T-01-09"), told()])

    assert statuses(answer) == [201, 422, 201]


def test_each_is_answered_as_it_would_be_alone(phone: Client) -> None:
    known = told()
    send(phone, known)
    reports: list[dict[str, Any]] = [
        told(),
        known,
        known | {"client_id": str(uuid.uuid4()), "lon": "112.5"},
        told(category="nothing"),
        told(lon=0, lat=0),
        told(photos=[str(uuid.uuid4())]),
        told(lon=112.0, lat=39.9),
    ]

    answer = send_all(phone, reports)

    assert statuses(answer) == [201, 200, 422, 422, 422, 422, 422]
    items = answer.json()["items"]
    assert [one["client_id"] for one in items] == [one["client_id"] for one in reports]
    alone = [send(phone, one).json()["error"] for one in reports[2:]]
    assert [one["error"] for one in items[2:]] == alone
    assert Event.objects.count() == 2


def test_what_the_reporter_is_to_be_asked_stands_in_its_item(
    sign_in: SignIn, pothole: Category
) -> None:
    elsewhere = sign_in(Role.GRID_WORKER, ("140107001002",))

    [item] = send_all(elsewhere, [told()]).json()["items"]

    assert (item["status"], item["error"]["kind"]) == (422, "Asked")
    assert item["error"]["questions"][0]["kind"] == "outside"


def test_the_same_id_twice_is_taken_once(phone: Client) -> None:
    report = told()

    assert statuses(send_all(phone, [report, report])) == [201, 422]
    assert Event.objects.count() == 1


def test_photos_go_to_the_reports_that_name_them(phone: Client) -> None:
    ids = [send_photo(phone, jpeg()).json()["client_id"] for _ in range(3)]

    answer = send_all(phone, [told(photos=ids[:2]), told(), told(photos=ids[2:])])

    assert statuses(answer) == [201, 201, 201]
    first, _plain, last = Event.objects.order_by("id")
    owners = EventPhoto.objects.order_by("id").values_list("event_id", flat=True)
    assert list(owners) == [first.pk, first.pk, last.pk]
    step = EventStep.objects.get(event=first)
    assert step.photos == list(first.photos.order_by("id").values_list("id", flat=True))


def test_a_photo_that_two_of_a_batch_name_is_the_firsts(phone: Client) -> None:
    photo = send_photo(phone, jpeg()).json()["client_id"]

    answer = send_all(phone, [told(photos=[photo]), told(photos=[photo])])

    assert statuses(answer) == [201, 422]
    assert EventPhoto.objects.get().event == Event.objects.get()


@pytest.mark.parametrize(
    "reports",
    [
        pytest.param(None, id="none"),
        pytest.param([], id="empty"),
        pytest.param({}, id="no list"),
        pytest.param(["report"], id="no objects"),
        pytest.param([{}] * (MOST_AT_ONCE + 1), id="too many"),
        pytest.param([{"text": "x" * MAX_BATCH}], id="too large"),
    ],
)
def test_what_is_no_batch_is_refused_as_a_whole(phone: Client, reports: Any) -> None:
    answer = send_all(phone, reports)

    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "Invalid"
    assert Event.objects.count() == 0


def test_a_batch_counts_as_so_many_reports(phone: Client, settings: Any) -> None:
    settings.EVENT_REPORTS_PER_MINUTE = 3

    refused = send_all(phone, [told() for _ in range(4)])

    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert Event.objects.count() == 0


def test_twenty_cost_as_many_queries_as_two(
    make_user: Any, pothole: Category, django_assert_num_queries: Any
) -> None:
    by = make_user(Role.GRID_WORKER, (WEST,))
    by.reach  # noqa: B018 - asked once for a user, whatever is sent

    for count in (2, 20):
        drafts = [draft_of(told(), source="api") for _ in range(count)]
        # Savepoint, sender, known, entries, places; control levels, rules, calendar, numbers,
        # events, steps, lock, changes, notify, end.
        with django_assert_num_queries(15):
            services.take_all(by=by, drafts=drafts, now=timezone.now())


def at_once(works: list[Callable[[], Any]]) -> None:
    start = Barrier(len(works))

    def run(work: Callable[[], Any]) -> None:
        try:
            start.wait()
            work()
        finally:
            connection.close()

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.django_db(transaction=True)
def test_batches_with_the_same_reports_in_any_order_and_alone_make_each_once(
    make_user: Any, pothole: Category
) -> None:
    by = make_user(Role.GRID_WORKER, (WEST,))
    drafts = [draft_of(told(), source="worker") for _ in range(12)]
    outcomes = list[services.Outcome]()

    def all_of(some: list[Any]) -> Callable[[], None]:
        return lambda: outcomes.extend(services.take_all(by=by, drafts=some, now=timezone.now()))

    def singly() -> None:
        for draft in drafts:
            outcomes.append(services.take(by=by, draft=draft, now=timezone.now()))

    at_once([all_of(drafts), all_of(drafts[::-1]), all_of(drafts[6:] + drafts[:6]), singly])

    taken = [one for one in outcomes if isinstance(one, services.Taken)]
    assert len(taken) == len(outcomes) == 48
    assert sum(one.is_new for one in taken) == 12
    assert not any(one.differs for one in taken)
    assert Event.objects.count() == EventStep.objects.count() == 12
    assert ChangeRow.objects.filter(topic="event").count() == 12
