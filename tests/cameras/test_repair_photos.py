"""Photos of technicians: judged by content, made ours, shown to whoever sees the order."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from cameras.models import Camera, RepairOrder, RepairPhoto, TeamMember
from cameras.repairs.services import drop_stray_photos, drop_unused_photos
from gis_server.errors import Invalid
from gis_server.models import User
from gis_server.photos.decoding import MAX_BYTES, decoded, size_of
from gis_server.roles import Role
from tests.cameras.conftest import MakeCamera
from tests.cameras.repairs import make_order
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db
BYTES = "application/octet-stream"
# APP1 with an EXIF block that says "turn me a quarter clockwise" (orientation 6) and where it was.
EXIF = (
    b"\xff\xe1\x00\x2eExif\0\0MM\0*\0\0\0\x08\0\x02"
    b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
    b"\x01\x0f\0\x02\0\0\0\x04HOME"
    b"\0\0\0\0"
)


def coded(kind: str, width: int = 64, height: int = 48) -> bytes:
    image = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    return bytes(cv2.imencode(kind, image)[1])


@pytest.fixture(autouse=True)
def media(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def camera(make_camera: MakeCamera) -> Camera:
    return make_camera()


@pytest.fixture
def order(camera: Camera) -> RepairOrder:
    return make_order(camera, state="on_site")


@pytest.fixture
def fitter(sign_in: SignIn, camera: Camera) -> Client:
    client = sign_in(Role.MAINTAINER)
    user = User.objects.get(pk=client.session["_auth_user_id"])
    TeamMember.objects.create(user=user, team=camera.team)
    return client


def send(client: Client, order: RepairOrder, content: bytes) -> Any:
    return client.post(f"/repairs/orders/{order.pk}/photos/", content, content_type=BYTES)


@pytest.mark.parametrize("kind", [".jpg", ".png", ".webp"])
def test_a_photo_becomes_a_jpeg_of_ours(
    fitter: Client, order: RepairOrder, media: Path, kind: str
) -> None:
    answer = send(fitter, order, coded(kind))

    assert answer.status_code == 201
    row = RepairPhoto.objects.get()
    assert (row.width, row.height) == (64, 48)
    stored = media / row.file
    assert stored.read_bytes().startswith(b"\xff\xd8\xff")
    assert row.file.startswith("repairs/")
    assert not stored.stat().st_mode & 0o111
    shown = fitter.get(answer.json()["url"])
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    shown.close()


def test_a_large_photo_is_made_smaller() -> None:
    assert size_of(decoded(coded(".jpg", 4000, 2000))) == (800, 1600)


def test_what_the_phone_wrote_into_it_is_gone_and_it_stands_upright() -> None:
    jpeg = coded(".jpg", 64, 48)
    told = jpeg[:2] + EXIF + jpeg[2:]

    made = decoded(told)

    assert b"Exif" not in made
    assert b"HOME" not in made
    assert size_of(made) == (64, 48)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<svg onload=alert(1)>", id="a drawing with a script"),
        pytest.param(b"GIF89a" + b"\0" * 50, id="another kind"),
        pytest.param(b"\xff\xd8\xff" + b"\0" * 500, id="only begins like one"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"\0" * 500, id="no PNG"),
        pytest.param(b"RIFF\0\0\0\0WEBP" + b"\0" * 500, id="no WebP"),
        pytest.param(b"\xff\xd8\xff" + b"\0" * MAX_BYTES, id="too large"),
        pytest.param(coded(".jpg")[:200], id="torn off"),
    ],
)
def test_what_is_no_photo_is_refused(fitter: Client, order: RepairOrder, content: bytes) -> None:
    assert send(fitter, order, content).status_code == 422
    assert not RepairPhoto.objects.exists()


def test_a_photo_that_would_unfold_to_gigabytes_is_refused() -> None:
    # A PNG header of 30,000 × 30,000 pixels: 2.7 GB as BGR.
    header = (30_000).to_bytes(4) * 2 + b"\x08\x02\0\0\0"
    png = coded(".png")
    with pytest.raises(Invalid):
        decoded(png[:16] + header + png[29:])


def test_more_photos_than_a_step_takes_are_refused(fitter: Client, order: RepairOrder) -> None:
    for _ in range(12):
        RepairPhoto.objects.create(
            order=order,
            by_id=int(fitter.session["_auth_user_id"]),
            who="",
            at=timezone.now(),
            file="x.jpg",
            sha256="0" * 64,
            width=1,
            height=1,
        )

    assert send(fitter, order, coded(".jpg")).status_code == 429


def test_only_who_repairs_sends_photos(sign_in: SignIn, order: RepairOrder) -> None:
    assert send(sign_in(Role.MAINTAINER), order, coded(".jpg")).status_code == 403
    street = sign_in(Role.OPERATOR, ("140107002",))
    assert send(street, order, coded(".jpg")).status_code == 404


def test_a_photo_of_another_street_is_not_there(
    fitter: Client, sign_in: SignIn, order: RepairOrder
) -> None:
    url = send(fitter, order, coded(".jpg")).json()["url"]

    assert sign_in(Role.OPERATOR, ("140107002",)).get(url).status_code == 404
    near = sign_in(Role.OPERATOR, ("140107001",)).get(url)
    assert near.status_code == 200
    near.close()


def test_what_no_step_names_goes_after_a_day(
    fitter: Client, order: RepairOrder, media: Path
) -> None:
    used, unused = (send(fitter, order, coded(".jpg")).json()["id"] for _ in range(2))
    fitter.post(f"/repairs/orders/{order.pk}/do/repair/", {"photo": [used]})
    now = timezone.now()

    assert drop_unused_photos(now + timedelta(hours=23)) == 0
    assert drop_unused_photos(now + timedelta(hours=25)) == 1

    assert RepairPhoto.objects.get().pk == used
    assert unused != used
    assert len([*media.rglob("*.jpg")]) == 1


def test_a_full_disk_is_said(
    fitter: Client, order: RepairOrder, settings: LazySettings, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    settings.MEDIA_ROOT = tmp_path / "file"

    assert send(fitter, order, coded(".jpg")).status_code == 503


def test_a_file_that_no_row_names_goes_after_a_day(
    fitter: Client, order: RepairOrder, media: Path
) -> None:
    send(fitter, order, coded(".jpg"))
    [kept] = media.rglob("*.jpg")
    stray = kept.with_name("killed-between.jpg")
    stray.write_bytes(b"\xff\xd8")
    now = timezone.now()

    # The folder is that of a day: it is looked at when the next day is over.
    assert drop_stray_photos(now) == 0
    assert drop_stray_photos(now + timedelta(days=3)) == 1

    assert [*media.rglob("*.jpg")] == [kept]
