"""Delays and deadlines by class of camera, from a dated table: a change holds from a day on."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.models import Camera
from cameras.repairs.models import LONGEST_MIN, PRIORITIES, RepairRule
from cameras.repairs.workflow import Deadlines
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import User
from gis_server.roles import scope_q

MOST_RULES = 500


@dataclass(frozen=True, slots=True)
class Minutes:
    """The delays and deadlines of a class."""

    delay_outage_min: int
    delay_picture_min: int
    respond_min: int
    arrive_min: int
    fix_min: int

    def delay(self, kind: str) -> timedelta:
        is_outage = kind == "outage"
        return timedelta(minutes=self.delay_outage_min if is_outage else self.delay_picture_min)

    def from_(self, at: datetime) -> Deadlines:
        return Deadlines(
            at + timedelta(minutes=self.respond_min),
            at + timedelta(minutes=self.arrive_min),
            at + timedelta(minutes=self.fix_min),
        )


NONE_ENTERED = Minutes(15, 120, 120, 480, 2880)
"""Where a class has no row for the day: as the ordinary ones begin."""


def rules_on(day: date) -> dict[str, Minutes]:
    """What holds for each class on a day.  One query."""
    rows = RepairRule.objects.filter(valid_from__lte=day).order_by("valid_from", "id")
    found = {row.priority: minutes_of(row) for row in rows[:MOST_RULES]}
    return {priority: found.get(priority, NONE_ENTERED) for priority in PRIORITIES}


def rules_at(now: datetime) -> dict[str, Minutes]:
    return rules_on(timezone.localdate(now))


def minutes_of(row: RepairRule) -> Minutes:
    return Minutes(
        row.delay_outage_min,
        row.delay_picture_min,
        row.respond_min,
        row.arrive_min,
        row.fix_min,
    )


def gravest(priorities: Iterable[str]) -> str:
    return min(priorities, key=PRIORITIES.index)


def dues(minutes: Minutes, now: datetime) -> Mapping[str, datetime]:
    """The columns of an order that begins now."""
    until = minutes.from_(now)
    return {"respond_due": until.respond, "arrive_due": until.arrive, "fix_due": until.fix}


@transaction.atomic
def add_rule(
    *, by: User, priority: str, valid_from: date, minutes: Minutes, now: datetime
) -> RepairRule:
    """Delays and deadlines that hold from a day on; orders that are open keep theirs.

    Raises:
        Invalid: an unknown class, a day that has begun, or minutes that do not follow each other.
        NotAllowed: cameras outside of the area of `by` would be bound by it.
        Conflict: the class has a row for that day already.
    """
    check(priority, valid_from, minutes, now)
    if Camera.objects.exclude(scope_q(by, "scope_code")).exists():
        raise NotAllowed(
            _("These rules hold for all cameras: only who answers for all of them changes them.")
        )
    try:
        with transaction.atomic():
            row = RepairRule.objects.create(
                priority=priority, valid_from=valid_from, made_at=now, made_by=by, **asdict(minutes)
            )
    except IntegrityError:
        raise Conflict(
            _("There are rules of this class for this day already. Choose another day.")
        ) from None
    detail = asdict(minutes) | {"since": valid_from.isoformat()}
    audit.note(by=by, action="repair_rule.added", subject=priority, detail=detail)
    return row


@transaction.atomic
def remove_rule(*, by: User, rule_id: int, now: datetime) -> None:
    """Take back rules that do not hold yet.

    Raises:
        Conflict: they hold already, or are gone.
        NotAllowed: as for `add_rule`.
    """
    if Camera.objects.exclude(scope_q(by, "scope_code")).exists():
        raise NotAllowed(
            _("These rules hold for all cameras: only who answers for all of them changes them.")
        )
    coming = Q(pk=rule_id, valid_from__gt=timezone.localdate(now))
    row = RepairRule.objects.filter(coming).first()
    if row is None or RepairRule.objects.filter(coming).delete()[0] != 1:
        raise Conflict(_("Only rules of a day to come can be taken back."))
    detail = {"since": row.valid_from.isoformat()}
    audit.note(by=by, action="repair_rule.removed", subject=row.priority, detail=detail)


def check(priority: str, valid_from: date, minutes: Minutes, now: datetime) -> None:
    """Raises Invalid."""
    if priority not in PRIORITIES:
        raise Invalid(_("There is no such class of cameras."))
    if valid_from <= timezone.localdate(now):
        raise Invalid(_("New rules hold from tomorrow at the soonest: today's orders keep theirs."))
    if not 1 <= minutes.respond_min <= minutes.arrive_min <= minutes.fix_min <= LONGEST_MIN:
        raise Invalid(
            _("Acceptance, arrival and repair follow each other, each a minute to a year away.")
        )
    for delay in (minutes.delay_outage_min, minutes.delay_picture_min):
        if not 0 <= delay <= LONGEST_MIN:
            raise Invalid(_("A delay is 0 minutes to a year."))
