"""bin/manage: Django's command line with the settings that bin/up runs with, or those of the
installation (`gis-manage` is this one there)."""

import os
import sys
from typing import NoReturn

from bin.steps import environment_file, journal, places, postgres, product, redis_server, release
from bin.steps.layout import COMPLETE, USER, Layout

COMMAND = "bin/manage"


def manage(words: list[str]) -> int:
    """Become `manage.py WORDS` on the private servers, or on those that the user has named.

    Raises:
        Failed: the private servers are not running.
    """
    if (places.ROOT / COMPLETE).exists():
        manage_installation(words)
    where = places.open_places()
    env = product.environment(where)
    cluster = postgres.Cluster(where.var / "pg", where.sockets / "pg", where.log, lasting=True)
    redis = redis_server.Redis(where.var / "redis", where.sockets / "redis.sock", where.log, True)
    if not env.get("DATABASE_URL"):
        if not any(cluster.socket_dir.glob(".s.PGSQL.*")):
            raise journal.Failed("the private database is not running: start it with bin/up.")
        env["DATABASE_URL"] = cluster.url("gis")
    env.setdefault("REDIS_URL", redis.url)
    env.setdefault("LOG_FORMAT", "text")
    python = str(where.venv / "bin" / "python")
    os.chdir(where.root)
    os.execve(python, [python, "manage.py", *words], env)


def settings_of(layout: Layout, where: places.Places) -> dict[str, str]:
    """What a command of the installation gets.

    Raises:
        Failed: whoever asks is neither root nor its user.
    """
    try:
        text = layout.environment.read_text(encoding="utf-8")
    except PermissionError:
        raise journal.Failed("run this as root (sudo).") from None
    env = product.paths(where) | environment_file.read(text)
    env |= {"STATIC_ROOT": str(where.root / "collected"), "HOME": str(layout.state)}
    env.setdefault("LOG_FORMAT", "text")
    return env


def manage_installation(words: list[str]) -> NoReturn:
    """Become `manage.py WORDS` of the installation, as its user.

    Raises:
        Failed: whoever asks is neither root nor that user.
    """
    root = places.ROOT
    env = settings_of(Layout(), places.Places(root, root, root))
    python = str(root / ".venv" / "bin" / "python")
    as_user = release.become(USER)
    os.umask(0o027)
    os.chdir(root)
    os.execvpe(as_user[0], [*as_user, python, "manage.py", *words], env)


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: manage(sys.argv[1:])))
