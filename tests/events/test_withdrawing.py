"""A reporter takes a report back while nobody has accepted it: once, with a reason; it counts as
reported and no more.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.counting import queries as counting
from events.counting.cases import Asked
from events.counting.share import Counts
from events.desk.filters import Filters, Tab
from events.desk.queries import filtered
from events.models import Event, EventStep
from events.queries import story_of
from events.rights import actions_of
from events.services import leading
from gis_server.errors import Conflict
from gis_server.models import User
from gis_server.roles import Role
from tests.cameras.threads import together
from tests.conftest import SignIn
from tests.events.reports import REPORTS, send, told
from tests.events.town import (
    COMMUNITY,
    DISTRICT,
    NOW,
    Town,
    as_,
    make_event,
    make_person,
    make_town,
    state_of,
)
from tests.grids.territory import WEST

WHY = "已自行解决"


def withdraw(client: Client, event: Event, key: str = "", note: str = WHY) -> Any:
    return client.post(
        f"/api/events/{event.pk}/steps/",
        {"action": "withdraw", "note": note},
        content_type="application/json",
        headers={"Idempotency-Key": key} if key else {},
    )


@pytest.fixture
def phone(sign_in: SignIn, pothole: object) -> Client:
    """A phone of whoever works in the western grid."""
    return sign_in(Role.GRID_WORKER, (WEST,))


@pytest.fixture
def reported(phone: Client) -> Event:
    assert send(phone, told()).status_code == 201
    return Event.objects.get()


def test_the_phone_offers_it_and_it_stands_in_the_history(phone: Client, reported: Event) -> None:
    [before] = phone.get(REPORTS).json()["items"]

    answer = withdraw(phone, reported)

    assert answer.status_code == 200
    [after] = phone.get(REPORTS).json()["items"]
    assert (before["can_withdraw"], after["can_withdraw"]) == (True, False)
    assert (after["state"], after["badge"]) == ("withdrawn", "off")
    step = story_of(reported).steps[-1].step
    assert (step.action, step.before, step.after, step.note) == (
        "withdraw", "reported", "withdrawn", WHY,
    )  # fmt: skip


def test_a_reason_is_needed(phone: Client, reported: Event) -> None:
    assert withdraw(phone, reported, note=" ").status_code == 422
    assert state_of(reported) == "reported"


def test_a_press_that_is_repeated_is_one_step(phone: Client, reported: Event) -> None:
    """The phone has heard no answer and its owner presses again."""
    first, again = withdraw(phone, reported, "k-1"), withdraw(phone, reported, "k-1")

    assert (first.status_code, again.status_code) == (200, 200)
    assert EventStep.objects.filter(event=reported, action="withdraw").count() == 1


def test_nobody_else_and_not_once_it_is_accepted(
    phone: Client, reported: Event, sign_in: SignIn
) -> None:
    other = sign_in(Role.GRID_WORKER, (WEST, "140108"))
    assert withdraw(other, reported).status_code == 403
    boss = make_person("du", Role.DISTRICT_LEADER, DISTRICT)
    leading.accept(**as_(boss, reported), now=timezone.now())

    answer = withdraw(phone, reported)

    assert answer.status_code == 409
    assert "Du" in answer.json()["error"]["message"]
    assert phone.get(REPORTS).json()["items"][0]["can_withdraw"] is False


def test_it_is_neither_accepted_nor_refused_nor_due(town: Town, worker: User) -> None:
    """Only 受理's opposite, 上报, counts it; the desk has it among what is over."""
    event = make_event(town.entry, reporter=worker)
    leading.withdraw(**as_(worker, event), note=WHY, now=NOW + timedelta(hours=1))
    boss = make_person("du", Role.DISTRICT_LEADER, DISTRICT)

    late = NOW + timedelta(days=30)
    asked = Asked(NOW - timedelta(days=1), late, late, [DISTRICT])
    assert counting.total(asked) == Counts(reported=1)

    def shown(tab: Tab) -> list[Event]:
        return list(filtered(boss, Filters(tab=tab), NOW + timedelta(days=6)))

    assert [shown(tab) for tab in (Tab.OPEN, Tab.TO_ACCEPT, Tab.OVERDUE)] == [[], [], []]
    assert shown(Tab.OVER) == [event]
    event.refresh_from_db()
    assert actions_of(boss, event) == set()


@pytest.mark.django_db(transaction=True)
def test_of_reporter_and_leaders_who_press_at_once_one_wins() -> None:
    town = make_town()
    worker = make_person("wang", Role.GRID_WORKER, COMMUNITY)
    leaders = [make_person(f"leader{n}", Role.DISTRICT_LEADER, DISTRICT) for n in range(3)]
    event = make_event(town.entry, reporter=worker)

    def withdrawn() -> str:
        return won(lambda: leading.withdraw(**as_(worker, event), note=WHY, now=NOW))

    def accepted(by: User) -> str:
        return won(lambda: leading.accept(**as_(by, event), now=NOW))

    said = together(
        withdrawn, withdrawn, withdrawn, *((lambda who=who: accepted(who)) for who in leaders)
    )

    assert said.count("won") == 1
    after = "withdrawn" if "won" in said[:3] else "accepted"
    assert state_of(event) == after
    winner = "Wang" if after == "withdrawn" else leaders[said.index("won") - 3].display_name
    assert all(winner in one for one in said if one != "won")
    assert EventStep.objects.filter(event=event).count() == 2


def won(press: Any) -> str:
    try:
        press()
    except Conflict as refused:
        return str(refused.message)
    return "won"
