"""Events as they stood at a moment of the past, and what became of them in a span."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from events.models import Event, EventStep
from events.services.leading import classify
from events.services.steps import move
from events.workflow import Action
from gis_server.roles import Role
from maps.then import events as then_events
from maps.then import rows
from tests.conftest import SignIn
from tests.events.town import NOW, Town, as_, make_event, make_person, make_town
from tests.maps.then import ENGLISH, by_id, changes, moment

HOUR = timedelta(hours=1)
ROUTE = (Action.ACCEPT, Action.FILE, Action.DISPATCH, Action.TAKE, Action.FINISH, Action.VERIFY)


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def walk(event: Event, *actions: Action, begin: datetime = NOW) -> None:
    """A step each hour, the first an hour after `begin`."""
    for number, action in enumerate(actions, start=1):
        values = {
            Action.CLOSE: {"closed_level": event.level},
            Action.REOPEN: {"closed_level": ""},
        }.get(action, {})
        move(event, action, by=None, now=begin + number * HOUR, values=values)


def states(client: Client, at: datetime) -> dict[int, str]:
    return {row["id"]: row["state"] for row in by_id(moment(client, at)["events"]).values()}


def test_an_event_has_the_state_it_had_and_is_gone_while_it_was_closed(
    operator: Client, town: Town
) -> None:
    event = make_event(town.entry)
    walk(event, *ROUTE, Action.CLOSE)
    walk(event, Action.REOPEN, begin=NOW + 9 * HOUR)

    told = {hours: states(operator, NOW + hours * HOUR).get(event.pk) for hours in (0, 3.5, 8, 10)}

    assert told == {0: "reported", 3.5: "dispatched", 8: None, 10: "filed"}


def test_an_event_is_not_there_before_it_was_received_whenever_it_was_seen(
    operator: Client, town: Town
) -> None:
    first = make_event(town.entry)
    late = make_event(town.entry, at=NOW + 2 * HOUR, reported_at=NOW)

    assert states(operator, NOW + HOUR) == {first.pk: "reported"}
    assert set(states(operator, NOW + 2 * HOUR)) == {first.pk, late.pk}


def test_severity_and_kind_are_those_before_it_was_classified_anew(
    operator: Client, town: Town
) -> None:
    leader = make_person("leader", Role.DISTRICT_LEADER, "140107")
    town.other_entry.kind = "safety"
    town.other_entry.save()
    event = make_event(town.entry)
    classify(**as_(leader, event), category_id=town.other_entry.pk, severity="major",
             now=NOW + HOUR)  # fmt: skip

    def told(hours: float) -> tuple[str, str, str]:
        [row] = by_id(moment(operator, NOW + hours * HOUR)["events"]).values()
        return row["kind"], row["severity"], row["level"]

    assert told(0.5) == ("service", "minor", "community")
    assert told(1.5) == ("safety", "major", "street")
    [step] = changes(operator, NOW, NOW + 2 * HOUR)["events"]["steps"]["rows"]
    assert step[:5] == [3_600_000, event.pk, "reported", "safety", "major"]


def test_counts_are_of_all_though_only_so_many_are_told(
    operator: Client, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(3):
        make_event(town.entry)
    walk(make_event(town.entry, severity="urgent"), Action.ACCEPT)
    monkeypatch.setattr(then_events, "MOST_EVENTS", 2)

    told = moment(operator, NOW + 2 * HOUR)["events"]

    assert len(told["rows"]) == 2
    assert (told["total"], told["left_out"]) == (4, 2)
    assert told["states"] == {"reported": 3, "accepted": 1}
    assert told["severities"] == {"minor": 3, "urgent": 1}


def test_what_stood_and_what_changed_tell_every_moment_of_the_span(
    operator: Client, town: Town
) -> None:
    walk(make_event(town.entry), *ROUTE, Action.CLOSE, Action.REOPEN, Action.DISPATCH)
    walk(make_event(town.entry, at=NOW + 4 * HOUR), Action.ACCEPT, begin=NOW + 5 * HOUR)
    begin, end = NOW + HOUR / 2, NOW + 11 * HOUR
    known = states(operator, begin)
    told = changes(operator, begin, end)["events"]

    for hours in range(1, 11):
        at = begin + hours * HOUR
        for after_ms, pk, state, *_more in told["steps"]["rows"]:
            if after_ms <= hours * 3_600_000:
                known[pk] = state
        over = {"closed", "refused", "merged", "withdrawn"}
        assert {pk: state for pk, state in known.items() if state not in over} == states(
            operator, at
        )
    assert {row[0] for row in told["events"]["rows"]} == {row[1] for row in told["steps"]["rows"]}


def test_a_reader_sees_the_past_of_what_lies_in_his_reach_now(sign_in: SignIn, town: Town) -> None:
    mine = make_event(town.entry)
    other = make_event(town.entry, scope_code="140107002001001", grid_then_code="140107002001001")
    own, whole = sign_in(Role.OPERATOR, ("140107001",)), sign_in()

    assert set(states(own, NOW)) == {mine.pk}
    assert set(states(whole, NOW)) == {mine.pk, other.pk}
    walk(other, Action.ACCEPT)
    assert changes(own, NOW, NOW + 2 * HOUR)["events"]["steps"]["rows"] == []

    # The border was moved since: what lies elsewhere now is another's, also as it stood then.
    Event.objects.filter(pk=mine.pk).update(scope_code="140107002001001")
    assert states(own, NOW) == {}


def test_who_sees_no_events_or_cameras_is_told_none(sign_in: SignIn, town: Town) -> None:
    make_event(town.entry)
    told = moment(sign_in(Role.PLANNER), NOW)
    assert told["events"] is None
    assert told["cameras"] is not None
    told = moment(sign_in(Role.GRID_WORKER), NOW)
    assert told["cameras"] is None
    assert len(told["events"]["rows"]) == 1
    assert changes(sign_in(Role.PATROLLER), NOW, NOW)["events"] is None


def test_too_much_in_a_span_is_refused_and_not_half_told(
    operator: Client, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    walk(make_event(town.entry), *ROUTE)
    monkeypatch.setattr(then_events, "MOST_CHANGES", 3)
    begin, address = NOW.isoformat(), "/api/maps/then/changes/"

    whole = operator.get(
        address, {"from": begin, "to": (NOW + 9 * HOUR).isoformat()}, headers=ENGLISH
    )
    part = operator.get(address, {"from": begin, "to": (NOW + 3 * HOUR).isoformat()})

    assert whole.status_code == 422
    assert "shorter" in whole.json()["error"]["message"]
    assert len(part.json()["events"]["steps"]["rows"]) == 3


def test_notes_and_the_machines_lateness_are_no_changes(operator: Client, town: Town) -> None:
    event = make_event(town.entry)
    move(event, Action.OVERDUE, by=None, now=NOW + HOUR)
    assert EventStep.objects.filter(event=event).count() == 2

    assert changes(operator, NOW, NOW + 2 * HOUR)["events"]["steps"]["rows"] == []


TOMORROW = datetime(2199, 1, 1, tzinfo=UTC).isoformat()
BEFORE = (NOW - timedelta(days=40)).isoformat()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param("", "at is missing", id="no moment"),
        pytest.param("?at=yesterday", "must be a time with its zone", id="no time"),
        pytest.param("?at=2026-03-02T09:00:00", "must be a time with its zone", id="no zone"),
        pytest.param("?at=0001-01-01T00:00:00%2B14:00", "must be a time", id="before the calendar"),
        pytest.param(f"?at={TOMORROW}", "to come", id="the future"),
        pytest.param(f"?at={BEFORE}", "before 2026-03-02", id="before anything was known"),
        pytest.param("?at=2026-03-02T09:00:00%2B08:00%00", "text", id="a NUL"),
    ],
)
def test_a_moment_nobody_can_tell_of_is_refused_in_words(
    operator: Client, town: Town, question: str, words: str
) -> None:
    make_event(town.entry)
    answer = operator.get(f"/api/maps/then/{question}", headers=ENGLISH)

    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("begin", "end", "words"),
    [
        pytest.param(NOW, None, "to is missing", id="no end"),
        pytest.param(NOW + HOUR, NOW, "ends before it begins", id="the wrong way round"),
        pytest.param(NOW, NOW + 24 * HOUR + timedelta(seconds=1), "too long", id="over a day"),
    ],
)
def test_a_span_nobody_can_tell_of_is_refused_in_words(
    operator: Client, town: Town, begin: datetime, end: datetime | None, words: str
) -> None:
    make_event(town.entry)
    question = {"from": begin.isoformat()} | ({"to": end.isoformat()} if end else {})
    answer = operator.get("/api/maps/then/changes/", question, headers=ENGLISH)

    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


def test_an_empty_house_says_that_it_knows_nothing(operator: Client) -> None:
    answer = operator.get("/api/maps/then/", {"at": NOW.isoformat()}, headers=ENGLISH)

    assert answer.status_code == 422
    assert "Nothing has been written down" in answer.json()["error"]["message"]


def test_it_costs_a_fixed_number_of_queries_and_goes_packed(
    operator: Client, town: Town, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    question: dict[str, Any] = {"at": (NOW + HOUR).isoformat()}
    for _number in range(40):
        make_event(town.entry)
    operator.get("/api/maps/then/", question)

    # Session, user; savepoint twice, limit of time; begin, edition, grids, events, cameras.
    with django_assert_num_queries(10):
        answer = operator.get("/api/maps/then/", question, headers={"Accept-Encoding": "gzip"})

    assert answer.headers["Content-Encoding"] == "gzip"
    assert "no-store" in answer.headers["Cache-Control"]
    assert rows.MOST_EVENTS > 40
