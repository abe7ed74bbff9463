"""Devices: made, given another token, revoked; who may, and what is told of them."""

import re

import pytest
from django.test import Client

from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from patrols.intake import devices
from patrols.intake.refusals import told_flaw
from patrols.intake.tokens import LENGTH, hash_of, is_token, new_token
from patrols.models import Device, Member
from patrols.osmand import BadFix, Flaw
from tests.conftest import MakeUser, SignIn
from tests.patrols.on_duty import NOW, OTHER_STREET, STREET, make_device, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def planner(make_user: MakeUser) -> User:
    return make_user(Role.STREET_LEADER, (STREET,))


def test_a_token_is_long_easy_to_type_and_never_the_same() -> None:
    tokens = {new_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert all(is_token(one) and len(one) == LENGTH for one in tokens)
    assert not {"0", "o", "1", "l", "i"} & set("".join(tokens))


def test_a_device_is_made_with_a_token_of_which_only_a_hash_is_kept(planner: User) -> None:
    member = make_member()

    row, token = devices.add_device(by=planner, member_id=member.pk, name=" 手机 ", now=NOW)

    row.refresh_from_db()
    assert (row.name, row.member, row.token_hash) == ("手机", member, hash_of(token))
    assert row.hint == token[-4:]
    note = AuditRow.objects.get(action="device.added")
    assert (note.subject, note.detail) == (member.number, {"name": "手机", "hint": row.hint})
    assert token not in str(list(AuditRow.objects.values_list("detail", flat=True)))


def test_another_token_takes_the_place_of_the_one_before(planner: User) -> None:
    member = make_member()
    row, before = devices.add_device(by=planner, member_id=member.pk, name="手机", now=NOW)

    row, token = devices.rotate(by=planner, device_id=row.pk, seen=row.hint, now=NOW)

    assert token != before
    assert Device.objects.get().token_hash == hash_of(token)
    with pytest.raises(Conflict):
        devices.rotate(by=planner, device_id=row.pk, seen=before[-4:], now=NOW)


def test_what_is_revoked_stays_revoked(planner: User) -> None:
    device = make_device(make_member())

    devices.revoke(by=planner, device_id=device.pk, now=NOW)

    assert Device.objects.get().revoked_at == NOW
    for again in (
        lambda: devices.revoke(by=planner, device_id=device.pk, now=NOW),
        lambda: devices.rotate(by=planner, device_id=device.pk, seen=device.hint, now=NOW),
    ):
        with pytest.raises(Conflict):
            again()


def test_nobody_touches_devices_of_another_street(planner: User) -> None:
    device = make_device(make_member(f"{OTHER_STREET}001"))

    with pytest.raises(NotFound):
        devices.revoke(by=planner, device_id=device.pk, now=NOW)
    with pytest.raises(NotFound):
        devices.add_device(by=planner, member_id=device.member_id, name="手机", now=NOW)
    assert not devices.devices_of(planner).exists()


def test_nobody_has_more_devices_than_pockets(planner: User) -> None:
    member = make_member()
    rows = [make_device(member) for _ in range(devices.MOST_DEVICES)]

    with pytest.raises(Invalid):
        devices.add_device(by=planner, member_id=member.pk, name="手机", now=NOW)
    devices.revoke(by=planner, device_id=rows[0].pk, now=NOW)
    devices.add_device(by=planner, member_id=member.pk, name="手机", now=NOW)


def test_who_is_not_active_gets_none(planner: User) -> None:
    member = make_member()
    Member.objects.update(is_active=False)

    with pytest.raises(Invalid):
        devices.add_device(by=planner, member_id=member.pk, name="手机", now=NOW)


@pytest.fixture
def page(sign_in: SignIn) -> Client:
    return sign_in(Role.STREET_LEADER, (STREET,))


def test_the_page_shows_the_token_once_with_all_that_is_entered(page: Client) -> None:
    member = make_member()

    answer = page.post("/patrols/devices/", {"number": member.number, "name": "<b>"})

    text = answer.content.decode()
    device = Device.objects.get()
    found = re.search(r'<code class="secret">(\w+)</code>', text)
    assert found
    token = found[1]
    assert device.token_hash == hash_of(token)
    assert "http://testserver:8002/osmand" in text
    assert f"id={token}&amp;lat={{0}}&amp;lon={{1}}&amp;timestamp={{2}}" in text
    assert "data:image/svg+xml" in text
    assert "<b>" not in text
    assert answer["Cache-Control"] == "private, no-store"
    assert token not in page.get("/patrols/devices/").content.decode()


def test_the_page_says_what_was_wrong_with_what_was_sent_last(page: Client) -> None:
    make_device(make_member(), last_refusal="outside_duty", last_heard_at=NOW)
    make_device(make_member(), last_refusal="unreadable lat: no number", last_heard_at=NOW)

    text = page.get("/patrols/devices/", headers={"Accept-Language": "en"}).content.decode()

    assert "outside a duty" in text or "勤务" in text
    assert "lat: no number" in text
    assert "lat：不是数字" in page.get("/patrols/devices/").content.decode()


@pytest.mark.parametrize("flaw", Flaw)
def test_what_is_wrong_with_a_position_is_told_in_the_readers_language(flaw: Flaw) -> None:
    field, text = told_flaw(str(BadFix(flaw, "lat, lon"))).split("：")

    assert field == "lat, lon"
    assert "%" not in text
    assert set(re.findall("[A-Za-z]+", text)) <= {"kB", "JSON"}
    assert told_flaw(str(BadFix(flaw))) == text


def test_words_that_no_flaw_has_are_not_repeated() -> None:
    assert told_flaw("lat: <script>") == told_flaw("") == "不是位置"


def test_the_page_finds_by_name_and_number(page: Client) -> None:
    one, other = make_device(make_member(name="张三")), make_device(make_member(name="李四"))

    assert "李四" not in page.get("/patrols/devices/?q=张").content.decode()
    assert "李四" in page.get(f"/patrols/devices/?q={other.member.number}").content.decode()
    assert one.member.name not in page.get("/patrols/devices/?q=nobody").content.decode()


def test_the_page_refuses_a_number_that_is_not_there(page: Client) -> None:
    stranger = make_member(f"{OTHER_STREET}001")

    for number in (stranger.number, "nobody"):
        answer = page.post("/patrols/devices/", {"number": number, "name": "手机"})
        assert answer.status_code == 422
    assert not Device.objects.exists()


def test_the_list_costs_the_same_however_many_there_are(
    page: Client, django_assert_max_num_queries: object
) -> None:
    for _ in range(5):
        make_device(make_member())
    page.get("/patrols/devices/")

    with django_assert_max_num_queries(6):  # type: ignore[operator]
        page.get("/patrols/devices/")
