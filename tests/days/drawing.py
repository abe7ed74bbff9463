"""Drawing a boundary plan in a browser: whoever is signed in presses and types as people do."""

from collections.abc import Sequence
from itertools import pairwise
from math import hypot
from typing import Any

from playwright.sync_api import Page, expect

from fixtures.demo import SIGN_INS
from gis_server.roles import Role
from tests.days.conftest import DESK, OpenPage
from tests.days.town import Town, until

Place = tuple[float, float]

# A plan in which nothing is drawn; its number.
MAKE = """async (title) => {
  const [, token] = document.cookie.match(/csrftoken=(\\w+)/);
  const answer = await fetch("/api/grid-plans/", { method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token },
    body: JSON.stringify({ title, territory: "140107", operations: [] }) });
  return (await answer.json()).id;
}"""
# Where places lie in the window, in CSS pixels; the map stands still first.
SPOTS = """(places) => {
  const { map } = document.getElementById("map");
  map.renderSync();
  const { left, top } = map.getTargetElement().getBoundingClientRect();
  return places.map((place) => map.getPixelFromCoordinate(ol.proj.fromLonLat(place)))
    .map(([x, y]) => [x + left, y + top]);
}"""
PREVIEWED = """() => document.getElementById("map").map.getLayers().getArray()
  .find((layer) => layer.get("name") === "preview").getSource().getFeatures()
  .map((feature) => feature.getId()).sort()"""
SHAPES = """() => Object.fromEntries([...document.body.editor.grids.values()]
  .filter((grid) => grid.own).map((grid) => [grid.key, grid.shape.coordinates[0]]))"""
DRAWN = """() => { const { editor } = document.body;
  return { saving: editor.waiting, steps: editor.state.steps_total }; }"""


def signed_in_as(role: Role, town: Town, open_page: OpenPage, path: str = "/account/") -> Page:
    person = next(one for one in SIGN_INS if one.role is role)
    page = open_page(f"/sign-in/?next={path}", DESK, known=False)
    page.locator("#id_username").fill(person.username)
    page.locator("#id_password").fill(person.password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{town.url}{path}")
    return page


def drawn(page: Page, town: Town, plan: int) -> Page:
    """The plan's page, with its grids."""
    page.goto(f"{town.url}/plans/{plan}/draw/")
    return ready(page)


def ready(page: Page) -> Page:
    expect(page.locator("body")).to_have_attribute("data-ready", "true")
    return page


def steps_are(page: Page, number: int) -> None:
    def told() -> bool:
        state = page.evaluate(DRAWN)
        return bool(state["steps"] == number and not state["saving"])

    until(told, f"{number} steps, all stored", 60.0)


def previewed(page: Page, *keys: str) -> None:
    """Wait until the map shows what would come of these grids, and of no others."""
    until(lambda: page.evaluate(PREVIEWED) == sorted(keys), f"a preview of {keys}", 60.0)


def along(page: Page, *places: Place, shows: Sequence[str] = ()) -> None:
    """Draw a line through places; the second press at the last one ends it.

    shows: the grids of which the map shows what they would be, before the line is ended.
    """
    spots = page.evaluate(SPOTS, list(places))
    for x, y in spots[:-1]:
        page.mouse.move(x, y)
        page.mouse.click(x, y)
        # Two presses close together in time are a double one.
        page.wait_for_timeout(400)
    page.mouse.move(*spots[-1], steps=3)
    if shows:
        previewed(page, *shows)
    page.mouse.dblclick(*spots[-1])


def grids_of(page: Page) -> dict[str, list[Place]]:
    found = page.evaluate(SHAPES)
    return {key: [(x, y) for x, y in ring] for key, ring in found.items()}


def across(ring: list[Place]) -> tuple[Place, Place]:
    """A line from south to north through the middle of a grid, some metres beyond it."""
    east = (min(x for x, _ in ring) + max(x for x, _ in ring)) / 2
    return (east, min(y for _, y in ring) - 2e-4), (east, max(y for _, y in ring) + 2e-4)


def two_with_a_border(grids: dict[str, list[Place]]) -> tuple[str, str, list[Place]]:
    """Two grids and the corners that both have."""
    keys = sorted(grids)
    both = [(a, b) for a in keys for b in keys if a < b]
    pairs = ((a, b, [p for p in grids[a][:-1] if p in grids[b]]) for a, b in both)
    return max(pairs, key=lambda pair: len(pair[2]))


def between_two(grids: dict[str, list[Place]]) -> tuple[str, Place]:
    """The middle of the longest straight border of two grids, and one of them."""
    sides = [
        (hypot(x - u, y - v), key, ((x + u) / 2, (y + v) / 2))
        for key, ring in grids.items()
        for (x, y), (u, v) in pairwise(ring)
        if any({(x, y), (u, v)} <= set(far) for other, far in grids.items() if other != key)
    ]
    _length, key, middle = max(sides)
    return key, middle


def dragged(page: Page, place: Place, dx: int, dy: int) -> None:
    """With the tool that moves points."""
    [[x, y]] = page.evaluate(SPOTS, [place])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


def renamed(page: Page, key: str, name: str) -> None:
    page.locator(f'#panel-grids [data-key="{key}"]').click()
    page.keyboard.press("F2")
    page.locator("#dialog input").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator("#dialog")).to_be_hidden()


def pushed(border: list[Place], ring: list[Place]) -> tuple[Place, Place, Place]:
    """From end to end of a border over a point a third of the way into a grid."""
    first = min(border, key=lambda p: (p[1], p[0]))
    last = max(border, key=lambda p: (p[1], p[0]))
    middle = ((first[0] + last[0]) / 2, (first[1] + last[1]) / 2)
    heart = (sum(x for x, _ in ring) / len(ring), sum(y for _, y in ring) / len(ring))
    inside = tuple(m + (h - m) / 3 for m, h in zip(middle, heart, strict=True))
    return first, (inside[0], inside[1]), last


def operations(town: Town, plan: int) -> list[dict[str, Any]]:
    [(done,)] = town.ask("SELECT operations FROM grids_boundaryplan WHERE id = %s", plan)
    found: list[dict[str, Any]] = done
    return found
