"""What the OGC API answers: to whom, what, and to what it says no."""

import base64
import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
import shapely
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cameras.health import State
from cameras.models import CameraState
from gis_server.accounts import tokens
from gis_server.accounts.tokens import Wanted
from gis_server.geo import WGS84, convert
from gis_server.models import AuditRow
from gis_server.roles import MAY, Permission, Role
from gis_server.throttle import Pace
from grids.models import Building, GridShape
from maps.ogc import asking, views
from maps.ogc.collections import COLLECTIONS
from maps.ogc.crs import CRS84, EPSG, known
from patrols.models import Coverage, StoredGround
from tests.conftest import SignIn
from tests.house.streets import BOX, FIRST, SECOND, Street
from tests.maps.ogc.conftest import Ask

KINDS: dict[str, Any] = {
    "text": str,
    "whole": int,
    "number": (int, float),
    "yes_no": bool,
    "day": str,
    "time": str,
}
# Of the model street; its grid has no parent district in reach, and nobody was there today.
EMPTY = {"provinces", "cities", "districts", "coverage"}


def box(*numbers: float) -> str:
    return "bbox=" + ",".join(map(str, numbers))


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_collection_gives_features_as_its_table_says(ask: Ask, name: str) -> None:
    told = ask(name)

    collection = COLLECTIONS[name]
    assert told["type"] == "FeatureCollection"
    assert told["numberReturned"] == told["numberMatched"] == len(told["features"])
    assert bool(told["features"]) is (name not in EMPTY)
    for feature in told["features"]:
        assert feature["type"] == "Feature"
        assert isinstance(feature["id"], int)
        if feature["geometry"] is not None or not collection.may_lack_place:
            assert feature["geometry"]["type"] == collection.geometry
        assert list(feature["properties"]) == [column.name for column in collection.columns]
        for column in collection.columns:
            value = feature["properties"][column.name]
            assert value is None or isinstance(value, KINDS[column.kind])
            assert value in (None, "") or not column.choices or value in column.choices


@pytest.mark.parametrize("name", sorted(set(COLLECTIONS) - EMPTY))
def test_each_feature_is_found_alone_by_its_id(ask: Ask, boss: Client, name: str) -> None:
    feature = ask(name)["features"][0]

    alone = boss.get(f"/ogc/collections/{name}/items/{feature['id']}")

    links = alone.json().pop("links")
    assert {key: alone.json()[key] for key in feature} == feature
    assert [link["rel"] for link in links] == ["self", "alternate", "collection"]
    assert alone["Content-Type"] == "application/geo+json"
    assert alone["Content-Crs"] == f"<{CRS84}>"


@pytest.mark.parametrize("fid", ["0", "-1", "x", "9" * 30, "9" * 5000, "1.5", "1_2", "٣"])
def test_an_id_that_nobody_has_is_not_found(boss: Client, fid: str) -> None:
    assert boss.get(f"/ogc/collections/cameras/items/{fid}").status_code == 404


@pytest.mark.parametrize("name", sorted(set(COLLECTIONS) - EMPTY))
@pytest.mark.parametrize("srid", [4326, 4490, 3857, 4526, 4547])
def test_coordinates_are_told_in_the_crs_and_the_order_of_its_axes(
    ask: Ask, name: str, srid: int
) -> None:
    plain = ask(name)["features"]

    told = ask(name, f"crs={EPSG}{srid}")["features"]

    assert [(one["id"], one["properties"]) for one in told] == [
        (one["id"], one["properties"]) for one in plain
    ]
    for one, other in zip(told, plain, strict=True):
        if other["geometry"] is None:
            assert one["geometry"] is None
            continue
        here = shapely.from_geojson(json.dumps(one["geometry"]))
        there = shapely.from_geojson(json.dumps(other["geometry"]))
        expected = convert(there, WGS84, srid)
        # EPSG: 4326, 4490 and the zones name north first, 3857 does not.
        if srid != 3857:
            expected = shapely.transform(expected, lambda points: points[:, ::-1])
        tolerance = 2e-8 if srid in (4326, 4490) else 0.002
        assert shapely.equals_exact(here, expected, tolerance=tolerance)


def test_the_order_of_axes_is_that_of_a_known_place(ask: Ask) -> None:
    x, y = ask("cameras")["features"][0]["geometry"]["coordinates"]
    north, east = ask("cameras", f"crs={EPSG}4547")["features"][0]["geometry"]["coordinates"]

    # 112.6 E lies west of the meridian 114 E of the zone, whose eastings begin at 500,000 m there.
    assert (x, y) == pytest.approx((BOX[0] + 0.001, BOX[1] + 0.001))
    assert 370_000 < east < 380_000
    assert 4_190_000 < north < 4_200_000


WEST, SOUTH, EAST, NORTH = BOX


@pytest.mark.parametrize(
    ("question", "count"),
    [
        pytest.param(box(*BOX), 1, id="around it"),
        pytest.param(box(WEST, SOUTH, WEST + 0.0005, NORTH), 0, id="beside it"),
        pytest.param(
            box(WEST + 0.001, SOUTH + 0.001, WEST + 0.001, SOUTH + 0.001), 1, id="a point"
        ),
        pytest.param(box(WEST, SOUTH, 0, EAST, NORTH, 9), 1, id="with heights"),
        pytest.param(box(170, -10, -170, 80), 0, id="across the antimeridian, elsewhere"),
        pytest.param(box(100, 0, -100, 80), 1, id="across the antimeridian, over it"),
        pytest.param(
            box(SOUTH, WEST, NORTH, EAST) + f"&bbox-crs={EPSG}4326", 1, id="latitude first"
        ),
        pytest.param(box(*BOX) + f"&bbox-crs={CRS84}", 1, id="CRS84 by name"),
        pytest.param(box(*BOX) + "&bbox-crs=[OGC:CRS84]", 1, id="CRS84 as a safe name"),
        pytest.param(
            box(4_190_000, 370_000, 4_200_000, 380_000) + f"&bbox-crs={EPSG}4547", 1, id="zone"
        ),
        pytest.param(
            box(4_190_000, 38_370_000, 4_200_000, 38_380_000) + f"&bbox-crs={EPSG}4526",
            1,
            id="zone with its number",
        ),
        pytest.param(box(-1e12, -1e12, 1e12, 1e12) + f"&bbox-crs={EPSG}4547", 1, id="too wide"),
        pytest.param(
            box(1e12, 1e12, 2e12, 2e12) + f"&bbox-crs={EPSG}3857", 0, id="outside of the world"
        ),
    ],
)
def test_a_box_chooses_what_meets_it(ask: Ask, question: str, count: int) -> None:
    assert len(ask("cameras", question)["features"]) == count


def test_a_shape_that_only_its_own_box_meets_is_not_chosen(ask: Ask, street: Street) -> None:
    corner = f"POLYGON(({WEST} {SOUTH},{EAST} {SOUTH},{WEST} {NORTH},{WEST} {SOUTH}))"
    GridShape.objects.filter(grid=street.grid).update(shape=f"SRID=4326;{corner}")

    assert not ask("grids", box(EAST - 1e-4, NORTH - 1e-4, EAST, NORTH))["features"]
    assert ask("grids", box(WEST, SOUTH, WEST + 1e-4, SOUTH + 1e-4))["features"]


@pytest.mark.parametrize(
    "question",
    [
        "bbox=",
        "bbox=1,2,3",
        "bbox=nan,nan,nan,nan",
        "bbox=112,38,113,37",
        "bbox=-200,37,113,38",
        "bbox=1_12,37,113,38",
        "bbox=１１２,37,113,38",
        "bbox=112,37,inf,38",
        "bbox=1,1,2,2&bbox=1,1,2,2",
        f"bbox=2,2,1,1&bbox-crs={EPSG}3857",
        f"bbox=1,1,2,2&bbox-crs={EPSG}27700",
        "bbox-crs=EPSG:4326",
        "crs=nonsense",
        "crs=",
        "datetime=yesterday",
        "datetime=2026-02-30",
        "datetime=2026-03-02/2026-03-01",
        "datetime=",
        "limit=0",
        "limit=-1",
        "limit=ten",
        "limit=１",
        f"limit={'9' * 150}",
        "limit=1e3",
        "limit=",
        "after=x",
        f"after={'9' * 19}",
        "f=xml",
        "nonsense=1",
        "offset=10",
        "state=broken",
        "unstable=maybe",
        "direction_deg=north",
        f"direction_deg={10**12}",
        "since=soon",
        f"name={'x' * 300}",
        "name=%00",
        "token=gis_x",
    ],
)
def test_what_cannot_be_read_is_said_with_400(ask: Ask, question: str) -> None:
    told = ask("cameras", question, status=400)

    assert told["error"]["kind"] == "Invalid"
    assert re.search(r"[a-z]{3,}.*\.", told["error"]["message"])


@pytest.mark.parametrize("address", ["/ogc/", "/ogc/api", "/ogc/conformance", "/ogc/collections"])
@pytest.mark.parametrize("question", ["x=1", "f=csv", "f=gml"])
def test_other_addresses_refuse_as_well(boss: Client, address: str, question: str) -> None:
    answer = boss.get(f"{address}?{question}")

    assert answer.status_code == 400
    if question != "x=1":
        assert answer.json()["error"]["message"] == "f must be one of json, html."


def test_a_limit_is_told_by_what_comes_at_most(ask: Ask) -> None:
    told = ask("cameras", "limit=0", status=400)["error"]["message"]

    assert told == "limit must be a whole number of at least 1; of more than 10000, 10000 come."
    assert ask("cameras", f"limit={10**12}")["features"]


def test_the_sentence_is_in_the_readers_language(boss: Client) -> None:
    address = "/ogc/collections/cameras/items?limit=0"

    said = boss.get(address, headers={"accept-language": "zh-hans"}).json()["error"]["message"]

    assert re.search(r"[\u4e00-\u9fff]", said)


@pytest.mark.parametrize(
    ("question", "count"),
    [
        pytest.param("state=offline", 1, id="a word"),
        pytest.param("state=online", 0, id="another word"),
        pytest.param(f"scope_code={FIRST}*", 1, id="a beginning"),
        pytest.param(f"scope_code={SECOND}*", 0, id="another beginning"),
        pytest.param(f"scope_code={FIRST}", 0, id="the whole of a text"),
        pytest.param("name=' OR 1=1 --", 0, id="hostile"),
        pytest.param("name=%25%25s%25(x)s", 0, id="percent signs"),
        pytest.param("unstable=false", 1, id="no"),
        pytest.param("unstable=true&state=offline", 0, id="both must hold"),
        pytest.param("since=2020-01-01/..", 1, id="since"),
        pytest.param("since=../2020-01-01", 0, id="until"),
        pytest.param("since=../..", 1, id="any time"),
        pytest.param("last_probe_at=../..", 0, id="no time"),
    ],
)
def test_properties_are_filtered_by(ask: Ask, question: str, count: int) -> None:
    assert len(ask("cameras", question)["features"]) == count


def test_the_state_is_that_of_this_moment(ask: Ask, street: Street) -> None:
    assert ask("cameras")["features"][0]["properties"]["state"] == State.OFFLINE

    CameraState.objects.filter(camera=street.camera).update(state=State.ONLINE)
    assert ask("cameras")["features"][0]["properties"]["state"] == State.ONLINE
    # Of one that nobody has asked nothing is known.
    CameraState.objects.all().delete()
    assert ask("cameras")["features"][0]["properties"]["state"] == State.UNKNOWN


def test_grids_are_those_in_force_on_the_day_that_is_asked_for(ask: Ask, street: Street) -> None:
    today, yesterday = timezone.localdate(), timezone.localdate() - timedelta(days=1)
    old = GridShape.objects.get(grid=street.grid)
    old.valid = DateRange(date(2026, 1, 1), today)
    old.save()
    new = GridShape.objects.create(
        grid=street.grid, shape=old.shape, shape_3857=old.shape_3857, valid=DateRange(today, None)
    )

    def ids(question: str = "") -> list[int]:
        return [feature["id"] for feature in ask("grids", question)["features"]]

    assert ids() == [new.pk]
    assert ids(f"datetime={yesterday}") == [old.pk]
    assert ids(f"datetime={yesterday}/..") == ids("datetime=../..") == [old.pk, new.pk]
    assert ids("datetime=2025-12-31") == []
    last = ask("grids", f"datetime={yesterday}")["features"][0]["properties"]
    assert (last["valid_from"], last["valid_to"]) == ("2026-01-01", yesterday.isoformat())


def test_time_chooses_events_by_receipt_and_orders_while_open(ask: Ask, street: Street) -> None:
    received = street.event.received_at

    assert len(ask("events", f"datetime={timezone.localdate(received)}")["features"]) == 1
    assert ask("events", "datetime=../2020-01-01")["features"] == []
    # The order is open still.
    assert len(ask("repair-orders", "datetime=2090-01-01T00:00:00Z")["features"]) == 1
    assert ask("repair-orders", "datetime=2020-01-01T00:00:00Z")["features"] == []
    # What has no time is of all times.
    assert len(ask("cameras", "datetime=2020-01-01")["features"]) == 1


def test_coverage_is_of_a_day(ask: Ask, street: Street) -> None:
    today = timezone.localdate()
    Coverage.objects.create(
        day=today - timedelta(days=1), shift=street.duty.shift, grid=street.grid,
        ground=StoredGround.objects.earliest("id"), quarters=b"", streets=b"", buildings=b"",
        seen_quarters=3, all_quarters=4, seen_streets=0, all_streets=0, seen_buildings=1,
        all_buildings=1, is_bare=False, visits=2, updated_at=timezone.now(),
    )  # fmt: skip

    assert ask("coverage")["features"] == []
    [seen] = ask("coverage", f"datetime={today - timedelta(days=1)}")["features"]
    assert seen["properties"]["area_share"] == 0.75
    assert seen["properties"]["street_share"] is None
    assert seen["geometry"]["type"] == "Polygon"


def test_a_closed_event_is_past_and_not_open(ask: Ask, street: Street) -> None:
    now = timezone.now()
    type(street.event).objects.filter(pk=street.event.pk).update(
        state="closed", closed_at=now, closed_level="community"
    )

    assert ask("events-open")["features"] == []
    [event] = ask("events", "state=closed")["features"]
    assert event["properties"]["due"] is event["properties"]["due_at"] is None


# ---- Pages ---------------------------------------------------------------------------------------


@pytest.fixture
def many(street: Street) -> list[int]:
    """Buildings of the first street, with the one that is there."""
    point = Building.objects.filter(point__isnull=False, grid=street.grid).earliest("id").point
    Building.objects.bulk_create(
        Building(name=f"house {k}", point=point, grid=street.grid, scope_code=street.grid.code)
        for k in range(24)
    )
    rows = Building.objects.filter(scope_code__startswith=FIRST, point__isnull=False)
    return list(rows.order_by("id").values_list("id", flat=True))


def following(told: Any) -> str | None:
    return next((link["href"] for link in told["links"] if link["rel"] == "next"), None)


def test_links_lead_through_all_pages_once(ask: Ask, boss: Client, many: list[int]) -> None:
    told, seen = ask("buildings", f"limit=10&scope_code={FIRST}*"), list[int]()
    assert told["numberMatched"] == len(many)
    pages = 0
    while True:
        pages += 1
        seen += [feature["id"] for feature in told["features"]]
        address = following(told)
        if address is None:
            break
        assert address.startswith("http://testserver/ogc/collections/buildings/items?")
        # What comes in the meantime moves nothing.
        Building.objects.filter(pk=seen[0]).delete()
        told = boss.get(address).json()

    assert (pages, seen) == (3, many)


def test_the_last_page_that_is_full_has_no_next(ask: Ask, many: list[int]) -> None:
    told = ask("buildings", f"limit={len(many)}")

    assert len(told["features"]) == len(many)
    assert following(told) is None


def test_a_limit_beyond_the_largest_is_the_largest(
    ask: Ask, many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maps.ogc.asking.MOST", 5)

    assert len(ask("buildings", "limit=1000000")["features"]) == 5


def test_a_large_page_of_more_does_not_count(
    ask: Ask, many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maps.ogc.queries.COUNTED_UP_TO", 5)

    assert ask("buildings", "limit=5")["numberMatched"] == len(many)
    assert "numberMatched" not in ask("buildings", "limit=6")


def test_of_very_many_the_number_is_not_told(
    ask: Ask, many: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("maps.ogc.queries.COUNTED", 20)

    assert "numberMatched" not in ask("buildings", "limit=5")
    assert ask("buildings", "limit=5&name=house%203")["numberMatched"] == 1


def test_queries_do_not_grow_with_features(boss: Client, many: list[int]) -> None:
    def queries(limit: int) -> int:
        with CaptureQueriesContext(connection) as seen:
            boss.get(f"/ogc/collections/buildings/items?limit={limit}")
        return len(seen)

    boss.get("/ogc/collections/buildings/items?limit=1")
    # The page and its count; session and user, savepoints and the time limit are every answer's.
    assert queries(2) == queries(20)
    # Many are not counted, and noted as a file.
    assert queries(1000) == queries(20) - 1 + 1


# ---- What it says of itself ----------------------------------------------------------------------


def test_every_link_leads_somewhere_and_to_what_it_says(boss: Client) -> None:
    pending, seen = ["http://testserver/ogc/"], dict[str, str]()
    while pending:
        address = pending.pop()
        answer = boss.get(address.removeprefix("http://testserver"))
        assert answer.status_code == 200, address
        seen[address] = answer["Content-Type"].partition("; charset")[0]
        if "json" not in answer["Content-Type"]:
            continue
        told = answer.json()
        inner = [link for one in told.get("collections", []) for link in one["links"]]
        for link in [*told.get("links", []), *inner]:
            assert {"href", "rel", "type", "title"} <= set(link)
            if "/items" in link["href"] and link["href"] in seen:
                assert seen[link["href"]] == link["type"]
            if link["href"] not in seen and link["href"] not in pending:
                pending.append(link["href"])

    assert len(seen) > 5 * len(COLLECTIONS)


def test_the_definition_names_every_parameter_that_is_taken(boss: Client) -> None:
    told = boss.get("/ogc/api").json()

    assert told["openapi"].startswith("3.0")
    for name, collection in COLLECTIONS.items():
        asked = told["paths"][f"/collections/{name}/items"]["get"]["parameters"]
        names = {one.get("name") or one["$ref"].rpartition("/")[2] for one in asked}
        own = {column.name for column in collection.columns}
        assert own <= names
        assert names - own == {"f", "limit", "after", "bbox", "bbox-crs", "datetime", "crs"}
    assert told["components"]["parameters"]["limit"]["schema"]["maximum"] == 10_000


def test_a_column_has_no_name_of_a_parameter() -> None:
    reserved = {"f", "limit", "after", "bbox", "bbox-crs", "datetime", "crs", "id", "geom"}

    assert not [
        (name, column.name)
        for name, one in COLLECTIONS.items()
        for column in one.columns
        if column.name in reserved
    ]


def test_a_collection_says_in_what_it_is_told_and_kept(boss: Client) -> None:
    told = boss.get("/ogc/collections/cameras").json()

    assert told["storageCrs"] == CRS84
    assert told["crs"] == list(known())
    assert told["crs"][0] == CRS84
    west, south, east, north = told["extent"]["spatial"]["bbox"][0]
    assert (west, south, east, north) == pytest.approx(BOX)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "api",
        "conformance",
        "collections",
        "collections/cameras",
        "collections/cameras/queryables",
        "collections/cameras/items",
        "collections/grids/items",
    ],
)
def test_every_answer_is_also_a_page(boss: Client, address: str) -> None:
    by_name = boss.get(f"/ogc/{address}?f=html")
    by_wish = boss.get(f"/ogc/{address}", headers={"accept": "text/html"})

    for answer in (by_name, by_wish):
        assert answer["Content-Type"].startswith("text/html")
        assert "<h1>" in answer.content.decode()
    assert boss.get(f"/ogc/{address}?f=json", headers={"accept": "text/html"}).json()


def test_what_stands_in_the_page_of_a_feature_is_inert(boss: Client, street: Street) -> None:
    name = "<script>alert(1)</script>"
    type(street.camera).objects.filter(pk=street.camera.pk).update(name=name)

    for address in ("items", f"items/{street.camera.pk}"):
        page = boss.get(f"/ogc/collections/cameras/{address}?f=html").content.decode()
        assert name not in page
        assert "&lt;script&gt;" in page


def test_features_come_as_a_table_too(boss: Client, street: Street) -> None:
    type(street.camera).objects.filter(pk=street.camera.pk).update(name="=1+1")

    answer = boss.get("/ogc/collections/cameras/items?f=csv")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]

    assert lines[0].startswith("id,Code,Name,")
    assert "'=1+1" in lines[1]
    assert lines[1].endswith(f",{BOX[0] + 0.001:.3f},{BOX[1] + 0.001:.3f}")


def test_a_table_that_is_cut_says_so_and_one_that_is_whole_does_not(
    boss: Client, street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = street.camera.point
    last = Building.objects.create(name="x", address="y", scope_code=FIRST, point=point)
    for module in (asking, views):
        monkeypatch.setattr(module, "MOST", 1)

    def lines(question: str) -> list[str]:
        answer: Any = boss.get(f"/ogc/collections/buildings/items?f=csv&limit=9{question}")
        return b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()

    first, said = lines("")[1:]
    assert f"after={first.partition(',')[0]}" in said
    assert len(lines(f"&after={last.pk - 1}")) == 2


@pytest.mark.parametrize(
    ("question", "noted"),
    [
        pytest.param("f=csv", ["csv"], id="any table"),
        pytest.param("f=json&limit=10000", ["geojson"], id="all of a layer"),
        pytest.param("f=json&limit=100", [], id="a page"),
        pytest.param("f=html&limit=10000", [], id="a page to look at"),
    ],
)
def test_what_somebody_takes_along_is_noted(
    boss: Client, street: Street, question: str, noted: list[str]
) -> None:
    before = set(AuditRow.objects.values_list("pk", flat=True))

    boss.get(f"/ogc/collections/cameras/items?{question}")

    rows = AuditRow.objects.filter(action="rows.exported").exclude(pk__in=before)
    told = [(row.detail["list"], row.detail["format"], row.detail["rows"]) for row in rows]
    assert told == [("cameras", form, 1) for form in noted]


def test_what_a_program_reads_with_a_token_is_a_file_only_as_a_table(
    street: Street, settings: Any
) -> None:
    settings.RATES = settings.RATES | {Pace.FILES.value: 0}
    wanted = Wanted("QGIS", ["see_map", "see_cameras"], [], 7)
    text = tokens.make(user=street.administrator, wanted=wanted, now=timezone.now())[1]
    program = Client(headers={"authorization": f"Bearer {text}"})
    address = "/ogc/collections/cameras/items?limit=10000&f="

    answers = [program.get(f"{address}{form}").status_code for form in ("json", "csv")]

    assert answers == [200, 429]
    assert not AuditRow.objects.filter(action="rows.exported").exists()


# ---- Who ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", Role)
def test_a_role_finds_the_collections_of_its_permissions_and_no_others(
    sign_in: SignIn, role: Role
) -> None:
    client = sign_in(role)
    told = client.get("/ogc/collections").json()["collections"]

    mine = {name for name, one in COLLECTIONS.items() if one.permission in MAY[role]}
    assert {one["id"] for one in told} == mine
    for name in COLLECTIONS:
        statuses = {
            client.get(f"/ogc/collections/{name}{rest}").status_code
            for rest in ("", "/items", "/queryables")
        }
        assert statuses == {200 if name in mine else 404}


@pytest.mark.parametrize("name", COLLECTIONS)
def test_nothing_of_another_street_is_told(sign_in: SignIn, street: Street, name: str) -> None:
    other = sign_in(Role.ADMINISTRATOR, (SECOND,))

    told = other.get(f"/ogc/collections/{name}/items").content.decode()

    assert FIRST not in told
    assert "SECRET" not in told


def test_nobody_without_territory_is_told_anything(sign_in: SignIn, street: Street) -> None:
    nobody = sign_in(Role.ADMINISTRATOR, ())

    for name in COLLECTIONS:
        assert nobody.get(f"/ogc/collections/{name}/items").json()["features"] == []


def token(street: Street, *permissions: Permission) -> str:
    wanted = Wanted("gis", [one.value for one in permissions], [], 30)
    return tokens.make(user=street.administrator, wanted=wanted, now=timezone.now())[1]


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def test_a_token_opens_what_it_lends(street: Street) -> None:
    text = token(street, Permission.SEE_MAP, Permission.SEE_EVENTS)
    client = Client(headers={"authorization": f"Bearer {text}"})

    names = {one["id"] for one in client.get("/ogc/collections").json()["collections"]}

    assert {"grids", "events"} <= names
    assert not {"cameras", "on-duty", "grid-staff"} & names
    assert client.get("/ogc/collections/cameras/items").status_code == 404


def test_a_program_that_only_knows_basic_shows_the_token_as_password(street: Street) -> None:
    text = token(street, Permission.SEE_MAP)

    client = Client(headers={"authorization": basic("anybody", text)})

    assert client.get("/ogc/collections/grids/items").json()["numberReturned"] == 1
    assert client.get("/ogc").status_code == client.get("/ogc/").status_code == 200
    # Nowhere else.
    assert client.get("/api/divisions/").status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(basic("boss", "not-a-token"), id="a password"),
        pytest.param(basic("", ""), id="empty"),
        pytest.param("Basic !!!", id="no base64"),
        pytest.param("Basic " + base64.b64encode(b"\xff\xfe").decode(), id="no colon"),
        pytest.param("Bearer gis_wrong", id="a wrong token"),
    ],
)
def test_what_is_no_token_opens_nothing(street: Street, header: str) -> None:
    answer = Client(headers={"authorization": header}).get("/ogc/collections")

    assert answer.status_code == 401
    # No browser is made to ask people for a password.
    assert "Basic" not in answer.headers.get("WWW-Authenticate", "")


def test_a_token_in_the_address_is_refused_and_not_repeated(street: Street) -> None:
    text = token(street, Permission.SEE_MAP)

    answer = Client().get(f"/ogc/collections?token={text}")

    assert answer.status_code == 401
    assert text not in answer.content.decode()


def test_only_reading_is_taken(boss: Client) -> None:
    assert boss.post("/ogc/collections/cameras/items").status_code == 405
    assert boss.head("/ogc/collections/cameras/items").status_code == 200


@pytest.mark.parametrize(
    "page",
    [
        "/cameras/",
        "/repairs/orders/",
        "/events/",
        "/patrols/",
        "/patrols/posts/",
        "/patrols/checkpoints/plan/",
        f"/territory/{FIRST}000/?tab=places",
        f"/territory/{FIRST}000/?tab=places&kind=shop",
        f"/grids/{FIRST}001001/?tab=places&kind=service_point",
    ],
)
def test_a_list_of_places_offers_them_as_files(boss: Client, page: str) -> None:
    shown = boss.get(page, headers={"accept": "text/html"}).content.decode()

    found = re.findall(r'href="(/ogc/[^"]*items[^"]*)"', shown)
    links = [one.replace("&amp;", "&") for one in found]
    assert [re.sub(r".*f=", "", link) for link in links] == ["json", "csv"]
    assert boss.get(links[0]).json()["features"]
    assert b"".join(boss.get(links[1]).streaming_content).count(b"\r\n") > 1  # type: ignore[attr-defined]
