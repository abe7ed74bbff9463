"""OGC API items, 1,000 features an answer, against the bare SQL-built JSON of the same rows.

60,000 grids, a million buildings, 100,000 events and 2,000 cameras.  Bare is one connection of its
own and one statement that makes a GeoJSON FeatureCollection with json_agg: no scope, nobody to be
asked who is there, no links, no count.  Ours is the whole way: Granian, token, scope, links.  Both
in the same run and in turns; the median of each.

bin/bench ogc small: few events, to see that all of it works.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

import django
import psycopg2

from benchmarks.report import Measure, at_least, finish, ratio_at_most
from benchmarks.tiles import DISTRICT, load, serving
from benchmarks.wall import lay_cameras

FEATURES, TURNS = 1000, 40
EVENTS, FEW_EVENTS = 100_000, 2_000
UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
PEER = "bare SQL-built JSON"
MOST = ratio_at_most(1.5)
BARE = """
    SELECT json_build_object('type', 'FeatureCollection', 'features', json_agg(json_build_object(
        'type', 'Feature', 'id', item.id, 'geometry', ST_AsGeoJSON(item.geom, 8)::json,
        'properties', json_build_object({pairs}))))::text
    FROM (SELECT * FROM ({source}) AS source WHERE source.id > {after} ORDER BY source.id
          LIMIT {limit}) AS item"""
# Metres: the whole is worked out in Python, which SQL alone need not do; told, not promised.
OTHER_CRS = "http://www.opengis.net/def/crs/EPSG/0/4547"

Read = Callable[[], str]


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    load()
    fill("small" in sys.argv[1:])
    measures = []
    with serving() as server:
        headers = with_token()
        for name in ("grids", "buildings", "events", "cameras"):
            measures += compared(server.port, headers, name)
    return finish("ogc", measures)


def fill(is_small: bool) -> None:
    """Events and cameras."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now
    from django.db import connection  # noqa: PLC0415

    from fixtures.event_load import fill as fill_events  # noqa: PLC0415

    fill_events(UNTIL, FEW_EVENTS if is_small else EVENTS)
    lay_cameras(2 * FEATURES)
    call_command("collectstatic", interactive=False, verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def with_token() -> dict[str, str]:
    from gis_server.accounts import tokens  # noqa: PLC0415 - Django is set up by now
    from gis_server.models import User  # noqa: PLC0415

    user = User.objects.create_user("bench-ogc", role="administrator", scope=[DISTRICT])
    permissions = [one.value for one in tokens.lendable(user)]
    wanted = tokens.Wanted(name="bench", permissions=permissions, prefixes=[], days=30)
    _row, text = tokens.make(user=user, wanted=wanted, now=datetime.now(UTC))
    return {"Authorization": f"Bearer {text}"}


def compared(port: int, headers: dict[str, str], name: str) -> list[Measure]:
    """The first page, the one after it, and the first in the metres of the site."""
    items = f"/ogc/collections/{name}/items?limit={FEATURES}"
    first = json.loads(over_http(port, headers, items)())
    count = len(first["features"])
    if not count:
        sys.exit(f"bench ogc: {name} has no features to compare.")
    bare, ours = over_sql(name, 0), over_http(port, headers, items)
    assert same(json.loads(bare()), first)
    found = [
        Measure(f"{name}: features of the first page", count, "", goal=at_least(1)),
        measured(f"{name}, first page", ours, bare),
    ]
    last = first["features"][-1]["id"]
    following = over_http(port, headers, f"{items}&after={last}")
    if len(json.loads(following())["features"]) == FEATURES:
        found.append(measured(f"{name}, second page", following, over_sql(name, last)))
    metres = over_http(port, headers, f"{items}&crs={OTHER_CRS}")
    own, _theirs = in_turns(metres, bare)
    found.append(Measure(f"{name}, first page in metres", own * 1000, "ms"))
    return found


def same(theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    """Both give the same rows with the same values, whatever the order of what they say."""
    return bool(theirs["features"] == ours["features"])


def measured(name: str, ours: Read, bare: Read) -> Measure:
    own, theirs = in_turns(ours, bare)
    return Measure(name, own * 1000, "ms", PEER, theirs * 1000, MOST)


def in_turns(ours: Read, bare: Read) -> tuple[float, float]:
    """Median seconds of each, one after the other, so that a busy machine is so for both."""
    times: tuple[list[float], list[float]] = [], []
    for read in (ours, bare):
        read()
    for _ in range(TURNS):
        for read, own in zip((ours, bare), times, strict=True):
            began = time.perf_counter()
            read()
            own.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])


def over_http(port: int, headers: dict[str, str], address: str) -> Read:
    link = HTTPConnection("127.0.0.1", port, timeout=60)

    def read() -> str:
        link.request("GET", address, headers=headers)
        answer = link.getresponse()
        content = answer.read().decode()
        assert answer.status == 200, content
        return content

    return read


def over_sql(name: str, after: int) -> Read:
    """The same rows by a connection with the settings that ours has."""
    from django.conf import settings  # noqa: PLC0415 - Django is set up by now
    from django.db import connection  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from maps.ogc.collections import COLLECTIONS  # noqa: PLC0415
    from maps.ogc.queries import REACH  # noqa: PLC0415

    collection = COLLECTIONS[name]
    pairs = ", ".join(f"'{column.name}', item.{column.name}" for column in collection.columns)
    source = REACH.sub("true", collection.sql)
    sql = BARE.format(pairs=pairs, source=source, after=after, limit=FEATURES)
    today = timezone.localdate()
    values = {
        "now": timezone.now(), "zone": settings.TIME_ZONE, "first": today, "last": today,
    }  # fmt: skip
    params: dict[str, Any] = connection.get_connection_params()
    for unknown in ("cursor_factory", "context"):
        params.pop(unknown, None)
    link = psycopg2.connect(**params)
    link.autocommit = True
    cursor = link.cursor()
    cursor.execute("SET TIME ZONE 'UTC'")

    def read() -> str:
        cursor.execute(sql, values)
        return str(cursor.fetchone()[0])

    return read
