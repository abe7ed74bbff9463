"""Taking an alarm: one wins, the others are told who; every wall of the area hears."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.test import Client

from events.models import Event
from gis_server.errors import Conflict
from gis_server.live import TOPICS
from gis_server.live_asgi import ears_of
from gis_server.live_hub import feed_row
from gis_server.live_ticket import Listener
from gis_server.models import AuditRow, ChangeRow, User
from gis_server.roles import Role
from maps.alarms import queries, services
from maps.alarms.ranks import Kind
from maps.jobs import prune_alarms
from maps.models import AlarmTake
from tests.cameras.threads import together
from tests.events.town import (
    COMMUNITY,
    OTHER_STREET,
    STREET,
    Town,
    make_event,
    make_person,
    make_town,
)
from tests.maps.alarms.conftest import HOUR, MINUTE, Fallen, MakeUrgent

GRID = f"{COMMUNITY}001"
Post = Callable[..., Any]


@pytest.fixture
def client(operator: User) -> Client:
    return signed_in(operator)


def signed_in(user: User) -> Client:
    client = Client(headers={"Accept": "application/json", "Accept-Language": "en"})
    client.force_login(user)
    return client


def first(client: Client) -> dict[str, Any]:
    return dict(client.get("/api/maps/alarms/").json()["items"][0])


def post(client: Client, verb: str, alarm: dict[str, Any], **more: Any) -> Any:
    body = {name: alarm[name] for name in ("kind", "subject", "raised_at")} | more
    return client.post(f"/api/maps/alarms/{verb}/", body, content_type="application/json")


def test_who_takes_an_alarm_is_told_to_everybody(
    client: Client, street_leader: User, urgent: MakeUrgent, now: datetime
) -> None:
    urgent(now)

    assert post(client, "take", first(client), note="on the way").status_code == 200
    taken = first(client)["taken"]
    assert (taken["who"], taken["own"], taken["note"]) == ("Op", True, "on the way")
    assert first(signed_in(street_leader))["taken"]["own"] is False
    row = AuditRow.objects.get(action="alarm.taken")
    assert (row.scope, row.detail) == (STREET, {"note": "on the way"})


def test_a_second_is_told_who_has_it(
    client: Client, street_leader: User, urgent: MakeUrgent, now: datetime
) -> None:
    urgent(now)
    alarm = first(client)
    post(client, "take", alarm)

    answer = post(signed_in(street_leader), "take", alarm)

    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "Op has taken this alarm."
    assert ChangeRow.objects.filter(topic="alarm").count() == 1


def test_it_can_be_taken_over_by_naming_who_has_it(
    client: Client, operator: User, street_leader: User, urgent: MakeUrgent, now: datetime
) -> None:
    urgent(now)
    alarm = first(client)
    post(client, "take", alarm, note="mine")
    other = signed_in(street_leader)

    assert post(other, "take", alarm, over=operator.pk, note="now mine").status_code == 200
    assert first(client)["taken"]["who"] == "Shen"
    assert AuditRow.objects.first().detail == {"note": "now mine", "who": "Op"}  # type: ignore[union-attr]
    # Whoever had it does not get it back by naming themselves.
    assert post(client, "take", alarm, over=operator.pk).status_code == 409
    assert post(client, "release", alarm).status_code == 409


def test_only_who_has_it_changes_the_note_and_gives_it_back(
    client: Client, street_leader: User, urgent: MakeUrgent, now: datetime
) -> None:
    urgent(now)
    alarm, other = first(client), signed_in(street_leader)
    assert post(client, "note", alarm, note="x").status_code == 409
    post(client, "take", alarm)

    assert post(other, "note", alarm, note="x").status_code == 409
    assert post(other, "release", alarm).status_code == 409
    assert post(client, "note", alarm, note="rang twice").status_code == 200
    assert first(client)["taken"]["note"] == "rang twice"
    assert post(client, "release", alarm).status_code == 200
    assert first(client)["taken"] is None
    assert post(client, "release", alarm).status_code == 409


def test_what_comes_to_a_group_later_is_not_taken(
    client: Client, operator: User, town: Town, now: datetime
) -> None:
    late = partial(make_event, town.entry, at=now - 5 * HOUR, level="district")
    old = late(accept_due=now - 2 * HOUR)
    alarm = first(client)
    post(client, "take", alarm)

    new = late(accept_due=now - HOUR)
    assert first(client)["taken"] is None
    # What was looked at is not what is there.
    assert post(client, "take", alarm).status_code == 409
    post(client, "take", first(client))
    # When the newest is settled, the others are still taken.
    Event.objects.filter(pk=new.pk).update(state="withdrawn", closed_at=now, closed_level="street")
    assert queries.standing(operator, now).items[0].raised_at == old.accept_due
    assert first(client)["taken"]["who"] == "Op"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"kind": "fire"}, 422, id="no such kind"),
        pytest.param({"kind": ["urgent"]}, 422, id="a list"),
        pytest.param({"subject": "999999"}, 404, id="no such alarm"),
        pytest.param({"subject": "' OR true --"}, 404, id="hostile"),
        pytest.param({"subject": "1" * 61}, 422, id="too long"),
        pytest.param({"subject": "\0"}, 422, id="nul"),
        pytest.param({"raised_at": "yesterday"}, 422, id="no time"),
        pytest.param({"raised_at": "2026-01-01T00:00:00+08:00"}, 409, id="another time"),
        pytest.param({"note": "x" * 201}, 422, id="a long note"),
        pytest.param({"note": {"a": 1}}, 422, id="no text"),
    ],
)
@pytest.mark.parametrize("verb", ["take", "note"])
def test_bad_input_changes_nothing(
    client: Client, urgent: MakeUrgent, now: datetime, verb: str, change: Any, status: int
) -> None:
    urgent(now)
    answer = post(client, verb, first(client), **change)

    assert answer.status_code == status
    assert not AlarmTake.objects.exists()
    assert not ChangeRow.objects.filter(topic="alarm").exists()


def test_it_is_taken_over_from_somebody(client: Client, urgent: MakeUrgent, now: datetime) -> None:
    urgent(now)
    alarm = first(client)

    assert post(client, "take", alarm, over="me").status_code == 422
    assert post(client, "take", alarm, over=1).status_code == 409
    assert not AlarmTake.objects.exists()


def test_a_body_that_is_none_is_refused(client: Client) -> None:
    for body in (b"[]", b"{", b"x" * 5000):
        answer = client.post("/api/maps/alarms/take/", body, content_type="application/json")
        assert answer.status_code == 422


def test_whoever_may_take_none_takes_none(urgent: MakeUrgent, now: datetime) -> None:
    urgent(now)
    client = signed_in(make_person("audit", Role.AUDITOR, STREET))

    assert client.get("/api/maps/alarms/").json()["may_take"] is False
    assert post(client, "take", first(client)).status_code == 403


def test_another_streets_alarm_is_none(
    client: Client, neighbour: User, urgent: MakeUrgent, now: datetime
) -> None:
    urgent(now)

    assert post(signed_in(neighbour), "take", first(client)).status_code == 404


def heard_by(*reach: str) -> bool:
    """Whether somebody with this reach hears of the newest change."""
    row = ChangeRow.objects.filter(topic="alarm").latest("id")
    told = feed_row(row.id, row.topic, row.subject, row.scope, row.data, "now", row.parts)
    return ears_of(Listener(1, Role.COMMUNITY_LEADER.value, list(reach), "x", None, 0))(told)


def test_every_wall_of_the_area_hears_and_no_other(
    client: Client, urgent: MakeUrgent, now: datetime
) -> None:
    urgent(now)
    post(client, "take", first(client))

    assert all(heard_by(one) for one in ("140107", STREET, COMMUNITY))
    assert not any(heard_by(one) for one in (OTHER_STREET, f"{STREET}009"))
    row = ChangeRow.objects.get(topic="alarm")
    assert (row.subject, row.data) == ("urgent", {})
    assert "alarm" in TOPICS


def test_a_fault_across_streets_is_told_in_both(
    street_leader: User, fallen: Fallen, now: datetime
) -> None:
    fallen(now, GRID, OTHER_STREET, suspect="S-1")
    client = signed_in(street_leader)
    post(client, "take", first(client))

    scopes = set(ChangeRow.objects.filter(topic="alarm").values_list("scope", flat=True))
    assert scopes == {STREET, OTHER_STREET}


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_press_at_once_one_wins(now: datetime) -> None:
    town = make_town()
    event = make_event(town.entry, at=now, severity="urgent", level="district", state="reported")
    people = [make_person(f"p{number}", Role.OPERATOR, "140107") for number in range(8)]

    def press(by: User) -> str:
        try:
            services.take(
                by=by, kind=Kind.URGENT, subject=str(event.pk), raised_at=event.received_at,
                note="", over=None, now=now,
            )  # fmt: skip
        except Conflict as refused:
            return str(refused.detail["who"])
        return ""

    told = together(*[partial(press, by) for by in people])

    winner = AlarmTake.objects.get().who
    assert sorted(told) == ["", *[winner] * 7]
    assert AuditRow.objects.filter(action="alarm.taken").count() == 1
    assert ChangeRow.objects.filter(topic="alarm").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_take_it_over_at_once_one_wins(now: datetime) -> None:
    town = make_town()
    event = make_event(town.entry, at=now, severity="urgent", level="district", state="reported")
    people = [make_person(f"p{number}", Role.OPERATOR, "140107") for number in range(9)]
    which: dict[str, Any] = {
        "kind": Kind.URGENT, "subject": str(event.pk), "raised_at": event.received_at, "now": now,
    }  # fmt: skip
    services.take(by=people[8], note="", over=None, **which)

    def press(by: User) -> bool:
        try:
            services.take(by=by, note="", over=people[8].pk, **which)
        except Conflict:
            return False
        return True

    assert together(*[partial(press, by) for by in people[:8]]).count(True) == 1


def test_what_is_long_over_is_forgotten_and_what_stands_is_not(
    client: Client, urgent: MakeUrgent, fallen: Fallen, now: datetime
) -> None:
    stands, over = urgent(now - MINUTE), urgent(now - 2 * MINUTE)
    for alarm in client.get("/api/maps/alarms/").json()["items"]:
        post(client, "take", alarm)
    Event.objects.filter(pk=over.pk).update(state="accepted", accepted_at=now)

    assert prune_alarms() == 0
    AlarmTake.objects.update(at=now - 25 * HOUR)
    assert prune_alarms() == 1
    assert AlarmTake.objects.get().subject == str(stands.pk)


def test_dark_streets_are_forgotten_by_age(client: Client, fallen: Fallen, now: datetime) -> None:
    fallen(now - MINUTE, GRID)
    alarm = first(client)
    assert alarm["kind"] == "dark"
    assert post(client, "take", alarm).status_code == 200
    AlarmTake.objects.update(at=now - 25 * HOUR)
    assert prune_alarms() == 0
    AlarmTake.objects.update(at=now - 15 * 24 * HOUR)

    assert prune_alarms() == 1
