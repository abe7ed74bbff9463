"""A boundary plan as files: what is in them, who gets them, and that they come back as the plan."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

import geopandas
import openpyxl
import pytest
from django.test import Client

from gis_server.models import AuditRow
from gis_server.roles import Role
from grids import jobs
from grids.models import BoundaryPlan, Building, Grid
from tests.cameras.pdf_text import texts
from tests.conftest import SignIn
from tests.grids.import_pages import bringing
from tests.grids.plans.planning import NORTH, border_at, made, published, west_split
from tests.grids.territory import COMMUNITY, EAST, WEST, at, two_grids

pytestmark = pytest.mark.django_db
HOSTILE = "</script><img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def territory(db: None) -> None:
    two_grids()
    Building.objects.create(name=HOSTILE, point=at(112.3, 37.9), households=120, scope_code=WEST)


@pytest.fixture
def planner(sign_in: SignIn) -> Client:
    return sign_in(Role.PLANNER)


def taken(
    client: Client, plan: BoundaryPlan, form: str, status: int = 200, query: str = ""
) -> bytes:
    response: Any = client.get(f"/plans/{plan.pk}/files/plan.{form}{query}")
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert response.status_code == status, content[:300]
    return bytes(content)


def layer(content: bytes, folder: Path, name: str) -> Any:
    path = folder / "plan.gpkg"
    path.write_bytes(content)
    return geopandas.read_file(path, layer=name)


def test_the_package_holds_plan_shapes_and_impact(planner: Client, tmp_path: Path) -> None:
    content = taken(planner, made(west_split()), "gpkg")

    grids = layer(content, tmp_path, "grids")
    assert sorted(grids["code"]) == [WEST, EAST, NORTH]
    assert grids.crs.to_epsg() == 4326
    changes = layer(content, tmp_path, "plan_changes").set_index("code_after")
    assert changes.loc[NORTH, "households_after"] == 120
    assert changes.loc[WEST, "households_before"] == 120
    places = layer(content, tmp_path, "places")
    assert [(row.grid_before, row.grid_after) for row in places.itertuples()] == [(WEST, NORTH)]


def test_the_package_in_cgcs2000(planner: Client, tmp_path: Path) -> None:
    content = taken(planner, made(west_split()), "gpkg", query="?crs=4490")

    assert layer(content, tmp_path, "grids").crs.to_epsg() == 4490


def test_an_untouched_package_of_todays_grids_is_no_change(planner: Client) -> None:
    plan = published(west_split())

    run = bringing.checked(planner, taken(planner, plan, "gpkg"), name="方案.gpkg", kind="plans")

    assert (run.layer, {name: n for name, n in run.counts.items() if n}) == ("grids", {"same": 3})


def test_a_package_of_a_draft_comes_back_as_that_plan(planner: Client) -> None:
    plan = made(west_split())

    run = bringing.checked(planner, taken(planner, plan, "gpkg"), name="方案.gpkg", kind="plans")
    bringing.press(planner, run, "apply")
    jobs.write_import(run.id)

    run.refresh_from_db()
    again = BoundaryPlan.objects.get(pk=run.details["plan"])
    assert again.changes.count() == plan.changes.count()
    for one in plan.changes.all():
        twin = again.changes.get(code_after=one.code_after)
        assert one.after is not None
        assert twin.after is not None
        assert twin.after.equals(one.after)
        assert twin.name_after == one.name_after


def test_the_workbook(planner: Client) -> None:
    book = openpyxl.load_workbook(BytesIO(taken(planner, made(west_split()), "xlsx")))

    grids, communities, places, _steps = book.worksheets
    cells = [[cell.value for cell in row] for row in grids.iter_rows()]
    born = next(row for row in cells if row[2] == NORTH)
    assert 120 in born
    assert born[1] is None
    assert COMMUNITY in [row[1].value for row in communities.iter_rows()]
    assert [row[1].value for row in places.iter_rows()][1:] == [HOSTILE]


def test_the_paper_has_the_report_and_two_maps(planner: Client) -> None:
    content = taken(planner, made(west_split(), "移界方案"), "pdf")

    text = " ".join(texts(content))
    assert text.count("移界方案") >= 3
    assert NORTH in text
    assert len(re.findall(rb"/Type\s*/Page\b", content)) >= 3


def test_the_page_asks_no_network_and_names_stay_names(planner: Client) -> None:
    Grid.objects.filter(code=WEST).update(name=HOSTILE)

    html = taken(planner, made(west_split(), HOSTILE), "html").decode()

    assert "<img src=x" not in html
    assert "default-src 'none'" in html


@pytest.mark.parametrize("form", ["gpkg", "xlsx", "pdf", "html"])
def test_each_file_is_noted(planner: Client, form: str) -> None:
    plan = made(border_at(112.5))

    taken(planner, plan, form)

    row = AuditRow.objects.get(action="plan.exported")
    assert (row.subject, row.detail["format"], row.scope) == (str(plan.pk), form, "140107")


def test_who_may_take_them(planner: Client, sign_in: SignIn) -> None:
    plan = made(border_at(112.5))

    assert planner.get(f"/plans/{plan.pk}/files/").status_code == 200
    for role, scope, status in (
        (Role.OPERATOR, ("140107",), 403),
        (Role.PLANNER, ("140108",), 404),
        (Role.DISTRICT_LEADER, ("140107",), 200),
    ):
        client = sign_in(role, scope)
        assert client.get(f"/plans/{plan.pk}/files/").status_code == status
        taken(client, plan, "xlsx", status)
    taken(planner, plan, "docx", 404)
    taken(planner, plan, "gpkg", 422, "?crs=3857")
    assert AuditRow.objects.filter(action="plan.exported").count() == 1


def test_a_plan_of_another_kind_of_title_is_a_name(planner: Client) -> None:
    plan = made(border_at(112.5), HOSTILE)

    page = planner.get(f"/plans/{plan.pk}/files/").content.decode()

    assert "<img src=x" not in page
