"""Finding among 1,000,000 places: what each kind of query costs, against 100 ms.

The district's grids with 700,000 buildings and 300,000 shops, whose names and addresses are put
together from the lists below; every building's address holds 太原市杏花岭区, so that is everywhere.
Measured is `search.find`, one connection, each query of a kind in turn: by the clock, and the
processor time of this process and its database process, which other work on the machine moves less.
"""

import os
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import django

from benchmarks.report import Measure, at_most, finish

LIMIT_MS = 100
ROUNDS = 40
BUILDINGS, SHOPS = 700_000, 300_000
FIRST = list("金银锦瑞福祥和华新东西南北龙凤绿碧翠兰桂桃梅松柏杨柳星月云水河湖山石玉春秋富康安")
SECOND = list("城园苑庭湾岸府院里坊居舍阁轩台谷洲林岭坡")
ESTATE = ["小区", "家园", "花园", "公寓", "宿舍", "新村", "大厦", "社区宿舍"]
TRADE = ["超市", "便利店", "药店", "理发店", "面馆", "火锅店", "五金店", "书店", "诊所", "宾馆"]
TRADE += ["服装店", "水果店", "打印社", "幼儿园", "有限公司"]

# Places of the same make as `fixtures.district`, so many that names repeat as they do in a city.
FILL = """
SET LOCAL gis.bulk = 'on';
CREATE TEMP TABLE homes AS
    SELECT row_number() OVER (ORDER BY g.code) - 1 AS n, g.id, g.code,
        ST_PointOnSurface(s.shape) AS point
    FROM grids_grid AS g JOIN grids_gridshape AS s ON s.grid_id = g.id;
CREATE TEMP TABLE roads AS
    SELECT row_number() OVER (ORDER BY id) - 1 AS n, name FROM grids_street;
INSERT INTO grids_building (grid_id, scope_code, name, address, point, households, floors)
SELECT homes.id, homes.code,
    (%(first)s::text[])[1 + s.n * 7 %% 40] || (%(second)s::text[])[1 + s.n * 3 / 40 %% 20]
        || (%(estate)s::text[])[1 + s.n * 11 / 800 %% 8] || (1 + s.n %% 30) || '号楼',
    '太原市杏花岭区' || roads.name || (1 + s.n / 350 %% 400) || '号', homes.point, 30, 6
FROM generate_series(0, %(buildings)s - 1) AS s(n)
JOIN homes ON homes.n = s.n * 897::bigint / %(buildings)s
JOIN roads ON roads.n = s.n * 355::bigint / %(buildings)s;
INSERT INTO grids_shop (grid_id, scope_code, name, kind, point, open)
SELECT homes.id, homes.code,
    (%(first)s::text[])[1 + s.n * 13 %% 40] || (%(second)s::text[])[1 + s.n * 7 / 40 %% 20]
        || (%(trade)s::text[])[1 + s.n * 17 / 800 %% 15]
        || CASE WHEN s.n %% 5 = 0 THEN '第' || (1 + s.n %% 90) || '分店' ELSE '' END,
    'grocery', homes.point, true
FROM generate_series(0, %(shops)s - 1) AS s(n)
JOIN homes ON homes.n = s.n * 897::bigint / %(shops)s;
"""


@dataclass(frozen=True)
class Asked:
    """Queries of one kind, and the part of the territory of whoever asks."""

    name: str
    texts: tuple[str, ...]
    scope: tuple[str, ...] = ("140107",)


STREET, GRID = ("140107003",), ("140107003001001",)
ASKED = (
    Asked("two characters", ("银府", "桃坡", "药店", "面馆", "柳巷")),
    Asked("one character", ("府", "岭", "柳", "鑫", "第")),
    Asked("a word that is everywhere", ("杏花岭", "社区", "号楼", "太原市", "有限公司")),
    Asked("a whole name", ("金城小区1号楼", "福园超市", "凤谷大厦7号楼", "桃林药店")),
    Asked("initials", ("xhl", "jcxq", "fycs", "x", "tl")),
    Asked("the start of a code", ("140107003", "140107", "A01", "14010700300100")),
    Asked("an address", ("胜利街 12号", "杏花岭区胜利街12号", "大道1号")),
    Asked("two words", ("桃林 超市", "大厦 7号楼", "杏花岭 药店")),
    Asked("nothing", ("魑魅", "zzzqqq", "月球 小区", "鼍")),
    Asked("one street: a rare word", ("银府", "桃坡", "福园超市"), STREET),
    Asked("one street: a common word", ("杏花岭", "号楼", "超市", "x"), STREET),
    Asked("one street: a word of elsewhere", ("胜利街", "东山大道"), STREET),
    Asked("one grid: a common word", ("杏花岭", "号楼", "超市", "金城小区1号楼"), GRID),
)


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    django.setup()
    took_s = load()
    rows = BUILDINGS + SHOPS
    made = Measure(f"entries of {rows:,} places made anew", took_s, "s")
    return finish("search", [made, *(one for asked in ASKED for one in measured(asked))])


def load() -> float:
    """District and places into the empty database; seconds that their entries took."""
    from django.core.management import call_command  # noqa: PLC0415 - Django is set up by now
    from django.db import connection, transaction  # noqa: PLC0415

    from gis_server import search  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    call_command("load_district", "--if-empty", stdout=sys.stderr)
    values = {"first": FIRST, "second": SECOND, "estate": ESTATE, "trade": TRADE}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(FILL, values | {"buildings": BUILDINGS, "shops": SHOPS})
    began = time.perf_counter()
    for kind in ("building", "shop"):
        search.refresh(kind)
    took_s = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE gis_server_searchentry")
    return took_s


def measured(asked: Asked) -> list[Measure]:
    """Percentiles of a kind of queries in milliseconds, by the clock and in processor time."""
    from gis_server import search  # noqa: PLC0415 - Django is set up by now
    from gis_server.models import User  # noqa: PLC0415

    user = User(username="bench", role="operator", scope=list(asked.scope))
    took = []
    for turn in range(ROUNDS + 1):
        for text in asked.texts:
            before = time.perf_counter(), processor_s()
            search.find(user, text)
            if turn:
                took.append((time.perf_counter() - before[0], processor_s() - before[1]))
    clock, processor = (statistics.quantiles(one, n=100) for one in zip(*took, strict=True))
    percentiles = [("p50", clock, 50), ("p95", clock, 95), ("p99", clock, 99)]
    percentiles.append(("p99 of processor time", processor, 99))
    return [
        Measure(f"{asked.name}, {word}", cuts[n - 1] * 1000, "ms", goal=at_most(LIMIT_MS))
        for word, cuts, n in percentiles
    ]


def processor_s() -> float:
    """Processor seconds that this process and its database process have used."""
    from django.db import connection  # noqa: PLC0415 - Django is set up by now

    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    spent_ns = Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]
    return time.process_time() + int(spent_ns) / 1e9


if __name__ == "__main__":
    sys.exit(main())
