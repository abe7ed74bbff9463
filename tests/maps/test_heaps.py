"""Points that stand together: how many, the worst of them, and never better than what is known."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cameras.models import Camera, CameraState
from gis_server.geo import WEB_MERCATOR, WGS84, convert
from gis_server.roles import Role
from grids.models import Shop
from maps import heaps
from maps.models import Heap
from maps.tiles import tiles_over
from tests.cameras.conftest import MakeCamera, make_camera
from tests.conftest import SignIn
from tests.maps.conftest import Fetch, ReadTile
from tests.maps.territory import FIRST, SECOND, square

__all__ = ["make_camera"]  # a fixture, which tests here take
pytestmark = pytest.mark.usefixtures("laid_out")
HERE = square(0, 0).centroid


def degrees() -> str:
    return f"SRID={WGS84};{convert(HERE, WEB_MERCATOR, WGS84).wkt}"


def drawn(
    client: Client, fetch: Fetch, read_tile: ReadTile, layer: str, part: str, z: int
) -> list[dict[str, Any]]:
    tile = tiles_over(HERE.bounds, z)[0]
    answer = fetch(client, layer, tile)
    assert answer.status_code in {200, 204}
    rows = read_tile(answer.content, tile, part) if answer.content else None
    return [] if rows is None else rows.to_dict("records")


@pytest.fixture
def put(make_camera: MakeCamera) -> Any:
    def make(state: str | None, code: str = f"{FIRST}001001") -> Camera:
        camera = make_camera()
        Camera.objects.filter(pk=camera.pk).update(point=degrees())
        Camera.objects.filter(pk=camera.pk).update(scope_code=code)
        CameraState.objects.filter(camera=camera).delete()
        if state is not None:
            now = timezone.now()
            CameraState.objects.create(camera=camera, state=state, since=now, due_at=now)
        return camera

    return make


@pytest.mark.parametrize(
    ("states", "worst", "share"),
    [
        pytest.param(["online"] * 4, "online", 1.0, id="all well"),
        pytest.param(["online", "online", "offline", "unknown"], "offline", 0.25, id="one is down"),
        pytest.param(["online", "unknown"], "unknown", 0.5, id="one is unknown"),
        pytest.param(["online", None], "unknown", 0.5, id="of one nothing is known"),
        pytest.param(["unknown", "degraded"], "degraded", 0.5, id="worse than unknown"),
    ],
)
def test_a_heap_has_its_worst_state_and_how_many_share_it(
    operator: Client,
    fetch: Fetch,
    read_tile: ReadTile,
    put: Any,
    states: list[str | None],
    worst: str,
    share: float,
) -> None:
    for state in states:
        put(state)
    [heap] = drawn(operator, fetch, read_tile, "cameras", "camera_heaps", 10)

    assert (heap["cameras"], heap["state"]) == (len(states), worst)
    assert heap["share"] == pytest.approx(share)
    told = {state: heap[state] for state in ("online", "offline", "degraded", "unknown")}
    assert told == {state: (states.count(state) + (states.count(None) if state == "unknown" else 0))
                    for state in told}  # fmt: skip


def test_nobody_sees_heaps_of_another_street(
    sign_in: SignIn, fetch: Fetch, read_tile: ReadTile, put: Any
) -> None:
    put("offline")
    stranger = sign_in(Role.OPERATOR, (SECOND,))

    assert drawn(stranger, fetch, read_tile, "cameras", "camera_heaps", 10) == []


def test_a_role_without_cameras_gets_none(sign_in: SignIn, fetch: Fetch) -> None:
    tile = tiles_over(HERE.bounds, 10)[0]

    assert fetch(sign_in(Role.GRID_WORKER), "cameras", tile).status_code == 403


@pytest.fixture
def shops() -> list[Shop]:
    return [
        Shop.objects.create(
            name=f"店{n}",
            point=degrees(),  # type: ignore[misc]
            scope_code=f"{FIRST}001001",
            kind="food",
        )
        for n in range(3)
    ]


@pytest.mark.parametrize("z", [5, 8, 10, 11, 12])
@pytest.mark.parametrize(
    ("scope", "count"),
    [
        pytest.param(("140107",), 3, id="the district"),
        pytest.param((f"{FIRST}001",), 3, id="the community"),
        pytest.param((f"{FIRST}001001",), 3, id="the grid"),
        pytest.param((SECOND,), 0, id="another street"),
        pytest.param((), 0, id="none"),
    ],
)
def test_places_are_counted_for_every_reach(
    sign_in: SignIn,
    fetch: Fetch,
    read_tile: ReadTile,
    shops: list[Shop],
    z: int,
    scope: tuple[str, ...],
    count: int,
) -> None:
    counted_now()
    found = drawn(sign_in(Role.OPERATOR, scope), fetch, read_tile, "places", "place_heaps", z)

    assert sum(one["places"] for one in found) == count
    assert sum(one["shops"] for one in found) == count


def counted_now() -> None:
    """Within one transaction PostgreSQL's numbers of writes do not move yet."""
    from maps.models import HeapCount  # noqa: PLC0415 - a row of its own

    HeapCount.objects.update_or_create(id=1, defaults={"written": "another"})
    assert heaps.count_places() > 0


def test_close_by_each_place_stands_for_itself(
    operator: Client, fetch: Fetch, read_tile: ReadTile, shops: list[Shop]
) -> None:
    found = drawn(operator, fetch, read_tile, "places", "places", 14)

    assert {one["mvt_id"] for one in found} == {shop.pk for shop in shops}
    assert {one["kind"] for one in found} == {"shop"}
    assert drawn(operator, fetch, read_tile, "places", "place_heaps", 14) == []


def test_what_nobody_has_written_to_is_not_counted_again(shops: list[Shop]) -> None:
    counted_now()
    before = Heap.objects.count()

    assert heaps.count_places() == -1
    assert Heap.objects.count() == before
