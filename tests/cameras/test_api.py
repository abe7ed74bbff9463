"""Cameras over HTTP: who sees what, in which shape, at which cost."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from cameras import services
from cameras.health import State
from cameras.models import CameraState, Snapshot
from cameras.probe.reason import Reason
from gis_server.models import ChangeRow
from gis_server.roles import Role
from tests.cameras.conftest import NOW, OTHER_STREET, STREET, MakeCamera
from tests.conftest import SignIn


def routes(camera_id: int, snapshot_id: int) -> list[tuple[str, str]]:
    return [
        ("get", "/api/cameras.geojson"),
        ("get", "/api/cameras/summary/"),
        ("get", "/api/cameras/offline/"),
        ("get", f"/api/cameras/{camera_id}/"),
        ("post", f"/api/cameras/{camera_id}/snapshot/"),
        ("get", f"/api/snapshots/{snapshot_id}.jpg"),
    ]


def taken(camera: Any, media: Path, settings: Any) -> Snapshot:
    settings.MEDIA_ROOT = media
    (media / "1.jpg").write_bytes(b"\xff\xd8")
    return Snapshot.objects.create(
        camera=camera, requested_at=NOW, taken_at=NOW, file="1.jpg", sha256="ab", width=4, height=3
    )


def test_a_stranger_sees_nothing(stranger: Client, make_camera: MakeCamera) -> None:
    camera = make_camera()

    for method, url in routes(camera.id, 1):
        assert getattr(stranger, method)(url).status_code == 401, url


def test_a_grid_worker_may_not_see_cameras(sign_in: SignIn, make_camera: MakeCamera) -> None:
    client = sign_in(Role.GRID_WORKER)

    for method, url in routes(make_camera().id, 1):
        assert getattr(client, method)(url).status_code == 403, url


def test_an_operator_of_another_street_sees_nothing_of_this_one(
    sign_in: SignIn, make_camera: MakeCamera, tmp_path: Path, settings: Any
) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE, scope_code=STREET)
    snapshot = taken(camera, tmp_path, settings)
    client = sign_in(scope=(OTHER_STREET[:9],))

    assert client.get("/api/cameras.geojson").json()["features"] == []
    assert client.get("/api/cameras/summary/").json()["total"] == 0
    assert client.get("/api/cameras/offline/").json() == {"total": 0, "items": []}
    assert client.get(f"/api/cameras/{camera.id}/").status_code == 404
    assert client.post(f"/api/cameras/{camera.id}/snapshot/").status_code == 404
    assert client.get(f"/api/snapshots/{snapshot.id}.jpg").status_code == 404
    assert Snapshot.objects.filter(taken_at=None).count() == 0


def test_a_planner_sees_cameras_but_no_pictures(
    sign_in: SignIn, make_camera: MakeCamera, tmp_path: Path, settings: Any
) -> None:
    camera = make_camera()
    snapshot = taken(camera, tmp_path, settings)
    client = sign_in(Role.PLANNER)

    assert client.get(f"/api/cameras/{camera.id}/").status_code == 200
    assert client.get(f"/api/cameras/{camera.id}/").json()["snapshot"] is None
    assert client.get(f"/api/snapshots/{snapshot.id}.jpg").status_code == 403
    assert client.post(f"/api/cameras/{camera.id}/snapshot/").status_code == 403


def test_a_camera_without_a_state_is_unknown_and_hides_no_other(
    operator: Client, make_camera: MakeCamera
) -> None:
    """No service makes one, but a restore or somebody at the SQL prompt may."""
    bare = make_camera()
    CameraState.objects.filter(camera=bare).delete()
    make_camera(state=State.ONLINE, reason=Reason.OK)

    features = operator.get("/api/cameras.geojson").json()["features"]
    card = operator.get(f"/api/cameras/{bare.id}/").json()
    listed = operator.get("/api/cameras/offline/?state=unknown").json()

    assert [feature["properties"]["state"] for feature in features] == ["unknown", "online"]
    assert operator.get("/api/cameras/summary/").json()["unknown"] == 1
    assert (card["state"], card["reason"], card["since"]) == ("unknown", "not_asked", None)
    assert [item["id"] for item in listed["items"]] == [bare.id]


def test_features_are_geojson(operator: Client, make_camera: MakeCamera) -> None:
    camera = make_camera(state=State.ONLINE, reason=Reason.OK)

    collection = operator.get("/api/cameras.geojson").json()

    (feature,) = collection["features"]
    assert collection["complete"] is True
    assert feature["geometry"] == {
        "type": "Point",
        "coordinates": [camera.point.x, camera.point.y],
    }
    assert feature["properties"] == {
        "id": camera.id,
        "code": camera.code,
        "name": camera.name,
        "state": "online",
        "unstable": False,
        "reason": "ok",
        "reason_text": feature["properties"]["reason_text"],
        "since": NOW.isoformat(),
        "last_probe_at": None,
        "owner": "Water works",
        "team": "Team 1",
        "priority": "ordinary",
        "scope": camera.scope_code,
    }


def test_features_in_a_box_and_up_to_a_limit(operator: Client, make_camera: MakeCamera) -> None:
    first, second, third = make_camera(), make_camera(), make_camera()
    box = f"{first.point.x},37,{second.point.x},38"

    boxed = operator.get("/api/cameras.geojson", {"bbox": box}).json()
    limited = operator.get("/api/cameras.geojson", {"limit": 2}).json()

    assert [feature["id"] for feature in boxed["features"]] == [first.id, second.id]
    assert (len(limited["features"]), limited["complete"]) == (2, False)
    rest = operator.get("/api/cameras.geojson", {"limit": 2, "after": limited["next"]}).json()
    assert [feature["id"] for feature in rest["features"]] == [third.id]
    assert (rest["complete"], rest["next"]) == (True, None)


@pytest.mark.parametrize(
    ("box", "word"),
    [
        pytest.param("170,37,-170,38", "180°", id="across the antimeridian"),
        pytest.param("112,38,113,37", "south before its north", id="upside down"),
        pytest.param("112,37,113,91", "latitudes of -90 to 90", id="no degrees"),
        pytest.param("112,37,113", "four numbers", id="three"),
    ],
)
@pytest.mark.parametrize("address", ["/api/cameras.geojson", "/maps/files/map.pdf"])
def test_what_is_wrong_with_a_box_is_said(
    operator: Client, address: str, box: str, word: str
) -> None:
    answer = operator.get(address, {"bbox": box}, headers={"Accept-Language": "en"})

    assert answer.status_code == 422
    assert word in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "bbox=1,2,3",
        "bbox=a,b,c,d",
        "bbox=nan,0,1,1",
        "bbox=3,0,1,1",
        "bbox=0,0,181,1",
        "bbox=0,0,inf,1",
        "bbox=1_1,0,12,1",
        "bbox=１,0,12,1",
        "limit=1_0",
        "after=-1",
        "after=x",
        "limit=１０",
        f"limit={'9' * 5000}",
        "limit=0",
        "limit=x",
    ],
)
def test_features_refuse_a_bad_question(operator: Client, query: str) -> None:
    assert operator.get(f"/api/cameras.geojson?{query}").status_code == 422


def test_the_offline_list_begins_with_the_newest_and_tells_what_to_do_with_it(
    operator: Client, make_camera: MakeCamera
) -> None:
    old = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    new = make_camera(state=State.OFFLINE, reason=Reason.WRONG_LOGIN)
    make_camera(state=State.ONLINE, reason=Reason.OK)
    CameraState.objects.filter(camera=new).update(since=NOW + timedelta(minutes=1))

    answer = operator.get("/api/cameras/offline/").json()

    assert answer["total"] == 2
    assert [item["id"] for item in answer["items"]] == [new.id, old.id]
    assert answer["items"][1] == answer["items"][1] | {
        "state": "offline",
        "unstable": False,
        "reason": "no_route",
        "since": NOW.isoformat(),
        "address": old.address_text,
        "owner": "Water works",
        "team": {"name": "Team 1", "phone": "351-1"},
        "grid": None,
        "upstream": None,
    }


def test_the_offline_list_has_pages_with_a_total_order(
    operator: Client, make_camera: MakeCamera
) -> None:
    ids = [make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE).id for _ in range(5)]

    pages = [
        operator.get("/api/cameras/offline/", {"limit": 2, "offset": offset}).json()["items"]
        for offset in (0, 2, 4, 6)
    ]

    assert [item["id"] for page in pages for item in page] == ids
    assert operator.get("/api/cameras/offline/?limit=1001").status_code == 422
    assert operator.get("/api/cameras/offline/?state=asleep").status_code == 422


def test_other_states_can_be_listed(operator: Client, make_camera: MakeCamera) -> None:
    camera = make_camera()

    answer = operator.get("/api/cameras/offline/", {"state": "unknown"}).json()

    assert [item["id"] for item in answer["items"]] == [camera.id]


def test_the_summary_counts_each_state(operator: Client, make_camera: MakeCamera) -> None:
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    make_camera(state=State.ONLINE, reason=Reason.OK)
    make_camera(state=State.ONLINE, reason=Reason.OK)

    assert operator.get("/api/cameras/summary/").json() == {
        "unknown": 0,
        "online": 2,
        "degraded": 0,
        "offline": 1,
        "total": 3,
    }


def test_the_card_shows_the_ladder_and_the_last_results(
    operator: Client, make_camera: MakeCamera, tmp_path: Path, settings: Any
) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.SILENT, login=("viewer", "hush-hush"))
    rung = {"step": "rtsp_options", "reason": "silent", "detail": "", "took_ms": 5000}
    camera.probes.bulk_create(
        [
            camera.probes.model(camera=camera, at=NOW, reason="silent", took_ms=n, steps=[rung])
            for n in range(25)
        ]
    )
    snapshot = taken(camera, tmp_path, settings)
    Snapshot.objects.create(camera=camera, requested_at=NOW, failure="no_frame")

    response = operator.get(f"/api/cameras/{camera.id}/")

    card = response.json()
    assert card["ladder"][0]["step"] == "rtsp_options"
    assert [probe["took_ms"] for probe in card["probes"]] == list(range(24, 4, -1))
    assert card["snapshot"]["url"] == f"/api/snapshots/{snapshot.id}.jpg?v=ab"
    assert card["snapshot"]["failure"]["reason"] == "no_frame"
    assert card["remedy"]
    assert "hush-hush" not in response.content.decode()
    assert "viewer" not in response.content.decode()


def test_a_picture_is_asked_for_once_while_it_is_on_its_way(
    operator: Client, make_camera: MakeCamera
) -> None:
    services.picture_beat(
        name="p", site="main", started_at=NOW, in_flight=0, taken=0, now=timezone.now()
    )
    url = f"/api/cameras/{make_camera().id}/snapshot/"

    first, second = operator.post(url), operator.post(url)

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json() == {"snapshot": Snapshot.objects.get().id}


def test_where_nobody_takes_pictures_the_operator_is_told_at_once(
    operator: Client, make_camera: MakeCamera
) -> None:
    long_ago = timezone.now() - timedelta(minutes=1)
    services.picture_beat(name="p", site="main", started_at=NOW, in_flight=0, taken=0, now=long_ago)

    response = operator.post(f"/api/cameras/{make_camera().id}/snapshot/")

    assert response.status_code == 202
    assert Snapshot.objects.get().failure == Reason.NOT_STARTED
    assert ChangeRow.objects.get(topic="snapshot").data["failure"]["reason"] == "not_started"


@pytest.mark.parametrize(
    ("url", "queries"),
    [
        # Two of each are the session and the user.
        ("/api/cameras.geojson", 3),
        ("/api/cameras/summary/", 3),
        ("/api/cameras/offline/", 4),
        ("/api/cameras/{id}/", 7),
    ],
)
def test_a_list_costs_the_same_for_one_and_for_many(
    operator: Client, make_camera: MakeCamera, url: str, queries: int
) -> None:
    counted = []
    for _ in range(2):
        for _ in range(8):
            camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
        operator.get("/api/cameras/summary/")
        with CaptureQueriesContext(connection) as context:
            operator.get(url.format(id=camera.id))
        counted.append(len(context))

    assert counted == [queries, queries]
