"""A map as one HTML file that opens on a machine without a network, by folium.

folium's own page fetches ten files from four hosts, and lets texts run as scripts: what it puts
into popups lands in template literals of JavaScript, and what goes through its templates is a
template itself.  So here every script, style and font stands in the file, and no text ever passes
through folium: names, facts, title and legend are data in one block of JSON, which a script of ours
shows as text (`textContent`).  A policy in the page forbids all that is not in it: any request, and
any script but those whose hashes it names.
"""

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import folium
import shapely
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from events.models.catalogue import EventKind
from events.texts import due_name, severity_name
from maps.figures.classes import NOTHING, UNKNOWN
from maps.files import content as told
from maps.files import page_font, signs
from maps.files.content import Content

LEAFLET = settings.BASE_DIR / "node_modules" / "leaflet" / "dist"
OURS = Path(__file__).parent.parent / "static" / "maps" / "files"
DECIMALS = 5  # of a degree: a metre
FINEST_DEG = 0.00001
SIGN_PX = 17
# Addresses that name something and fetch nothing: of the SVG of a page, and in Leaflet's own words.
NAMES_ONLY = ("http://www.w3.org/", "https://leafletjs.com")
FETCHING = re.compile(
    r"""<(?:link|iframe|object|embed|base|form|img|audio|video|source|track)\b"""
    r"""|<script[^>]+\bsrc\b|@import|url\((?!\s*['"]?(?:data:|\#))""",
    re.IGNORECASE,
)
ADDRESS = re.compile(r"https?://[^\s'\"<>)]*", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b(?![^>]*application/json)[^>]*>(.*?)</script>", re.DOTALL)
HATCHED = "url(#not-known)"
BORDERS = {
    "grid": ("#aab4c0", 0.7), "community": ("#7a889a", 1.4), "street": ("#465a74", 2.4),
    "district": ("#1f3a5f", 3.4), "city": ("#1f3a5f", 4.0),
}  # fmt: skip


class FetchesError(Exception):
    """The page would ask a network for something; the message names it."""


class _Map(folium.Map):
    """folium's map without the files that it would have fetched."""

    _name = "Map"
    default_js: list[tuple[str, str]] = []
    default_css: list[tuple[str, str]] = []


def page(content: Content) -> bytes:
    """The file.

    Raises:
        FetchesError: something in it would be fetched.
    """
    made = _Map(tiles=None, zoom_snap=0.25)
    west, south, east, north = content.extent
    made.fit_bounds([[south, west], [north, east]])
    areas = _areas(made, content)
    groups = _groups(made, content)
    folium.LayerControl(collapsed=False).add_to(made)
    words = {
        "map": made.get_name(),
        "groups": {name: group.get_name() for name, group in groups.items()},
        "grids": areas.get_name() if areas else "",
    }
    return _whole(made.get_root().render(), words, _data(content)).encode()


# ---- Ground --------------------------------------------------------------------------------------


def _areas(made: folium.Map, content: Content) -> folium.GeoJson | None:
    """Grids in the colour of their class; they know their number, and nothing else."""
    ground = [one.shape for one in content.divisions if one.level in ("district", "street")]
    if ground:
        _lines(made, ground, {"stroke": False, "fillColor": "#ffffff", "fillOpacity": 1})
    grids = _geojson(
        made,
        [one.shape for one in content.grids],
        [_fill(content, one.id) for one in content.grids],
    )
    for level, (colour, width) in BORDERS.items():
        shapes = [one.shape for one in content.divisions if one.level == level]
        if shapes:
            _lines(made, shapes, {"color": colour, "weight": width, "fill": False})
    return grids


def _fill(content: Content, grid: int) -> dict[str, Any]:
    colour, width = BORDERS["grid"]
    style: dict[str, Any] = {
        "color": colour,
        "weight": width,
        "fillColor": "#ffffff",
        "fillOpacity": 0,
    }
    number = content.figure.class_of(grid) if content.figure else NOTHING
    if content.figure and number >= 0:
        style |= {"fillColor": signs.hexed(content.figure.colours[number]), "fillOpacity": 1}
    elif number == UNKNOWN:
        style |= {"fillColor": HATCHED, "fillOpacity": 1}
    return style


def _geojson(
    made: folium.Map, shapes: Sequence[Any], styles: Sequence[dict[str, Any]]
) -> folium.GeoJson | None:
    if not shapes:
        return None
    features = [
        {"type": "Feature", "id": str(number), "properties": {}, "geometry": _geometry(shape)}
        for number, shape in enumerate(shapes)
    ]
    layer = folium.GeoJson(
        {"type": "FeatureCollection", "features": features},
        style_function=lambda feature: styles[int(feature["id"])],
        control=False,
        smooth_factor=0.5,
    )
    layer.add_to(made)
    return layer


def _lines(made: folium.Map, shapes: Sequence[Any], style: dict[str, Any]) -> None:
    layer = _geojson(made, shapes, [style | {"interactive": False}] * len(shapes))
    if layer is not None:
        layer.options["interactive"] = False


def _geometry(shape: Any) -> dict[str, Any]:
    thinner = shapely.set_precision(shape.simplify(FINEST_DEG), 10**-DECIMALS)
    kept = shape if thinner.is_empty else thinner
    return dict(json.loads(shapely.to_geojson(kept)))


def _groups(made: folium.Map, content: Content) -> dict[str, folium.FeatureGroup]:
    """The layers that can be switched: in the order in which they lie over each other.  That of
    colours holds nothing: the script takes them off the grids while it is off.
    """
    names = {
        "colours": _("Colours of the grids"),
        "names": _("Names"),
        "cameras": _("Cameras"),
        "outages": _("Group outages"),
        "events": _("Open events"),
    }
    has: dict[str, object] = {
        "colours": content.figure and content.grids,
        "names": content.divisions,
        **{name: getattr(content, name) for name in ("cameras", "outages", "events")},
    }
    groups = {}
    for name, text in names.items():
        if has[name]:
            groups[name] = folium.FeatureGroup(name=text)
            groups[name].add_to(made)
    return groups


# ---- Data ----------------------------------------------------------------------------------------


def _data(content: Content) -> dict[str, Any]:
    """Everything that is text, and where the signs stand."""
    pictures = _Pictures()
    west, south, east, north = content.extent
    return {
        "extent": [[south, west], [north, east]],
        "title": content.title,
        "about": " ".join(filter(None, (content.scope, content.narrowed, content.time))),
        "source": " ".join(
            [content.sources, content.figure.about if content.figure else ""]
        ).strip(),
        "legend_text": _("Legend"),
        "grids": [_grid_facts(content, one) for one in content.grids],
        "names": [
            [one.level, one.name, *_degrees(one.label.y, one.label.x)]
            for one in content.divisions
            if one.level in ("street", "community")
        ],
        "cameras": [_camera(one, pictures) for one in content.cameras],
        "outages": [_outage(one, pictures) for one in content.outages],
        "events": [_event(one, pictures) for one in content.events],
        "legend": _legend(content, pictures),
        "pictures": pictures.drawn,
    }


def _degrees(lat: float, lon: float) -> tuple[float, float]:
    return round(lat, DECIMALS + 1), round(lon, DECIMALS + 1)


class _Pictures:
    """Each sign once."""

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, sign: signs.Sign, size_px: float) -> int:
        text = signs.svg(sign, size_px)
        if text not in self._numbers:
            self._numbers[text] = len(self.drawn)
            self.drawn.append(text)
        return self._numbers[text]


Spot = list[Any]
"""Latitude, longitude, number of the picture, facts, and its rank among its like: higher on top."""


def _camera(one: told.CameraSpot, pictures: _Pictures) -> Spot:
    size_px = 0.8 * SIGN_PX if one.state == "online" else SIGN_PX
    number = pictures.number(signs.camera(one.state), size_px)
    rank = -1000 * signs.STATES.index(one.state)
    return [*_degrees(one.lat, one.lon), number, told.camera_facts(one), rank]


def _outage(one: told.OutageSpot, pictures: _Pictures) -> Spot:
    number = pictures.number(signs.outage(f"{one.cameras}"), 1.4 * SIGN_PX)
    return [*_degrees(one.lat, one.lon), number, told.outage_facts(one), one.cameras]


def _event(one: told.EventSpot, pictures: _Pictures) -> Spot:
    sign = signs.event(one.severity, one.due, told.kind_letter(one.kind))
    rank = -1000 * signs.SEVERITIES.index(one.severity)
    number = pictures.number(sign, 1.2 * SIGN_PX)
    return [*_degrees(one.lat, one.lon), number, told.event_facts(one), rank]


def _grid_facts(content: Content, grid: told.Grid) -> list[tuple[str, str]]:
    facts = [(_("Grid"), grid.name), (_("Code"), grid.code), (_("Community"), grid.community)]
    figure = content.figure
    if figure:
        number = figure.class_of(grid.id)
        text = {UNKNOWN: _("not known"), NOTHING: figure.nothing}.get(number)
        facts.append((figure.title, text or figure.value_text(grid.id)))
    return [(head, text) for head, text in facts if text]


def _legend(content: Content, pictures: _Pictures) -> list[dict[str, Any]]:
    """Groups of a heading and entries: a picture or a colour with its words."""
    found = []
    if content.events:
        found.append(_group(_("Open events"), _event_entries(content.events, pictures)))
    if content.outages:
        number = pictures.number(signs.outage("n"), 18)
        found.append(_group(_("Group outages"), [[number, _("One fault; number of cameras")]]))
    counts = {state: sum(one.state == state for one in content.cameras) for state in signs.STATES}
    cameras = [
        [
            pictures.number(signs.camera(state), SIGN_PX),
            _("%(what)s: %(count)d") % {"what": told.camera_state(state), "count": count},
        ]
        for state, count in counts.items()
        if count
    ]
    if cameras:
        found.append(_group(_("Cameras"), cameras))
    if content.figure:
        found.append(_group(content.figure.title, _figure_entries(content)))
    return found


def _group(heading: str, entries: Iterable[Sequence[object]]) -> dict[str, Any]:
    return {"heading": heading, "entries": list(entries)}


def _event_entries(events: Sequence[told.EventSpot], pictures: _Pictures) -> list[list[object]]:
    def seen(name: str, known: Sequence[str]) -> list[str]:
        mine = {getattr(one, name) for one in events}
        return [one for one in known if one in mine]

    return [
        *(
            [pictures.number(signs.event(one, "green", ""), SIGN_PX), severity_name(one)]
            for one in seen("severity", signs.SEVERITIES)
        ),
        *(
            [pictures.number(signs.event("minor", one, ""), SIGN_PX), due_name(one)]
            for one in seen("due", signs.DUES)
        ),
        *(
            [
                pictures.number((signs.Letters(told.kind_letter(one), signs.INK, 1.5),), SIGN_PX),
                str(EventKind(one).label),
            ]
            for one in seen("kind", signs.KINDS)
        ),
    ]


def _figure_entries(content: Content) -> list[list[object]]:
    figure = content.figure
    if figure is None:
        return []
    used = {figure.class_of(one.id) for one in content.grids}
    entries: list[list[object]] = [
        [signs.hexed(figure.colours[number]), text]
        for number, text in enumerate(figure.texts)
        if number in used
    ]
    entries += [["hatched", _("not known")]] if UNKNOWN in used else []
    entries += [["#ffffff", figure.nothing]] if NOTHING in used else []
    return entries


# ---- The file ------------------------------------------------------------------------------------


def as_json(value: object) -> str:
    """JSON that can stand inside an element of a page: no sign in it can end the element, begin a
    comment, or be read as an address.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&/\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text


@cache
def _file(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="utf-8")


def _leaflet() -> tuple[str, str]:
    """Script and style; the one picture that is used becomes part of the style, and those of
    markers, which are not used, are left out.
    """
    script = re.sub(r"//# sourceMappingURL=\S+\s*$", "", _file(LEAFLET, "leaflet.js"))
    layers = base64.b64encode((LEAFLET / "images" / "layers.png").read_bytes()).decode()
    style = re.sub(
        r"url\(images/(layers(?:-2x)?|marker-icon)\.png\)",
        lambda found: f"url(data:image/png;base64,{layers})" if found[1] == "layers" else "none",
        re.sub(r"/\*.*?\*/", "", _file(LEAFLET, "leaflet.css"), flags=re.DOTALL),
    )
    return script, style


def _whole(drawn: str, words: dict[str, Any], data: dict[str, Any]) -> str:
    """folium's page with all that it needs in it.  What comes from outside is only in `data`."""
    script, style = _leaflet()
    told = as_json(data)
    font = page_font.face({*told, *drawn})
    head = (
        f"<style>{font}\n{style}\n{_file(OURS, 'briefing.css')}</style>\n"
        f"<script>{script}</script>\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    )
    tail = (
        f'<script type="application/json" id="briefing-map">{as_json(words)}</script>\n'
        f"{{data}}<script>{_file(OURS, 'briefing.js')}</script>\n"
    )
    html = drawn.replace("<head>", "<head>\n{policy}\n" + head, 1)
    html = html.replace("<html>", f'<html lang="{get_language()}">', 1)
    at = html.rindex("</html>")
    html = html[:at] + tail + html[at:]
    block = f'<script type="application/json" id="briefing-data">{told}</script>\n'
    html = html.replace("{policy}", _policy(SCRIPT.findall(html)), 1)
    # Before the data is in it, which may say what it likes: nothing of a block of JSON is fetched.
    refuse_fetching(html)
    before, _mark, after = html.rpartition("{data}")
    return before + block + after


def _policy(scripts: Iterable[str]) -> str:
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(one.encode()).digest()).decode()}'"
        for one in scripts
    )
    rules = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{rules}">'


def refuse_fetching(html: str) -> None:
    """
    Raises:
        FetchesError: something in the page would be fetched.
    """
    markup = re.sub(r"(<script\b[^>]*>).*?(</script>)", r"\1\2", html, flags=re.DOTALL)
    if found := FETCHING.search(markup):
        raise FetchesError(f"the page would fetch what {found[0]!r} names")
    for address in ADDRESS.findall(html):
        if not address.startswith(NAMES_ONLY):
            raise FetchesError(f"the page names the address {address}")
