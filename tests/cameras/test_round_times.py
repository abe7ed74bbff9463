"""When rounds begin, by the local clock."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from cameras.models import Camera
from cameras.picture import rounds
from cameras.picture.rounds import USUAL, Stretch

DISTRICT = ZoneInfo("Asia/Shanghai")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=DISTRICT)


DAY_AND_NIGHT = (Stretch(0, 6, 120), Stretch(6, 22, 60), Stretch(22, 24, 120))


@pytest.mark.parametrize(
    ("hours", "now", "begun", "coming"),
    [
        pytest.param(
            DAY_AND_NIGHT, "2026-03-02T07:59", "2026-03-02T07:00", "2026-03-02T08:00", id="by day"
        ),
        pytest.param(
            DAY_AND_NIGHT, "2026-03-02T08:00", "2026-03-02T08:00", "2026-03-02T09:00", id="just now"
        ),
        pytest.param(
            DAY_AND_NIGHT, "2026-03-02T05:59", "2026-03-02T04:00", "2026-03-02T06:00", id="at night"
        ),
        pytest.param(
            DAY_AND_NIGHT, "2026-03-02T23:30", "2026-03-02T22:00", "2026-03-03T00:00", id="late"
        ),
        pytest.param(
            (Stretch(8, 18, 90),),
            "2026-03-02T06:00",
            "2026-03-01T17:00",  # 8:00 and six times an hour and a half
            "2026-03-02T08:00",
            id="before the first of the day",
        ),
        pytest.param((), "2026-03-02T06:00", None, None, id="never"),
    ],
)
def test_rounds_begin_at_fixed_times_of_the_day(
    hours: tuple[Stretch, ...], now: str, begun: str | None, coming: str | None
) -> None:
    assert rounds.begun_at(hours, at(now)) == (begun and at(begun))
    assert rounds.next_at(hours, at(now)) == (coming and at(coming))


@pytest.mark.parametrize(
    ("hours", "wrong"),
    [
        pytest.param(DAY_AND_NIGHT, None, id="a whole day"),
        pytest.param((), None, id="no rounds"),
        pytest.param((Stretch(6, 12, 60), Stretch(11, 20, 60)), "overlap", id="overlap"),
        pytest.param((Stretch(22, 6, 60),), "hours", id="over midnight"),
        pytest.param((Stretch(0, 25, 60),), "hours", id="25 hours"),
        pytest.param((Stretch(-1, 4, 60),), "hours", id="below zero"),
        pytest.param((Stretch(0, 24, 0),), "minutes", id="no pause"),
        pytest.param((Stretch(0, 24, 10_000),), "minutes", id="a week"),
        pytest.param(tuple(Stretch(n, n + 1, 60) for n in range(9)), "many", id="many"),
    ],
)
def test_hours_that_cannot_be_used_are_named(hours: tuple[Stretch, ...], wrong: str | None) -> None:
    assert rounds.wrong_with(hours) == wrong


def test_every_class_has_its_usual_rules() -> None:
    assert set(USUAL) == set(Camera.Priority.values)
    assert [rounds.wrong_with(rules.hours) for rules in USUAL.values()] == [None, None, None]
