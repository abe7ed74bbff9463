"""The wall's page: what stands in it, and for whom."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from gis_server.roles import Role
from maps import views
from tests.conftest import SignIn
from tests.maps.territory import FIRST, SIDE, SOUTH, WEST

SCRIPTS = Path(views.__file__).parent / "static" / "maps"


def config(client: Client) -> dict[str, Any]:
    page = client.get("/wall/").content.decode()
    found = re.search(r'id="wall-config" type="application/json">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


def test_the_first_page_is_the_wall(operator: Client) -> None:
    assert operator.get("/").headers["Location"] == "/wall/"


def test_a_stranger_is_asked_to_sign_in(stranger: Client) -> None:
    answer = stranger.get("/wall/", headers={"Accept": "text/html"})

    assert answer.headers["Location"] == "/sign-in/?next=/wall/"


@pytest.mark.usefixtures("laid_out")
def test_the_page_knows_the_territory_of_its_reader(sign_in: SignIn) -> None:
    west, south, east, north = config(sign_in(scope=(FIRST,)))["extent"]

    # One row of three grids; metres to degrees at the equator: 111,319.49 m each.
    assert (east - west) * 111_319.49 == pytest.approx(3 * SIDE, rel=1e-6)
    assert west == pytest.approx(WEST / 111_319.4908, abs=1e-6)
    assert SOUTH > 0
    assert 37 < south < north < 39


@pytest.mark.usefixtures("laid_out")
def test_a_scope_of_one_grid_has_an_extent(sign_in: SignIn) -> None:
    assert config(sign_in(scope=(f"{FIRST}001001",)))["extent"]


def test_without_a_district_the_page_has_no_extent(operator: Client) -> None:
    assert config(operator)["extent"] is None


def test_the_page_says_what_its_reader_may(sign_in: SignIn) -> None:
    for role, sees, takes in (
        (Role.OPERATOR, True, True),
        (Role.PLANNER, True, False),
        (Role.GRID_WORKER, False, False),
    ):
        told = config(sign_in(role))
        assert (told["sees_cameras"], told["takes_pictures"]) == (sees, takes)


def test_scripts_and_styles_are_files_of_ours(operator: Client) -> None:
    page = operator.get("/wall/").content.decode()

    assert not re.findall(r'(?:src|href)="https?://', page)
    assert " onclick=" not in page
    assert " style=" not in page
    for inline in re.findall(r"<script(?![^>]*\ssrc=)([^>]*)>", page):
        assert "nonce=" in inline or 'type="application/json"' in inline


def test_every_script_of_the_page_is_in_its_map(operator: Client) -> None:
    page = operator.get("/wall/").content.decode()
    found = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    imports = json.loads(found[1])["imports"]

    assert "maplibre-gl" in imports
    for address in imports.values():
        assert re.search(r"\.[0-9a-f]{12}\.m?js$", address)
        answer = operator.get(address)
        assert answer.status_code == 200
        content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        if address.endswith(".mjs"):
            continue
        wanted = set(re.findall(r'from "([^"]+)"', content))
        assert wanted <= set(imports)


def test_the_page_is_chinese_first(operator: Client) -> None:
    with translation.override(None):
        chinese = operator.get("/wall/").content.decode()
        english = operator.get("/wall/", headers={"Accept-Language": "en"}).content.decode()

    assert '<html lang="zh-hans">' in chinese
    assert '<html lang="en">' in english


@pytest.mark.usefixtures("laid_out")
def test_the_page_costs_a_fixed_number_of_queries(
    operator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    operator.get("/wall/")

    # Session, user, counts, extent, edition.
    with django_assert_num_queries(5):
        operator.get("/wall/")


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.js")), ids=lambda path: path.name)
def test_names_are_never_taken_for_markup(script: Path) -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|\beval\(|new Function"

    assert not re.findall(ways, script.read_text(encoding="utf-8"))
