"""A thing's fields as JSON: what an editor has seen, what an edit wrote, what an undo restores."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.contrib.gis.geos import Point
from django.db import models
from django.db.backends.postgresql.psycopg_any import DateRange
from django.utils.translation import gettext as _

from gis_server.geo import WGS84
from grids.models import (
    Assignment,
    Building,
    Division,
    Grid,
    GridWorker,
    ServicePoint,
    Shop,
    Thing,
)

State = dict[str, Any]
"""Field → JSON value.  A point is [longitude, latitude] in WGS84 degrees with 7 decimals (1 cm); a
range of days is [first, the day after the last or None]; a row of another table is its id."""

POINT_DECIMALS = 7

MODELS: dict[Thing, type[models.Model]] = {
    Thing.DIVISION: Division,
    Thing.GRID: Grid,
    Thing.BUILDING: Building,
    Thing.SHOP: Shop,
    Thing.SERVICE_POINT: ServicePoint,
    Thing.WORKER: GridWorker,
    Thing.ASSIGNMENT: Assignment,
}
PLACE_FIELDS = ("name", "address", "point")
# What `change` may write.  Codes of divisions and grids are `renumber`'s.
FIELDS: dict[Thing, tuple[str, ...]] = {
    Thing.DIVISION: ("name", "kind"),
    Thing.GRID: ("name", "kind"),
    Thing.BUILDING: (*PLACE_FIELDS, "households", "floors", "units"),
    Thing.SHOP: (*PLACE_FIELDS, "kind", "open"),
    Thing.SERVICE_POINT: (*PLACE_FIELDS, "kind"),
    Thing.WORKER: ("name", "phone", "role"),
    Thing.ASSIGNMENT: ("valid",),
}
PLACES = (Thing.BUILDING, Thing.SHOP, Thing.SERVICE_POINT)


def thing_of(row: models.Model) -> Thing:
    return next(thing for thing, model in MODELS.items() if isinstance(row, model))


def state_of(row: models.Model, fields: Iterable[str] | None = None) -> State:
    """The fields of a row that can be edited, or those that are named, as JSON values."""
    names = FIELDS[thing_of(row)] if fields is None else fields
    return {name: to_json(getattr(row, _attribute(row, name))) for name in names}


def whole_state_of(row: models.Model) -> State:
    """Everything that is needed to make the row again after it was deleted."""
    kept = {field.name for field in row._meta.concrete_fields} - {"id", "grid"}
    if isinstance(row, Assignment):
        kept |= {"grid"}
    return state_of(row, sorted(kept))


def put(row: models.Model, values: State) -> None:
    """Set fields from JSON values; nothing is saved."""
    for name, value in values.items():
        setattr(row, _attribute(row, name), from_json(name, value))


def to_json(value: Any) -> Any:
    if isinstance(value, Point):
        return [round(value.x, POINT_DECIMALS), round(value.y, POINT_DECIMALS)]
    if isinstance(value, DateRange):
        return [_day(value.lower), _day(value.upper)]
    return value


def from_json(name: str, value: Any) -> Any:
    if name == "point" and value is not None:
        return Point(value[0], value[1], srid=WGS84)
    if name == "valid":
        first, after = (date.fromisoformat(day) if day else None for day in value)
        return DateRange(first, after)
    return value


def word_for(model: type[models.Model], name: str) -> str:
    """What a field is called in the reader's language."""
    words = {
        # People and things have names, but not the same word for it in Chinese.
        "name": _("name") if model is GridWorker else _("Name"),
        "worker": _("Staff"),
        "grid": _("Grid"),
        "stands_in_for": _("Stands in for"),
        "valid": _("Days"),
    }
    return words.get(name) or str(model._meta.get_field(name).verbose_name)  # type: ignore[union-attr]


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _attribute(row: models.Model, name: str) -> str:
    return str(row._meta.get_field(name).attname)  # type: ignore[union-attr]
