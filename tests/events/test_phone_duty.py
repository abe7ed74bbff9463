"""The phone for whoever is on duty: duties, errands, and reports without seeing events."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gis_server.roles import Role
from patrols.errands import phone
from patrols.models import Duty, Member, PointsRule
from tests.events.reports import make_entry
from tests.events.town import STREET, make_person
from tests.grids.territory import two_grids
from tests.patrols.duty_town import (
    MINUTE,
    NOW,
    OTHER_STREET,
    at,
    make_checkpoint,
    make_duty,
    make_duty_town,
    make_member,
    stand,
)

pytestmark = pytest.mark.django_db
JSON = "application/json"


def signed(role: Role, name: str = "guard", scope: str = STREET) -> tuple[Client, object]:
    client, user = Client(), make_person(name, role, scope)
    client.force_login(user)
    return client, user


def test_a_patrol_member_reports_and_has_duties_but_no_tasks() -> None:
    two_grids()
    make_entry()
    client, _user = signed(Role.PATROLLER, scope="140107")
    told = client.get(reverse("api-event-form")).json()
    assert (told["me"]["may_handle"], told["me"]["may_patrol"]) == (False, True)
    entry = next(
        one["code"]
        for kind in told["kinds"]
        for group in kind["groups"]
        for one in group["entries"]
    )
    west, south, east, north = told["box"]
    body = {
        "client_id": str(uuid4()), "category": entry, "text": "Hole", "sender": told["me"]["id"],
        "lon": (west + east) / 2 + 0.0003, "lat": (south + north) / 2, "accuracy_m": 5,
        "outside_reason": "x",
    }  # fmt: skip
    answer = client.post(reverse("api-event-reports"), body, content_type=JSON)
    assert answer.status_code == 201, answer.json()
    own = client.get(reverse("api-event-reports")).json()
    assert [one["text"] for one in own["items"]] == ["Hole"]
    # Steps are for whoever may see events: the page offers none.
    assert own["items"][0]["can_withdraw"] is False


def test_duties_of_today_and_the_next_days_with_what_was_called_at() -> None:
    town = make_duty_town()
    _client, user = signed(Role.PATROLLER)
    member = make_member("张三", user)  # type: ignore[arg-type]
    duty = make_duty(member, town.post, town.shift)
    make_duty(member, town.post, town.shift, NOW + timedelta(days=2))
    make_duty(member, town.post, town.shift, NOW + timedelta(days=9))
    make_duty(make_member("李四"), town.post, town.shift)
    point = make_checkpoint(town.post)
    point.visits.create(duty=duty, how="qr", at=NOW, until=NOW)
    make_checkpoint(town.other_post, "elsewhere")

    told = phone.shown(member, NOW + MINUTE)

    assert [(one["id"] == duty.pk, one["is_now"]) for one in told["duties"]] == [
        (True, True),
        (False, False),
    ]
    [shown] = told["duties"][0]["checkpoints"]
    assert (shown["name"], shown["visited_at"]) == ("后门", NOW.isoformat())
    assert told["duties"][1]["checkpoints"][0]["visited_at"] is None
    assert told["duties"][0]["begin"] == "2026-03-02T08:00:00+08:00"


def test_a_stand_in_reads_for_whom() -> None:
    town = make_duty_town()
    _client, user = signed(Role.PATROLLER)
    member = make_member("张三", user)  # type: ignore[arg-type]
    other = make_duty(make_member("李四"), town.post, town.shift)
    duty = make_duty(member, town.post, town.shift)
    Duty.objects.filter(pk=duty.pk).update(stands_in_for=other)
    make_duty(member, town.post, town.shift, NOW + timedelta(days=1))

    told = phone.shown(member, NOW + MINUTE)["duties"]

    assert [one["stands_in_for"] for one in told] == ["李四", ""]


def test_hours_of_service_are_told_to_volunteers_alone() -> None:
    town = make_duty_town()
    volunteer = make_member("王安")
    Member.objects.filter(pk=volunteer.pk).update(force="volunteer")
    volunteer.refresh_from_db()
    guard = make_member("李四")
    for member in (volunteer, guard):
        make_duty(member, town.post, town.shift, NOW - timedelta(days=1))
        make_duty(member, town.post, town.shift, NOW + timedelta(days=1))

    told = phone.shown(volunteer, NOW)["service"]

    # A shift of yesterday; what lies ahead does not count yet.
    span = town.shift.as_shift().span(timezone.localdate(NOW), timezone.get_default_timezone())
    hours = (span.end - span.begin).total_seconds() / 3600
    assert (told["hours"]["total"], told["points"]) == (hours, None)
    assert phone.shown(guard, NOW)["service"] is None
    PointsRule.objects.update_or_create(defaults={"is_on": True, "points_per_hour": 2})
    assert phone.shown(volunteer, NOW)["service"]["points"] == hours * 2


def test_there_is_one_address_for_ones_own_duties() -> None:
    client, _user = signed(Role.PATROLLER)
    assert client.get("/api/patrols/me/").status_code == 404


def test_whoever_is_entered_nowhere_is_told_whom_to_ask() -> None:
    client, _user = signed(Role.PATROLLER)
    told = client.get(reverse("api-patrol-phone")).json()
    assert (told["member"], told["duties"], told["service"]) == (None, [], None)
    assert told["message"]


def test_the_phone_shows_everything_at_a_fixed_cost(
    django_assert_max_num_queries: object,
) -> None:
    town = make_duty_town()
    _client, user = signed(Role.PATROLLER)
    member = make_member("张三", user)  # type: ignore[arg-type]
    for day in range(5):
        make_duty(member, town.post, town.shift, NOW + timedelta(days=day))
    for name in "abc":
        make_checkpoint(town.post, name)
    with django_assert_max_num_queries(7):  # type: ignore[operator]
        assert len(phone.shown(member, NOW)["duties"]) == 5


def test_the_api_sends_and_the_phone_answers() -> None:
    town = make_duty_town()
    town.shift.begins = town.shift.ends
    town.shift.save()
    operator, _ = signed(Role.OPERATOR, "operator")
    guard, user = signed(Role.PATROLLER)
    now = timezone.now()
    duty = make_duty(make_member("张三", user), town.post, town.shift, now)  # type: ignore[arg-type]
    if timezone.localtime(now).hour < town.shift.begins.hour:
        duty.day -= timedelta(days=1)
        duty.save()
    stand(duty, at(0, 100), now)
    near = operator.get(reverse("api-nearest"), {"lon": "112.56", "lat": "37.88"}).json()
    [one] = near["items"]
    assert (one["duty"], one["by"], one["is_stale"]) == (duty.pk, "straight", False)
    body = {"client_id": str(uuid4()), "duty": one["duty"], "lon": 112.56, "lat": 37.88,
            "message": "<b>Look</b>", "about_kind": "camera", "about": "C1"}  # fmt: skip
    sent = operator.post(reverse("api-errands"), body, content_type=JSON)
    assert (sent.status_code, sent.json()["state"]) == (201, "sent")
    assert operator.post(reverse("api-errands"), body, content_type=JSON).status_code == 200
    [errand] = guard.get(reverse("api-patrol-phone")).json()["errands"]
    address = reverse("api-errand-answer", args=[errand["id"], "accept"])
    foreign = guard.post(address, {"sender": 0}, content_type=JSON)
    assert foreign.status_code == 409
    taken = guard.post(address, {"sender": user.pk}, content_type=JSON)  # type: ignore[attr-defined]
    assert (taken.status_code, taken.json()["state"]) == (200, "accepted")
    page = operator.get(reverse("errands"), headers={"accept": "text/html"}).content.decode()
    assert "<b>Look</b>" not in page
    assert "&lt;b&gt;Look" in page


def test_who_may_see_may_not_always_send() -> None:
    town = make_duty_town()
    duty = make_duty(make_member("张三"), town.post, town.shift)
    guard, _ = signed(Role.PATROLLER)
    other, _ = signed(Role.OPERATOR, "other", OTHER_STREET)
    body = {"client_id": str(uuid4()), "duty": duty.pk, "lon": 1, "lat": 1, "message": "x"}
    assert guard.post(reverse("api-errands"), body, content_type=JSON).status_code == 403
    assert guard.get(reverse("api-nearest"), {"lon": "1", "lat": "1"}).status_code == 403
    assert other.post(reverse("api-errands"), body, content_type=JSON).status_code == 404
    assert other.get(reverse("api-nearest"), {"lon": "x", "lat": "1"}).status_code == 422
