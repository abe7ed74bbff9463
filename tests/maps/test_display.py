"""The wall's display settings: type that can be read from where people sit; whose turn it is."""

import math
import re
from itertools import pairwise
from typing import Any

import pytest

from tests.maps.scripts import STATIC, run

FULL_HD = {"width": 1920, "height": 1080}
UHD = {"width": 3840, "height": 2160}
TOKENS = STATIC.parents[2] / "gis_server" / "static" / "gis_server" / "tokens.css"


def read(query: str) -> dict[str, Any]:
    return dict(run("display/display", "return it.read(given)", query))


def type_for(query: str, screen: dict[str, int]) -> dict[str, Any]:
    body = "return it.typeFor(it.read(given.query).settings, given.screen)"
    return dict(run("display/display", body, {"query": query, "screen": screen}))


def arc_min_of(
    root_px: float, height_cm: float, screen: dict[str, int], distance_m: float
) -> float:
    """Minutes of arc of the smallest capitals, by another way than the script's."""
    capital_mm = root_px * 0.875 * 0.733 * height_cm * 10 / screen["height"]
    return math.degrees(2 * math.atan(capital_mm / 2 / (distance_m * 1000))) * 60


def test_the_height_that_is_asked_for_is_that_of_the_books() -> None:
    # EEMUA and ISO 9241-303 name 27.9 mm for 16 minutes of arc at 6 m.
    assert run("display/display", "return it.heightFor(16, 6)") == pytest.approx(27.9, abs=0.05)
    assert run("display/display", "return it.arcMinutes(27.925, 6)") == pytest.approx(16, abs=0.01)


@pytest.mark.parametrize(
    ("distance_m", "height_cm", "screen"),
    [(5, 203, UHD), (5, 137, {"width": 5760, "height": 2160}), (0.7, 34, FULL_HD), (3, 110, UHD)],
)
def test_the_smallest_type_can_be_read_from_there(
    distance_m: float, height_cm: float, screen: dict[str, int]
) -> None:
    told = type_for(f"distance={distance_m}&height={height_cm}", screen)

    assert told["fits"]
    seen = arc_min_of(told["root_px"], height_cm, screen, distance_m)
    assert seen >= 16
    assert told["smallest_arc_min"] == pytest.approx(seen, rel=1e-6)


def test_type_is_no_larger_than_is_needed() -> None:
    told = type_for("distance=5&height=203", UHD)

    assert arc_min_of(told["root_px"] - 0.2, 203, UHD, 5) < 16


def test_a_screen_that_is_too_small_says_from_where_it_can_be_read() -> None:
    told = type_for("distance=12&height=60", FULL_HD)

    assert not told["fits"]
    assert told["smallest_arc_min"] < 16
    near = type_for(f"distance={math.floor(told['nearest_m'] * 10) / 10}&height=60", FULL_HD)
    assert near["fits"]


@pytest.mark.parametrize("tiles", ["1x1", "3x2", "2x2", "4x1"])
def test_one_tile_holds_what_stands_in_it(tiles: str) -> None:
    told = type_for(f"distance=60&height=60&tiles={tiles}", UHD)

    columns, rows = map(int, tiles.split("x"))
    assert UHD["height"] / rows >= 30 * told["root_px"]
    assert UHD["width"] / columns >= (56 if columns == 1 else 30) * told["root_px"]


def test_a_diagonal_is_as_good_as_a_height() -> None:
    by_diagonal = type_for("distance=3&diagonal=85", UHD)
    by_height = type_for(f"distance=3&height={85 * 2.54 * 9 / math.hypot(16, 9):.3f}", UHD)

    assert by_diagonal == pytest.approx(by_height, rel=1e-4)


def test_without_a_distance_type_stays_as_it_is() -> None:
    assert type_for("height=80", FULL_HD)["root_px"] is None
    assert type_for("distance=5", FULL_HD)["root_px"] is None


@pytest.mark.parametrize(
    "query",
    [
        "distance=5&height=137.5&turn=20&tiles=3x2&theme=light",
        "diagonal=85&pause=90&streets=140107001,140107003",
        "",
    ],
)
def test_what_is_written_is_what_is_read(query: str) -> None:
    body = "return it.written(it.read(given).settings)"

    assert sorted(run("display/display", body, query).split("&")) == sorted(query.split("&"))


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("distance=0", "distance"),
        ("distance=1e3", "distance"),
        ("distance=-5", "distance"),
        ("distance=NaN", "distance"),
        ("height=99999", "height"),
        ("turn=0.5", "turn"),
        ("tiles=3", "tiles"),
        ("tiles=9x9", "tiles"),
        ("tiles=0x2", "tiles"),
        ("theme=<script>", "theme"),
        ("streets=140107001,drop table", "streets"),
        ("streets=" + ",".join(["140107001"] * 501), "streets"),
    ],
)
def test_what_cannot_be_meant_is_named_and_changes_nothing(query: str, named: str) -> None:
    told = read(query)

    assert told["faults"] == [named]
    assert told["settings"] == read("")["settings"]


def test_other_parts_of_an_address_are_no_settings() -> None:
    assert read("next=/wall/&x=1")["faults"] == []


def test_an_address_comes_before_what_was_kept() -> None:
    body = "return it.read(it.merged(given[0], given[1])).settings"
    told = run(
        "display/display", body, ["distance=5&height=100&theme=light", "?diagonal=55&theme=dark"]
    )

    assert (told["distance"], told["height"], told["diagonal"]) == (5, None, 55)
    assert told["theme"] == "dark"


def test_seams_lie_between_the_tiles() -> None:
    body = "return it.seams({ columns: 3, rows: 2 }, { width: 5760, height: 2160 })"

    assert run("display/display", body) == {"x": [1920, 3840], "y": [1080]}


def test_nothing_on_the_wall_is_set_smaller_than_the_smallest() -> None:
    tokens = TOKENS.read_text(encoding="utf-8")
    assert run("display/display", "return it.SMALLEST_REM") == 0.875
    assert "--size-small: .875rem;" in tokens
    text = (STATIC / "wall.css").read_text(encoding="utf-8")
    sizes = re.findall(r"(?:font-size:|font:[^;]*?)\s*(\d*\.?\d+)(r?em|px)\b", text)
    assert sizes
    assert [size for size in sizes if size[1] != "rem" or float(size[0]) < 0.875] == []
    for script in ("style", "patrols/style"):
        text = (STATIC / f"{script}.js").read_text(encoding="utf-8")
        found = re.findall(r'"text-size": (?:times\()?(\d+)', text)
        zoomed = r'^    name\(.*byZoom\(([^)]*)\)|"text-size": byZoom\((.*)\)'
        for stops in re.findall(zoomed, text, re.MULTILINE):
            found += "".join(stops).split(", ")[1::2]
        assert found
        assert [size for size in found if float(size) < 14] == []


TURN = """
    const turns = new it.Turns({ stops: ["a", "b", "c"], every_ms: 20_000, pause_ms: 60_000 });
    const shown = [[0, turns.start(0)]];
    const run = (from, to) => {
      for (let now = from; now <= to; now += 1_000) {
        const stop = turns.tick(now);
        if (stop) shown.push([now / 1_000, stop]);
      }
    };
"""


def test_streets_take_turns_and_begin_again() -> None:
    shown = run("display/turns", TURN + "run(1_000, 65_000); return shown")

    assert shown == [[0, "a"], [20, "b"], [40, "c"], [60, "a"]]


def test_a_touch_holds_the_street_and_the_turns_go_on_by_themselves() -> None:
    body = "run(1_000, 10_000); turns.touch(10_000); run(11_000, 95_000); return shown"

    assert run("display/turns", TURN + body) == [[0, "a"], [70, "b"], [90, "c"]]


def test_every_touch_begins_the_pause_anew() -> None:
    body = "turns.touch(5_000); run(6_000, 50_000); turns.touch(50_000); run(51_000, 110_000);"

    assert run("display/turns", TURN + body + "return shown") == [[0, "a"], [110, "b"]]


def test_a_step_by_hand_goes_both_ways_round() -> None:
    body = "return [turns.step(-1, 0), turns.step(1, 0), turns.step(1, 0), turns.left_s(500)]"

    assert run("display/turns", TURN + body) == ["c", "a", "b", 20]


def test_without_streets_there_are_no_turns() -> None:
    body = """
        const turns = new it.Turns({ stops: [], every_ms: 1, pause_ms: 1 });
        return [turns.start(0), turns.running, turns.tick(99), turns.step(1, 99)];
    """
    assert run("display/turns", body) == [None, False, None, None]


def test_chosen_streets_come_in_their_order_after_the_whole() -> None:
    body = """
        const streets = given.map((code) => ({ code }));
        const told = (codes) => it.inOrder(streets, codes, { code: "" }).map(({ code }) => code);
        return [told([]), told(["140107003", "140107001", "999999999"]), told(["140107002"])];
    """
    codes = [f"14010700{n}000" for n in (1, 2, 3)]

    assert run("display/turns", body, codes) == [["", *codes], ["", codes[2], codes[0]], [codes[1]]]


CLOCK = """
    let now = 0, due = [];
    const timer = { setTimeout: (act, ms) => due.push([now + ms, act]) };
    const acts = [];
    const times = { quiet_ms: 200, most_ms: 1_100, timer, now: () => now };
    const burst = new it.Burst(() => acts.push(now), times);
    const sorted = () => due.sort(([a], [b]) => a - b);
    const pass = (to) => {
      for (sorted(); due.length && due[0][0] <= to; sorted()) {
        const [at, act] = due.shift();
        now = at;
        act();
      }
      now = to;
    };
"""


def test_a_thousand_changes_of_a_second_are_one_act() -> None:
    body = "for (let n = 0; n < 1_000; n += 1) { pass(n); burst.call(); } pass(5_000); return acts"

    acts = run("burst", CLOCK + body)
    assert len(acts) == 1
    assert 999 <= acts[0] <= 1_200


def test_one_change_is_not_kept_waiting() -> None:
    assert run("burst", CLOCK + "burst.call(); pass(5_000); return acts") == [200]


def test_changes_without_end_are_an_act_a_second() -> None:
    body = "for (let n = 0; n < 600; n += 1) { pass(n * 100); burst.call(); } pass(70_000);"

    acts = run("burst", CLOCK + body + "return acts")
    assert 50 <= len(acts) <= 56
    assert max(b - a for a, b in pairwise(acts)) <= 1_300


def test_what_comes_after_the_act_is_another_one() -> None:
    body = "burst.call(); pass(300); burst.call(); pass(1_000); return acts"

    assert run("burst", CLOCK + body) == [200, 500]
