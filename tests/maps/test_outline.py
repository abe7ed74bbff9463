"""Borders for the first picture of the wall: its reader's alone, in order, kept by edition."""

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from gis_server.roles import Role
from maps import outline
from tests.conftest import SignIn
from tests.maps.territory import COLUMNS, FIRST, SECOND, SIDE, SOUTH, WEST

pytestmark = pytest.mark.usefixtures("laid_out")
TALL, WIDE = 2 * SIDE, COLUMNS * SIDE
PER_M = outline.SHEET / WIDE


def edition(client: Client) -> str:
    return str(client.get("/tiles/version/").json()["edition"])


def seen(client: Client, name: str | None = None) -> dict[str, Any]:
    answer = client.get(f"/tiles/{name or edition(client)}/outline.json")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"
    return dict(answer.json())


def corners(path: str) -> list[tuple[int, int]]:
    """The corners of a path of relative steps, each ring from its own start."""
    found = []
    for ring in re.findall(r"M ([^MZz]+)", path):
        numbers = [int(word) for word in re.findall(r"-?\d+", ring)]
        x, y = numbers[:2]
        found.append((x, y))
        for dx, dy in zip(numbers[2::2], numbers[3::2], strict=True):
            x, y = x + dx, y + dy
            found.append((x, y))
    return found


def test_every_level_is_drawn_on_one_sheet(operator: Client) -> None:
    told = seen(operator)

    assert told["box"] == pytest.approx([WEST, SOUTH, WEST + WIDE, SOUTH + TALL])
    assert told["per_m"] == pytest.approx(PER_M)
    assert set(told["paths"]) == {"district", "street", "community", "grid"}
    assert told["paths"]["grid"].count("M") == 2 * COLUMNS
    whole = {
        (0, 0),
        (outline.SHEET, 0),
        (0, round(TALL * PER_M)),
        (outline.SHEET, round(TALL * PER_M)),
    }
    assert whole <= set(corners(told["paths"]["district"]))
    # Squares of one side: neighbours meet in the same unit.
    across = sorted({x for x, _y in corners(told["paths"]["grid"])})
    assert across == [round(k * SIDE * PER_M) for k in range(COLUMNS + 1)]


def test_a_street_has_its_own_alone(sign_in: SignIn) -> None:
    told = seen(sign_in(scope=(SECOND,)))

    assert set(told["paths"]) == {"street", "community", "grid"}
    assert told["paths"]["grid"].count("M") == COLUMNS
    assert told["box"][1] == pytest.approx(SOUTH + SIDE)


def test_somebody_with_one_grid_has_that_grid(sign_in: SignIn) -> None:
    told = seen(sign_in(Role.GRID_WORKER, scope=(f"{FIRST}001002",)))

    assert set(told["paths"]) == {"grid"}
    assert told["box"][0] == pytest.approx(WEST + SIDE)


def test_whoever_has_nothing_is_told_nothing(sign_in: SignIn) -> None:
    assert seen(sign_in(scope=("140108",))) == {"box": None, "per_m": None, "paths": None}


def test_too_many_grids_are_left_to_the_map(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outline, "MOST_GRIDS", 2 * COLUMNS - 1)

    assert set(seen(operator, "another")["paths"]) == {"district", "street", "community"}


def test_under_its_edition_it_is_kept_and_under_any_other_it_is_not(
    operator: Client, sign_in: SignIn
) -> None:
    present = edition(operator)
    kept = operator.get(f"/tiles/{present}/outline.json")
    assert "immutable" in kept["Cache-Control"]
    assert (
        operator.get(
            f"/tiles/{present}/outline.json", headers={"If-None-Match": kept["ETag"]}
        ).status_code
        == 304
    )

    # Somebody else's edition is no way to what they see.
    theirs = sign_in(scope=(SECOND,))
    asked = theirs.get(f"/tiles/{present}/outline.json")
    assert "no-store" in asked["Cache-Control"]
    assert "district" not in asked.json()["paths"]


def test_a_kept_one_costs_no_drawing(
    operator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    name = edition(operator)
    seen(operator, name)

    # Session, user, edition.
    with django_assert_num_queries(3):
        seen(operator, name)


def test_a_stranger_is_refused(stranger: Client) -> None:
    assert stranger.get("/tiles/any/outline.json").status_code == 401
