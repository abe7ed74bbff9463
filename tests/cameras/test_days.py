"""Packet trouble and faults of our own condemn no camera."""

import pytest

from fixtures.camera_days import OWN_FAULTS, OwnFault, false_outages, probe_failure


def test_one_percent_of_lost_packets_and_three_own_faults_make_no_false_outage() -> None:
    """A SYN and its answer are lost with 0.0199, three times in a row with 0.0199³ = 7.9e-6; three
    such probes in a row with 5e-16.
    """
    assert probe_failure(0.01) == pytest.approx(7.9e-6, rel=0.01)
    assert false_outages(30, trouble=probe_failure(0.01)) == 0


def test_even_one_percent_of_failing_probes_rarely_condemns() -> None:
    """0.01³ at 1,440 probes a day: 0.0014 in the mean a camera-day, 0.04 in these; fixed seed."""
    assert false_outages(30, trouble=0.01) == 0


def test_the_simulation_can_fail() -> None:
    """A fault that canaries cannot see would condemn everybody: the measure is not blind itself."""
    assert false_outages(20, trouble=0.5, faults=()) > 0
    assert OwnFault(0, 10, asks=True).hits(9.9)
    assert len(OWN_FAULTS) == 3
