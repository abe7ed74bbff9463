"""What a search has found as one GeoPackage: a layer for each, with the columns of its table."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import IO, Any

import geopandas as gpd
import shapely
from django.utils.translation import gettext as _

from cameras.handover.areas import area_name
from gis_server.geo import WGS84
from gis_server.models import User
from gis_server.plain_text import one_line
from maps.desk.asking import Asked, narrowed
from maps.desk.selecting import Found
from maps.files.content import DIVISION_DIGITS, time_text
from maps.files.filters import narrowed_text
from maps.files.geopackage import write_file
from maps.ogc.table import Kind

TYPED: dict[Kind, Callable[[list[Any]], Any]] = {
    Kind.WHOLE: lambda values: gpd.pd.array(values, dtype="Int64"),
    Kind.NUMBER: lambda values: gpd.pd.array(values, dtype="Float64"),
    Kind.YES_NO: lambda values: gpd.pd.array(values, dtype="boolean"),
    # In UTC and whole seconds, as in the other files.
    Kind.TIME: lambda values: gpd.pd.to_datetime(
        gpd.pd.Series(values, dtype="object"), utc=True, format="ISO8601"
    ).dt.floor("s"),
}
"""Of what JSON has of a column, what a GeoPackage keeps it as; texts and days stay as they are."""


def package(user: User, asked: Asked, found: Sequence[Found], now: datetime) -> IO[bytes]:
    """In WGS84 degrees.  The file is open for reading, has no name, and is gone when it is closed.

    Raises:
        Unavailable: there is no room for it.
    """
    layers = {
        one.layer.name: (
            str(one.layer.collection.title),
            list(shapely.from_geojson([json.dumps(item.place) for item in one.items])),
            _columns(one, asked.radius_m),
        )
        for one in found
    }
    return write_file(layers, _about(user, asked, now), WGS84)


def _columns(found: Found, radius_m: float) -> dict[str, Any]:
    columns = found.layer.collection.columns
    told = {
        column.name: TYPED.get(column.kind, list)(
            [one.properties[column.name] for one in found.items]
        )
        for column in columns
    }
    far = {"distance_m": [one.distance_m for one in found.items]} if radius_m else {}
    return {"id": [one.id for one in found.items], **told, **far}


def _about(user: User, asked: Asked, now: datetime) -> str:
    """Whose part of the world this is, what narrows it, and when it was so."""
    area = area_name(user.reach, asked.area.ljust(DIVISION_DIGITS, "0") if asked.area else "")
    scope = _("%(area)s; only what lies in the reach of %(maker)s.")
    words = (
        scope % {"area": one_line(area) or _("All areas"), "maker": user.get_username()},
        narrowed_text(narrowed(asked.filters, asked.older_h)),
        _("As of %(time)s.") % {"time": time_text(now)},
    )
    return " ".join(filter(None, words))
