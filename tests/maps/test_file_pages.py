"""The page that opens anywhere: it asks for nothing, and no name in it is more than text."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from maps.files import page
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
    assert shown.locator(".leaflet-control-layers-overlays label").count() == 4
    assert shown.locator(".leaflet-marker-icon.sign").count() == 400 + 120 + 3
    # A layer that is switched off takes its signs along.
    shown.locator(".leaflet-control-layers-overlays input").nth(1).uncheck()
    assert shown.locator(".leaflet-marker-icon.sign").count() == 120 + 3
    assert [one for one in asked if not one.startswith(("file:", "data:"))] == []
    shown.context.close()


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
