"""Grids of a day that is over: in tiles under that day's own edition, and compared by two days."""

from datetime import date, datetime
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from shapely import box

from events.models import Category
from gis_server.roles import Role
from grids.models import Division, Grid, GridDesignation, GridShape
from maps.tiles import tiles_over
from tests.conftest import SignIn
from tests.events.town import make_event
from tests.maps import territory
from tests.maps.conftest import ReadTile
from tests.maps.territory import FIRST, SECOND, SIDE, square
from tests.maps.then import ENGLISH, moment

pytestmark = pytest.mark.usefixtures("laid_out")
CHANGED = date(2026, 5, 1)
DAY_BEFORE = "2026-04-30"


def redraw(of: Grid, *shapes: Any) -> None:
    """From the day CHANGED on it has this shape, or none."""
    row = GridShape.objects.get(grid=of)
    row.valid = DateRange(row.valid.lower, CHANGED)
    row.save()
    for shape in shapes:
        territory.reshape(of, shape, CHANGED, None)


def grid(street: str, number: int) -> Grid:
    return Grid.objects.get(code=f"{street}001{number:03d}")


def differences(client: Client, first: str, last: str) -> dict[str, Any]:
    answer = client.get("/api/maps/then/grids/", {"from": first, "to": last})
    assert answer.status_code == 200, answer.content.decode()
    return dict(answer.json())


def kinds(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["change"], (one["after"] or one["before"])["code"][-3:]) for one in told["grids"]]


def test_two_days_differ_by_what_was_begun_ended_redrawn_and_renamed(operator: Client) -> None:
    community = Division.objects.get(code=f"{FIRST}001")
    west = square(0, 0)
    redraw(
        grid(FIRST, 1), box(west.bounds[0], west.bounds[1], west.bounds[2], west.bounds[3] - 100)
    )
    redraw(grid(FIRST, 2))
    # The same shape in a new row is no difference.
    redraw(grid(FIRST, 3), square(0, 2))
    new = territory.grid(community, 9, square(0, 1))
    GridShape.objects.filter(grid=new).update(valid=DateRange(CHANGED, None))
    renamed = grid(SECOND, 1)
    GridDesignation.objects.filter(grid=renamed).delete()
    for name, valid in (
        ("旧名", DateRange(date(2026, 1, 1), CHANGED)),
        ("新名", DateRange(CHANGED, None)),
    ):
        GridDesignation.objects.create(grid=renamed, code=renamed.code, name=name, valid=valid)

    told = differences(operator, DAY_BEFORE, "2026-05-01")

    assert told["counts"] == {"new": 1, "over": 1, "redrawn": 1, "renamed": 1}
    assert sorted(kinds(told)) == [
        ("new", "009"), ("over", "002"), ("redrawn", "001"), ("renamed", "001"),
    ]  # fmt: skip
    [redrawn] = [one for one in told["grids"] if one["change"] == "redrawn"]
    assert redrawn["before"]["shape"]["type"] == "Polygon"
    # A strip of 100 m of 400 m was given away.
    assert redrawn["after"]["area_m2"] / redrawn["before"]["area_m2"] == pytest.approx(
        0.75, rel=1e-3
    )
    [other] = [one for one in told["grids"] if one["change"] == "renamed"]
    assert (other["before"]["name"], other["after"]["name"]) == ("旧名", "新名")

    back = differences(operator, "2026-05-01", DAY_BEFORE)
    assert back["counts"] == {"new": 1, "over": 1, "redrawn": 1, "renamed": 1}
    assert ("new", "002") in kinds(back)


def test_a_day_does_not_differ_from_itself_and_a_reader_sees_his_own(
    operator: Client, sign_in: SignIn
) -> None:
    redraw(grid(SECOND, 2))
    other = sign_in(Role.PLANNER, (FIRST,))

    assert differences(operator, "2026-05-01", "2026-05-01")["grids"] == []
    assert kinds(differences(operator, DAY_BEFORE, "2026-05-01")) == [("over", "002")]
    assert differences(other, DAY_BEFORE, "2026-05-01")["counts"]["over"] == 0


@pytest.mark.parametrize(
    ("question", "words"),
    [
        pytest.param({"from": "2026-04-30"}, "to is missing", id="one day only"),
        pytest.param({"from": "2026-04-31", "to": "2026-05-01"}, "is no date", id="no day"),
        pytest.param({"from": "2026-04-30", "to": "2199-01-01"}, "to come", id="the future"),
    ],
)
def test_days_nobody_can_compare_are_refused_in_words(
    operator: Client, question: dict[str, str], words: str
) -> None:
    answer = operator.get("/api/maps/then/grids/", question, headers=ENGLISH)

    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


def test_tiles_of_a_day_show_the_borders_of_that_day_and_may_be_kept(
    operator: Client, read_tile: ReadTile
) -> None:
    redraw(grid(FIRST, 2), box(*square(0, 1).buffer(-SIDE / 4).bounds))
    tile = tiles_over(square(0, 1).centroid.buffer(1).bounds, 15)[0]
    today = operator.get("/tiles/version/").json()["edition"]
    address = "/tiles/{}/grids/{t.z}/{t.x}/{t.y}.mvt{}"

    def area(edition: str, day: str) -> tuple[float, str]:
        answer = operator.get(address.format(edition, day, t=tile))
        assert answer.status_code == 200
        rows = read_tile(answer.content, tile, "grids")
        one = rows[rows["code"] == f"{FIRST}001002"]
        return float(one.geometry.area.iloc[0]), answer.headers["Cache-Control"]

    edition = edition_of(operator)
    small, _control = area(today, "")
    large, control = area(edition, f"?day={DAY_BEFORE}")

    assert edition != today
    assert small / large == pytest.approx(1 / 4, rel=0.05)
    assert "immutable" in control
    # Under another edition than its own it is shown and must be forgotten.
    assert area(today, f"?day={DAY_BEFORE}") == (large, "private, no-store")
    assert operator.get(address.format(today, "?day=2199-01-01", t=tile)).status_code == 422


def edition_of(client: Client) -> str:
    """Of DAY_BEFORE, as the page is told it; something must be known of that day."""
    group = Category.objects.create(kind="service", code="T-1", name="Streets")
    entry = Category.objects.create(kind="service", code="T-1-1", name="A hole", parent=group)
    make_event(entry)
    told = moment(client, datetime.fromisoformat(f"{DAY_BEFORE}T12:00:00+08:00"))
    assert told["day"] == DAY_BEFORE
    assert told["grids"]["total"] == 6
    return str(told["grids"]["edition"])
