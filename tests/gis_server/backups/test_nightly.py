"""The backup that nobody asks for."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import translation

from gis_server.backups import nightly, shelf, tries
from gis_server.beats import Part, beat
from gis_server.jobs import back_up
from gis_server.models import AuditRow, ProcessBeat
from gis_server.watch import backups
from gis_server.watch.readings import State

NIGHT = datetime(2026, 3, 1, 18, 31, tzinfo=UTC)  # 02:31 in Shanghai
HOUR = timedelta(hours=1)
# In place of the command that starts a server: it says that it was run, and does as it is told.
STAND_IN = """#!/bin/sh
echo "$1" >>{here}/runs
[ -e {here}/well ] || {{ echo "bin/verify-backup: no room" >&2; exit 1; }}
touch "$1/verified.json"
"""


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Path]:
    """A folder with backups in `b`, where what verifies them fails until there is a file `well`."""
    command = tmp_path / "bin" / "verify-backup"
    command.parent.mkdir()
    command.write_text(STAND_IN.format(here=tmp_path))
    command.chmod(0o755)
    (tmp_path / "runs").touch()
    with override_settings(
        BASE_DIR=tmp_path, BACKUP_DIR=tmp_path / "b", MEDIA_ROOT=tmp_path / "m",
        BACKUP_AT=time(2, 30), BACKUP_VERIFY=True, BACKUP_LEAVE_MB=1,
    ):  # fmt: skip
        yield tmp_path


def shelved(at: Path) -> Path:
    """A backup of this night that is there and was tried once, in vain."""
    folder = at / "b" / shelf.name_at(NIGHT)
    folder.mkdir(parents=True)
    (folder / "manifest.json").touch()
    tries.fail(folder, tries.begin(folder, NIGHT), "no room")
    return folder


def runs(at: Path) -> int:
    return len((at / "runs").read_text().splitlines())


@pytest.mark.django_db(transaction=True)
def test_one_that_is_not_found_right_is_told_and_tried_again_each_hour_but_not_for_ever(
    at: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert nightly.run(NIGHT) == ""

    assert "not verified (1 of 4 tries): bin/verify-backup: no room" in caplog.text
    [folder] = shelf.complete(at / "b")
    assert told(NIGHT + HOUR) == (State.DOUBTFUL, "1 of 4 tries failed", True)

    assert [nightly.run(NIGHT + n * HOUR) for n in range(1, 7)] == [""] * 6

    assert runs(at) == tries.MOST == 4
    assert told(NIGHT + 7 * HOUR) == (State.BAD, "4 of 4 tries failed", True)
    assert not ProcessBeat.objects.exists()
    assert shelf.complete(at / "b") == [folder], "a night has one backup"


def told(now: datetime) -> tuple[State, str, bool]:
    """What the administrator's page says of it: state, how often, and whether what to do names the
    command with the backup.
    """
    with translation.override("en"):
        found = backups.find(now)
    line = found.readings[-1]
    name, _, rest = str(line.now).partition(": ")
    assert rest.endswith("bin/verify-backup: no room")
    number = next(one.value for one in found.samples if one.name == "gis_backup_failed_tries")
    often = rest.partition(",")[0]
    assert often.startswith(f"{number:.0f} ")
    return line.state, often, f"/bin/verify-backup {backups_dir() / name}" in str(line.todo)


def backups_dir() -> Path:
    return Path(settings.BACKUP_DIR)


@pytest.mark.django_db
def test_one_that_is_found_right_the_next_time_counts(at: Path) -> None:
    folder = shelved(at)
    (at / "well").touch()

    assert nightly.run(NIGHT + HOUR) == folder.name
    assert nightly.run(NIGHT + 2 * HOUR) == ""

    assert runs(at) == 1
    assert ProcessBeat.objects.filter(part=Part.BACKUPS).exists()
    assert backups.look(at / "b").failed is None


@pytest.mark.django_db
def test_one_that_somebody_is_trying_is_left_to_them(at: Path) -> None:
    folder = shelved(at)

    with tries.alone(folder):
        assert nightly.run(NIGHT + HOUR) == ""

    assert runs(at) == 0
    assert tries.of(folder) == tries.Tries(1, NIGHT, "no room")


def test_a_try_that_is_cut_off_counts_and_is_told_once_there_was_another(at: Path) -> None:
    folder = at / "b" / shelf.name_at(NIGHT)
    folder.mkdir(parents=True)
    (folder / "manifest.json").touch()

    first = tries.begin(folder, NIGHT)
    assert backups.look(at / "b").failed is None, "it may still be at work"
    second = tries.begin(folder, NIGHT + HOUR)

    assert (first.count, second.count, second.left) == (1, 2, 2)
    assert backups.look(at / "b").failed == (folder, second)


@pytest.mark.parametrize("note", [b"", b"[]", b'{"count": "x"}', b"\xff"])
def test_a_note_that_cannot_be_read_is_none(at: Path, note: bytes) -> None:
    (at / tries.NOTE).write_bytes(note)

    assert tries.of(at) is None


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
