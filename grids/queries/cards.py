"""The grid of a point, the divisions as one list, and what one look at a grid tells."""

from dataclasses import dataclass
from datetime import date

from django.contrib.gis.geos import Point
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Length

from gis_server.edge import Page
from gis_server.models import User
from gis_server.roles import scope_q
from grids.codes import prefix
from grids.models import Assignment, Building, Division, Grid, StaffRole
from grids.queries.counts import Counts, counts_below


def grid_at(point: Point, on: date) -> Grid | None:
    """Find the grid that a point (WGS84) lies in on a day, None outside of all.

    A point on a shared border, or on a corner, belongs to the grid with the lowest code there, so
    the answer is always the same and every point of the district has exactly one grid.  Of grids
    within grids it is the innermost.  `grids_home` says the same in SQL (migration 0009).
    """
    here = Grid.objects.filter(shapes__valid__contains=on, shapes__shape__covers=point)
    return here.select_related("community").order_by(Length("code").desc(), "code").first()


@dataclass(frozen=True)
class DivisionRow:
    """One division as lists and trees show it; the counts include everything below it."""

    code: str
    name: str
    level: str
    kind: str
    parent: str | None
    official: bool
    communities: int
    grids: int
    vacancies: int


def division_rows(
    user: User, on: date, page: Page, parent: str | None = None
) -> tuple[int, list[DivisionRow]]:
    """How many divisions are in a user's scope (below `parent`), and a piece of them by code.

    With what they hold on a day; three queries.
    """
    known = Division.objects.filter(scope_q(user, "code"))
    if parent is not None:
        known = known.filter(parent__code=parent)
    shown = known.select_related("parent").order_by("code")
    divisions = list(shown[page.offset : page.offset + page.limit])
    counts = counts_below([prefix(division.code) for division in divisions], on)
    rows = [_row(division, counts[prefix(division.code)]) for division in divisions]
    return known.count(), rows


def _row(division: Division, counts: Counts) -> DivisionRow:
    return DivisionRow(
        code=division.code,
        name=division.name,
        level=division.level,
        kind=division.kind,
        parent=division.parent.code if division.parent else None,
        official=division.official,
        communities=counts.communities,
        grids=counts.grids,
        vacancies=counts.vacancies,
    )


def vacant_grids(on: date) -> QuerySet[Grid]:
    """Grids that nobody holds as a worker on a day."""
    held = Assignment.objects.filter(grid=OuterRef("pk"), role=StaffRole.WORKER, valid__contains=on)
    return Grid.objects.filter(~Exists(held), gone_on=None)


@dataclass(frozen=True)
class GridCard:
    """What one look at a grid should tell; `street` is the street or town above its community."""

    code: str
    name: str
    kind: str
    community: str
    street: str
    workers: int
    assistants: int
    vacant: bool
    buildings: int
    households: int
    shops: int
    service_points: int


def grid_card(user: User, code: str, on: date) -> GridCard | None:
    """Read a grid's card for a day, None when there is none in the user's scope; three queries."""
    known = Grid.objects.filter(scope_q(user, "code"), code=code)
    grid = (
        known.select_related("community__parent")
        .annotate(
            shop_count=Count("shops", distinct=True),
            service_count=Count("servicepoints", distinct=True),
        )
        .first()
    )
    if grid is None:
        return None
    lived_in = Building.objects.filter(grid=grid).aggregate(n=Count("id"), homes=Sum("households"))
    staff = _staff_counts(grid, on)
    return GridCard(
        code=grid.code,
        name=grid.name,
        kind=grid.kind,
        community=grid.community.name,
        street=grid.community.parent.name if grid.community.parent else "",
        workers=staff["workers"],
        assistants=staff["assistants"],
        vacant=staff["workers"] == 0,
        buildings=lived_in["n"],
        households=lived_in["homes"] or 0,
        shops=grid.shop_count,
        service_points=grid.service_count,
    )


def _staff_counts(grid: Grid, on: date) -> dict[str, int]:
    return Assignment.objects.filter(grid=grid, valid__contains=on).aggregate(
        workers=Count("worker", distinct=True, filter=Q(role=StaffRole.WORKER)),
        assistants=Count("worker", distinct=True, filter=Q(role=StaffRole.ASSISTANT)),
    )
