"""Cameras as they were at a moment of the past: never better than what is written down."""

from datetime import datetime, timedelta

import pytest
from django.test import Client

from cameras.models import Camera
from gis_server.roles import Role
from maps.then import cameras as then_cameras
from tests.cameras.conftest import MakeCamera, make_camera
from tests.cameras.rating import at, dated, lives
from tests.conftest import SignIn
from tests.maps.then import by_id, changes, moment

__all__ = ["make_camera"]  # a fixture, which tests here take


@pytest.fixture
def camera(make_camera: MakeCamera) -> Camera:
    made = make_camera()
    dated(made, "03-01 00:00")
    return made


def state(client: Client, camera: Camera, when: datetime) -> str | None:
    row = by_id(moment(client, when)["cameras"]).get(camera.pk)
    return None if row is None else str(row["state"])


def test_down_and_up_again_is_told_of_each_moment(operator: Client, camera: Camera) -> None:
    lives(camera, ("03-02 08:00", "online"), ("03-02 09:00", "offline"), ("03-02 10:30", "online"))

    told = {
        when: state(operator, camera, at(f"03-02 {when}"))
        for when in ("07:59", "08:00", "09:00", "10:29", "10:30", "23:00")
    }

    assert told == {
        "07:59": "unknown",
        "08:00": "online",
        "09:00": "offline",
        "10:29": "offline",
        "10:30": "online",
        "23:00": "online",
    }


def test_what_is_not_in_the_registry_yet_is_not_on_the_map(
    operator: Client, camera: Camera, make_camera: MakeCamera
) -> None:
    later = make_camera()
    dated(later, "03-03 12:00")

    assert set(by_id(moment(operator, at("03-03 11:59"))["cameras"])) == {camera.pk}
    assert state(operator, later, at("03-03 12:00")) == "unknown"
    told = changes(operator, at("03-03 00:00"), at("03-03 23:00"))["cameras"]
    assert told["states"]["rows"] == [[12 * 3_600_000, later.pk, "unknown", ""]]
    assert [row[0] for row in told["cameras"]["rows"]] == [later.pk]


def test_a_flapping_camera_is_told_change_by_change(operator: Client, camera: Camera) -> None:
    words = ("online", "offline") * 30
    lives(camera, *((f"03-02 08:{minute:02}", word) for minute, word in enumerate(words)))
    begin, end = at("03-02 08:10"), at("03-02 08:40")

    told = changes(operator, begin, end)["cameras"]["states"]["rows"]

    # What was so at the beginning stands; what comes at the end belongs to the span.
    assert len(told) == 30
    assert told[0][:3] == [60_000, camera.pk, "offline"]
    assert told[-1][:3] == [30 * 60_000, camera.pk, "online"]
    for after_ms, _pk, word, _reason in told:
        assert state(operator, camera, begin + timedelta(milliseconds=after_ms)) == word


def test_two_changes_in_one_moment_end_with_the_later_one(operator: Client, camera: Camera) -> None:
    lives(
        camera, ("03-02 08:00", "online"), ("03-02 09:00", "degraded"), ("03-02 09:00", "offline")
    )

    assert state(operator, camera, at("03-02 09:00")) == "offline"
    told = changes(operator, at("03-02 08:30"), at("03-02 09:30"))["cameras"]["states"]["rows"]
    assert [word for _ms, _pk, word, _reason in told] == ["degraded", "offline"]


def test_counts_are_by_state_and_of_all(
    operator: Client, camera: Camera, make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    for word in ("online", "online", "offline"):
        other = make_camera()
        lives(other, ("03-02 08:00", word))
    monkeypatch.setattr(then_cameras, "MOST_CAMERAS", 3)

    told = moment(operator, at("03-02 12:00"))["cameras"]

    assert told["states"] == {"online": 2, "degraded": 0, "offline": 1, "unknown": 1}
    assert (told["total"], told["left_out"], len(told["rows"])) == (4, 1, 3)


def test_the_past_of_another_street_is_not_told(
    sign_in: SignIn, camera: Camera, make_camera: MakeCamera
) -> None:
    other = make_camera(scope_code="140107002000")
    dated(other, "03-01 00:00")
    lives(other, ("03-02 08:00", "offline"))
    own = sign_in(Role.OPERATOR, ("140107001",))

    assert set(by_id(moment(own, at("03-02 09:00"))["cameras"])) == {camera.pk}
    assert changes(own, at("03-02 00:00"), at("03-02 23:00"))["cameras"]["states"]["rows"] == []


def test_too_many_changes_are_refused(
    operator: Client, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives(camera, *((f"03-02 08:0{minute}", "offline") for minute in range(4)))
    monkeypatch.setattr(then_cameras, "MOST_CHANGES", 3)

    answer = operator.get(
        "/api/maps/then/changes/",
        {"from": at("03-02 00:00").isoformat(), "to": at("03-02 12:00").isoformat()},
    )

    assert answer.status_code == 422


def test_owner_team_and_kind_are_those_of_then(operator: Client, camera: Camera) -> None:
    lives(camera, ("03-02 08:00", "online"))
    dated(camera, "03-02 12:00", owner_name="Market", team_name="South", priority="key_area")

    def told(when: str) -> tuple[str, str, str]:
        row = by_id(moment(operator, at(when))["cameras"])[camera.pk]
        return row["owner"], row["team"], row["priority"]

    old = (camera.owner.name, camera.team.name, camera.priority)
    assert told("03-02 11:59") == old
    assert told("03-02 12:00") == ("Market", "South", "key_area")
    span = changes(operator, at("03-02 00:00"), at("03-02 23:00"))["cameras"]
    assert span["records"]["rows"] == [[12 * 3_600_000, camera.pk, "Market", "South", "key_area"]]


def test_an_area_cuts_what_is_told_and_one_out_of_reach_is_refused(
    operator: Client, sign_in: SignIn, camera: Camera, make_camera: MakeCamera
) -> None:
    tenth = make_camera(scope_code="140107010000")
    dated(tenth, "03-01 00:00")
    when = {"at": at("03-02 09:00").isoformat()}

    def ids(client: Client, area: str) -> list[int]:
        answer = client.get("/api/maps/then/", when | {"area": area}).json()
        return [row[0] for row in answer["cameras"]["rows"]]

    # The street 010 is not all streets that begin with 01.
    assert ids(operator, "140107010000") == [tenth.pk]
    assert ids(operator, "140107001") == [camera.pk]
    assert ids(operator, "140107011000") == []
    own = sign_in(Role.OPERATOR, ("140107001",))
    assert own.get("/api/maps/then/", when | {"area": "140107010000"}).status_code == 404
    assert own.get("/api/maps/then/", when | {"area": "14x"}).status_code == 422
