"""The backup that nobody asks for."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from gis_server.backups import nightly, shelf
from gis_server.beats import Part, beat
from gis_server.jobs import back_up
from gis_server.models import AuditRow, ProcessBeat

NIGHT = datetime(2026, 3, 1, 18, 31, tzinfo=UTC)  # 02:31 in Shanghai


@pytest.mark.django_db(transaction=True)
def test_one_is_made_each_night_and_heard_of(tmp_path: Path) -> None:
    with override_settings(
        BACKUP_DIR=tmp_path / "b", MEDIA_ROOT=tmp_path / "m", BACKUP_AT=time(2, 30),
        BACKUP_VERIFY=False, BACKUP_LEAVE_MB=1,
    ):  # fmt: skip
        name = nightly.run(NIGHT)
        assert nightly.run(NIGHT + timedelta(hours=23)) == ""
        assert nightly.run(NIGHT + timedelta(hours=24)) != ""

    assert name == "gis-server-20260301T183100Z"
    assert len(shelf.complete(tmp_path / "b")) == 2
    assert ProcessBeat.objects.get(part=Part.BACKUPS).place == ""
    assert AuditRow.objects.filter(action="backup.made", subject=name).count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_fails_is_logged_and_not_heard_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "b").touch()
    with override_settings(BACKUP_DIR=tmp_path / "b", BACKUP_AT=time(2, 30)):
        assert nightly.run(NIGHT) == ""

    assert "the nightly backup: " in caplog.text
    assert "set BACKUP_DIR" in caplog.text
    assert not ProcessBeat.objects.exists()


@pytest.mark.django_db
def test_switched_off_it_is_not_missed(tmp_path: Path) -> None:
    beat(Part.BACKUPS, NIGHT)
    with override_settings(BACKUP_DIR=tmp_path / "b", BACKUP_AT=None):
        assert back_up() == ""

    assert not ProcessBeat.objects.exists()
    assert not (tmp_path / "b").exists()
