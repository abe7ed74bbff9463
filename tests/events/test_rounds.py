"""Video rounds: making and walking them, and what counts as seen."""

from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cameras.health import State
from cameras.models import Camera, CameraState, Owner, Snapshot, Team
from events.models import Look, Result, RoundPlace, VideoRound, VideoSeen, Walk
from events.rounds import queries, services
from events.rounds.ordering import order
from events.rounds.services import Said, Wanted
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.cameras.threads import together
from tests.events.town import COMMUNITY, DISTRICT, NOW, OTHER_STREET, STREET, Town, make_person

MINUTE = timedelta(minutes=1)
_numbers = count(1)
BOX = (112.5, 37.8, 112.7, 37.9)


def make_camera(state: State = State.ONLINE, scope: str = COMMUNITY, **values: Any) -> Camera:
    number = next(_numbers)
    camera = Camera.objects.create(
        **{
            "code": f"R{number:05}", "name": f"Camera {number}", "scope_code": scope,
            "point": Point(112.56 + number / 10_000, 37.88, srid=4326), "host": "10.0.0.1",
            "owner": Owner.objects.get_or_create(name="Works")[0],
            "team": Team.objects.get_or_create(name="Team", defaults={"phone": "1"})[0],
        } | values,
    )  # fmt: skip
    CameraState.objects.create(camera=camera, state=state, since=NOW, due_at=NOW)
    return camera


def picture(camera: Camera, at: Any = NOW) -> Snapshot:
    return Snapshot.objects.create(
        camera=camera, requested_at=at, taken_at=at, file="x.jpg", sha256="0" * 64
    )


@pytest.fixture
def operator(town: Town) -> User:
    return make_person("op", Role.OPERATOR, STREET)


@pytest.fixture
def street_round(operator: User) -> VideoRound:
    return services.make(by=operator, wanted=Wanted("Evening", STREET, STREET), now=NOW)


def looked(camera: Camera, shot: Snapshot | None) -> Said:
    return Said(camera.pk, Result.LOOKED, shot.pk if shot else None)


def test_neighbours_follow_one_another() -> None:
    # From the north-west corner to the east, and back along the south.
    assert order([0, 100, 200, 200, 100], [0, 0, 0, -50, -50]) == [0, 1, 4, 3, 2]
    assert order([], []) == []
    assert sorted(order([5, 5, 5], [1, 1, 1])) == [0, 1, 2]


def test_a_round_of_a_street_takes_cameras_that_are_entered_later(
    street_round: VideoRound, operator: User
) -> None:
    first = make_camera()
    make_camera(scope=OTHER_STREET)
    make_camera(enabled=False)
    make_camera(has_video=False)
    assert queries.cameras_in(operator, street_round) == [first]
    second = make_camera()
    assert queries.cameras_in(operator, street_round) == [first, second]
    assert AuditRow.objects.filter(action="video_round.made", scope=STREET).count() == 1


def test_a_list_by_hand_keeps_its_order(operator: User) -> None:
    row = services.make(by=operator, wanted=Wanted("List", STREET), now=NOW)
    cameras = [make_camera() for _ in range(3)]
    for camera in (*cameras, cameras[0]):
        services.add_camera(by=operator, round_id=row.pk, camera_id=camera.pk)
    services.move_camera(by=operator, round_id=row.pk, camera_id=cameras[2].pk, up=True)
    services.move_camera(by=operator, round_id=row.pk, camera_id=cameras[0].pk, up=True)
    assert queries.cameras_in(operator, row) == [cameras[0], cameras[2], cameras[1]]
    services.remove_camera(by=operator, round_id=row.pk, camera_id=cameras[2].pk)
    assert RoundPlace.objects.count() == 2
    stray = make_camera(scope=OTHER_STREET)
    with pytest.raises(Invalid):
        services.add_camera(by=operator, round_id=row.pk, camera_id=stray.pk)


def test_rounds_are_of_the_own_territory(street_round: VideoRound, operator: User) -> None:
    other = make_person("other", Role.OPERATOR, OTHER_STREET)
    with pytest.raises(Invalid):
        services.make(by=other, wanted=Wanted("Mine", STREET, STREET), now=NOW)
    for call in (
        partial(services.begin, by=other, round_id=street_round.pk, now=NOW),
        partial(services.set_active, by=other, round_id=street_round.pk, is_active=False),
    ):
        with pytest.raises(NotFound):
            call()
    with pytest.raises(Invalid, match="同名"):
        services.make(by=operator, wanted=Wanted("Evening", STREET), now=NOW)


def test_a_walk_is_resumed_and_ends(street_round: VideoRound, operator: User) -> None:
    with pytest.raises(Invalid, match="没有启用的摄像机"):
        services.begin(by=operator, round_id=street_round.pk, now=NOW)
    make_camera()
    walk = services.begin(by=operator, round_id=street_round.pk, now=NOW)
    assert services.begin(by=operator, round_id=street_round.pk, now=NOW + MINUTE) == walk
    services.end(by=operator, walk_id=walk.pk, now=NOW + MINUTE)
    assert services.begin(by=operator, round_id=street_round.pk, now=NOW + MINUTE) != walk


def test_what_was_looked_at_counts_as_seen_when_the_picture_was_taken(
    street_round: VideoRound, operator: User
) -> None:
    camera = make_camera(direction_deg=90, view_angle_deg=60)
    walk = services.begin(by=operator, round_id=street_round.pk, now=NOW)
    shot = picture(camera, NOW - 10 * MINUTE)
    for _ in range(2):
        services.look(by=operator, walk_id=walk.pk, said=looked(camera, shot), now=NOW)

    seen = VideoSeen.objects.get()
    assert (seen.camera, seen.at, seen.scope_code) == (camera, NOW - 10 * MINUTE, COMMUNITY)
    # 40 m east of it, which is 0.000456° there, lies in the sector; 40 m west does not.
    x, y = camera.point.coords
    assert seen.shape.contains(Point(x + 0.000456, y, srid=4326))
    assert not seen.shape.contains(Point(x - 0.000456, y, srid=4326))
    assert not {"by", "user", "who"} & {field.name for field in VideoSeen._meta.get_fields()}
    (shown,) = queries.seen_in(operator, BOX, NOW - timedelta(hours=1), NOW)
    assert shown == seen
    assert queries.seen_in(operator, BOX, NOW, NOW) == []
    other = make_person("other", Role.OPERATOR, OTHER_STREET)
    assert queries.seen_in(other, BOX, NOW - timedelta(hours=1), NOW) == []


def test_whoever_says_otherwise_takes_it_back(street_round: VideoRound, operator: User) -> None:
    camera = make_camera()
    walk = services.begin(by=operator, round_id=street_round.pk, now=NOW)
    shot = picture(camera)
    services.look(by=operator, walk_id=walk.pk, said=looked(camera, shot), now=NOW)
    unclear = Said(camera.pk, Result.UNCLEAR, shot.pk)
    services.look(by=operator, walk_id=walk.pk, said=unclear, now=NOW)
    assert Look.objects.get().result == "unclear"
    assert not VideoSeen.objects.exists()


def test_a_dark_camera_and_an_old_picture_are_not_looked_at(
    street_round: VideoRound, operator: User
) -> None:
    dark, old, none = make_camera(State.OFFLINE), make_camera(), make_camera()
    walk = services.begin(by=operator, round_id=street_round.pk, now=NOW)
    press = partial(services.look, by=operator, walk_id=walk.pk, now=NOW)
    with pytest.raises(Conflict, match="无画面"):
        press(said=looked(dark, picture(dark)))
    with pytest.raises(Conflict, match="超过 30 分钟"):
        press(said=looked(old, picture(old, NOW - 31 * MINUTE)))
    with pytest.raises(Conflict, match="请先抓拍"):
        press(said=looked(none, None))
    with pytest.raises(Conflict, match="请先抓拍"):
        press(said=looked(none, picture(old)))
    press(said=Said(dark.pk, Result.DARK))
    assert [look.result for look in Look.objects.all()] == ["dark"]


def test_nobody_says_anything_in_another_persons_walk(
    street_round: VideoRound, operator: User
) -> None:
    camera = make_camera()
    walk = services.begin(by=operator, round_id=street_round.pk, now=NOW)
    second = make_person("second", Role.OPERATOR, STREET)
    with pytest.raises(NotAllowed):
        services.look(by=second, walk_id=walk.pk, said=Said(camera.pk, Result.DARK), now=NOW)
    with pytest.raises(NotAllowed):
        services.end(by=second, walk_id=walk.pk, now=NOW)
    services.end(by=operator, walk_id=walk.pk, now=NOW)
    with pytest.raises(Conflict, match="已结束"):
        services.look(by=operator, walk_id=walk.pk, said=Said(camera.pk, Result.DARK), now=NOW)
    worker = make_person("worker", Role.GRID_WORKER, STREET)
    with pytest.raises(NotAllowed):
        services.begin(by=worker, round_id=street_round.pk, now=NOW)


def test_a_camera_out_of_reach_is_left_out(street_round: VideoRound, operator: User) -> None:
    make_camera(scope=f"{STREET}002")
    inside = make_camera()
    narrow = make_person("narrow", Role.OPERATOR, COMMUNITY)
    # The round is the street's, which somebody of one community does not see.
    assert list(queries.rounds_seen(narrow)) == []
    wide = make_person("wide", Role.OPERATOR, DISTRICT)
    assert len(queries.cameras_in(wide, street_round)) == 2
    assert queries.cameras_in(narrow, street_round) == [inside]


@pytest.mark.django_db(transaction=True)
def test_two_presses_together_are_one_walk_and_one_look() -> None:
    operator = make_person("op", Role.OPERATOR, STREET)
    row = services.make(by=operator, wanted=Wanted("Evening", STREET, STREET), now=NOW)
    camera = make_camera()
    shot = picture(camera)
    walks = together(*[partial(services.begin, by=operator, round_id=row.pk, now=NOW)] * 3)
    assert len({walk.pk for walk in walks}) == Walk.objects.count() == 1
    look = partial(
        services.look, by=operator, walk_id=walks[0].pk, said=looked(camera, shot), now=NOW
    )
    together(*[look] * 3)
    assert (Look.objects.count(), VideoSeen.objects.count()) == (1, 1)


NASTY = "<script>alert(1)</script>"


def test_the_pages_escape_names_and_lead_from_round_to_walk(town: Town, operator: User) -> None:
    client = Client(headers={"accept": "text/html"})
    client.force_login(operator)
    form = {"name": NASTY, "division": STREET, "kind": "list"}
    made = client.post(reverse("video-rounds"), form)
    row = VideoRound.objects.get()
    assert made.headers["Location"] == reverse("video-round", args=[row.pk])
    camera = make_camera(name=NASTY + "x")
    found = client.get(reverse("video-round", args=[row.pk]), {"q": "alert"}).content.decode()
    assert NASTY not in found
    assert found.count("&lt;script&gt;") >= 2
    change = reverse("change-video-round", args=[row.pk])
    assert client.post(change, {"do": "add", "camera": camera.pk}).status_code == 302
    assert client.post(change, {"do": "dance"}).status_code == 422
    walk = client.post(reverse("begin-video-walk", args=[row.pk])).headers["Location"]
    text = client.get(walk).content.decode()
    assert NASTY not in text
    told = client.get(f"/api{walk}", headers={"accept": "application/json"}).json()
    assert [one["name"] for one in told["cameras"]] == [NASTY + "x"]
    text = client.get(reverse("video-rounds")).content.decode()
    assert NASTY not in text
    assert "0/1" in text


def test_the_api_takes_looks_and_tells_what_was_seen(
    street_round: VideoRound, operator: User, client: Client
) -> None:
    client.force_login(operator)
    camera = make_camera()
    shot = picture(camera, timezone.now())
    walk = services.begin(by=operator, round_id=street_round.pk, now=timezone.now())
    address = reverse("api-video-look", args=[walk.pk])
    body = {"camera": camera.pk, "result": "looked", "snapshot": shot.pk}
    answer = client.post(address, body, content_type="application/json")
    assert (answer.status_code, answer.json()["result"]) == (200, "looked")
    for wrong in ({"camera": camera.pk}, {"camera": "x", "result": "looked"}, {"result": "x"}):
        assert client.post(address, wrong, content_type="application/json").status_code == 422
    box = ",".join(map(str, BOX))
    told = client.get(reverse("api-video-seen"), {"bbox": box}).json()
    assert [one["properties"]["camera"] for one in told["features"]] == [camera.pk]
    assert client.get(reverse("api-video-seen")).status_code == 422


def test_the_entry_page_takes_what_the_walk_knows(operator: User, client: Client) -> None:
    client.force_login(operator)
    asked = {"lon": "112.5601", "lat": "37.88", "source": "video_round", "camera": "7",
             "address": NASTY}  # fmt: skip
    text = client.get(reverse("new-event"), asked).content.decode()
    assert 'value="video_round" selected' in text
    assert 'value="112.5601, 37.88"' in text
    assert '"camera": 7' in text
    assert NASTY not in text
    assert client.get(reverse("new-event"), {"lon": "x", "camera": "-1"}).status_code == 422
