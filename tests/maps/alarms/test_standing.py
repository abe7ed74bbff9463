"""Which alarms stand, how they are ranked, who sees them: from what is true, and nothing else."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from cameras.models import Camera, Notice, PlannedWork, Site
from events.models import Event
from gis_server import beats
from gis_server.models import User
from gis_server.roles import Role
from maps.alarms import queries, shown
from maps.alarms.ranks import RANKS, Kind, Rank
from tests.events.town import COMMUNITY, OTHER_STREET, STREET, Town, make_event, make_person
from tests.maps.alarms.conftest import HOUR, MINUTE, Fallen, MakeUrgent, make_camera

SWITCH = f"{COMMUNITY}001"


def kinds(user: User, now: datetime) -> list[str]:
    return [alarm.kind.value for alarm in queries.standing(user, now).items]


def test_every_kind_is_ranked_seen_and_named() -> None:
    assert {kind for kind, _more in RANKS} == set(Kind) == set(queries.SEES) == set(shown.KINDS)
    assert {more for kind, more in RANKS if kind is Kind.NOTICE} == set(Notice.Kind.values)
    assert {more for kind, more in RANKS if kind is Kind.SILENT} == set(beats.Part)
    assert set(queries.HEARS) == set(beats.SILENT_AFTER) == set(beats.NAMES) == set(beats.Part)


def test_an_urgent_event_is_top_until_it_is_accepted(
    operator: User, urgent: MakeUrgent, now: datetime
) -> None:
    event = urgent(now - MINUTE)

    [alarm] = queries.standing(operator, now).items
    assert (alarm.kind, alarm.rank, alarm.subject) == (Kind.URGENT, Rank.TOP, str(event.pk))
    assert (alarm.raised_at, alarm.street_name) == (event.received_at, "鼓楼街道")
    Event.objects.filter(pk=event.pk).update(state="accepted", accepted_at=now)
    assert kinds(operator, now) == []


def test_late_events_of_the_district_are_one_alarm_a_street(
    operator: User, town: Town, now: datetime
) -> None:
    for hours in (3, 2, 1):
        make_event(
            town.entry, at=now - 5 * HOUR, level="district", state="reported",
            accept_due=now - hours * HOUR,
        )  # fmt: skip
    make_event(town.entry, at=now - 5 * HOUR, level="street", accept_due=now - HOUR)

    [alarm] = queries.standing(operator, now).items
    assert (alarm.kind, alarm.number, alarm.subject) == (Kind.LATE, 3, STREET)
    # The newest: whoever took it before has not seen this one.
    assert alarm.raised_at == now - HOUR


def test_a_fault_of_several_is_one_alarm_with_the_readers_own_number(
    operator: User, street_leader: User, neighbour: User, fallen: Fallen, now: datetime
) -> None:
    fallen(now, SWITCH, SWITCH, OTHER_STREET, suspect="S-1")

    def numbers(user: User) -> list[int]:
        standing = queries.standing(user, now + MINUTE).items
        return [one.number for one in standing if one.kind is Kind.OUTAGE]

    assert [numbers(one) for one in (operator, street_leader, neighbour)] == [[3], [2], [1]]


@pytest.mark.parametrize(
    ("priority", "rank"),
    [("key_area", Rank.MIDDLE), ("key_industry", Rank.LOW), ("ordinary", None)],
)
def test_single_cameras_are_alarms_by_their_class(
    operator: User, fallen: Fallen, now: datetime, priority: str, rank: Rank | None
) -> None:
    fallen(now - MINUTE, SWITCH, priority=priority)

    found = [one.rank for one in queries.standing(operator, now).items if one.kind is Kind.CAMERA]
    assert found == ([rank] if rank else [])


def test_what_is_not_settled_or_explained_by_planned_work_is_none(
    operator: User, fallen: Fallen, now: datetime
) -> None:
    young = fallen(now - MINUTE, SWITCH, priority="key_area")
    type(young).objects.filter(pk=young.pk).update(told_at=None)
    assert Kind.CAMERA.value not in kinds(operator, now)

    type(young).objects.filter(pk=young.pk).update(told_at=now)
    assert Kind.CAMERA.value in kinds(operator, now)
    PlannedWork.objects.create(
        target="area", area=STREET, kind="power_cut", title="works", starts_at=now - HOUR,
        ends_at=now + HOUR, entered_at=now, entered_by=operator,
    )  # fmt: skip
    assert Kind.CAMERA.value not in kinds(operator, now)


def test_where_nobody_has_been_either_is_one_low_alarm_a_street(
    operator: User, fallen: Fallen, now: datetime
) -> None:
    fallen(now - 2 * MINUTE, SWITCH)
    fallen(now - MINUTE, SWITCH)

    [alarm] = queries.standing(operator, now).items
    assert (alarm.kind, alarm.rank, alarm.number) == (Kind.DARK, Rank.LOW, 2)
    assert alarm.raised_at == now - MINUTE


@pytest.mark.parametrize(
    ("kind", "rank", "meanwhile"),
    [
        ("blind", Rank.TOP, "All its cameras are unknown"),
        ("not_asked", Rank.TOP, "they become unknown"),
        ("many_at_once", Rank.MIDDLE, "Cameras that fail are unknown first"),
        ("lossy_line", Rank.MIDDLE, "Cameras that fail meanwhile are unknown"),
        ("no_store", Rank.MIDDLE, "the states of its cameras hold"),
    ],
)
def test_trouble_of_the_watching_concerns_whoever_sees_cameras(
    operator: User, now: datetime, kind: str, rank: Rank, meanwhile: str
) -> None:
    Notice.objects.create(kind=kind, site="main", opened_at=now - MINUTE)
    leader = make_person("chang", Role.COMMUNITY_LEADER, COMMUNITY)

    [alarm] = queries.standing(operator, now).items
    assert alarm.rank is rank
    with translation.override("en"):
        said = shown.detail(alarm)
    assert said.startswith("Site main: ")
    assert meanwhile in said
    assert kinds(leader, now) == []


@pytest.mark.parametrize("part", beats.Part)
def test_a_part_of_the_server_that_falls_silent_is_an_alarm(
    operator: User, now: datetime, part: beats.Part
) -> None:
    site = Site.objects.get_or_create(name="main")[0]
    make_camera(SWITCH, site=site)
    after, place = beats.SILENT_AFTER[part], "main" if part is beats.Part.PICTURES else ""
    beats.beat(part, now, place)

    assert kinds(operator, now + after) == []
    [alarm] = queries.standing(operator, now + after + MINUTE).items
    assert (alarm.kind, alarm.more, alarm.raised_at) == (Kind.SILENT, part.value, now + after)
    # A second process of the part, whose clock is behind, takes nothing back.
    beats.beat(part, now + after + MINUTE, place)
    beats.beat(part, now + after - MINUTE, place)
    assert kinds(operator, now + after + MINUTE) == []


def test_pictures_of_a_site_without_cameras_are_not_missed(operator: User, now: datetime) -> None:
    beats.beat(beats.Part.PICTURES, now - HOUR, "closed-down")

    assert kinds(operator, now) == []


def test_the_worst_come_first_then_the_untaken_then_the_newest(
    operator: User, urgent: MakeUrgent, fallen: Fallen, now: datetime
) -> None:
    old, new = urgent(now - 9 * MINUTE), urgent(now - 3 * MINUTE)
    group = fallen(now - MINUTE, SWITCH, suspect="S-1")

    found = queries.standing(operator, now)
    assert [one.subject for one in found.items][:3] == [str(new.pk), str(old.pk), str(group.pk)]
    assert found.counts == {Rank.TOP: 2, Rank.MIDDLE: 1, Rank.LOW: 1}


def test_many_are_cut_and_counted(
    operator: User, urgent: MakeUrgent, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "MOST", 3)
    for minutes in range(5):
        urgent(now - HOUR * 3 - minutes * MINUTE)

    found = queries.standing(operator, now)
    assert (len(found.items), found.total) == (3, 5)
    assert found.items[0].raised_at == now - HOUR * 3


def test_a_flood_is_grouped_by_kind_and_street(
    operator: User, street_leader: User, neighbour: User, urgent: MakeUrgent, now: datetime
) -> None:
    events = [urgent(now - MINUTE) for _ in range(11)]
    urgent(now - MINUTE, scope_code=OTHER_STREET)

    found = queries.standing(operator, now)
    assert (found.flood.since, found.flood.new) == (now - MINUTE, 12)
    assert [(one.kind, one.street, one.alarms, one.untaken) for one in found.groups] == [
        (Kind.URGENT, STREET, 11, 11),
        (Kind.URGENT, OTHER_STREET, 1, 1),
    ]
    # A flood is a reader's own.
    assert queries.standing(street_leader, now).flood.since
    assert queries.standing(neighbour, now).flood.since is None
    # Those that have been accepted came all the same.
    Event.objects.filter(pk__in=[one.pk for one in events]).update(
        state="accepted", accepted_at=now
    )
    assert queries.standing(operator, now).flood.since


def test_of_another_street_nothing_is_seen(
    neighbour: User, urgent: MakeUrgent, fallen: Fallen, town: Town, now: datetime
) -> None:
    urgent(now)
    fallen(now - MINUTE, SWITCH, suspect="S-1")
    fallen(now - MINUTE, SWITCH, priority="key_area")
    make_event(town.entry, at=now - 5 * HOUR, level="district", accept_due=now - HOUR)

    found = queries.standing(neighbour, now)
    assert (found.items, found.total, found.flood.new) == ([], 0, 0)
    assert queries.over(neighbour, now, 20) == ([], 0)


@pytest.mark.parametrize(
    ("role", "seen"),
    [
        (Role.OPERATOR, {"urgent", "outage", "dark", "silent"}),
        (Role.MAINTAINER, {"outage", "silent"}),
        (Role.COMMUNITY_LEADER, {"urgent", "silent"}),
        (Role.AUDITOR, {"urgent"}),
        (Role.PLANNER, {"outage", "dark"}),
        (Role.PATROLLER, set()),
    ],
)
def test_each_role_sees_what_it_may(
    role: Role, seen: set[str], urgent: MakeUrgent, fallen: Fallen, now: datetime
) -> None:
    urgent(now - MINUTE)
    fallen(now - MINUTE, SWITCH, suspect="S-1")
    beats.beat(beats.Part.JOBS, now - HOUR)

    assert set(kinds(make_person("p", role, STREET), now)) == seen


def test_an_empty_scope_sees_nothing(urgent: MakeUrgent, now: datetime) -> None:
    urgent(now)

    assert kinds(make_person("nobody", Role.OPERATOR), now) == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_answer_says_it_in_the_readers_language(
    operator: User, urgent: MakeUrgent, fallen: Fallen, town: Town, now: datetime, language: str
) -> None:
    urgent(now, address="府东街 12 号")
    fallen(now - MINUTE, SWITCH, suspect="S-1")
    fallen(now - MINUTE, SWITCH, priority="key_area")
    make_event(town.entry, at=now - 5 * HOUR, level="district", accept_due=now - HOUR)
    Notice.objects.create(kind="no_store", site="main", opened_at=now)
    beats.beat(beats.Part.JOBS, now - HOUR)
    client = Client(headers={"Accept-Language": language})
    client.force_login(operator)

    told = client.get("/api/maps/alarms/").json()
    assert (told["counts"], told["may_take"]) == ({"top": 2, "middle": 4, "low": 1}, True)
    by_kind = {one["kind"]: one for one in told["items"]}
    assert by_kind["urgent"]["detail"] == "鼓楼街道 · 府东街 12 号"
    assert by_kind["urgent"]["opens"]["thing"] == "event"
    texts = " ".join(f"{one['title']} {one['kind_text']} {one['detail']}" for one in told["items"])
    wanted = ["Switch S-1", "Several cameras down", "Background jobs", "1 event of the district's"]
    chinese = ["交换机 S-1", "后台任务", "尚未受理"]
    assert all(word in texts for word in (wanted if language == "en" else chinese))


@pytest.mark.parametrize("many", [1, 12])
def test_the_list_costs_a_fixed_number_of_queries(
    operator: User, urgent: MakeUrgent, fallen: Fallen, now: datetime, many: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:  # fmt: skip
    for _ in range(many):
        urgent(now - 3 * HOUR)
        fallen(now - 3 * HOUR, SWITCH, priority="key_area")
    client = Client()
    client.force_login(operator)
    client.get("/api/maps/alarms/")

    # Session, user, the list, when alarms were raised; what is dark is remembered.
    with django_assert_num_queries(4):
        client.get("/api/maps/alarms/")


def test_what_is_over_is_told_for_an_hour(
    operator: User, urgent: MakeUrgent, fallen: Fallen, now: datetime
) -> None:
    event = urgent(now - 3 * HOUR, state="closed", closed_at=now - MINUTE, closed_level="district")
    urgent(now - 3 * HOUR, state="closed", closed_at=now - 2 * HOUR, closed_level="district")
    for outage, minutes in ((fallen(now - HOUR, SWITCH, SWITCH, suspect="S-1"), 5),
                            (fallen(now - HOUR, SWITCH, name="Gate X"), 7),
                            (fallen(now - 9 * HOUR, SWITCH), 90)):  # fmt: skip
        over = now - timedelta(minutes=minutes)
        outage.members.update(left_at=over)
        type(outage).objects.filter(pk=outage.pk).update(closed_at=over)
    Camera.objects.filter(scope_code=SWITCH).update(enabled=True)

    rows, total = queries.over(operator, now, 20)
    assert total == 3
    assert [(row.kind, row.name, row.number) for row in rows] == [
        ("event", event.category.name, 1), ("outage", "S-1", 2), ("outage", "Gate X", 1),
    ]  # fmt: skip
    assert queries.over(operator, now, 1)[1] == 3
    # Of a switch the reader's own cameras count.
    assert queries.over(make_person("maint", Role.MAINTAINER, STREET), now, 20)[1] == 2
