"""Searching by place: what lies inside, within metres, for whom, and what is refused."""

import csv
import io
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import geopandas as gpd
import pytest
import shapely
from django.contrib.gis.geos import Point
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from cameras.models import Camera, CameraState, Owner, Team
from events.models import Category
from gis_server.geo import ELLIPSOID, WEB_MERCATOR, WGS84, convert
from gis_server.models import AuditRow
from gis_server.roles import Role
from maps.desk import selecting
from maps.files import limits
from tests.conftest import SignIn
from tests.maps.territory import FIRST, SECOND, square
from tests.maps.test_event_tiles import put

pytestmark = pytest.mark.usefixtures("laid_out")
HERE = convert(square(0, 1).centroid, WEB_MERCATOR, WGS84)
AT = f"{HERE.x:.7f},{HERE.y:.7f}"
LON, LAT = (float(number) for number in AT.split(","))


def box_of(row: int, column: int) -> str:
    return ",".join(f"{edge:.7f}" for edge in convert(square(row, column), 3857, 4326).bounds)


@pytest.fixture
def owner(laid_out: None) -> Owner:
    return Owner.objects.create(name="Unit")


@pytest.fixture
def team(laid_out: None) -> Team:
    return Team.objects.create(name="Team")


@pytest.fixture
def entry(laid_out: None) -> Category:
    group = Category.objects.create(kind="service", code="T-1", name="Streets")
    return Category.objects.create(kind="service", code="T-1-1", name="A hole", parent=group)


def camera(
    owner: Owner, team: Team, lon: float, lat: float, state: str = "online", **more: Any
) -> Camera:
    number = Camera.objects.count()
    made = Camera.objects.create(
        code=f"14010700001320000{number:03d}", name=f"=cmd {number}", host="10.31.77.9",
        path="/live", point=Point(lon, lat, srid=4326), owner=owner, team=team,
        **({"scope_code": FIRST} | more),
    )  # fmt: skip
    now = timezone.now()
    told = {"state": state, "reason": "ok", "since": now, "due_at": now}
    CameraState.objects.update_or_create(camera=made, defaults=told)
    return made


def ask(client: Client, **question: Any) -> dict[str, Any]:
    answer = client.get(f"/api/maps/select/?{urlencode(question, doseq=True)}")
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told | {one["layer"]: one for one in told["layers"]}


def ids(told: dict[str, Any], layer: str = "cameras") -> list[int]:
    return [item["id"] for item in told[layer]["items"]]


def test_the_cameras_within_200_m_are_those_that_a_geodesic_finds(
    operator: Client, owner: Owner, team: Team
) -> None:
    """Karney's geodesic (PROJ) lays them out, 5 cm inside and outside, in all directions."""
    inside: list[int] = []
    outside: list[int] = []
    for bearing in range(0, 360, 30):
        for far, kept in (199.95, inside), (200.05, outside):
            lon, lat, _back = ELLIPSOID.fwd(LON, LAT, bearing, far)
            kept.append(camera(owner, team, lon, lat).pk)

    told = ask(operator, point=AT, radius_m=200, layer="cameras", limit=1000)

    assert sorted(ids(told)) == inside
    assert told["cameras"]["matched"] == len(inside)
    distances = [item["distance_m"] for item in told["cameras"]["items"]]
    assert distances == pytest.approx([199.95] * 12, abs=0.011)


def test_the_outline_of_200_m_lies_200_m_away(operator: Client) -> None:
    outline = ask(operator, point=AT, radius_m=200)["outline"]
    ring = outline["coordinates"][0]

    assert outline["type"] == "Polygon"
    for lon, lat in ring:
        assert ELLIPSOID.inv(LON, LAT, lon, lat)[2] == pytest.approx(200, rel=1e-3)


def test_an_area_is_told_as_the_ellipsoid_has_it(operator: Client) -> None:
    told = ask(operator, bbox=box_of(0, 1))

    # 400 m of Web Mercator at this latitude are 400 m x cos(lat) and a little on the ground; the
    # number is GeographicLib's for the same corners.
    corners = shapely.box(*(float(edge) for edge in box_of(0, 1).split(",")))
    assert told["area_m2"] == pytest.approx(
        abs(ELLIPSOID.geometry_area_perimeter(corners)[0]), abs=0.1
    )
    assert 95_000 < told["area_m2"] < 105_000


def test_a_polygon_finds_each_layer_with_its_numbers(
    operator: Client, owner: Owner, team: Team, entry: Category
) -> None:
    down = camera(owner, team, LON, LAT, "offline")
    up = camera(owner, team, LON + 1e-5, LAT)
    event = put(entry)
    ring = shapely.box(*(float(edge) for edge in box_of(0, 0).split(","))).union(
        shapely.box(*(float(edge) for edge in box_of(0, 1).split(",")))
    )
    corners = ";".join(f"{lon:.7f},{lat:.7f}" for lon, lat in ring.convex_hull.exterior.coords)

    told = ask(operator, polygon=corners)

    assert ids(told) == [down.pk, up.pk], "what is down comes first"
    assert told["cameras"]["counts"] == {"offline": 1, "degraded": 0, "unknown": 0, "online": 1}
    assert ids(told, "events") == [event.pk]
    assert [item["properties"]["code"] for item in told["grids"]["items"]][:2] == [
        f"{FIRST}001001", f"{FIRST}001002",
    ]  # fmt: skip


def test_what_is_near_a_thing_leaves_that_out(operator: Client, owner: Owner, team: Team) -> None:
    first, second = camera(owner, team, LON, LAT), camera(owner, team, LON + 1e-4, LAT)

    told = ask(operator, near=f"cameras:{first.pk}", radius_m=50, layer="cameras")

    assert ids(told) == [second.pk]
    assert told["cameras"]["items"][0]["distance_m"] == pytest.approx(
        ELLIPSOID.inv(LON, LAT, LON + 1e-4, LAT)[2], abs=0.02
    )


def test_a_grid_is_named_by_its_code_and_searched_inside(
    operator: Client, owner: Owner, team: Team
) -> None:
    inside = camera(owner, team, LON, LAT)
    camera(owner, team, LON, LAT + 0.01)

    assert ids(ask(operator, near=f"grids:{FIRST}001002", layer="cameras")) == [inside.pk]


def test_nobody_finds_what_lies_in_another_street(
    sign_in: SignIn, owner: Owner, team: Team, entry: Category
) -> None:
    theirs = camera(owner, team, LON, LAT)
    put(entry)
    west, south, _east, _north = box_of(0, 0).split(",")
    _west, _south, east, north = box_of(1, 2).split(",")
    stranger = sign_in(Role.STREET_LEADER, (SECOND,))

    told = ask(stranger, bbox=f"{west},{south},{east},{north}")

    assert [one["matched"] for one in told["layers"] if one["layer"] != "grids"] == [0] * 6
    assert told["cameras"]["counts"]["online"] == 0
    assert {item["properties"]["code"][:9] for item in told["grids"]["items"]} == {SECOND}
    for near in (f"cameras:{theirs.pk}", f"grids:{FIRST}001002"):
        question = urlencode({"near": near, "radius_m": 5000})
        assert stranger.get(f"/api/maps/select/?{question}").status_code == 404
    assert stranger.get(f"/api/maps/select/?point={AT}&radius_m=9&area={FIRST}").status_code == 404


def test_a_role_finds_its_own_layers_alone(sign_in: SignIn, owner: Owner, team: Team) -> None:
    there = camera(owner, team, LON, LAT)
    worker = sign_in(Role.PATROLLER, (FIRST,))

    assert {one["layer"] for one in ask(worker, bbox=box_of(0, 1))["layers"]} == {
        "grids", "buildings", "shops", "services",
    }  # fmt: skip
    for question in (
        {"bbox": box_of(0, 1), "layer": "cameras"},
        {"near": f"cameras:{there.pk}", "radius_m": 10},
    ):
        assert worker.get(f"/api/maps/select/?{urlencode(question)}").status_code == 403


@pytest.mark.parametrize(
    ("question", "found"),
    [
        pytest.param({"camera_state": ["offline", "unknown"]}, [0], id="states"),
        pytest.param({"camera_owner": "Unit"}, [0, 1], id="an owner"),
        pytest.param({"camera_owner": "'; --"}, [], id="a hostile owner"),
        pytest.param({"camera_team": "Other"}, [1], id="a team"),
        pytest.param({"camera_priority": "key_area"}, [1], id="a kind"),
        pytest.param({"camera_state": "offline", "camera_team": "Other"}, [], id="both must hold"),
        pytest.param({"area": f"{FIRST}001002"}, [0, 1], id="a grid"),
        pytest.param({"area": f"{SECOND}"}, [], id="another street"),
    ],
)
def test_filters_narrow_what_is_found(
    operator: Client, owner: Owner, team: Team, question: dict[str, Any], found: list[int]
) -> None:
    other = Team.objects.create(name="Other")
    made = [
        camera(owner, team, LON, LAT, "offline"),
        camera(owner, other, LON, LAT, priority="key_area"),
    ]

    told = ask(operator, bbox=box_of(0, 1), layer="cameras", **question)

    assert ids(told) == [made[number].pk for number in found]


def test_events_are_filtered_by_kind_severity_state_and_age(
    operator: Client, entry: Category
) -> None:
    old = timezone.now() - timezone.timedelta(hours=30)  # type: ignore[attr-defined]
    event = put(entry, severity="major", reported_at=old, received_at=old)
    inside = {"bbox": box_of(0, 0), "layer": "events"}

    for kept in (
        {"event_kind": "service"}, {"event_severity": ["urgent", "major"]},
        {"event_state": "reported"}, {"event_older_h": 29},
    ):  # fmt: skip
        assert ids(ask(operator, **inside, **kept), "events") == [event.pk], kept
    for lost in ({"event_kind": "safety"}, {"event_severity": "minor"}, {"event_older_h": 31}):
        assert ids(ask(operator, **inside, **lost), "events") == [], lost


def test_pages_follow_each_other_without_a_gap(operator: Client, owner: Owner, team: Team) -> None:
    made = [camera(owner, team, LON, LAT).pk for _number in range(5)]
    found: list[int] = []
    address = f"/api/maps/select/?point={AT}&radius_m=10&layer=cameras&limit=2"
    while address:
        [told] = operator.get(address).json()["layers"]
        found += [item["id"] for item in told["items"]]
        address = told["next"]

    assert found == made


@pytest.mark.parametrize(
    "question",
    [
        pytest.param({}, id="no place"),
        pytest.param({"point": AT}, id="a point without a radius"),
        pytest.param({"line": f"{AT};112,37"}, id="a line without a radius"),
        pytest.param({"point": AT, "bbox": box_of(0, 0)}, id="two places"),
        pytest.param({"point": AT, "radius_m": "nan"}, id="NaN metres"),
        pytest.param({"point": AT, "radius_m": "-1"}, id="negative metres"),
        pytest.param({"point": AT, "radius_m": "20001"}, id="too far"),
        pytest.param({"point": "179.999,37", "radius_m": "5000"}, id="over the antimeridian"),
        pytest.param({"polygon": "112,37;113,38;113,37;112,38"}, id="crossing itself"),
        pytest.param({"near": "cameras:x"}, id="no number"),
        pytest.param({"near": "secrets:1", "radius_m": 5}, id="no layer"),
        pytest.param({"bbox": box_of(0, 0), "layer": "secrets"}, id="unknown layer"),
        pytest.param({"bbox": box_of(0, 0), "camera_state": "fine"}, id="unknown state"),
        pytest.param({"bbox": box_of(0, 0), "camera_sate": "online"}, id="a slip of the pen"),
        pytest.param({"bbox": box_of(0, 0), "camera_owner": ["x"] * 41}, id="many owners"),
        pytest.param({"bbox": box_of(0, 0), "camera_owner": "\0"}, id="NUL"),
        pytest.param({"bbox": box_of(0, 0), "event_older_h": "-1"}, id="negative age"),
        pytest.param({"bbox": box_of(0, 0), "limit": "1001"}, id="too many at once"),
        pytest.param({"bbox": box_of(0, 0), "area": "14%"}, id="no area"),
    ],
)
def test_what_cannot_be_asked_is_said(operator: Client, question: dict[str, Any]) -> None:
    text = urlencode(question, doseq=True)
    for address in ("select/", "select.csv", "select.geojson", "select.gpkg"):
        answer = operator.get(f"/api/maps/{address}?{text}")

        assert answer.status_code == 422
        assert answer.json()["error"]["message"]
    assert not AuditRow.objects.exists()


def test_a_table_holds_what_was_found_and_is_noted(
    operator: Client, owner: Owner, team: Team
) -> None:
    there = camera(owner, team, LON, LAT)
    answer = operator.get(f"/api/maps/select.csv?point={AT}&radius_m=10&layer=cameras")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    [head, row] = csv.reader(io.StringIO(text.removeprefix("\ufeff")))

    assert text.startswith("\ufeff")
    assert len(head) == len(row)
    assert (row[0], row[2]) == (str(there.pk), f"'{there.name}")
    assert [float(number) for number in row[-3:]] == pytest.approx([LON, LAT, 0])
    assert "10.31.77.9" not in text
    [noted] = AuditRow.objects.filter(action="map.exported")
    assert (noted.detail["format"], noted.detail["rows"]) == ("csv", 1)


def test_geojson_holds_all_layers_with_their_shapes(
    operator: Client, owner: Owner, team: Team
) -> None:
    there = camera(owner, team, LON, LAT)
    answer = operator.get(f"/api/maps/select.geojson?bbox={box_of(0, 1)}&layer=cameras&layer=grids")
    features = {one["id"]: one for one in json.loads(answer.content)["features"]}

    assert features[f"cameras.{there.pk}"]["geometry"]["coordinates"] == pytest.approx([LON, LAT])
    assert {one["geometry"]["type"] for one in features.values()} == {"Point", "Polygon"}


def test_a_package_holds_the_same_rows_in_a_layer_each_and_is_noted(
    sign_in: SignIn, owner: Owner, team: Team, entry: Category, tmp_path: Path
) -> None:
    inside = camera(owner, team, LON, LAT, "offline")
    camera(owner, team, LON + 1e-4, LAT, "online")
    camera(owner, team, LON, LAT + 0.01, "offline")
    there = convert(square(1, 1).centroid, WEB_MERCATOR, WGS84)
    theirs = camera(owner, team, there.x, there.y, "offline", scope_code=SECOND)
    event = put(entry)
    leader = sign_in(Role.STREET_LEADER, (FIRST,))
    question = f"point={AT}&radius_m=900&camera_state=offline&layer=" + "&layer=".join(
        ("cameras", "events", "grids", "shops")
    )
    told = leader.get(f"/api/maps/select/?{question}").json()
    path = tmp_path / "map.gpkg"
    answer = leader.get(told["gpkg"])
    path.write_bytes(b"".join(answer.streaming_content))  # type: ignore[attr-defined]
    cameras, events = (gpd.read_file(path, layer=name) for name in ("cameras", "events"))

    assert answer.headers["Content-Type"] == "application/geopackage+sqlite3"
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert list(gpd.list_layers(path)["name"]) == ["cameras", "events", "grids", "shops"]
    assert list(cameras["id"]) == [inside.pk]
    assert theirs.code.encode() not in path.read_bytes()
    assert cameras["distance_m"][0] == pytest.approx(0, abs=0.02)
    assert (cameras.crs.to_epsg(), cameras.geometry[0].x) == (4326, pytest.approx(LON))
    assert list(events["number"]) == [event.number]
    assert events["reported_at"][0].tzinfo is not None
    assert {one.geom_type for one in gpd.read_file(path, layer="grids").geometry} == {
        "MultiPolygon",
    }  # fmt: skip
    assert len(gpd.read_file(path, layer="shops")) == 0
    assert b"10.31.77.9" not in path.read_bytes()
    assert "状态：离线" in path.read_bytes().decode(errors="ignore")
    [noted] = AuditRow.objects.filter(action="map.exported")
    rows = sum(one["matched"] for one in told["layers"])
    assert (noted.detail["format"], noted.detail["rows"]) == ("gpkg", rows)
    assert (noted.detail["layers"], noted.scope) == ("cameras events grids shops", FIRST)


def test_packages_have_the_limit_of_files(
    operator: Client, owner: Owner, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selecting, "MOST_IN_A_FILE", 1)
    monkeypatch.setattr(limits, "MOST_A_MINUTE", 1)
    cache.clear()
    for _number in range(2):
        camera(owner, team, LON, LAT)
    address = f"/api/maps/select.gpkg?point={AT}&radius_m=10&layer=cameras"

    assert [operator.get(address).status_code for _time in range(2)] == [422, 429]
    assert not AuditRow.objects.exists()


def test_too_much_for_a_file_is_said_and_not_cut(
    operator: Client, owner: Owner, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selecting, "MOST_IN_A_FILE", 1)
    for _number in range(2):
        camera(owner, team, LON, LAT)

    answer = operator.get(f"/api/maps/select.csv?point={AT}&radius_m=10&layer=cameras")

    assert answer.status_code == 422
    assert "1" in answer.json()["error"]["message"]
    assert not AuditRow.objects.exists()


def test_a_search_costs_a_bounded_number_of_queries(
    operator: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    # Session and user, the outline, for each of seven layers a page and its number with their time
    # limits, and three for who is on duty.
    with django_assert_max_num_queries(2 + 4 + 7 * 5 + 3):
        operator.get(f"/api/maps/select/?point={AT}&radius_m=200")
