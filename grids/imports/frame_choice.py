"""The frames that a page or a command offers, and what the places known here say of a file's."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import shapely
from django.db import connection
from django.utils.translation import gettext as _

from gis_server.frame_guess import Doubt, guess_frame
from gis_server.frames import AnyFrame, Floats, Frame, Zone, looks_swapped
from gis_server.geo import metric_srid, to_metric
from grids.models import Building, Shop, Street

KNOWN_AT_MOST = 10_000  # of each kind; more only costs time
NAMES = {
    Frame.WGS84: "WGS84",
    Frame.CGCS2000: "CGCS2000",
    Frame.GCJ02: "GCJ-02",
    Frame.BD09: "BD-09",
}


class UnknownFrame(ValueError):
    """The text names no frame."""


def frame_named(text: str) -> AnyFrame:
    """The frame that `name_of` calls so: "wgs84", "gcj02" or the EPSG number of a zone.

    Raises:
        UnknownFrame: it is none of these.
    """
    try:
        return Zone(int(text)) if text.isascii() and text.isdigit() else Frame(text)
    except ValueError:
        raise UnknownFrame(text) from None


def name_of(frame: AnyFrame) -> str:
    return str(frame.epsg) if isinstance(frame, Zone) else frame.value


def label_of(frame: AnyFrame) -> str:
    """What people call it."""
    if isinstance(frame, Frame):
        return NAMES[frame]
    words = _("CGCS2000, 3-degree zone %(number)d (%(meridian)d°E), EPSG:%(epsg)d")
    return words % {
        "number": frame.number,
        "meridian": frame.meridian_deg,
        "epsg": frame.epsg,
    }


@dataclass(frozen=True)
class Said:
    """What the known places say of some coordinates; stored with the import.

    frame: a name for `frame_named`, empty when it cannot be told, and then `doubt` says why.
    swapped: whether east and north were exchanged.
    """

    frame: str = ""
    doubt: str = ""
    offset_m: float | None = None
    residual_m: float | None = None
    used: int = 0
    swapped: bool = False

    def stored(self) -> dict[str, Any]:
        return asdict(self)


def ask_known_places(x: Floats, y: Floats) -> Said:
    """Compare coordinates as they came with what is known here."""
    swapped = looks_swapped(x, y)
    if swapped:
        x, y = y, x
    guess = guess_frame(x, y, known_places(), metric_srid())
    if guess.frame is None:
        doubt = guess.doubt or Doubt.NO_CLEAR_FIT
        return Said(doubt=doubt.name, used=guess.used, swapped=swapped)
    return Said(
        frame=name_of(guess.frame),
        offset_m=guess.offset_m,
        residual_m=guess.residual_m,
        used=guess.used,
        swapped=swapped,
    )


def known_places() -> Iterator[shapely.Geometry]:
    """Streets, buildings and shops of the registry, in metres."""
    for model, column in ((Street, "line"), (Building, "point"), (Shop, "point")):
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT ST_AsBinary({column}) FROM {table} WHERE {column} IS NOT NULL"
                " ORDER BY id LIMIT %s",
                [KNOWN_AT_MOST],
            )
            shapes = [bytes(row[0]) for row in cursor.fetchall()]
        if shapes:
            yield from to_metric(shapely.from_wkb(shapes))


def vertices(shapes: np.ndarray[Any, Any]) -> tuple[Floats, Floats]:
    """East and north of all vertices of shapes, None among them."""
    spots = shapely.get_coordinates(shapes[shapes != None])  # noqa: E711 - an array compares so
    return spots[:, 0], spots[:, 1]
