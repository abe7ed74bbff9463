"""Every text stands out from its ground by 4.5:1, in both themes; worked out from the tokens."""

import re
from itertools import product
from pathlib import Path

import pytest

from tests.house.tree import ROOT

LEAST = 4.5
TOKENS = ROOT / "gis_server" / "static" / "gis_server" / "tokens.css"
SHEETS = (
    ROOT / "gis_server" / "static" / "gis_server" / "shell.css",
    ROOT / "gis_server" / "static" / "gis_server" / "pages.css",
    ROOT / "maps" / "static" / "maps" / "wall.css",
    ROOT / "maps" / "static" / "maps" / "desk" / "desk.css",
    ROOT / "maps" / "static" / "maps" / "desk" / "then" / "then.css",
    ROOT / "grids" / "static" / "grids" / "plans" / "plans.css",
    ROOT / "grids" / "static" / "grids" / "imports" / "imports.css",
    ROOT / "grids" / "static" / "grids" / "territory.css",
    ROOT / "events" / "static" / "events" / "desk" / "desk.css",
    ROOT / "cameras" / "static" / "cameras" / "offline.css",
    ROOT / "patrols" / "static" / "patrols" / "intake" / "track.css",
)
THEMES = ("dark", "light")
# Grounds that text of any colour may come to lie on.
GROUNDS = ("bg", "panel", "raised", "veil")
# What is drawn on the map, and in what: names in these, marks in these, each on its own ground.
ON_MAP = ("map-name", "map-lesser", "accent")
MAP = ("map-inside", "map-outside")
FORCES = (
    "grid-worker", "police-auxiliary", "security-guard", "volunteer", "taxi-volunteer",
    "courier-volunteer",
)  # fmt: skip
SIGNS = ("online", "degraded", "offline", "unknown", "accent", *(f"force-{one}" for one in FORCES))

Colour = tuple[float, float, float]


def tokens(theme: str) -> dict[str, str]:
    text = TOKENS.read_text(encoding="utf-8")
    blocks = re.findall(r':root(\[data-theme="(\w+)"\])? \{(.*?)\n\}', text, re.DOTALL)
    found: dict[str, str] = {}
    for _, own, body in blocks:
        if own in ("", theme):
            found |= dict(re.findall(r"--([\w-]+): ([^;]+);", body))
    return found


def colour(written: str, under: Colour = (0, 0, 0)) -> Colour:
    """Red, green and blue from 0 to 255; what lets light through is laid over `under`."""
    if written.startswith("#"):
        whole = [int(written[at : at + 2], 16) for at in (1, 3, 5)]
        return whole[0], whole[1], whole[2]
    found = re.fullmatch(r"rgb\((\d+) (\d+) (\d+) / (\.\d+)\)", written)
    assert found, f"no colour: {written}"
    share = float(found[4])
    red, green, blue = (
        share * int(part) + (1 - share) * below
        for part, below in zip(found.groups()[:3], under, strict=True)
    )
    return red, green, blue


def contrast(one: Colour, other: Colour) -> float:
    """WCAG 2.2: (lighter + 0.05) / (darker + 0.05)."""
    lights = sorted((luminance(one), luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def luminance(of: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (part / 255 for part in of)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def rules(sheet: Path) -> list[dict[str, str]]:
    """The declarations of each rule; what a rule says twice counts as it is said last."""
    text = re.sub(r"/\*.*?\*/", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)
    bodies = re.findall(r"\{([^{}]*)\}", text)
    return [dict(re.findall(r"([\w-]+)\s*:\s*([^;]+)", body)) for body in bodies]


def pairs() -> set[tuple[str, str]]:
    """Text and ground, as tokens: both where a rule names both, else the text on every ground."""
    found: set[tuple[str, str]] = set()
    for sheet in SHEETS:
        for rule in rules(sheet):
            text = re.fullmatch(r"var\(--([\w-]+)\)", rule.get("color", ""))
            if not text:
                continue
            ground = rule.get("background", rule.get("background-color", ""))
            own = re.match(r"var\(--([\w-]+)\)", ground)
            found |= {(text[1], one) for one in ([own[1]] if own else GROUNDS)}
    return found


def test_the_measure_is_that_of_the_books() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast(colour("#767676"), colour("#ffffff")) == pytest.approx(4.54, abs=0.005)
    assert contrast(colour("#777777"), colour("#ffffff")) < LEAST


@pytest.mark.parametrize("theme", THEMES)
def test_every_text_stands_out(theme: str) -> None:
    known = tokens(theme)
    wanted = pairs() | set(product(ON_MAP, MAP))
    # The character in a sign is drawn in the colour of the page's ground, and the other way round.
    wanted |= {("bg", sign) for sign in SIGNS} | {("map-name", "bg"), ("force-grid-worker", "bg")}
    # A rule that names a ground alone leaves the text of the page on it.
    wanted |= {("text", ground) for ground in GROUNDS}
    assert {("muted", "raised"), ("on-alarm", "alarm"), ("on-accent", "accent")} <= wanted

    under = colour(known["map-inside"])
    weak = {
        f"--{text} on --{ground}": round(contrast(colour(known[text]), lying), 2)
        for text, ground in sorted(wanted)
        if contrast(colour(known[text]), lying := colour(known[ground], under)) < LEAST
    }
    assert weak == {}


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_colours_are_named_in_one_place(sheet: Path) -> None:
    text = re.sub(r"/\*.*?\*/|url\([^)]*\)", "", sheet.read_text(encoding="utf-8"), flags=re.DOTALL)

    # A code for phones is black on white, whatever the theme.
    assert set(re.findall(r"#[0-9a-f]{3,8}\b(?=[^{}]*;)|rgba?\([^)]*\)", text)) <= {"#fff"}


@pytest.mark.parametrize("theme", THEMES)
def test_red_is_for_what_is_wrong(theme: str) -> None:
    """A token that means no fault is not mistaken for one that does."""
    known = tokens(theme)
    alarming = [colour(known[name]) for name in ("offline", "alarm")]
    for name in ("accent", "online", "degraded", "unknown", "muted", "text"):
        red, green, blue = colour(known[name])
        assert max(green, blue) > 0.55 * red, f"--{name} is a red"
    assert all(max(green, blue) < 0.55 * red for red, green, blue in alarming)


def test_both_themes_name_the_same_colours() -> None:
    dark = {name for name, value in tokens("").items() if value.startswith(("#", "rgb"))}
    text = TOKENS.read_text(encoding="utf-8")
    own = re.search(r'data-theme="light"\] \{(.*?)\n\}', text, re.DOTALL)
    assert own

    assert set(re.findall(r"--([\w-]+):", own[1])) == dark
