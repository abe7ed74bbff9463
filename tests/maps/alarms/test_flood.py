"""When alarms are a flood: EEMUA 191's numbers, and their edges."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from maps.alarms.flood import LOOK_BACK, flood

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def ago(minutes: Sequence[float]) -> list[datetime]:
    return [NOW - timedelta(minutes=one) for one in minutes]


BURST = [15 - one / 10 for one in range(11)]  # eleven between 15 and 14 minutes ago


@pytest.mark.parametrize(
    ("minutes", "is_flood", "new"),
    [
        pytest.param([], False, 0, id="nothing"),
        pytest.param([1] * 10, False, 10, id="ten are none"),
        pytest.param([1] * 11, True, 11, id="eleven are one"),
        pytest.param([9.9] * 11, True, 11, id="within ten minutes"),
        pytest.param([*range(1, 12)], False, 9, id="eleven in eleven minutes are none"),
        pytest.param(BURST, False, 0, id="over after ten minutes"),
        pytest.param([*BURST, 3, 3, 3, 3], False, 4, id="four later ones do not keep it up"),
        pytest.param([*BURST, 6, 6, 6, 6, 6], True, 5, id="five later ones do"),
        pytest.param([*BURST, 2, 2, 2, 2, 2], False, 5, id="five after its end do not begin one"),
        pytest.param([-1] * 20, False, 0, id="a clock that is ahead"),
        pytest.param([LOOK_BACK.total_seconds() / 60 + 1] * 50, False, 0, id="too long ago"),
    ],
)
def test_a_flood_begins_above_ten_and_ends_below_five(
    minutes: list[float], is_flood: bool, new: int
) -> None:
    found = flood(ago(minutes), NOW)

    assert (found.since is not None, found.new) == (is_flood, new)


def test_it_began_with_the_eleventh() -> None:
    raised = ago([8, 7, 7, 7, 7, 7, 7, 7, 7, 7, 6, 1])

    assert flood(raised, NOW).since == NOW - timedelta(minutes=6)


def test_the_order_in_which_they_are_told_does_not_matter() -> None:
    raised = ago([*BURST, 6, 6, 6, 6, 6])

    assert flood(raised, NOW) == flood(reversed(raised), NOW)
