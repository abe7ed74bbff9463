"""A benchmark's last line is one JSON object, and its status says whether all goals are met."""

import json

import pytest

from benchmarks.report import (
    Measure,
    at_least,
    at_most,
    finish,
    ratio_at_least,
    ratio_at_most,
)


def test_the_last_line_is_the_object(capsys: pytest.CaptureFixture[str]) -> None:
    measure = Measure("z12", 9.9, "ms", peer="bare", peer_value=8.25, goal=ratio_at_most(1.5))

    assert finish("tiles", [measure]) == 0

    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert set(found) == {"name", "machine", "measures"}
    assert found["measures"] == [
        {
            "name": "z12",
            "value": 9.9,
            "unit": "ms",
            "peer": "bare",
            "peer_value": 8.25,
            "ratio": 1.2,
            "goal": "≤ 1.5 × peer",
            "met": True,
        }
    ]


@pytest.mark.parametrize(
    ("measure", "met"),
    [
        pytest.param(Measure("a", 10, "s", goal=at_most(10)), True, id="at the limit"),
        pytest.param(Measure("a", 10.1, "s", goal=at_most(10)), False, id="over it"),
        pytest.param(Measure("a", 5, "/s", goal=at_least(6)), False, id="too few"),
        pytest.param(Measure("a", 1, "s"), None, id="no goal"),
        pytest.param(Measure("a", 1, "s", goal=ratio_at_most(2)), False, id="no peer to compare"),
        pytest.param(
            Measure("a", 1, "s", peer="p", peer_value=0, goal=ratio_at_least(1)),
            False,
            id="a peer of zero",
        ),
    ],
)
def test_a_goal_is_met_or_not(
    measure: Measure, met: bool | None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure.met is met
    assert finish("x", [measure]) == (1 if met is False else 0)
    capsys.readouterr()


def test_no_measures_are_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert finish("empty", []) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["measures"] == []
