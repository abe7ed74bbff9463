"""The dated table of deadlines: a change is a new row for a day to come."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from events.models import Category, DeadlineRule
from events.services.catalogue import check_answers_for_all
from gis_server import audit
from gis_server.errors import Conflict, Invalid
from gis_server.models import User

MOST_WORKDAYS, MOST_MINUTES = 250, 60 * 24 * 366


@dataclass(frozen=True, slots=True)
class NewRule:
    """category None, severity "", control "" and level "" mean any; amber in percent of the time
    left.
    """

    category: Category | None
    severity: str
    control: str
    level: str
    stage: str
    valid_from: date
    amount: int
    unit: str
    amber: int

    @property
    def case(self) -> str:
        """In short, for the audit trail."""
        code = self.category.code if self.category else ""
        known = (code, self.severity, self.control, self.level)
        return "/".join([self.stage, *(one or "*" for one in known)])


@transaction.atomic
def add_rule(*, by: User, rule: NewRule, now: datetime) -> DeadlineRule:
    """A deadline that holds from a day to come; events keep what they have got.

    Raises:
        Invalid: a day that has begun, or a time that is none.
        NotAllowed: see `check_answers_for_all`.
        Conflict: the case has a row for that day already.
    """
    check_answers_for_all(by)
    if rule.valid_from <= timezone.localdate(now):
        raise Invalid(_("New deadlines hold from tomorrow at the soonest."))
    most = MOST_WORKDAYS if rule.unit == DeadlineRule.Unit.WORKDAY else MOST_MINUTES
    if not 1 <= rule.amount <= most:
        raise Invalid(_("A deadline is a minute to a year, or 1 to 250 working days."))
    columns = {name: getattr(rule, name) for name in NewRule.__dataclass_fields__}
    try:
        with transaction.atomic():
            row = DeadlineRule.objects.create(made_at=now, made_by=by, **columns)
    except IntegrityError:
        raise Conflict(
            _("There is a deadline of this case for this day already.  Choose another day.")
        ) from None
    detail = {"since": rule.valid_from.isoformat(), "amount": rule.amount, "unit": rule.unit}
    audit.note(by=by, action="deadline.added", subject=rule.case, detail=detail)
    return row


@transaction.atomic
def remove_rule(*, by: User, rule_id: int, now: datetime) -> None:
    """Take back a deadline that does not hold yet.

    Raises:
        Conflict: it holds already, or is gone.
        NotAllowed: see `check_answers_for_all`.
    """
    check_answers_for_all(by)
    coming = DeadlineRule.objects.filter(pk=rule_id, valid_from__gt=timezone.localdate(now))
    row = coming.first()
    if row is None or coming.delete()[0] != 1:
        raise Conflict(_("Only deadlines of a day to come can be taken back."))
    detail = {"since": row.valid_from.isoformat()}
    audit.note(by=by, action="deadline.removed", subject=row.stage, detail=detail)
