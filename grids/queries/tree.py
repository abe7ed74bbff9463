"""The tree of the territory, node by node: nobody is sent 60,000 grids at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from gis_server.edge import Page
from gis_server.models import User
from gis_server.roles import scope_q
from grids.codes import GRID_DIGITS, Level, parent_code, prefix
from grids.models import Division, Grid
from grids.queries.counts import Counts, counts_below

MOST_FOUND = 50
MOST_CHOSEN = 1000

Node = Division | Grid


@dataclass(frozen=True)
class TreeRow:
    """One division or grid with what lies below it; `path` names what it lies in, lowest last."""

    node: Node
    counts: Counts
    opens: bool
    path: str = ""

    @property
    def is_grid(self) -> bool:
        return isinstance(self.node, Grid)


@dataclass(frozen=True)
class TreeRows:
    """A piece of the children of one node; `total` is how many there are."""

    total: int
    rows: list[TreeRow]


def node_at(user: User, code: str) -> Node | None:
    """The division or grid with a code in the user's reach; one query."""
    known: QuerySet[Division] | QuerySet[Grid]
    if len(code) >= GRID_DIGITS:
        known = Grid.objects.select_related("community__parent", "parent")
    else:
        known = Division.objects.select_related("parent")
    return known.filter(scope_q(user, "code"), code=code).first()


def roots(user: User, page: Page, on: date) -> TreeRows:
    """The highest divisions and grids in the user's reach: what nothing in reach lies above.

    Five queries: two counts, two lists, what lies below.
    """
    mine = scope_q(user, "code")
    divisions = Division.objects.filter(mine).exclude(_in_reach(user, "parent"))
    grids = Grid.objects.filter(mine, gone_on=None).exclude(_in_reach(user, "community"))
    return _joined(divisions, grids.exclude(_in_reach(user, "parent")), page, on)


def _in_reach(user: User, above: str) -> Q:
    return Q(**{f"{above}__isnull": False}) & scope_q(user, f"{above}__code")


def children(node: Node, page: Page, on: date) -> TreeRows:
    """What lies directly below a node that the user may see.  Five queries."""
    if isinstance(node, Grid):
        return _joined(
            Division.objects.none(), Grid.objects.filter(parent=node, gone_on=None), page, on
        )
    below = Division.objects.filter(parent=node)
    return _joined(below, Grid.objects.filter(community=node, parent=None, gone_on=None), page, on)


def _joined(divisions: QuerySet[Division], grids: QuerySet[Grid], page: Page, on: date) -> TreeRows:
    """Divisions, then grids, each by code, as one list."""
    upper = divisions.count()
    nodes: list[Node] = list(_opening(divisions)[page.offset : page.offset + page.limit])
    start = max(0, page.offset - upper)
    room = page.limit - len(nodes)
    nodes += _opening_grids(grids)[start : start + room]
    return TreeRows(upper + grids.count(), rows_of(nodes, on))


def _opening(divisions: QuerySet[Division]) -> QuerySet[Division]:
    below = Exists(Division.objects.filter(parent=OuterRef("pk")))
    return divisions.annotate(
        opens=below | Exists(Grid.objects.filter(community=OuterRef("pk"), gone_on=None))
    ).order_by("code")


def _opening_grids(grids: QuerySet[Grid]) -> QuerySet[Grid]:
    parts = Grid.objects.filter(parent=OuterRef("pk"), gone_on=None)
    return grids.annotate(opens=Exists(parts)).order_by("code")


def rows_of(nodes: Sequence[Node], on: date) -> list[TreeRow]:
    counts = counts_below([prefix(node.code) for node in nodes], on)
    return [
        TreeRow(node, counts[prefix(node.code)], bool(getattr(node, "opens", False)))
        for node in nodes
    ]


def find(user: User, text: str, on: date) -> TreeRows:
    """Divisions and grids whose name holds the text or whose code begins with it; three queries.

    At most `MOST_FOUND` rows; a larger `total` says that there are more, not how many.
    """
    wanted = Q(name__icontains=text) | Q(code__startswith=text)
    mine = scope_q(user, "code") & wanted
    divisions = Division.objects.filter(mine).select_related("parent__parent").order_by("code")
    there = Grid.objects.filter(mine, gone_on=None)
    grids = there.select_related("community__parent").order_by("code")
    nodes: list[Node] = [*divisions[: MOST_FOUND + 1], *grids[: MOST_FOUND + 1]]
    rows = rows_of(nodes[:MOST_FOUND], on)
    told = [TreeRow(row.node, row.counts, False, path_of(row.node)) for row in rows]
    return TreeRows(len(nodes), told)


def divisions_to_choose(user: User) -> list[Division]:
    """Streets and communities in the user's reach, each street before its communities; one query.

    At most `MOST_CHOSEN` rows.
    """
    mine = scope_q(user, "code") & Q(level__in=[Level.STREET, Level.COMMUNITY])
    return list(Division.objects.filter(mine).order_by("code")[:MOST_CHOSEN])


def path_of(node: Node) -> str:
    """What a node lies in, highest first, two steps at most; related rows must be loaded."""
    above = node.community if isinstance(node, Grid) else node.parent
    over = above.parent if above else None
    return " · ".join(one.name for one in (over, above) if one)


def ancestors(node: Node) -> list[Division | Grid]:
    """What a node lies in, highest first; one query for the divisions, one for grids around it."""
    codes = []
    above = parent_code(node.code)
    while above is not None:
        codes.append(above)
        above = parent_code(above)
    divisions = list(Division.objects.filter(code__in=codes).order_by("code"))
    divisions.sort(key=lambda one: len(prefix(one.code)))
    around = [code for code in codes if len(code) >= GRID_DIGITS]
    grids = list(Grid.objects.filter(code__in=around).order_by("code")) if around else []
    return [*divisions, *grids]
