"""Eight press at once: one wins, and seven are told who was first."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from events.models import Event, EventStep, EventTask, Extension
from events.services import acting, checking, extending, handling, leading, merging, sending
from events.services.acting import Told
from events.services.clock import tell
from gis_server.errors import Conflict
from gis_server.models import User
from gis_server.roles import Role
from tests.cameras.threads import together
from tests.events.town import (
    COMMUNITY,
    DISTRICT,
    NOW,
    Town,
    actions,
    as_,
    make_event,
    make_person,
    make_town,
    state_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
WON = "won"
NAMES = ("an", "bo", "chen", "deng", "fan", "gao", "he", "jin")


def leaders() -> list[User]:
    return [make_person(name, Role.DISTRICT_LEADER, DISTRICT) for name in NAMES]


def pressed(work: Callable[[], object]) -> Callable[[], str]:
    def press() -> str:
        try:
            work()
        except Conflict as refused:
            return str(refused.message)
        return WON

    return press


def race(people: Sequence[User], event: Event, action: str, told: Told) -> tuple[User, list[str]]:
    """All press the same button of the same page; the winner, and what the others are told."""

    def press(user: User) -> Callable[[], str]:
        return pressed(lambda: acting.act(**as_(user, event), action=action, told=told, now=NOW))

    said = together(*(press(user) for user in people))
    assert said.count(WON) == 1
    return people[said.index(WON)], [text for text in said if text != WON]


def brought_to(event: Event, state: str, town: Town) -> None:
    """Bring a reported event to a state, by others than those who race."""
    boss = make_person("boss", Role.DISTRICT_LEADER, DISTRICT)
    worker = make_person("worker", Role.GRID_WORKER, COMMUNITY)
    unit = [f"division:{town.community.pk}"]
    steps: dict[str, Callable[[], Event]] = {
        "accepted": lambda: leading.accept(**as_(boss, event), now=NOW),
        "filed": lambda: leading.file(**as_(boss, event), now=NOW),
        "dispatched": lambda: sending.dispatch(**as_(boss, event), units=unit, now=NOW),
        "handling": lambda: handling.take(**as_(worker, event), now=NOW),
        "done": lambda: handling.finish(**as_(worker, event), note="Done", now=NOW),
        "verified": lambda: checking.verify(**as_(boss, event), now=NOW),
    }
    for reached, step in steps.items():
        if state_of(event) == state:
            return
        step()
        assert state_of(event) == reached


@pytest.mark.parametrize(
    ("state", "action", "after"),
    [
        pytest.param("reported", "accept", "accepted", id="accept"),
        pytest.param("accepted", "file", "filed", id="file"),
        pytest.param("filed", "dispatch", "dispatched", id="dispatch"),
        pytest.param("dispatched", "take", "handling", id="take"),
        pytest.param("dispatched", "recall", "filed", id="recall"),
        pytest.param("done", "verify", "verified", id="verify"),
        pytest.param("done", "rework", "handling", id="rework"),
        pytest.param("verified", "close", "closed", id="close"),
        pytest.param("reported", "supervise", "reported", id="supervise"),
    ],
)
def test_of_eight_one_wins_and_seven_are_told_who(state: str, action: str, after: str) -> None:
    town = make_town()
    event = make_event(town.entry)
    brought_to(event, state, town)
    steps = EventStep.objects.count()
    units = [f"division:{town.community.pk}"] if action == "dispatch" else []
    told = Told(seen=event.last_step_id, note="For a reason", units=units)

    winner, losers = race(leaders(), event, action, told)

    assert state_of(event) == after
    assert EventStep.objects.count() == steps + 1
    assert len(losers) == 7
    assert all(winner.display_name in text for text in losers)


def test_two_units_finish_together_and_the_last_one_ends_it() -> None:
    town = make_town()
    event = make_event(town.entry)
    brought_to(event, "filed", town)
    boss = User.objects.get(username="boss")
    worker = User.objects.get(username="worker")
    handler = make_person("han", Role.HANDLER, DISTRICT, department=town.department)
    units = [f"division:{town.community.pk}", f"department:{town.department.pk}"]
    sending.dispatch(**as_(boss, event), units=units, now=NOW)
    for user in (worker, handler):
        handling.take(**as_(user, event), now=NOW)

    said = together(
        pressed(lambda: handling.finish(**as_(worker, event), note="Fence", now=NOW)),
        pressed(lambda: handling.finish(**as_(handler, event), note="Cover", now=NOW)),
    )

    assert said == [WON, WON]
    assert state_of(event) == "done"
    assert actions(event)[-2:] == ["finish_part", "finish"]
    assert set(EventTask.objects.values_list("state", flat=True)) == {"done"}


def test_of_two_who_merge_two_events_into_each_other_one_wins() -> None:
    town = make_town()
    first, second = make_event(town.entry), make_event(town.entry)
    an, bo = leaders()[:2]

    said = together(
        pressed(lambda: merging.merge(**as_(an, first), into=second.pk, now=NOW)),
        pressed(lambda: merging.merge(**as_(bo, second), into=first.pk, now=NOW)),
    )

    assert said.count(WON) == 1
    assert sorted([state_of(first), state_of(second)]) == ["merged", "reported"]


def test_more_time_is_granted_once_however_many_press() -> None:
    town = make_town()
    event = make_event(town.entry)
    brought_to(event, "handling", town)
    worker = User.objects.get(username="worker")
    event.refresh_from_db()
    until = event.handle_due + timedelta(days=1)
    extending.ask_time(**as_(worker, event), until=until, note="Parts are late", now=NOW)

    winner, losers = race(leaders(), event, "grant_time", Told())

    assert all(winner.display_name in text for text in losers)
    event.refresh_from_db()
    assert (event.handle_due, event.extended) == (until, 1)
    assert Extension.objects.get().granted is True


def test_eight_clocks_tell_of_a_deadline_once() -> None:
    town = make_town()
    event = make_event(town.entry)
    late = event.accept_due + timedelta(minutes=1)

    together(*(lambda: tell(event.pk, late) for _ in NAMES))

    assert actions(event) == ["report", "overdue", "escalate"]
