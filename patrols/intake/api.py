"""The API of the room: fixes of the phone page, and tracks of duties for maps."""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gis_server import audit
from gis_server.edge import allow, json_ok, parse_int, user_of
from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import User
from gis_server.openapi.marks import asks, sends
from gis_server.openapi.schemas import listing, record, whole
from gis_server.roles import Permission, in_scope
from patrols.intake import batch, drawing
from patrols.intake.disputes import dispute_for, duties_in
from patrols.intake.limits import LARGEST_BATCH, MOST_IN_BATCH
from patrols.intake.refusals import told_flaw
from patrols.intake.taking import take_columns
from patrols.intake.told import told_batch
from patrols.intake.tracks import held_of, held_of_duties
from patrols.intake.views.own import member_of
from patrols.models import Duty, How
from patrols.track import Means

MOST_ID = 2**31 - 1
FIX = {"description": "See docs/patrols.md; one that is none is refused alone."}
AROUND = timedelta(minutes=15)
"""What is shown before and after a time that is disputed."""


@allow(Permission.DO_PATROLS)
@require_POST
@sends(record({"fixes": listing(FIX, maxItems=MOST_IN_BATCH)}, sender={}))
def fixes(request: HttpRequest) -> JsonResponse:
    """Take up to 1,000 fixes of the user's own: see `batch`; `sender` (a user's id): whose queue a
    phone empties.

    Raises:
        NotFound: the user is entered as no member.
        Conflict: somebody else has signed in on the phone meanwhile.
        Invalid: no batch, or the member is not active.
    """
    user = user_of(request)
    member = member_of(user)
    body = request.read(LARGEST_BATCH + 1)
    if len(body) > LARGEST_BATCH:
        raise Invalid(_("That is too much at once: send fewer positions."))
    if not member.is_active:
        raise Invalid(_("You are no longer active as somebody who is put on duty."))
    try:
        sent = batch.read(body, timezone.get_default_timezone())
    except batch.BadBatch as error:
        raise Invalid(
            _("This is no batch of positions: %(why)s.") % {"why": told_flaw(str(error))}
        ) from None
    check_sender(user, sent.sender)
    taken = take_columns(member, None, sent.fixes, How.PAGE, timezone.now())
    return json_ok(told_batch(sent, taken))


def check_sender(user: User, sender: object) -> None:
    if sender is not None and str(sender) != str(user.pk):
        raise Conflict(_("Somebody else has signed in on this phone meanwhile."))


@allow(Permission.SEE_PATROLS)
@require_safe
@asks(duty=whole(1, MOST_ID), dispute=whole(1, MOST_ID))
def tracks(request: HttpRequest) -> JsonResponse:
    """GeoJSON of the track of a duty (`duty`), or of the time of a dispute (`dispute`) and a
    quarter of an hour around it: see `drawing.drawn`.  That somebody has looked is noted.

    Raises:
        NotFound: there is none at a post in reach.
        Invalid: neither is asked for, or one by what is no number.
    """
    user = user_of(request)
    dispute, duty = (parse_int(request, name, 0, 1, MOST_ID) for name in ("dispute", "duty"))
    if dispute:
        return json_ok(_disputed(user, dispute))
    if duty:
        return json_ok(_of_duty(user, duty))
    raise Invalid(_("Ask for a duty or a dispute."))


def _of_duty(user: User, number: int) -> dict[str, Any]:
    duty = Duty.objects.select_related("member", "post").filter(pk=number).first()
    if duty is None or not in_scope(user, duty.post.scope_code):
        raise NotFound(_("There is no such duty in your area."))
    _note(user, duty)
    held = next(iter(held_of_duties([duty])))[1]
    found = drawing.drawn(held, Means(duty.member.means))
    found["properties"] |= {"duty": duty.pk, "name": duty.member.name, "post": duty.post.name}
    return found


def _disputed(user: User, number: int) -> dict[str, Any]:
    """Only of duties at posts in reach, whatever else the member did around that time."""
    row = dispute_for(user, number)
    begin, end = row.begin - AROUND, row.end + AROUND
    duties = [
        duty for duty in duties_in(row.member_id, begin, end)
        if in_scope(user, duty.post.scope_code)
    ]  # fmt: skip
    for duty in duties:
        _note(user, duty)
    held = held_of(row.member_id, begin, end)
    ours = held.part([one in {duty.pk for duty in duties} for one in held.duty.tolist()])
    return drawing.drawn(ours, Means(row.member.means))


def _note(user: User, duty: Duty) -> None:
    """Whoever looks at somebody's track is noted: it must be answerable who knew it."""
    if duty.member.user_id != user.pk:
        audit.note(
            by=user, action="track.seen", subject=duty.member.number, scope=duty.post.scope_code,
            detail={"since": duty.day.isoformat()},
        )  # fmt: skip
