"""What was asked for as an OGC GeoPackage: a layer for each kind of thing.

Layers and columns have plain Latin names, which every program opens; their Chinese stands in the
file as `identifier` of the layers and in the values.  Coordinates are longitude, latitude in WGS84
(EPSG:4326) or CGCS2000 (EPSG:4490), which for this use are the same (`gis_server.geo`).
"""

import math
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import geopandas as gpd
import shapely
from django.utils.translation import gettext as _

from cameras.reasons_text import reason_name
from events.models.catalogue import EventKind
from events.texts import due_name, severity_name
from events.texts import state_name as event_state_name
from gis_server import disk
from gis_server.errors import Unavailable
from maps.figures.classes import NOTHING, UNKNOWN
from maps.files.content import Content, camera_state

Column = Sequence[Any]
POINTS = frozenset(
    {"cameras", "outages", "events", "places", "buildings", "shops", "services", "people"}
)


Layers = Mapping[str, tuple[str, Column, Mapping[str, Column]]]
"""Name → title, shapes, columns."""


def write(content: Content) -> IO[bytes]:
    """The file, open for reading; it has no name any more and is gone when it is closed.

    Raises:
        Unavailable: there is no room for it.
    """
    return write_layers(content, _layers(content))


def write_layers(content: Content, layers: Layers) -> IO[bytes]:
    """Other layers, told of by the same content; see `write`."""
    about = f"{content.title} · {content.scope} {content.narrowed} {content.time} {content.sources}"
    return write_file(layers, about, content.asked.srid)


def write_file(layers: Layers, about: str, srid: int) -> IO[bytes]:
    """Any layers; about: what each says of itself.  See `write`."""
    with tempfile.TemporaryDirectory(prefix="geopackage-") as folder:
        path = Path(folder) / "map.gpkg"
        try:
            disk.leave_reserve(path.parent)
        except disk.NoRoom:
            raise Unavailable(_("The server's disk is almost full: no file can be made.")) from None
        for name, (title, shapes, columns) in layers.items():
            _write_layer(path, name, title, shapes, columns, about, srid)
        return path.open("rb")


def _write_layer(
    path: Path,
    name: str,
    title: str,
    shapes: Column,
    columns: Mapping[str, Column],
    about: str,
    srid: int,
) -> None:
    frame = gpd.GeoDataFrame(columns, geometry=list(shapes), crs=srid)
    kind = "Point" if name in POINTS else "MultiPolygon"
    frame.to_file(
        path,
        driver="GPKG",
        layer=name,
        engine="pyogrio",
        geometry_type=kind,
        promote_to_multi=kind == "MultiPolygon",
        IDENTIFIER=title,
        DESCRIPTION=about,
    )


def _layers(content: Content) -> dict[str, tuple[str, Column, dict[str, Column]]]:
    """Title, shapes and columns of each layer that was asked for, empty ones too: that there is
    nothing is an answer.
    """
    found: dict[str, tuple[str, Column, dict[str, Column]]] = {
        "divisions": (
            _("Divisions"),
            [one.shape for one in content.divisions],
            _divisions(content),
        ),
        "grids": (_("Grids"), [one.shape for one in content.grids], _grids(content)),
    }
    layers = set(content.asked.layers)
    if layers & {"down", "online"}:
        found["cameras"] = _("Cameras"), _points(content.cameras), _cameras(content)
    if "outages" in layers:
        found["outages"] = _("Group outages"), _points(content.outages), _outages(content)
    if "events" in layers:
        found["events"] = _("Open events"), _points(content.events), _events(content)
    return found


def _points(spots: Sequence[Any]) -> Column:
    return list(shapely.points([[one.lon, one.lat] for one in spots])) if spots else []


def _divisions(content: Content) -> dict[str, Column]:
    rows = content.divisions
    return {
        "code": [one.code for one in rows],
        "name": [one.name for one in rows],
        "level": [one.level for one in rows],
    }


def _grids(content: Content) -> dict[str, Column]:
    rows, figure = content.grids, content.figure
    columns: dict[str, Column] = {
        "code": [one.code for one in rows],
        "name": [one.name for one in rows],
        "community": [one.community for one in rows],
    }
    if figure:
        values = [figure.values.get(one.id, math.nan) for one in rows]
        words = {UNKNOWN: _("not known"), NOTHING: figure.nothing}
        numbers = [figure.class_of(one.id) for one in rows]
        columns |= {
            # A GeoPackage has no infinity: what was never seen has its class alone.
            figure.name: [value if math.isfinite(value) else math.nan for value in values],
            f"{figure.name}_class": [words.get(n) or figure.texts[n] for n in numbers],
        }
    return columns


def _cameras(content: Content) -> dict[str, Column]:
    rows = content.cameras
    return {
        "code": [one.code for one in rows],
        "name": [one.name for one in rows],
        "state": [one.state for one in rows],
        "state_text": [camera_state(one.state) for one in rows],
        "reason_text": [reason_name(one.reason) for one in rows],
        "since": _times([one.since for one in rows]),
        "grid": [one.grid for one in rows],
    }


def _outages(content: Content) -> dict[str, Column]:
    rows = content.outages
    return {
        "cameras": [one.cameras for one in rows],
        "thing": [one.thing for one in rows],
        "name": [one.name for one in rows],
        "reason_text": [reason_name(one.reason) for one in rows],
        "since": _times([one.opened_at for one in rows]),
    }


def _events(content: Content) -> dict[str, Column]:
    rows = content.events
    return {
        "number": [one.number for one in rows],
        "entry": [one.entry for one in rows],
        "kind_text": [str(EventKind(one.kind).label) for one in rows],
        "severity_text": [severity_name(one.severity) for one in rows],
        "state_text": [event_state_name(one.state) for one in rows],
        "address": [one.address for one in rows],
        "grid": [one.grid for one in rows],
        "received_at": _times([one.received_at for one in rows]),
        "due_at": _times([one.due_at for one in rows]),
        "due_text": [due_name(one.due) for one in rows],
    }


def _times(found: Sequence[datetime | None]) -> Any:
    """In UTC, which is what a GeoPackage keeps times in."""
    return gpd.pd.to_datetime(
        [one.replace(microsecond=0) if one else None for one in found], utc=True
    )
