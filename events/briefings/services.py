"""Briefings: made by the server at set times, by somebody's button, corrected by newer versions."""

from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.rates.periods import DAY, Period
from events.briefings import periods
from events.briefings.figures import compute, differences
from events.models import Briefing, BriefingKind, Event
from events.models.columns import MAX_NOTE
from gis_server import audit
from gis_server.errors import Conflict, Invalid, NotAllowed, TooMany
from gis_server.models import User
from gis_server.plain_text import printable
from gis_server.roles import in_scope
from grids.codes import prefix
from grids.models import Division, Level

MOST_A_DAY = 50
"""So many briefings of one person a day: each is kept for ever."""
BY_ITSELF = (Level.DISTRICT, Level.STREET)
"""Of which divisions the server makes briefings; those of communities are made on demand."""
AT_ONCE = 10
"""So many of one call: some seconds, in which the other jobs wait."""
RULE = "one_briefing_per_period_area_and_version"


def make(*, by: User, kind: str, day: date, scope: str, now: datetime) -> Briefing:
    """The briefing of the period that holds a day; the one that is there, if there is one.

    Raises:
        NotAllowed: an area outside of that of `by`.
        Invalid: a period that is not over.
        TooMany: `MOST_A_DAY` were made today.
    """
    if not in_scope(by, scope):
        raise NotAllowed(_("This area lies outside of yours."))
    period = periods.period_of(kind, day)
    if period.last >= timezone.localdate(now):
        raise Invalid(_("A briefing is made of a day, week or month that is over."))
    there = latest(kind, period, scope)
    if there is not None:
        return there
    _check_pace(by, now)
    made = store(kind, period, scope, by, now)
    return made or _there(kind, period, scope)


def correct(*, by: User, briefing_id: int, note: str, now: datetime) -> Briefing:
    """Compute the briefing's period again; a new version, if something is different now.

    Raises:
        NotAllowed: an area outside of that of `by`.
        Conflict: there is a newer version already.
        Invalid: nothing is different, or no reason is told.
        TooMany: `MOST_A_DAY` were made today.
    """
    old = Briefing.objects.get(pk=briefing_id)
    if not in_scope(by, old.scope):
        raise NotAllowed(_("This area lies outside of yours."))
    told = printable(note).strip()
    if not told or len(told) > MAX_NOTE:
        raise Invalid(
            _("Say why it is corrected, in at most %(most)d characters.") % {"most": MAX_NOTE}
        )
    _check_pace(by, now)
    if newest_version(old) > old.version:
        raise _corrected_before()
    period = Period(old.first, old.last)
    figures = compute(old.kind, period, old.scope, now, timezone.get_default_timezone())
    changes = differences(old.figures, figures)
    if not changes:
        raise Invalid(_("Nothing is different: this version still holds."))
    row = Briefing(
        kind=old.kind, first=old.first, last=old.last, scope=old.scope, version=old.version + 1,
        known_at=now, made_by=by, note=told, figures=figures, changes=changes,
    )  # fmt: skip
    if not _written(row, by):
        raise _corrected_before()
    return row


def _corrected_before() -> Conflict:
    return Conflict(_("Somebody has corrected this briefing already: look at the newer version."))


def make_due(now: datetime, *, most: int = AT_ONCE) -> list[Briefing]:
    """What should be there by now and is not, of each district and street, the latest first.

    Whoever else makes the same at the same moment: one of the two is kept.  At most so many at
    once; the next call goes on.
    """
    zone, rows = timezone.get_default_timezone(), list[Briefing]()
    scopes = areas()
    for kind in BriefingKind.values:
        for period in periods.due(kind, now, zone):
            there = set(
                Briefing.objects.filter(kind=kind, first=period.first, version=1).values_list(
                    "scope", flat=True
                )
            )
            for scope in scopes:
                if len(rows) >= most:
                    return rows
                if scope not in there and _has_events(scope, period):
                    made = store(kind, period, scope, None, now)
                    rows += [made] if made else []
    return rows


def store(kind: str, period: Period, scope: str, by: User | None, now: datetime) -> Briefing | None:
    """The first version; None when somebody else was first."""
    figures = compute(kind, period, scope, now, timezone.get_default_timezone())
    row = Briefing(
        kind=kind, first=period.first, last=period.last, scope=scope, known_at=now, made_by=by,
        figures=figures,
    )  # fmt: skip
    return row if _written(row, by) else None


def _written(row: Briefing, by: User | None) -> bool:
    try:
        with transaction.atomic():
            row.save(force_insert=True)
            if by is not None:
                _note(row, by)
    except IntegrityError as error:
        if RULE not in str(error):
            raise
        return False
    return True


def _note(row: Briefing, by: User) -> None:
    subject = f"{row.kind} {row.first}"
    if row.version == 1:
        audit.note(by=by, action="briefing.made", subject=subject, scope=row.scope)
        return
    audit.note(
        by=by,
        action="briefing.corrected",
        subject=subject,
        scope=row.scope,
        detail={"note": row.note},
    )


def latest(kind: str, period: Period, scope: str) -> Briefing | None:
    rows = Briefing.objects.filter(kind=kind, first=period.first, scope=scope)
    return rows.order_by("-version").first()


def _there(kind: str, period: Period, scope: str) -> Briefing:
    found = latest(kind, period, scope)
    if found is None:
        raise Conflict(_("Somebody else was making this briefing: try again."))
    return found


def newest_version(row: Briefing) -> int:
    same = Briefing.objects.filter(kind=row.kind, first=row.first, scope=row.scope)
    return int(same.aggregate(most=Max("version"))["most"] or row.version)


def areas() -> list[str]:
    """The prefixes of which the server makes briefings, districts first."""
    rows = Division.objects.filter(level__in=BY_ITSELF).order_by("code")
    return sorted((prefix(code) for code in rows.values_list("code", flat=True)), key=_by_size)


def _by_size(code: str) -> tuple[int, str]:
    return len(code), code


def _has_events(scope: str, period: Period) -> bool:
    """Whether an event was there before the period ended: a new district begins with its first."""
    end = period.bounds(timezone.get_default_timezone())[1]
    return Event.objects.filter(grid_then_code__startswith=scope, received_at__lt=end).exists()


def _check_pace(by: User, now: datetime) -> None:
    since = now - DAY
    if Briefing.objects.filter(made_by=by, known_at__gt=since).count() >= MOST_A_DAY:
        raise TooMany(
            _("You have made %(most)d briefings within a day. Use one of those.")
            % {"most": MOST_A_DAY}
        )
