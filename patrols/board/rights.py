"""What of posts, people and duties somebody may see and plan: those of the territory in reach.

A duty lies where its post does, never where its member comes from.
"""

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gis_server.errors import NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import Permission, in_scope, may, scope_q
from patrols.models import Duty, Member, Post, Shift
from patrols.models.control import DISTRICT_DIGITS


def posts_seen(user: User) -> QuerySet[Post]:
    return Post.objects.filter(scope_q(user, "scope_code"))


def members_seen(user: User) -> QuerySet[Member]:
    return Member.objects.filter(scope_q(user, "scope_code"))


def duties_seen(user: User) -> QuerySet[Duty]:
    return Duty.objects.filter(scope_q(user, "post__scope_code"))


def districts_of(user: User) -> set[str]:
    """The 6 digits of each district in which some of the user's reach lies."""
    return {code[:DISTRICT_DIGITS] for code in user.reach if len(code) >= DISTRICT_DIGITS}


def shifts_seen(user: User) -> QuerySet[Shift]:
    """Shifts are a whole district's; whoever sees part of it sees them."""
    wide = [code for code in user.reach if code and len(code) < DISTRICT_DIGITS]
    found = Shift.objects.filter(area__in=districts_of(user))
    for code in wide:
        found |= Shift.objects.filter(area__startswith=code)
    return found


def must_plan(user: User) -> None:
    """Raises NotAllowed."""
    if not may(user.role, Permission.PLAN_DUTIES):
        raise NotAllowed(_("Your role does not include this. Ask an administrator for it."))


def post_for(user: User, post_id: int) -> Post:
    """Raises NotFound: no such post, or none in reach."""
    row = posts_seen(user).filter(pk=post_id).first()
    if row is None:
        raise NotFound(_("There is no such post in your area (any more)."))
    return row


def member_for(user: User, member_id: int) -> Member:
    """Raises NotFound: nobody such, or nobody of the area in reach."""
    row = members_seen(user).filter(pk=member_id).first()
    if row is None:
        raise NotFound(_("There is no such person in your area (any more)."))
    return row


def duty_for(user: User, duty_id: int) -> Duty:
    """With post, shift and member.  Raises NotFound: no such duty, or none in reach."""
    rows = duties_seen(user).select_related("post", "shift", "member")
    row = rows.filter(pk=duty_id).first()
    if row is None:
        raise NotFound(_("There is no such duty in your area (any more)."))
    return row


def may_enter(user: User, code: str) -> bool:
    """Whether somebody or something may be entered as of a territory."""
    return in_scope(user, code)
