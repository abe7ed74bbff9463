"""Files as a user sends them, small enough to think about, and the user's way through the pages."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.gis.geos import Polygon
from django.test import Client

from grids import jobs
from grids.models import ImportRun
from tests.grids.territory import EAST, WEST, square

DISTRICT = "140107"
STREET = "140107001"
OTHER_STREET = "140107002"
HOSTILE = "<img src=x onerror=alert(1)>"
FORMULA = '=HYPERLINK("http://evil.example")'


def table(header: str, *rows: str) -> bytes:
    return "\r\n".join([header, *rows, ""]).encode("utf-8-sig")


def grids_csv(*rows: tuple[str, str, Polygon]) -> bytes:
    """Code, name and shape of grids as a table with WKT."""
    return table("编码,名称,WKT", *(f'{code},{name},"{shape.wkt}"' for code, name, shape in rows))


def renamed_grids() -> bytes:
    """The two grids of `two_grids`, the first with another name."""
    return grids_csv((WEST, "西网格", square(112)), (EAST, EAST, square(113)))


def overlapping_grids(name: str = "东网格") -> bytes:
    """The second grid reaches into the first."""
    return grids_csv((WEST, "西网格", square(112)), (EAST, name, square(112.5)))


def buildings(*rows: str) -> bytes:
    return table("编号,名称,地址,经度,纬度", *rows)


def send(
    client: Client,
    content: bytes,
    *,
    name: str = "网格.csv",
    kind: str = "grids",
    scope: str = DISTRICT,
    valid_from: str = "2026-01-01",
) -> Any:
    """The answer to a file that is sent as the page sends it."""
    query = urlencode({"name": name, "kind": kind, "scope": scope, "valid_from": valid_from})
    return client.post(
        f"/imports/upload/?{query}", content, content_type="application/octet-stream"
    )


def looked_into(client: Client, content: bytes, **about: str) -> ImportRun:
    """An import whose file the job has looked into."""
    answer = send(client, content, **about)
    assert answer.status_code == 201, answer.content
    number = int(answer.json()["url"].rstrip("/").rsplit("/", 1)[1])
    jobs.inspect_import(number)
    return ImportRun.objects.get(id=number)


def press(client: Client, run: ImportRun, button: str, **more: str) -> Any:
    """Press a button of the import's page as it is now."""
    run.refresh_from_db()
    return client.post(f"/imports/{run.id}/{button}/", {"seen": run.step_at.isoformat()} | more)


def confirmed(client: Client, run: ImportRun, frame: str = "wgs84", **more: str) -> ImportRun:
    """Take over the guess of the columns."""
    fields = {f"field-{name}": column for name, column in run.mapping.items()}
    press(client, run, "confirm", layer=run.layer, frame=frame, **fields, **more)
    run.refresh_from_db()
    return run


def checked(client: Client, content: bytes, frame: str = "wgs84", **about: str) -> ImportRun:
    """An import whose rows the job has all checked."""
    run = confirmed(client, looked_into(client, content, **about), frame)
    assert run.step == "checking", (run.step, run.problem, run.details)
    jobs.check_import(run.id)
    run.refresh_from_db()
    return run
