"""A map on paper: title, the map itself, its legend, scale bar, north arrow, source and time.

Drawn as a PDF of lines and real characters; a picture is made from that (`raster`), so both show
the very same.  No character is smaller than `LEAST_PT`, and the legend holds what is on the map.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from events.models.catalogue import EventKind
from events.texts import due_name, severity_name
from gis_server.frames import Zone
from gis_server.pdf_export import HEAD, INK, MM_PER_PT, PAPER, QUIET, Canvas, Colour
from maps.figures.classes import NOTHING, UNKNOWN
from maps.files import signs
from maps.files.content import Content, EventSpot, camera_state, kind_letter
from maps.files.paper import SIZES_MM, Frame, View
from maps.files.signs import DUES, KINDS, SEVERITIES, STATES, Letters, Ring, Sign

LEAST_PT = 7.0
MARGIN, GAP = 9.0, 4.0
SIDE_MM = 56.0
"""The column of the legend beside a map across the sheet."""
BESIDE: Colour = (238, 241, 245)
# Borders by what they enclose: colour, width in mm.
BORDERS: dict[str, tuple[Colour, float]] = {
    "grid": ((172, 182, 194), 0.12),
    "community": ((122, 136, 154), 0.28),
    "street": ((70, 90, 116), 0.5),
    "district": (HEAD, 0.8),
    "city": (HEAD, 1.0),
}
LESSER: Colour = (58, 72, 90)
LABEL_PT = {"street": 10.0, "community": 7.5, "grid": LEAST_PT}
FINEST_MM = 0.03
"""Borders are drawn with no more points than can be told apart on paper."""
HATCH: Colour = (150, 160, 172)
HATCH_MM = 1.5
# Half the size of each sign, mm; characters in them reach `LEAST_PT`.
HALF_MM = {"online": 1.0, "down": 1.6, "event": 2.6, "events": 2.75, "outage": 2.7, "large": 3.5}
HEAP_MM = 6.2
"""Events closer together than this are one sign with their number."""
MATTERS = 20
"""So many cameras a name would rather hide than one event or fault."""
# Where a name may stand instead of its own place, in its widths and heights, the nearest first.
PLACES = sorted(
    ((dx / 2, float(dy)) for dx in range(-4, 5) for dy in range(-5, 6)),
    key=lambda place: (2 * place[0]) ** 2 + place[1] ** 2,
)
# Smaller than 1 to so many, a sheet has no names of these.
NAMED_UP_TO = {"street": 10**9, "community": 160_000, "grid": 30_000}
ROW_MM, HEADING_MM = 4.9, 5.4


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend: a sign, a filled box (`fill`, hatched), or a border."""

    text: str
    sign: Sign | None = None
    half_mm: float = 0.0
    fill: Colour | None = None
    is_hatched: bool = False
    border: str = ""


@dataclass(slots=True)
class Group:
    heading: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def height(self) -> float:
        return HEADING_MM + ROW_MM * len(self.entries) + 1.5


@dataclass(frozen=True, slots=True)
class Name:
    """A name and where its middle stands."""

    level: str
    text: str
    x: float
    y: float
    size_pt: float


Box = tuple[float, float, float, float]
Spot = tuple[EventSpot, float, float]


class Sheet:
    """Draws one sheet; what is on it decides what its legend says.

    Everything is laid out for A4; on A3 it is `unit` times as large.
    """

    def __init__(self, content: Content, view: View, canvas: Canvas) -> None:
        self.content, self.view, self.canvas = content, view, canvas
        self.unit = unit_of(content.asked.paper)
        self.groups: list[Group] = []
        self.taken: list[Box] = []
        self.cameras = self.shown(content.cameras)
        self.outages = self.shown(content.outages)
        self.heaps, self.singles = heaps_of(self.shown(content.events), HEAP_MM * self.unit)
        self.signs = self._sign_boxes()

    def _sign_boxes(self) -> list[tuple[Box, int]]:
        """Where signs will stand and what it costs to hide each; dots may be crossed."""
        half = HALF_MM["event"] * self.unit
        spots = [(x, y, half, MATTERS) for _spots, x, y in self.heaps]
        spots += [(x, y, half, MATTERS) for _one, x, y in self.singles]
        for one, x, y in self.outages:
            spots.append((x, y, outage_half(one.cameras) * self.unit * 1.2, MATTERS))
        down = HALF_MM["down"] * self.unit
        spots += [(x, y, down, 1) for one, x, y in self.cameras if one.state != "online"]
        return [((x - r, y - r, x + r, y + r), cost) for x, y, r, cost in spots]

    def draw_map(self) -> None:
        frame = self.view.frame
        self.canvas.fill(frame.x, frame.y, frame.width, frame.height, BESIDE)
        with self.canvas.paper.rect_clip(frame.x, frame.y, frame.width, frame.height):
            self._grids()
            self._borders()
            self._furniture_room()
            names = self._names()
            self._put(one for one in names if one.level != "street")
            self._cameras()
            self._events()
            self._outages()
            # Of a street where no place is free the name must be whole all the same.
            self._put(one for one in names if one.level == "street")
            self._furniture()
        self.canvas.polygon(_corners(frame), edge=INK, width=0.35 * self.unit)

    # ---- Ground ---------------------------------------------------------------------------------

    def _pieces(self, shapes: Sequence[Any]) -> np.ndarray[Any, Any]:
        """Shapes as they lie on the sheet, without what the frame does not show."""
        if not shapes:
            return np.array([], dtype=object)
        frame = self.view.frame
        placed = self.view.to_sheet(np.array(shapes, dtype=object))
        around = (frame.x - 2, frame.y - 2, frame.right + 2, frame.bottom + 2)
        clipped = shapely.clip_by_rect(placed, *around)
        return np.asarray(shapely.simplify(clipped, FINEST_MM))

    def _grids(self) -> None:
        """The territory white, grids in the colour of their class."""
        figure, content = self.content.figure, self.content
        ground = [one.shape for one in content.divisions if one.level in ("street", "district")]
        for piece in self._pieces(ground or [one.shape for one in content.grids]):
            self._area(piece, PAPER)
        if figure is None:
            return
        used = set[int]()
        shapes = self._pieces([one.shape for one in content.grids])
        for grid, piece in zip(content.grids, shapes, strict=True):
            number = figure.class_of(grid.id)
            if piece.is_empty:
                continue
            used.add(number)
            if number >= 0:
                self._area(piece, figure.colours[number])
            elif number == UNKNOWN:
                self._hatch(piece)
        entries = [
            Entry(text, fill=figure.colours[number])
            for number, text in enumerate(figure.texts)
            if number in used
        ]
        if UNKNOWN in used:
            entries.append(Entry(_("not known"), fill=PAPER, is_hatched=True))
        if NOTHING in used:
            entries.append(Entry(figure.nothing, fill=PAPER))
        self.legend(figure.title, entries)

    def _area(self, piece: Any, fill: Colour) -> None:
        for polygon in _polygons(piece):
            self.canvas.polygon(ring_of(polygon), fill)

    def _hatch(self, piece: Any) -> None:
        west, south, east, north = piece.bounds
        height = north - south
        # Lines of one set for the whole sheet, so that neighbours' meet.
        first = math.floor((west - height) / HATCH_MM) * HATCH_MM
        offsets = np.arange(first, east + HATCH_MM, HATCH_MM)
        shift = (south + north) % HATCH_MM
        lines = shapely.MultiLineString(
            [[(x - shift, north), (x - shift + height, south)] for x in offsets]
        )
        for line in shapely.get_parts(lines.intersection(piece)):
            if line.geom_type == "LineString":
                self.canvas.path(list(line.coords), HATCH, 0.18)

    def _borders(self) -> None:
        """Fine ones first, so that the higher level's lies over them; each over a white rim."""
        content, used = self.content, list[str]()
        by_level: dict[str, list[Any]] = {"grid": [one.shape for one in content.grids]}
        for division in content.divisions:
            by_level.setdefault(division.level, []).append(division.shape)
        for level, (colour, width) in BORDERS.items():
            pieces = [one for one in self._pieces(by_level.get(level, [])) if not one.is_empty]
            if not pieces or (level == "grid" and self._is_too_fine(pieces)):
                continue
            used.append(level)
            rings = [ring for one in pieces for ring in _rings(one)]
            if level in ("street", "district", "city"):
                for ring in rings:
                    self.canvas.path(ring, PAPER, width * self.unit + 0.5)
            for ring in rings:
                self.canvas.path(ring, colour, width * self.unit)
        names = {
            "city": _("Border of the city"), "district": _("Border of the district"),
            "street": _("Border of a street or town"), "community": _("Border of a community"),
            "grid": _("Border of a grid"),
        }  # fmt: skip
        entries = [Entry(names[one], border=one) for one in reversed(BORDERS) if one in used]
        self.legend(_("Boundaries"), entries)

    def _is_too_fine(self, pieces: Sequence[Any]) -> bool:
        """Grids of two millimetres are a grey stain, not a map."""
        return float(np.median(np.sqrt(shapely.area(pieces)))) < 2.0

    def _names(self) -> list[Name]:
        """The higher level first; where two would meet the lower one is left out."""
        found = []
        content = self.content
        by_level: dict[str, list[tuple[str, Any, Any]]] = {"street": [], "community": []}
        for division in content.divisions:
            if division.level in by_level:
                label = self.view.to_sheet(division.label)
                by_level[division.level].append((division.name, division.shape, label))
        grids = [(one.short, one.shape, None) for one in content.grids]
        for level, named in (*by_level.items(), ("grid", grids)):
            if self.view.scale > NAMED_UP_TO[level] * self.unit:
                continue
            shapes = self._pieces([shape for _name, shape, _label in named])
            for (name, _shape, label), piece in zip(named, shapes, strict=True):
                placed = None if piece.is_empty else self._name(level, name, piece, label)
                if placed:
                    found.append(placed)
        return found

    def _put(self, names: Iterable[Name]) -> None:
        for one in names:
            colour = INK if one.level == "street" else LESSER
            top = one.y - one.size_pt * MM_PER_PT * 0.62
            self.canvas.put(one.x, top, one.text, one.size_pt, colour, "C", halo=PAPER)

    def _name(self, level: str, name: str, piece: Any, label: Any) -> Name | None:
        size = LABEL_PT[level] * (self.unit if level == "street" else 1)
        width = self.canvas.width_of(self.canvas.drawable(name), size)
        height = size * MM_PER_PT
        west, south, east, north = piece.bounds
        # The name of a small area would cover its neighbours.
        if level != "street" and (width > 1.15 * (east - west) or height > north - south):
            return None
        known = label is not None and self.view.frame.holds(label.x, label.y)
        at = label if known else piece.point_on_surface()
        box = self._free_box((at.x, at.y), width + 1.2, height * 1.4, piece, level == "street")
        if box is None:
            return None
        self.taken.append(box)
        return Name(level, name, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2, size)

    def _free_box(
        self, at: tuple[float, float], width: float, height: float, piece: Any, must: bool
    ) -> Box | None:
        """Where a name can stand: near its place, inside its area, best over no sign; over what
        matters least where it must be told.
        """
        frame, best = self.view.frame, None
        shapely.prepare(piece)
        for dx, dy in PLACES:
            x, y = at[0] + dx * width, at[1] + dy * height
            box = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
            inside = frame.holds(box[0], box[1]) and frame.holds(box[2], box[3])
            if not inside or any(_meet(box, one) for one in self.taken):
                continue
            if (dx or dy) and not shapely.contains_xy(piece, x, y):
                continue
            hidden = sum(cost for one, cost in self.signs if _meet(box, one))
            if not hidden:
                return box
            if must and (best is None or hidden < best[0]):
                best = hidden, box
        return best[1] if best else None

    # ---- Signs ----------------------------------------------------------------------------------

    def shown(self, spots: Iterable[Any]) -> list[tuple[Any, float, float]]:
        """Spots inside the frame with their places on the sheet."""
        known = list(spots)
        if not known:
            return []
        points = shapely.points([[one.lon, one.lat] for one in known])
        placed = self.view.to_sheet(points)
        xs, ys = shapely.get_x(placed), shapely.get_y(placed)
        told = zip(known, map(float, xs), map(float, ys), strict=True)
        return [(one, x, y) for one, x, y in told if self.view.frame.holds(x, y)]

    def _cameras(self) -> None:
        """The worst on top: a fault must not hide under what works."""
        shown = self.cameras
        entries = []
        for state in reversed(STATES):
            mine = [(x, y) for one, x, y in shown if one.state == state]
            half = HALF_MM["online" if state == "online" else "down"]
            for x, y in mine:
                self.sign(signs.camera(state), x, y, half)
            if mine:
                text = _("%(what)s: %(count)d") % {"what": camera_state(state), "count": len(mine)}
                entries.append(Entry(text, signs.camera(state), half))
        self.legend(_("Cameras"), entries[::-1])

    def _events(self) -> None:
        heaps, singles = self.heaps, self.singles
        for spots, x, y in heaps:
            self.sign(signs.events(len(spots), worst_due(spots)), x, y, HALF_MM["events"])
        for one, x, y in sorted(singles, key=lambda spot: _rank(spot[0]), reverse=True):
            sign = signs.event(one.severity, one.due, kind_letter(one.kind))
            self.sign(sign, x, y, HALF_MM["event"])
        self._event_legend([one for one, _x, _y in singles], [spots for spots, _x, _y in heaps])

    def _event_legend(
        self, singles: Sequence[EventSpot], heaps: Sequence[Sequence[EventSpot]]
    ) -> None:
        half = 1.9
        entries = [
            Entry(severity_name(one), signs.event(one, "green", ""), half)
            for one in SEVERITIES
            if any(spot.severity == one for spot in singles)
        ]
        dues = {spot.due for spot in singles} | {worst_due(spots) for spots in heaps}
        letters = [
            (kind_letter(kind), str(EventKind(kind).label))
            for kind in KINDS
            if any(spot.kind == kind for spot in singles)
        ]
        entries += [
            Entry(due_name(one), signs.event("minor", one, ""), half) for one in DUES if one in dues
        ]
        entries += [
            Entry(name, (Letters(letter, signs.INK, 1.4),), half) for letter, name in letters
        ]
        if heaps:
            sign = signs.events(0, worst_due(heaps[0]))[:1]
            entries.append(Entry(_("Several events, with their number"), sign, half))
        self.legend(_("Open events"), entries)

    def _outages(self) -> None:
        shown = self.outages
        for one, x, y in sorted(shown, key=lambda spot: spot[0].cameras):
            self.sign(signs.outage(f"{one.cameras}"), x, y, outage_half(one.cameras))
        if shown:
            entry = Entry(_("One fault; number of cameras"), signs.outage("n"), 1.7)
            self.legend(_("Group outages"), [entry])

    def sign(self, sign: Sign, x: float, y: float, half_mm: float) -> None:
        half = half_mm * self.unit
        for piece in sign:
            if isinstance(piece, Letters):
                size_pt = max(piece.size * half / MM_PER_PT, LEAST_PT)
                top = y + piece.down * half - size_pt * MM_PER_PT * 0.64
                self.canvas.put(x, top, piece.text, size_pt, piece.colour, "C")
                continue
            points = [(x + dx * half, y + dy * half) for dx, dy in piece.points]
            if isinstance(piece, Ring):
                self.canvas.polygon(points, piece.fill, piece.edge, piece.width * half)
            else:
                self.canvas.path(points, piece.colour, piece.width * half)

    # ---- Scale and north ------------------------------------------------------------------------

    def _furniture_room(self) -> None:
        """Where no name may stand: under the scale bar and the north arrow."""
        for box in (self._bar_box(), self._north_box()):
            self.taken.append((box.x, box.y, box.right, box.bottom))

    def _bar_box(self) -> Frame:
        frame, unit = self.view.frame, self.unit
        width, height = self.view.bar().length_mm + 15 * unit, 13 * unit
        width = max(width, 42 * unit)
        return Frame(frame.x + 3, frame.bottom - height - 3, width, height)

    def _north_box(self) -> Frame:
        frame, unit = self.view.frame, self.unit
        return Frame(frame.right - 15 * unit - 3, frame.y + 3, 15 * unit, 19 * unit)

    def _furniture(self) -> None:
        self._bar()
        self._north()

    def _bar(self) -> None:
        box, bar, unit = self._bar_box(), self.view.bar(), self.unit
        self.canvas.fill(box.x, box.y, box.width, box.height, PAPER)
        left, top, half = box.x + 5 * unit, box.y + 6.6 * unit, bar.length_mm / 2
        size = LEAST_PT * unit
        for number, colour in ((0, INK), (1, PAPER)):
            x = left + number * half
            corners = _corners(Frame(x, top, half, 1.4 * unit))
            self.canvas.polygon(corners, colour, INK, 0.2 * unit)
        for share, text in ((0.0, "0"), (1.0, bar.text)):
            self.canvas.put(left + share * bar.length_mm, top - 3.6 * unit, text, size, INK, "C")
        words = _("Scale about 1 : %(scale)s") % {"scale": f"{self.view.scale:,}".replace(",", " ")}
        self.canvas.put(left, top + 2.4 * unit, words, size, INK)

    def _north(self) -> None:
        box, unit = self._north_box(), self.unit
        self.canvas.fill(box.x, box.y, box.width, box.height, PAPER)
        turn = math.radians(self.view.north_deg)
        x, y = box.x + box.width / 2, box.y + 11.2 * unit

        def turned(dx: float, dy: float) -> tuple[float, float]:
            right = dx * math.cos(turn) - dy * math.sin(turn)
            down = dx * math.sin(turn) + dy * math.cos(turn)
            return x + right * unit, y + down * unit

        tip, tail = turned(0, -5.4), turned(0, 3.2)
        self.canvas.polygon([tip, turned(3, 5.4), tail], PAPER, INK, 0.22 * unit)
        self.canvas.polygon([tip, turned(-3, 5.4), tail], INK, INK, 0.22 * unit)
        head = turned(0, -8.0)
        size = 8.0 * unit
        self.canvas.put(head[0], head[1] - size * MM_PER_PT * 0.6, _("N"), size, INK, "C")

    # ---- Legend ---------------------------------------------------------------------------------

    def legend(self, heading: str, entries: Sequence[Entry]) -> None:
        if entries:
            self.groups.append(Group(heading, list(entries)))

    def draw_legend(self, places: Sequence[Frame]) -> None:
        """The groups in columns from left to right, each as far down as it goes."""
        order = (_("Open events"), _("Group outages"), _("Cameras"))
        rest = [one for one in self.groups if one.heading not in order]
        first = [one for name in order for one in self.groups if one.heading == name]
        columns = columns_of([*first, *rest], [place.height / self.unit for place in places])
        for groups, place in zip(columns, places, strict=False):
            y = place.y
            for group in groups:
                y = self._group(group, place.x, y, place.width)

    def _group(self, group: Group, x: float, y: float, width: float) -> float:
        unit = self.unit
        heading = self.canvas.lines(group.heading, width, 8.5 * unit, 1)[0]
        self.canvas.put(x, y, heading, 8.5 * unit, HEAD)
        y += HEADING_MM * unit
        for entry in group.entries:
            self._entry(entry, x, y, width)
            y += ROW_MM * unit
        return y + 1.5 * unit

    def _entry(self, entry: Entry, x: float, y: float, width: float) -> None:
        unit, size = self.unit, 7.5 * self.unit
        middle = y + ROW_MM * unit / 2 - 0.4
        box = Frame(x, middle - 1.5 * unit, 6 * unit, 3 * unit)
        if entry.sign:
            self.sign(entry.sign, x + 3 * unit, middle, entry.half_mm)
        elif entry.border:
            colour, thick = BORDERS[entry.border]
            self.canvas.path([(box.x, middle), (box.right, middle)], colour, thick * unit)
        elif entry.fill:
            corners = _corners(box)
            self.canvas.polygon(corners, entry.fill)
            if entry.is_hatched:
                self._hatch(shapely.Polygon(corners))
            self.canvas.polygon(corners, edge=BORDERS["grid"][0], width=0.15)
        text = self.canvas.lines(entry.text, width - 8 * unit, size, 1)[0]
        self.canvas.put(x + 8 * unit, middle - size * MM_PER_PT * 0.62, text, size, INK)


def unit_of(paper: str) -> float:
    """How much larger than on A4 everything is: it is looked at from further away."""
    return 1.25 if paper == "A3" else 1.0


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a sheet stand; legend: its columns."""

    map: Frame
    legend: tuple[Frame, ...]
    foot_y: float


def layout_of(paper: str, *, is_landscape: bool, foot_lines: int) -> Layout:
    """Across, the legend stands beside the map; upright, below it."""
    short, long = SIZES_MM[paper]
    width, height = (long, short) if is_landscape else (short, long)
    unit = unit_of(paper)
    margin, gap = MARGIN * unit, GAP * unit
    top = margin + 15 * unit
    foot_y = height - margin - foot_lines * foot_step(unit)
    low = foot_y - 2 * unit
    if is_landscape:
        side = SIDE_MM * unit
        frame = Frame(margin, top, width - 2 * margin - side - gap, low - top)
        return Layout(frame, (Frame(frame.right + gap, top, side, low - top),), foot_y)
    inner = width - 2 * margin
    below = 62 * unit
    frame = Frame(margin, top, inner, low - top - below - gap)
    step = (inner + gap) / 3
    columns = tuple(
        Frame(margin + number * step, frame.bottom + gap, step - gap, below) for number in range(3)
    )
    return Layout(frame, columns, foot_y)


def foot_step(unit: float) -> float:
    return LEAST_PT * unit * MM_PER_PT * 1.4


def columns_of(groups: Sequence[Group], heights: Sequence[float]) -> list[list[Group]]:
    """Groups in columns; one that is cut goes on in the next under the same heading, and what fits
    nowhere stays in the last.
    """
    columns: list[list[Group]] = [[]]
    room = heights[0]
    for group in groups:
        rest = list(group.entries)
        while rest:
            is_last = len(columns) == len(heights)
            fitting = int((room - HEADING_MM - 1.5) // ROW_MM)
            if fitting < min(len(rest), 2) and not is_last:
                columns.append([])
                room = heights[len(columns) - 1]
                continue
            taken = rest if is_last else rest[: max(fitting, 1)]
            piece = Group(group.heading, taken)
            columns[-1].append(piece)
            room -= piece.height
            rest = rest[len(taken) :]
    return columns


def draw(
    content: Content, view: View, layout: Layout, foot: Sequence[str], canvas: Canvas
) -> bytes:
    """The sheet as PDF."""
    add_sheet(content, view, layout, foot, canvas)
    return canvas.content()


def add_sheet(
    content: Content,
    view: View,
    layout: Layout,
    foot: Sequence[str],
    canvas: Canvas,
    more: Callable[[Sheet], None] | None = None,
) -> None:
    """Draw the sheet on a new page.  more: draws over the map, and may add to the legend."""
    sheet = Sheet(content, view, canvas)
    canvas.paper.add_page()
    unit = sheet.unit
    x, y, width = MARGIN * unit, MARGIN * unit, float(canvas.paper.w) - 2 * MARGIN * unit
    title = canvas.lines(content.title, width, 16 * unit, 1)[0]
    canvas.put(x, y - 1.5 * unit, title, 16 * unit, INK)
    told = canvas.lines(f"{content.scope} {content.time}", width, 8.5 * unit, 1)[0]
    canvas.put(x, y + 7.2 * unit, told, 8.5 * unit, QUIET)
    sheet.draw_map()
    if more:
        more(sheet)
    sheet.draw_legend(layout.legend)
    for number, line in enumerate(foot):
        canvas.put(x, layout.foot_y + number * foot_step(unit), line, LEAST_PT * unit, QUIET)


def foot_of(content: Content, canvas: Canvas, srid: int) -> list[str]:
    """What narrows, source, how the figure comes about, and the projection, in lines that fit."""
    unit = unit_of(content.asked.paper)
    width = float(canvas.paper.w) - 2 * MARGIN * unit
    projection = _("CGCS2000, 3-degree Gauss–Krüger, central meridian %(deg)d° E (EPSG:%(epsg)d).")
    zone = projection % {"deg": Zone(srid).meridian_deg, "epsg": srid}
    words = [*filter(None, [content.narrowed]), content.sources, zone]
    if content.figure and content.figure.about:
        words.append(content.figure.about)
    return canvas.lines(" ".join(words), width, LEAST_PT * unit, 5)


# ---- Shapes and heaps ----------------------------------------------------------------------------


def _corners(frame: Frame) -> list[tuple[float, float]]:
    return [
        (frame.x, frame.y), (frame.right, frame.y), (frame.right, frame.bottom),
        (frame.x, frame.bottom),
    ]  # fmt: skip


def _polygons(piece: Any) -> list[Any]:
    parts = shapely.get_parts(piece)
    return [one for one in parts if one.geom_type == "Polygon" and not one.is_empty]


def _rings(piece: Any) -> list[list[tuple[float, float]]]:
    return [
        list(ring.coords)
        for polygon in _polygons(piece)
        for ring in (polygon.exterior, *polygon.interiors)
    ]


def ring_of(polygon: Any) -> list[tuple[float, float]]:
    """A polygon as one ring that fills the same: its holes, which turn the other way round, are
    reached and left by a cut without width.
    """
    turned = shapely.orient_polygons(polygon)
    points = list(turned.exterior.coords)
    start = points[-1]
    for hole in turned.interiors:
        points += [*hole.coords, start]
    return points


def _meet(one: Sequence[float], other: Sequence[float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def heaps_of(
    spots: Sequence[Spot], apart_mm: float
) -> tuple[list[tuple[list[EventSpot], float, float]], list[Spot]]:
    """Events that stand together as one, at the worst of them; who is alone, or urgent, stays so.

    No two of the signs that are left lie closer than `apart_mm`, but for the urgent.
    """
    singles = [spot for spot in spots if spot[0].severity == "urgent"]
    heaps: list[tuple[list[EventSpot], float, float]] = []
    for one, x, y in sorted(spots, key=lambda spot: _rank(spot[0])):
        if one.severity == "urgent":
            continue
        near = next((h for h in heaps if math.hypot(h[1] - x, h[2] - y) < apart_mm), None)
        if near:
            near[0].append(one)
        else:
            heaps.append(([one], x, y))
    singles += [(mine[0], x, y) for mine, x, y in heaps if len(mine) == 1]
    return [heap for heap in heaps if len(heap[0]) > 1], singles


def worst_due(spots: Sequence[EventSpot]) -> str:
    return min((spot.due for spot in spots), key=DUES.index)


def _rank(spot: EventSpot) -> tuple[int, int]:
    """The worst has the smallest."""
    return SEVERITIES.index(spot.severity), DUES.index(spot.due)


def outage_half(cameras: int) -> float:
    """Half the sign of a fault: large enough for its number."""
    return HALF_MM["outage"] if cameras < 100 else HALF_MM["large"]
