"""Whether this process lives (`/healthz`) and whether it can serve (`/readyz`).

Both are open to anybody and say nothing that a stranger should not know.
"""

import logging

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponseBase
from redis.exceptions import RedisError

from gis_server.edge import json_ok, public

logger = logging.getLogger(__name__)


@public
def healthz(request: HttpRequest) -> HttpResponseBase:
    return json_ok({"status": "ok"})


@public
def readyz(request: HttpRequest) -> HttpResponseBase:
    parts = {"database": _database(), "redis": _redis()}
    ready = all(state == "ok" for state in parts.values())
    return json_ok(
        {"status": "ok" if ready else "not ready", **parts}, status=200 if ready else 503
    )


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        logger.warning("not ready: %s", type(error).__name__)
        return "away"
    return "behind" if behind else "ok"


def _redis() -> str:
    try:
        cache.set("readyz", 1, 10)
        return "ok" if cache.get("readyz") == 1 else "away"
    except (RedisError, OSError) as error:
        logger.warning("not ready: %s", type(error).__name__)
        return "away"
