"""The model district as content of a file, without a database: its grids, and made-up spots."""

import csv
import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import shapely
from shapely.geometry import shape

from fixtures.district.sources import DATA
from maps.figures.classes import UNKNOWN
from maps.files.asked import Asked
from maps.files.content import CameraSpot, Content, Division, EventSpot, Grid, OutageSpot
from maps.files.figures import FEW_TO_MANY, Figure

NOW = datetime(2026, 11, 26, 8, 30, tzinfo=UTC)
LEVELS = {6: "district", 9: "street", 12: "community"}


def asked(**more: Any) -> Asked:
    values: dict[str, Any] = {
        "area": "", "box": None, "layers": ("events", "outages", "down", "online"), "figure": "",
        "day": date(2026, 11, 26), "title": "", "paper": "A4", "is_landscape": True, "srid": 4326,
    }  # fmt: skip
    return Asked(**values | more)


def grids(area: str = "") -> list[Grid]:
    features = json.loads((DATA / "grids.geojson").read_text(encoding="utf-8"))["features"]
    found = []
    for number, feature in enumerate(features):
        code = str(feature["properties"]["code"])
        if code.startswith(area):
            name = f"{int(code[12:])}号网格"
            found.append(Grid(number, code, name, "", name, shape(feature["geometry"])))
    return found


def divisions(cells: list[Grid]) -> list[Division]:
    with (DATA / "divisions.csv").open(encoding="utf-8-sig") as file:
        names = {row["code"]: row["name"] for row in csv.DictReader(file)}
    found = []
    for digits, level in LEVELS.items():
        for prefix in dict.fromkeys(cell.code[:digits] for cell in cells):
            mine = [cell.shape for cell in cells if cell.code.startswith(prefix)]
            whole = shapely.unary_union(mine)
            code = prefix.ljust(12, "0")
            label = whole.representative_point()
            found.append(Division(code, names.get(code, prefix), level, whole, label))
    return found


def spots(cells: list[Grid], count: int, dice: random.Random) -> list[tuple[float, float]]:
    points = [dice.choice(cells).shape.representative_point() for _number in range(count)]
    return [(p.x + dice.uniform(-1, 1) / 900, p.y + dice.uniform(-1, 1) / 900) for p in points]


def content(
    area: str = "", cameras: int = 400, events: int = 120, name: str = "", **more: Any
) -> Content:
    """name: what every thing of it is called; empty for sober names."""
    dice = random.Random(7)
    cells = grids(area)
    whole = shapely.unary_union([cell.shape for cell in cells])
    wanted = asked(area=area, **more)
    return Content(
        asked=wanted,
        area=name or "杏花岭区",
        extent=whole.bounds,
        made_at=NOW,
        maker="operator",
        divisions=divisions(cells),
        grids=[
            Grid(one.id, one.code, name or one.name, one.community, one.short, one.shape)
            for one in cells
        ],
        figure=figure(cells, dice) if wanted.figure else None,
        cameras=[
            _camera(number, at, name, dice) for number, at in enumerate(spots(cells, cameras, dice))
        ],
        outages=[
            OutageSpot(n, NOW, "connect_timeout", "交换机", name or f"SW-{n}", *at)
            for n, at in zip((4, 17, 120), spots(cells, 3, dice), strict=True)
        ],
        events=[
            _event(number, at, name, dice) for number, at in enumerate(spots(cells, events, dice))
        ],
    )


def _camera(number: int, at: tuple[float, float], name: str, dice: random.Random) -> CameraSpot:
    state = dice.choices(["online", "offline", "degraded", "unknown"], [86, 7, 4, 3])[0]
    shown = name or f"府前街路口 {number} 东向"
    return CameraSpot(
        f"1401070000132{number:07d}", shown, state, "connect_timeout", NOW, name or "1号网格", *at
    )


def _event(number: int, at: tuple[float, float], name: str, dice: random.Random) -> EventSpot:
    return EventSpot(
        f"SJ20261126-{number:07d}",
        dice.choice(["safety", "opinion", "service", "emergency"]),
        dice.choices(["minor", "major", "difficult", "urgent"], [60, 25, 10, 5])[0],
        "accepted", name or "井盖破损", name or "府前街 1 号", name or "1号网格", NOW,
        NOW + timedelta(hours=4), dice.choice(["late", "red", "amber", "green", "green"]), *at,
    )  # fmt: skip


def figure(cells: list[Grid], dice: random.Random) -> Figure:
    counts = {cell.id: dice.choices([0, 1, 4, 7, 15], [50, 25, 12, 8, 5])[0] for cell in cells}
    classes = {
        pk: UNKNOWN if pk % 31 == 0 else (0, 1, 4, 7, 15).index(count)
        for pk, count in counts.items()
    }
    values = {pk: float(count) for pk, count in counts.items()}
    texts = ["无", "1–2", "3–5", "6–10", "10 以上"]
    return Figure("events", "各网格未结事件", "", values, classes, FEW_TO_MANY, texts, "")
