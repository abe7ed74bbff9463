"""The page of an event, its forms, steps for many at once, and entering by hand."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from events.desk.bulk import MOST_AT_ONCE, Outcome, Wish, act_on_all
from events.models import Category, Event, EventCopy, EventPhoto, EventStep, EventTask
from events.services import leading, sending
from events.services.copies import copy_below
from events.workflow import Action
from gis_server.errors import Invalid
from gis_server.models import User
from gis_server.roles import Role
from tests.cameras.threads import together
from tests.events.reports import send, told
from tests.events.town import (
    COMMUNITY,
    DISTRICT,
    MINUTE,
    NOW,
    OTHER_STREET,
    STREET,
    Town,
    actions,
    as_,
    make_event,
    make_person,
    make_town,
    state_of,
)

PAGE = {"accept": "text/html"}
HOSTILE = "<img src=x onerror=alert(1)>"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def wish(event: Event) -> Wish:
    event.refresh_from_db()
    return Wish(event.pk, event.last_step_id)


@pytest.fixture
def second_leader(town: Town) -> User:
    return make_person("second", Role.COMMUNITY_LEADER, COMMUNITY)


# ---- Many at once ----


@pytest.mark.django_db
def test_each_of_many_says_what_became_of_it(
    town: Town, community_leader: User, street_leader: User
) -> None:
    mine, others = make_event(town.entry), make_event(town.entry)
    above = make_event(town.entry, level="street")
    wishes = [wish(one) for one in (mine, others, above)]
    leading.accept(**as_(street_leader, others), now=NOW)

    outcomes = act_on_all(by=community_leader, action="accept", wishes=wishes, now=NOW + MINUTE)

    assert [one.done for one in outcomes] == [True, False, False]
    assert "Shen" in outcomes[1].said  # who was first
    assert outcomes[2].number == above.number
    assert (state_of(mine), state_of(above)) == ("accepted", "reported")


@pytest.mark.django_db
def test_an_event_of_another_street_is_none(town: Town, event: Event) -> None:
    stranger = make_person("shi", Role.STREET_LEADER, OTHER_STREET)

    outcomes = act_on_all(by=stranger, action="accept", wishes=[wish(event)], now=NOW)

    [outcome] = outcomes
    assert not outcome.done
    assert outcome.number == f"#{event.pk}"  # not even its number is told


@pytest.mark.django_db
def test_a_dispatch_of_many_goes_to_each_ones_own_level(
    town: Town, street_leader: User, district_leader: User
) -> None:
    small = make_event(town.entry, state="filed")
    large = make_event(town.entry, state="filed", level="street")
    wishes = [wish(small), wish(large)]

    outcomes = act_on_all(by=street_leader, action="dispatch", wishes=wishes, now=NOW)

    assert [one.done for one in outcomes] == [True, True]
    units = EventTask.objects.order_by("event_id").values_list("unit_name", flat=True)
    assert list(units) == ["鼓楼社区", "鼓楼街道"]


@pytest.mark.django_db
def test_a_dispatch_of_many_to_one_department(town: Town, street_leader: User) -> None:
    events = [make_event(town.entry, state="filed") for _ in range(3)]
    unit = f"department:{town.department.pk}"
    wishes = [wish(one) for one in events]

    outcomes = act_on_all(by=street_leader, action="dispatch", wishes=wishes, unit=unit, now=NOW)

    assert all(one.done for one in outcomes)
    assert EventTask.objects.filter(department=town.department).count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("action", "count"),
    [
        pytest.param("close", 1, id="not one of those"),
        pytest.param("nonsense", 1, id="no step"),
        pytest.param("accept", 0, id="none"),
        pytest.param("accept", MOST_AT_ONCE + 1, id="too many"),
    ],
)
def test_what_is_not_done_in_bulk_is_refused(
    community_leader: User, action: str, count: int
) -> None:
    wishes = [Wish(number + 1, 0) for number in range(count)]

    with pytest.raises(Invalid):
        act_on_all(by=community_leader, action=action, wishes=wishes, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_each_event_is_accepted_once() -> None:
    with transaction.atomic():
        town = make_town()
        first, second = (make_person(name, Role.STREET_LEADER, STREET) for name in ("a", "b"))
        events = [make_event(town.entry) for _ in range(6)]
    wishes = [wish(one) for one in events]

    def press(by: User) -> list[Outcome]:
        # The other way round: they meet in the middle, and neither waits for ever.
        mine = wishes if by is first else wishes[::-1]
        return act_on_all(by=by, action="accept", wishes=mine, now=NOW)

    one, other = together(lambda: press(first), lambda: press(second))

    for outcome, opposite in zip(one, other, strict=True):
        assert outcome.event_id == opposite.event_id
        assert [outcome.done, opposite.done].count(True) == 1
    for event in events:
        assert actions(event).count("accept") == 1


@pytest.mark.django_db
def test_the_desk_answers_its_script_in_json_and_others_with_a_page(
    town: Town, event: Event, community_leader: User
) -> None:
    client, asked = signed_in(community_leader), wish(event)
    sent = {"verb": "accept", "event": f"{asked.event_id}-{asked.seen}"}

    answer = client.post("/events/bulk/", sent).json()
    page = client.post("/events/bulk/", sent, headers=PAGE)

    assert answer["done"] == 1
    assert answer["items"] == [{"id": event.pk, "number": event.number, "done": True, "said": ""}]
    assert page.status_code == 200
    assert "Chang" in page.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("sent", ["x", "1-x", "-1", "9" * 30])
def test_a_choice_that_is_none_is_refused(community_leader: User, sent: str) -> None:
    answer = signed_in(community_leader).post("/events/bulk/", {"verb": "accept", "event": sent})

    assert answer.status_code == 422


# ---- The page ----


@pytest.mark.django_db
def test_the_page_offers_what_may_be_done_now(
    town: Town, event: Event, community_leader: User, worker: User
) -> None:
    lead = signed_in(community_leader).get(f"/events/{event.pk}/", headers=PAGE).content.decode()
    look = signed_in(worker).get(f"/events/{event.pk}/", headers=PAGE).content.decode()

    assert f'action="/events/{event.pk}/do/accept/"' in lead
    assert f'action="/events/{event.pk}/do/dispatch/"' not in lead
    assert f'action="/events/{event.pk}/do/accept/"' not in look


@pytest.mark.django_db
def test_a_whole_case_goes_through_the_forms(
    town: Town, event: Event, community_leader: User, worker: User, second_leader: User
) -> None:
    def press(by: User, action: str, **sent: object) -> None:
        event.refresh_from_db()
        form = {"seen": event.last_step_id} | sent
        answer = signed_in(by).post(f"/events/{event.pk}/do/{action}/", form)
        assert answer.status_code == 302, action

    press(community_leader, "accept")
    press(community_leader, "file", note="案由清楚")
    press(community_leader, "dispatch", unit=[f"division:{town.community.pk}"])
    press(worker, "take")
    press(worker, "ask_time", until="2027-01-01T10:00", note="too late by far")  # refused, and said
    press(worker, "finish", note="已更换")
    press(community_leader, "verify")
    press(community_leader, "close", note="好")

    assert state_of(event) == "closed"
    assert actions(event) == [
        *("report", "accept", "file", "dispatch", "take", "finish", "verify", "close")
    ]
    page = signed_in(second_leader).get(f"/events/{event.pk}/", headers=PAGE).content.decode()
    assert "案由清楚" in page


@pytest.mark.django_db
def test_an_old_page_is_told_who_was_first(
    event: Event, community_leader: User, street_leader: User
) -> None:
    old = wish(event).seen
    leading.accept(**as_(street_leader, event), now=NOW)

    client = signed_in(community_leader)
    address = f"/events/{event.pk}/do/accept/"
    page = client.post(address, {"seen": old}, headers=PAGE, follow=True).content.decode()

    assert "Shen" in page
    assert actions(event).count("accept") == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent",
    [
        *({"seen": "x"}, {"photo": "x"}, {"until": "soon"}, {"until": "0001-01-01T00:00"}),
        *({"into_number": "SJ1"}, {"into_number": "\0"}, {"note": "\0"}, {"note": "x" * 501}),
    ],
)
def test_what_cannot_be_read_changes_nothing(
    event: Event, community_leader: User, sent: dict[str, str]
) -> None:
    answer = signed_in(community_leader).post(f"/events/{event.pk}/do/accept/", sent)

    assert answer.status_code == 302
    assert state_of(event) == "reported"


@pytest.mark.django_db
def test_a_step_that_is_none_is_said_on_the_page(event: Event, community_leader: User) -> None:
    client = signed_in(community_leader)

    page = client.post(f"/events/{event.pk}/do/x/", {}, headers=PAGE, follow=True)

    assert page.status_code == 200
    assert "message error" in page.content.decode()


@pytest.mark.django_db
def test_one_report_is_merged_into_another_by_its_number(
    town: Town, event: Event, community_leader: User
) -> None:
    other = make_event(town.entry)
    client = signed_in(community_leader)

    suggested = client.get(f"/events/{event.pk}/", headers=PAGE).content.decode()
    sent = {"seen": wish(event).seen, "into_number": (other.number or "").lower()}
    client.post(f"/events/{event.pk}/do/merge/", sent)

    assert f'href="/events/{other.pk}/"' in suggested
    assert state_of(event) == "merged"
    page = client.get(f"/events/{other.pk}/", headers=PAGE).content.decode()
    assert event.number is not None
    assert event.number in page


@pytest.mark.django_db
def test_a_copy_is_marked_as_seen_by_those_below(
    town: Town, community_leader: User, street_leader: User
) -> None:
    event = make_event(town.entry, severity="urgent", level="district")
    copy_below(event, NOW)

    page = signed_in(street_leader).get(f"/events/{event.pk}/", headers=PAGE).content.decode()
    signed_in(street_leader).post(f"/events/{event.pk}/seen/")

    assert f'action="/events/{event.pk}/seen/"' in page
    assert EventCopy.objects.get(event=event, code="140107001").seen_by == street_leader


@pytest.mark.django_db
def test_everything_on_the_page_is_escaped(town: Town, district_leader: User) -> None:
    event = make_event(
        town.entry,
        text=HOSTILE,
        address=HOSTILE,
        grid_then_name=HOSTILE,
        grid_then_code=f"{OTHER_STREET}001001",
        outside_reason=HOSTILE,
        reporter_name=HOSTILE,
        state="filed",
    )
    Category.objects.filter(pk=town.entry.pk).update(name=HOSTILE[:40])
    type(town.department).objects.update(name=HOSTILE)
    keys = [f"department:{town.department.pk}"]
    sending.dispatch(**as_(district_leader, event), units=keys, note=HOSTILE, now=NOW)
    EventStep.objects.create(
        event=event,
        at=NOW,
        action=Action.CLASSIFY.value,
        after="handling",
        level="district",
        close_due=NOW,
        detail={"category": [HOSTILE, "x"], "severity": [HOSTILE, "x"], "until": HOSTILE},
    )

    for address in (f"/events/{event.pk}/", "/events/", "/events/new/"):
        page = signed_in(district_leader).get(address, headers=PAGE)
        assert page.status_code == 200
        assert "<img src=x" not in page.content.decode()


@pytest.mark.django_db
def test_the_page_costs_as_much_with_a_long_history(
    town: Town,
    event: Event,
    community_leader: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(40):
        leading.add_note(**as_(community_leader, event), note=str(number), now=NOW)
        EventPhoto.objects.create(
            event=event, client_id=uuid4(), who="x", at=NOW, file="x", width=1, height=1
        )
        make_event(town.entry)
    client = signed_in(community_leader)

    with django_assert_max_num_queries(24):
        assert client.get(f"/events/{event.pk}/", headers=PAGE).status_code == 200


@pytest.mark.django_db
def test_people_of_another_street_see_nothing_of_it(event: Event) -> None:
    client = signed_in(make_person("shi", Role.STREET_LEADER, OTHER_STREET))

    for address in (f"/events/{event.pk}/", f"/api/events/{event.pk}/card/"):
        assert client.get(address).status_code == 404
    assert client.post(f"/events/{event.pk}/do/accept/").status_code == 404


# ---- By hand ----


@pytest.mark.django_db
def test_a_call_is_entered_at_the_desk(
    pothole: Category, media: Path, district_leader_at_home: User
) -> None:
    client = signed_in(district_leader_at_home)
    page = client.get("/events/new/", headers=PAGE).content.decode()
    assert pothole.name in page

    report = told(category=pothole.code, severity="urgent", source="hotline", text="来电反映")
    taken = send(client, report).json()

    event = Event.objects.get(pk=taken["id"])
    assert (event.source, event.severity, event.level) == ("hotline", "urgent", "district")


@pytest.fixture
def district_leader_at_home(db: None) -> User:
    return make_person("du", Role.DISTRICT_LEADER, DISTRICT)
