"""The pages of hand-over: who may have lists delivered, what they see, what they press."""

from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from cameras.handover.services.sending import deliver_one
from cameras.health import State
from cameras.models import Camera, Delivery, DeliveryPlan, SavedView
from cameras.probe.reason import Reason
from gis_server.models import AuditRow
from gis_server.roles import Role
from gis_server.scopes import follow
from tests.cameras.conftest import STREET, MakeCamera
from tests.cameras.receivers import http_receiver
from tests.cameras.test_deliveries import good
from tests.conftest import SignIn

PAGE = {"accept": "text/html"}
HOOK = "https://push.district.example/in?key=0123456789abcdef"


def form(**more: Any) -> dict[str, Any]:
    plain = {
        "name": "早报",
        "address": HOOK,
        "secret": "0123456789abcdef",
        "language": "zh-hans",
        "enabled": "on",
        "daily_at": "08:00",
        "weekdays": ["1", "5"],
        "outage_cameras": "20",
        "state": "offline",
    }
    return plain | more


def make(client: Client, channel: str = "webhook", **more: Any) -> Any:
    return client.post(f"/repairs/handover/new/?channel={channel}", form(**more), headers=PAGE)


def test_a_plan_is_made_and_previewed(operator: Client, make_camera: MakeCamera) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    Camera.objects.filter(pk=camera.pk).update(name="<b>门</b>")

    answer = make(operator)

    plan = DeliveryPlan.objects.get()
    assert answer["Location"] == f"/repairs/handover/{plan.pk}/preview/"
    assert (plan.weekdays, plan.outage_cameras, plan.filters) == ([1, 5], 20, {"state": "offline"})
    html = operator.get(answer["Location"], headers=PAGE).content.decode()
    assert "&lt;b&gt;门" in html
    assert "<b>门" not in html
    assert "X-Gis-Delivery" in html
    assert "0123456789abcdef" not in html
    assert not Delivery.objects.exists()
    assert AuditRow.objects.get(action="delivery_plan.made").subject == "早报"


@pytest.mark.parametrize(
    ("channel", "change", "field"),
    [
        pytest.param("webhook", {"address": "nonsense"}, "address", id="no address"),
        pytest.param("webhook", {"secret": ""}, "secret", id="no secret"),
        pytest.param("webhook", {"secret": "short"}, "secret", id="a short secret"),
        pytest.param("email", {"address": "nobody"}, "address", id="no mail address"),
        pytest.param("wecom", {"address": "https://x.example/"}, "address", id="no key"),
        pytest.param("webhook", {"outage_cameras": "1"}, "outage_cameras", id="one camera"),
        pytest.param("webhook", {"daily_at": "25:00"}, "daily_at", id="no time"),
        pytest.param("webhook", {"weekdays": ["9"]}, "weekdays", id="no weekday"),
        pytest.param("webhook", {"name": ""}, "name", id="no name"),
    ],
)
def test_a_form_says_what_is_wrong(
    operator: Client, channel: str, change: dict[str, Any], field: str
) -> None:
    answer = make(operator, channel, **change)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not DeliveryPlan.objects.exists()


def test_a_change_keeps_address_and_secret_unless_they_are_given(operator: Client) -> None:
    make(operator)
    plan = DeliveryPlan.objects.get()
    before = bytes(plan.sealed_address), bytes(plan.sealed_secret or b"")
    page = operator.get(f"/repairs/handover/{plan.pk}/", headers=PAGE).content.decode()
    assert "0123456789abcdef" not in page
    changed = form(name="晚报", address="", secret="", daily_at="18:00", version="0")

    answer = operator.post(f"/repairs/handover/{plan.pk}/", changed, headers=PAGE)

    assert answer.status_code == 302
    plan.refresh_from_db()
    assert (plan.name, plan.version) == ("晚报", 1)
    assert (bytes(plan.sealed_address), bytes(plan.sealed_secret or b"")) == before
    late = operator.post(f"/repairs/handover/{plan.pk}/", changed, headers=PAGE)
    assert late.status_code == 422
    assert "其他人刚刚修改了该计划" in late.content.decode()


def test_a_name_is_taken_once(operator: Client) -> None:
    make(operator)

    assert make(operator).status_code == 422
    assert DeliveryPlan.objects.count() == 1


def test_send_now_is_seen_and_ends_in_the_list(
    operator: Client, make_camera: MakeCamera, settings: LazySettings
) -> None:
    settings.DELIVERY_HOSTS = ["127.0.0.0/8"]
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    with http_receiver(lambda n: (302, {"Location": "/x"}, b"") if n == 1 else good(n)) as there:
        make(operator, address=there.url)
        plan = DeliveryPlan.objects.get()
        operator.post(f"/repairs/handover/{plan.pk}/send/")
        assert "待发送" in operator.get("/repairs/handover/", headers=PAGE).content.decode()
        deliver_one(worker="w", now=timezone.now())

        html = operator.get("/repairs/handover/?wrong=1", headers=PAGE).content.decode()
        assert "已放弃" in html
        assert "系统不跟随跳转" in html
        row = Delivery.objects.get()
        operator.post(f"/repairs/handover/deliveries/{row.pk}/again/")
        deliver_one(worker="w", now=timezone.now())

    html = operator.get("/repairs/handover/", headers=PAGE).content.decode()
    assert "已发送" in html
    assert "系统不跟随跳转" not in html
    assert len(there.got) == 2


def test_who_may_not_have_lists_delivered_sees_nothing_of_it(
    operator: Client, sign_in: SignIn
) -> None:
    make(operator)
    plan = DeliveryPlan.objects.get()

    for role in (Role.MAINTAINER, Role.PLANNER, Role.STREET_LEADER):
        assert sign_in(role).get("/repairs/handover/").status_code == 403
    narrow = sign_in(scope=(STREET,))
    assert "早报" not in narrow.get("/repairs/handover/", headers=PAGE).content.decode()
    for page in ("", "preview/"):
        assert narrow.get(f"/repairs/handover/{plan.pk}/{page}").status_code == 404
    for press in ("send/", "remove/"):
        assert narrow.post(f"/repairs/handover/{plan.pk}/{press}").status_code == 404


def test_the_number_of_queries_is_fixed(operator: Client, django_assert_num_queries: Any) -> None:
    for more in range(1, 4):
        make(operator, name=f"早报 {more}")
        operator.post(f"/repairs/handover/{DeliveryPlan.objects.latest('pk').pk}/send/")
        if more == 2:
            continue
        # Session and user, plans with their last deliveries, deliveries and how many there are.
        with django_assert_num_queries(6):
            operator.get("/repairs/handover/", headers=PAGE)


def test_a_plan_is_removed_with_its_deliveries(operator: Client) -> None:
    make(operator)
    plan = DeliveryPlan.objects.get()
    operator.post(f"/repairs/handover/{plan.pk}/send/")

    operator.post(f"/repairs/handover/{plan.pk}/remove/")

    assert not Delivery.objects.exists()
    assert AuditRow.objects.filter(action="delivery_plan.removed").exists()


def test_filters_follow_a_division_to_its_new_code(operator: Client) -> None:
    make(operator, division=STREET)
    operator.post(f"/repairs/views/save/?division={STREET}", {"name": "街"})

    follow("140107001", "140107009")

    renamed = STREET.replace("140107001", "140107009")
    assert DeliveryPlan.objects.get().filters["division"] == renamed
    assert SavedView.objects.get().filters["division"] == renamed
