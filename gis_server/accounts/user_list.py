"""The list of users that an administrator sees, and the one user on its page."""

from dataclasses import dataclass
from datetime import datetime

from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from gis_server.accounts.users import managed_by
from gis_server.edge import Page
from gis_server.models import ApiToken, SecondFactor, User
from gis_server.scopes import areas_of


@dataclass(frozen=True)
class Filters:
    """Part of a name, a role, and "active", "inactive" or "locked"; empty means all."""

    text: str = ""
    role: str = ""
    state: str = ""


def users(by: User, filters: Filters, page: Page, now: datetime) -> tuple[list[User], int]:
    """The users of one piece of the list, ordered by name, and how many there are in all."""
    rows = _filtered(with_state(managed_by(by), now), filters)
    piece = rows.order_by("username", "pk")[page.offset : page.offset + page.limit]
    return with_areas(list(piece)), rows.count()


def with_areas(people: list[User]) -> list[User]:
    """The same users, each with its scope as `areas`: prefixes and names.  One query."""
    areas = areas_of({prefix for user in people for prefix in user.scope})
    for user in people:
        user.areas = [areas[prefix] for prefix in user.scope]  # type: ignore[attr-defined]
    return people


def with_state(rows: QuerySet[User], now: datetime) -> QuerySet[User]:
    """Adds `locked` (from some address), `open_sessions`, `two_steps` and `has_tokens`."""
    locks = AccessAttempt.objects.filter(
        username=OuterRef("username"),
        failures_since_start__gte=settings.AXES_FAILURE_LIMIT,
        attempt_time__gt=now - settings.AXES_COOLOFF_TIME,
    )
    open_sessions = Count("sessions", filter=Q(sessions__expire_date__gt=now))
    factors = SecondFactor.objects.filter(user=OuterRef("pk"), confirmed_at__isnull=False)
    lent = ApiToken.objects.filter(user=OuterRef("pk"), revoked_at=None, expires_at__gt=now)
    return rows.annotate(
        locked=Exists(locks),
        two_steps=Exists(factors),
        has_tokens=Exists(lent),
        open_sessions=open_sessions,
    )


def _filtered(rows: QuerySet[User], filters: Filters) -> QuerySet[User]:
    if filters.text:
        named = Q(username__icontains=filters.text) | Q(display_name__icontains=filters.text)
        rows = rows.filter(named)
    if filters.role:
        rows = rows.filter(role=filters.role)
    states = {
        "active": Q(is_active=True),
        "inactive": Q(is_active=False),
        "locked": Q(locked=True),
    }
    return rows.filter(states[filters.state]) if filters.state else rows
