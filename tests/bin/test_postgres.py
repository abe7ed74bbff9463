"""The private cluster: starts, stops, and comes back after everything was killed."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from bin.steps import postgres, processes
from bin.steps.journal import Failed, Journal


@pytest.fixture
def cluster(open_folder: Path, journal: Journal) -> postgres.Cluster:
    made = postgres.Cluster(
        open_folder / "pg", open_folder / "run", open_folder / "pg.log", lasting=True
    )
    postgres.create(made, journal)
    return made


def kill_all_in(folder: Path) -> None:
    assert processes.end_all(lambda: processes.living_in(folder), signal.SIGKILL, patience_s=20)


def test_a_killed_server_is_back_at_the_next_start(
    cluster: postgres.Cluster, journal: Journal
) -> None:
    with postgres.running(cluster):
        first = postgres.prepare(cluster, journal, "gis")
        postgres.ask(cluster, journal, "CREATE TABLE kept ()", database="gis")
        kill_all_in(cluster.data)

    with postgres.running(cluster):
        assert postgres.prepare(cluster, journal, "gis") == first
        assert postgres.ask(
            cluster, journal, "SELECT 1 FROM pg_class WHERE relname = 'kept'", "gis"
        )

    assert processes.living_in(cluster.data) == []


def test_a_server_that_died_is_revived_and_one_that_lives_is_left_alone(
    cluster: postgres.Cluster, journal: Journal
) -> None:
    pid_file = cluster.data / "postmaster.pid"
    with postgres.running(cluster) as server:
        first = pid_file.read_text().split()[0]
        assert not server.revive()
        assert pid_file.read_text().split()[0] == first
        kill_all_in(cluster.data)

        # What is killed leaves its folder a moment before its end can be seen by who started it.
        deadline = time.monotonic() + 20
        while not server.revive():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert pid_file.read_text().split()[0] != first
        assert postgres.ask(cluster, journal, "SELECT 1") == "1"

    assert processes.living_in(cluster.data) == []


def test_pid_files_that_name_another_program_block_nothing(
    cluster: postgres.Cluster, journal: Journal
) -> None:
    cluster.socket_dir.mkdir()
    for file in (cluster.data / "postmaster.pid", cluster.socket_dir / ".s.PGSQL.5432.lock"):
        file.write_text(f"{os.getpid()}\n{cluster.data}\n")

    with postgres.running(cluster):
        assert postgres.ask(cluster, journal, "SELECT 1") == "1"


def test_a_server_that_outlived_its_command_is_replaced(
    cluster: postgres.Cluster, journal: Journal
) -> None:
    with postgres.running(cluster):
        before = processes.living_in(cluster.data)
        with postgres.running(cluster):
            assert not set(before) & set(processes.living_in(cluster.data))


def test_nothing_of_it_listens_on_the_network(cluster: postgres.Cluster, journal: Journal) -> None:
    with postgres.running(cluster):
        assert postgres.ask(cluster, journal, "SHOW listen_addresses") == ""
        assert cluster.socket_dir.stat().st_mode & 0o777 == 0o700


def test_the_product_owns_its_database_and_nothing_more(
    cluster: postgres.Cluster, journal: Journal
) -> None:
    with postgres.running(cluster):
        postgres.prepare(cluster, journal, "gis")
        rights = "SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = 'gis'"
        extensions = "SELECT count(*) FROM pg_extension WHERE extname IN ('postgis', 'btree_gist')"

        assert postgres.ask(cluster, journal, rights) == "f|t"
        assert postgres.ask(cluster, journal, extensions, database="gis") == "2"


def test_data_of_a_version_that_is_not_installed_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("9\n")

    with pytest.raises(Failed, match=r"made by PostgreSQL 9: install postgresql-9"):
        postgres.programs(tmp_path)


def test_an_interrupted_creation_is_begun_anew(open_folder: Path, journal: Journal) -> None:
    half = open_folder / "pg.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("15\n")
    cluster = postgres.Cluster(
        open_folder / "pg", open_folder / "run", open_folder / "pg.log", lasting=True
    )

    postgres.create(cluster, journal)

    with postgres.running(cluster):
        assert postgres.ask(cluster, journal, "SHOW data_checksums") == "on"
        assert postgres.ask(cluster, journal, "SHOW fsync") == "on"
    assert not half.exists()


def test_a_server_that_cannot_start_says_where_its_words_are(
    cluster: postgres.Cluster, journal: Journal
) -> None:
    (cluster.data / "postgresql.conf").write_text("no_such_setting = 1\n")

    with (
        pytest.raises(Failed, match=r"does not start: its last words are in .*pg\.log"),
        postgres.running(cluster),
    ):
        pass

    assert "no_such_setting" in cluster.log.read_text()


def test_killing_the_command_stops_the_server(open_folder: Path, cluster: postgres.Cluster) -> None:
    script = f"""
from pathlib import Path; import time
from bin.steps import postgres; from bin.steps.journal import Journal
at = Path({str(open_folder)!r})
cluster = postgres.Cluster(at / "pg", at / "run", at / "pg.log", lasting=False)
with postgres.running(cluster):
    print("up", flush=True); time.sleep(600)
"""
    command = subprocess.Popen(["python", "-c", script], stdout=subprocess.PIPE)
    assert command.stdout
    assert command.stdout.readline() == b"up\n"

    command.kill()
    command.communicate()

    def still_there() -> list[int]:
        return processes.living_in(cluster.data)

    # Signal 0 changes nothing: this only waits for the server to end by itself.
    assert processes.end_all(still_there, signal.SIGCONT, patience_s=20)
    assert not (cluster.data / "postmaster.pid").exists()


@pytest.mark.parametrize(
    ("memory_gib", "held_mb"), [(0.5, 128), (1, 128), (2, 256), (4, 512), (8, 1024), (256, 1024)]
)
def test_postgres_holds_an_eighth_of_the_memory_within_bounds(
    memory_gib: float, held_mb: int
) -> None:
    assert postgres.buffers_mb(int(memory_gib * 2**30)) == held_mb


def test_a_word_that_is_kept_with_a_database_goes_with_it(
    cluster: postgres.Cluster, journal: Journal
) -> None:
    with postgres.running(cluster):
        assert postgres.note_of(cluster, journal, "gis") == ""
        postgres.prepare(cluster, journal, "gis")
        assert postgres.note_of(cluster, journal, "gis") == ""
        postgres.note(cluster, journal, "gis", "all tables")
        assert postgres.note_of(cluster, journal, "gis") == "all tables"

        postgres.ask(cluster, journal, "DROP DATABASE gis")
        assert postgres.note_of(cluster, journal, "gis") == ""
