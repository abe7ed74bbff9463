"""Monthly reports: made by the server in the first hours of a month, or by somebody's button."""

from datetime import date, datetime

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.rates import figures, periods
from cameras.rates.models import MonthlyReport
from gis_server import audit
from gis_server.errors import Invalid, NotAllowed, TooMany
from gis_server.models import User
from gis_server.roles import in_scope
from grids.codes import DIGITS, Level

MOST_A_DAY = 20
"""So many reports of one person a day: each keeps its figures for ever."""
DISTRICTS = "SELECT DISTINCT left(scope_code, %s) FROM cameras_camerarecord ORDER BY 1"


def make_report(*, by: User, month: date, scope: str, now: datetime) -> MonthlyReport:
    """The report of a month that is over, by what is known now.

    Raises:
        NotAllowed: an area outside of that of `by`.
        Invalid: a month that is not over, or in which nothing was watched.
        TooMany: `MOST_A_DAY` were made today.
    """
    if not in_scope(by, scope):
        raise NotAllowed(_("This area lies outside of yours."))
    if periods.month_of(month).last >= timezone.localdate(now):
        raise Invalid(_("A month is reported once it is over."))
    day = now - periods.DAY
    if MonthlyReport.objects.filter(made_by=by, made_at__gt=day).count() >= MOST_A_DAY:
        raise TooMany(
            _("You have made %(most)d reports within a day. Use one of those.")
            % {"most": MOST_A_DAY}
        )
    with transaction.atomic():
        row = store(month, scope, by, now)
        audit.note(by=by, action="report.made", subject=f"{month:%Y-%m}", scope=scope)
    return row


def store(month: date, scope: str, by: User | None, now: datetime) -> MonthlyReport:
    """Raises Invalid: nothing was watched."""
    told = figures.compute(month, scope, now, timezone.get_default_timezone())
    if not figures.read(told).tables[figures.TABLES[0]].total.all.cameras:
        raise Invalid(_("No camera was watched in this month in this area."))
    return MonthlyReport.objects.create(
        month=month.replace(day=1), scope=scope, known_at=now, made_by=by, made_at=now,
        figures=told,
    )  # fmt: skip


def make_last_month(now: datetime) -> list[MonthlyReport]:
    """The reports of the month before for each district that has cameras and has none yet."""
    month = periods.month_before(timezone.localdate(now)).first
    made = MonthlyReport.objects.filter(month=month, made_by=None).values_list("scope", flat=True)
    done, rows = set(made), []
    for scope in districts():
        if scope in done:
            continue
        try:
            rows.append(store(month, scope, None, now))
        except Invalid:
            continue  # a district that had no camera yet
    return rows


def districts() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(DISTRICTS, [DIGITS[Level.DISTRICT]])
        return [code for (code,) in cursor.fetchall()]
