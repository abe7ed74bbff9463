"""Whether this process lives (`/healthz`) and whether it can serve (`/readyz`).

Both are open to anybody and say nothing that a stranger should not know.  Without the database or
Redis nothing may be sent here (503).  Where pictures cannot be stored, or the live process is
silent, people are still served, and better than not at all: that is told (`limited`), with 200.
"""

import logging
import time
from pathlib import Path

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponseBase
from redis.exceptions import RedisError

from gis_server import disk
from gis_server.edge import json_ok, public
from gis_server.watch import meters
from gis_server.watch.parts import SILENT_AFTER_S

logger = logging.getLogger(__name__)
FINE = frozenset({"ok", "not here"})


@public
def healthz(request: HttpRequest) -> HttpResponseBase:
    return json_ok({"status": "ok"})


@public
def readyz(request: HttpRequest) -> HttpResponseBase:
    needed = {"database": _database(), "redis": _redis()}
    others = {"media": _media(), "live": _live()}
    ready = all(state == "ok" for state in needed.values())
    whole = all(state in FINE for state in others.values())
    told = ("ok" if whole else "limited") if ready else "not ready"
    return json_ok({"status": told, **needed, **others}, status=200 if ready else 503)


def _database() -> str:
    try:
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except (DatabaseError, InterfaceError) as error:
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


def _media() -> str:
    """Whether pictures and photos can be stored."""
    try:
        disk.leave_reserve(Path(settings.MEDIA_ROOT))
    except disk.NoRoom:
        return "full"
    except OSError as error:
        logger.warning("pictures cannot be stored: %s", error.strerror)
        return "away"
    return "ok"


def _live() -> str:
    """What the live process of this machine says; it may run on another one (`ONLY`)."""
    told = meters.numbers(meters.LIVE_FILES)
    looked = next(iter(told.get("gis_live_looked_timestamp_seconds", {}).values()), None)
    if looked is None:
        return "away" if settings.LIVE_RUNS_HERE else "not here"
    if time.time() - looked > SILENT_AFTER_S:
        return "silent"
    heard = next(iter(told.get("gis_live_heard", {}).values()), 0)
    return "ok" if heard else "cut off"
