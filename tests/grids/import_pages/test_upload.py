"""A file on its way in: who may send it, what is refused, and that nothing stays of the rest."""

from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client, RequestFactory

from gis_server.errors import Invalid
from gis_server.roles import Role
from grids.imports.limits import LIMITS
from grids.models import ImportRun
from grids.views.imports import upload
from tests.conftest import MakeUser, SignIn
from tests.grids.import_pages.bringing import STREET, renamed_grids, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def planner(sign_in: SignIn) -> Client:
    return sign_in(Role.PLANNER)


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_kept_under_a_name_of_ours(planner: Client, media: Path) -> None:
    answer = send(planner, renamed_grids(), name="../../网格.csv")

    run = ImportRun.objects.get()
    assert answer.status_code == 201
    assert answer.json() == {"url": f"/imports/{run.id}/"}
    assert (run.source_name, run.scope, run.valid_from) == ("网格.csv", "140107", date(2026, 1, 1))
    assert [path.read_bytes() for path in kept(media)] == [renamed_grids()]


@pytest.mark.parametrize(
    ("about", "status"),
    [
        pytest.param({"kind": "residents"}, 422, id="no such kind"),
        pytest.param({"scope": ""}, 422, id="no territory"),
        pytest.param({"scope": "14010７"}, 422, id="digits that are none"),
        pytest.param({"scope": "140108"}, 403, id="somebody else's district"),
        pytest.param({"scope": "14"}, 403, id="more than one's own"),
        pytest.param({"valid_from": "tomorrow"}, 422, id="no day"),
        pytest.param({"valid_from": "0001-01-01"}, 422, id="a day before the country"),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_kept(
    planner: Client, media: Path, about: dict[str, str], status: int
) -> None:
    answer = send(planner, renamed_grids(), **about)

    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert (ImportRun.objects.count(), kept(media)) == (0, [])


def test_an_empty_file_is_refused(planner: Client, media: Path) -> None:
    assert send(planner, b"").status_code == 422
    assert kept(media) == []


def test_a_file_over_the_limit_is_refused_before_it_is_read(planner: Client, media: Path) -> None:
    answer = planner.post(
        "/imports/upload/?kind=grids&scope=140107&valid_from=2026-01-01&name=a.csv",
        b"x",
        content_type="application/octet-stream",
        headers={"Content-Length": str(LIMITS.file_bytes + 1)},
    )

    assert answer.status_code == 422
    assert "2048" in answer.json()["error"]["message"]
    assert kept(media) == []


def test_nothing_stays_of_an_upload_that_broke_off(make_user: MakeUser, media: Path) -> None:
    query = "kind=grids&scope=140107&valid_from=2026-01-01&name=a.csv"
    request = RequestFactory().post(f"/imports/upload/?{query}")
    said, came = "5000", b"code,name"
    request = WSGIRequest(request.environ | {"CONTENT_LENGTH": said, "wsgi.input": BytesIO(came)})
    request.user = make_user(Role.PLANNER)

    with pytest.raises(Invalid):
        upload(request)

    assert (ImportRun.objects.count(), kept(media)) == (0, [])


@pytest.mark.parametrize(
    "role", [Role.OPERATOR, Role.MAINTAINER, Role.GRID_WORKER, Role.DISTRICT_LEADER, Role.AUDITOR]
)
def test_roles_that_do_not_import_send_nothing(sign_in: SignIn, media: Path, role: Role) -> None:
    client = sign_in(role)

    assert send(client, renamed_grids()).status_code == 403
    assert client.get("/imports/").status_code == 403
    assert kept(media) == []


def test_a_page_of_another_site_cannot_send_a_file(make_user: MakeUser, media: Path) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user(Role.PLANNER))

    assert send(client, renamed_grids()).status_code == 403
    assert kept(media) == []


def test_a_user_of_a_street_imports_into_that_street_only(sign_in: SignIn) -> None:
    client = sign_in(Role.PLANNER, (STREET,))

    assert send(client, renamed_grids(), scope=STREET).status_code == 201
    assert send(client, renamed_grids(), scope="140107").status_code == 403
