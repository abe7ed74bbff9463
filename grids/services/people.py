"""Who looks after which grid, from when to when."""

from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from gis_server.errors import Invalid, NotFound
from gis_server.models import User
from gis_server.roles import in_scope
from grids.models import Assignment, Edit, Grid, GridWorker, StaffRole, Thing
from grids.services import history
from grids.services.change import broken_rule, change
from grids.services.state import State, whole_state_of


@transaction.atomic
def assign(
    *,
    worker: GridWorker,
    grid: Grid,
    role: StaffRole,
    first: date,
    last: date | None,
    stands_in_for: GridWorker | None,
    by: User,
    now: datetime,
) -> Edit:
    """Put somebody in charge of a grid from `first` to `last`, both included; None: until told.

    Raises:
        NotFound: the grid is not in the user's reach.
        Invalid: days in the wrong order, the same days twice, days on which the grid is no more,
            or somebody standing in for themselves; the sentence says which.
    """
    history.hold_codes_still()
    if not in_scope(by, grid.code):
        raise NotFound(history.gone())
    if last is not None and last < first:
        raise Invalid(_("The last day must not lie before the first."))
    grid.refresh_from_db(fields=["gone_on"])
    if grid.gone_on is not None and (last is None or last >= grid.gone_on):
        rule = _("The grid %(code)s is no more since %(day)s: nobody can be put in charge of it.")
        raise Invalid(rule % {"code": grid.code, "day": grid.gone_on})
    row = Assignment(
        worker=worker,
        grid=grid,
        role=role,
        stands_in_for=stands_in_for,
        valid=DateRange(first, _day_after(last)),
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Invalid(broken_rule(error)) from None
    return history.write(row, before={}, after=whole_state_of(row), verb="created", by=by, now=now)


def end_assignment(
    *, assignment_id: int, seen: State, last: date, by: User, now: datetime
) -> Edit | None:
    """Let an assignment end with the day `last`.

    Raises:
        NotFound, Conflict: as `change`.
        Invalid: it begins after that day (delete it instead).
    """
    first = seen.get("valid", [None])[0]
    if first is not None and date.fromisoformat(first) > last:
        raise Invalid(_("The last day must not lie before the first."))
    new = {"valid": [first, (last + timedelta(days=1)).isoformat()]}
    return change(
        thing=Thing.ASSIGNMENT, thing_id=assignment_id, seen=seen, new=new, by=by, now=now
    )


def _day_after(day: date | None) -> date | None:
    return None if day is None else day + timedelta(days=1)
