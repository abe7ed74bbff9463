"""The page of rates, its files, and the intervals that every figure leads to."""

import re
from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils.html import escape

from cameras.models import Camera, Owner
from cameras.rates.plot import lowest, percent, plot
from gis_server.roles import Role
from grids.models import Division
from tests.cameras.conftest import OTHER_STREET, STREET, MakeCamera
from tests.cameras.rating import dated, lives
from tests.conftest import SignIn

PAGE = {"accept": "text/html"}
DAY = "from=2026-03-01&to=2026-03-01"


@pytest.fixture
def story(make_camera: MakeCamera) -> list[Camera]:
    """Two streets: a key camera that was down for an hour of the day, and one that was well."""
    district = Division.objects.create(
        code="140107000000", name="District", level="district", kind="district"
    )
    for code, name in ((STREET, "<b>East"), (OTHER_STREET, "=West")):
        Division.objects.create(
            code=code, name=name, level="street", kind="street_office", parent=district
        )
    one = make_camera(priority="key_area")
    two = make_camera(scope_code=OTHER_STREET)
    lives(one, ("02-01 00:00", "online"), ("03-01 05:00", "offline"), ("03-01 06:00", "online"))
    lives(two, ("02-01 00:00", "online"))
    for camera in (one, two):
        dated(camera, "02-01 00:00")
    return [one, two]


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path, headers=PAGE)
    assert answer.status_code == status, answer.content.decode()
    return answer.content.decode()


def test_the_table_tells_both_rates_and_who_misses_a_target(
    story: list[Camera], operator: Client
) -> None:
    page = text(operator, f"/rates/?by=street&{DAY}")

    # 23 of 24 hours: 95.83 %; with the other street 47 of 48: 97.91 %, cut, not rounded.
    assert "95.83 %" in page
    assert "97.91 %" in page
    assert "&lt;b&gt;East" in page
    assert "95.83 % &lt; 98.00 %" in page
    assert 'class="target"' in page
    assert "style=" not in page


def test_every_figure_leads_to_the_intervals_that_add_up_to_it(
    story: list[Camera], operator: Client
) -> None:
    for by in ("district", "street", "community", "owner", "team", "class"):
        answer = operator.get(f"/rates/?by={by}&{DAY}", headers=PAGE)
        for row in [*answer.context["rows"], answer.context["total"]]:
            behind = operator.get(f"/rates/intervals/?{row['intervals']}", headers=PAGE)
            sums = {name: one.seconds for name, _text, one in behind.context["kinds"]}
            told = row["seconds"]
            assert sums == {name: getattr(told, f"{name}_s") for name in sums}, row["intervals"]
            listed = sum(one["interval"].seconds for one in behind.context["rows"])
            assert listed == pytest.approx(sum(sums.values()))


def test_a_street_leads_to_its_communities(story: list[Camera], operator: Client) -> None:
    answer = operator.get(f"/rates/?by=street&{DAY}", headers=PAGE)

    inside = operator.get(f"/rates/?{answer.context['rows'][0]['inside']}", headers=PAGE)

    assert [row["group"].key for row in inside.context["rows"]] == [STREET]
    assert inside.context["total"]["seconds"].cameras == 1


def test_people_of_one_street_see_its_rates_alone(story: list[Camera], sign_in: SignIn) -> None:
    leader = sign_in(Role.STREET_LEADER, ("140107001",))

    page = text(leader, f"/rates/?by=street&{DAY}")

    assert "=West" not in page
    assert text(leader, f"/rates/?by=street&area=140107002&{DAY}").count("East") == 0
    behind = text(leader, f"/rates/intervals/?by=street&key={OTHER_STREET}&{DAY}")
    assert story[1].name not in behind


def test_an_auditor_sees_figures_and_intervals_without_links_to_cameras(
    story: list[Camera], sign_in: SignIn
) -> None:
    auditor = sign_in(Role.AUDITOR)

    page = text(auditor, f"/rates/intervals/?counted=down&{DAY}")

    assert story[0].name in page
    assert "/cameras/" not in re.sub(r"/static/\S+", "", page)
    assert "3600" in page.replace(",", "")


def test_the_files_tell_the_same_and_compute_nothing(story: list[Camera], operator: Client) -> None:
    answer = operator.get(f"/rates/table.csv?by=street&{DAY}")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()  # type: ignore[attr-defined]
    book = openpyxl.load_workbook(
        BytesIO(operator.get(f"/rates/table.xlsx?by=street&{DAY}").content)
    )
    rows = list(book.worksheets[0].iter_rows(min_row=5, values_only=True))

    assert [line.split(",")[0] for line in lines[1:]] == ["<b>East", "'=West", "全部"]
    assert lines[1].split(",")[3:5] == ["95.83 %", "95.83 %"]
    assert [row[0] for row in rows] == ["<b>East", "=West", "全部"]
    assert rows[0][3] == pytest.approx(23 / 24)
    assert rows[2][7] == 48
    assert book.worksheets[0]["A6"].data_type == "s"


def test_nothing_watched_and_nobody_asked_are_told_apart(
    make_camera: MakeCamera, operator: Client
) -> None:
    assert "没有受监测的摄像机" in text(operator, f"/rates/?{DAY}")

    lives(make_camera(), ("02-01 00:00", "unknown"))

    page = text(operator, f"/rates/?{DAY}")
    assert "无法计算" in page
    assert "<svg" not in page


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("by=moon", id="a group that is none"),
        pytest.param("period=always", id="a period that is none"),
        pytest.param("from=2026-02-30", id="no such day"),
        pytest.param("from=0001-01-01", id="a day before everything"),
        pytest.param("to=9999-12-31", id="a day after everything"),
        pytest.param("from=2026-03-02&to=2026-03-01", id="ends before it begins"),
        pytest.param("from=2025-01-01&to=2026-03-01", id="too long"),
        pytest.param("area=14x", id="an area of letters"),
        pytest.param("area=%25", id="a wild card as an area"),
        pytest.param("by=owner&key=1;drop", id="a key that is no number"),
        pytest.param("key=5", id="a key of nothing"),
        pytest.param("class=best", id="a class that is none"),
        pytest.param("by=class&key=best", id="a key that is no class"),
    ],
)
@pytest.mark.parametrize("path", ["/rates/", "/rates/intervals/", "/rates/table.csv"])
def test_bad_questions_are_refused_with_a_sentence(operator: Client, path: str, query: str) -> None:
    assert operator.get(f"{path}?{query}").status_code == 422


def test_a_key_beyond_all_numbers_finds_nothing(story: list[Camera], operator: Client) -> None:
    page = text(operator, f"/rates/intervals/?by=owner&key={'9' * 20}&{DAY}")

    assert story[0].name not in page


@pytest.mark.parametrize("name", ["today", "yesterday", "this_week", "last_week", "last_month"])
def test_periods_with_names_have_pages(story: list[Camera], operator: Client, name: str) -> None:
    text(operator, f"/rates/?period={name}")
    text(operator, f"/rates/?by=owner&period={name}")


def test_a_hostile_name_stays_a_text(story: list[Camera], operator: Client) -> None:
    Owner.objects.update(name="<script>alert(1)</script>\u202e😀")

    page = text(operator, f"/rates/?by=owner&{DAY}")

    assert "<script>alert" not in page
    assert escape("<script>alert(1)</script>") in page


# The session and its user; the pieces kept between a savepoint's two ends, and dropped; table,
# designations, divisions; the points of the plot.
RATES_QUERIES = 10
INTERVALS_QUERIES = 4


def test_the_pages_cost_the_same_for_few_and_for_many(
    story: list[Camera], operator: Client, make_camera: MakeCamera, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        with django_assert_num_queries(RATES_QUERIES):
            operator.get(f"/rates/?by=street&{DAY}", headers=PAGE)
        with django_assert_num_queries(INTERVALS_QUERIES):
            operator.get(f"/rates/intervals/?{DAY}", headers=PAGE)
        for _ in range(5):
            lives(make_camera(scope_code="140107003000"), ("03-01 01:00", "offline"))


def test_the_axis_of_a_plot_reaches_below_everything_and_gaps_stay_gaps() -> None:
    drawn = plot(
        ["a", "b", "c"], [("online", "Online", [1.0, None, 0.3])], [("98 %", 0.98), ("95 %", 0.95)]
    )

    assert lowest([0.5, 1]) == 0.5
    assert lowest([0.99]) == 0.9
    assert lowest([0.0]) == 0
    (line,) = drawn.lines
    assert [len(path.split()) for path in line.paths] == [1, 1]
    assert line.dots[0].y < line.dots[1].y
    # The two levels lie so close on this axis that their names stand together.
    assert [one.text for one in drawn.targets] == ["98 % · 95 %", ""]


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (1.0, "100.00 %"),
        (0.97996, "97.99 %"),
        (0.98, "98.00 %"),
        (0.0, "0.00 %"),
        (0.29, "29.00 %"),
    ],
)
def test_a_share_is_cut_and_never_rounded_up(share: float, told: str) -> None:
    assert percent(share) == told
