"""Pictures over HTTP: who sees them, what proves their age, and who is noted to have looked."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cameras import picture_queries, services
from cameras.health import State
from cameras.models import PictureView, Probe, Snapshot
from cameras.probe.reason import Reason
from gis_server.models import User
from gis_server.roles import Role
from tests.cameras.conftest import NOW, OTHER_STREET, STREET, MakeCamera
from tests.cameras.pictures import JPEG, THUMB, finding, taken
from tests.conftest import SignIn

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def routes(snapshot_id: int) -> list[str]:
    return [
        f"/api/snapshots/{snapshot_id}.jpg",
        f"/api/snapshots/{snapshot_id}/thumb.jpg",
        f"/api/snapshots/{snapshot_id}/",
    ]


def body(response: Any) -> bytes:
    return b"".join(response)  # which closes the file


def test_pictures_are_shown_to_those_who_may_see_them_in_their_street(
    sign_in: SignIn, stranger: Client, make_camera: MakeCamera
) -> None:
    row = taken(make_camera(), NOW)
    worker, elsewhere = sign_in(Role.GRID_WORKER), sign_in(Role.OPERATOR, [OTHER_STREET])

    for url in routes(row.pk):
        assert stranger.get(url).status_code == 401, url
        assert worker.get(url).status_code == 403, url
        assert elsewhere.get(url).status_code == 404, url
    assert PictureView.objects.count() == 0


def test_each_view_is_noted_once_a_minute_for_each_person(
    operator: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera()
    row = taken(camera, NOW)

    for _ in range(3):
        assert body(operator.get(f"/api/snapshots/{row.pk}.jpg")) == JPEG

    view = PictureView.objects.get()
    user = User.objects.get(pk=view.user_id)
    assert (view.snapshot_id, view.how, view.who) == (row.pk, "full", user.get_username())
    assert (view.camera_code, view.scope, view.origin) == (camera.code, STREET, "127.0.0.1")
    assert services.note_views(user, [row.pk], "full", view.at + timedelta(seconds=59)) == 0
    assert services.note_views(user, [row.pk], "full", view.at + timedelta(seconds=61)) == 1


def test_the_browser_asks_again_before_it_shows_a_kept_picture_and_that_is_noted_too(
    operator: Client, make_camera: MakeCamera
) -> None:
    row = taken(make_camera(), NOW)
    url = f"/api/snapshots/{row.pk}.jpg"
    first = operator.get(url)
    body(first)

    again = operator.get(url, headers={"If-None-Match": first["ETag"]})

    assert first["Cache-Control"] == "private, no-cache"
    assert (again.status_code, again["ETag"]) == (304, first["ETag"])


def test_a_thumbnail_may_be_kept_by_the_browser_and_by_nobody_else(
    operator: Client, make_camera: MakeCamera
) -> None:
    row = taken(make_camera(), NOW)

    response = operator.get(f"/api/snapshots/{row.pk}/thumb.jpg?how=timeline")

    assert response["Content-Type"] == "image/jpeg"
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert body(response) == THUMB
    assert PictureView.objects.get().how == "timeline"
    assert operator.get(f"/api/snapshots/{row.pk}/thumb.jpg?how=secretly").status_code == 422


def test_a_picture_from_before_there_were_thumbnails_stands_in_for_its_own(
    operator: Client, make_camera: MakeCamera
) -> None:
    row = taken(make_camera(), NOW)
    Snapshot.objects.update(thumb="")

    assert body(operator.get(f"/api/snapshots/{row.pk}/thumb.jpg")) == JPEG


def test_the_database_neither_changes_nor_forgets_who_has_looked(
    operator: Client, make_camera: MakeCamera
) -> None:
    row = taken(make_camera(), NOW)
    body(operator.get(f"/api/snapshots/{row.pk}.jpg"))

    for change in (
        lambda: PictureView.objects.update(who="somebody else"),
        lambda: PictureView.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
            change()
    row.delete()
    assert PictureView.objects.count() == 1


def test_views_of_three_years_ago_are_forgotten(make_camera: MakeCamera, now: Any) -> None:
    old = {"user_id": 1, "who": "x", "how": "full", "snapshot_id": 1, "scope": STREET}
    PictureView.objects.create(at=now - timedelta(days=1200), **old)
    PictureView.objects.create(at=now, **old)

    assert services.forget_views(now) == 1
    assert PictureView.objects.get().at == now


def test_a_picture_that_is_gone_or_never_came_is_not_found(
    operator: Client, make_camera: MakeCamera, media: Path
) -> None:
    row = taken(make_camera(), NOW)
    (media / row.file).unlink()
    waiting = Snapshot.objects.create(camera=make_camera(), requested_at=NOW)

    for snapshot_id in (row.pk, waiting.pk, 999_999):
        assert operator.get(f"/api/snapshots/{snapshot_id}.jpg").status_code == 404


def test_a_picture_proves_its_age(operator: Client, make_camera: MakeCamera) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    probe = Probe.objects.create(
        camera=camera, at=NOW - HOUR, reason="ok", took_ms=12, detail="H264"
    )
    row = taken(
        camera,
        NOW - HOUR,
        probe=probe,
        device_at=NOW - HOUR + timedelta(seconds=60),
        findings=[finding("blurred")],
    )

    said = operator.get(f"/api/snapshots/{row.pk}/").json()

    assert said["taken_at"] == (NOW - HOUR).isoformat()
    assert said["device_at"] == (NOW - HOUR + timedelta(seconds=60)).isoformat()
    assert said["probe"] == {
        "id": probe.pk, "at": probe.at.isoformat(), "took_ms": 12.0, "detail": "H264",
    }  # fmt: skip
    assert (said["sha256"], said["source"]) == (row.sha256, "rtsp_sub")
    assert said["exam"]["findings"][0]["fault"] == "blurred"
    assert said["exam"]["fault_text"]
    # The camera is down since NOW (the fixture's outage), and this is the newest from before.
    assert said["before_failure"] is True
    assert said["is_old"] is True
    assert said["age_s"] > 0


@pytest.mark.parametrize(
    ("url", "queries"),
    [
        # Two of each are the session and the user.
        pytest.param("/api/snapshots/{id}/", 5, id="facts"),
        pytest.param("/api/snapshots/{id}.jpg", 4, id="picture"),
        pytest.param("/api/cameras/rounds/", 6, id="rounds"),
    ],
)
def test_an_answer_costs_the_same_for_one_and_for_many(
    operator: Client, make_camera: MakeCamera, url: str, queries: int
) -> None:
    counted = []
    for _ in range(2):
        for _ in range(4):
            row = taken(make_camera(state=State.ONLINE), NOW, findings=[])
        operator.get("/api/cameras/summary/")
        with CaptureQueriesContext(connection) as context:
            body(operator.get(url.format(id=row.pk)))
        counted.append(len(context))

    assert counted == [queries, queries]


def test_a_contact_sheet_and_a_timeline_cost_the_same_for_one_and_for_many(
    sign_in: SignIn, make_camera: MakeCamera
) -> None:
    sign_in(Role.OPERATOR)
    user = User.objects.get()
    counted = []
    for _ in range(2):
        for _ in range(3):
            camera = make_camera(state=State.ONLINE)
            taken(camera, NOW, findings=[finding("dark")])
            taken(camera, NOW + HOUR, findings=[])
        with CaptureQueriesContext(connection) as context:
            sheet = picture_queries.sheet(user, STREET, now=NOW + HOUR)
            line = picture_queries.timeline(camera, limit=1, now=NOW + HOUR)
        counted.append(len(context))

    # Sheet: cameras, pictures, rules, total.  Timeline: pictures, rules, the outage.
    assert counted == [7, 7]
    assert sheet["total"] == 6
    assert all(one["picture"]["taken_at"] == (NOW + HOUR).isoformat() for one in sheet["items"])
    assert [one["taken_at"] for one in line["items"]] == [(NOW + HOUR).isoformat()]
    rest = picture_queries.timeline(camera, before=line["next"], limit=1, now=NOW + HOUR)
    assert [one["exam"]["fault"] for one in rest["items"]] == ["dark"]
    assert rest["next"] is None


def test_a_contact_sheet_shows_its_territory_only(sign_in: SignIn, make_camera: MakeCamera) -> None:
    sign_in(Role.OPERATOR)
    here, there = make_camera(), make_camera(scope_code=OTHER_STREET)
    taken(there, NOW)
    user = User.objects.get()

    sheet = picture_queries.sheet(user, STREET[:9], now=NOW)

    assert [(one["id"], one["picture"]) for one in sheet["items"]] == [(here.pk, None)]
