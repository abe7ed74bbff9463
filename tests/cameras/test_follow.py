"""Rules, windows and kept filters go along when a territory gets another code."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cameras.models import DeliveryPlan, PlannedWork, RoutingRule, SavedView, Team
from gis_server import scopes
from gis_server.models import User

OLD, NEW = "140107001", "140107009"
pytestmark = pytest.mark.django_db


@pytest.fixture
def user() -> User:
    return User.objects.create_user(username="u", role="administrator", scope=["140107"])


def window(user: User, hours: int) -> PlannedWork:
    now = timezone.now()
    return PlannedWork.objects.create(
        kind="planned", title="Work", starts_at=now + timedelta(hours=hours - 1),
        ends_at=now + timedelta(hours=hours), target="area", area=f"{OLD}002", entered_by=user,
        entered_at=now,
    )  # fmt: skip


def test_what_is_still_to_come_follows_and_what_is_over_stays(user: User) -> None:
    team = Team.objects.create(name="Team")
    inside = RoutingRule.objects.create(position=1, area=f"{OLD}003", team=team)
    beside = RoutingRule.objects.create(position=2, area="140107002", team=team)
    coming, past = window(user, 2), window(user, -2)

    scopes.follow(OLD, NEW)

    for row in (inside, beside, coming, past):
        row.refresh_from_db()
    assert (inside.area, beside.area) == (f"{NEW}003", "140107002")
    assert (coming.area, past.area) == (f"{NEW}002", f"{OLD}002")


def test_kept_filters_follow(user: User) -> None:
    view = SavedView.objects.create(user=user, name="a", filters={"division": f"{OLD}000"})
    plain = SavedView.objects.create(user=user, name="b", filters={"text": "gate"})
    plan = DeliveryPlan.objects.create(
        name="p", channel="email", sealed_address=b"x", shown_address="x", address_mark="x",
        filters={"division": f"{OLD}000", "team": 3}, made_by=user, since=timezone.now(),
    )  # fmt: skip

    scopes.follow(OLD, NEW)

    for row in (view, plain, plan):
        row.refresh_from_db()
    assert view.filters == {"division": f"{NEW}000"}
    assert plain.filters == {"text": "gate"}
    assert plan.filters == {"division": f"{NEW}000", "team": 3}
