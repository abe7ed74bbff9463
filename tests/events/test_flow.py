"""The flow of an event from its report to its end, and who may do what on the way."""

import pytest

from events import invariants
from events.models import Event, EventTask
from events.rights import actions_of
from events.services import checking, handling, leading, sending
from events.workflow import Action
from gis_server.errors import Conflict, NotAllowed
from gis_server.models import User
from tests.events.town import MINUTE, NOW, Town, actions, as_, state_of

pytestmark = pytest.mark.django_db


def test_a_small_matter_never_leaves_its_community(
    town: Town, event: Event, community_leader: User, worker: User
) -> None:
    unit = f"division:{town.community.pk}"
    lead, work = as_(community_leader, event), as_(worker, event)

    leading.accept(**lead, now=NOW + MINUTE)
    leading.file(**lead, now=NOW + 2 * MINUTE)
    sending.dispatch(**lead, units=[unit], note="Before noon", now=NOW + 3 * MINUTE)
    handling.take(**work, now=NOW + 4 * MINUTE)
    handling.finish(**work, note="A new cover", now=NOW + 60 * MINUTE)
    checking.verify(**lead, now=NOW + 61 * MINUTE)
    checking.close(**lead, now=NOW + 62 * MINUTE)

    assert state_of(event) == "closed"
    assert event.closed_level == "community"
    assert event.closed_at == NOW + 62 * MINUTE
    assert event.done_at == NOW + 60 * MINUTE
    assert actions(event) == [
        *("report", "accept", "file", "dispatch", "take", "finish", "verify", "close")
    ]
    last = event.steps.get(action="dispatch")
    assert (last.who, last.before, last.after) == ("Chang", "filed", "dispatched")
    assert (last.unit, last.note) == ("鼓楼社区", "Before noon")
    assert EventTask.objects.get(event=event).state == "done"


def test_whoever_handled_neither_verifies_nor_closes(
    town: Town, event: Event, community_leader: User, other_community_leader: User
) -> None:
    lead = as_(community_leader, event)
    leading.accept(**lead, now=NOW)
    leading.file(**lead, now=NOW)
    sending.dispatch(**lead, units=[f"division:{town.community.pk}"], now=NOW)
    handling.take(**lead, now=NOW)
    handling.finish(**lead, note="Done by myself", now=NOW)

    with pytest.raises(NotAllowed):
        checking.verify(**lead, now=NOW)
    assert Action.VERIFY in actions_of(other_community_leader, Event.objects.get(pk=event.pk))


def test_an_old_page_changes_nothing(
    event: Event, community_leader: User, street_leader: User
) -> None:
    page = event.last_step_id
    leading.supervise(by=street_leader, event_id=event.pk, note="Look after it", now=NOW)

    with pytest.raises(Conflict, match="Shen"):
        leading.accept(by=community_leader, event_id=event.pk, seen=page, now=NOW)
    assert state_of(event) == "reported"


def test_check_world_is_content_with_what_the_verbs_do(
    town: Town, event: Event, street_leader: User
) -> None:
    lead = as_(street_leader, event)
    leading.accept(**lead, now=NOW)
    leading.file(**lead, now=NOW)
    sending.dispatch(**lead, units=[f"division:{town.community.pk}"], now=NOW)
    assert list(invariants.check()) == []

    Event.objects.filter(pk=event.pk).update(state="filed", last_step_id=1)

    assert [sentence.partition(" ")[2].partition(" ")[2] for sentence in invariants.check()] == [
        "is with no unit, but one has an open task of it",
        "does not know its newest step",
        "stands elsewhere than its newest step has led",
    ]
