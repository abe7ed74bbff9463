"""What the project forgets, and what it must not."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from gis_server.jobs import drop_old_sessions, prune_changes
from gis_server.live import KEPT_DAYS, Change, last_id, record
from gis_server.models import ChangeRow, UserSession

pytestmark = pytest.mark.django_db


def told(subject: str, days_ago: float, topic: str = "camera") -> int:
    with transaction.atomic():
        record(Change(topic, subject, ""))
    row = ChangeRow.objects.get(subject=subject)
    ChangeRow.objects.filter(id=row.id).update(at=timezone.now() - timedelta(days=days_ago))
    return row.id


def test_old_changes_are_forgotten_and_newer_ones_kept() -> None:
    told("old", KEPT_DAYS + 1)
    told("young", KEPT_DAYS - 1)

    assert prune_changes() == 1
    assert [row.subject for row in ChangeRow.objects.all()] == ["young"]


def test_where_somebody_was_is_told_for_an_hour() -> None:
    told("long ago", 1.5 / 24, "position")
    told("just now", 0.5 / 24, "position")
    told("a camera", 1)

    assert prune_changes() == 1
    assert [row.subject for row in ChangeRow.objects.order_by("id")] == ["just now", "a camera"]


def test_the_newest_change_stays_however_old_it_is() -> None:
    """Without it a page would be told to begin at 0, which the live process has long forgotten."""
    told("older", KEPT_DAYS + 2)
    newest = told("newest", KEPT_DAYS + 1)

    prune_changes()

    assert last_id() == newest


def test_sessions_that_have_run_out_are_dropped(operator: Client) -> None:
    UserSession.objects.create(
        session_key="over", session_data="", expire_date=timezone.now() - timedelta(seconds=1)
    )

    drop_old_sessions()

    assert [row.session_key for row in UserSession.objects.all()] == [
        operator.cookies["sessionid"].value
    ]
