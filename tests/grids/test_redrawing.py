"""What a plan amounts to, read from what programs send.  Pure."""

import copy
from datetime import date
from typing import Any

import numpy as np
import pytest
import shapely

from grids import plan as plans
from grids.redrawing import BadRedrawing, Flaw, from_json, of_plan, polygon, shape_json

A, B, C = "140107001001001", "140107001001002", "140107001001003"
COMMUNITY = "140107001001"


def square(west: float = 112.0) -> dict[str, Any]:
    return shape_json(shapely.box(west, 37, west + 1, 38))


def whole() -> dict[str, Any]:
    return {
        "reshaped": [{"code": A, "shape": square(), "seen": square(111)}],
        "born": [
            {"code": C, "name": "新", "community": COMMUNITY, "shape": square(113), "of": [A]}
        ],
        "retired": [{"code": B, "into": [A]}],
        "renamed": [{"code": A, "name": "甲"}],
        "posted": [{"grid": C, "worker": "W1", "role": "worker"}],
    }


def test_a_whole_redrawing_is_read() -> None:
    told = from_json(whole())

    assert told.reshaped[0].shape.equals(shapely.box(112, 37, 113, 38))
    assert told.reshaped[0].seen is not None
    assert (told.born[0].kind, told.born[0].of) == ("basic", (A,))
    assert told.retired[0].into == (A,)
    assert (told.renamed[0].new_code, told.renamed[0].name) == (A, "甲")
    assert told.posted[0].worker == "W1"


def test_a_shape_survives_json_to_the_last_digit() -> None:
    shape = shapely.Polygon([(112.1, 37.3), (112.1 + 1 / 3, 37.7), (112.5, 37.1234567890123)])

    assert polygon(shape_json(shape), A).equals_exact(shape)


def changed(path: str, value: Any) -> dict[str, Any]:
    told = copy.deepcopy(whole())
    part, _, name = path.partition(".")
    if name:
        told[part][0][name] = value
    else:
        told[part] = value
    return told


BOW_TIE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
LINE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}


@pytest.mark.parametrize(
    ("told", "flaw"),
    [
        pytest.param(None, Flaw.NO_OBJECT, id="nothing"),
        pytest.param([], Flaw.NO_OBJECT, id="a list"),
        pytest.param({}, Flaw.NOTHING, id="no change"),
        pytest.param({"reshaped": {}}, Flaw.NOTHING, id="an empty part"),
        pytest.param({"reshaped": [1]}, Flaw.NO_OBJECT, id="numbers for grids"),
        pytest.param({"retired": [{"code": A}] * 2_001}, Flaw.TOO_MANY, id="too many"),
        pytest.param(changed("reshaped.code", "14010700100"), Flaw.NO_CODE, id="a short code"),
        pytest.param(changed("reshaped.code", COMMUNITY), Flaw.NO_CODE, id="a community's code"),
        pytest.param(changed("reshaped.code", 7), Flaw.NO_OBJECT, id="a number for a code"),
        pytest.param(changed("retired.code", A), Flaw.GONE, id="retired and reshaped"),
        pytest.param(changed("born.code", B), Flaw.GONE, id="born and retired"),
        pytest.param(changed("born.code", A), Flaw.TWICE, id="born under a code that is kept"),
        pytest.param(changed("born.code", "140107001002001"), Flaw.OTHER_PARENT, id="elsewhere"),
        pytest.param(changed("renamed.new_code", "140107001002001"), Flaw.OTHER_PARENT, id="away"),
        pytest.param(changed("born.name", " "), Flaw.NAME, id="no name"),
        pytest.param(changed("born.name", "x" * 81), Flaw.NAME, id="a long name"),
        pytest.param(changed("born.kind", "round"), Flaw.KIND, id="an unknown kind"),
        pytest.param(changed("posted.role", "king"), Flaw.ROLE, id="an unknown role"),
        pytest.param(changed("retired.into", "x"), Flaw.NO_OBJECT, id="into what is no list"),
        pytest.param(changed("reshaped.shape", None), Flaw.NO_POLYGON, id="no shape"),
        pytest.param(changed("reshaped.shape", {"type": "Point"}), Flaw.NO_POLYGON, id="a point"),
        pytest.param(changed("reshaped.shape", BOW_TIE), Flaw.BAD_SHAPE, id="a bow tie"),
        pytest.param(changed("reshaped.shape", LINE), Flaw.BAD_SHAPE, id="a line"),
    ],
)
def test_what_is_no_redrawing_is_refused(told: Any, flaw: Flaw) -> None:
    with pytest.raises(BadRedrawing) as error:
        from_json(told)

    assert error.value.flaw is flaw
    assert len(error.value.about) <= 40


@pytest.mark.parametrize(
    "coordinates",
    [
        pytest.param([], id="no ring"),
        pytest.param([[[0, 0], [1, 1], [0, 0]]], id="two corners"),
        pytest.param([[[0, 0], [1, "x"], [1, 1], [0, 0]]], id="words"),
        pytest.param([[[0, 0], [1, None], [1, 1], [0, 0]]], id="nothing for a number"),
        pytest.param([[[0, 0], [1], [1, 1], [0, 0]]], id="half a corner"),
        pytest.param([[[37, 112], [38, 112], [38, 113], [37, 112]]], id="axes exchanged"),
        pytest.param([[[0, 0], [float("nan"), 1], [1, 1], [0, 0]]], id="not a number"),
        pytest.param([[[0, 0], [float("inf"), 1], [1, 1], [0, 0]]], id="infinite"),
        pytest.param("x", id="a text"),
        pytest.param(None, id="none"),
    ],
)
def test_what_is_no_polygon_is_refused(coordinates: Any) -> None:
    with pytest.raises(BadRedrawing) as error:
        polygon({"type": "Polygon", "coordinates": coordinates}, A)

    assert error.value.flaw is Flaw.NO_POLYGON


def test_a_shape_of_too_many_corners_is_refused() -> None:
    turn = np.linspace(0, 2 * np.pi, 500_001)
    ring = np.column_stack([112 + np.cos(turn), 37 + np.sin(turn)])
    ring[-1] = ring[0]
    shape = {"type": "Polygon", "coordinates": [ring.tolist()]}

    with pytest.raises(BadRedrawing) as error:
        from_json({"reshaped": [{"code": A, "shape": shape}]})

    assert error.value.flaw is Flaw.TOO_MANY


def test_codes_may_change_places() -> None:
    told = from_json(
        {
            "renamed": [
                {"code": A, "new_code": B, "name": "x"},
                {"code": B, "new_code": A, "name": "y"},
            ]
        }
    )

    assert told.codes_after == {A: B, B: A}


NEW, NEWER = "140107001001004", "140107001001005"


def drawn(*operations: plans.Operation) -> plans.Plan:
    """Operations on three squares of a tenth of a degree, side by side: A, B, C."""
    plan = plans.begin(
        date(2026, 11, 1),
        [
            plans.Grid(A, "甲", shapely.box(112, 37, 112.1, 37.1)),
            plans.Grid(B, "乙", shapely.box(112.1, 37, 112.2, 37.1)),
            plans.Grid(C, "丙", shapely.box(112.2, 37, 112.3, 37.1)),
        ],
    )
    for operation in operations:
        plan = plans.apply(plan, operation)
    return plan


def across(west: float, south: float, east: float, north: float) -> plans.operations.Line:
    return ((west, south), (east, north))


def test_a_split_is_one_grid_born_and_those_that_are_reshaped() -> None:
    plan = drawn(plans.Split(A, across(111.9, 37.05, 112.15, 37.05), "left", NEW, "新"))

    told = of_plan(plan)

    # B has got the end of the cut into its border; its land is the same.
    assert [one.code for one in told.reshaped] == [A, B]
    assert told.reshaped[0].seen == plan.base.grids[A].shape
    assert [(one.code, one.name, one.of) for one in told.born] == [(NEW, "新", (A,))]
    assert (told.retired, told.renamed, told.posted) == ((), (), ())


def test_where_land_came_from_is_told_through_all_steps() -> None:
    plan = drawn(
        plans.Split(A, across(111.9, 37.05, 112.15, 37.05), "left", NEW, "新"),
        plans.Split(NEW, across(112.05, 36.9, 112.05, 37.15), "left", NEWER, "更新"),
    )

    told = {one.code: one.of for one in of_plan(plan).born}

    assert told == {NEW: (A,), NEWER: (A,)}


def test_where_land_went_is_told_through_all_steps() -> None:
    plan = drawn(plans.Merge((A, B), B), plans.Merge((B, C), C))

    told = of_plan(plan)

    assert [(one.code, one.into) for one in told.retired] == [(A, (C,)), (B, (C,))]
    assert [one.code for one in told.reshaped] == [C]


def test_names_codes_and_people_are_told() -> None:
    plan = drawn(
        plans.Rename(A, "甲一"), plans.Renumber(((B, NEW),)), plans.Assign(C, ("W1", "W2"))
    )

    told = of_plan(plan)

    assert [(one.code, one.new_code, one.name) for one in told.renamed] == [
        (A, A, "甲一"),
        (B, NEW, "乙"),
    ]
    assert [(one.grid, one.worker, one.role) for one in told.posted] == [
        (C, "W1", "worker"),
        (C, "W2", "worker"),
    ]
    assert told.reshaped == ()


def test_what_was_undone_is_not_told() -> None:
    plan = drawn(plans.Rename(A, "甲一")).undo()

    assert of_plan(plan).is_empty
