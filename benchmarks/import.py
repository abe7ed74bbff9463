"""A million points from a file into 60,000 grids: against bare COPY and join, and geopandas.

All read the same CSV file and leave the same rows, in tables with the same columns, constraints and
indexes, each point with its grid.  *Bare* is what a skilled hand does in PostGIS alone: COPY into a
heap, one spatial join in the fast plan, constraints and indexes after the rows; nothing is checked
or compared.  *Ours* is the whole import: look into the file, guess its columns, dry run with
report, apply.  *geopandas* reads with pandas, joins with sjoin and writes with to_postgis.
"""

import csv
import json
import os
import random
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import django
import numpy as np

from benchmarks.lattice import COLUMNS, ROWS, SOUTH, WEST, lay_territory
from benchmarks.report import Measure, at_most, finish, ratio_at_most

ROOT = Path(__file__).resolve().parent.parent
POINTS = 1_000_000
LOOKUPS = 20_000
CELL_DEG = 0.005
COMMUNITY_GRIDS = 200  # one row of the lattice's blocks
HEADER = ("楼栋编码", "楼栋名称", "地址", "经度", "纬度", "户数", "层数", "单元数")
FIRST_DAY = date(2026, 1, 1)
SCOPE = "14"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    with TemporaryDirectory() as folder:
        file = Path(folder) / "楼栋.csv"
        fixture_s = _fixture()
        lay_territory(CELL_DEG)
        _write_points(file)
        p99_ms = _lookups()
        bare_s = _bare(file)
        ours = _in_a_process("_ours", file)
        peer = _in_a_process("_geopandas", file, packages=("sqlalchemy", "geoalchemy2"))
    count = f"{POINTS:,} points into {COLUMNS * ROWS:,} grids"
    return finish(
        "import",
        [
            Measure(count, ours["seconds"], "s", "bare", bare_s, ratio_at_most(1.3)),
            Measure(count, ours["seconds"], "s", "geopandas", peer["seconds"], ratio_at_most(1.0)),
            Measure("memory of the import", ours["mib"], "MiB", goal=at_most(500)),
            Measure("geopandas' memory", peer["mib"], "MiB"),
            Measure("the 897-grid district", fixture_s, "s", goal=at_most(20)),
            Measure(f"grid of a point, p99 of {LOOKUPS:,}", p99_ms, "ms", goal=at_most(2)),
        ],
    )


def _fixture() -> float:
    """Seconds for the model district through the import; the tables are empty again after it."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now
    from django.db import connection  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    began = time.perf_counter()
    call_command("load_district", stdout=sys.stderr)
    passed = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE grids_division, grids_building, grids_shop, grids_servicepoint,"
            " grids_street, grids_gridworker, grids_importrun CASCADE"
        )
    return passed


def _write_points(file: Path) -> None:
    dice = random.Random(140107)
    width, height = COLUMNS * CELL_DEG, ROWS * CELL_DEG
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        for number in range(1, POINTS + 1):
            lon, lat = WEST + dice.random() * width, SOUTH + dice.random() * height
            writer.writerow(
                (f"LD{number:08d}", f"锦绣家园{number % 97 + 1}号楼", f"府前街{number % 499 + 1}号",
                 f"{lon:.7f}", f"{lat:.7f}", number % 120, number % 33 + 1, number % 4 + 1)
            )  # fmt: skip


def _lookups() -> float:
    """The 99th percentile of one lookup at a time, as a client on the same machine sees it; ms."""
    from django.db import connection  # noqa: PLC0415

    dice, took = random.Random(7), []
    with connection.cursor() as cursor:
        for _ in range(LOOKUPS):
            lon = WEST + dice.random() * COLUMNS * CELL_DEG
            lat = SOUTH + dice.random() * ROWS * CELL_DEG
            began = time.perf_counter()
            cursor.execute(
                "SELECT code FROM grids_home(ST_SetSRID(ST_Point(%s, %s), 4326), grids_today())",
                [lon, lat],
            )
            cursor.fetchone()
            took.append(time.perf_counter() - began)
    return float(np.percentile(took, 99)) * 1000


def _bare(file: Path) -> float:
    """Seconds of the same result by PostGIS alone."""
    from django.db import connection, transaction  # noqa: PLC0415

    began = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute(
            "CREATE TABLE bare (LIKE grids_building INCLUDING DEFAULTS INCLUDING IDENTITY)"
        )
        cursor.execute(
            """CREATE TEMP TABLE raw (code text, name text, address text, lon float8, lat float8,
                                      households int, floors int, units int)"""
        )
        with file.open("rb") as content:
            cursor.copy_expert("COPY raw FROM STDIN WITH (FORMAT csv, HEADER)", content)
        cursor.execute(
            """CREATE TEMP TABLE here AS
               SELECT raw.*, ST_SetSRID(ST_Point(lon, lat), 4326) AS point FROM raw"""
        )
        cursor.execute("CREATE INDEX ON here USING gist (point)")
        cursor.execute("ANALYZE here")
        cursor.execute(
            """CREATE TEMP TABLE found AS
               SELECT near.code, min(grid.code) AS grid_code FROM grids_gridshape AS drawn
               JOIN grids_grid AS grid ON grid.id = drawn.grid_id
               CROSS JOIN LATERAL (SELECT here.code FROM here
                                   WHERE ST_Covers(drawn.shape, here.point) OFFSET 0) AS near
               GROUP BY near.code"""
        )
        cursor.execute("ANALYZE found")
        cursor.execute(
            """INSERT INTO bare (code, name, address, households, floors, units, point, grid_id,
                                 scope_code)
               SELECT here.code, here.name, address, households, floors, units, point, grid.id,
                      coalesce(grid.code, '14')
               FROM here LEFT JOIN found USING (code)
               LEFT JOIN grids_grid AS grid ON grid.code = found.grid_code"""
        )
        cursor.execute(
            """SELECT 'ALTER TABLE bare ADD ' || pg_get_constraintdef(oid) FROM pg_constraint
               WHERE conrelid = 'grids_building'::regclass ORDER BY contype = 'f'"""
        )
        statements = [row[0] for row in cursor.fetchall()]
        cursor.execute(
            """SELECT regexp_replace(pg_get_indexdef(indexrelid),
                                     'INDEX \\S+ ON public.grids_building', 'INDEX ON bare')
               FROM pg_index WHERE indrelid = 'grids_building'::regclass
                 AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"""
        )
        for statement in [*statements, *(row[0] for row in cursor.fetchall())]:
            cursor.execute(statement)
        cursor.execute("ANALYZE bare")
        passed = time.perf_counter() - began
        cursor.execute("SELECT count(*) FROM bare WHERE grid_id IS NOT NULL")
        print(f"bare: {passed:.1f} s, {cursor.fetchone()[0]:,} with a grid", file=sys.stderr)
        cursor.execute("DROP TABLE bare")
    return passed


def _in_a_process(what: str, file: Path, packages: tuple[str, ...] = ()) -> dict[str, float]:
    """Run one of the functions below in a process of its own: its seconds and its memory."""
    code = (
        f"import importlib, sys; importlib.import_module('benchmarks.import').{what}(sys.argv[1])"
    )
    path = [str(_peers(packages))] if packages else []
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), *path])}
    out = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    answer: dict[str, float] = json.loads(out.stdout.splitlines()[-1])
    print(f"{what}: {answer}", file=sys.stderr)
    return answer


def _peers(packages: tuple[str, ...]) -> Path:
    """Packages that only a peer needs, installed on demand beside the product, never into it."""
    folder = ROOT / "var" / "bench-peers"
    if not folder.is_dir():
        subprocess.run(
            [ROOT / ".tools" / "bin" / "uv", "pip", "install", "--quiet", "--python",
             sys.executable, "--target", folder, *packages],
            env=os.environ | {"UV_SYSTEM_CERTS": "1"}, check=True,
        )  # fmt: skip
    return folder


def _report_process(began: float) -> None:
    """The last line: seconds since `began`, and the most memory that this process ever held."""
    seconds = time.perf_counter() - began
    peak = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line
    )
    print(json.dumps({"seconds": seconds, "mib": int(peak.split()[1]) / 1024}))


def _ours(name: str) -> None:
    django.setup()
    from django.utils import timezone  # noqa: PLC0415 - Django is set up by now

    from grids.imports.whole import How, apply_checked, check_file  # noqa: PLC0415
    from grids.models import Building  # noqa: PLC0415

    began = time.perf_counter()
    how = How(target="buildings", scope=SCOPE, valid_from=FIRST_DAY, frame="wgs84")
    run = check_file(Path(name), how, now=timezone.now())
    checked = time.perf_counter() - began
    run = apply_checked(run, now=timezone.now())
    print(f"ours: dry run {checked:.1f} s; {run.step} {run.counts}", file=sys.stderr)
    _report_process(began)
    found = Building.objects.exclude(grid=None).count()
    print(f"ours: {found:,} with a grid", file=sys.stderr)


def _geopandas(name: str) -> None:
    django.setup()
    import geopandas  # noqa: PLC0415
    import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415
    import sqlalchemy  # type: ignore[import-not-found]  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    params = connection.get_connection_params()
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg2://",
        connect_args={k: params[k] for k in ("dbname", "user", "host") if k in params},
    )
    began = time.perf_counter()
    table = pd.read_csv(name)
    points = geopandas.GeoDataFrame(
        table.drop(columns=["经度", "纬度"]),
        geometry=geopandas.points_from_xy(table["经度"], table["纬度"]),
        crs=4326,
    )
    grids = geopandas.read_postgis(
        "SELECT grid.id AS grid_id, grid.code AS grid_code, drawn.shape"
        " FROM grids_gridshape AS drawn JOIN grids_grid AS grid ON grid.id = drawn.grid_id",
        engine,
        geom_col="shape",
    )
    joined = points.sjoin(grids, how="left", predicate="intersects").drop(columns="index_right")
    joined.to_postgis("peer_building", engine, if_exists="replace", chunksize=50_000)
    _report_process(began)
    with suppress(Exception), engine.begin() as link:
        link.execute(sqlalchemy.text("DROP TABLE peer_building"))


if __name__ == "__main__":
    sys.exit(main())
