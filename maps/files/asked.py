"""What is asked of a file in an address: which part, which layers, which paper."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.edge import parse_box, parse_choice, parse_day, parse_text
from gis_server.errors import Invalid, NotAllowed
from gis_server.models import User
from gis_server.roles import Permission, may
from maps.desk.asking import filters_of, narrowed, older_of
from maps.tiles import Bounds
from patrols.seen.views.asked import area_of

LAYERS = {
    "events": Permission.SEE_EVENTS,
    "outages": Permission.SEE_CAMERAS,
    "down": Permission.SEE_CAMERAS,
    "online": Permission.SEE_CAMERAS,
}
FIGURES = {
    "coverage": Permission.SEE_COVERAGE,
    "unseen": Permission.SEE_COVERAGE,
    "events": Permission.SEE_EVENTS,
    "intact": Permission.SEE_CAMERAS,
}
OF_A_DAY = "coverage"
"""The one figure that is kept of past days."""
PAPERS = ("A4", "A3")
TURNS = ("landscape", "portrait")
FRAMES = {"4326": 4326, "4490": 4490}
LONGEST_TITLE = 40
NO_LAYERS = "none"


@dataclass(frozen=True, slots=True)
class Asked:
    """area: digits of a division in reach, empty for all of it.  box: west, south, east, north in
    WGS84 degrees.  layers: of `LAYERS`, in their order; figure: of `FIGURES`, or empty.  title:
    empty for one of ours.  srid: of the coordinates in a GeoPackage.  filters: values by name of
    the desk's filters; older_h: of events, 0 for any age.
    """

    area: str
    box: Bounds | None
    layers: tuple[str, ...]
    figure: str
    day: date
    title: str
    paper: str
    is_landscape: bool
    srid: int
    filters: Mapping[str, list[str]] = field(default_factory=dict)
    older_h: int = 0

    @property
    def narrowed(self) -> list[tuple[str, str]]:
        """Each value that narrows, with the name of its filter."""
        return narrowed(self.filters, self.older_h)

    def told(self) -> dict[str, object]:
        """What the audit trail keeps."""
        box = ",".join(f"{edge:.5f}" for edge in self.box) if self.box else ""
        words = {
            "area": self.area, "box": box, "layers": " ".join(self.layers), "figure": self.figure,
            "day": self.day.isoformat(),
            "filters": " ".join(f"{name}={one}" for name, one in self.narrowed),
        }  # fmt: skip
        return {name: word for name, word in words.items() if word}


def asked_of(request: HttpRequest, user: User, now: datetime) -> Asked:
    """
    Raises:
        Invalid: something that is none of what can be asked for.
        NotAllowed: a layer or figure that the user's role does not include.
        NotFound: an area out of reach.
    """
    today = timezone.localdate(now)
    asked = Asked(
        area=area_of(request, user),
        box=parse_box(request),
        layers=_layers(request, user),
        figure=_figure(request, user),
        day=parse_day(request, "day") or today,
        title=parse_text(request, "title", LONGEST_TITLE),
        paper=parse_choice(request, "paper", PAPERS) or PAPERS[0],
        is_landscape=parse_choice(request, "turn", TURNS) != "portrait",
        srid=FRAMES[parse_choice(request, "crs", FRAMES) or "4326"],
        filters=filters_of(request),
        older_h=older_of(request),
    )
    _check_day(asked, today)
    return asked


def _check_day(asked: Asked, today: date) -> None:
    if asked.day > today:
        raise Invalid(_("This day has not come yet."))
    if asked.day < today and (asked.layers or asked.figure not in ("", OF_A_DAY)):
        message = _(
            "Of a past day there are boundaries and coverage; cameras and events are known as they"
            " are now. Choose today, or leave these layers out."
        )
        raise Invalid(message)


def layers_of(user: User) -> list[str]:
    """The layers that the user may see."""
    return [name for name, permission in LAYERS.items() if may(user.role, permission)]


def figures_of(user: User) -> list[str]:
    return [name for name, permission in FIGURES.items() if may(user.role, permission)]


def _layers(request: HttpRequest, user: User) -> tuple[str, ...]:
    """Those that are named; where none is, all that the user may see but what works."""
    named = request.GET.getlist("layer")
    if not named:
        return tuple(name for name in layers_of(user) if name != "online")
    unknown = [name for name in named if name not in LAYERS and name != NO_LAYERS]
    if unknown:
        rule = _("%(name)s must be one of %(choices)s.")
        raise Invalid(rule % {"name": "layer", "choices": ", ".join([*LAYERS, NO_LAYERS])})
    _refuse_others([name for name in named if name in LAYERS], layers_of(user))
    return tuple(name for name in LAYERS if name in named)


def _figure(request: HttpRequest, user: User) -> str:
    figure = parse_choice(request, "figure", FIGURES)
    _refuse_others([figure] if figure else [], figures_of(user))
    return figure


def _refuse_others(wanted: list[str], allowed: list[str]) -> None:
    if any(name not in allowed for name in wanted):
        raise NotAllowed(_("Your role does not include this map layer."))
