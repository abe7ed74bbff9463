"""Boxes and times as they are written in addresses."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.ogc.reading import Span, box_of, on_the_globe, span_of

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "box"),
    [
        pytest.param("112,37,113,38", (112, 37, 113, 38), id="four"),
        pytest.param("112,37,0,113,38,900", (112, 37, 113, 38), id="six, heights left out"),
        pytest.param("-1e1,-2.5,+3,4", (-10, -2.5, 3, 4), id="as numbers are written"),
    ],
)
def test_a_box_is_four_numbers(text: str, box: tuple[float, ...]) -> None:
    assert box_of(text) == box


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1,2,3",
        "1,2,3,4,5",
        "1,2,3,4,5,6,7",
        "a,b,c,d",
        "nan,1,2,3",
        "1,2,inf,4",
        "1,2,3,-inf",
        "1_1,2,3,4",
        "１,2,3,4",
    ],
)
def test_no_box_is_told_from_one(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - which sentence it is does not matter
        box_of(text)


def test_a_box_across_the_antimeridian_is_two() -> None:
    # The example of the standard: the New Zealand Exclusive Economic Zone.
    assert on_the_globe(160.6, -55.95, -170, -25.89) == [
        (160.6, -55.95, 180, -25.89),
        (-180, -55.95, -170, -25.89),
    ]


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((112, 38, 113, 37), id="north below south"),
        pytest.param((112, 37, 181, 38), id="east of the world"),
        pytest.param((-181, 37, 113, 38), id="west of the world"),
        pytest.param((112, -91, 113, 38), id="south of the world"),
        pytest.param((112, 37, 113, 91), id="north of the world"),
    ],
)
def test_what_is_no_box_on_the_globe_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="degrees"):
        on_the_globe(*box)


EIGHT = datetime(2026, 3, 31, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        pytest.param("2026-03-31T08:00:00Z", Span(EIGHT, EIGHT), id="moment"),
        pytest.param("2026-03-31t08:00:00z", Span(EIGHT, EIGHT), id="small letters"),
        pytest.param("2026-03-31T16:00:00+08:00", Span(EIGHT, EIGHT), id="of another zone"),
        pytest.param("2026-03-31T08:00:00Z/..", Span(EIGHT, None), id="open end"),
        pytest.param("../2026-03-31T08:00:00Z", Span(None, EIGHT), id="open beginning"),
        pytest.param("/2026-03-31T08:00:00Z", Span(None, EIGHT), id="empty beginning"),
        pytest.param("2026-03-31T08:00:00Z/", Span(EIGHT, None), id="empty end"),
        pytest.param("../..", Span(), id="open on both sides"),
    ],
)
def test_a_time_is_a_span(text: str, span: Span) -> None:
    assert span_of(text, ZONE) == span


def test_a_day_is_the_whole_of_it_by_the_local_clock() -> None:
    span = span_of("2026-03-31", ZONE)

    assert span.first == datetime(2026, 3, 31, tzinfo=ZONE)
    assert span.last == datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=ZONE)
    assert span.days(ZONE) == (date(2026, 3, 31), date(2026, 3, 31))


def test_the_end_of_an_interval_of_days_belongs_to_it() -> None:
    assert span_of("2026-03-01/2026-03-31", ZONE).days(ZONE) == (
        date(2026, 3, 1),
        date(2026, 3, 31),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-13-01",
        "2026-02-30",
        "2026-03-31T25:00:00Z",
        "2026-03-31T08:00:00",
        "2026-03-31/2026-03-30",
        "2026-03-31/2026-04-01/2026-04-02",
        "0001-01-01",
        "9999-12-31",
        "2026-03-31T08:00:00+99:00",
        "1" * 90,
    ],
)
def test_no_time_is_told_from_one(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        span_of(text, ZONE)


@given(st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    for read in (box_of, lambda told: span_of(told, ZONE)):
        try:
            read(text)
        except ValueError:
            continue
