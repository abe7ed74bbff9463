"""Grid staff: of a part of the territory, and one of them with all that they look after."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When

from gis_server.edge import Page
from gis_server.models import User
from gis_server.roles import Permission, may, scope_q
from grids.models import Assignment, GridShape, GridWorker, StaffRole
from grids.queries.places import below

Dated = TypeVar("Dated", Assignment, GridShape)


@dataclass(frozen=True)
class StaffCounts:
    """People who hold a grid in each role on a day, and how many hold one for somebody else."""

    chiefs: int
    workers: int
    assistants: int
    stand_ins: int


def staff_counts(prefix: str, on: date) -> StaffCounts:
    """Count the staff below a prefix on a day.  One query."""
    held = Assignment.objects.filter(below(prefix, "grid__code"), valid__contains=on)
    counted = {
        f"{role.value}s": Count("worker", distinct=True, filter=Q(role=role)) for role in StaffRole
    }
    stand_ins = Count("worker", distinct=True, filter=Q(stands_in_for__isnull=False))
    return StaffCounts(**held.aggregate(**counted, stand_ins=stand_ins))


def staff(
    user: User, prefix: str, on: date, role: StaffRole | None, page: Page
) -> tuple[int, list[Assignment]]:
    """Who looks after which grid below a prefix on a day, grid by grid.  Two queries."""
    held = Assignment.objects.filter(
        scope_q(user, "grid__code"), below(prefix, "grid__code"), valid__contains=on
    )
    if role is not None:
        held = held.filter(role=role)
    rank = Case(*(When(role=role, then=Value(place)) for place, role in enumerate(StaffRole)))
    shown = held.select_related("worker", "grid", "stands_in_for").order_by(
        "grid__code", rank, "worker__number", "id"
    )
    return held.count(), list(shown[page.offset : page.offset + page.limit])


def assignments_of_grid(grid_id: int, *, limit: int) -> list[Assignment]:
    """Who looks, looked or will look after a grid, the latest first.  One query."""
    rows = Assignment.objects.filter(grid_id=grid_id).select_related("worker", "stands_in_for")
    return list(rows.order_by("-valid", "id")[:limit])


def workers_of(user: User) -> QuerySet[GridWorker]:
    """The staff that a user may know of.

    Whoever has, had or will have a grid in the user's reach; and, for those who edit, staff that
    never had one: somebody must be able to give them their first.
    """
    held = Assignment.objects.filter(worker=OuterRef("pk"))
    mine = Q(Exists(held.filter(scope_q(user, "grid__code"))))
    if may(user.role, Permission.EDIT_TERRITORY):
        mine |= Q(~Exists(held))
    return GridWorker.objects.filter(mine)


@dataclass(frozen=True)
class WorkerHistory:
    """What one of the staff looks after; `elsewhere` counts what lies outside the user's reach."""

    assignments: list[Assignment]
    represented_by: list[Assignment]
    elsewhere: int


def worker_history(user: User, worker: GridWorker, *, limit: int) -> WorkerHistory:
    """The assignments of a worker and those in which others stand in for them.  Three queries."""
    mine = scope_q(user, "grid__code")
    related = Assignment.objects.select_related(
        "grid__community__parent", "worker", "stands_in_for"
    )
    own = related.filter(mine, worker=worker).order_by("-valid", "id")[:limit]
    others = related.filter(mine, stands_in_for=worker).order_by("-valid", "id")[:limit]
    elsewhere = Assignment.objects.filter(worker=worker).exclude(mine).count()
    return WorkerHistory(list(own), list(others), elsewhere)


def running(rows: Iterable[Dated], on: date) -> list[Dated]:
    """Those of the rows that hold on a day."""
    return [
        row
        for row in rows
        if (row.valid.lower is None or row.valid.lower <= on)
        and (row.valid.upper is None or on < row.valid.upper)
    ]
