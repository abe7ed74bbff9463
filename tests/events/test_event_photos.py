"""Photos of events: once each, judged by content, shown to whoever sees the event."""

import uuid
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from events import invariants
from events.models import Category, Event, EventPhoto, EventStep
from events.reporting import photos
from gis_server.photos.decoding import MAX_BYTES
from gis_server.roles import Role
from tests.conftest import SignIn
from tests.events.reports import jpeg, send, send_photo, told
from tests.grids.territory import WEST

WORKER = Role.GRID_WORKER


@pytest.fixture
def phone(sign_in: SignIn, pothole: Category, media: Path) -> Client:
    return sign_in(WORKER, (WEST,))


def test_a_report_brings_its_photos_with_it(phone: Client, media: Path) -> None:
    ids = [str(uuid.uuid4()) for _ in range(2)]
    for one in ids:
        assert send_photo(phone, jpeg(), one).status_code == 201

    # In the order of the report, not in that of their arrival.
    assert send(phone, told(photos=ids[::-1])).status_code == 201

    event = Event.objects.get()
    rows = {str(row.client_id): row for row in EventPhoto.objects.filter(event=event)}
    assert EventStep.objects.get().photos == [rows[one].pk for one in ids[::-1]]
    shown: Any = phone.get(f"/events/photos/{rows[ids[0]].pk}.jpg")
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")
    assert (media / rows[ids[0]].file).read_bytes().startswith(b"\xff\xd8")


def test_what_asks_for_a_photo_is_reported_with_one(phone: Client, pothole: Category) -> None:
    Category.objects.filter(pk=pothole.pk).update(needs_photo=True)
    photo = str(uuid.uuid4())
    send_photo(phone, jpeg(), photo)

    assert send(phone, told()).status_code == 422
    assert send(phone, told(photos=[photo])).status_code == 201


def test_the_same_photo_again_is_the_first(phone: Client, media: Path) -> None:
    client_id = str(uuid.uuid4())
    first, again = (send_photo(phone, jpeg(), client_id) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert len([*media.rglob("*.jpg")]) == 1


@pytest.mark.django_db(transaction=True)
def test_of_four_that_send_the_same_photo_at_once_one_is_kept(make_user: Any, media: Path) -> None:
    by, client_id, content = make_user(WORKER, (WEST,)), uuid.uuid4(), jpeg()
    start, found = Barrier(4), list[tuple[EventPhoto, bool]]()

    def one() -> None:
        try:
            start.wait()
            now = timezone.now()
            found.append(photos.add_photo(by=by, client_id=client_id, content=content, now=now))
        finally:
            connection.close()

    threads = [Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(is_new for _row, is_new in found) == 1
    assert len({row.pk for row, _new in found}) == 1
    assert len([*media.rglob("*.jpg")]) == 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"%PDF-1.7 called photo.jpg", id="a PDF"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", id="an SVG"),
        pytest.param(b"PK\x03\x04" + b"\0" * 100, id="a zip file"),
        pytest.param(b"\xff\xd8\xff" + b"\0" * MAX_BYTES, id="too large"),
        pytest.param(jpeg()[:200], id="torn off"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(phone: Client, content: bytes) -> None:
    answer = send_photo(phone, content)

    assert answer.status_code == 422
    assert "照片" in answer.json()["error"]["message"]
    assert not EventPhoto.objects.exists()


def test_a_report_whose_photo_was_swept_names_it_and_is_taken_after_it(phone: Client) -> None:
    client_id = str(uuid.uuid4())
    report = told(photos=[client_id])

    answer = send(phone, report)

    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "PhotosMissing"
    assert answer.json()["error"]["photos"] == [client_id]
    assert not Event.objects.exists()
    send_photo(phone, jpeg(), client_id)
    assert send(phone, report).status_code == 201


def test_a_photo_belongs_to_its_sender_and_one_event(phone: Client, sign_in: SignIn) -> None:
    client_id = str(uuid.uuid4())
    send_photo(phone, jpeg(), client_id)
    other = sign_in(WORKER, ("140107001",))

    assert send(other, told(photos=[client_id])).status_code == 422
    assert send(phone, told(photos=[client_id])).status_code == 201
    assert send(phone, told(photos=[client_id])).status_code == 422


def test_a_photo_is_shown_to_its_sender_and_to_whoever_sees_the_event(
    phone: Client, sign_in: SignIn
) -> None:
    client_id = str(uuid.uuid4())
    url = send_photo(phone, jpeg(), client_id).json()["url"]
    near, far = sign_in(Role.OPERATOR, ("140107001",)), sign_in(Role.OPERATOR, ("140107002",))

    def seen_by(client: Client) -> int:
        answer: Any = client.get(url)
        if answer.streaming:
            assert b"".join(answer.streaming_content).startswith(b"\xff\xd8")
        return int(answer.status_code)

    assert [seen_by(one) for one in (phone, near, far)] == [200, 404, 404]
    send(phone, told(photos=[client_id]))
    assert [seen_by(one) for one in (phone, near, far)] == [200, 200, 404]
    assert seen_by(sign_in(Role.MAINTAINER)) == 403


def test_what_nothing_names_goes_after_a_day(phone: Client, media: Path) -> None:
    used, unused = str(uuid.uuid4()), str(uuid.uuid4())
    for one in (used, unused):
        send_photo(phone, jpeg(), one)
    send(phone, told(photos=[used]))
    now = timezone.now()

    assert photos.drop_unused_photos(now + timedelta(hours=23)) == 0
    assert photos.drop_unused_photos(now + timedelta(hours=25)) == 1
    assert str(EventPhoto.objects.get().client_id) == used
    assert len([*media.rglob("*.jpg")]) == 1


def test_a_file_that_no_row_names_goes_and_a_row_without_a_file_is_told(
    phone: Client, media: Path
) -> None:
    send_photo(phone, jpeg())
    [kept] = media.rglob("*.jpg")
    kept.with_name("stray.jpg").write_bytes(b"\xff\xd8")

    assert photos.drop_stray_photos(timezone.now() + timedelta(days=3)) == 1
    assert [*media.rglob("*.jpg")] == [kept]
    assert list(invariants.check()) == []
    kept.unlink()
    assert len(list(invariants.check())) == 1


def test_a_flood_of_photos_is_refused(phone: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "MOST_WAITING", 1)
    send_photo(phone, jpeg())

    answer = send_photo(phone, jpeg())

    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "600"


def test_somebody_elses_photo_is_not_sent_under_my_name(phone: Client) -> None:
    address = f"/api/events/photos/?client_id={uuid.uuid4()}&sender=999999"

    answer = phone.post(address, jpeg(), content_type="application/octet-stream")

    assert answer.status_code == 409
