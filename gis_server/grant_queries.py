"""What is read of lent areas: what somebody asked for, may decide, has lent; one query each."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from gis_server.grant_flow import WAITS_H, GrantState
from gis_server.models import AreaGrant, User
from gis_server.roles import Permission, may, within_q


@dataclass(frozen=True)
class Counts:
    """How much stands on each of the three pages; `waiting` of one's own requests."""

    own: int
    waiting: int
    to_decide: int
    running: int


def own(user: User) -> QuerySet[AreaGrant]:
    """What somebody has asked for, the last first."""
    return _named().filter(asker=user).order_by("-id")


def to_decide(user: User, now: datetime) -> QuerySet[AreaGrant]:
    """What somebody may decide about, the longest waiting first."""
    return _named().filter(_to_decide(user, now)).order_by("id")


def running(user: User, now: datetime) -> QuerySet[AreaGrant]:
    """What is lent of the area that somebody decides about, the first to end first."""
    return _named().filter(_running(user, now)).order_by("until", "id")


def counts(user: User, now: datetime) -> Counts:
    rows = AreaGrant.objects.aggregate(
        own=Count("pk", filter=Q(asker=user)),
        waiting=Count("pk", filter=Q(asker=user) & _waiting(now)),
        to_decide=Count("pk", filter=_to_decide(user, now)),
        running=Count("pk", filter=_running(user, now)),
    )
    return Counts(**rows)


def _named() -> QuerySet[AreaGrant]:
    return AreaGrant.objects.select_related("asker", "decided_by", "ended_by")


def _waiting(now: datetime) -> Q:
    fresh = now - timedelta(hours=WAITS_H)
    return Q(state=GrantState.WAITING.value, asked_at__gt=fresh)


def _to_decide(user: User, now: datetime) -> Q:
    return _waiting(now) & _decides(user) & ~Q(asker=user)


def _running(user: User, now: datetime) -> Q:
    return Q(state=GrantState.GIVEN.value, until__gt=now) & _decides(user)


def _decides(user: User) -> Q:
    """The rule of `grants.may_decide`, for rows: what is lent to somebody is not theirs to lend."""
    lends = may(user.role, Permission.GRANT_AREA)
    return within_q(user.scope if lends else [], "prefix")
