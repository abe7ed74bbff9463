"""The page that opens anywhere: it asks for nothing, and no name in it is more than text."""

import base64
import os
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont
from playwright.sync_api import Browser, Page, expect, sync_playwright

from maps.files import page, page_font
from maps.files.page import FetchesError, as_json, refuse_fetching
from tests.maps.model_content import content

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader"]
STARTED_MS = 120_000
# What each would do if it were more than text: set window.ran, open a dialog, or ask a server.
HOSTILE = {
    "script": "<script>window.ran = 1; alert(1)</script>",
    "picture": "<img src=http://203.0.113.9/x.png onerror='window.ran = 1'>",
    "template literal": "${window.ran = 1}`${alert(1)}`",
    "end of script": "</script><script>window.ran = 1</script><!--",
    "quotes": "\"');window.ran=1;//\\\"\\'",
    "address": "javascript:window.ran=1//https://203.0.113.9/",
    "server template": "{{ ''.__class__.__mro__ }}{% raw %}{data}{policy}",
    "turned round": "\u202e\u2066gpj.exe\u2069\u202c url(http://203.0.113.9/) @import",
}
WIDTH = """(family) => {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `40px ${family}`;
  return pen.measureText("周例会 1:5 km").width;
}"""
EXTENSION = "x<svg/onload=window.ran=1>&lt;script&gt;"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM, args=FLAGS, timeout=STARTED_MS
        )
        yield chromium
        chromium.close()


def opened(browser: Browser, file: Path, asked: list[str]) -> Page:
    """The page from the disk, in a browser without a network."""
    context = browser.new_context(offline=True, viewport={"width": 1400, "height": 900})
    shown = context.new_page()
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("dialog", lambda dialog: asked.append(f"dialog {dialog.message}"))
    shown.on("pageerror", lambda error: asked.append(f"error {error}"))
    shown.goto(file.as_uri(), wait_until="domcontentloaded", timeout=STARTED_MS)
    expect(shown.locator(".legend")).to_be_visible(timeout=STARTED_MS)
    return shown


@pytest.mark.parametrize("name", [pytest.param(HOSTILE[one], id=one) for one in HOSTILE])
def test_a_hostile_name_is_text(browser: Browser, tmp_path: Path, name: str) -> None:
    told = content("140107002001", cameras=6, events=6, name=f"{name}{EXTENSION}", figure="events")
    file = tmp_path / "map.html"
    file.write_bytes(page.page(told))
    asked: list[str] = []
    shown = opened(browser, file, asked)
    shown.locator(".leaflet-marker-icon.sign").last.dispatch_event("click")
    popup = shown.locator(".leaflet-popup-content dd").first
    expect(popup).to_be_visible(timeout=STARTED_MS)

    assert shown.evaluate("window.ran") is None
    assert shown.locator("body script[src], body img:not(.leaflet-tile), iframe").count() == 0
    assert EXTENSION in shown.locator("h1").inner_text()
    # The page itself, pictures inside it, and nothing else.
    assert [one for one in asked if one != file.as_uri() and not one.startswith("data:")] == []
    shown.context.close()


def test_a_page_shows_layers_legend_title_time_source_and_scope(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "map.html"
    file.write_bytes(page.page(content("140107001", figure="events", title="周例会")))
    asked: list[str] = []
    shown = opened(browser, file, asked)

    assert shown.title() == "周例会"
    for words in ("operator", "2026-11-26 16:30"):
        assert words in shown.locator(".head").inner_text()
    assert "gis-server" in shown.locator(".foot").inner_text()
    assert shown.locator(".legend h2").count() == 4
    assert shown.locator(".leaflet-control-layers-overlays label").count() == 5
    assert shown.locator(".leaflet-marker-icon.sign").count() == 400 + 120 + 3
    # A layer that is switched off takes its signs along.
    shown.locator(".leaflet-control-layers-overlays input").nth(2).uncheck()
    assert shown.locator(".leaflet-marker-icon.sign").count() == 120 + 3
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    shown.context.close()


def test_the_colours_of_grids_are_a_layer_that_can_be_switched(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "map.html"
    file.write_bytes(page.page(content("140107001", cameras=0, events=0, figure="events")))
    shown = opened(browser, file, [])
    coloured = shown.locator('path.leaflet-interactive[fill-opacity="1"]')
    before = coloured.count()
    switch = shown.locator(".leaflet-control-layers-overlays input").first
    switch.uncheck()
    without = coloured.count()
    shown.locator("path.leaflet-interactive").last.dispatch_event("click")
    expect(shown.locator(".leaflet-popup-content dd").first).to_be_visible(timeout=STARTED_MS)
    switch.check()

    assert before > 0
    assert (without, coloured.count()) == (0, before)
    shown.context.close()


def font_of(html: str) -> TTFont:
    found = re.search(r"@font-face{[^}]*url\(data:font/woff;base64,([^)]+)\)", html)
    assert found
    return TTFont(BytesIO(base64.b64decode(found[1])))


def test_the_font_of_a_page_is_inside_it_and_is_what_it_is_set_in(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "map.html"
    file.write_bytes(page.page(content("140107002001", cameras=3, events=3, title="周例会")))
    asked: list[str] = []
    shown = opened(browser, file, asked)
    fonts = shown.evaluate(
        "document.fonts.ready.then((all) => [...all].map((one) => [one.family, one.status]))"
    )

    assert fonts == [["Briefing", "loaded"]]
    # What the font has is drawn from it: as wide in it alone as in the page's own list of fonts.
    listed = shown.evaluate("getComputedStyle(document.querySelector('h1')).fontFamily")
    widths = [shown.evaluate(WIDTH, family) for family in ("Briefing", listed, "monospace")]
    assert widths[0] == widths[1] != widths[2]
    assert [one for one in asked if one != file.as_uri() and not one.startswith("data:")] == []
    shown.context.close()


def test_the_font_has_what_the_page_tells_and_no_more() -> None:
    html = page.page(content("140107002001", cameras=3, events=3, name="鼍岭ABC")).decode()
    data = html.partition('id="briefing-data">')[2]
    told = {character for character in html + "×−" if character.isprintable()}
    font = font_of(html)
    held = {chr(code) for code in font.getBestCmap()}

    assert set("鼍岭网格0123456789m") <= held
    assert {one for one in data if "一" <= one <= "龥"} <= held
    assert {one for one in held - told if one > "~"} == set()
    assert font["name"].getDebugName(0)


def test_a_page_names_no_font_of_a_server_that_has_none_or_may_not_pass_it_on(
    settings: Any, tmp_path: Path
) -> None:
    told = content("140107002001", cameras=1, events=1)
    kept = font_of(page.page(told).decode())
    closed = tmp_path / "closed.ttf"
    kept.flavor = None
    kept["OS/2"].fsType = 0x0002
    kept.save(closed)
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")

    for path in (tmp_path / "none.ttf", broken, closed):
        settings.PDF_FONT = str(path)
        html = page.page(told).decode()
        assert "@font-face" not in html
        assert html.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("fs_type", "allowed"),
    [
        pytest.param(0x0000, True, id="installable"),
        pytest.param(0x0008, True, id="editable"),
        pytest.param(0x0004, True, id="to look at and print"),
        pytest.param(0x0002, False, id="restricted"),
        pytest.param(0x0104, False, id="whole or not at all"),
        pytest.param(0x0208, False, id="bitmaps only"),
    ],
)
def test_a_font_says_whether_it_may_go_along(fs_type: int, allowed: bool) -> None:
    assert page_font.may_go_along(fs_type) is allowed


def test_no_text_of_the_data_is_in_a_script_or_in_markup() -> None:
    html = page.page(content("140107002001", cameras=3, events=3, name="NAMED")).decode()
    block = '<script type="application/json" id="briefing-data">'
    before, _, rest = html.partition(block)
    data, _, after = rest.partition("</script>")

    assert "NAMED" in data
    assert "NAMED" not in before + after


def test_the_policy_names_every_script() -> None:
    html = page.page(content("140107002001", cameras=3, events=3)).decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', html)
    assert policy

    scripts = re.findall(r"<script(?![^>]*application/json)", html)
    assert "default-src 'none'" in policy[1]
    assert policy[1].count("'sha256-") == len(scripts)
    assert "font-src data:;" in policy[1]
    assert "unsafe-inline" not in policy[1].split("style-src")[0]


@pytest.mark.parametrize(
    "markup",
    [
        '<link rel="stylesheet" href="x.css">',
        '<script src="https://cdn.example.org/x.js"></script>',
        '<img src="x.png">',
        "<style>@import 'x.css';</style>",
        "<style>.a { background: url(x.png) }</style>",
        "<script>fetch('https://example.org/')</script>",
        "<p>http://example.org/</p>",
    ],
)
def test_a_page_that_would_fetch_something_is_not_made(markup: str) -> None:
    with pytest.raises(FetchesError):
        refuse_fetching(f"<html><head></head><body>{markup}</body></html>")


def test_what_fetches_nothing_may_stand_in_a_page() -> None:
    refuse_fetching('<svg xmlns="http://www.w3.org/2000/svg"></svg>')
    refuse_fetching('<style>a { b: url(data:x) url("#c") url( "data:y") }</style>')


def test_json_in_a_page_cannot_end_its_element() -> None:
    told = as_json({"a": "</script><!-- & https://example.org/ \u2028"})

    assert not re.search(r"[<>&/\u2028]", told)


def test_the_page_of_a_district_is_small() -> None:
    assert len(page.page(content(figure="events"))) < 8_000_000
