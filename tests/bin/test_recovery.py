"""A base copy, the log of changes, and the way back to a moment between two mistakes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bin.steps import postgres, recover
from bin.steps.journal import Failed, Journal
from bin.steps.layout import Layout
from bin.steps.postgres import Cluster
from gis_server.backups import restoring
from gis_server.models import ChangeRow, UserSession


@pytest.fixture
def cluster(open_folder: Path, journal: Journal) -> Cluster:
    made = Cluster(
        open_folder / "pg", open_folder / "run", open_folder / "pg.log", lasting=True,
        archive=open_folder / "the archive's",
    )  # fmt: skip
    postgres.create(made, journal)
    return made


def kept(cluster: Cluster, journal: Journal) -> str:
    return postgres.ask(cluster, journal, "SELECT string_agg(what, ' ' ORDER BY at) FROM kept")


def note(cluster: Cluster, journal: Journal, what: str) -> datetime:
    """Add a row; a moment after it was committed and before the next."""
    postgres.ask(cluster, journal, f"INSERT INTO kept VALUES ('{what}', clock_timestamp())")
    said = postgres.ask(cluster, journal, "SELECT clock_timestamp()")
    return datetime.fromisoformat(said).astimezone(UTC)


def test_the_database_comes_back_as_it_was_at_a_moment(cluster: Cluster, journal: Journal) -> None:
    with postgres.running(cluster):
        postgres.ask(cluster, journal, "CREATE TABLE kept (what text, at timestamptz)")
        note(cluster, journal, "first")
        base = recover.base_copy(cluster, journal, datetime.now(UTC))
        between = note(cluster, journal, "second")
        note(cluster, journal, "mistake")
    now = datetime.now(UTC)

    before = recover.recover(cluster, journal, between, now)

    with postgres.running(cluster):
        assert kept(cluster, journal) == "first second"
        assert postgres.ask(cluster, journal, "SHOW restore_command") == ""
        note(cluster, journal, "after")
    assert before.is_dir()
    assert base.is_dir()

    with pytest.raises(Failed, match="no base copy from before that moment"):
        recover.recover(cluster, journal, between - timedelta(days=1), now)
    with pytest.raises(Failed, match="does not reach that moment: name an earlier one"):
        recover.recover(cluster, journal, now + timedelta(days=1), now)
    with postgres.running(cluster):
        assert kept(cluster, journal) == "first second after"


FEED, SESSIONS = ChangeRow._meta.db_table, UserSession._meta.db_table
TABLES = f"""
    CREATE TABLE {FEED} (
        id bigserial, topic text, subject text, scope text, data jsonb, parts text[]);
    CREATE TABLE {SESSIONS} (session_key text);
    INSERT INTO {FEED} (topic) VALUES ('heard'); INSERT INTO {SESSIONS} VALUES ('ended since')"""


def test_nobody_goes_on_with_what_came_after_that_moment(
    cluster: Cluster, journal: Journal
) -> None:
    with postgres.running(cluster):
        postgres.prepare(cluster, journal, "gis")
        postgres.ask(cluster, journal, TABLES, "gis")
        recover.base_copy(cluster, journal, datetime.now(UTC))

    recover.recover(cluster, journal, None, datetime.now(UTC))

    with postgres.running(cluster):
        # The same as after a restore, which steps of bin/ cannot ask.
        assert recover.FEED_LEAP == restoring.FEED_LEAP
        told = f"SELECT topic, id > {recover.FEED_LEAP} FROM {FEED}"
        assert postgres.ask(cluster, journal, told, "gis") == "restored|t"
        assert postgres.ask(cluster, journal, f"SELECT count(*) FROM {SESSIONS}", "gis") == "0"


def test_all_that_was_committed_comes_back_after_a_crash(
    cluster: Cluster, journal: Journal
) -> None:
    with postgres.running(cluster):
        postgres.ask(cluster, journal, "CREATE TABLE kept (what text, at timestamptz)")
        recover.base_copy(cluster, journal, datetime.now(UTC))
        note(cluster, journal, "last")
        # What is told to stop at once copies nothing to the archive any more.
        postgres.ask(cluster, journal, "ALTER SYSTEM SET archive_command = 'false'")
        postgres.ask(cluster, journal, "SELECT pg_reload_conf()")

    recover.recover(cluster, journal, None, datetime.now(UTC))

    with postgres.running(cluster):
        assert kept(cluster, journal) == "last"


def test_two_base_copies_are_kept_and_the_log_that_they_need(
    cluster: Cluster, journal: Journal
) -> None:
    assert cluster.archive
    start = datetime.now(UTC)
    with postgres.running(cluster):
        made = [
            recover.base_copy(cluster, journal, start + timedelta(seconds=second))
            for second in range(3)
        ]
        postgres.ask(cluster, journal, "SELECT pg_switch_wal()")

    assert [base.exists() for base in made] == [False, True, True]
    pieces = sorted(p.name for p in cluster.archive.iterdir() if len(p.name) == 24)
    label = (made[1] / "backup_label").read_text()
    assert pieces[0] in label


def test_a_piece_of_the_log_that_is_there_already_is_compared(
    cluster: Cluster, journal: Journal, tmp_path: Path
) -> None:
    assert cluster.archive
    cluster.archive.mkdir()
    piece = tmp_path / "piece"
    piece.write_bytes(b"log")
    command = postgres.archive_command(cluster.archive)
    command = command.replace("%p", str(piece)).replace("%f", "0001")

    for _again in range(2):
        journal.run(["sh", "-c", command], env={}, cwd=tmp_path, failed="refused")
    piece.write_bytes(b"another")
    with pytest.raises(Failed, match="refused"):
        journal.run(["sh", "-c", command], env={}, cwd=tmp_path, failed="refused")

    assert (cluster.archive / "0001").read_bytes() == b"log"


def test_without_an_archive_there_is_no_base_copy(cluster: Cluster, journal: Journal) -> None:
    bare = Cluster(cluster.data, cluster.socket_dir, cluster.log, lasting=True)

    with pytest.raises(Failed, match="WAL_ARCHIVE is not set"):
        recover.base_copy(bare, journal, datetime.now(UTC))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2026-03-01T18:30:00", id="no offset"),
        pytest.param("yesterday", id="a word"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_moment_says_its_offset(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        recover.read_arguments(["to", text])

    assert "with its offset from UTC" in capsys.readouterr().err


def an_installation(folder: Path, database: str, archive: Path) -> Layout:
    laid = Layout(folder)
    laid.etc.mkdir(parents=True)
    laid.log.mkdir(parents=True)
    laid.postgres_socket.mkdir(parents=True)
    url = f"postgres://gis@{database}"
    laid.environment.write_text(f'DATABASE_URL={url}\nWAL_ARCHIVE="{archive}"\n', encoding="utf-8")
    return laid


def test_an_installation_s_database_is_recovered_while_all_of_it_is_stopped(tmp_path: Path) -> None:
    socket = tmp_path / "run" / "gis-server-postgres"
    laid = an_installation(tmp_path, f"/gis?host={socket}", tmp_path / "the log")

    kept = recover.of_installation(laid)

    assert kept.cluster.data == tmp_path / "var/lib/gis-server/pg"
    assert kept.cluster.archive == tmp_path / "the log"
    with kept.alone():
        pass
    (socket / ".s.PGSQL.5432").touch()
    with pytest.raises(Failed, match=r"run systemctl stop 'gis-server\*'"), kept.alone():
        pass


def test_a_district_s_own_database_is_recovered_by_its_administrator(tmp_path: Path) -> None:
    laid = an_installation(tmp_path, "db.example/gis", tmp_path / "log")

    with pytest.raises(Failed, match="its administrator recovers it"):
        recover.of_installation(laid)
