"""The pages of pictures: timeline, contact sheet, masks, rounds, and who has looked."""

import json
from base64 import b64encode
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from cameras import services
from cameras.health import State
from cameras.models import (
    Camera,
    PictureBaseline,
    PictureExam,
    PictureRule,
    PictureView,
    PrivacyMask,
    Snapshot,
)
from cameras.probe.reason import Reason
from gis_server.models import User
from gis_server.roles import Role
from tests.cameras.conftest import NOW, OTHER_STREET, STREET, MakeCamera
from tests.cameras.pictures import THUMB, finding, taken
from tests.conftest import SignIn

PAGE = {"accept": "text/html"}
HOSTILE = "<img src=x onerror=alert(1)>"
SQUARE = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def camera(make_camera: MakeCamera) -> Camera:
    return make_camera(state=State.ONLINE, reason=Reason.OK)


def get(client: Client, path: str, status: int = 200) -> Any:
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == status
    return answer


def test_the_newest_picture_stands_first_with_the_proof_of_its_age(
    operator: Client, camera: Camera
) -> None:
    at = timezone.now() - 5 * MINUTE
    taken(camera, at - MINUTE)
    row = taken(camera, at, device_at=at + MINUTE)

    answer = get(operator, f"/cameras/{camera.pk}/pictures/")

    assert answer.context["chosen"]["id"] == row.pk
    text = answer.content.decode()
    assert row.sha256 in text
    assert timezone.localtime(at + MINUTE).strftime("%Y-%m-%d %H:%M:%S") in text
    assert "5\xa0分钟前" in text
    Snapshot.objects.filter(pk=row.pk).update(taken_at=timezone.now())
    assert "秒前" in get(operator, f"/cameras/{camera.pk}/pictures/").content.decode()


@pytest.mark.parametrize("count", [1, 30])
def test_the_timeline_costs_the_same_for_one_and_for_many(
    operator: Client, camera: Camera, django_assert_max_num_queries: Any, count: int
) -> None:
    for number in range(count):
        taken(camera, NOW + number * MINUTE, findings=[finding("dark")])

    with django_assert_max_num_queries(24):
        get(operator, f"/cameras/{camera.pk}/pictures/")


def test_a_failed_attempt_stands_in_the_timeline_with_its_reason(
    operator: Client, camera: Camera
) -> None:
    Snapshot.objects.create(camera=camera, requested_at=NOW, failure=Reason.NO_FRAME.value)

    answer = get(operator, f"/cameras/{camera.pk}/pictures/")

    assert answer.context["chosen"] is None
    assert answer.context["items"][0]["failure"]["reason"] == "no_frame"


def test_the_last_picture_before_a_failure_says_so(
    operator: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    taken(camera, NOW - MINUTE)

    answer = get(operator, f"/cameras/{camera.pk}/pictures/")

    assert answer.context["chosen"]["before_failure"]
    assert "故障前最后画面" in answer.content.decode()


def test_a_picture_is_held_against_the_usual_view_or_the_one_asked_for(
    operator: Client, camera: Camera
) -> None:
    usual, other, moved = (taken(camera, NOW + number * MINUTE) for number in range(3))
    PictureBaseline.objects.create(
        camera=camera, light="day", content={}, made_at=NOW, snapshot=usual
    )
    path = f"/cameras/{camera.pk}/pictures/"

    assert get(operator, path).context["against"]["id"] == usual.pk
    chosen = get(operator, f"{path}?picture={moved.pk}&against={other.pk}")
    assert chosen.context["against"]["id"] == other.pk
    assert get(operator, f"{path}?picture={usual.pk}").context["against"] is None


def test_a_picture_of_another_camera_is_not_found(
    operator: Client, make_camera: MakeCamera, camera: Camera
) -> None:
    other = taken(make_camera(), NOW)

    get(operator, f"/cameras/{camera.pk}/pictures/?picture={other.pk}", 404)
    get(operator, f"/cameras/{camera.pk}/pictures/?picture=x", 422)


def test_older_pictures_are_on_further_pages(operator: Client, camera: Camera) -> None:
    rows = [taken(camera, NOW + number * MINUTE) for number in range(42)]

    first = get(operator, f"/cameras/{camera.pk}/pictures/")
    rest = get(operator, f"/cameras/{camera.pk}/pictures/?before={first.context['next']}")

    assert [item["id"] for item in rest.context["items"]] == [rows[1].pk, rows[0].pk]
    assert rest.context["next"] is None


def test_names_and_details_are_never_taken_for_markup(operator: Client, camera: Camera) -> None:
    Camera.objects.filter(pk=camera.pk).update(name=HOSTILE)
    taken(camera, NOW, findings=[finding("dark", detail=HOSTILE)])

    for path in (f"/cameras/{camera.pk}/pictures/", "/cameras/pictures/"):
        assert HOSTILE not in get(operator, path).content.decode()


@pytest.mark.parametrize(
    "path",
    ["/cameras/{}/pictures/", "/cameras/pictures/", "/cameras/pictures/rounds/"],
)
def test_pages_of_pictures_need_the_permission(
    sign_in: SignIn, stranger: Client, camera: Camera, path: str
) -> None:
    address = path.format(camera.pk)

    assert get(stranger, address, 302)["Location"].startswith("/sign-in/")
    get(sign_in(Role.PLANNER), address, 403)


def test_a_camera_of_another_street_has_no_timeline_and_no_masks(
    sign_in: SignIn, make_camera: MakeCamera
) -> None:
    camera = make_camera(scope_code=OTHER_STREET)
    neighbour = sign_in(Role.MAINTAINER, (STREET[:9],))

    get(neighbour, f"/cameras/{camera.pk}/pictures/", 404)
    get(neighbour, f"/cameras/{camera.pk}/masks/", 404)


def test_what_the_timeline_shows_is_noted(operator: Client, camera: Camera) -> None:
    taken(camera, NOW)

    get(operator, f"/cameras/{camera.pk}/pictures/")
    get(operator, f"/cameras/{camera.pk}/pictures/")

    assert [row.how for row in PictureView.objects.all()] == ["timeline"]


def test_somebody_says_that_a_picture_is_fine_or_a_fault(operator: Client, camera: Camera) -> None:
    row = taken(camera, NOW, findings=[finding("dark")])

    answer = operator.post(f"/cameras/pictures/{row.pk}/judge/", {"judgement": "fault"})

    assert answer["Location"] == f"/cameras/{camera.pk}/pictures/?picture={row.pk}"
    assert PictureExam.objects.get().judged == "fault"
    assert (
        operator.post(f"/cameras/pictures/{row.pk}/judge/", {"judgement": "x"}).status_code == 422
    )
    get(operator, f"/cameras/pictures/{row.pk}/judge/", 405)


def test_only_those_who_may_take_pictures_judge_them(sign_in: SignIn, camera: Camera) -> None:
    row = taken(camera, NOW, findings=[finding("dark")])
    leader = sign_in(Role.STREET_LEADER)

    assert (
        leader.post(f"/cameras/pictures/{row.pk}/judge/", {"judgement": "fault"}).status_code == 403
    )
    assert "judge" not in get(leader, f"/cameras/{camera.pk}/pictures/").content.decode()


def test_the_sheet_shows_the_newest_picture_of_each_camera_in_an_area(
    operator: Client, make_camera: MakeCamera
) -> None:
    here, there = make_camera(), make_camera(scope_code=OTHER_STREET)
    taken(here, NOW)
    newest = taken(here, NOW + MINUTE)

    items = get(operator, f"/cameras/pictures/?division={STREET}").context["items"]

    assert [(item["id"], item["picture"]["id"]) for item in items] == [(here.pk, newest.pk)]
    every = get(operator, "/cameras/pictures/").context["items"]
    assert {item["id"] for item in every} == {here.pk, there.pk}
    get(operator, "/cameras/pictures/?division=14x", 422)


def test_the_sheet_can_leave_only_what_has_something_wrong(
    operator: Client, make_camera: MakeCamera
) -> None:
    well, dark, mended = (make_camera() for _ in range(3))
    taken(well, NOW, findings=[])
    taken(dark, NOW, findings=[finding("dark")])
    taken(mended, NOW, findings=[finding("dark")])
    taken(mended, NOW + MINUTE, findings=[])

    answer = get(operator, "/cameras/pictures/?found=1")

    assert [item["id"] for item in answer.context["items"]] == [dark.pk]
    assert answer.context["total"] == 1


def test_a_sheet_of_64_costs_the_queries_of_one(
    operator: Client, make_camera: MakeCamera, django_assert_max_num_queries: Any
) -> None:
    for _ in range(64):
        taken(make_camera(), NOW, findings=[finding("dark")])

    with django_assert_max_num_queries(20):
        answer = get(operator, "/cameras/pictures/")

    assert answer.content.decode().count("<img ") == 64


def test_the_sheet_brings_its_thumbnails_along(operator: Client, make_camera: MakeCamera) -> None:
    with_thumb, lost, older = (make_camera() for _ in range(3))
    taken(with_thumb, NOW)
    gone = taken(lost, NOW)
    Path(settings.MEDIA_ROOT, gone.thumb).unlink()
    old = taken(older, NOW)
    Snapshot.objects.filter(pk=old.pk).update(thumb="")

    items = get(operator, "/cameras/pictures/").context["items"]

    sources = {item["id"]: item["picture"]["src"] for item in items}
    assert sources[with_thumb.pk] == f"data:image/jpeg;base64,{b64encode(THUMB).decode()}"
    assert sources[lost.pk].startswith(f"/api/snapshots/{gone.pk}/thumb.jpg")
    assert sources[older.pk].startswith(f"/api/snapshots/{old.pk}.jpg")


def test_masks_are_saved_and_somebody_elses_are_not_overwritten(
    sign_in: SignIn, camera: Camera
) -> None:
    taken(camera, NOW)
    client, path = sign_in(Role.MAINTAINER), f"/cameras/{camera.pk}/masks/"
    given = {"polygons": json.dumps([SQUARE]), "version": "0"}

    assert client.post(path, given, headers=PAGE).status_code == 302
    late = client.post(path, given | {"polygons": "[]"}, headers=PAGE)

    assert PrivacyMask.objects.get(camera=camera).polygons == [SQUARE]
    assert late.status_code == 422
    assert Snapshot.objects.count() == 1


def test_saving_masks_can_delete_what_was_taken_before(sign_in: SignIn, camera: Camera) -> None:
    row = taken(camera, NOW)
    given = {"polygons": json.dumps([SQUARE]), "version": "0", "delete_older": "on"}

    sign_in(Role.MAINTAINER).post(f"/cameras/{camera.pk}/masks/", given, headers=PAGE)

    assert not Snapshot.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    "polygons",
    [
        pytest.param("", id="nothing"),
        pytest.param("[[[0,0],[1,1]]]", id="two corners"),
        pytest.param('[[[0,0],[1,"x"],[1,1]]]', id="a word"),
        pytest.param("[[[0,0],[2,0],[1,1]]]", id="outside"),
        pytest.param("[" * 100_000, id="very deep"),
        pytest.param(json.dumps([SQUARE] * 17), id="too many"),
        pytest.param("NaN", id="no number"),
    ],
)
def test_masks_that_are_none_are_refused_with_a_sentence(
    sign_in: SignIn, camera: Camera, polygons: str
) -> None:
    taken(camera, NOW)

    answer = sign_in(Role.MAINTAINER).post(
        f"/cameras/{camera.pk}/masks/", {"polygons": polygons, "version": "0"}, headers=PAGE
    )

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not PrivacyMask.objects.exists()


def test_without_a_picture_the_masks_page_says_what_to_do(sign_in: SignIn, camera: Camera) -> None:
    text = get(sign_in(Role.MAINTAINER), f"/cameras/{camera.pk}/masks/").content.decode()

    assert "请先在摄像机页面抓拍一张" in text


def test_an_operator_draws_no_masks(operator: Client, camera: Camera) -> None:
    get(operator, f"/cameras/{camera.pk}/masks/", 403)


def test_the_page_of_rounds_tells_how_far_they_are(
    operator: Client, make_camera: MakeCamera
) -> None:
    make_camera(state=State.ONLINE, reason=Reason.OK)
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)

    rounds = get(operator, "/cameras/pictures/rounds/").context["rounds"]

    ordinary = next(one["round"] for one in rounds if one["round"].rules.priority == "ordinary")
    assert (ordinary.total, ordinary.down, ordinary.done) == (1, 1, 0)


def test_an_administrator_changes_the_rules_of_a_class(sign_in: SignIn) -> None:
    boss, path = sign_in(Role.ADMINISTRATOR), "/cameras/pictures/rounds/ordinary/"
    given = {"version": "0", "hours": "8-20 30\n0-6, 120", "dim_after_min": "90"}

    assert boss.post(path, given, headers=PAGE).status_code == 302

    row = PictureRule.objects.get()
    assert (row.hours, row.dim_after_min, row.keep_days) == ([[0, 6, 120], [8, 20, 30]], 90, None)
    late = boss.post(path, given, headers=PAGE)
    assert late.status_code == 422
    assert "8-20 30" in get(boss, path).content.decode()


@pytest.mark.parametrize(
    "hours",
    [
        "noon",
        "8-20",
        "20-8 30",
        "0-25 30",
        "0-12 30\n11-13 30",
        "0-24 1",
        "\n".join(["1-2 30"] * 9),
    ],
)
def test_hours_that_are_none_are_told_at_their_field(sign_in: SignIn, hours: str) -> None:
    given = {"version": "0", "hours": hours, "dim_after_min": "90"}

    answer = sign_in(Role.ADMINISTRATOR).post(
        "/cameras/pictures/rounds/ordinary/", given, headers=PAGE
    )

    assert answer.status_code == 422
    assert answer.context["form"].errors["hours"]
    assert not PictureRule.objects.exists()


def test_only_administrators_change_rules_and_only_of_classes_there_are(sign_in: SignIn) -> None:
    get(sign_in(), "/cameras/pictures/rounds/ordinary/", 403)
    get(sign_in(Role.ADMINISTRATOR), "/cameras/pictures/rounds/other/", 404)


def test_auditors_read_who_has_looked_and_see_no_picture(
    sign_in: SignIn, make_user: Any, camera: Camera, make_camera: MakeCamera
) -> None:
    row, other = taken(camera, NOW), taken(make_camera(scope_code=OTHER_STREET), NOW)
    watcher: User = make_user()
    services.note_views(watcher, [row.pk, other.pk], "full", NOW)
    auditor = sign_in(Role.AUDITOR, (STREET[:9],))

    answer = get(auditor, "/cameras/pictures/views/")

    assert [one.snapshot_id for one in answer.context["rows"]] == [row.pk]
    assert "<img" not in answer.content.decode()
    get(sign_in(Role.MAINTAINER), "/cameras/pictures/views/", 403)
    nobody = get(auditor, "/cameras/pictures/views/?camera=C9999")
    assert nobody.context["rows"] == []
