"""Somebody says that a time of their own track is wrong; somebody else decides."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import User
from gis_server.roles import Permission, covers, may, within_q
from patrols.intake import stale
from patrols.models import Dispute, Duty, Member
from patrols.models.fixes import MAX_REASON

LONGEST = timedelta(hours=24)
MOST_OPEN = 20


def disputes_of(user: User) -> QuerySet[Dispute]:
    """Those of times in which their member had a duty at a post in reach: open ones first.

    Own ones are among them; nobody decides those for themselves.
    """
    duties = Duty.objects.filter(
        within_q(user.reach, "post__scope_code"), member=OuterRef("member"),
        day__gte=OuterRef("begin__date") - timedelta(days=1), day__lte=OuterRef("end__date"),
    )  # fmt: skip
    rows = Dispute.objects.filter(Exists(duties)).select_related("member", "decided_by")
    return rows.order_by("decided_at", "made_at", "id")


@transaction.atomic
def dispute(
    *, by: User, member: Member, begin: datetime, end: datetime, reason: str, now: datetime
) -> Dispute:
    """Say of a time of one's own track that it is wrong.

    Raises:
        NotAllowed: it is somebody else's.
        Invalid: no reason, a time that is empty, too long or ahead, outside every own duty, or too
            many that are not decided.
    """
    if member.user_id != by.pk:
        raise NotAllowed(_("Everybody disputes their own track only."))
    reason = reason.strip()
    if not reason or len(reason) > MAX_REASON or "\0" in reason:
        raise Invalid(_("Say why, in at most %(most)d characters.") % {"most": MAX_REASON})
    if not begin < end <= now or end - begin > LONGEST:
        raise Invalid(_("The time must lie behind, and be no longer than a day."))
    if not duties_in(member.pk, begin, end):
        raise Invalid(_("You had no duty at that time."))
    Member.objects.select_for_update().get(pk=member.pk)
    if Dispute.objects.filter(member=member, decided_at=None).count() >= MOST_OPEN:
        raise Invalid(_("Wait until some of your disputes are decided."))
    row = Dispute.objects.create(member=member, begin=begin, end=end, reason=reason, made_at=now)
    _note(by, row, {"reason": reason}, action="track.disputed")
    return row


@transaction.atomic
def decide(*, by: User, dispute_id: int, is_upheld: bool, answer: str, now: datetime) -> Dispute:
    """Uphold a dispute, so that the fixes of its time count for nothing, or reject it.

    Raises:
        NotFound: there is none in reach.
        NotAllowed: it is one's own, or the role does not lead people on duty.
        Invalid: no answer.
        Conflict: it is decided already.
    """
    row = dispute_for(by, dispute_id)
    answer = answer.strip()
    if not answer or len(answer) > MAX_REASON or "\0" in answer:
        raise Invalid(_("Give an answer of at most %(most)d characters.") % {"most": MAX_REASON})
    changed = Dispute.objects.filter(pk=row.pk, decided_at=None).update(
        decided_at=now, decided_by=by, is_upheld=is_upheld, answer=answer
    )
    if changed != 1:
        raise Conflict(_("Somebody else has decided this meanwhile. Load the page again."))
    if is_upheld:
        duties = duties_in(row.member_id, row.begin, row.end)
        stale.mark({duty.pk: row.begin for duty in duties}, now)
    row.refresh_from_db()
    _note(by, row, {"answer": answer, "counts": not is_upheld}, action="track.decided")
    return row


def dispute_for(by: User, dispute_id: int) -> Dispute:
    """Raises NotFound, NotAllowed: see `decide`."""
    row = Dispute.objects.select_related("member", "decided_by").filter(pk=dispute_id).first()
    codes = _codes(row) if row else set()
    if row is None or not any(covers(by.reach, code) for code in codes):
        raise NotFound(_("There is no such dispute in your area."))
    if not may(by.role, Permission.SEE_PATROLS):
        raise NotAllowed(_("Whoever leads people on duty decides about disputes."))
    if row.member.user_id == by.pk:
        raise NotAllowed(_("Somebody else decides about your own track."))
    return row


def duties_in(member_id: int, begin: datetime, end: datetime) -> list[Duty]:
    """The duties of a member, withdrawn ones too, whose shift meets a time.  One query."""
    zone = timezone.get_default_timezone()
    first, last = timezone.localdate(begin) - timedelta(days=1), timezone.localdate(end)
    rows = Duty.objects.filter(member_id=member_id, day__range=(first, last))
    found = []
    for row in rows.select_related("shift", "post").order_by("day", "shift_id", "id"):
        span = row.shift.as_shift().span(row.day, zone)
        if span.begin < end and begin < span.end:
            found.append(row)
    return found


def _codes(row: Dispute) -> set[str]:
    return {duty.post.scope_code for duty in duties_in(row.member_id, row.begin, row.end)}


def _note(by: User, row: Dispute, detail: dict[str, object], *, action: str) -> None:
    codes: Iterable[str] = sorted(_codes(row))
    audit.note(
        by=by, action=action, subject=row.member.number, scope=next(iter(codes), ""),
        detail={"since": row.begin.isoformat(), "until": row.end.isoformat()} | detail,
    )  # fmt: skip
