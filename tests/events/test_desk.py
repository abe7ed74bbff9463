"""The desk: which events its tabs and filters show, in which order, to whom."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from events.deadlines import Colour, colour
from events.deadlines import next_due as next_due_of
from events.desk import queries
from events.desk.filters import GRAVEST_FIRST, Filters, Tab
from events.desk.keyset import Asked, Place, place_of
from events.desk.shown import dues_of
from events.models import Category, Event, EventTask, EventView, EventWords, Extension
from events.services import leading, sending
from events.services.copies import copy_below
from events.workflow import OPEN, OVER, Severity, Status
from gis_server import search
from gis_server.errors import Invalid
from gis_server.models import User
from gis_server.roles import Role
from tests.events.town import (
    DISTRICT,
    MINUTE,
    NOW,
    OTHER_STREET,
    STREET,
    Town,
    as_,
    make_event,
    make_person,
)

pytestmark = pytest.mark.django_db
PAGE = {"accept": "text/html"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = Asked(limit=50)


def found(user: User, filters: Filters | None = None, asked: Asked = FIRST) -> list[str]:
    """The texts of what the desk lists, in its order."""
    asking = filters or Filters()
    rows = queries.filtered(user, asking, NOW)
    return [one.text for one in queries.desk(rows, asking, asked).rows]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def over(entry: Category, state: str = "closed", **values: Any) -> Event:
    return make_event(entry, state=state, closed_at=NOW, closed_level="community", **values)


@pytest.fixture
def many(town: Town) -> None:
    """One event in each state, all due at other times."""
    for number, state in enumerate(Status):
        if state is Status.MERGED:
            continue  # needs another event
        due = NOW + (number + 1) * HOUR
        make = over if state in OVER else make_event
        make(town.entry, text=state.value, state=state.value, accept_due=due, handle_due=due)


@pytest.mark.parametrize(
    ("tab", "states"),
    [
        pytest.param(Tab.OPEN, [s.value for s in Status if s in OPEN], id="open"),
        pytest.param(Tab.TO_ACCEPT, ["reported"], id="to accept"),
        pytest.param(Tab.TO_FILE, ["accepted"], id="to file"),
        pytest.param(Tab.TO_DISPATCH, ["filed"], id="to dispatch"),
        pytest.param(Tab.CONSULTING, ["consulting"], id="consulting"),
        pytest.param(Tab.AT_UNITS, ["dispatched", "handling"], id="at units"),
        pytest.param(Tab.TO_VERIFY, ["done"], id="to verify"),
        pytest.param(Tab.TO_CLOSE, ["verified"], id="to close"),
        pytest.param(Tab.OVER, ["closed", "refused", "withdrawn"], id="over"),
        pytest.param(Tab.OVERDUE, [], id="overdue"),
        pytest.param(Tab.SUPERVISED, [], id="supervised"),
    ],
)
def test_a_tab_shows_its_states(
    many: None, district_leader: User, tab: Tab, states: list[str]
) -> None:
    assert sorted(found(district_leader, Filters(tab=tab))) == sorted(states)


def test_what_is_due_first_stands_on_top(town: Town, district_leader: User) -> None:
    # By what runs now: a report by its acceptance, a case by its handling, the rest by its closing.
    make_event(town.entry, text="third", accept_due=NOW + 3 * HOUR)
    make_event(town.entry, text="first", state="filed", accept_due=NOW, handle_due=NOW + HOUR)
    make_event(town.entry, text="second", state="done", close_due=NOW + 2 * HOUR)

    assert found(district_leader) == ["first", "second", "third"]
    assert found(district_leader, Filters(sort="newest")) == ["second", "first", "third"]
    assert found(district_leader, Filters(sort="oldest")) == ["third", "first", "second"]


def test_the_gravest_stand_on_top_and_of_those_alike_what_is_due_first(
    town: Town, district_leader: User
) -> None:
    for number, severity in enumerate(("minor", "difficult", "urgent", "major", "urgent")):
        due = NOW - number * HOUR
        make_event(town.entry, text=f"{severity} {number}", severity=severity, accept_due=due)
    gravest = Filters(sort="gravest")
    rows = queries.filtered(district_leader, gravest, NOW)

    first = queries.desk(rows, gravest, Asked(2))
    second = queries.desk(rows, gravest, Asked(2, after=first.later))
    back = queries.desk(rows, gravest, Asked(2, before=second.earlier))

    listed = ["urgent 4", "urgent 2", "difficult 1", "major 3", "minor 0"]
    assert found(district_leader, gravest) == listed
    assert [one.text for one in queries.in_order(rows, gravest)] == listed
    pages = [[one.text for one in page.rows] for page in (first, second, back)]
    assert pages == [listed[:2], listed[2:4], listed[:2]]
    last = second.rows[-1]
    assert str(second.later) == f"2~{round(last.next_due.timestamp() * 1_000_000)}~{last.pk}"


def test_of_what_is_over_and_as_grave_the_newest_comes_first(
    town: Town, district_leader: User
) -> None:
    for number, severity in enumerate(("minor", "urgent", "urgent")):
        at = NOW - number * DAY
        over(town.entry, text=str(number), severity=severity, received_at=at, reported_at=at)
    gravest = Filters(tab="over", sort="gravest")
    rows = queries.filtered(district_leader, gravest, NOW)

    first = queries.desk(rows, gravest, Asked(1))
    second = queries.desk(rows, gravest, Asked(1, after=first.later))

    assert found(district_leader, gravest) == ["1", "2", "0"]
    assert [one.text for one in (*first.rows, *second.rows)] == ["1", "2"]


def test_a_place_in_a_list_of_another_order_is_refused(district_leader: User) -> None:
    ranked, plain = Place(NOW, 7, 2), Place(NOW, 7)
    for sort, place in (("due", ranked), ("gravest", plain)):
        filters = Filters(sort=sort)
        rows = queries.filtered(district_leader, filters, NOW)
        with pytest.raises(Invalid):
            queries.desk(rows, filters, Asked(2, after=place))


@pytest.mark.parametrize("severity", Severity)
def test_the_database_ranks_severities_as_the_desk_does(town: Town, severity: Severity) -> None:
    make_event(town.entry, severity=severity.value)

    rank = Event.objects.annotate(rank=queries.rank()).values_list("rank", flat=True).get()

    assert GRAVEST_FIRST[rank] is severity


@pytest.mark.parametrize("state", Status)
def test_the_database_knows_what_is_due_next(town: Town, state: Status) -> None:
    if state is Status.MERGED:
        return
    make = over if state in OVER else make_event
    for accept, handle, close in ((1, 2, 3), (3, 2, 1), (2, 2, 2)):
        event = make(
            town.entry,
            state=state.value,
            accept_due=NOW + accept * HOUR,
            handle_due=NOW + handle * HOUR,
            close_due=NOW + close * HOUR,
        )
        row = Event.objects.annotate(next_due=queries.next_due()).get(pk=event.pk)
        running = next_due_of(state, dues_of(event))
        assert row.next_due == (running[1] if running else event.close_due)


@pytest.mark.parametrize("minutes", [-61, -60, -1, 0, 1, 19, 20, 21, 59, 60, 61, 90])
def test_the_colours_of_the_desk_are_those_of_the_deadlines(
    town: Town, district_leader: User, minutes: int
) -> None:
    # Amber for the last hour, red for the last third of it.
    due = NOW + minutes * MINUTE
    event = make_event(town.entry, accept_due=due, amber_at=due - HOUR)
    expected = colour(NOW, event.amber_at, due)

    shown = [one for one in Colour if found(district_leader, Filters(colour=one.value))]

    assert shown == [expected]


def test_pages_go_on_where_the_last_one_ended(town: Town, district_leader: User) -> None:
    # Three of one minute: the id tells them apart.
    for number in range(7):
        make_event(town.entry, text=str(number), accept_due=NOW + (number // 3) * MINUTE)
    rows = queries.filtered(district_leader, Filters(), NOW)

    first = queries.desk(rows, Filters(), Asked(3))
    second = queries.desk(rows, Filters(), Asked(3, after=first.later))
    third = queries.desk(rows, Filters(), Asked(3, after=second.later))
    back = queries.desk(rows, Filters(), Asked(3, before=third.earlier))

    pages = [[one.text for one in page.rows] for page in (first, second, third, back)]
    assert pages == [["0", "1", "2"], ["3", "4", "5"], ["6"], ["3", "4", "5"]]
    assert first.earlier is None
    assert third.later is None
    assert back.earlier is not None
    assert back.later is not None


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "2026-03-02",
        "~1",
        "1~",
        "1~-1",
        "-1~1",
        "1~1\n",
        "１~1",
        "1" * 18 + "~1",
        "1~1~1~1",
        "x~1~1",
        "100~1~1",
        f"1~{2**63}",
    ],
)
def test_a_place_that_no_page_has_named_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        place_of(text)


def test_a_place_is_read_as_it_is_written() -> None:
    place = Place(NOW, 7)

    assert place_of(str(place)) == place
    assert place_of(str(Place(NOW, 7, -2))) == Place(NOW, 7, -2)
    assert place_of("") is None


def test_filters_narrow_the_list(town: Town, district_leader: User) -> None:
    plain = make_event(town.entry, text="plain")
    make_event(
        town.other_entry,
        text="other",
        severity="urgent",
        level="district",
        source="hotline",
        scope_code=f"{OTHER_STREET}001001",
        received_at=NOW - 3 * DAY,
    )
    EventTask.objects.create(
        event=plain,
        department=town.department,
        unit_name="x",
        unit_code=DISTRICT,
        sent_at=NOW,
        due=NOW,
    )

    for filters in (
        Filters(severity="urgent"),
        Filters(level="district"),
        Filters(source="hotline"),
        Filters(category=town.other_entry.pk),
        Filters(division=f"{OTHER_STREET}000"),
        Filters(until="2026-03-01"),
    ):
        assert found(district_leader, filters) == ["other"], filters
    for filters in (
        Filters(severity="minor"),
        Filters(department=town.department.pk),
        Filters(division=f"{STREET}000"),
        Filters(since="2026-03-02"),
    ):
        assert found(district_leader, filters) == ["plain"], filters
    group = town.entry.parent_id or 0
    assert sorted(found(district_leader, Filters(category=group))) == ["other", "plain"]


def test_what_is_over_is_shown_of_the_last_ninety_days(town: Town, district_leader: User) -> None:
    over(town.entry, text="new")
    over(town.entry, text="old", received_at=NOW - 91 * DAY)

    assert found(district_leader, Filters(tab="over")) == ["new"]
    assert found(district_leader, Filters(tab="over", since="2025-01-01")) == ["new", "old"]


@pytest.mark.parametrize(
    ("typed", "fits"),
    [
        pytest.param("井盖", True, id="of the entry"),
        pytest.param("府前", True, id="of the address"),
        pytest.param("小学门口", True, id="of the text"),
        pytest.param("20260302", True, id="of the number"),
        pytest.param("鼓楼一格", True, id="of the grid"),
        pytest.param("学", True, id="one character"),
        pytest.param("府前 井盖", True, id="two words"),
        pytest.param("府前 路灯", False, id="one of two"),
        pytest.param("100%", False, id="a wildcard is none"),
        pytest.param("门_", True, id="a mark is a space"),
    ],
)
@pytest.mark.parametrize("is_common", [False, True], ids=["by the index", "by walking"])
def test_two_characters_are_enough_to_find_an_event(
    town: Town,
    district_leader: User,
    typed: str,
    fits: bool,
    is_common: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if is_common:
        monkeypatch.setattr("events.desk.words.RARE", 0)
        monkeypatch.setattr("events.desk.words.COMMON", -1)
    make_event(
        town.entry,
        text="小学门口的井盖不见了",
        address="府前街12号",
        grid_then_name="鼓楼一格",
        number="SJ20260302-0000777",
    )

    assert bool(found(district_leader, Filters(text=typed))) is fits


@pytest.mark.parametrize("typed", ["%", "   ", "——", " ".join("abcdefg")])
def test_what_cannot_be_looked_for_is_refused(district_leader: User, typed: str) -> None:
    answer = signed_in(district_leader).get("/events/", {"q": typed, "all": "1"})

    assert answer.status_code == (200 if not typed.strip() else 422)


def test_words_follow_what_is_written_anew(town: Town, event: Event) -> None:
    Event.objects.filter(pk=event.pk).update(text="路灯不亮")
    town.entry.name = "照明"
    town.entry.save()

    doc = EventWords.objects.get(event=event).doc
    assert " 路灯 " in doc
    assert " 照明 " in doc
    # A step alone writes no words anew.
    EventWords.objects.filter(event=event).update(doc="kept")
    Event.objects.filter(pk=event.pk).update(state="accepted")
    assert EventWords.objects.get(event=event).doc == "kept"


def test_the_box_of_the_wall_finds_open_events_alone(town: Town, district_leader: User) -> None:
    event = make_event(town.entry, number="SJ20260302-0000999", address="府前街12号")

    assert [one.id for one in search.find(district_leader, "0000999").items] == [event.pk]
    assert search.find(district_leader, "府前").items[0].title == "井盖缺失 府前街12号"
    assert search.differing("event") == []
    over_now = {"state": "closed", "closed_at": NOW, "closed_level": "community"}
    Event.objects.filter(pk=event.pk).update(**over_now)
    assert search.find(district_leader, "0000999").items == []
    planner = User(username="x", role=Role.PLANNER.value, scope=[DISTRICT])
    assert search.find(planner, "0000999").items == []


def test_each_sees_their_own_area_and_what_is_theirs(
    town: Town, district_leader: User, handler: User
) -> None:
    elsewhere = make_event(town.entry, text="elsewhere", scope_code=f"{OTHER_STREET}001001")
    make_event(town.entry, text="here")
    stranger = make_person("shi", Role.STREET_LEADER, OTHER_STREET)
    away = make_person("ao", Role.HANDLER, "140108", department=town.department)

    assert found(stranger) == ["elsewhere"]
    assert sorted(found(district_leader)) == ["elsewhere", "here"]
    assert found(away) == []
    EventTask.objects.create(
        event=elsewhere,
        department=town.department,
        unit_name="x",
        unit_code=DISTRICT,
        sent_at=NOW,
        due=NOW,
    )
    assert found(away) == ["elsewhere"]
    assert found(make_person("nobody", Role.PLANNER, DISTRICT)) == []


def test_what_waits_for_me_is_at_my_level_or_with_my_unit(
    town: Town, community_leader: User, street_leader: User, worker: User, handler: User
) -> None:
    mine = Filters(tab="mine")
    make_event(town.entry, text="small")
    make_event(town.entry, text="large", level="street")
    sent = make_event(town.entry, text="sent", state="filed")
    keys = [f"division:{town.community.pk}", f"department:{town.department.pk}"]
    sending.dispatch(**as_(community_leader, sent), units=keys, now=NOW)

    assert sorted(found(community_leader, mine)) == ["sent", "small"]
    assert found(street_leader, mine) == ["large"]
    assert found(worker, mine) == ["sent"]
    assert found(handler, mine) == ["sent"]


def test_counts_are_those_of_the_tabs(many: None, town: Town, district_leader: User) -> None:
    make_event(town.entry, text="late", accept_due=NOW - HOUR, supervised=1, level="street")
    asked = make_event(town.entry, text="asked", state="handling")
    Extension.objects.create(
        event=asked, asked_at=NOW, asked_who="x", until=NOW + DAY, reason="rain"
    )

    for level in ("", "community", "street"):
        filters = Filters(level=level)
        counted = queries.counts(district_leader, filters, NOW, queries.seen(district_leader))
        for tab, count in counted.tabs.items():
            shown = found(district_leader, replace(filters, tab=tab))
            assert len(shown) == count, (level, tab)
    # Eight states are open; "asked" is the ninth at the community.
    assert counted.levels == {"community": 9, "street": 1, "district": 0}


def test_the_desk_costs_as_much_with_many_events_as_with_few(
    town: Town, district_leader: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(district_leader)
    client.get("/events/", headers=PAGE)
    for count in (1, 60):
        for _ in range(count):
            make_event(town.entry)
        # Session, user, what is lent · views · departments of the user (sight, what waits) · list ·
        # its tasks · counts · extent · divisions · catalogue · departments; one more counts what
        # does not fit on one page.
        with django_assert_num_queries(QUERIES + (count == 60)):
            answer = client.get("/events/", headers=PAGE)
        assert answer.status_code == 200


QUERIES = 13


def test_hostile_names_show_as_text(town: Town, district_leader: User) -> None:
    hostile = "<script>alert(1)</script>"
    make_event(town.entry, text=hostile, address=hostile, grid_then_name=hostile)
    EventView.objects.create(user=district_leader, name=hostile)
    client = signed_in(district_leader)

    page = client.get("/events/", headers=PAGE).content.decode()

    assert hostile not in page
    assert "&lt;script&gt;alert(1)" in page
    csv = client.get("/events/list.csv").content.decode()
    assert hostile in csv  # a file of texts, no page


def test_formulas_stay_texts_in_files(town: Town, district_leader: User) -> None:
    make_event(town.entry, text="=1+1", address="+cmd")

    csv = signed_in(district_leader).get("/events/list.csv").content.decode()

    assert "'=1+1" in csv
    assert "'+cmd" in csv


@pytest.mark.parametrize("ending", ["csv", "xlsx", "geojson"])
def test_a_file_holds_what_the_filters_let_through(
    town: Town, district_leader: User, ending: str
) -> None:
    make_event(town.entry, text="这是甲")
    make_event(town.entry, text="这是乙", severity="urgent")

    answer = signed_in(district_leader).get(f"/events/list.{ending}", {"severity": "urgent"})

    assert answer.status_code == 200
    assert f".{ending}" in answer["Content-Disposition"]
    if ending != "xlsx":
        assert "这是乙" in answer.content.decode()
        assert "这是甲" not in answer.content.decode()


def test_points_of_the_map_are_those_of_the_list(town: Town, district_leader: User) -> None:
    inside = make_event(town.entry, point=Point(112.56, 37.88, srid=4326))
    make_event(town.entry, point=Point(112.70, 37.88, srid=4326))
    client = signed_in(district_leader)

    asked = {"bbox": "112.5,37.8,112.6,37.9", "severity": "minor"}
    told = client.get("/api/events/features/", asked).json()

    assert [one["id"] for one in told["features"]] == [inside.pk]
    [feature] = told["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [112.56, 37.88]}
    assert feature["properties"]["severity"] == "minor"
    assert not told["more"]
    assert client.get("/api/events/features/", {"limit": "1"}).json()["more"]


@pytest.mark.parametrize(
    "box", ["1,2,3", "a,b,c,d", "3,2,1,4", "nan,0,1,1", "-181,0,1,1", "0,0,1,91"]
)
def test_a_box_that_is_none_is_refused(district_leader: User, box: str) -> None:
    answer = signed_in(district_leader).get("/api/events/features/", {"bbox": box})

    assert answer.status_code == 422


@pytest.mark.parametrize(
    "question",
    [
        *("tab=x", "level=x", "kind=x", "severity=x", "source=x", "due=x", "sort=x"),
        *("division=99", "entry=x", "unit=-1", "since=2026-13-01", "until=1", "after=x", "limit=0"),
    ],
)
def test_what_is_no_filter_is_refused(district_leader: User, question: str) -> None:
    assert signed_in(district_leader).get(f"/events/?{question}").status_code == 422


def test_a_view_that_is_kept_is_shown_first(town: Town, district_leader: User) -> None:
    client = signed_in(district_leader)
    client.post("/events/views/save/?severity=urgent&tab=to_accept", {"name": "急件"})
    view = EventView.objects.get()
    assert view.filters == {"severity": "urgent", "tab": "to_accept"}
    client.post(f"/events/views/{view.pk}/", {"do": "default"})

    answer = client.get("/events/", headers=PAGE)

    assert answer.status_code == 302
    assert "severity=urgent" in answer["Location"]
    assert client.get(answer["Location"], headers=PAGE).status_code == 200
    client.post(f"/events/views/{view.pk}/", {"do": "remove"})
    assert not EventView.objects.exists()


def test_nobody_changes_the_view_of_another(town: Town, district_leader: User) -> None:
    view = EventView.objects.create(user=district_leader, name="mine")
    other = make_person("other", Role.DISTRICT_LEADER, DISTRICT)

    answer = signed_in(other).post(f"/events/views/{view.pk}/", {"do": "remove"})

    assert answer.status_code == 404
    assert EventView.objects.filter(pk=view.pk).exists()


def test_a_card_tells_of_one_event(town: Town, event: Event, community_leader: User) -> None:
    leading.accept(**as_(community_leader, event), now=NOW)
    copy_below(event, NOW)

    told = signed_in(community_leader).get(f"/api/events/{event.pk}/card/").json()

    assert told["page"] == f"/events/{event.pk}/"
    assert told["state"] == "accepted"
    assert told["entry"] == "井盖缺失"
    stranger = make_person("shi", Role.STREET_LEADER, OTHER_STREET)
    assert signed_in(stranger).get(f"/api/events/{event.pk}/card/").status_code == 404
