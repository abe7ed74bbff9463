"""Other systems read events and take steps with them; repeated calls do nothing twice."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.exchange import calls
from events.models import Event, EventStep, IdempotentCall
from events.workflow import Action
from gis_server.accounts import tokens
from gis_server.accounts.tokens import Wanted
from gis_server.models import User
from tests.cameras.threads import together
from tests.events.town import Town, actions, make_event

JSON = "application/json"


def program(user: User, *permissions: str) -> Client:
    wanted = Wanted(f"{user} {len(permissions)}", list(permissions), [], 30)
    text = tokens.make(user=user, wanted=wanted, now=timezone.now())[1]
    return Client(HTTP_AUTHORIZATION=f"Bearer {text}")


@pytest.fixture
def system(community_leader: User) -> Client:
    return program(community_leader, "see_events", "lead_events", "handle_events")


def step(client: Client, event: Event, key: str = "", **told: Any) -> Any:
    headers = {calls.HEADER: key} if key else {}
    address = f"/api/events/{event.pk}/steps/"
    return client.post(address, told, content_type=JSON, headers=headers)


def test_a_program_reads_pages_of_events_and_one_as_a_whole(system: Client, town: Town) -> None:
    events = [make_event(town.entry) for _ in range(3)]

    asked = {"limit": "2", "sort": "oldest"}
    first = system.get("/api/events/", asked).json()
    rest = system.get("/api/events/", asked | {"after": first["next"]}).json()

    numbers = [one["number"] for one in [*first["items"], *rest["items"]]]
    assert numbers == [one.number for one in events]
    assert rest["next"] is None
    whole = system.get(f"/api/events/{events[0].pk}/").json()
    assert whole["number"] == events[0].number
    assert [one["action"] for one in whole["steps"]] == ["report"]
    assert "accept" in whole["actions"]
    units = system.get(f"/api/events/{events[0].pk}/units/").json()["items"]
    assert "区城市管理局" in [one["name"] for one in units]


def test_a_program_takes_steps_as_its_owner_may(system: Client, event: Event) -> None:
    seen = system.get(f"/api/events/{event.pk}/").json()["last_step"]

    answer = step(system, event, action="accept", seen=seen)

    assert answer.status_code == 200
    assert answer.json()["state"] == "accepted"
    assert actions(event) == ["report", "accept"]
    old_page = step(system, event, action="refuse", seen=seen, note="no")
    assert old_page.status_code == 409
    assert "Chang" in old_page.json()["error"]["message"]


def test_a_token_that_lends_no_leading_leads_nothing(community_leader: User, event: Event) -> None:
    reader = program(community_leader, "see_events")

    answer = step(reader, event, action="accept", seen=event.last_step_id)

    assert answer.status_code == 403
    assert actions(event) == ["report"]


def test_a_call_that_is_repeated_is_answered_and_not_done(system: Client, event: Event) -> None:
    told = {"action": "note", "note": "Seen from the hotline"}

    first = step(system, event, "call-1", **told)
    again = step(system, event, "call-1", **told)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert EventStep.objects.filter(event=event, action=Action.NOTE.value).count() == 1


def test_a_key_is_for_one_call_of_one_user(
    system: Client, event: Event, street_leader: User
) -> None:
    step(system, event, "call-1", action="note", note="one")

    other_call = step(system, event, "call-1", action="note", note="two")
    other_user = program(street_leader, "see_events", "lead_events")
    theirs = step(other_user, event, "call-1", action="note", note="three")

    assert other_call.status_code == 422
    assert theirs.status_code == 200
    notes = EventStep.objects.filter(event=event, action=Action.NOTE.value)
    assert list(notes.values_list("note", flat=True)) == ["one", "three"]


def test_what_failed_can_be_sent_again_under_its_key(system: Client, event: Event) -> None:
    assert step(system, event, "call-1", action="note", note="").status_code == 422
    assert step(system, event, "call-1", action="note", note="now").status_code == 200


def test_calls_are_forgotten_after_a_day(community_leader: User) -> None:
    now = timezone.now()
    for key, age in (("old", 25), ("new", 23)):
        IdempotentCall.objects.create(
            user=community_leader, key=key, digest="", at=now - timedelta(hours=age), status=200
        )

    assert calls.forget(now) == 1
    assert IdempotentCall.objects.get().key == "new"


@pytest.mark.django_db(transaction=True)
def test_of_eight_equal_calls_at_once_one_is_done(town: Town, community_leader: User) -> None:
    event = make_event(town.entry)
    clients = [
        Client(HTTP_AUTHORIZATION=one.defaults["HTTP_AUTHORIZATION"])
        for one in [program(community_leader, "see_events", "lead_events")] * 8
    ]

    answers = together(
        *[partial(step, one, event, "k", action="note", note="one") for one in clients]
    )

    assert {one.status_code for one in answers} <= {200, 409}
    assert EventStep.objects.filter(event=event, action=Action.NOTE.value).count() == 1


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"action": "report"},
        {"action": "overdue"},
        {"action": ["accept"]},
        {"action": "accept", "seen": "x"},
        {"action": "accept", "seen": -1},
        {"action": "dispatch", "units": "all"},
        {"action": "ask_time", "until": "soon"},
        {"action": "classify", "category": "NONE"},
        {"action": "note", "note": "x\x00"},
        {"action": "note", "note": "长" * 501},
    ],
)
def test_a_step_that_cannot_be_read_changes_nothing(
    system: Client, event: Event, told: dict[str, Any]
) -> None:
    assert step(system, event, **told).status_code == 422
    assert actions(event) == ["report"]


def test_a_key_too_long_is_refused(system: Client, event: Event) -> None:
    assert step(system, event, "k" * 65, action="note", note="x").status_code == 422


def test_the_catalogue_is_told_with_its_groups(system: Client, town: Town) -> None:
    items = system.get("/api/events/categories/").json()["items"]

    found = {one["code"]: one for one in items}
    assert found["T-0101"]["group"] == "井盖与道路"
    assert "T-01" not in found
