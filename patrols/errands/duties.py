"""Who is on duty at a moment, and whose business that is."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gis_server.errors import Conflict, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import scope_q
from patrols.models import Duty, Member
from patrols.queries import duty_windows
from patrols.roster import Window

MOMENT = timedelta(seconds=1)


def duties_seen(user: User) -> QuerySet[Duty]:
    """Those at posts in the user's reach, whoever has them."""
    return Duty.objects.filter(scope_q(user, "post__scope_code"))


def windows_at(duties: QuerySet[Duty], now: datetime) -> dict[int, Window]:
    """Of duties that are in force now their windows, by the duty's id.  Three queries."""
    found = duty_windows(duties, now, now + MOMENT)
    return {one.duty.id: one for one in found if one.span.holds(now)}


def on_duty(duties: QuerySet[Duty], now: datetime) -> list[Duty]:
    """The duties that are in force now, with member, post and shift.  Four queries."""
    return rows_of(windows_at(duties, now))


def rows_of(ids: Iterable[int]) -> list[Duty]:
    rows = Duty.objects.filter(pk__in=list(ids))
    found = rows.select_related("member", "post", "shift", "stands_in_for__member")
    return list(found.order_by("id"))


def duty_to_send(user: User, duty_id: int, now: datetime) -> Duty:
    """The duty, if its member may be sent somewhere now.

    Raises:
        NotFound: there is no such duty at a post in the user's reach.
        Conflict: it is not in force (any more).
    """
    seen = duties_seen(user).filter(pk=duty_id)
    duty = seen.select_related("member", "post", "shift").first()
    if duty is None:
        raise NotFound(_("There is no such duty in your area."))
    if duty_id not in windows_at(seen, now):
        rule = _("%(name)s is not on duty now: choose somebody who is.")
        raise Conflict(rule % {"name": duty.member.name})
    return duty


def member_of(user: User) -> Member | None:
    """Who of the people on duty the user is.  One query."""
    return Member.objects.filter(user=user, is_active=True).first()


def own_member(user: User) -> Member:
    """Raises NotAllowed."""
    member = member_of(user)
    if member is None:
        raise NotAllowed(not_entered())
    return member


def not_entered() -> str:
    return _(
        "You are not entered among the people on duty: ask whoever plans duties to join your"
        " sign-in to your entry."
    )
