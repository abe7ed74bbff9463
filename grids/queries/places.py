"""Buildings, shops and service points: of a part of the territory, one of them, and the strays."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Point
from django.db.models import CharField, Q, QuerySet, Value
from django.db.models.functions import Cast

from gis_server.edge import Page
from gis_server.models import User
from gis_server.roles import scope_q
from grids.models import Building, Place, ServicePoint, Shop, Thing

PLACE_MODELS: dict[Thing, type[Place]] = {
    Thing.BUILDING: Building,
    Thing.SERVICE_POINT: ServicePoint,
    Thing.SHOP: Shop,
}
"""In the order in which lists of all three go: by the word they are stored under."""


def below(prefix: str, field: str = "scope_code") -> Q:
    """Codes that begin with a prefix, said so that the plain index finds them."""
    return Q(**{f"{field}__gte": prefix, f"{field}__lte": prefix + "9" * 19})


def places(user: User, thing: Thing, prefix: str, page: Page) -> tuple[int, list[Place]]:
    """How many places of a kind lie below a prefix, and a piece of them.  Two queries."""
    found = _known(user, thing).filter(below(prefix))
    shown = found.select_related("grid").order_by("scope_code", "id")
    return found.count(), list(shown[page.offset : page.offset + page.limit])


def place(user: User, thing: Thing, number: int) -> Place | None:
    """One place in the user's reach, with its grid, community and street.  One query."""
    related = _known(user, thing).select_related("grid__community__parent")
    return related.filter(pk=number).first()


def _known(user: User, thing: Thing) -> QuerySet[Any]:
    return PLACE_MODELS[thing]._default_manager.filter(scope_q(user, "scope_code"))


@dataclass(frozen=True)
class StrayFilter:
    """Which strays are wanted: of one kind or all, below a prefix, and why they are none's.

    state: "unplaced" for those without a point, "outside" for points outside of all grids, "" for
    both.
    """

    thing: Thing | None = None
    prefix: str = ""
    state: str = ""


@dataclass(frozen=True)
class StrayRow:
    """A place that is in no grid."""

    thing: Thing
    id: int
    name: str
    address: str
    scope_code: str
    point: Point | None

    @property
    def placed(self) -> bool:
        return self.point is not None


def strays(user: User, wanted: StrayFilter, page: Page) -> tuple[int, list[StrayRow]]:
    """How many places are in no grid, and a piece of them.  Two queries.

    By kind, then by id, so that whoever works through them meets each once.
    """
    found = _strays(user, wanted)
    rows = found.order_by("thing", "id")[page.offset : page.offset + page.limit]
    return found.count(), [_stray(row) for row in rows]


def next_stray(user: User, wanted: StrayFilter, thing: Thing, number: int) -> StrayRow | None:
    """The stray after this one, the first when there is none behind it, None when all are done.

    Two queries at most.
    """
    later = [kind for kind in PLACE_MODELS if kind.value > thing.value]
    behind = _strays(user, wanted, {thing: Q(pk__gt=number)} | dict.fromkeys(later, Q()))
    row = behind.order_by("thing", "id").first()
    if row is None:
        others = dict.fromkeys(PLACE_MODELS, Q()) | {thing: ~Q(pk=number)}
        row = _strays(user, wanted, others).order_by("thing", "id").first()
    return _stray(row) if row else None


def _strays(
    user: User, wanted: StrayFilter, among: dict[Thing, Q] | None = None
) -> QuerySet[Any, dict[str, Any]]:
    kinds: Iterable[Thing] = [wanted.thing] if wanted.thing else list(PLACE_MODELS)
    parts = [
        _known(user, kind)
        .filter(_wanted(wanted), grid=None)
        .filter(Q() if among is None else among.get(kind, Q(pk__in=[])))
        .values(
            "id",
            "name",
            "address",
            "scope_code",
            "point",
            thing=Cast(Value(kind.value), CharField()),
        )
        for kind in kinds
    ]
    return parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]


def _wanted(wanted: StrayFilter) -> Q:
    rule = below(wanted.prefix) if wanted.prefix else Q()
    if wanted.state:
        rule &= Q(point__isnull=wanted.state == "unplaced")
    return rule


def _stray(row: dict[str, Any]) -> StrayRow:
    return StrayRow(**(row | {"thing": Thing(row["thing"])}))


def point_json(row: Place) -> list[float] | None:
    """[longitude, latitude] in WGS84 degrees, None where there is none."""
    return None if row.point is None else [row.point.x, row.point.y]
