"""Hours unseen of a window: as of a moment, of one shift, at one control level; never of more."""

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.utils import timezone

from grids.models import Grid
from patrols.control import ControlLevel
from patrols.models import ControlSwitch
from patrols.seen import unseen, video, windows
from patrols.seen.grounds import latest
from patrols.seen.windows import Window
from tests.conftest import DISTRICT
from tests.patrols.ground_town import CORNER, along, cover, make_grids, positions, send
from tests.patrols.on_duty import DAY, NOW, local, make_duty

pytestmark = pytest.mark.django_db
BOX = (int(CORNER[0] // 10), int(CORNER[1] // 10), 84, 42)
FIRST, SECOND = (20, 10), (20, 30)
"""Cells (row, column) of the lane, of the first 200 m and of what lies beyond."""


@pytest.fixture(autouse=True)
def grids() -> list[Grid]:
    """At nine somebody went down the first 200 m of the lane, at eleven another all of it, and in
    the evening a third, of the late shift, the first half again.
    """
    made = make_grids()
    send(make_duty(), positions(local(9), along(6, 205, 200)), NOW)
    send(make_duty(), positions(local(11), along(6, 205, 400)), NOW)
    evening = make_duty(begins=time(16), ends=time(0))
    send(evening, positions(local(20), along(6, 205, 200)), local(21))
    cover(local(21))
    return made


def last(window: Window, cell: tuple[int, int]) -> float | None:
    """Hour of the day at which a cell was last lit, None for not in the window."""
    t = int(windows.times_in(window, *BOX)[cell])
    return round((t - local(0).timestamp()) / 3600, 1) if t else None


def since(hour: float, until: float, **values: Any) -> Window:
    return Window(local(until), local(hour), **values)


def test_all_that_is_known_is_what_the_blocks_say() -> None:
    assert last(Window(local(22)), FIRST) == 20.0
    assert last(Window(local(22)), SECOND) == 11.1


@pytest.mark.parametrize(
    ("window", "first", "second"),
    [
        pytest.param(since(0, 10), 9.0, None, id="as of ten"),
        pytest.param(since(0, 12), 11.0, 11.1, id="as of twelve"),
        pytest.param(since(10, 22), 20.0, 11.1, id="since ten"),
        pytest.param(since(12, 22), 20.0, None, id="since twelve"),
        pytest.param(since(12, 18), None, None, id="nobody"),
        pytest.param(since(10.75, 12), 11.0, 11.1, id="begins within a half hour"),
        pytest.param(since(0, 24, day=DAY + timedelta(days=1)), None, None, id="another day"),
    ],
)
def test_what_was_seen_within_it_counts(
    window: Window, first: float | None, second: float | None
) -> None:
    assert (last(window, FIRST), last(window, SECOND)) == (first, second)


def test_only_the_duties_of_a_shift_count() -> None:
    shift = make_duty(begins=time(16), ends=time(0)).shift_id

    late = since(8, 24, day=DAY, shift=shift)

    assert (last(late, FIRST), last(late, SECOND)) == (20.0, None)


def test_only_what_was_seen_while_the_level_was_in_force_counts() -> None:
    """From ten to half past twelve the district was at level one."""
    ControlSwitch.objects.create(
        area=DISTRICT, level=ControlLevel.ONE.value, begins=local(10), until=local(12.5),
        reason="庙会", user_id=1, who="a",
    )  # fmt: skip
    whole = {level: since(0, 22, level=level) for level in ControlLevel}

    assert last(whole[ControlLevel.ONE], FIRST) == 11.0
    assert last(whole[ControlLevel.ONE], SECOND) == 11.1
    assert last(whole[ControlLevel.USUAL], FIRST) == 20.0
    assert last(whole[ControlLevel.USUAL], SECOND) is None
    assert last(whole[ControlLevel.TWO], FIRST) is None


def test_a_window_of_all_that_there_was_says_the_same_as_the_blocks() -> None:
    known = windows.times_in(Window(local(22)), *BOX)

    assert known.any()
    assert np.array_equal(windows.times_in(since(0, 22), *BOX), known)


def test_a_part_is_cut_out_of_the_whole() -> None:
    window, part = since(0, 12), (BOX[0] + 5, BOX[1] + 18, 20, 5)

    found = windows.part_of(window, BOX, part, NOW)

    assert found.any()
    assert np.array_equal(found, windows.times_in(window, *part))


# ---- Seen by video -------------------------------------------------------------------------------


@pytest.fixture
def filmed() -> Iterator[None]:
    """A camera showed the cells around FIRST at ten."""

    def source(box: video.Box, begins: datetime | None, until: datetime) -> Any:
        found = np.zeros((box[3], box[2]), np.uint32)
        if (begins is None or begins <= local(10)) and local(10) <= until:
            row, column = FIRST[0] + BOX[1] - box[1], FIRST[1] + BOX[0] - box[0]
            if 0 <= row < box[3] and 0 <= column < box[2]:
                found[row, column] = int(local(10).timestamp())
        return found

    video.SOURCES.append(source)
    yield
    video.SOURCES.remove(source)


def test_what_a_camera_showed_stands_apart_and_counts_for_nothing_else(filmed: None) -> None:
    [one] = latest(DAY)

    before = unseen.of_grids(unseen.times(one, since(12, 18), NOW), local(18).timestamp())
    shown = video.of_grids(one.terrain, since(9, 18))

    assert (shown[0].seen, round(shown[0].hours)) == (1, 8)
    assert (shown[1].seen, shown[1].hours) == (0, np.inf)
    assert video.of_grids(one.terrain, since(11, 18))[0].seen == 0
    # Nobody was there since twelve, whatever a camera showed.
    assert before[0].ages.median_h == np.inf


def test_a_blind_spot_says_when_a_camera_showed_it(filmed: None) -> None:
    [one] = latest(DAY)
    at = unseen.times(one, since(9.9, 10.5), NOW)

    spots = unseen.spots(at, np.zeros(len(one.terrain.ground.grids)), local(10.5).timestamp())

    by_name = {(spot.name, spot.grid): spot.video_h for spot in spots}
    assert set(by_name.values()) <= {None, 0.5}
    assert all(spot.hours is None for spot in spots)


# ---- Pages and answers ---------------------------------------------------------------------------


@pytest.fixture
def yesterday(grids: list[Grid]) -> str:
    """Yesterday at nine somebody went down the first half of the lane."""
    now = timezone.now()
    day = timezone.localdate(now) - timedelta(days=1)
    duty = make_duty(day=day)
    send(duty, positions(local(9, day), along(6, 205, 200)), now)
    cover(now)
    return day.isoformat()


def told(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)


def test_hours_of_a_shift_are_those_of_its_end(operator: Client, yesterday: str) -> None:
    rows = told(operator, f"/api/patrols/coverage/?day={yesterday}&window=day")

    assert rows["window"]["day"] == yesterday
    first = next(row for row in rows["grids"] if row["code"].endswith("001001001"))
    # All shifts of the district: the last one ends at midnight, fifteen hours later.
    assert first["unseen_median_h"] == pytest.approx(15, abs=0.2)


def test_blind_spots_of_a_moment_are_what_nobody_had_seen_then(
    operator: Client, yesterday: str
) -> None:
    at = f"/api/patrols/blind-spots/?kind=street&hours=24&window=days&days=1&until={yesterday}T"

    before, after = (told(operator, f"{at}{hour}") for hour in ("08:30", "10:30"))

    names = [
        [one["properties"]["grid_name"] for one in found["features"]] for found in (before, after)
    ]
    lengths = [sum(one["properties"]["length_m"] for one in f["features"]) for f in (before, after)]
    assert names[0] == ["第1网格", "第2网格"]
    # 840 m of lane, of which 210 m had been seen at half past ten.
    assert lengths[0] == 840
    assert 600 <= lengths[1] <= 650
    assert before["window"]["at"] < after["window"]["at"]


def test_pages_say_what_their_hours_are_of(operator: Client, yesterday: str) -> None:
    grid = Grid.objects.order_by("code")[0].code
    asked = f"day={yesterday}&window=days&days=2&until={yesterday}T12:00&level=usual"

    for address in ("/patrols/", f"/patrols/grids/{grid}/"):
        page = operator.get(f"{address}?{asked}").content.decode()
        assert f"{yesterday} 12:00" in page
        assert "常态" in page
    assert "window=days&amp;level=usual" in operator.get(f"/patrols/?{asked}").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "window=week", "window=days&days=0", "window=days&days=8", "window=days&until=soon",
        "window=days&until=1800-01-01T00:00", "window=days&until=0001-01-01T00:00", "level=five",
        "window=day&day=2020-01-01", "window=days&until=2020-01-01T00:00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("address", ["/api/patrols/coverage/", "/patrols/"])
def test_a_window_that_cannot_be_answered_is_refused(
    operator: Client, address: str, query: str
) -> None:
    assert operator.get(f"{address}?{query}").status_code == 422
