"""Takes one delivery that is due, sends it, writes what became of it."""

import hashlib
from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from cameras.handover.channels import CHANNELS
from cameras.handover.content import compose
from cameras.handover.delivery_flow import DeliveryState
from cameras.handover.models import Delivery, DeliveryPlan
from cameras.handover.outgoing import NotSent, Outgoing, Unclear
from cameras.handover.services.deliveries import Ended, claim, end, note_trouble
from gis_server.errors import DomainError
from gis_server.roles import Permission, may, touches
from gis_server.vault import unseal
from grids.codes import BadCode, prefix


def deliver_one(*, worker: str, now: datetime) -> bool:
    """Whether there was one to deliver."""
    row = claim(worker=worker, now=now)
    if row is None:
        return False
    with translation.override(row.plan.language):
        end(row, attempt(row, now), now)
    return True


def attempt(row: Delivery, now: datetime) -> Ended:
    """Send a claimed delivery; outside of any transaction, for it takes seconds."""
    plan = DeliveryPlan.objects.select_related("made_by").get(pk=row.plan_id)
    if why := why_not(plan):
        note_trouble(plan, why)
        return Ended(DeliveryState.GIVEN_UP, why)
    try:
        what, rows = prepared(plan, row.key, f"{plan.pk}-{row.pk}", now)
        secret = unseal(bytes(plan.sealed_secret)) if plan.sealed_secret else ""
        CHANNELS[plan.channel].send(what, secret, now)
    except NotSent as error:
        note_trouble(plan, error.text if error.is_final else "")
        state = DeliveryState.GIVEN_UP if error.is_final else DeliveryState.FAILED
        return Ended(state, error.text)
    except Unclear as error:
        return Ended(DeliveryState.UNCLEAR, error.text)
    except DomainError as error:
        # A key that is gone, a font that is missing: somebody may mend it within the day.
        return Ended(DeliveryState.FAILED, str(error.message))
    note_trouble(plan, "")
    return Ended(DeliveryState.SENT, rows=rows, sha256=digest(what))


def prepared(plan: DeliveryPlan, key: str, delivery: str, now: datetime) -> tuple[Outgoing, int]:
    """Exactly what would be sent, and of how many lines.

    Raises:
        DomainError: it cannot be made.
        NotSent: the plan is for nobody's area.
    """
    if why := why_not(plan):
        raise NotSent(why, is_final=True)
    assert plan.made_by is not None  # noqa: S101 - why_not has said so
    content = compose(plan, plan.made_by.reach, key, now)
    secret = unseal(bytes(plan.sealed_secret)) if plan.sealed_secret else ""
    address = unseal(bytes(plan.sealed_address))
    make = CHANNELS[plan.channel].outgoing
    what: Outgoing = make(content, address, secret, plan.formats, delivery)
    return what, content.found.total


def why_not(plan: DeliveryPlan) -> str:
    """Why a plan may not deliver now; empty when it may.

    Asked each time: whoever made it may have lost their role, their area or their account since.
    """
    maker = plan.made_by
    if maker is None or not maker.is_active:
        return _(
            "Whoever made this plan is no longer a user here: somebody else must save it anew."
        )
    if not may(maker.role, Permission.HAND_OVER):
        message = _("%(who)s may no longer have lists delivered: somebody else must save it anew.")
        return message % {"who": maker.display_name or maker.username}
    if not maker.reach or not _in_reach(plan, maker.reach):
        message = _("The area of this plan is no longer that of %(who)s: nothing is delivered.")
        return message % {"who": maker.display_name or maker.username}
    return ""


def _in_reach(plan: DeliveryPlan, reach: list[str]) -> bool:
    """Whether the plan's division and its maker's area have anything in common."""
    division = plan.filters.get("division", "")
    if not division:
        return True
    try:
        code = prefix(division)
    except BadCode:
        return False
    return touches(reach, code)


def digest(what: Outgoing) -> str:
    """SHA-256 over everything that was sent."""
    found = hashlib.sha256(what.subject.encode() + what.body.encode())
    for one in what.attachments:
        found.update(one.content)
    return found.hexdigest()
