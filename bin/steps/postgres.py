"""A private PostGIS cluster: no TCP, one socket in a folder that only its user may enter.

It is a child of the command that starts it and is told to stop when that command dies, so a
`kill -9` leaves nothing running; what it may leave in the data folder is cleared at the next start.
"""

import os
import pwd
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from bin.steps import processes
from bin.steps.journal import Failed, Journal

READY_WITHIN_S = 60
# So much of what was done last may be lost with the disk of the database.
ARCHIVED_WITHIN_S = 300
SERVERS = Path("/usr/lib/postgresql")
EXTENSIONS = Path("/usr/share/postgresql")
REPLACED = frozenset({"pg_hba.conf", "pg_ident.conf"})


@dataclass(frozen=True)
class Cluster:
    """`lasting` data is checksummed and synced to disk; the other kind is thrown away.

    archive: where the server copies its log of changes to, for a recovery to a point in time.
    """

    data: Path
    socket_dir: Path
    log: Path
    lasting: bool
    archive: Path | None = None

    def url(self, database: str) -> str:
        return f"postgres://gis@/{database}?host={quote(str(self.socket_dir), safe='/')}"


def programs(data: Path) -> Path:
    """The folder of PostgreSQL's programs: of the version that made `data`, else of the newest.

    Raises:
        Failed: no such version with PostGIS is installed.
    """
    majors = [
        int(folder.name)
        for folder in SERVERS.glob("[0-9]*")
        if (EXTENSIONS / folder.name / "extension" / "postgis.control").exists()
    ]
    made_by = data / "PG_VERSION"
    if made_by.exists():
        major = int(made_by.read_text(encoding="ascii"))
        if major not in majors:
            raise Failed(
                f"the data in {data} were made by PostgreSQL {major}: install postgresql-{major}"
                f" and postgresql-{major}-postgis-3, or move that folder away to start empty."
            )
        return SERVERS / str(major) / "bin"
    if not majors:
        raise Failed("PostgreSQL with PostGIS is not installed: run bin/up --yes to install it.")
    return SERVERS / str(max(majors)) / "bin"


def become_server_user() -> list[str]:
    """How to run a program as the user who may run PostgreSQL: nobody else, unless we are root."""
    if os.geteuid() != 0:
        return ["setpriv"]
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def give_to_server_user(folder: Path) -> None:
    if os.geteuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)


def create(cluster: Cluster, journal: Journal, files: Mapping[str, str] | None = None) -> None:
    """Make the data folder, complete or not at all.

    files: what is put into it beside what PostgreSQL makes: the text by the file's name.  Text for
    a file that is there comes after its own; `pg_hba.conf` and `pg_ident.conf` are replaced.
    """
    unfinished = cluster.data.with_name(cluster.data.name + ".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    give_to_server_user(unfinished)
    safety = ["--data-checksums"] if cluster.lasting else ["--no-sync"]
    journal.run(
        [
            *become_server_user(), programs(cluster.data) / "initdb",
            "--pgdata", unfinished, "--auth=trust", "--username=postgres",
            "--encoding=UTF8", "--locale=C.UTF-8", *safety,
        ],
        env=environment(), cwd=Path("/"),
        failed="PostgreSQL could not make its data folder: is there space on the disk?",
    )  # fmt: skip
    for name, text in (files or {}).items():
        with (unfinished / name).open("w" if name in REPLACED else "a", encoding="utf-8") as file:
            file.write(text)
    unfinished.rename(cluster.data)


def environment() -> dict[str, str]:
    """The environment without the PG… variables, which would lead programs to another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def running(cluster: Cluster) -> AbstractContextManager[processes.Server]:
    """The cluster up and answering; stopped again at the end.

    Raises:
        Failed: it does not start.
    """
    return processes.Server(
        "PostgreSQL",
        begin=lambda: _begin(cluster),
        wait=lambda child: _wait_until_ready(cluster, child),
        stop_signal=signal.SIGINT,
        patience_s=60,
    ).running()


def _begin(cluster: Cluster) -> processes.Child:
    clear_leftovers(cluster)
    cluster.socket_dir.mkdir(mode=0o700, exist_ok=True)
    cluster.socket_dir.chmod(0o700)
    ensure_archive(cluster.archive)
    give_to_server_user(cluster.socket_dir)
    with cluster.log.open("ab") as log:
        return subprocess.Popen(
            _server_command(cluster), env=environment(), cwd="/", stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


def ensure_archive(archive: Path | None) -> None:
    if archive:
        archive.mkdir(mode=0o700, exist_ok=True)
        give_to_server_user(archive)


def options_of(cluster: Cluster) -> dict[str, str]:
    """PostgreSQL's settings where they are not its own defaults."""
    return {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(cluster.socket_dir),
        "unix_socket_permissions": "0700",
        "max_parallel_workers_per_gather": "2",
        "shared_buffers": f"{buffers_mb(_memory_bytes())}MB",
        "max_wal_size": "2GB",
    }


def archiving(archive: Path | None) -> dict[str, str]:
    """PostgreSQL's settings that have it copy its log of changes there."""
    if archive is None:
        return {}
    return {
        "archive_mode": "on",
        "archive_command": archive_command(archive),
        "archive_timeout": str(ARCHIVED_WITHIN_S),
    }


def archive_at(named: str) -> Path | None:
    """The folder that WAL_ARCHIVE names; None where nobody has asked for it.

    Raises:
        Failed: it is no folder's whole path, or lies where nothing is.
    """
    if not named:
        return None
    folder = Path(named)
    if not folder.is_absolute() or not folder.parent.is_dir():
        raise Failed(
            "WAL_ARCHIVE must be the whole path of a folder, in one that is there: mount its disk,"
            " or unset it."
        )
    return folder


def _server_command(cluster: Cluster) -> list[str]:
    options = options_of(cluster) | archiving(cluster.archive)
    if not cluster.lasting:
        options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    server = str(programs(cluster.data) / "postgres")
    settings = [f"--{name}={value}" for name, value in options.items()]
    return [*become_server_user(), "--pdeathsig=INT", server, "-D", str(cluster.data), *settings]


def archive_command(archive: Path) -> str:
    """Copies a piece of the log whole or not at all; one that is there already is compared, for the
    server asks again when it was killed before it could note the answer.
    """
    folder = shlex.quote(str(archive)).replace("%", "%%")
    there, part = f"{folder}/%f", f"{folder}/.%f.part"
    copying = f'test ! -e {there} && cp "%p" {part} && sync {part} && mv {part} {there}'
    return f'cmp -s "%p" {there} || ({copying})'


def buffers_mb(memory_bytes: int) -> int:
    """What PostgreSQL may hold of its tables: an eighth of the machine, for others live here too.

    Its own default of 128 MB has it write a district's bulk loads to the disk page by page.
    """
    return min(1024, max(128, memory_bytes // 8 // 2**20))


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def clear_leftovers(cluster: Cluster) -> None:
    """End what a killed run left at work, then remove its pid files.

    The pid in such a file may by now belong to another program, or to a dead process that nobody
    has collected, and would block every start; so they go, but only when no process works in the
    data folder any more.

    Raises:
        Failed: a server is still at work there after a minute.
    """
    data = cluster.data
    if not processes.end_all(lambda: processes.living_in(data), signal.SIGINT, patience_s=60):
        raise Failed(f"an earlier PostgreSQL still works in {data}: end it, then run this again.")
    (data / "postmaster.pid").unlink(missing_ok=True)
    for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
        (cluster.socket_dir / name).unlink(missing_ok=True)


def _wait_until_ready(cluster: Cluster, server: processes.Child) -> None:
    asking: list[str | Path] = [programs(cluster.data) / "pg_isready", "-q", "-U", "postgres"]
    asking += ["-d", "postgres", "-h", cluster.socket_dir]
    deadline = time.monotonic() + READY_WITHIN_S
    while server.poll() is None and time.monotonic() < deadline:
        if subprocess.run(asking, env=environment(), check=False).returncode == 0:
            return
        time.sleep(0.05)
    raise Failed(f"PostgreSQL does not start: its last words are in {cluster.log}.")


def ask(cluster: Cluster, journal: Journal, sql: str, database: str = "postgres") -> str:
    """Run SQL as the cluster's administrator and return the bare values, a row a line."""
    return journal.run(
        [
            *become_server_user(), programs(cluster.data) / "psql", "-XAtq",
            "-v", "ON_ERROR_STOP=1", "-h", cluster.socket_dir, "-U", "postgres", "-d", database,
            "-c", sql,
        ],
        env=environment(), cwd=Path("/"),
        failed="the private database refused a statement of the set-up.",
    ).strip()  # fmt: skip


def prepare(cluster: Cluster, journal: Journal, database: str) -> str:
    """Make the role, the extensions and the database where they are missing.

    The product's role owns its database and may make others (for tests), nothing more.  Returns a
    word that is another one as soon as the database is not the same one any more.
    """
    if not re.fullmatch(r"[a-z_]+", database):
        raise ValueError(database)
    identity = (
        "SELECT system_identifier || '/' || (SELECT oid FROM pg_database"
        f" WHERE datname = '{database}') FROM pg_control_system()"
    )
    if known := ask(cluster, journal, identity):
        return known
    if not ask(cluster, journal, "SELECT 1 FROM pg_roles WHERE rolname = 'gis'"):
        for extension in ("postgis", "btree_gist"):
            create = f"CREATE EXTENSION IF NOT EXISTS {extension}"
            ask(cluster, journal, create, database="template1")
        ask(cluster, journal, "CREATE ROLE gis LOGIN CREATEDB")
    ask(cluster, journal, f"CREATE DATABASE {database} OWNER gis TEMPLATE template1")
    return ask(cluster, journal, identity)


def note(cluster: Cluster, journal: Journal, database: str, text: str) -> None:
    """Keep a word of ours with a database; it goes with it."""
    ask(cluster, journal, f"COMMENT ON DATABASE {database} IS '{text}'")


def note_of(cluster: Cluster, journal: Journal, database: str) -> str:
    """The word kept with a database; empty where there is none, or no such database."""
    words = "SELECT shobj_description(oid, 'pg_database') FROM pg_database"
    return ask(cluster, journal, f"{words} WHERE datname = '{database}'")
