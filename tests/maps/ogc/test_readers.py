"""Programs of others read every layer: GDAL's OAPIF driver, OWSLib and headless QGIS.

Each with a token, and each must find as many features as the database has.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyogrio
import pytest
import shapely
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from owslib.ogcapi.features import Features
from owslib.util import Authentication
from pytest_django.live_server_helper import LiveServer

from gis_server.accounts import tokens
from gis_server.accounts.tokens import Wanted
from gis_server.geo import WGS84, convert
from gis_server.models import User
from grids.models import Building, Division
from maps.ogc.collections import COLLECTIONS
from patrols.models import Coverage, Shift, StoredGround
from tests.grids.territory import division
from tests.house.streets import Street, lay_out

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_S = 300
HOUSES = 250
"""So many that they do not fit into one answer of the readers' size."""
PAGE = 100
SYSTEM_PYTHON = "/usr/bin/python3"
QGIS_READER = Path(__file__).parent / "qgis_reader.py"
PYOGRIO_READER = Path(__file__).parent / "pyogrio_reader.py"


@pytest.fixture
def street(transactional_db: None, tmp_path: Path, settings: LazySettings) -> Street:
    settings.MEDIA_ROOT = tmp_path
    street = lay_out(tmp_path)
    point = Building.objects.get(pk=street.things["building"]).point
    Building.objects.bulk_create(
        Building(name=f"house {k}", point=point, scope_code=street.grid.code) for k in range(HOUSES)
    )
    User.objects.filter(pk=street.administrator.pk).update(scope=["14"])
    street.administrator.refresh_from_db()
    _above(street)
    _seen(street)
    return street


def _above(street: Street) -> None:
    """What the street lies in has shapes too."""
    lowest = Division.objects.get(code=f"{street.grid.code[:9]}000")
    district = Division.objects.get(level="district")
    city = division("140100000000", "city", division("140000000000", "province", None))
    district.parent = city
    district.save()
    above = Division.objects.filter(level__in=("province", "city", "district"))
    above.update(shape=lowest.shape, shape_3857=lowest.shape_3857)


def _seen(street: Street) -> None:
    """A shift of today has been everywhere."""
    Coverage.objects.create(
        day=timezone.localdate(), shift=Shift.objects.earliest("pk"), grid=street.grid,
        ground=StoredGround.objects.earliest("pk"),
        seen_quarters=4, all_quarters=4, seen_streets=1, all_streets=1, seen_buildings=1,
        all_buildings=1, is_bare=False, updated_at=timezone.now(),
    )  # fmt: skip


@pytest.fixture
def token(street: Street) -> str:
    permissions = [one.value for one in tokens.lendable(street.administrator)]
    wanted = Wanted("readers", permissions, [], 30)
    return tokens.make(user=street.administrator, wanted=wanted, now=timezone.now())[1]


@pytest.fixture
def counts(street: Street, token: str) -> dict[str, int]:
    """Of each layer, as one answer that holds all tells."""
    client = Client(headers={"authorization": f"Bearer {token}"})
    found = {}
    for name in COLLECTIONS:
        told = client.get(f"/ogc/collections/{name}/items?limit=10000").json()
        found[name] = told["numberMatched"]
        assert len(told["features"]) == found[name]
    assert found["buildings"] > HOUSES
    assert all(found.values())
    return found


def run(command: list[str], **environment: str) -> str:
    done = subprocess.run(
        command,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def counted(file: Path) -> dict[str, int]:
    return {
        str(name): int(pyogrio.read_info(file, layer=name)["features"])
        for name, _ in pyogrio.list_layers(file)
    }


def copied(url: str, file: Path, *layers: str, **environment: str) -> dict[str, int]:
    """What ogr2ogr makes of the API, layer by layer."""
    command = ["ogr2ogr", "-f", "GPKG", str(file), f"OAPIF:{url}/ogc", *layers]
    run([*command, "-oo", f"PAGE_SIZE={PAGE}"], **environment)
    return counted(file)


def test_gdal_copies_every_layer(
    live_server: LiveServer, token: str, counts: dict[str, int], tmp_path: Path
) -> None:
    headers = f"Authorization: Bearer {token}"

    found = copied(live_server.url, tmp_path / "all.gpkg", GDAL_HTTP_HEADERS=headers)

    assert found == counts


def test_gdal_shows_the_token_by_basic_too(
    live_server: LiveServer, token: str, counts: dict[str, int], tmp_path: Path
) -> None:
    basic = {"GDAL_HTTP_AUTH": "BASIC", "GDAL_HTTP_USERPWD": f"token:{token}"}

    found = copied(live_server.url, tmp_path / "some.gpkg", "cameras", "grids", **basic)

    assert found == {name: counts[name] for name in ("cameras", "grids")}


def test_gdal_asks_for_a_part(live_server: LiveServer, token: str, counts: dict[str, int]) -> None:
    headers = f"Authorization: Bearer {token}"
    command = ["ogrinfo", "-ro", "-so", f"OAPIF:{live_server.url}/ogc", "buildings"]

    some = run([*command, "-where", "name = 'house 7'"], GDAL_HTTP_HEADERS=headers)
    none = run([*command, "-spat", "10", "10", "11", "11"], GDAL_HTTP_HEADERS=headers)

    assert "Feature Count: 1\n" in some
    assert "Feature Count: 0\n" in none


def test_the_newest_gdal_reads_every_layer_and_other_coordinates(
    live_server: LiveServer, token: str, counts: dict[str, int], street: Street
) -> None:
    command = [sys.executable, str(PYOGRIO_READER), f"{live_server.url}/ogc"]

    found = json.loads(run(command, GDAL_HTTP_AUTH="BEARER", GDAL_HTTP_BEARER=token))

    assert found["counts"] == counts
    for srid, place in found["places"].items():
        # GDAL has put the axes back: x is east.
        here = convert(shapely.Point(street.camera.point.coords), WGS84, int(srid))
        assert place == pytest.approx([here.x, here.y], abs=0.002)


def test_owslib_reads_every_layer(
    live_server: LiveServer, token: str, counts: dict[str, int]
) -> None:
    there = Features(f"{live_server.url}/ogc/", headers={"Authorization": f"Bearer {token}"})

    assert set(there.feature_collections()) == set(counts)
    assert there.conformance()["conformsTo"]
    assert there.api()["openapi"].startswith("3.0")
    found = {name: len(owslib_features(there, name)) for name in counts}
    assert found == counts


def owslib_features(there: Features, name: str) -> list[Any]:
    found: list[Any] = []
    after: dict[str, str] = {}
    while True:
        told = there.collection_items(name, limit=PAGE, **after)
        found += told["features"]
        if not any(link["rel"] == "next" for link in told["links"]):
            return found
        after = {"after": str(told["features"][-1]["id"])}


def test_owslib_shows_the_token_by_basic(
    live_server: LiveServer, token: str, counts: dict[str, int]
) -> None:
    basic = Authentication(username="token", password=token)
    there = Features(f"{live_server.url}/ogc/", auth=basic)

    assert there.collection_items("cameras")["numberMatched"] == counts["cameras"]
    with pytest.raises(RuntimeError, match="NotFound"):
        there.collection_item("cameras", "1" * 30)


def has_qgis() -> bool:
    if shutil.which(SYSTEM_PYTHON) is None:
        return False
    looked = [SYSTEM_PYTHON, "-c", "import qgis.core"]
    return subprocess.run(looked, capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not has_qgis(), reason="needs Debian's python3-qgis, 900 MB")
def test_qgis_reads_every_layer(
    live_server: LiveServer, token: str, counts: dict[str, int], tmp_path: Path
) -> None:
    said = run(
        [SYSTEM_PYTHON, str(QGIS_READER), f"{live_server.url}/ogc", *counts],
        GIS_TOKEN=token,
        QT_QPA_PLATFORM="offscreen",
        QGIS_AUTH_DB_DIR_PATH=str(tmp_path),
        HOME=str(tmp_path),
        XDG_RUNTIME_DIR=str(tmp_path),
    )

    found = json.loads(said.splitlines()[-1])
    assert {name: count for name, (count, _) in found.items()} == counts
    # But for those that have no place at all.
    assert all(placed == count for count, placed in found.values())
