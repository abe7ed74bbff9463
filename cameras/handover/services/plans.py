"""Plans of deliveries: made, changed and removed; compare-and-set on their version.

An address lets anybody send who holds it, so it is sealed, shown in part, and never in the trail.
"""

import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cameras.handover.line import Filters
from cameras.handover.models import DeliveryPlan
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import User
from gis_server.scopes import common_code
from gis_server.vault import seal

MOST_PLANS = 100
SHOWN_END = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedPlan:
    """What a plan is to be, checked before: see `cameras.handover.forms`.

    address, secret: empty to leave what there is.
    """

    name: str
    address: str = field(repr=False)
    secret: str = field(default="", repr=False)
    filters: Filters
    formats: list[str]
    daily_at: time | None
    weekdays: list[int]
    outage_cameras: int | None
    language: str
    enabled: bool

    def plain_columns(self) -> dict[str, Any]:
        """What is neither an address nor a secret."""
        return {
            "name": self.name,
            "filters": self.filters.stored(),
            "formats": self.formats,
            "daily_at": self.daily_at,
            "weekdays": self.weekdays,
            "outage_cameras": self.outage_cameras,
            "language": self.language,
            "enabled": self.enabled,
        }

    def sealed_columns(self, channel: str) -> dict[str, Any]:
        """Address and secret where they are given."""
        columns: dict[str, Any] = {}
        if self.address:
            columns = {
                "sealed_address": seal(self.address),
                "shown_address": shown_address(channel, self.address),
                "address_mark": mark_of(self.address),
            }
        if self.secret:
            columns["sealed_secret"] = seal(self.secret)
        return columns


def shown_address(channel: str, address: str) -> str:
    """As much of an address as tells it from others and lets nobody send there."""
    if channel == DeliveryPlan.Channel.EMAIL:
        return ", ".join(_shown_mailbox(one) for one in address.split())[:200]
    url = urlsplit(address)
    rest = url.path + url.query
    return f"{url.scheme}://{url.netloc}/…{rest[-SHOWN_END:] if len(rest) > 12 else ''}"[:200]


def _shown_mailbox(mailbox: str) -> str:
    name, _at, host = mailbox.rpartition("@")
    return f"{name[:2]}…@{host}"


def mark_of(address: str) -> str:
    """Tells the same address again without telling it."""
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, b"delivery address\n" + address.encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def add_plan(*, by: User, channel: str, wanted: WantedPlan, now: datetime) -> DeliveryPlan:
    """A new plan; it delivers what lies in the reach of `by`.

    Raises:
        Conflict: the name is taken, or there are as many plans as there may be.
        Invalid: a webhook without anything to sign with, or nothing to send to.
    """
    columns = wanted.plain_columns() | wanted.sealed_columns(channel)
    if "sealed_address" not in columns:
        raise Invalid(_("Say where to deliver to."))
    if channel == DeliveryPlan.Channel.WEBHOOK and not wanted.secret:
        raise Invalid(_("A webhook needs a secret to sign with."))
    if DeliveryPlan.objects.count() >= MOST_PLANS:
        message = _("There are %(most)d plans already. Remove one that is no longer needed.")
        raise Conflict(message % {"most": MOST_PLANS})
    try:
        with transaction.atomic():
            plan = DeliveryPlan.objects.create(channel=channel, made_by=by, since=now, **columns)
    except IntegrityError:
        raise Conflict(_("There is a plan of this name already. Choose another.")) from None
    _note(by, plan, action="delivery_plan.made")
    return plan


@transaction.atomic
def change_plan(
    *, by: User, plan_id: int, version: int, wanted: WantedPlan, now: datetime
) -> DeliveryPlan:
    """Set it so, if nobody has changed it since `version`.

    Whoever changes a plan becomes the one whose reach it delivers: nobody can have another's area
    sent to an address of their own.

    Raises:
        NotFound: no such plan in reach of `by`.
        Conflict: somebody else was first, or the name is taken.
    """
    plan = plan_for(by, plan_id)
    columns = wanted.plain_columns() | wanted.sealed_columns(plan.channel)
    columns |= {"made_by": by, "since": now, "trouble": "", "version": F("version") + 1}
    seen = DeliveryPlan.objects.filter(pk=plan.pk, version=version)
    try:
        with transaction.atomic():
            changed = seen.update(**columns)
    except IntegrityError:
        raise Conflict(_("There is a plan of this name already. Choose another.")) from None
    if changed != 1:
        raise Conflict(_("Somebody else has changed this plan meanwhile. Load the page again."))
    plan.refresh_from_db()
    _note(by, plan, action="delivery_plan.changed")
    return plan


@transaction.atomic
def remove_plan(*, by: User, plan_id: int) -> None:
    """With its deliveries; the audit trail keeps that there was one.

    Raises:
        NotFound: no such plan in reach of `by`.
    """
    plan = plan_for(by, plan_id)
    _note(by, plan, action="delivery_plan.removed")
    plan.delete()


def plan_for(by: User, plan_id: int) -> DeliveryPlan:
    """
    Raises:
        NotFound: no such plan, or one whose maker's area is not all within reach of `by`.
    """
    plan = DeliveryPlan.objects.select_related("made_by").filter(pk=plan_id).first()
    if plan is None or not may_handle(by, plan):
        raise NotFound(_("There is no such plan in your area (any more)."))
    return plan


def may_handle(by: User, plan: DeliveryPlan) -> bool:
    """One's own, and those of people all of whose area one may see."""
    if plan.made_by is None:
        return _is_whole(by)
    if plan.made_by_id == by.pk:
        return True
    theirs = plan.made_by.reach
    return all(any(code.startswith(mine) for mine in by.reach) for code in theirs)


def _is_whole(by: User) -> bool:
    """Plans of people who are gone are for those with the largest areas: a district or more."""
    return any(len(prefix) <= 6 for prefix in by.reach)


def _note(by: User, plan: DeliveryPlan, *, action: str) -> None:
    detail = {"kind": plan.channel, "enabled": plan.enabled} | plan.filters
    audit.note(by=by, action=action, subject=plan.name, scope=common_code(by.reach), detail=detail)
