"""Tracks that are added from files, as they are sent to the page."""

import json
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from gis_server.models import AuditRow
from gis_server.roles import Role
from patrols.intake.tracks import track_of
from patrols.intake.uploading import TROUBLES
from patrols.models import Duty, Fix, How, Member, StaleTrack
from patrols.uploads import Trouble
from tests.conftest import MakeUser, SignIn
from tests.patrols.on_duty import DAY, LAT, LON, OTHER_STREET, STREET, local, make_duty, make_member

pytestmark = pytest.mark.django_db
HEAD = '<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>'
TAIL = "</trkseg></trk></gpx>"


@pytest.fixture(autouse=True)
def kept_long(settings: Any) -> None:
    settings.PATROL_KEPT_DAYS = 3650  # pages go by the real clock


@pytest.fixture
def duty(make_user: MakeUser) -> Duty:
    return make_duty(make_member(user=make_user(Role.PATROLLER, (STREET,))))


@pytest.fixture
def own(duty: Duty) -> Client:
    client = Client()
    assert duty.member.user
    client.force_login(duty.member.user)
    return client


def point(seconds: float, more: str = "") -> str:
    at = (local(9) + timedelta(seconds=seconds)).isoformat()
    return f'<trkpt lat="{LAT}" lon="{LON + seconds * 1e-5}"><time>{at}</time>{more}</trkpt>'


def send(client: Client, body: str | bytes, address: str = "/patrols/me/upload/") -> Any:
    content = body.encode() if isinstance(body, str) else body
    return client.post(f"{address}?name=a.gpx", content, "application/octet-stream")


def test_what_became_of_each_point_is_told(own: Client, duty: Duty) -> None:
    body = (
        HEAD + point(0) + point(10) + point(10) + point(8 * 3600)
        + f'<trkpt lat="{LAT}" lon="{LON}"/>'
        + f'<trkpt lat="{LON}" lon="{LAT}"><time>2026-03-02T02:00:00Z</time></trkpt>' + TAIL
    )  # fmt: skip

    assert send(own, body).json() == {
        "kept": 2, "repeated": 1, "outside_duty": 1, "too_old": 0, "ahead": 0, "without_time": 1,
        "unreadable": 1,
    }  # fmt: skip
    assert {fix.how for fix in Fix.objects.all()} == {How.FILE}
    assert StaleTrack.objects.get().since == local(9)
    note = AuditRow.objects.get(action="track.uploaded")
    assert note.detail == {"file": "a.gpx", "rows": 4, "counts": 2}

    assert send(own, body).json()["kept"] == 0


def test_geojson_is_read_as_well(own: Client, duty: Duty) -> None:
    times = [(local(9) + timedelta(seconds=s)).isoformat() for s in (0, 10)]
    body = {
        "type": "Feature", "properties": {"coordTimes": times},
        "geometry": {"type": "LineString", "coordinates": [[LON, LAT], [LON, LAT]]},
    }  # fmt: skip

    assert send(own, "\ufeff  " + json.dumps(body)).json()["kept"] == 2


@pytest.mark.parametrize(
    "body",
    [
        b"", b"nonsense", b"{", b'{"type": "FeatureCollection", "features": []}', b"\0" * 1000,
        HEAD.encode(), (HEAD + TAIL).encode(), b"<kml></kml>",
        (HEAD + f'<trkpt lat="{LAT}" lon="{LON}"/>' + TAIL).encode(),
        b'<!DOCTYPE g [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><gpx>&b;</gpx>',
        b"<gpx>" * 100_000, b"[" * 1_000_000, b'{"a":' * 100_000,
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_and_nothing_of_it_kept(
    own: Client, duty: Duty, body: bytes
) -> None:
    answer = send(own, body)

    assert answer.status_code == 422
    message = answer.json()["error"]["message"]
    assert message.startswith("文件无法读取")
    assert "%" not in message
    # No parser's own words: nothing but names of formats is not Chinese.
    assert set(re.findall("[A-Za-z]+", message)) <= {"GPX", "GeoJSON", "JSON", "XML", "MB"}
    assert not Fix.objects.exists()


def test_a_file_that_breaks_off_in_the_middle_leaves_nothing(own: Client, duty: Duty) -> None:
    body = HEAD + "".join(point(s) for s in range(1000)) + "<trkpt lat="

    assert send(own, body).status_code == 422
    assert not Fix.objects.exists()


def test_every_trouble_of_a_file_has_its_sentence() -> None:
    assert TROUBLES.keys() == set(Trouble)


def test_a_million_points_are_taken_in_one_go(own: Client, duty: Duty) -> None:
    """Ten a second from the beginning of the shift; the last three quarters lie after its end."""
    began = local(8)
    body = HEAD + "".join(
        f'<trkpt lat="{LAT}" lon="{LON}"><time>{(began + timedelta(seconds=n / 10)).isoformat()}'
        "</time></trkpt>"
        for n in range(1_000_000)
    ) + TAIL  # fmt: skip
    clock = time.process_time()

    told = send(own, body).json()

    assert (told["kept"], told["outside_duty"]) == (288_000, 712_000)
    assert Fix.objects.count() == 288_000
    # Measured 9 s on a free machine of two cores; a minute would be a fault.
    assert time.process_time() - clock < 60
    assert track_of(duty).flags.size == 288_000


def test_whoever_plans_duties_adds_a_file_for_a_member(duty: Duty, sign_in: SignIn) -> None:
    address = f"/patrols/members/{duty.member_id}/upload/"
    leader = sign_in(Role.STREET_LEADER, (STREET,))

    assert duty.member.name in leader.get(address).content.decode()
    assert send(leader, HEAD + point(0) + TAIL, address).json()["kept"] == 1
    stranger = sign_in(Role.STREET_LEADER, (OTHER_STREET,))
    assert send(stranger, HEAD + point(1) + TAIL, address).status_code == 404
    assert send(sign_in(Role.GRID_WORKER, (STREET,)), "", address).status_code == 403


def test_who_is_no_longer_active_adds_nothing(own: Client, duty: Duty) -> None:
    Member.objects.update(is_active=False)

    assert send(own, HEAD + point(0) + TAIL).status_code == 422
    assert duty.day == DAY
