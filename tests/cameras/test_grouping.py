"""Which shared thing explains the cameras that fell together."""

import pytest

from cameras.grouping import Group, Kind, Thing, groups, has_recovered, suspects, things_of

SITE = 4
SWITCH, POLE = Thing(Kind.SWITCH, "S1"), Thing(Kind.POLE, "P7")
RECORDER, NET = Thing(Kind.RECORDER, "N1"), Thing(Kind.SUBNET, "10.1.2.0/24", SITE)
OWNER = Thing(Kind.OWNER, "Water works")


def behind(*things: Thing, count: int, start: int = 1) -> dict[int, tuple[Thing, ...]]:
    return dict.fromkeys(range(start, start + count), things)


def members(fallen: dict[int, tuple[Thing, ...]]) -> frozenset[int]:
    return frozenset(fallen)


def test_28_cameras_behind_a_switch_are_one_group() -> None:
    fallen = behind(SWITCH, OWNER, count=28)

    assert groups(fallen, {SWITCH: 28, OWNER: 400}) == [Group(SWITCH, members(fallen))]


@pytest.mark.parametrize(
    ("count", "size", "grouped"),
    [
        pytest.param(2, 2, False, id="two may be chance"),
        pytest.param(3, 3, True, id="three are not"),
        pytest.param(3, 5, True, id="60 percent"),
        pytest.param(5, 9, False, id="less"),
        pytest.param(0, 0, False, id="nothing fell"),
    ],
)
def test_limits(count: int, size: int, grouped: bool) -> None:
    assert bool(groups(behind(SWITCH, count=count), {SWITCH: size})) is grouped


def test_a_thing_of_unknown_size_is_not_suspected() -> None:
    assert groups(behind(SWITCH, count=9), {}) == []


def test_of_two_that_explain_the_same_the_specific_one_is_named_and_the_other_told() -> None:
    fallen = behind(OWNER, NET, SWITCH, count=4)

    assert groups(fallen, {OWNER: 4, NET: 4, SWITCH: 4}) == [
        Group(SWITCH, members(fallen), (NET, OWNER))
    ]


def test_a_broad_cause_wins_when_it_explains_a_group_more() -> None:
    one, two = behind(SWITCH, OWNER, count=5), behind(RECORDER, OWNER, count=3, start=6)

    (group,) = groups(one | two, {SWITCH: 5, RECORDER: 3, OWNER: 9})

    assert (group.thing, len(group.members)) == (OWNER, 8)


def test_a_neighbour_that_fell_by_chance_is_not_drawn_in() -> None:
    fallen = behind(SWITCH, OWNER, count=5) | behind(OWNER, count=1, start=6)

    assert groups(fallen, {SWITCH: 5, OWNER: 6}) == [Group(SWITCH, frozenset(range(1, 6)))]


def test_two_things_that_fall_at_once_are_two_groups() -> None:
    fallen = behind(SWITCH, count=6) | behind(RECORDER, count=4, start=7)

    found = groups(fallen, {SWITCH: 6, RECORDER: 4})

    assert {group.thing for group in found} == {SWITCH, RECORDER}


@pytest.mark.parametrize(
    ("host", "upstream", "pole", "things"),
    [
        pytest.param(
            "10.1.2.3",
            ("switch", "S1"),
            "P7",
            (POLE, SWITCH, Thing(Kind.RECORDER, "10.1.2.3", SITE), NET, OWNER),
            id="all of it",
        ),
        pytest.param("10.1.2.3", ("recorder", "N1"), "", (RECORDER, NET, OWNER), id="declared"),
        pytest.param(
            "fd00:1::7",
            None,
            "",
            (
                Thing(Kind.RECORDER, "fd00:1::7", SITE),
                Thing(Kind.SUBNET, "fd00:1::/64", SITE),
                OWNER,
            ),
            id="IPv6",
        ),
        pytest.param(
            "cam.lan", None, "", (Thing(Kind.RECORDER, "cam.lan", SITE), OWNER), id="a name"
        ),
    ],
)
def test_what_a_camera_shares(
    host: str, upstream: tuple[str, str] | None, pole: str, things: tuple[Thing, ...]
) -> None:
    found = things_of(site=SITE, host=host, upstream=upstream, pole=pole, owner="Water works")

    assert found == things


def test_only_what_three_share_is_asked_about() -> None:
    assert suspects(behind(SWITCH, count=3) | behind(POLE, count=2, start=9)) == {SWITCH}


def test_a_thing_has_recovered_when_most_of_its_cameras_are_back() -> None:
    assert not has_recovered(down=12, ever=28)
    assert has_recovered(down=11, ever=28)
    assert has_recovered(down=0, ever=3)
