"""Deliveries over real connections: what arrives, what is tried again, and never a list twice."""

import hashlib
import hmac
import json
import time
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from email import message_from_bytes
from threading import Event
from typing import Any
from urllib.parse import quote_plus

import pytest
from django.conf import LazySettings

from cameras.handover import transport
from cameras.handover.channels import dingtalk, webhook, wecom
from cameras.handover.channels.robots import markdown
from cameras.handover.content import compose
from cameras.handover.delivery_flow import WORKDAY, DeliveryState
from cameras.handover.line import Filters
from cameras.handover.outgoing import NotSent, Outgoing, Unclear
from cameras.handover.services import deliveries, plans
from cameras.handover.services.deliveries import LEASE, ROBOT_LIMIT, Ended
from cameras.handover.services.sending import deliver_one
from cameras.health import State
from cameras.models import Camera, Delivery, DeliveryPlan
from cameras.probe.reason import Reason
from gis_server.errors import Conflict, NotFound
from gis_server.models import AuditRow, CalendarDay, User
from gis_server.roles import Role
from tests.cameras.conftest import NOW, OTHER_STREET, STREET, MakeCamera
from tests.cameras.receivers import free_port, http_receiver, mail_server
from tests.cameras.test_handover_lines import group
from tests.cameras.threads import together
from tests.conftest import MakeUser

SECRET = "0123456789abcdef"
LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def local_network(settings: LazySettings) -> None:
    settings.DELIVERY_HOSTS = ["127.0.0.0/8"]


@pytest.fixture
def boss(make_user: MakeUser) -> User:
    return make_user()


def good(_count: int) -> Any:
    return 200, {}, b'{"errcode": 0, "errmsg": "ok"}'


def make_plan(by: User, address: str, channel: str = "webhook", **more: Any) -> DeliveryPlan:
    wanted: dict[str, Any] = {
        "name": f"plan {DeliveryPlan.objects.count()}",
        "address": address,
        "secret": SECRET if channel == "webhook" else "",
        "filters": Filters(),
        "formats": [],
        "daily_at": None,
        "weekdays": [],
        "outage_cameras": None,
        "language": "zh-hans",
        "enabled": True,
    }
    return plans.add_plan(
        by=by, channel=channel, wanted=plans.WantedPlan(**(wanted | more)), now=NOW
    )


def asked(plan: DeliveryPlan, by: User, now: datetime = NOW) -> Delivery:
    return deliveries.ask_now(by=by, plan_id=plan.pk, now=now)


def state_of(row: Delivery) -> tuple[str, str]:
    row.refresh_from_db()
    return row.state, row.last_error


def test_a_webhook_gets_the_list_signed(boss: User, make_camera: MakeCamera) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    with http_receiver(good) as receiver:
        row = asked(make_plan(boss, receiver.url), boss)
        assert deliver_one(worker="w", now=LATER)

    (got,) = receiver.got
    told = json.loads(got.body)
    assert (told["kind"], told["total"], told["complete"]) == ("asked", 1, True)
    assert told["lines"][0]["members"][0]["code"] == camera.code
    assert got.headers["X-Gis-Delivery"] == told["delivery"]
    # The check that docs/handover.md tells receivers to make.
    at, signature = (part[2:] for part in got.headers["X-Gis-Signature"].split(",", 1))
    signed = f"{at}.".encode() + got.body
    expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert signature.removeprefix("=") == expected
    assert int(at) == int(LATER.timestamp())
    assert state_of(row)[0] == "sent"
    assert (row.rows, row.sent_at, len(row.sha256)) == (1, LATER, 64)
    assert not deliver_one(worker="w", now=LATER + timedelta(days=1))


def test_a_webhook_that_answers_500_for_an_hour_gets_it_once_it_is_back(boss: User) -> None:
    with http_receiver(lambda n: (500, {}, b"<b>busy</b>") if n < 5 else good(n)) as receiver:
        row = asked(make_plan(boss, receiver.url), boss)
        tried = []
        for minute in range(100):
            if deliver_one(worker="w", now=NOW + timedelta(minutes=minute)):
                tried.append(minute)
                if minute == 6:
                    assert "500" in state_of(row)[1]

    # After 1, 5, 15 and 60 minutes more.
    assert tried == [0, 1, 6, 21, 81]
    assert (state_of(row)[0], row.attempts, len(receiver.got)) == ("sent", 5, 5)
    assert len({got.headers["X-Gis-Delivery"] for got in receiver.got}) == 1


def test_it_is_given_up_after_a_day_and_can_be_sent_again(boss: User) -> None:
    row = asked(make_plan(boss, f"http://127.0.0.1:{free_port()}/x"), boss)
    now = NOW
    while deliver_one(worker="w", now=now):
        row.refresh_from_db()
        now = row.next_at or now + timedelta(days=1)

    assert state_of(row)[0] == "given_up"
    assert row.attempts == 9
    deliveries.send_again(by=boss, delivery_id=row.pk, now=now)
    assert (state_of(row)[0], row.attempts) == ("waiting", 0)
    assert AuditRow.objects.filter(action="delivery.sent_again").count() == 1


def test_a_redirect_is_told_and_not_followed(boss: User) -> None:
    with http_receiver(good) as elsewhere:
        with http_receiver(lambda _: (302, {"Location": elsewhere.url}, b"")) as receiver:
            plan = make_plan(boss, receiver.url)
            row = asked(plan, boss)
            deliver_one(worker="w", now=NOW)

    state, error = state_of(row)
    assert (state, elsewhere.got) == ("given_up", [])
    assert elsewhere.url in error
    plan.refresh_from_db()
    assert plan.trouble == error


@pytest.mark.parametrize("slow", ["silent", "drips"])
def test_who_takes_it_and_does_not_answer_is_cut_off_and_not_asked_again(
    slow: str,
) -> None:
    over = Event()

    def answer(_count: int) -> Any:
        if slow == "silent":
            over.wait(10)
            return None
        return 200, {"Content-Length": "99999"}, _drops(over)

    with http_receiver(answer) as receiver:
        began = time.monotonic()
        try:
            if slow == "silent":
                with pytest.raises(Unclear):
                    transport.post(receiver.url, b"{}", {}, budget_s=1)
            else:
                # It has said 200: that is an answer, however long it goes on.
                assert transport.post(receiver.url, b"{}", {}, budget_s=1).status == 200
            took = time.monotonic() - began
        finally:
            over.set()
    assert 0.9 < took < 8


def _drops(over: Any) -> list[bytes]:
    class Endless(list[bytes]):
        def __iter__(self) -> Any:
            while not over.wait(0.02):
                yield b"x"

    return Endless()


def test_an_answer_that_never_came_is_unclear_and_waits_for_a_person(boss: User) -> None:
    with http_receiver(lambda _: None) as receiver:
        row = asked(make_plan(boss, receiver.url), boss)
        deliver_one(worker="w", now=NOW)
        assert not deliver_one(worker="w", now=NOW + timedelta(hours=20))

        assert state_of(row)[0] == "unclear"
        assert len(receiver.got) == 1
        receiver.answer = good
        deliveries.send_again(by=boss, delivery_id=row.pk, now=LATER)
        deliver_one(worker="w", now=LATER)
    assert (state_of(row)[0], len(receiver.got)) == ("sent", 2)


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://10.9.9.9/x", id="outside"),
        pytest.param("https://push.example.invalid/x", id="a name nobody knows"),
        pytest.param("http://user:pw@127.0.0.1/x", id="with a login"),
        pytest.param("ftp://127.0.0.1/x", id="another scheme"),
        pytest.param("http://127.0.0.1:0/x", id="no port"),
        pytest.param("http://127.0.0.1/x\r\nHost: y", id="with a line break"),
        pytest.param("http://[::1/x", id="half an address"),
    ],
)
def test_where_nothing_may_be_sent(address: str) -> None:
    with pytest.raises(NotSent):
        transport.post(address, b"{}", {}, budget_s=2)


def test_a_host_that_is_not_named_is_refused_before_it_is_asked(settings: LazySettings) -> None:
    settings.DELIVERY_HOSTS = []
    with http_receiver(good) as receiver:
        with pytest.raises(NotSent, match="DELIVERY_HOSTS") as error:
            transport.post(receiver.url, b"{}", {})

    assert error.value.is_final
    assert receiver.got == []


def test_tls_is_not_talked_to_a_server_without_it() -> None:
    with http_receiver(good) as receiver:
        with pytest.raises(NotSent):
            transport.post(receiver.url.replace("http:", "https:"), b"{}", {}, budget_s=20)

    assert receiver.got == []


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_it_once(make_user: MakeUser) -> None:
    boss = make_user()
    with http_receiver(good) as receiver:
        asked(make_plan(boss, receiver.url), boss)
        works = [lambda n=n: deliver_one(worker=f"w{n}", now=LATER) for n in range(4)]
        assert sorted(together(*works)) == [False, False, False, True]

    assert len(receiver.got) == 1


@pytest.mark.django_db(transaction=True)
def test_two_clockworks_make_one_list_of_a_morning(make_user: MakeUser) -> None:
    boss = make_user()
    make_plan(boss, "http://127.0.0.1/x", daily_at=clock_time(21, 0))
    due = NOW + timedelta(hours=2)  # 22:00 in Shanghai

    assert sum(together(lambda: deliveries.make_due(due), lambda: deliveries.make_due(due))) == 1
    assert [row.key for row in Delivery.objects.all()] == ["daily:2026-03-01"]
    assert deliveries.make_due(due + timedelta(hours=1)) == 0


def test_on_working_days_no_list_goes_out_on_a_holiday(boss: User) -> None:
    make_plan(boss, "http://127.0.0.1/x", daily_at=clock_time(21, 0), weekdays=[WORKDAY])
    CalendarDay.objects.update_or_create(
        day=date(2026, 3, 3), defaults={"is_workday": False, "name": "停电"}
    )
    evenings = [datetime(2026, 3, day, 14, tzinfo=UTC) for day in (2, 3, 4)]

    # NOW is a Sunday; Monday, a Tuesday off, Wednesday.
    assert [deliveries.make_due(at) for at in (LATER, *evenings)] == [0, 1, 0, 1]


def test_who_dies_while_sending_leaves_it_unclear(boss: User) -> None:
    row = asked(make_plan(boss, "http://127.0.0.1/x"), boss)
    held = deliveries.claim(worker="dies", now=NOW)
    assert held is not None

    assert deliveries.call_unclear(NOW + LEASE - timedelta(seconds=1)) == 0
    assert deliveries.claim(worker="other", now=NOW + LEASE) is None
    assert deliveries.call_unclear(NOW + LEASE + timedelta(seconds=1)) == 1
    assert state_of(row)[0] == "unclear"
    # If it was not dead after all, its word comes too late.
    assert not deliveries.end(held, Ended(DeliveryState.SENT), LATER)
    assert state_of(row)[0] == "unclear"


def test_a_large_outage_is_told_once_and_only_where_it_is_large(
    boss: User, make_camera: MakeCamera
) -> None:
    near = [make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE) for _ in range(2)]
    far = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE, scope_code=OTHER_STREET)
    outage = group(*near, far, at=NOW + timedelta(seconds=1))
    with http_receiver(good) as receiver:
        make_plan(boss, receiver.url, outage_cameras=3)
        make_plan(boss, receiver.url, outage_cameras=4)
        of_street = make_plan(boss, receiver.url, outage_cameras=3)
        narrow = User.objects.create_user("narrow", role="operator", scope=[STREET[:9]])
        DeliveryPlan.objects.filter(pk=of_street.pk).update(made_by=narrow)

        assert deliveries.make_due(LATER) == 1
        assert deliveries.make_due(LATER) == 0
        deliver_one(worker="w", now=LATER)

    told = json.loads(receiver.got[0].body)
    assert told["key"] == f"outage:{outage.pk}"
    assert "SW-7" in told["title"]
    assert (told["total"], told["cameras"]) == (1, 3)


def test_an_outage_that_is_over_before_it_is_told_is_told_as_over(
    boss: User, make_camera: MakeCamera
) -> None:
    outage = group(*[make_camera(state=State.OFFLINE, reason=Reason.SILENT) for _ in range(3)])
    plan = make_plan(boss, "http://127.0.0.1/x")
    outage.closed_at = LATER
    outage.save()
    outage.members.update(left_at=LATER)

    content = compose(plan, boss.reach, f"outage:{outage.pk}", LATER)

    assert content.found.total == 0
    assert "2026-03-01 20:00" in content.text()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"is_active": False}, id="no longer here"),
        pytest.param({"role": Role.MAINTAINER.value}, id="another role"),
        pytest.param({"scope": []}, id="no area"),
        pytest.param({"scope": ["140108"]}, id="another area"),
    ],
)
def test_who_lost_the_right_delivers_nothing_and_the_plan_says_why(
    boss: User, make_camera: MakeCamera, change: dict[str, Any]
) -> None:
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    with http_receiver(good) as receiver:
        plan = make_plan(boss, receiver.url, filters=Filters(division=STREET))
        row = asked(plan, boss)
        User.objects.filter(pk=boss.pk).update(**change)
        deliver_one(worker="w", now=NOW)

    plan.refresh_from_db()
    assert (state_of(row)[0], receiver.got) == ("given_up", [])
    assert plan.trouble == row.last_error != ""


def test_what_is_sent_ends_where_the_reach_ends_when_it_is_sent(
    boss: User, make_camera: MakeCamera
) -> None:
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE, code="NEAR")
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE, code="FAR", scope_code=OTHER_STREET)
    with http_receiver(good) as receiver:
        asked(make_plan(boss, receiver.url), boss)
        User.objects.filter(pk=boss.pk).update(scope=[STREET[:9]])
        deliver_one(worker="w", now=NOW)

    assert b"NEAR" in receiver.got[0].body
    assert b"FAR" not in receiver.got[0].body


# ---- Robots --------------------------------------------------------------------------------------


@pytest.mark.parametrize("channel", ["wecom", "dingtalk"])
def test_a_robot_that_refuses_says_why(boss: User, channel: str) -> None:
    refusal = b'{"errcode": 310000, "errmsg": "sign not match"}'
    with http_receiver(lambda n: (200, {}, refusal) if n == 1 else good(n)) as receiver:
        row = asked(make_plan(boss, receiver.url, channel), boss)
        deliver_one(worker="w", now=NOW)
        assert state_of(row)[0] == "failed"
        assert "sign not match" in row.last_error
        deliver_one(worker="w", now=LATER)

    assert state_of(row)[0] == "sent"
    assert json.loads(receiver.got[0].body)["msgtype"] == "markdown"


def test_a_robot_is_signed_as_dingtalk_wants_it() -> None:
    # printf '1700000000000\nSECx' | openssl dgst -sha256 -hmac SECx -binary | base64
    expected = "rgcjbH+yFyES+S0llX+cAPCwVRpsr7sbiX5Lnyo/ocU="
    base = "https://oapi.dingtalk.com/robot/send?access_token=a"

    address = dingtalk.signed(base, "SECx", 1_700_000_000_000)

    assert address == f"{base}&timestamp=1700000000000&sign={quote_plus(expected)}"


def test_robots_take_twenty_a_minute(boss: User) -> None:
    with http_receiver(good) as receiver:
        made = [make_plan(boss, receiver.url, "wecom") for _ in range(ROBOT_LIMIT + 2)]
        for plan in made:
            asked(plan, boss)
        at_once = sum(deliver_one(worker="w", now=NOW) for _ in made)
        after = sum(deliver_one(worker="w", now=NOW + timedelta(seconds=61)) for _ in made)

    assert (at_once, after) == (ROBOT_LIMIT, 2)


def test_a_message_fits_and_no_name_becomes_markdown(boss: User, make_camera: MakeCamera) -> None:
    for number in range(60):
        camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
        name = ["[点我](http://evil)", "<@all>", "**粗**", "# 大", "`码`"][number % 5] + "长" * 40
        Camera.objects.filter(pk=camera.pk).update(name=name)
    plan = make_plan(boss, "http://127.0.0.1/x?k")
    content = compose(plan, boss.reach, "asked:1", LATER)

    text = json.loads(wecom.outgoing(content, "", "", [], "1").body)["markdown"]["content"]

    assert len(text.encode()) <= 4096
    assert len(markdown(content, 500).encode()) <= 500
    for sign in ("[", "](", "<", "# ", "`", "**粗"):
        assert sign not in text.replace(f"**{content.title}**", "")
    assert "另有" in text.splitlines()[-1]


# ---- Mail ----------------------------------------------------------------------------------------


def use(settings: LazySettings, port: int) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_SSL = settings.EMAIL_USE_TLS = False
    settings.EMAIL_HOST_USER, settings.DEFAULT_FROM_EMAIL = "", "map@district.example"


def test_a_mail_brings_the_files(
    boss: User, make_camera: MakeCamera, settings: LazySettings
) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    Camera.objects.filter(pk=camera.pk).update(name="枪机\r\nBcc: x@y.z")
    to = "a@district.example\nb@district.example"
    with mail_server() as server:
        use(settings, server.port)
        row = asked(make_plan(boss, to, "email", formats=["xlsx", "csv", "pdf"]), boss)
        deliver_one(worker="w", now=LATER)

    assert state_of(row) == ("sent", "")
    mail = message_from_bytes(server.mails[0])
    parts = [str(part.get_filename()) for part in mail.walk() if part.get_filename()]
    assert [name.rpartition(".")[2] for name in parts] == ["xlsx", "csv", "pdf"]
    assert mail["To"] == "a@district.example, b@district.example"
    assert mail["Bcc"] is None
    assert mail["Message-ID"].startswith(f"<{row.plan_id}-{row.pk}@")


def test_a_mail_server_that_is_down_is_tried_again(boss: User, settings: LazySettings) -> None:
    use(settings, free_port())
    row = asked(make_plan(boss, "a@district.example", "email"), boss)
    deliver_one(worker="w", now=NOW)
    assert state_of(row)[0] == "failed"

    with mail_server() as server:
        use(settings, server.port)
        deliver_one(worker="w", now=LATER)

    assert (state_of(row)[0], len(server.mails)) == ("sent", 1)


@pytest.mark.parametrize(
    ("way", "state"),
    [
        pytest.param({"refuses": "RCPT"}, "failed", id="nobody of that name"),
        pytest.param({"refuses": "MAIL"}, "failed", id="not from us"),
        pytest.param({"hangs_up_after_data": True}, "unclear", id="took it and hung up"),
    ],
)
def test_what_a_mail_server_may_do(
    boss: User, settings: LazySettings, way: dict[str, Any], state: str
) -> None:
    with mail_server(**way) as server:
        use(settings, server.port)
        row = asked(make_plan(boss, "a@district.example", "email"), boss)
        deliver_one(worker="w", now=NOW)

    assert state_of(row)[0] == state


def test_without_a_mail_server_it_is_said_what_to_set(boss: User, settings: LazySettings) -> None:
    settings.EMAIL_HOST = ""
    row = asked(make_plan(boss, "a@district.example", "email"), boss)
    deliver_one(worker="w", now=NOW)

    assert "EMAIL_HOST" in state_of(row)[1]


# ---- Secrets and reach ---------------------------------------------------------------------------


def test_an_address_is_sealed_and_shown_in_part(boss: User) -> None:
    key = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=693a91f6-7xxx-4bc4-97a0"
    plan = make_plan(boss, key, "wecom")

    assert plan.shown_address == "https://qyapi.weixin.qq.com/…97a0"
    assert b"693a91f6" not in bytes(plan.sealed_address)
    assert "693a91f6" not in str(list(AuditRow.objects.values()))
    assert "693a91f6" not in repr(Outgoing(key, {}, ""))
    assert plans.shown_address("email", "wang@a.cn\nli@b.cn") == "wa…@a.cn, li…@b.cn"


def test_plans_are_handled_by_whose_area_holds_theirs(boss: User, make_user: MakeUser) -> None:
    plan = make_plan(boss, "http://127.0.0.1/x")
    narrow = User.objects.create_user("narrow", role="operator", scope=[STREET[:9]])
    wide = User.objects.create_user("wide", role="operator", scope=["14"])

    with pytest.raises(NotFound):
        asked(plan, narrow)
    row = asked(plan, wide)
    with pytest.raises(Conflict):
        asked(plan, boss)
    with pytest.raises(NotFound):
        deliveries.send_again(by=narrow, delivery_id=row.pk, now=NOW)


@pytest.mark.parametrize("module", [webhook, wecom, dingtalk])
def test_an_address_that_will_not_do_is_told_in_the_form(module: Any) -> None:
    assert module.fault("nonsense")
    assert not module.fault("https://oapi.dingtalk.com/robot/send?access_token=abc")
