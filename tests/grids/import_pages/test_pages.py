"""The pages of an import, step by step, and that nobody of another territory sees any of it."""

import csv
import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from gis_server.models import AuditRow
from gis_server.roles import Role
from grids import jobs
from grids.models import Building, Grid, ImportFault, ImportRun
from tests.conftest import SignIn
from tests.grids.import_pages.bringing import (
    FORMULA,
    HOSTILE,
    OTHER_STREET,
    STREET,
    buildings,
    checked,
    confirmed,
    looked_into,
    overlapping_grids,
    press,
    renamed_grids,
    send,
)
from tests.grids.territory import WEST, two_grids

pytestmark = pytest.mark.django_db
Count = Any


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def planner(sign_in: SignIn) -> Client:
    two_grids()
    return sign_in(Role.PLANNER)


def text_of(client: Client, path: str) -> str:
    answer = client.get(path, headers={"Accept-Language": "en", "Accept": "text/html"})
    assert answer.status_code == 200, answer.content
    return str(answer.content.decode())


# The list and the first file ---------------------------------------------------------------------
def test_an_empty_list_says_what_to_do_first(sign_in: SignIn) -> None:
    page = text_of(sign_in(Role.PLANNER), "/imports/")

    assert "Begin with the divisions" in page
    assert '/imports/new/?kind=divisions"' in page


def test_the_list_names_file_kind_territory_state_and_counts(planner: Client) -> None:
    checked(planner, renamed_grids())

    page = text_of(planner, "/imports/")

    for said in ("网格.csv", "Grids", "140107", "Checked, ready to apply", "New 0", "Changed 1"):
        assert said in page


def test_the_list_is_paged(planner: Client) -> None:
    for _ in range(3):
        send(planner, renamed_grids())

    page = text_of(planner, "/imports/?limit=2")

    assert page.count("网格.csv") == 2
    assert "offset=2" in page


@pytest.mark.parametrize("imports", [1, 5])
def test_the_list_costs_the_same_whatever_it_holds(
    planner: Client, imports: int, django_assert_num_queries: Count
) -> None:
    for _ in range(imports):
        send(planner, renamed_grids())

    # Session and user; how many and which; the seven kinds.
    with django_assert_num_queries(11):
        planner.get("/imports/")


def test_a_new_import_offers_the_next_kind_and_ones_own_territory(planner: Client) -> None:
    page = text_of(planner, "/imports/new/")

    assert re.search(r'value="streets" checked', page)
    assert 'value="140107">' in page
    assert "at most 2048 MB" in page


def test_the_help_page_lists_every_field_with_its_words(planner: Client) -> None:
    page = text_of(planner, "/imports/help/")

    assert "网格编码" in page
    assert "专属网格" in page


# Reading -----------------------------------------------------------------------------------------
def test_the_mapping_page_shows_samples_and_the_guess(planner: Client) -> None:
    run = looked_into(planner, renamed_grids())

    page = text_of(planner, f"/imports/{run.id}/")

    assert "西网格" in page
    assert '<option value="编码" selected>' in page
    assert "Retire the grids" in page


def test_a_needed_column_that_is_left_out_is_told_and_nothing_chosen_is_lost(
    planner: Client,
) -> None:
    run = looked_into(planner, renamed_grids())

    answer = press(planner, run, "confirm", layer=run.layer, frame="gcj02", **{"field-wkt": "WKT"})

    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="message error"' in page
    assert '<option value="gcj02" selected>' in page
    run.refresh_from_db()
    assert run.step == "waiting"


def test_a_frame_that_nobody_said_is_asked_for(planner: Client) -> None:
    run = confirmed(planner, looked_into(planner, renamed_grids()), frame="")
    jobs.check_import(run.id)

    run.refresh_from_db()
    assert (run.step, run.problem) == ("waiting", "frame_not_stated")
    assert 'role="alert"' in text_of(planner, f"/imports/{run.id}/")


def test_a_file_that_cannot_be_read_says_why(planner: Client) -> None:
    run = looked_into(planner, b"\x89PNG\r\n\x1a\n" + b"\0" * 100, name="图.csv")

    page = text_of(planner, f"/imports/{run.id}/")

    assert run.step == "refused"
    assert 'role="alert"' in page
    assert "Discard" in page


# Progress ----------------------------------------------------------------------------------------
def test_a_job_that_nobody_took_up_is_told_to_be_waiting(planner: Client) -> None:
    send(planner, renamed_grids())
    run = ImportRun.objects.get()

    state = planner.get(f"/imports/{run.id}/state/").json()

    assert state == {
        "step": "reading", "at_work": True, "rows": 0, "of": None, "waits": True, "queue": True,
    }  # fmt: skip
    assert 'id="progress"' in text_of(planner, f"/imports/{run.id}/")


def test_without_redis_the_page_says_that_the_queue_is_away(planner: Client, settings: Any) -> None:
    send(planner, renamed_grids())
    run = ImportRun.objects.get()
    away = settings.CACHES["default"] | {"LOCATION": "unix:///nowhere/redis.sock"}
    settings.CACHES = {"default": away}

    assert planner.get(f"/imports/{run.id}/state/").json()["queue"] is False


# The report --------------------------------------------------------------------------------------
def test_the_report_shows_counts_and_what_changes(planner: Client) -> None:
    run = checked(planner, renamed_grids())

    page = text_of(planner, f"/imports/{run.id}/")

    assert re.search(r'data-count="changed">.*?>1<', page, re.DOTALL)
    assert f"<del>{WEST}</del> → <ins>西网格</ins>" in page
    assert 'id="confirm-apply"' in page


def test_applying_writes_and_says_who_did_it(planner: Client) -> None:
    run = checked(planner, renamed_grids())

    press(planner, run, "apply")
    jobs.write_import(run.id)

    page = text_of(planner, f"/imports/{run.id}/")
    assert Grid.objects.get(code=WEST).name == "西网格"
    assert "Written by planner-140107" in page


def test_the_same_file_again_changes_nothing(planner: Client) -> None:
    run = checked(planner, renamed_grids())
    press(planner, run, "apply")
    jobs.write_import(run.id)

    again = checked(planner, renamed_grids())

    page = text_of(planner, f"/imports/{again.id}/")
    assert "Nothing changes" in page
    assert 'id="confirm-apply"' not in page


def test_a_file_with_faults_cannot_be_applied(planner: Client) -> None:
    run = checked(planner, overlapping_grids())

    answer = press(planner, run, "apply")

    run.refresh_from_db()
    assert answer.status_code == 302
    assert run.step == "checked"
    assert 'id="confirm-apply"' not in text_of(planner, f"/imports/{run.id}/")


def test_a_button_of_a_page_that_is_old_does_nothing(planner: Client) -> None:
    run = checked(planner, renamed_grids())
    old = {"seen": run.step_at.isoformat()}
    press(planner, run, "check")

    planner.post(f"/imports/{run.id}/discard/", old)

    run.refresh_from_db()
    assert run.step == "checking"


def test_faults_are_listed_by_kind_with_row_and_sentence_and_paged(planner: Client) -> None:
    rows = [f"B{n},楼{n},,{200 + n},37" for n in range(3)]
    run = checked(planner, buildings(*rows, ",,,112.5,37.5"), kind="buildings", name="楼.csv")
    kinds = set(run.fault_counts)

    page = text_of(planner, f"/imports/{run.id}/?limit=2")
    one = text_of(planner, f"/imports/{run.id}/?problem=needed")

    assert {"needed", "outside_frame"} <= kinds
    assert page.count('<td class="num">') == 2
    assert "offset=2" in page
    assert one.count('<td class="num">') == 1


def test_faults_are_a_file_of_the_kind_that_is_chosen_with_their_places(planner: Client) -> None:
    rows = [f"B{n},楼{n},,{200 + n},37" for n in range(3)]
    run = checked(planner, buildings(*rows, ",,,112.5,37.5"), kind="buildings", name="楼.csv")
    told = list(run.faults.filter(problem="needed").values_list("column", flat=True))

    answer: Any = planner.get(f"/imports/{run.id}/?problem=needed&f=geojson")

    found = json.loads(b"".join(answer.streaming_content))["features"]
    assert [one["properties"]["column"] for one in found] == told
    assert AuditRow.objects.get(action="rows.exported").detail["list"] == "import-faults"


def test_the_map_holds_the_faults_and_the_shapes_of_the_file(planner: Client) -> None:
    run = checked(planner, overlapping_grids())

    drawn = planner.get(f"/imports/{run.id}/map/").json()

    assert {f["properties"]["code"] for f in drawn["shapes"]["features"]} == {
        f"{WEST[:12]}001", f"{WEST[:12]}002",
    }  # fmt: skip
    faults = {f["properties"]["id"] for f in drawn["faults"]["features"]}
    assert faults == set(ImportFault.objects.exclude(place=None).values_list("id", flat=True))
    assert faults
    assert 'id="map"' in text_of(planner, f"/imports/{run.id}/")


def test_a_position_that_a_fault_names_in_the_files_frame_is_marked_in_ours(
    planner: Client,
) -> None:
    bowtie = '"POLYGON((112 37,113 38,113 37,112 38,112 37))"'
    content = f"编码,名称,WKT\r\n{WEST},西,{bowtie}\r\n".encode()
    run = checked(planner, content, frame="gcj02")

    [fault] = planner.get(f"/imports/{run.id}/map/").json()["faults"]["features"]

    lon, lat = fault["geometry"]["coordinates"]
    # The lines cross at 112.5 E, 37.5 N of GCJ-02, which lies about 550 m off in WGS84 there.
    assert 0.003 < abs(lon - 112.5) + abs(lat - 37.5) < 0.015


# Hostile names -----------------------------------------------------------------------------------
def test_hostile_names_are_text_on_every_page(planner: Client) -> None:
    content = overlapping_grids(HOSTILE).replace("名称".encode(), HOSTILE.encode(), 1)
    run = looked_into(planner, content, name=f"{HOSTILE}.csv".replace("/", ""))
    pages = [text_of(planner, f"/imports/{run.id}/")]
    fields = {"field-code": "编码", "field-wkt": "WKT", "field-name": HOSTILE}
    press(planner, run, "confirm", layer=run.layer, frame="wgs84", **fields)
    jobs.check_import(run.id)

    pages += [text_of(planner, f"/imports/{run.id}/"), text_of(planner, "/imports/")]

    for page in pages:
        assert "<img" not in page
        assert "&lt;img" in page
    drawn = planner.get(f"/imports/{run.id}/map/")
    assert drawn.headers["Content-Type"] == "application/json"
    assert HOSTILE in json.dumps(drawn.json(), ensure_ascii=False)


def test_the_table_of_faults_computes_nothing_in_a_spreadsheet(planner: Client) -> None:
    content = f"编号,名称,经度,纬度,{FORMULA.replace(',', '')}\r\n".replace('"', "").encode()
    header = FORMULA.replace('"', "")
    run = looked_into(
        planner, content + b"B1,a,112.5,37.5,many\r\n", kind="buildings", name="楼.csv"
    )
    fields = {"field-name": "名称", "field-lon": "经度", "field-lat": "纬度"}
    fields["field-households"] = header
    press(planner, run, "confirm", layer=run.layer, frame="wgs84", **fields)
    jobs.check_import(run.id)

    answer = planner.get(f"/imports/{run.id}/?f=csv", headers={"Accept-Language": "en"})

    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(StringIO(text)))
    assert rows[0] == ["Row", "Column", "What is wrong", "Longitude", "Latitude"]
    assert rows[1][:2] == ["2", f"'{header}"]


# Others ------------------------------------------------------------------------------------------
PATHS = [
    ("get", ""),
    ("get", "reading/"),
    ("get", "state/"),
    ("get", "map/"),
    ("get", "?f=csv"),
    ("post", "confirm/"),
    ("post", "apply/"),
    ("post", "check/"),
    ("post", "discard/"),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_who_is_of_another_street_finds_nothing(
    planner: Client, sign_in: SignIn, method: str, path: str
) -> None:
    run = checked(planner, overlapping_grids(), scope=STREET)
    other = sign_in(Role.PLANNER, (OTHER_STREET,))
    seen = {"seen": run.step_at.isoformat()}

    answer = getattr(other, method)(f"/imports/{run.id}/{path}", seen)

    assert answer.status_code == 404
    assert "网格.csv" not in text_of(other, "/imports/")
    run.refresh_from_db()
    assert run.step == "checked"


def test_who_is_of_a_street_does_not_see_the_imports_of_the_whole_district(
    planner: Client, sign_in: SignIn
) -> None:
    run = checked(planner, renamed_grids())

    street = sign_in(Role.PLANNER, (STREET,))

    assert street.get(f"/imports/{run.id}/").status_code == 404
    assert Building.objects.count() == 0


@pytest.mark.parametrize("path", ["", "state/", "map/"])
def test_pages_cost_the_same_whatever_the_file_holds(
    planner: Client, path: str, django_assert_max_num_queries: Count
) -> None:
    rows = [f"B{n},楼{n},,{200 + n},37" for n in range(40)]
    run = checked(planner, buildings(*rows), kind="buildings", name="楼.csv")

    # Session, user, import; kinds and their first, a piece of faults, whether any has a place.
    with django_assert_max_num_queries(9):
        planner.get(f"/imports/{run.id}/{path}")
