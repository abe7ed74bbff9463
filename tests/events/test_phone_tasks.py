"""A worker's tasks over the phone's API: listed by what is due, taken, finished with photos."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.models import Event, EventPhoto, EventStep, EventTask
from events.reporting.tasks import my_tasks, task_item
from gis_server.models import User
from gis_server.roles import Role
from tests.events.reports import jpeg, send_photo
from tests.events.town import COMMUNITY, Town, make_event, make_person

MINE = "/api/events/mine/"


@pytest.fixture
def task(town: Town, media: Path) -> EventTask:
    """One of the community's, of an event in its first grid."""
    event = make_event(town.entry, at=timezone.now(), state="dispatched")
    return EventTask.objects.create(
        event=event,
        division=town.community,
        unit_name=town.community.name,
        unit_code=COMMUNITY,
        sent_at=timezone.now(),
        due=event.handle_due,
    )


def phone_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def press(client: Client, task: EventTask, verb: str, **sent: Any) -> Any:
    return client.post(f"{MINE}{task.pk}/{verb}/", sent, content_type="application/json")


def test_a_task_is_taken_and_finished_with_a_note_and_a_photo(
    task: EventTask, worker: User
) -> None:
    phone = phone_of(worker)
    [item] = phone.get(MINE).json()["items"]
    assert [one["verb"] for one in item["actions"]] == ["take", "hand_back"]

    assert press(phone, task, "take", seen=item["seen"]).status_code == 200
    client_id = str(uuid.uuid4())
    send_photo(phone, jpeg(), client_id)
    done = press(phone, task, "finish", note="已填平", photos=[client_id])

    assert done.json()["state"] == "done"
    step = EventStep.objects.latest("id")
    assert (step.action, step.note) == ("finish", "已填平")
    photo = EventPhoto.objects.get()
    assert (photo.event_id, photo.step_id, step.photos) == (task.event_id, step.pk, [photo.pk])
    assert phone.get(MINE).json()["items"] == []


def test_a_task_is_handed_back_with_a_reason(task: EventTask, worker: User) -> None:
    phone = phone_of(worker)

    assert press(phone, task, "hand_back").status_code == 422
    assert press(phone, task, "hand_back", note="不属于本社区").status_code == 200
    assert Event.objects.get().state == "filed"


def test_whoever_comes_second_is_told(task: EventTask, worker: User) -> None:
    other = make_person("li", Role.GRID_WORKER, COMMUNITY)
    press(phone_of(worker), task, "take")

    answer = press(phone_of(other), task, "take")

    assert answer.status_code == 409


@pytest.mark.parametrize(
    ("verb", "sent", "status"),
    [
        pytest.param("close", {}, 404, id="a leader's step"),
        pytest.param("take", {"note": 7}, 422, id="a number as a note"),
        pytest.param("take", {"seen": True}, 422, id="a flag as a number"),
        pytest.param("take", {"sender": "999"}, 409, id="somebody else's phone page"),
        pytest.param("take", {"photos": [str(uuid.uuid4())]}, 422, id="a photo that is not here"),
        pytest.param("take", {"seen": 10**30}, 409, id="a step that never was"),
    ],
)
def test_what_no_phone_sends_is_refused(
    task: EventTask, worker: User, verb: str, sent: dict[str, Any], status: int
) -> None:
    answer = press(phone_of(worker), task, verb, **sent)

    if verb == "take" and sent.get("seen") == 10**30:
        # Units ask for no `seen`: only what becomes of their own task matters.
        assert answer.status_code == 200
    else:
        assert answer.status_code == status


def test_tasks_of_others_are_not_there(task: EventTask) -> None:
    far = phone_of(make_person("zhao", Role.GRID_WORKER, "140107002"))

    assert far.get(MINE).json()["items"] == []
    assert press(far, task, "take").status_code == 404


def test_a_departments_member_has_its_tasks(town: Town, handler: User, media: Path) -> None:
    event = make_event(town.entry, at=timezone.now(), state="dispatched")
    EventTask.objects.create(
        event=event,
        department=town.department,
        unit_name=town.department.name,
        unit_code=town.department.area,
        sent_at=timezone.now(),
        due=event.handle_due,
    )

    [item] = phone_of(handler).get(MINE).json()["items"]

    assert item["unit"] == town.department.name


def test_tasks_cost_a_fixed_number_of_queries(
    task: EventTask, worker: User, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        event = make_event(task.event.category, at=timezone.now(), state="dispatched")
        EventTask.objects.create(
            event=event,
            division=task.division,
            unit_name="x",
            unit_code=COMMUNITY,
            sent_at=timezone.now(),
            due=event.handle_due,
        )
    worker.read_lent_anew()

    # Departments of the user, tasks with their events and entries, photos.
    with django_assert_num_queries(3):
        assert len([task_item(one, timezone.now()) for one in my_tasks(worker)]) == 3
