"""An exam takes whatever a camera can send: it never raises for it, and never says NaN."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.picture.baseline import Baseline, fresh, learn
from cameras.picture.exam import Exam, NoPicture, examine, thumbnail

Frame = npt.NDArray[np.generic]


def frames_of(shape: tuple[int, ...], kind: str, seed: int, count: int) -> list[Frame]:
    """Noise, one value, or a few values in large pieces."""
    rng = np.random.default_rng(seed)
    if kind == "noise":
        return [rng.integers(0, 256, shape).astype(np.uint8) for _ in range(count)]
    if kind == "plain":
        return [np.full(shape, int(rng.integers(0, 256)), np.uint8) for _ in range(count)]
    pieces = (rng.integers(0, 2, shape) * 255).astype(np.uint8)
    return [np.ascontiguousarray(np.roll(pieces, number, axis=0)) for number in range(count)]


def is_sound(exam: Exam) -> bool:
    numbers = [*exam.measures.values(), *(finding.score for finding in exam.findings)]
    scores = [finding.score for finding in exam.findings]
    return all(map(math.isfinite, numbers)) and all(0 <= score <= 1 for score in scores)


shapes = st.tuples(st.integers(1, 90), st.integers(1, 130)).flatmap(
    lambda size: st.sampled_from([size, (*size, 1), (*size, 3), (*size, 4)])
)


@settings(max_examples=30, deadline=None)
@given(
    shapes,
    st.sampled_from(["noise", "plain", "pieces"]),
    st.integers(0, 2**31),
    st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=5),
)
def test_any_picture_of_any_size_gets_numbers_and_scores(
    shape: tuple[int, ...], kind: str, seed: int, times_s: list[float]
) -> None:
    frames = frames_of(shape, kind, seed, len(times_s))
    alone = examine(frames, times_s)
    baseline = fresh(alone, frames[0], [[(0.1, 0.1), (0.9, 0.2), (0.5, 0.9)]])
    held = examine(frames, times_s, baseline=Baseline.from_json(baseline.to_json()))
    grown = learn(baseline, held, frames[-1], [])

    assert is_sound(alone)
    assert is_sound(held)
    assert Exam.from_json(held.to_json()) == held
    assert grown is not None
    assert Baseline.from_json(grown.to_json()) == grown


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(np.zeros((0, 0, 3), np.uint8), id="nothing"),
        pytest.param(np.zeros((0, 640, 3), np.uint8), id="no rows"),
        pytest.param(np.zeros((1, 16385), np.uint8), id="wider than 16k"),
        pytest.param(np.zeros((10, 10, 2), np.uint8), id="two channels"),
        pytest.param(np.zeros((10, 10, 5), np.uint8), id="five channels"),
        pytest.param(np.zeros((10, 10, 3), np.float32), id="floats"),
        pytest.param(np.zeros((10, 10, 3), np.int16), id="signed"),
        pytest.param(np.zeros((10,), np.uint8), id="a row"),
        pytest.param(np.zeros((2, 10, 10, 3), np.uint8), id="four dimensions"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_reason(frame: Frame) -> None:
    for judge in (lambda: examine([frame], [0.0]), lambda: thumbnail(frame)):
        with pytest.raises(NoPicture, match=r".{8,}"):
            judge()


def test_no_frame_at_all_is_refused() -> None:
    with pytest.raises(NoPicture):
        examine([], [])
    with pytest.raises(ValueError, match="2 times"):
        examine([np.zeros((9, 9, 3), np.uint8)], [0.0, 1.0])


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param((16384, 96, 3), id="16k high"),
        pytest.param((72, 16384, 3), id="16k wide"),
        pytest.param((1080, 1920, 3), id="1080p"),
        pytest.param((576, 704, 3), id="D1"),
        pytest.param((361, 641, 3), id="odd"),
        pytest.param((1, 1, 3), id="one pixel"),
    ],
)
def test_pictures_of_hard_sizes_are_examined(shape: tuple[int, int, int]) -> None:
    exam = examine(frames_of(shape, "noise", 1, 2), [0.0, 2.1])

    assert is_sound(exam)
    assert exam.measures["watched_s"] == 2.1


def test_sixteen_bits_and_grey_mean_the_same_as_eight_and_colour() -> None:
    grey = frames_of((180, 320), "noise", 3, 1)[0].astype(np.uint8)
    deep = grey.astype(np.uint16) << 8

    expected = examine([np.repeat(grey[:, :, None], 3, axis=2)], [0.0])

    assert examine([grey], [0.0]) == examine([deep], [0.0]) == expected


def test_a_resolution_that_changes_on_the_way_is_no_hindrance() -> None:
    frames = [frames_of((h, w, 3), "pieces", 1, 1)[0] for h, w in ((90, 160), (72, 88), (360, 640))]

    assert is_sound(examine(frames, [0.0, 1.0, 2.0]))


@pytest.mark.parametrize(
    ("times_s", "watched_s"),
    [
        pytest.param([0.0, 1.0, 2.0, 3.0], 3.0, id="in order"),
        pytest.param([0.0, 0.0, 0.0, 0.0], None, id="standing still"),
        pytest.param([5.0, 6.0, 1.0, 2.5], 1.5, id="begun anew"),
        pytest.param([3.0, 2.0, 1.0, 0.0], None, id="backwards"),
        pytest.param([0.0, 0.0, 2.0, 2.0], 2.0, id="each twice"),
        pytest.param([math.nan, 0.5, math.inf, -math.inf], None, id="no times"),
    ],
)
def test_only_frames_whose_time_goes_on_are_held_against_each_other(
    times_s: Sequence[float], watched_s: float | None
) -> None:
    exam = examine(frames_of((90, 160, 3), "noise", 1, 4), times_s)

    assert exam.measures.get("watched_s") == watched_s


@pytest.mark.parametrize(
    ("shape", "thumb"),
    [
        pytest.param((1080, 1920, 3), (90, 160, 3), id="wide"),
        pytest.param((1920, 1080, 3), (90, 51, 3), id="upright"),
        pytest.param((576, 704), (90, 110, 3), id="grey"),
        pytest.param((1, 16384, 3), (1, 160, 3), id="a line"),
    ],
)
def test_thumbnails_keep_their_shape_in_a_box(
    shape: tuple[int, ...], thumb: tuple[int, ...]
) -> None:
    assert thumbnail(np.zeros(shape, np.uint8)).shape == thumb
