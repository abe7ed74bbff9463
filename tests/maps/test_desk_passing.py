"""What the desk's filters let through, of now and of the past: the page's own scripts, in node."""

from typing import Any

import pytest

from tests.maps.scripts import run

AT = 1_772_000_000_000  # a moment, in milliseconds; what stands below is told from it
CAMERA = {
    "state": "offline",
    "owner": "Gas works",
    "team": "North",
    "priority": "key_area",
    "scope": "140107001002001",
}
EVENT = {
    "kind": "safety",
    "severity": "urgent",
    "state": "accepted",
    "reported_at": AT // 1000 - 4 * 3600,
}


@pytest.mark.parametrize(
    ("chosen", "area", "passes"),
    [
        pytest.param({}, "", True, id="nothing is chosen"),
        pytest.param({"camera_state": ["online", "offline"]}, "", True, id="one of two states"),
        pytest.param({"camera_state": ["online"]}, "", False, id="another state"),
        pytest.param({"camera_owner": ["Gas works"], "camera_team": ["North"]}, "", True, id="all"),
        pytest.param({"camera_owner": ["Gas works"], "camera_team": ["South"]}, "", False, id="1"),
        pytest.param({"camera_priority": ["ordinary"]}, "", False, id="another kind"),
        pytest.param({"event_kind": ["opinion"]}, "", True, id="a filter of events"),
        pytest.param({}, "140107001", True, id="in the street"),
        pytest.param({}, "140107002", False, id="in another street"),
        pytest.param({"camera_state": []}, "", True, id="an empty choice"),
    ],
)  # fmt: skip
def test_a_camera_passes(chosen: dict[str, list[str]], area: str, passes: bool) -> None:
    given = [CAMERA, chosen, area]

    assert run("desk/passing", "return it.passes(...given);", given) is passes


def test_a_camera_of_which_nobody_knows_where_it_lies_is_in_no_area() -> None:
    told = run("desk/passing", 'return [it.passes({}, {}, "14"), it.passes({}, {}, "")];')

    assert told == [False, True]


@pytest.mark.parametrize(
    ("chosen", "passes"),
    [
        pytest.param({}, True, id="nothing is chosen"),
        pytest.param({"event_kind": ["safety"], "event_severity": ["urgent"]}, True, id="both"),
        pytest.param({"event_severity": ["minor"]}, False, id="another severity"),
        pytest.param({"event_state": ["handling"]}, False, id="another state"),
        pytest.param({"event_older_h": ["4"]}, True, id="just old enough"),
        pytest.param({"event_older_h": ["24"]}, False, id="too young at that moment"),
    ],
)
def test_an_event_passes_by_its_age_at_the_moment_that_is_shown(
    chosen: dict[str, list[str]], passes: bool
) -> None:
    assert run("desk/passing", "return it.passesEvent(...given);", [EVENT, chosen, AT]) is passes


@pytest.mark.parametrize(
    ("code", "prefix"),
    [
        ("140107001000", "140107001"),
        ("140107010000", "140107010"),
        ("140107010010", "140107010010"),
        ("", ""),
    ],
)
def test_a_street_is_told_by_nine_digits_also_where_they_end_with_zero(
    code: str, prefix: str
) -> None:
    assert run("desk/passing", "return it.prefixOf(given);", code) == prefix


DIVISIONS = [
    ["140107001000", "First street"],
    ["140107001001", "Lane"],
    ["140107001002", "Mill"],
    ["140107010000", "Tenth street"],
    ["140107010010", "Bridge"],
    ["140107002005", "Alone"],
]


@pytest.mark.parametrize(
    ("street", "names"),
    [
        pytest.param("140107001000", ["Lane", "Mill"], id="of a street"),
        pytest.param("140107010000", ["Bridge"], id="of another"),
        pytest.param("", ["Alone"], id="of none: those whose street is another's"),
    ],
)
def test_communities_follow_the_street(street: str, names: list[str]) -> None:
    body = "return it.communitiesIn(it.placesOf(given[0]), given[1]).map(([, name]) => name);"

    assert run("desk/passing", body, [DIVISIONS, street]) == names


@pytest.mark.parametrize(
    ("code", "street"),
    [
        ("140107010010", "140107010000"),
        ("140107010000", "140107010000"),
        ("140107002005", ""),
        ("", ""),
        ("nonsense", ""),
    ],
)
def test_a_link_to_a_community_chooses_its_street(code: str, street: str) -> None:
    body = "return it.streetOf(it.placesOf(given[0]), given[1]);"

    assert run("desk/passing", body, [DIVISIONS, code]) == street


def day() -> dict[str, Any]:
    """What stood at a midnight, and what the day changed: two cameras, two events."""
    cameras = ["id", "name", "state", "reason", "since", "lon", "lat", "owner", "team", "priority"]
    events = ["id", "number", "kind", "severity", "state", "level", "close_due", "lon", "lat",
              "reported_at"]  # fmt: skip
    due, seen = AT // 1000 + 9 * 3600, AT // 1000 - 3600
    return {
        "stood": {
            "at": "2026-02-25T06:13:20Z",
            "cameras": {
                "columns": cameras,
                "rows": [
                    [1, "Gate", "online", "ok", 0, 112.5, 37.8, "Gas works", "North", "key_area"],
                    [2, "Yard", "online", "ok", 0, 112.6, 37.8, "Market", "North", "ordinary"],
                ],
            },
            "events": {
                "columns": events,
                "rows": [
                    [7, "SJ7", "safety", "urgent", "accepted", "street", due, 112.5, 37.8, seen],
                    [8, "SJ8", "service", "minor", "reported", "street", due, 112.5, 37.9, seen],
                ],
            },
        },
        "changes": {
            "to": "2026-02-26T06:13:20Z",
            "cameras": {
                "cameras": {"columns": ["id", "name", "lon", "lat"],
                            "rows": [[1, "Gate", 112.5, 37.8]]},
                "states": {"columns": ["after_ms", "camera", "state", "reason"],
                           "rows": [[3_600_000, 1, "offline", "connect_timeout"]]},
                "records": {"columns": ["after_ms", "camera", "owner", "team", "priority"],
                            "rows": [[7_200_000, 1, "Market", "South", "ordinary"]]},
            },
            "events": {
                "events": {"columns": ["id", "number", "lon", "lat", "reported_at"], "rows": []},
                "steps": {"columns": ["after_ms", "event", "state", "kind", "severity", "level",
                                      "close_due"], "rows": []},
            },
        },
    }  # fmt: skip


SHOWN = """
    const past = new it.Past(given.stood, given.changes);
    past.seek(past.begin + %d * 3_600_000);
"""


@pytest.mark.parametrize(
    ("hours", "owner", "team"),
    [
        pytest.param(0, [1], [1, 2], id="before"),
        pytest.param(1, [1], [1, 2], id="it fell, and is whose it was"),
        pytest.param(2, [], [2], id="it was handed over"),
    ],
)
def test_owner_and_team_are_those_of_the_moment(
    hours: int, owner: list[int], team: list[int]
) -> None:
    body = (
        SHOWN % hours
        + """
        const ids = (camera) => past.cameraFeatures({ camera }).features.map(({ id }) => id);
        return [ids(({ owner }) => owner === "Gas works"), ids(({ team }) => team === "North")];
    """
    )

    assert run("desk/then/past", body, day()) == [owner, team]


def test_numbers_are_of_what_passes() -> None:
    body = (
        SHOWN % 1
        + """
        const camera = ({ state }) => state === "offline";
        const event = ({ severity }, at) => severity === "minor" && at === past.at;
        return [past.counts({ camera, event }), past.counts({})];
    """
    )

    filtered, whole = run("desk/then/past", body, day())

    assert (filtered["all"], filtered["cameras"]["offline"], filtered["events"]) == (1, 1, 1)
    assert (whole["all"], whole["events"]) == (2, 2)
    assert whole["cameras"] == {"offline": 1, "degraded": 0, "unknown": 0, "online": 1}
    assert whole["severities"] == {"urgent": 1, "minor": 1}


def test_what_fell_between_two_moments_is_told_though_it_passes_only_afterwards() -> None:
    body = """
        const [one, other] = [0, 1].map((hours) => {
          const past = new it.Past(given.stood, given.changes);
          past.seek(past.begin + hours * 3_600_000);
          return past;
        });
        const camera = ({ state }) => state === "offline";
        const moves = it.movesOf(one.cameras, other.cameras, one.camerasThat({ camera }),
          other.camerasThat({ camera }));
        return [moves.came.length, moves.gone.length,
          moves.both.map(([a, b]) => [a.id, a.state, b.state])];
    """

    assert run("desk/then/past", body, day()) == [0, 0, [[1, "online", "offline"]]]
