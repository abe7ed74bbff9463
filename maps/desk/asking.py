"""What is asked of a search by place, out of its address."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import shapely
from django.http import HttpRequest
from django.utils.translation import gettext as _

from gis_server.edge import Page, parse_int, parse_page
from gis_server.errors import Invalid, NotAllowed
from gis_server.models import User
from gis_server.openapi.marks import paged
from gis_server.openapi.schemas import Group, listing, text, whole, words
from maps.desk.layers import FILTERS, OLDER, SEARCHED, Searched, layers_of
from maps.desk.shapes import FARTHEST_NORTH, MOST_PLACES, BadShapeError, Fault, Kind, around, read
from patrols.seen.views.asked import AREA, area_of

WIDEST_M = 20_000
OLDEST_H = 24 * 366
MOST_VALUES, LONGEST_VALUE = 40, 80
NEAR, RADIUS = "near", "radius_m"
SHAPES = (*Kind, NEAR)
KNOWN = (*SHAPES, RADIUS, "layer", "area", OLDER, *FILTERS, "limit", "offset")
SEVERAL: Group = {
    one.name: listing(words(one.choices) if one.choices else text(LONGEST_VALUE))
    for one in FILTERS.values()
}
ASKED: Group = {
    **dict.fromkeys(SHAPES, text()),
    RADIUS: {"type": "number", "minimum": 1, "maximum": WIDEST_M},
    "layer": listing(words(SEARCHED)),
    "area": AREA,
    OLDER: whole(0, OLDEST_H, 0),
    **SEVERAL,
    **paged(),
}
"""What `asked_of` reads: exactly one of SHAPES."""


@dataclass(frozen=True, slots=True)
class Near:
    """One of the things on the map, by its layer and what that names it by."""

    layer: Searched
    key: str


@dataclass(frozen=True, slots=True)
class Asked:
    """place: a shape in WGS84 degrees, or the thing around which to search.  radius_m: 0 for what
    lies inside alone.  filters: values by name of filter.  older_h: 0 for any age.
    """

    place: shapely.Geometry | Near
    radius_m: float
    layers: tuple[Searched, ...]
    area: str
    page: Page
    filters: Mapping[str, list[str]] = field(default_factory=dict)
    older_h: int = 0


def asked_of(request: HttpRequest, user: User) -> Asked:
    """
    Raises:
        Invalid: a parameter that there is not, or that cannot be read.
        NotAllowed: a layer that the user's role does not include.
        NotFound: an area out of reach.
    """
    _refuse_unknown(request)
    place = _place(request)
    radius_m = _radius(request)
    if not radius_m and not _has_inside(place):
        rule = _("Around a point, line or place say how far: %(name)s from 1 to %(most)d metres.")
        raise Invalid(rule % {"name": RADIUS, "most": WIDEST_M})
    if radius_m and not isinstance(place, Near):
        check_around(place, radius_m)
    return Asked(
        place=place,
        radius_m=radius_m,
        layers=_layers(request, user),
        area=area_of(request, user),
        page=parse_page(request),
        filters=filters_of(request),
        older_h=older_of(request),
    )


def check_around(shape: shapely.Geometry, radius_m: float) -> tuple[float, float, float, float]:
    """The box around it, in degrees.  Raises Invalid."""
    try:
        return around(shape, radius_m)
    except BadShapeError as error:
        raise Invalid(told(error)) from None


def _refuse_unknown(request: HttpRequest) -> None:
    for name in request.GET:
        if name not in KNOWN:
            rule = _("There is no parameter %(name)s here; there are %(names)s.")
            raise Invalid(rule % {"name": name[:40], "names": ", ".join(KNOWN)})


def _place(request: HttpRequest) -> shapely.Geometry | Near:
    given = [name for name in SHAPES if name in request.GET]
    if len(given) != 1 or len(request.GET.getlist(given[0])) != 1:
        rule = _("Say where to search by exactly one of %(names)s.")
        raise Invalid(rule % {"names": ", ".join(SHAPES)})
    text = request.GET[given[0]]
    if given[0] == NEAR:
        return _near(text)
    try:
        return read(Kind(given[0]), text)
    except BadShapeError as error:
        raise Invalid(told(error)) from None


def _near(text: str) -> Near:
    layer, _colon, key = text.partition(":")
    if layer not in SEARCHED or not re.fullmatch(r"[0-9]{1,18}", key):
        rule = _("%(name)s names a thing like cameras:12; there are %(names)s.")
        raise Invalid(rule % {"name": NEAR, "names": ", ".join(SEARCHED)})
    return Near(SEARCHED[layer], key)


def _has_inside(place: shapely.Geometry | Near) -> bool:
    if isinstance(place, Near):
        return place.layer.collection.geometry.endswith("Polygon")
    return bool(place.area)


def _radius(request: HttpRequest) -> float:
    text = request.GET.get(RADIUS, "")
    if not text:
        return 0.0
    metres = float(text) if re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text) else math.nan
    if not 1 <= metres <= WIDEST_M:  # written so that a NaN fails it
        rule = _("%(name)s must be a number of metres from 1 to %(most)d.")
        raise Invalid(rule % {"name": RADIUS, "most": WIDEST_M})
    return metres


def _layers(request: HttpRequest, user: User) -> tuple[Searched, ...]:
    """Those that are named; where none is, all that the user may see."""
    named, mine = request.GET.getlist("layer"), layers_of(user)
    if not named:
        return tuple(mine)
    if any(name not in SEARCHED for name in named):
        rule = _("%(name)s must be one of %(choices)s.")
        raise Invalid(rule % {"name": "layer", "choices": ", ".join(SEARCHED)})
    if any(SEARCHED[name] not in mine for name in named):
        raise NotAllowed(_("Your role does not include this map layer."))
    return tuple(one for one in mine if one.name in named)


def filters_of(request: HttpRequest) -> dict[str, list[str]]:
    """Values by name of filter.  Raises Invalid."""
    return {name: _values(request, name) for name in FILTERS if name in request.GET}


def older_of(request: HttpRequest) -> int:
    """Hours, 0 for any age.  Raises Invalid."""
    return parse_int(request, OLDER, 0, 0, OLDEST_H)


def narrowed(filters: Mapping[str, list[str]], older_h: int) -> list[tuple[str, str]]:
    """Each value that narrows, with the name of its filter."""
    pairs = [(name, one) for name, values in filters.items() for one in values]
    return [*pairs, (OLDER, str(older_h))] if older_h else pairs


def _values(request: HttpRequest, name: str) -> list[str]:
    values, choices = request.GET.getlist(name), FILTERS[name].choices
    if choices and any(value not in choices for value in values):
        rule = _("%(name)s must be one of %(choices)s.")
        raise Invalid(rule % {"name": name, "choices": ", ".join(choices)})
    if len(values) > MOST_VALUES:
        rule = _("%(name)s is given more than %(most)d times.")
        raise Invalid(rule % {"name": name, "most": MOST_VALUES})
    if any(len(value) > LONGEST_VALUE or "\0" in value for value in values):
        rule = _("%(name)s must be a text of at most %(longest)d characters.")
        raise Invalid(rule % {"name": name, "longest": LONGEST_VALUE})
    return values


def told(error: BadShapeError) -> str:
    """Why a shape is refused, and what to do."""
    place = "{:.5f}, {:.5f}".format(*error.place) if error.place else "–"
    return {
        Fault.UNREADABLE: _(
            "A shape is told as longitude,latitude in degrees, places parted by semicolons; a box "
            "as west,south,east,north."
        ),
        Fault.OUTSIDE: _(
            "A place lies outside the map: longitudes go from -180 to 180, latitudes from -%(lat)d "
            "to %(lat)d."
        )
        % {"lat": FARTHEST_NORTH},
        Fault.TOO_MANY: _("A shape has at most %(most)d corners: draw it with fewer.")
        % {"most": MOST_PLACES},
        Fault.TOO_FEW: _("A line needs two different places, an area three."),
        Fault.ANTIMERIDIAN: _(
            "Shapes across the antimeridian (180°) are not searched: ask for each side by itself."
        ),
        Fault.CROSSING: _("The outline crosses itself at %(place)s: move that corner.")
        % {"place": place},
        Fault.FLAT: _("The area is empty: its corners lie on one line."),
    }[error.fault]
