"""Deadlines that pass: told once a stage, passed up a level, and resumed after a crash."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from events.models import Event, EventStep
from events.services import leading
from events.services.clock import mark_overdue, tell
from gis_server.models import User
from tests.events.town import MINUTE, NOW, Town, actions, as_, make_event, state_of

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_nothing_is_told_before_its_time(event: Event) -> None:
    assert mark_overdue(event.accept_due) == 0
    assert actions(event) == ["report"]


def test_what_nobody_accepts_is_told_and_passes_up_once(event: Event) -> None:
    late = event.accept_due + MINUTE

    assert mark_overdue(late) == 1
    assert mark_overdue(late + HOUR) == 0

    assert state_of(event) == "reported"
    assert (event.level, event.escalated, event.overdue) == ("street", 1, True)
    assert actions(event) == ["report", "overdue", "escalate"]
    told = EventStep.objects.filter(event=event).latest("id")
    assert (told.user_id, told.who, told.level) == (None, "", "street")
    assert told.detail == {"level": ["community", "street"], "stage": "accept"}


def test_each_stage_that_passes_goes_one_level_further_and_no_further_than_the_district(
    event: Event, street_leader: User
) -> None:
    mark_overdue(event.accept_due + MINUTE)
    event.refresh_from_db()
    leading.accept(**as_(street_leader, event), now=event.accept_due + HOUR)
    leading.file(**as_(street_leader, event), now=event.accept_due + HOUR)
    event.refresh_from_db()
    assert event.overdue is False

    assert mark_overdue(event.handle_due + MINUTE) == 1
    event.refresh_from_db()
    assert (event.level, event.escalated, event.overdue) == ("district", 2, True)

    mark_overdue(event.close_due + MINUTE)
    event.refresh_from_db()
    assert (event.level, event.escalated) == ("district", 2)
    assert actions(event).count("overdue") == 3


def test_a_deadline_that_was_put_off_is_told_of_again(event: Event) -> None:
    mark_overdue(event.accept_due + MINUTE)
    Event.objects.filter(pk=event.pk).update(accept_due=event.accept_due + DAY)

    assert mark_overdue(event.accept_due + 2 * HOUR) == 0
    assert mark_overdue(event.accept_due + DAY + MINUTE) == 1
    assert actions(event) == ["report", "overdue", "escalate", "overdue", "escalate"]


@transaction.atomic
def tell_and_die(event_id: int, now: datetime) -> None:
    tell(event_id, now)
    raise KeyboardInterrupt


def test_a_run_that_was_killed_is_resumed(town: Town) -> None:
    events = [make_event(town.entry) for _ in range(3)]
    late = events[0].accept_due + MINUTE

    with pytest.raises(KeyboardInterrupt):
        tell_and_die(events[0].pk, late)
    assert actions(events[0]) == ["report"]

    assert mark_overdue(late, most=1) == 3
    assert [actions(one)[-1] for one in events] == ["escalate"] * 3


def test_what_is_over_is_never_late(event: Event, community_leader: User) -> None:
    leading.refuse(**as_(community_leader, event), note="Not in our area", now=NOW)

    assert mark_overdue(event.close_due + DAY) == 0
