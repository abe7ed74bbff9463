"""Maps as files: who gets what, cut to their reach, noted, limited, and read by other programs."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import geopandas as gpd
import pypdfium2
import pytest
import shapely
from django.contrib.gis.gdal import DataSource
from django.contrib.gis.geos import Point
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from PIL import Image

from cameras.models import Camera, CameraState, Outage, OutageMember, Owner, Team
from events.models import Category
from gis_server.geo import WEB_MERCATOR, WGS84, convert
from gis_server.models import AuditRow
from gis_server.roles import Role
from gis_server.vault import seal
from grids.models import Grid
from maps.files import limits, making
from maps.files.content import Most
from tests.conftest import SignIn
from tests.maps.territory import FIRST, SECOND, SIDE, SOUTH, WEST
from tests.maps.test_event_tiles import put

HOST, LOGIN = "10.31.77.9", "viewer-of-all"
FORMATS = ("html", "pdf", "png", "gpkg")
pytestmark = pytest.mark.usefixtures("laid_out")


@pytest.fixture(autouse=True)
def _no_limit_yet() -> None:
    cache.clear()


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else bytes(answer.content)


def lon_lat_of(x: float, y: float) -> tuple[float, float]:
    """Of metres of the web's projection."""
    moved = convert(shapely.Point(x, y), WEB_MERCATOR, WGS84)
    return moved.x, moved.y


def package(answer: Any, tmp_path: Path) -> Path:
    path = tmp_path / "map.gpkg"
    path.write_bytes(body(answer))
    return path


@pytest.fixture
def entry(laid_out: None) -> Category:
    group = Category.objects.create(kind="service", code="T-1", name="Streets")
    return Category.objects.create(kind="service", code="T-1-1", name="A hole", parent=group)


@pytest.fixture
def cameras(laid_out: None) -> list[Camera]:
    """One camera in the middle grid of each street, both down behind one subnet."""
    now = timezone.now()
    owner, team = Owner.objects.create(name="Unit"), Team.objects.create(name="Team")
    found = []
    outage = Outage.objects.create(
        opened_at=now, reason="connect_timeout", suspect_kind="subnet", suspect_name=f"{HOST}/24",
    )  # fmt: skip
    for number, street in enumerate((FIRST, SECOND)):
        x, y = WEST + 1.5 * SIDE, SOUTH + (number + 0.5) * SIDE
        lon, lat = lon_lat_of(x, y)
        point = Point(lon, lat, srid=4326)
        camera = Camera.objects.create(
            code=f"1401070000132000000{number}", name=f"=cmd {street}", host=HOST, path="/live",
            username=LOGIN, sealed_password=seal(LOGIN), point=point, owner=owner, team=team,
            scope_code=street,
            grid=Grid.objects.get(code=f"{street}001002"),
        )  # fmt: skip
        CameraState.objects.update_or_create(
            camera=camera,
            defaults={"state": "offline", "reason": "connect_timeout", "since": now, "due_at": now},
        )
        OutageMember.objects.create(
            outage=outage, camera=camera, joined_at=now, reason="connect_timeout"
        )
        found.append(camera)
    return found


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_comes_as_a_file_that_nobody_keeps(
    operator: Client, cameras: list[Camera], form: str
) -> None:
    answer = operator.get(f"/maps/files/map.{form}")

    assert answer.status_code == 200
    assert f'.{form}"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    begins = {"html": b"<!DOCTYPE html>", "pdf": b"%PDF", "png": b"\x89PNG", "gpkg": b"SQLite"}
    assert body(answer).startswith(begins[form])


@pytest.mark.parametrize("form", ["html", "gpkg"])
def test_a_street_leader_gets_nothing_of_another_street(
    sign_in: SignIn, cameras: list[Camera], form: str
) -> None:
    own = sign_in(Role.STREET_LEADER, (FIRST,))
    told = body(own.get(f"/maps/files/map.{form}?layer=down&layer=outages&layer=events"))

    assert FIRST.encode() in told
    assert SECOND.encode() not in told


def test_a_sheet_of_a_street_leader_names_nothing_of_another_street(
    sign_in: SignIn, cameras: list[Camera]
) -> None:
    own = sign_in(Role.STREET_LEADER, (FIRST,))
    pdf = body(own.get("/maps/files/map.pdf?bbox=100,30,120,45"))
    told = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()

    assert FIRST in told
    assert SECOND not in told


def test_there_is_no_other_format(operator: Client) -> None:
    assert operator.get("/maps/files/map.exe").status_code == 404


def test_a_box_over_all_streets_is_cut_to_the_own(
    sign_in: SignIn, cameras: list[Camera], tmp_path: Path
) -> None:
    own = sign_in(Role.STREET_LEADER, (FIRST,))
    path = package(own.get("/maps/files/map.gpkg?bbox=100,30,120,45&layer=down"), tmp_path)

    assert list(gpd.read_file(path, layer="cameras")["name"]) == [f"=cmd {FIRST}"]
    assert len(gpd.read_file(path, layer="grids")) == 3


@pytest.mark.parametrize("form", ["html", "gpkg"])
def test_no_address_or_login_of_a_device_is_in_a_file(
    operator: Client, cameras: list[Camera], form: str
) -> None:
    told = body(operator.get(f"/maps/files/map.{form}?layer=down&layer=online&layer=outages"))

    assert b"=cmd" in told
    assert HOST.encode() not in told
    assert LOGIN.encode() not in told


def test_another_area_is_not_there(sign_in: SignIn) -> None:
    own = sign_in(Role.STREET_LEADER, (FIRST,))

    assert own.get(f"/maps/files/map.pdf?area={SECOND}").status_code == 404


@pytest.mark.parametrize(
    ("role", "question"),
    [
        (Role.GRID_WORKER, "layer=down"),
        (Role.GRID_WORKER, "figure=intact"),
        (Role.GRID_WORKER, "figure=coverage"),
        (Role.PLANNER, "layer=events"),
    ],
)
def test_a_layer_that_a_role_lacks_is_refused(sign_in: SignIn, role: Role, question: str) -> None:
    answer = sign_in(role).get(f"/maps/files/map.gpkg?{question}")

    assert answer.status_code == 403
    assert AuditRow.objects.filter(action="map.exported").count() == 0


@pytest.mark.parametrize(
    "question",
    [
        "bbox=1,2,3", "bbox=nan,30,120,45", "bbox=120,30,100,45", "layer=' OR 1=1", "figure=x",
        "day=2199-01-01", "day=2020-01-01", "paper=A0", "turn=round", "crs=3857", "area=x",
        "title=" + "x" * 41,
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(operator: Client, question: str) -> None:
    answer = operator.get(f"/maps/files/map.pdf?{question}")

    assert answer.status_code == 422
    assert answer.json()["error"]["message"]


def test_where_nothing_lies_is_no_map(operator: Client) -> None:
    assert operator.get("/maps/files/map.pdf?bbox=10,10,11,11").status_code == 404


def test_too_much_for_a_file_is_said_and_nothing_is_written(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "IN_PACKAGE", Most(grids=2, spots=2))
    answer = operator.get("/maps/files/map.gpkg")

    assert answer.status_code == 422
    assert AuditRow.objects.filter(action="map.exported").count() == 0


def test_it_is_noted_who_took_what(sign_in: SignIn) -> None:
    client = sign_in(Role.STREET_LEADER, (FIRST,))
    body(client.get("/maps/files/map.gpkg?figure=events&layer=events"))
    row = AuditRow.objects.get(action="map.exported")

    assert (row.who, row.scope) == (f"street_leader-{FIRST}", FIRST)
    assert row.detail["format"] == "gpkg"
    assert (row.detail["layers"], row.detail["figure"]) == ("events", "events")
    # A street, its community and three grids.
    assert row.detail["rows"] == 5


def test_a_preview_leaves_no_note_and_is_small(operator: Client) -> None:
    answer = operator.get("/maps/files/map.png?size=preview&figure=events&turn=portrait")

    # A4 upright at 96 points an inch.
    assert Image.open(BytesIO(answer.content)).size == pytest.approx((794, 1123), abs=1)
    assert AuditRow.objects.filter(action="map.exported").count() == 0


def test_so_many_files_a_minute(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_A_MINUTE", 2)
    answers = [operator.get("/maps/files/map.gpkg?layer=none") for _number in range(3)]
    for one in answers:
        body(one)

    assert [one.status_code for one in answers] == [200, 200, 429]
    assert answers[2].headers["Retry-After"] == "60"


@pytest.mark.parametrize("srid", [4326, 4490])
def test_a_package_is_read_by_geopandas_and_gdal(
    operator: Client, cameras: list[Camera], tmp_path: Path, srid: int
) -> None:
    path = package(
        operator.get(f"/maps/files/map.gpkg?crs={srid}&figure=intact&layer=down&layer=outages"),
        tmp_path,
    )
    source = DataSource(path)
    layers = {source[number].name: source[number] for number in range(len(source))}
    grids = gpd.read_file(path, layer="grids").sort_values("code")

    assert {name: len(layer) for name, layer in layers.items()} == {
        "divisions": 5, "grids": 6, "cameras": 2, "outages": 1,
    }  # fmt: skip
    assert {layer.srs.srid for layer in layers.values()} == {srid}
    assert grids.crs.to_epsg() == srid
    assert list(grids["name"])[:3] == ["1号网格", "2号网格", "3号网格"]
    # One camera in each middle grid, which is down; in the others none.
    assert list(grids["intact"].fillna(-1)) == [-1, 0, -1] * 2
    west, south, east, north = grids.total_bounds
    assert 112 < west < east < 113
    assert 37 < south < north < 39


@pytest.mark.parametrize(
    ("question", "left"),
    [
        pytest.param("camera_state=offline", [FIRST, SECOND], id="a state that both have"),
        pytest.param("camera_state=degraded&camera_state=unknown", [], id="states that none has"),
        pytest.param("camera_owner=Other", [SECOND], id="an owner"),
        pytest.param("camera_team=Team&camera_owner=Unit", [FIRST], id="both must hold"),
        pytest.param("camera_priority=key_area", [], id="a kind"),
        pytest.param("camera_owner=%27;--", [], id="a hostile owner"),
        pytest.param("event_kind=safety", [FIRST, SECOND], id="what narrows others"),
    ],
)
def test_filters_of_the_map_narrow_a_file_and_are_told_in_it(
    operator: Client, cameras: list[Camera], tmp_path: Path, question: str, left: list[str]
) -> None:
    Camera.objects.filter(pk=cameras[1].pk).update(owner=Owner.objects.create(name="Other"))
    path = package(operator.get(f"/maps/files/map.gpkg?layer=down&{question}"), tmp_path)
    [note] = AuditRow.objects.filter(action="map.exported")
    page = body(operator.get(f"/maps/files/map.html?layer=down&{question}")).decode()

    assert list(gpd.read_file(path, layer="cameras")["name"]) == [f"=cmd {one}" for one in left]
    assert set(note.detail["filters"].split()) == set(unquote(question).split("&"))
    assert "只含：" in page
    assert "只含：" not in body(operator.get("/maps/files/map.html?layer=down")).decode()


def test_events_are_filtered_by_kind_severity_state_and_age(
    operator: Client, entry: Category, tmp_path: Path
) -> None:
    old = timezone.now() - timedelta(hours=30)
    put(entry, severity="major", reported_at=old, received_at=old)

    def found(question: str) -> int:
        answer = operator.get(f"/maps/files/map.gpkg?layer=events&{question}")
        return len(gpd.read_file(package(answer, tmp_path), layer="events"))

    kept = (
        "event_kind=service", "event_severity=urgent&event_severity=major", "event_state=reported",
        "event_older_h=29", "camera_state=offline",
    )  # fmt: skip
    lost = ("event_kind=safety", "event_severity=minor", "event_older_h=31")
    assert [found(one) for one in (*kept, *lost)] == [1] * 5 + [0] * 3


@pytest.mark.parametrize(
    "question", ["camera_state=fine", "camera_owner=%00", "event_older_h=-1", "event_kind=' OR 1"]
)
def test_a_filter_that_there_is_not_is_refused(operator: Client, question: str) -> None:
    assert operator.get(f"/maps/files/map.gpkg?{question}").status_code == 422


def test_a_sheet_says_what_its_filters_leave(operator: Client, cameras: list[Camera]) -> None:
    owners = "&".join(f"camera_owner=Unit%20{number}" for number in range(9))
    pdf = body(operator.get(f"/maps/files/map.pdf?camera_state=offline&{owners}"))
    told = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range().replace("\r\n", "")

    assert "摄像机 · 状态：离线" in told
    assert "Unit 0/Unit 1/Unit 2等，另有 6 项" in told
    assert "gis-server" in told


def test_nothing_stays_on_the_disk(
    operator: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    answer = operator.get("/maps/files/map.gpkg?layer=none")

    assert list(tmp_path.iterdir()) == []
    assert body(answer).startswith(b"SQLite")


def test_the_page_offers_what_its_reader_may_see(sign_in: SignIn) -> None:
    leader = sign_in(Role.STREET_LEADER, (FIRST,)).get("/maps/files/").content.decode()
    worker = sign_in(Role.GRID_WORKER, (FIRST,)).get("/maps/files/").content.decode()

    assert 'value="down"' in leader
    assert 'value="down"' not in worker
    assert 'value="events"' in worker
    assert SECOND not in leader


def test_the_page_keeps_the_view_of_the_wall(operator: Client) -> None:
    page = operator.get(
        "/maps/files/?bbox=112.5,37.8,112.6,37.9&layer=events&figure=events"
    ).content.decode()

    assert 'value="112.50000,37.80000,112.60000,37.90000"' in page
    assert '<option value="events" selected>' in page


def test_the_page_keeps_the_filters_and_says_what_no_file_holds(operator: Client) -> None:
    page = operator.get(
        "/maps/files/?layer=none&camera_state=offline&camera_owner=%3Cb%3E&lacks=people&lacks=base"
        "&lacks=%3Cscript%3E"
    ).content.decode()

    assert '<input type="checkbox" name="camera_state" value="offline" checked>' in page
    assert 'value="&lt;b&gt;" checked' in page
    assert "在岗人员、底图。" in page
    assert "map-lacking" not in operator.get("/maps/files/").content.decode()
