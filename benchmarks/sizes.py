"""Bytes of a row, heap and indexes, of each table that grows: what docs/scale.md multiplies.

The model district; a year of 10,000 cameras and their newest results; four weeks of events; a day
of positions.  Rows are drawn by the fixtures and written as the product writes them; tables are
vacuumed before they are weighed, so what updates leave behind comes on top.  Then all cameras are
claimed and recorded three times, without being asked: what that writes into PostgreSQL's log of
changes; and how long a table of results takes to be looked through.
"""

import os
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import django

from benchmarks.report import Measure, finish, told_so_far

UNTIL = datetime(2026, 9, 30, 16, tzinfo=UTC)
"""The end of a September in Shanghai."""
EVENTS, DAYS = 20_000, 29
"""A twenty-fifth of two years of the model district, as dense."""
MEMBERS, EVERY_S = 300, 15
RESULTS = 20
"""As many as are kept of each camera."""
AT_ONCE = 100
"""Cameras in a claim and in a write, as of a poller with its 400 places."""
CHANGES = 100_000
TABLES = (
    "cameras_camera",
    "cameras_camerastate",
    "cameras_camerarecord",
    "cameras_statespan",
    "cameras_outage",
    "cameras_outagemember",
    "cameras_probe",
    "events_event",
    "events_eventstep",
    "events_eventwords",
    "patrols_fix",
    "gis_server_change",
    "grids_gridshape",
)
WEIGH = """
    SELECT sum(pg_table_size(oid)), sum(pg_indexes_size(oid)), (SELECT count(*) FROM {table})
    FROM pg_class WHERE oid = '{table}'::regclass
        OR oid IN (SELECT relid FROM pg_partition_tree('{table}'))"""
CHANGE = """
    INSERT INTO gis_server_change (topic, subject, scope, data, parts)
    SELECT 'camera', code, scope_code, jsonb_build_object('state', 'offline', 'reason',
        'connect_timeout', 'since', now(), 'code', code, 'name', name), ARRAY[scope_code]
    FROM cameras_camera, generate_series(1, %s / 10000)"""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    fill()
    measures: list[Measure] = []
    for table in TABLES:
        measures += told_so_far(weighed(table))
    measures += told_so_far([pruned(), *swept()])
    return finish("sizes", measures)


def fill() -> None:
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now
    from django.db import connection  # noqa: PLC0415

    from fixtures import duty_load, event_load, year_of_outages  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("load_district", "--if-empty", stdout=sys.stderr)
    event_load.fill(UNTIL, EVENTS, days=DAYS)
    year_of_outages.fill(UNTIL)
    results()
    day = UNTIL.date()
    duty_load.fill(day, UNTIL, members=MEMBERS, interval_s=EVERY_S)
    with connection.cursor() as cursor:
        cursor.execute(CHANGE, [CHANGES])
        cursor.execute(f"VACUUM (FULL, ANALYZE) {', '.join(TABLES)}")


def results() -> None:
    """Good answers of ten minutes each, with the ladder of a camera with a login."""
    from cameras.models import Camera  # noqa: PLC0415 - Django is set up by now
    from cameras.services.results import KEEP_GOOD_EVERY, keep_results  # noqa: PLC0415

    ids = list(Camera.objects.order_by("id").values_list("id", flat=True))
    for number in range(RESULTS):
        at = UNTIL - number * KEEP_GOOD_EVERY
        keep_results([(camera, at, good()) for camera in ids])


def good() -> Any:
    """The verdict on a camera that answers, with its ladder."""
    from cameras.probe.reason import Reason  # noqa: PLC0415 - Django is set up by now
    from cameras.probe.result import StepResult, verdict_of  # noqa: PLC0415

    return verdict_of([
        StepResult(Reason.OK, "", step="tcp_connect", took_ms=1.234),
        StepResult(Reason.OK, "200 OK", step="rtsp_options", took_ms=2.345),
        StepResult(Reason.OK, "H264", step="rtsp_describe", took_ms=5.678),
    ])  # fmt: skip


def pruned() -> Measure:
    """The job that looks through all results every five minutes, when nothing is to be dropped."""
    from cameras.jobs import drop_old_probes  # noqa: PLC0415 - Django is set up by now

    began = time.monotonic()
    drop_old_probes()
    return Measure("results looked through, all kept", time.monotonic() - began, "s")


def swept() -> list[Measure]:
    """All cameras due, claimed and recorded as good; the third time nothing of them changes."""
    from cameras.models import Camera  # noqa: PLC0415 - Django is set up by now

    Camera.objects.update(enabled=True)
    names = [f"log of changes, a {which} camera asked" for which in ("new", "known", "steady")]
    return [Measure(name, sweep(), "B") for name in names]


def sweep() -> float:
    """Bytes of the log for each camera."""
    from django.utils import timezone  # noqa: PLC0415 - Django is set up by now

    from cameras.models import CameraState  # noqa: PLC0415
    from cameras.services import Finding, claim, record  # noqa: PLC0415

    now, done = timezone.now(), 0
    CameraState.objects.update(due_at=now - timedelta(seconds=1))
    lease, before = timedelta(seconds=30), written()
    while claims := claim(poller="bench", limit=AT_ONCE, lease=lease, now=timezone.now()):
        at, verdict = timezone.now(), good()
        done += record([Finding(one, at, verdict) for one in claims], poller="bench")
    return (written() - before) / done


def written() -> int:
    """Bytes of PostgreSQL's log of changes since it was made."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")
        return int(cursor.fetchone()[0])


def weighed(table: str) -> list[Measure]:
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    with connection.cursor() as cursor:
        cursor.execute(WEIGH.format(table=table))
        heap, indexes, rows = cursor.fetchone()
    return [
        Measure(f"{table}: rows", rows, ""),
        Measure(f"{table}: a row", float(heap) / rows, "B"),
        Measure(f"{table}: its indexes", float(indexes) / rows, "B"),
        Measure(f"{table}: together", float(heap + indexes) / rows, "B"),
    ]
