"""By which figure grids are coloured: their values, their classes, and what the colours say."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cameras.health import State
from cameras.queries import cameras_of
from events.models.event import OPEN_VALUES
from events.rights import events_seen
from gis_server.errors import Invalid
from gis_server.models import User
from maps.figures.classes import (
    NOTHING,
    UNKNOWN,
    GridFigure,
    class_of,
    tenths_of_hours,
    thousandths,
)
from maps.files.asked import Asked
from maps.files.signs import Colour
from patrols.seen import queries as seen
from patrols.seen.texts import definition, since
from patrols.seen.windows import Window

# ColorBrewer RdYlBu and OrRd (Harrower and Brewer 2003): told apart without telling red from green,
# and lightened, so that lines, names and signs stand out on them.
GOOD_TO_BAD: tuple[Colour, ...] = (
    (126, 172, 210),
    (199, 228, 238),
    (255, 250, 205),
    (253, 205, 150),
    (230, 120, 105),
)
FEW_TO_MANY: tuple[Colour, ...] = (
    (250, 250, 246),
    (254, 226, 190),
    (253, 199, 148),
    (250, 155, 112),
    (220, 90, 70),
)


@dataclass(frozen=True, slots=True)
class Figure:
    """values, classes: by the ids of grids.  colours, texts: of the classes from 0 on.  nothing:
    what `NOTHING` says.  missing: the class of a grid that is not named.
    """

    name: str
    title: str
    about: str
    values: Mapping[int, float]
    classes: Mapping[int, int]
    colours: Sequence[Colour]
    texts: Sequence[str]
    nothing: str
    missing: int = NOTHING

    def class_of(self, grid: int) -> int:
        return self.classes.get(grid, self.missing)

    def value_text(self, grid: int) -> str:
        """The value of a grid that has one."""
        value = self.values.get(grid, 0.0)
        if self.name == "events":
            return f"{value:.0f}"
        return since(value) if self.name == "unseen" else f"{value:.0%}"


def figure_of(user: User, asked: Asked, now: datetime) -> Figure | None:
    """A fixed number of queries.

    Raises:
        Invalid: more grids than coverage is told of at once.
    """
    if not asked.figure:
        return None
    makers: dict[str, Callable[[User, Asked, datetime], Figure]] = {
        "coverage": _coverage, "unseen": _unseen, "events": _events, "intact": _intact,
    }  # fmt: skip
    return makers[asked.figure](user, asked, now)


def name_of(figure: str) -> str:
    return {
        "coverage": _("Coverage of patrols"),
        "unseen": _("Hours unseen"),
        "events": _("Open events"),
        "intact": _("Cameras without fault"),
    }[figure]


def _rows(user: User, asked: Asked, now: datetime) -> list[seen.Row]:
    rows = seen.rows(user, seen.Asked(asked.day, None, asked.area), Window(now), now)
    if len(rows) >= seen.MOST_GRIDS:
        message = _("Coverage is drawn of at most %(most)d grids at once. Choose a smaller area.")
        raise Invalid(message % {"most": seen.MOST_GRIDS})
    return rows


def _coverage(user: User, asked: Asked, now: datetime) -> Figure:
    """As the wall has it: of the streets, of the area where there are none."""
    values, classes = dict[int, float](), dict[int, int]()
    for row in _rows(user, asked, now):
        known = next((one for one in (row.streets, row.area) if one.all), None)
        if known is None:
            classes[row.id] = NOTHING if row.has_ground else UNKNOWN
            continue
        values[row.id] = known.seen / known.all
        classes[row.id] = 3 - class_of(GridFigure.COVERAGE, int(thousandths(known.seen, known.all)))
    return Figure(
        asked.figure, _("Coverage of patrols on %(day)s") % {"day": asked.day}, definition(),
        values, classes, _four(GOOD_TO_BAD),
        [
            _("over two thirds"), _("a third to two thirds"), _("up to a third"),
            pgettext("coverage", "nothing"),
        ],
        _("nothing to be seen"),
    )  # fmt: skip


def _four(colours: Sequence[Colour]) -> list[Colour]:
    """Without the one in the middle."""
    return [*colours[:2], *colours[3:]]


def _unseen(user: User, asked: Asked, now: datetime) -> Figure:
    values, classes = dict[int, float](), dict[int, int]()
    for row in _rows(user, asked, now):
        if row.ages is None:
            classes[row.id] = UNKNOWN
        elif row.ages.ages.all:
            hours = row.ages.ages.median_h
            values[row.id] = hours
            classes[row.id] = class_of(GridFigure.UNSEEN, int(tenths_of_hours(hours)))
    return Figure(
        asked.figure, _("Hours unseen, median of streets and buildings"), definition(),
        values, classes, GOOD_TO_BAD,
        [
            _("under 4 h"), _("4 to 12 h"), _("12 to 24 h"), _("24 to 72 h"),
            _("longer, or never"),
        ],
        _("nothing to be seen"),
    )  # fmt: skip


def _events(user: User, asked: Asked, now: datetime) -> Figure:
    rows = events_seen(user).filter(
        state__in=OPEN_VALUES, grid__isnull=False, scope_code__startswith=asked.area
    )
    counts: Counter[int] = Counter(
        dict(rows.order_by().values_list("grid").annotate(count=Count("pk")))
    )
    classes = {pk: class_of(GridFigure.EVENTS, count) for pk, count in counts.items()}
    values = {pk: float(count) for pk, count in counts.items()}
    texts = [pgettext("events", "none"), "1–2", "3–5", "6–10", _("over 10")]
    return Figure(
        asked.figure, _("Open events in each grid"), "", values, classes, FEW_TO_MANY, texts, "",
        missing=0,
    )  # fmt: skip


def _intact(user: User, asked: Asked, now: datetime) -> Figure:
    """Cameras that answer with a good picture, of those of which anything is known."""
    known = cameras_of(user).filter(
        enabled=True, grid__isnull=False, scope_code__startswith=asked.area
    )
    good = Q(state__state=State.ONLINE.value)
    told = Q(state__isnull=False) & ~Q(state__state=State.UNKNOWN.value)
    rows = known.order_by().values_list("grid").annotate(
        good=Count("pk", filter=good), told=Count("pk", filter=told)
    )  # fmt: skip
    values, classes = dict[int, float](), dict[int, int]()
    for grid, well, of in rows:
        if not of:
            classes[grid] = UNKNOWN
            continue
        values[grid] = well / of
        classes[grid] = 3 - class_of(GridFigure.INTACT, int(thousandths(well, of)))
    return Figure(
        asked.figure, _("Cameras without fault in each grid"),
        _("Of the cameras whose state is known, those that are online with a good picture."),
        values, classes, _four(GOOD_TO_BAD),
        [
            _("all"), _("half or more"), _("under half"), pgettext("cameras", "none"),
        ],
        _("no camera"),
    )  # fmt: skip
