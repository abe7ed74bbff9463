"""A baseline is learnt from good pictures only, drifts slowly, and keeps nothing that is masked."""

import numpy as np
import numpy.typing as npt
import pytest

from cameras.picture.baseline import REMEMBERED, Baseline, fresh, learn, view_from
from cameras.picture.exam import Exam, Finding
from cameras.picture.faults import Fault

GOOD = Exam({"luma": 100.0, "noise": 1.0}, ())
BAD = Exam({"luma": 3.0}, (Finding(Fault.DARK, 0.9, 0.5, "luma 3"),))


def grey(level: int) -> npt.NDArray[np.uint8]:
    return np.full((720, 1280, 3), level, np.uint8)


def test_a_picture_with_findings_teaches_nothing() -> None:
    baseline = fresh(GOOD, grey(100), ())

    assert learn(baseline, BAD, grey(3), ()) is baseline
    assert learn(None, BAD, grey(3), ()) is None


def test_an_operator_may_call_a_picture_with_findings_fine() -> None:
    baseline = fresh(BAD, grey(3), ())

    assert baseline.measures["luma"].mean == 3
    assert baseline.count == 1


def test_means_and_spreads_are_those_of_all_pictures_at_first() -> None:
    baseline = None
    for luma in (90.0, 100.0, 110.0, 120.0):
        baseline = learn(baseline, Exam({"luma": luma}, ()), grey(100), ())

    assert baseline is not None
    # By hand: mean 105; squared distances 225, 25, 25, 225, their mean 125.
    assert baseline.measures["luma"].mean == pytest.approx(105)
    assert baseline.measures["luma"].spread == pytest.approx(125**0.5)
    assert baseline.count == 4


def test_later_pictures_count_for_a_fiftieth() -> None:
    baseline = None
    for _ in range(200):
        baseline = learn(baseline, GOOD, grey(100), ())
    changed = learn(baseline, Exam({"luma": 200.0}, ()), grey(200), ())

    assert changed is not None
    assert changed.measures["luma"].mean == pytest.approx(100 + 100 / REMEMBERED)
    view = view_from(changed.reference_png)
    assert view is not None
    assert view.mean() == pytest.approx(102, abs=1)


def test_a_number_that_comes_later_begins_with_itself_and_others_stay() -> None:
    baseline = learn(fresh(GOOD, grey(100), ()), Exam({"sharpness": 0.8}, ()), grey(100), ())

    assert baseline is not None
    assert baseline.measures["sharpness"].mean == 0.8
    assert baseline.measures["luma"].mean == 100


def test_what_lies_under_a_mask_is_black_in_the_view_that_is_kept() -> None:
    mask = [(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)]

    view = view_from(fresh(GOOD, grey(200), [mask]).reference_png)

    assert view is not None
    assert view[90:271, 160:481].max() == 0
    assert view[:88].min() == view[:, :158].min() == 200


def test_after_a_change_of_masks_nothing_of_the_old_view_is_left() -> None:
    mask = [(0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75)]
    baseline = learn(fresh(GOOD, grey(200), ()), GOOD, grey(200), [mask])

    assert baseline is not None
    view = view_from(baseline.reference_png)
    assert view is not None
    assert view[90:271, 160:481].max() == 0
    assert baseline.measures["luma"].mean == 100


def test_a_baseline_comes_back_from_its_json() -> None:
    baseline = fresh(GOOD, grey(77), [[(0.1, 0.2), (0.3, 0.2), (0.2, 0.9)]])

    assert Baseline.from_json(baseline.to_json()) == baseline


@pytest.mark.parametrize(
    "png", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"], ids=["empty", "text", "torn"]
)
def test_a_view_that_cannot_be_read_is_none(png: bytes) -> None:
    assert view_from(png) is None
