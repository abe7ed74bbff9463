"""People whom a plan puts in charge of grids, and what becomes of them when it is taken back."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from gis_server.errors import Conflict
from grids.models import Assignment, BoundaryPlan, Grid, GridWorker

END = """
    UPDATE grids_assignment SET valid = daterange(lower(valid), %(day)s)
    WHERE id = ANY (%(posts)s) AND lower(valid) < %(day)s"""
DROP = "DELETE FROM grids_assignment WHERE id = ANY (%(posts)s) AND lower(valid) >= %(day)s"


def publish(plan: BoundaryPlan, day: date) -> None:
    """From its day on, end the posts that a plan ends, and give those that it names.

    Raises:
        Conflict: somebody whom it names, or their grid, is gone.
    """
    end(ended_by(plan), day)
    _give(plan, day)


def end(posts: QuerySet[Assignment], day: date) -> None:
    """The day before is their last; those that would begin later are dropped."""
    values: dict[str, Any] = {"posts": list(posts.values_list("pk", flat=True)), "day": day}
    with connection.cursor() as cursor:
        cursor.execute(END, values)
        cursor.execute(DROP, values)


def held(grids: Iterable[int], day: date) -> QuerySet[Assignment]:
    """Posts on grids that run on a day or begin later."""
    return Assignment.objects.filter(grid__in=grids, valid__overlap=DateRange(day, None))


def _give(plan: BoundaryPlan, day: date) -> None:
    numbers, codes = ({one[name] for one in plan.posts} for name in ("worker", "grid"))
    workers = dict(GridWorker.objects.filter(number__in=numbers).values_list("number", "id"))
    grids = dict(Grid.objects.filter(code__in=codes, gone_on=None).values_list("code", "id"))
    for one in plan.posts:
        worker, grid = workers.get(one["worker"]), grids.get(one["grid"])
        if worker is None or grid is None:
            rule = _("%(worker)s cannot be given the grid %(grid)s: one of the two is gone.")
            raise Conflict(rule % {"worker": one["worker"], "grid": one["grid"]})
        if not held([grid], day).filter(worker=worker, role=one["role"]).exists():
            Assignment.objects.create(
                worker_id=worker, grid_id=grid, role=one["role"], valid=DateRange(day, None)
            )


# ---- Taking back ---------------------------------------------------------------------------------


def ended_by(plan: BoundaryPlan) -> QuerySet[Assignment]:
    """The posts that a plan ends, or has ended, since the plan that it takes back gave them."""
    former = plan.inverse_of
    if former is None:
        return Assignment.objects.none()
    return given_by(former, until=plan.effective_on if plan.published_at else None)


def given_by(plan: BoundaryPlan, *, until: date | None = None) -> QuerySet[Assignment]:
    """The posts that a published plan gave and that still run, or ran until a day.

    One that somebody has ended since, or ended and given anew, is none of them.  Two queries.
    """
    told = {(one["grid"], one["worker"], one["role"]) for one in plan.posts}
    day = plan.effective_on
    # Under the codes of its day: they may have changed hands since.
    begun = Assignment.objects.filter(
        valid__startswith=day,
        valid__endswith=until,
        stands_in_for=None,
        worker__number__in={number for _grid, number, _role in told},
        grid__designations__valid__contains=day,
    )
    found = begun.values_list("pk", "grid__designations__code", "worker__number", "role")
    given = [pk for pk, *post in found if tuple(post) in told]
    return Assignment.objects.filter(pk__in=given).select_related("worker", "grid").order_by("id")


def taken_from(grids: Iterable[int], day: date) -> QuerySet[Assignment]:
    """The posts that ended with their grids on a day; whoever stood in there is none of them."""
    ended = Assignment.objects.filter(grid__in=grids, valid__endswith=day, stands_in_for=None)
    return ended.select_related("grid", "worker").order_by("id")
