"""Packet trouble and faults of our own condemn no camera.  `bin/bench days` lives through more."""

import random

import numpy as np
import pytest

from fixtures.camera_days import BUDGET_S, Fault, Fleet, OwnFault, lived
from fixtures.lossy_line import Line, lost_conversations

HOUR_S = 3600
CUT = OwnFault(Fault.CUT, 4000, 300)
ALL = (OwnFault(Fault.DATABASE, 1000, 60), OwnFault(Fault.KILLED, 2500, 20), CUT)


def test_lost_packets_and_three_faults_of_our_own_make_no_false_outage() -> None:
    seen = lived(Fleet(200, faults=ALL, length_s=2 * HOUR_S))

    assert seen.outages == 0
    assert seen.notices == 1, "the cut network, told once"
    # 300 s of cut for each camera, and at most a minute on either side of it.
    assert 200 * 240 < seen.unknown_s < 200 * 360


@pytest.mark.parametrize("length_s", [3, 7, 12, 19, 26, 45, 90])
def test_no_length_of_a_cut_condemns_anybody(length_s: float) -> None:
    cuts = [OwnFault(Fault.CUT, 607.0 * turn, length_s) for turn in range(1, 12)]

    assert lived(Fleet(30, faults=cuts, length_s=2 * HOUR_S)).outages == 0


@pytest.mark.parametrize(("away_s", "there_s"), [(8, 12), (20, 25), (40, 6)])
def test_a_network_that_comes_and_goes_condemns_nobody(away_s: float, there_s: float) -> None:
    """Each return might have a failure of before it believed."""
    cuts = [OwnFault(Fault.CUT, 600 + (away_s + there_s) * turn, away_s) for turn in range(40)]

    assert lived(Fleet(30, faults=cuts, length_s=HOUR_S)).outages == 0


@pytest.mark.parametrize("loss", [0.05, 0.1, 0.2, 0.3])
def test_a_line_that_loses_packets_condemns_nobody(loss: float) -> None:
    """At 0.3 one conversation of four fails, and three of a camera in a row once in an hour."""
    assert lived(Fleet(60, loss=loss, faults=(), length_s=2 * HOUR_S)).outages == 0


def test_without_canaries_a_cut_network_would_condemn_them_all() -> None:
    """The measure is not blind itself: all share a subnet, which would explain it."""
    assert lived(Fleet(40, canaries=0, faults=[CUT], length_s=2 * HOUR_S)).outages == 40


def test_probes_that_fail_for_no_reason_are_not_free() -> None:
    """0.1³ at 60 first failures an hour: 0.06 in the mean a camera and hour, so about 14 in 240."""
    seen = lived(Fleet(60, loss=0, trouble=0.1, faults=(), length_s=4 * HOUR_S))

    assert 5 <= seen.outages <= 25


def test_how_often_lost_packets_make_a_conversation_fail() -> None:
    """A handshake that fails once (0.0195) leaves room for one lost packet of six and no two
    (0.0020); twice (0.00039) for none (0.0585); three times (0.0000079) is too late: 0.00007.
    """
    draws, line = np.random.default_rng(7), Line(0.1, random.Random(7))

    share = lost_conversations(draws, 2_000_000, loss=0.01, budget_s=BUDGET_S).mean()
    worse = lost_conversations(draws, 2_000_000, loss=0.1, budget_s=BUDGET_S).mean()
    one_by_one = sum(line.talks_s(0, BUDGET_S) is None for _ in range(20_000)) / 20_000

    assert share == pytest.approx(7.0e-5, rel=0.3)
    assert one_by_one == pytest.approx(worse, rel=0.1)


def test_a_cut_loses_what_is_sent_in_it_and_nothing_else() -> None:
    line = Line(0, random.Random(1), lambda second: 4000 <= second < 4300)

    assert line.connects_s(3999, 3) == 0
    assert line.connects_s(4000, 3) is None
    # The SYNs of 0 and 1 s are lost, that of 3 s is not.
    assert line.talks_s(4297.5, BUDGET_S) == pytest.approx(3, abs=0.1)
