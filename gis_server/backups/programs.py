"""PostgreSQL's own programs: where they are, and how they run.  No Django.

A password goes into their environment, which only their own user can read; everybody may read a
command line.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO
from urllib.parse import quote

from gis_server.backups.errors import Refused

PACKAGES = Path("/usr/lib/postgresql")
WAIT_FOR_LOCKS_MS = 60_000
CONNECT_WITHIN_S = 10


@dataclass(frozen=True, slots=True)
class Server:
    """A database and how to reach it; a host that begins with a slash is a socket's folder."""

    host: str
    port: str
    user: str
    database: str
    password: str = field(repr=False)

    def at(self, database: str) -> "Server":
        return replace(self, database=database)

    def values(self) -> dict[str, str]:
        """What libpq wants to know, by its own words; nothing that is not said."""
        told = {
            "host": self.host, "port": self.port, "user": self.user, "dbname": self.database,
            "password": self.password,
        }  # fmt: skip
        return {name: value for name, value in told.items() if value}

    def environment(self) -> dict[str, str]:
        names = {
            "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "dbname": "PGDATABASE",
            "password": "PGPASSWORD",
        }  # fmt: skip
        told = {names[name]: value for name, value in self.values().items()}
        return {**os.environ, **told, "PGCONNECT_TIMEOUT": str(CONNECT_WITHIN_S), "LC_ALL": "C"}

    def url(self) -> str:
        """As DATABASE_URL takes it."""
        login = quote(self.user, safe="")
        if self.password:
            login += ":" + quote(self.password, safe="")
        database = quote(self.database, safe="")
        if self.host.startswith("/"):
            port = f"localhost:{self.port}" if self.port else ""
            return f"postgres://{login}@{port}/{database}?host={quote(self.host, safe='/')}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"postgres://{login}@{host}{self.port and ':' + self.port}/{database}"


def find(name: str, major: int, packages: Path = PACKAGES) -> Path:
    """A program of the server's own version, else of the next newer one: an older one refuses.

    Raises:
        Refused: there is none.
    """
    by_major = {
        int(folder.name): folder / "bin" / name
        for folder in packages.glob("[0-9]*")
        if folder.name.isdecimal() and (folder / "bin" / name).is_file()
    }
    if fitting := sorted(number for number in by_major if number >= major):
        return by_major[fitting[0]]
    on_path = shutil.which(name)
    if on_path and _major_of(on_path) >= major:
        return Path(on_path)
    raise Refused(
        f"{name} of PostgreSQL {major} or newer is not installed here:"
        f" apt-get install postgresql-client-{major}."
    )


def _major_of(program: str) -> int:
    said = subprocess.run(  # noqa: S603 - found on the path by a fixed name
        [program, "--version"], capture_output=True, text=True, check=False
    ).stdout
    found = re.search(r"\) (\d+)", said)
    return int(found[1]) if found else 0


@contextmanager
def reading(words: Sequence[str | Path], server: Server) -> Iterator[IO[bytes]]:
    """What a program writes, while it writes it; ended when the block does.

    Raises:
        Refused: the program did not succeed; with the last line that it said.
    """
    with tempfile.TemporaryFile() as complaints:
        with subprocess.Popen(  # noqa: S603 - a fixed program, no shell
            words, env=server.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=complaints,
        ) as child:  # fmt: skip
            assert child.stdout  # noqa: S101 - a pipe was asked for
            try:
                yield child.stdout
            except BaseException:
                child.kill()
                raise
        status = child.returncode
        complaints.seek(0)
        _judge(words, status, complaints.read().decode(errors="replace"))


def run(words: Sequence[str | Path], server: Server) -> str:
    """Run a program to its end; what it wrote.

    Raises:
        Refused: it did not succeed; with the last line that it said.
    """
    with reading(words, server) as out:
        return out.read().decode(errors="replace")


def _judge(words: Sequence[str | Path], status: int, complaints: str) -> None:
    if status == 0:
        return
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    why = next((line for line in lines if "error:" in line), lines[-1] if lines else "no word")
    raise Refused(f"{Path(words[0]).name} did not succeed ({why}).")


def dumping(server: Server, major: int, snapshot: str) -> list[str | Path]:
    """The words that write a database as it was in an exported snapshot."""
    return [
        find("pg_dump", major), "--format=custom", "--no-owner", "--no-privileges",
        f"--snapshot={snapshot}", f"--lock-wait-timeout={WAIT_FOR_LOCKS_MS}",
    ]  # fmt: skip


def load(dump: Path, server: Server, major: int) -> None:
    """Read a dump into a database that has PostGIS and btree_gist, and nothing else.

    What belongs to extensions is left out: it is there, and its owner is an administrator.

    Raises:
        Refused: it cannot be read, or the server refuses a statement of it.
    """
    program = find("pg_restore", major)
    listed = run([program, "--list", dump], server)
    with tempfile.NamedTemporaryFile("w", prefix="gis-server-", suffix=".list") as wanted:
        wanted.writelines(line + "\n" for line in listed.splitlines() if not _of_extension(line))
        wanted.flush()
        words: list[str | Path] = [
            program, "--no-owner", "--no-privileges", "--exit-on-error",
            f"--use-list={wanted.name}", f"--dbname={server.database}", dump,
        ]  # fmt: skip
        run(words, server)


def _of_extension(line: str) -> bool:
    # `3; 3079 16392 EXTENSION - postgis ` and `4; 0 16704 TABLE DATA public spatial_ref_sys gis`
    return bool(re.search(r"^\d+; \d+ \d+ (COMMENT - )?EXTENSION |spatial_ref_sys", line))


def manage(root: Path, server: Server, *words: str) -> tuple[int, str]:
    """Run manage.py on another database: its status and what it said."""
    done = subprocess.run(  # noqa: S603 - our own program, no shell
        [sys.executable, root / "manage.py", *words], cwd=root, stdin=subprocess.DEVNULL,
        env={**os.environ, "DATABASE_URL": server.url()}, capture_output=True, text=True,
        errors="replace", check=False,
    )  # fmt: skip
    return done.returncode, (done.stdout + done.stderr).strip()
