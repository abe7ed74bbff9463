"""For how long pictures are kept, and what is told of it."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cameras import jobs, picture_queries, services
from cameras.invariants import check
from cameras.models import PictureBaseline, Probe, Snapshot
from cameras.picture.rounds import ClassRules
from gis_server.roles import Role
from tests.cameras.conftest import MakeCamera
from tests.cameras.pictures import JPEG, THUMB, finding, taken
from tests.conftest import MakeUser

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def test_pictures_are_kept_for_30_days_and_faults_for_180(
    make_camera: MakeCamera, now: datetime, media: Path
) -> None:
    camera = make_camera()
    kept = [
        taken(camera, now - 29 * DAY),
        taken(camera, now - 31 * DAY, findings=[finding("dark")]),
        taken(camera, now - 179 * DAY, findings=[finding("dark")]),
    ]
    taken(camera, now - 31 * DAY, findings=[])
    taken(camera, now - 181 * DAY, findings=[finding("dark")])
    Snapshot.objects.create(camera=camera, requested_at=now - 31 * DAY, failure="no_frame")

    dropped = services.drop_old_pictures(now)

    assert sorted(Snapshot.objects.values_list("pk", flat=True)) == sorted(one.pk for one in kept)
    files = {str(path.relative_to(media)) for path in media.rglob("*.jpg")}
    assert files == {name for one in kept for name in (one.file, one.thumb)}
    size = len(JPEG) + len(THUMB)
    assert (dropped.pictures, dropped.faults, dropped.freed_bytes) == (2, 1, 2 * size)
    (report,) = picture_queries.cleanups()
    assert (report.deleted, report.deleted_faults, report.kept_faults) == (2, 1, 2)
    assert report.day == datetime(2026, 3, 1).date()  # noqa: DTZ001 - a day


def test_a_class_may_have_days_of_its_own(
    make_camera: MakeCamera, make_user: MakeUser, now: datetime
) -> None:
    rules = ClassRules("key_area", (), 60, keep_days=5, keep_faults_days=7)
    services.save_rule(rules, make_user(Role.ADMINISTRATOR), now)
    key, ordinary = make_camera(priority="key_area"), make_camera()
    for camera in (key, ordinary):
        taken(camera, now - 6 * DAY)
        taken(camera, now - 6 * DAY, findings=[finding("dark")])

    services.drop_old_pictures(now)

    assert Snapshot.objects.filter(camera=key).count() == 1
    assert Snapshot.objects.filter(camera=ordinary).count() == 2


def test_the_settings_say_how_long_where_no_rule_does(
    make_camera: MakeCamera, now: datetime, settings: Any
) -> None:
    settings.PICTURE_DAYS, settings.PICTURE_FAULT_DAYS = 3, 9
    taken(make_camera(), now - 4 * DAY)

    assert services.drop_old_pictures(now).pictures == 1


def test_what_a_day_deleted_adds_up(make_camera: MakeCamera, now: datetime) -> None:
    for _ in range(2):
        taken(make_camera(), now - 40 * DAY)
        services.drop_old_pictures(now)
    services.drop_old_pictures(now + DAY)

    assert [one.deleted for one in picture_queries.cleanups()] == [0, 2]


def test_the_probe_of_a_picture_stays_as_long_as_the_picture(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera()
    proof = Probe.objects.create(camera=camera, at=now, reason="ok", took_ms=1)
    row = taken(camera, now, probe=proof)
    Probe.objects.bulk_create(
        Probe(camera=camera, at=now, reason="ok", took_ms=number) for number in range(25)
    )

    jobs.drop_old_probes()
    assert Probe.objects.filter(pk=proof.pk).exists()
    assert Probe.objects.count() == 21
    row.delete()
    jobs.drop_old_probes()
    assert Probe.objects.count() == 20


def test_a_baseline_outlives_the_picture_it_was_made_of(
    make_camera: MakeCamera, now: datetime
) -> None:
    camera = make_camera()
    row = taken(camera, now - 400 * DAY)
    PictureBaseline.objects.create(
        camera=camera, light="day", content={}, made_at=now, snapshot=row
    )

    services.drop_old_pictures(now)

    assert PictureBaseline.objects.get().snapshot is None


def test_files_that_no_row_names_are_deleted_after_a_day(
    make_camera: MakeCamera, now: datetime, media: Path
) -> None:
    """A process that was killed between the file and the row leaves one."""
    row = taken(make_camera(), now - 40 * DAY, findings=[finding("dark")])
    for age, name in ((0, "new.jpg"), (3, "stray.jpg"), (3, ".half.part"), (40, "old.jpg")):
        folder = media / (now - age * DAY).strftime("snapshots/%Y/%m/%d")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    (media / "snapshots/2020/notes/mine").mkdir(parents=True)
    told = [line for line in check() if line.startswith("no picture has the file")]

    assert services.drop_strays(now) == 3

    assert len(told) == 4  # to the clock of the wall all of these days are long over
    left = {path.name for path in media.rglob("*") if path.is_file()}
    assert left == {"new.jpg", Path(row.file).name, Path(row.thumb).name}
    assert (media / "snapshots/2020/notes/mine").is_dir()


def test_a_file_that_is_gone_is_told(make_camera: MakeCamera, now: datetime, media: Path) -> None:
    row = taken(make_camera(), now)
    assert list(check()) == []

    (media / row.thumb).unlink()
    (media / row.file).unlink()

    assert list(check()) == [
        f"picture {row.pk} is gone from {row.file}",
        f"picture {row.pk} is gone from {row.thumb}",
    ]
