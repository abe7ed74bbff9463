"""When the cameras of each class are looked at, and for how long their pictures are good."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cameras.models import PictureRule
from cameras.picture import rounds
from cameras.picture.rounds import USUAL, ClassRules, Stretch
from gis_server import audit
from gis_server.errors import Conflict, Invalid
from gis_server.models import User

MIN_DIM_MIN, MAX_DIM_MIN = 5, 31 * 24 * 60


def rules_by_class() -> dict[str, ClassRules]:
    """What holds for each class now, in the order of the classes.  One query."""
    stored = {row.priority: rules_of(row) for row in PictureRule.objects.all()}
    return {priority: stored.get(priority, usual) for priority, usual in USUAL.items()}


def rules_of(row: PictureRule) -> ClassRules:
    return ClassRules(
        row.priority,
        tuple(Stretch(*one) for one in row.hours),
        row.dim_after_min,
        row.keep_days,
        row.keep_faults_days,
        row.version,
    )


@transaction.atomic
def save_rule(
    wanted: ClassRules, by: User, now: datetime, *, version: int | None = None
) -> ClassRules:
    """Store when the cameras of a class are looked at, and for how long their pictures are good.

    version: that which the caller has seen; `wanted.version` unless told otherwise.

    Raises:
        Invalid: hours that overlap or lie outside the day, or numbers beyond their limits.
        Conflict: somebody else has changed them.
    """
    check(wanted)
    seen = wanted.version if version is None else version
    values: Mapping[str, Any] = {
        "hours": [[one.from_hour, one.to_hour, one.every_min] for one in wanted.hours],
        "dim_after_min": wanted.dim_after_min,
        "keep_days": wanted.keep_days,
        "keep_faults_days": wanted.keep_faults_days,
        "changed_at": now,
        "changed_by": by,
    }
    if not put_rule(wanted.priority, values, seen):
        raise Conflict(_("Somebody else has changed these rules. Load the page again."))
    audit.note(
        by=by,
        action="rounds.saved",
        subject=wanted.priority,
        detail={"hours": values["hours"], "days": [wanted.keep_days, wanted.keep_faults_days]},
    )
    return rules_by_class()[wanted.priority]


def put_rule(priority: str, values: Mapping[str, Any], seen: int) -> bool:
    """By compare-and-set; False when another version is stored."""
    if seen:
        rows = PictureRule.objects.filter(priority=priority, version=seen)
        return rows.update(**values, version=seen + 1) == 1
    row = PictureRule(priority=priority, version=1, **values)
    PictureRule.objects.bulk_create([row], ignore_conflicts=True)
    return PictureRule.objects.filter(
        priority=priority,
        version=1,
        changed_at=values["changed_at"],
        changed_by=values["changed_by"],
    ).exists()


WRONG = {
    "many": lambda: (
        _("At most %(most)d stretches of hours a day.") % {"most": rounds.MAX_STRETCHES}
    ),
    "hours": lambda: _("Hours go from 0 to 24, and each stretch ends after it begins."),
    "minutes": lambda: (
        _("From round to round %(least)d to %(most)d minutes.")
        % {"least": rounds.MIN_EVERY_MIN, "most": rounds.MAX_EVERY_MIN}
    ),
    "overlap": lambda: _("Two stretches of hours overlap."),
}


def check(wanted: ClassRules) -> None:
    """Raises Invalid."""
    if wanted.priority not in USUAL:
        raise Invalid(_("There is no such class of cameras."))
    wrong = rounds.wrong_with(wanted.hours)
    if wrong:
        raise Invalid(WRONG[wrong]())
    if not MIN_DIM_MIN <= wanted.dim_after_min <= MAX_DIM_MIN:
        raise Invalid(
            _("A picture grows old after 5 minutes at the soonest, a month at the latest.")
        )
    for days in (wanted.keep_days, wanted.keep_faults_days):
        if days is not None and not 1 <= days <= 3650:
            raise Invalid(_("Pictures are kept for 1 to 3650 days."))


def stretches(hours: Sequence[Sequence[int]]) -> tuple[Stretch, ...]:
    """Stretches of what a form sent.  Raises Invalid: not three whole numbers each."""
    try:
        return tuple(Stretch(int(a), int(b), int(every)) for a, b, every in hours)
    except (TypeError, ValueError):
        raise Invalid(_("Hours and minutes are whole numbers.")) from None
