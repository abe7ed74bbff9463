"""bin/manage: Django's command line with the settings that bin/up runs with."""

import os
import sys

from bin.steps import journal, places, postgres, product, redis_server

COMMAND = "bin/manage"


def manage(words: list[str]) -> int:
    """Become `manage.py WORDS` on the private servers, or on those that the user has named.

    Raises:
        Failed: the private servers are not running.
    """
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


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: manage(sys.argv[1:])))
