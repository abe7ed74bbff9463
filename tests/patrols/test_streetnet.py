"""How far it is along streets; expected metres are added up by hand from the drawings."""

import numpy as np
import pytest
import shapely

from patrols import streetnet

# A ladder: two streets of 100 m, 50 m apart, with one street across at their ends and none else.
LADDER = [
    shapely.LineString([(0, 0), (100, 0)]),
    shapely.LineString([(0, 50), (100, 50)]),
    shapely.LineString([(100, -20), (100, 70)]),
]


def net() -> streetnet.StreetNet:
    made = streetnet.build(LADDER)
    assert made is not None
    return made


def test_the_way_goes_round_by_the_crossing() -> None:
    # From (0,0) to (0,50): 100 m there, 50 m across, 100 m back; straight it is 50 m.
    assert streetnet.distances(net(), 0, 0, [0], [50]) == pytest.approx([250])


def test_the_way_to_the_street_is_part_of_it() -> None:
    # 10 m off the street at 40 m, 5 m off it at 90 m.
    assert streetnet.distances(net(), 40, -10, [90], [5]) == pytest.approx([10 + 50 + 5])


def test_on_one_piece_nobody_goes_by_its_ends() -> None:
    assert streetnet.distances(net(), 20, 0, [30], [0]) == pytest.approx([10])


def test_far_from_every_street_nothing_is_said() -> None:
    assert np.isnan(streetnet.distances(net(), -500, 0, [0], [0])).all()
    assert np.isnan(streetnet.distances(net(), 0, 0, [0, 50], [500, 0])).tolist() == [True, False]


def test_where_no_way_leads_nothing_is_said() -> None:
    island = shapely.LineString([(300, 300), (400, 300)])
    made = streetnet.build([*LADDER, island])
    assert made is not None
    assert np.isnan(streetnet.distances(made, 0, 0, [350], [300])).all()


def test_of_two_pieces_between_two_nodes_the_shorter_counts() -> None:
    bow = shapely.LineString([(0, 0), (50, 80), (100, 0)])
    made = streetnet.build([LADDER[0], bow])
    assert made is not None
    assert streetnet.distances(made, 0, 0, [100], [0]) == pytest.approx([100])


def test_ends_that_almost_meet_are_one_crossing() -> None:
    made = streetnet.build(
        [shapely.LineString([(0, 0), (100, 0.3)]), shapely.LineString([(100.2, 0), (100, 90)])]
    )
    assert made is not None
    assert streetnet.distances(made, 0, 0, [100], [90]) == pytest.approx([190], abs=2)


def test_no_streets_are_no_net() -> None:
    assert streetnet.build([]) is None


def test_nobody_is_no_distance() -> None:
    assert len(streetnet.distances(net(), 0, 0, [], [])) == 0
