"""The side ways of the flow: back, up, together, merged, prolonged, opened again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from events.models import Event, EventCopy, EventStep, EventTask, Extension
from events.rights import actions_of
from events.services import (
    acting,
    checking,
    consulting,
    copies,
    extending,
    handling,
    leading,
    merging,
    sending,
)
from events.services.acting import Told
from events.workflow import Action
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from tests.events.town import (
    MINUTE,
    NOW,
    OTHER_STREET,
    Town,
    actions,
    as_,
    make_event,
    state_of,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def filed(event: Event, by: User) -> Event:
    leading.accept(**as_(by, event), now=NOW)
    return leading.file(**as_(by, event), now=NOW)


def sent(event: Event, by: User, *units: str) -> Event:
    filed(event, by)
    return sending.dispatch(**as_(by, event), units=units, now=NOW)


def community(town: Town) -> str:
    return f"division:{town.community.pk}"


def department(town: Town) -> str:
    return f"department:{town.department.pk}"


def test_of_several_units_the_last_one_ends_it(
    town: Town, event: Event, street_leader: User, worker: User, handler: User
) -> None:
    sent(event, street_leader, community(town), department(town))
    handling.take(**as_(worker, event), now=NOW)
    handling.finish(**as_(worker, event), note="Fenced off", now=NOW)
    assert state_of(event) == "handling"

    handling.take(**as_(handler, event), now=NOW)
    handling.finish(**as_(handler, event), note="New cover", now=NOW)

    assert state_of(event) == "done"
    assert actions(event)[-4:] == ["take", "finish_part", "take", "finish"]


def test_a_unit_sees_and_does_only_its_own_part(
    town: Town, event: Event, street_leader: User, worker: User, handler: User
) -> None:
    event = sent(event, street_leader, department(town))

    assert Action.TAKE in actions_of(handler, event)
    assert actions_of(worker, event) == set()
    with pytest.raises(NotAllowed):
        handling.take(**as_(worker, event), now=NOW)


def test_what_its_only_unit_hands_back_is_dispatched_again(
    town: Town, event: Event, street_leader: User, worker: User
) -> None:
    sent(event, street_leader, community(town))
    with pytest.raises(Invalid, match="原因"):
        handling.give_up(**as_(worker, event), note="  ", now=NOW)

    handling.give_up(**as_(worker, event), note="The road is the city's", now=NOW)

    assert state_of(event) == "filed"
    assert EventTask.objects.get(event=event).state == "given_up"


def test_one_of_several_hands_its_part_back_and_the_others_go_on(
    town: Town, event: Event, street_leader: User, worker: User
) -> None:
    sent(event, street_leader, community(town), department(town))

    handling.give_up(**as_(worker, event), note="Not ours", now=NOW)

    assert state_of(event) == "dispatched"
    assert actions(event)[-1] == "give_up_part"


def test_what_is_called_back_is_taken_from_all(
    town: Town, event: Event, street_leader: User, worker: User
) -> None:
    sent(event, street_leader, community(town), department(town))

    sending.recall(**as_(street_leader, event), note="Wrong units", now=NOW)

    assert state_of(event) == "filed"
    assert set(EventTask.objects.values_list("state", flat=True)) == {"recalled"}
    assert EventStep.objects.latest("id").unit == "鼓楼社区、区城市管理局"
    with pytest.raises(Conflict):
        handling.take(**as_(worker, event), now=NOW)


def test_a_further_unit_is_added_but_not_the_same_one(
    town: Town, event: Event, street_leader: User
) -> None:
    sent(event, street_leader, community(town))

    with pytest.raises(Conflict, match="鼓楼社区"):
        sending.add_unit(**as_(street_leader, event), units=[community(town)], now=NOW)
    sending.add_unit(**as_(street_leader, event), units=[department(town)], now=NOW)

    assert EventTask.objects.filter(event=event).count() == 2


@pytest.mark.parametrize("units", [[], ["division:0"], ["nonsense"], ["department:1"] * 2])
def test_units_that_there_are_not_are_refused(
    event: Event, street_leader: User, units: list[str]
) -> None:
    filed(event, street_leader)

    with pytest.raises(Invalid):
        sending.dispatch(**as_(street_leader, event), units=units, now=NOW)
    assert state_of(event) == "filed"


def test_rework_goes_back_to_those_who_said_it_was_done(
    town: Town, event: Event, street_leader: User, community_leader: User, worker: User
) -> None:
    sent(event, street_leader, community(town))
    handling.take(**as_(worker, event), now=NOW)
    handling.finish(**as_(worker, event), note="Done", now=NOW)

    checking.rework(**as_(community_leader, event), note="The cover is loose", now=NOW)
    assert state_of(event) == "handling"
    assert (event.reworked, event.done_at) == (1, None)
    handling.take(**as_(worker, event), now=NOW)
    handling.finish(**as_(worker, event), note="Fixed", now=NOW)

    assert state_of(event) == "done"
    assert [one.state for one in EventTask.objects.order_by("id")] == ["done", "done"]


def test_the_database_too_refuses_that_whoever_handled_checks(
    town: Town, event: Event, street_leader: User, worker: User
) -> None:
    sent(event, street_leader, community(town))
    handling.take(**as_(worker, event), now=NOW)
    handling.finish(**as_(worker, event), note="Done", now=NOW)
    last = EventStep.objects.latest("id")

    with pytest.raises(IntegrityError, match="does not check"), transaction.atomic():
        EventStep.objects.create(
            event=event,
            at=NOW,
            user_id=worker.pk,
            action="verify",
            before="done",
            after="verified",
            level="community",
            close_due=last.close_due,
        )


def test_who_leads_below_its_level_only_looks_on(
    event: Event, community_leader: User, street_leader: User
) -> None:
    leading.escalate(**as_(community_leader, event), note="Beyond us", now=NOW)

    assert (state_of(event), event.level, event.escalated) == ("reported", "street", 1)
    assert actions_of(community_leader, event) == {Action.NOTE}
    with pytest.raises(NotAllowed):
        leading.accept(**as_(community_leader, event), now=NOW)
    leading.accept(**as_(street_leader, event), now=NOW)


def test_nothing_is_passed_above_the_district(town: Town, district_leader: User) -> None:
    event = make_event(town.entry, level="district")

    with pytest.raises(NotAllowed):
        leading.escalate(**as_(district_leader, event), note="Higher", now=NOW)


def test_a_difficult_matter_is_decided_together_before_it_is_dispatched(
    town: Town, street_leader: User, worker: User, handler: User
) -> None:
    event = make_event(town.entry, severity="difficult", level="street")
    filed(event, street_leader)
    with pytest.raises(Invalid, match="会商"):
        sending.dispatch(**as_(street_leader, event), units=[community(town)], now=NOW)
    with pytest.raises(Invalid, match="两个单位"):
        consulting.consult(
            **as_(street_leader, event), units=[community(town)], note="Who pays?", now=NOW
        )

    parties = [community(town), department(town)]
    consulting.consult(**as_(street_leader, event), units=parties, note="Who pays?", now=NOW)
    consulting.opine(**as_(handler, event), note="The owner pays", now=NOW)
    consulting.opine(**as_(worker, event), note="We agree", now=NOW)
    with pytest.raises(Conflict, match="Wang"):
        consulting.opine(**as_(worker, event), note="And again", now=NOW)
    consulting.decide(**as_(street_leader, event), note="The owner pays", now=NOW)
    sending.dispatch(**as_(street_leader, event), units=[department(town)], now=NOW)

    assert (state_of(event), event.consulted) == ("dispatched", 1)
    assert event.consultations.get().decision == "The owner pays"


def test_more_time_is_asked_for_and_granted_by_another(
    town: Town, event: Event, street_leader: User, worker: User
) -> None:
    sent(event, street_leader, community(town))
    event.refresh_from_db()
    due, close_due = event.handle_due, event.close_due

    extending.ask_time(**as_(worker, event), until=due + DAY, note="Parts are late", now=NOW)
    with pytest.raises(Conflict, match="Wang"):
        extending.ask_time(**as_(worker, event), until=due + DAY, note="Again", now=NOW)
    extending.grant_time(**as_(street_leader, event), now=NOW + MINUTE)

    event.refresh_from_db()
    assert (event.handle_due, event.close_due) == (due + DAY, close_due + DAY)
    assert EventTask.objects.get(event=event).due == due + DAY
    assert (event.extended, event.extensions.get().granted) == (1, True)


def test_nobody_grants_themselves_more_time(
    town: Town, event: Event, street_leader: User, district_leader: User
) -> None:
    sent(event, street_leader, community(town))
    event.refresh_from_db()
    until = event.handle_due + DAY
    extending.ask_time(**as_(street_leader, event), until=until, note="Late", now=NOW)

    with pytest.raises(NotAllowed):
        extending.grant_time(**as_(street_leader, event), now=NOW)
    extending.decline_time(**as_(district_leader, event), note="It is urgent", now=NOW)

    event.refresh_from_db()
    assert (event.extended, event.extensions.get().granted) == (0, False)
    with pytest.raises(IntegrityError), transaction.atomic():
        Extension.objects.update(decided_by=street_leader)


def test_at_most_two_extensions_and_fifteen_days_together(
    town: Town, event: Event, street_leader: User, worker: User
) -> None:
    sent(event, street_leader, community(town))
    event.refresh_from_db()
    due = event.handle_due
    ask = as_(worker, event)

    with pytest.raises(Invalid, match="15"):
        extending.ask_time(**ask, until=due + 15 * DAY + MINUTE, note="x", now=NOW)
    extending.ask_time(**ask, until=due + 10 * DAY, note="x", now=NOW)
    extending.grant_time(**as_(street_leader, event), now=NOW)
    with pytest.raises(Invalid, match="15"):
        extending.ask_time(**ask, until=due + 15 * DAY + MINUTE, note="x", now=NOW)
    with pytest.raises(Invalid, match="晚于"):
        extending.ask_time(**ask, until=due + 10 * DAY, note="x", now=NOW)
    extending.ask_time(**ask, until=due + 15 * DAY, note="x", now=NOW)
    extending.grant_time(**as_(street_leader, event), now=NOW)
    with pytest.raises(Conflict, match="2"):
        extending.ask_time(**ask, until=due + 16 * DAY, note="x", now=NOW)


def test_what_was_asked_for_lapses_with_the_tasks(
    town: Town, event: Event, street_leader: User, worker: User
) -> None:
    sent(event, street_leader, community(town))
    event.refresh_from_db()
    until = event.handle_due + DAY
    extending.ask_time(**as_(worker, event), until=until, note="Late", now=NOW)

    sending.recall(**as_(street_leader, event), note="Wrong unit", now=NOW)

    assert event.extensions.get().granted is False


def test_duplicates_are_suggested_within_250_m_and_24_hours_only(
    town: Town, event: Event, street_leader: User
) -> None:
    # At 37.88° a degree of longitude is 87.9 km: 0.0027° are 237 m, 0.003° are 264 m.
    near = make_event(town.entry, point=moved(event, 0.0027), at=NOW + timedelta(hours=23))
    make_event(town.entry, point=moved(event, 0.003))
    make_event(town.entry, point=moved(event, 0), at=NOW + timedelta(hours=25))
    make_event(town.other_entry, point=moved(event, 0))
    make_event(town.entry, point=moved(event, 0), scope_code=f"{OTHER_STREET}001001")
    over = make_event(town.entry)
    leading.refuse(**as_(street_leader, over), note="No", now=NOW)

    found = merging.suggest_duplicates(street_leader, event)

    assert found == [near]
    assert found[0].distance_m == pytest.approx(237, abs=2)  # type: ignore[attr-defined]


def moved(event: Event, east: float) -> object:
    point = event.point.clone()
    point.x += east
    return point


def test_merged_and_taken_apart(town: Town, event: Event, street_leader: User) -> None:
    other = make_event(town.entry)

    merging.merge(**as_(street_leader, other), into=event.pk, now=NOW)
    assert (state_of(other), other.merged_into) == ("merged", event)
    with pytest.raises(Conflict, match=other.number):
        merging.merge(**as_(street_leader, event), into=other.pk, now=NOW)
    with pytest.raises(Invalid):
        merging.merge(**as_(street_leader, event), into=event.pk, now=NOW)

    later = NOW + DAY
    merging.unmerge(**as_(street_leader, other), note="Another cover", now=later)
    assert (state_of(other), other.merged_into, other.closed_at) == ("reported", None, None)
    assert other.accept_due > later


def test_a_closed_case_is_opened_again_and_its_clocks_begin_anew(
    town: Town, event: Event, street_leader: User, worker: User
) -> None:
    sent(event, street_leader, community(town))
    handling.take(**as_(worker, event), now=NOW)
    handling.finish(**as_(worker, event), note="Done", now=NOW)
    checking.verify(**as_(street_leader, event), now=NOW)
    checking.close(**as_(street_leader, event), now=NOW)
    later = NOW + 10 * DAY

    leading.reopen(**as_(street_leader, event), note="It broke again", now=later)

    assert (state_of(event), event.reopened, event.closed_at) == ("filed", 1, None)
    assert event.handle_due > later
    assert later < event.amber_at < event.handle_due
    assert event.overdue is False


def test_refused_and_taken_up_again(event: Event, street_leader: User) -> None:
    leading.refuse(**as_(street_leader, event), note="Not ours", now=NOW)
    assert (state_of(event), event.closed_at, event.closed_level) == ("refused", NOW, "community")

    leading.reconsider(**as_(street_leader, event), note="It is", now=NOW + DAY)

    assert (state_of(event), event.closed_at, event.closed_level) == ("reported", None, "")


def test_only_its_reporter_withdraws_and_only_before_it_is_accepted(
    town: Town, worker: User, street_leader: User
) -> None:
    event = make_event(town.entry, reporter=worker)
    with pytest.raises(NotAllowed):
        leading.withdraw(**as_(street_leader, event), note="x", now=NOW)

    leading.withdraw(**as_(worker, event), note="Not there any more", now=NOW)

    assert state_of(event) == "withdrawn"
    late = make_event(town.entry, reporter=worker)
    leading.accept(**as_(street_leader, late), now=NOW)
    with pytest.raises(Conflict, match="Shen"):
        leading.withdraw(**as_(worker, late), note="x", now=NOW)


def test_another_severity_takes_its_own_route_and_copies_go_below(
    town: Town, event: Event, community_leader: User, district_leader: User
) -> None:
    told = Told(category_id=town.entry.pk, severity="urgent")

    acting.act(**as_(community_leader, event), action="classify", told=told, now=NOW)

    assert (event.pk, state_of(event), event.level) == (event.pk, "reported", "district")
    assert event.accept_due == NOW + 30 * MINUTE  # the default of urgent ones
    assert set(EventCopy.objects.values_list("code", flat=True)) == {
        "140107001",
        "140107001001",
    }
    assert copies.see_copy(**as_(community_leader, event), now=NOW) == 1
    assert copies.see_copy(**as_(community_leader, event), now=NOW) == 0
    with pytest.raises(NotAllowed):
        leading.accept(**as_(community_leader, event), now=NOW)
    with pytest.raises(Invalid, match="没有变化"):
        acting.act(**as_(district_leader, event), action="classify", told=told, now=NOW)


def test_an_event_of_another_street_is_not_there(town: Town, street_leader: User) -> None:
    event = make_event(town.entry, scope_code=f"{OTHER_STREET}001001")

    with pytest.raises(NotFound):
        leading.accept(**as_(street_leader, event), now=NOW)


@pytest.mark.parametrize("action", ["overdue", "report", "explode", ""])
def test_what_is_no_persons_step_is_refused(event: Event, street_leader: User, action: str) -> None:
    with pytest.raises(Invalid):
        acting.act(**as_(street_leader, event), action=action, told=Told(), now=NOW)


def test_one_door_leads_to_the_verbs(event: Event, street_leader: User) -> None:
    acting.act(
        **as_(street_leader, event), action="supervise", told=Told(note="Look to it"), now=NOW
    )

    assert (state_of(event), event.supervised) == ("reported", 1)


@pytest.mark.parametrize("note", ["x" * 501, "nul\0"])
def test_notes_have_an_end(event: Event, street_leader: User, note: str) -> None:
    with pytest.raises(Invalid):
        leading.add_note(**as_(street_leader, event), note=note, now=NOW)
