"""The desk's page: what stands in it, and for whom."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from gis_server.roles import Role
from maps import views
from tests.conftest import SignIn

SCRIPTS = Path(views.__file__).parent / "static" / "maps" / "desk"


def config(client: Client, address: str = "/map/") -> dict[str, Any]:
    page = client.get(address).content.decode()
    found = re.search(r'id="desk-config" type="application/json">(.*?)</script>', page)
    assert found
    return dict(json.loads(found[1]))


def test_a_stranger_signs_in_and_gets_the_view_he_was_sent(stranger: Client) -> None:
    answer = stranger.get("/map/?at=15/37.9/112.5", headers={"Accept": "text/html"})

    assert answer.headers["Location"] == "/sign-in/?next=/map/%3Fat%3D15/37.9/112.5"


def test_the_page_says_what_its_reader_may(sign_in: SignIn) -> None:
    for role, sees in ((Role.OPERATOR, True), (Role.PLANNER, True), (Role.GRID_WORKER, False)):
        assert config(sign_in(role))["sees_cameras"] is sees


def test_every_script_of_the_page_is_in_its_map(operator: Client) -> None:
    page = operator.get("/map/").content.decode()
    found = re.search(r'<script type="importmap"[^>]*>(.*?)</script>', page, re.DOTALL)
    assert found
    imports = json.loads(found[1])["imports"]

    for address in [*imports.values(), re.findall(r'module" src="([^"]+)"', page)[0]]:
        assert re.search(r"\.[0-9a-f]{12}\.m?js$", address)
        answer = operator.get(address)
        assert answer.status_code == 200
        content = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
        if not address.endswith(".mjs"):
            assert set(re.findall(r'from "([^"]+)"', content)) <= set(imports)


@pytest.mark.usefixtures("laid_out")
def test_the_page_costs_a_fixed_number_of_queries(
    operator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    operator.get("/map/")

    # Session, user, counts, extent, edition; divisions, owners and teams to choose from.
    with django_assert_num_queries(8):
        operator.get("/map/")


@pytest.mark.parametrize("script", sorted(SCRIPTS.rglob("*.js")), ids=lambda path: path.name)
def test_names_are_never_taken_for_markup(script: Path) -> None:
    ways = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|\beval\(|new Function"

    assert not re.findall(ways, script.read_text(encoding="utf-8"))
