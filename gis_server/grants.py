"""What changes the loan of an area: asking, deciding, withdrawing, ending.

A decision is taken by somebody whose *own* area holds what is asked for: what is lent to them does
not let them lend it on.  Each step is a compare-and-set on one row, noted in the audit trail and
told to the change feed in the same transaction.
"""

import re
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gis_server import audit, grant_flow, live
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from gis_server.grant_flow import GrantState
from gis_server.models import PREFIX_PATTERN, AreaGrant, User
from gis_server.roles import Permission, covers, may


@transaction.atomic
def ask(*, by: User, prefix: str, reason: str, hours: int, now: datetime) -> AreaGrant:
    """Ask for the territory below a code prefix, for so many hours from the decision on.

    Raises:
        NotAllowed: the role may not ask.
        Invalid: no prefix, no reason or one too long, too many hours, or the area is theirs anyway.
        TooMany: `grant_flow.MOST_WAITING` requests wait already.
        Conflict: they have asked for just this already.
    """
    if not may(by.role, Permission.ASK_FOR_AREA):
        raise NotAllowed(_("Your role does not ask for other areas."))
    if not re.fullmatch(PREFIX_PATTERN, prefix):
        raise Invalid(_("Choose the area from the list, or write its code in digits."))
    if covers(by.scope, prefix):
        raise Invalid(_("This area is yours already; there is nothing to ask for."))
    reason, hours = _sentence(reason, needed=True), _hours(hours, grant_flow.LONGEST_H)
    _make_room(by, prefix, now)
    try:
        with transaction.atomic():
            grant = AreaGrant.objects.create(
                asker=by, prefix=prefix, reason=reason, wanted_h=hours, asked_at=now
            )
    except IntegrityError:
        raise Conflict(_("You have asked for this area already; it waits for an answer.")) from None
    _tell(grant, by=by, action="area.asked", detail={"hours": hours, "reason": reason})
    return grant


def _make_room(by: User, prefix: str, now: datetime) -> None:
    waiting = AreaGrant.objects.filter(asker=by, state=GrantState.WAITING.value)
    lapsed = now - timedelta(hours=grant_flow.WAITS_H)
    # What lapsed is still stored as waiting: asking anew takes it back.
    waiting.filter(prefix=prefix, asked_at__lte=lapsed).update(state=GrantState.WITHDRAWN.value)
    if waiting.filter(asked_at__gt=lapsed).count() >= grant_flow.MOST_WAITING:
        message = _("%(count)d of your requests wait already. Withdraw what you no longer need.")
        raise TooMany(message % {"count": grant_flow.MOST_WAITING})


@transaction.atomic
def decide(
    *,
    grant_id: int,
    by: User,
    to: GrantState,
    hours: int | None = None,
    note: str = "",
    now: datetime,
) -> AreaGrant:
    """Give what was asked for, for the hours wanted or fewer, or refuse it with a note.

    Several leaders may answer at once, and the asker may withdraw meanwhile: the row is moved by
    compare-and-set, so exactly one of them succeeds.

    Raises:
        NotFound: no such request in the area that is theirs.
        NotAllowed: it is their own request.
        Invalid: a refusal without a note, or more hours than were asked for.
        Conflict: it no longer waits, or has waited too long.
    """
    grant = _lent_by(by, grant_id)
    if grant.asker_id == by.pk:
        raise NotAllowed(_("Somebody else decides about your own request."))
    note = _sentence(note, needed=to is GrantState.REFUSED)
    values: dict[str, Any] = {"decided_by": by, "decided_at": now, "note": note}
    detail: dict[str, Any] = {"asker": grant.asker.get_username(), "note": note}
    if to is GrantState.GIVEN:
        hours = _hours(grant.wanted_h if hours is None else hours, grant.wanted_h)
        until = grant_flow.ends_at(now, hours)
        values, detail = values | {"until": until}, detail | {"hours": hours}
    fresh = now - timedelta(hours=grant_flow.WAITS_H)
    waiting = AreaGrant.objects.filter(asked_at__gt=fresh)
    _move(waiting, grant, GrantState.WAITING, to, values)
    given = to is GrantState.GIVEN
    _tell(grant, by=by, action="area.given" if given else "area.refused", detail=detail)
    return grant


@transaction.atomic
def withdraw(*, grant_id: int, by: User, now: datetime) -> AreaGrant:
    """Take back one's own request before anybody has answered it.

    Raises:
        NotFound: no such request of theirs.
        Conflict: it has been answered.
    """
    grant = AreaGrant.objects.select_related("asker").filter(asker=by, id=grant_id).first()
    if grant is None:
        raise _no_such()
    _move(AreaGrant.objects.all(), grant, GrantState.WAITING, GrantState.WITHDRAWN, {})
    waited_min = int((now - grant.asked_at).total_seconds() // 60)
    _tell(grant, by=by, action="area.withdrawn", detail={"waited_min": waited_min})
    return grant


@transaction.atomic
def end(*, grant_id: int, by: User, now: datetime) -> AreaGrant:
    """End a running grant now: whoever may decide about its area, or the asker, who is done.

    Raises:
        NotFound: no such grant of theirs or in their area.
        Conflict: it no longer runs.
    """
    own = AreaGrant.objects.select_related("asker").filter(asker=by, id=grant_id).first()
    grant = own or _lent_by(by, grant_id)
    running = AreaGrant.running_at(now)
    values = {"ended_by": by, "ended_at": now}
    _move(running, grant, GrantState.GIVEN, GrantState.ENDED, values)
    left_min = int((grant.until - now).total_seconds() // 60) if grant.until else 0
    detail = {"asker": grant.asker.get_username(), "left_min": left_min}
    _tell(grant, by=by, action="area.ended", detail=detail)
    return grant


def may_decide(user: User, prefix: str) -> bool:
    """Whether somebody lends areas, and this one is their own: lent ones do not count."""
    return may(user.role, Permission.GRANT_AREA) and covers(user.scope, prefix)


def _lent_by(user: User, grant_id: int) -> AreaGrant:
    grant = AreaGrant.objects.select_related("asker").filter(id=grant_id).first()
    # One of another area must look like one that does not exist.
    if grant is None or not may_decide(user, grant.prefix):
        raise _no_such()
    return grant


def _no_such() -> NotFound:
    return NotFound(_("There is no such request that you could answer."))


def _move(
    rows: QuerySet[AreaGrant],
    grant: AreaGrant,
    seen: GrantState,
    to: GrantState,
    values: dict[str, Any],
) -> None:
    """Make `to` of a grant that is among `rows` and still `seen`, or raise Conflict."""
    if to not in grant_flow.NEXT[seen]:
        raise ValueError(f"{to} does not follow {seen}")
    if rows.filter(id=grant.pk, state=seen.value).update(state=to.value, **values) != 1:
        raise Conflict(_("Somebody was faster, or the time is over. Look at the list again."))
    grant.refresh_from_db()


def _sentence(text: str, *, needed: bool) -> str:
    text = " ".join(text.split())
    if needed and not text:
        raise Invalid(_("Write why, so that others understand it later."))
    if len(text) > grant_flow.LONGEST_REASON or "\0" in text:
        message = _("Write at most %(count)d characters.")
        raise Invalid(message % {"count": grant_flow.LONGEST_REASON})
    return text


def _hours(hours: int, most: int) -> int:
    if not 1 <= hours <= most:
        raise Invalid(_("The time must be 1 to %(most)d whole hours.") % {"most": most})
    return hours


def _tell(grant: AreaGrant, *, by: User, action: str, detail: dict[str, Any]) -> None:
    audit.note(by=by, action=action, subject=grant.pk, scope=grant.prefix, detail=detail)
    changes = [live.Change("area_request", str(grant.pk), grant.prefix)]
    if grant.state in (GrantState.GIVEN.value, GrantState.ENDED.value):
        # Told where the asker is at home: they hear it there, and no colleague elsewhere does.
        home = next(iter(grant.asker.scope), "") or grant.prefix
        changes.append(live.Change(live.REACH_TOPIC, str(grant.asker_id), home))
    live.record(*changes)
