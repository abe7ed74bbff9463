"""The rows of a list as a file: which form, what cells and properties say, where it ends."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from io import StringIO
from typing import Any

import pytest
from django.contrib.gis.geos import Point
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils import translation

from gis_server import list_files
from gis_server.edge import Page
from gis_server.errors import Invalid
from gis_server.list_files import WHOLE, Column, ListFile, for_programs, in_words
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.conftest import MakeUser

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLAIN = ListFile("things", [Column("name", "名称", lambda one: one["name"])])
PLACED = ListFile(
    "things",
    [*PLAIN.columns, Column("count", "数量", lambda one: one["count"])],
    lambda one: one["spot"],
)
HERE = {"name": "=cmd|' /C calc'!A0", "count": 3, "spot": Point(112.123456789, 37.9)}
NOWHERE = {"name": "二", "count": None, "spot": None}
Ask = Callable[..., Any]


@pytest.fixture
def user(make_user: MakeUser) -> User:
    return make_user(Role.OPERATOR)


@pytest.fixture
def ask(user: User) -> Ask:
    def make(query: str = "", method: str = "get") -> Any:
        request = getattr(RequestFactory(), method)(f"/things/?{query}")
        request.user = user
        return request

    return make


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def table(answer: Any) -> list[list[str]]:
    return list(csv.reader(StringIO(body(answer).removeprefix("\ufeff"), newline="")))


def test_a_page_is_a_page_until_a_file_is_asked_for(ask: Ask) -> None:
    assert PLAIN.piece(ask("offset=50"), 50) == Page(limit=50, offset=50)
    assert PLAIN.piece(ask("f=csv&offset=50&limit=1"), 50) is WHOLE


def test_a_form_that_is_sent_is_no_question_for_a_file(ask: Ask) -> None:
    assert PLAIN.piece(ask("f=csv", "post"), 50) == Page(limit=50, offset=0)


@pytest.mark.parametrize("form", ["xlsx", "geojson", "CSV", "csv\0", "=1"])
def test_another_form_is_refused_in_the_readers_language(ask: Ask, form: str) -> None:
    """A list without places has no GeoJSON."""
    for language, said in (("en", "f must be one of csv."), ("zh-hans", "f 须为以下之一：csv。")):
        with translation.override(language), pytest.raises(Invalid) as refused:
            PLAIN.piece(ask(f"f={form}"), 50)
        assert str(refused.value.message) == said


def test_a_table_computes_nothing_and_says_where_each_row_is(ask: Ask) -> None:
    answer = PLACED.answer(ask("f=csv"), [HERE, NOWHERE])

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert table(answer) == [
        ["名称", "数量", "经度", "纬度"],
        ["'=cmd|' /C calc'!A0", "3", "112.1234568", "37.9"],
        ["二", "", "", ""],
    ]


def test_what_is_nowhere_is_in_the_geojson_too(ask: Ask) -> None:
    """RFC 7946, section 3.2: its geometry is null."""
    answer = PLACED.answer(ask("f=geojson"), [HERE, NOWHERE])

    assert answer["Content-Type"] == "application/geo+json"
    there, nowhere = json.loads(body(answer))["features"]
    assert there["geometry"] == {"type": "Point", "coordinates": [112.1234568, 37.9]}
    assert there["properties"] == {"name": HERE["name"], "count": 3}
    assert (nowhere["geometry"], nowhere["properties"]["count"]) == (None, None)


def test_a_list_of_nothing_has_its_heads(ask: Ask) -> None:
    assert table(PLAIN.answer(ask("f=csv"), [])) == [["名称"]]
    assert json.loads(body(PLACED.answer(ask("f=geojson"), [])))["features"] == []


def test_a_table_says_that_it_is_cut(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_files, "MOST_ROWS", 2)
    rows = [{"name": str(n)} for n in range(3)]

    *_, last, said = table(PLAIN.answer(ask("f=csv"), rows))

    assert last == ["1"]
    assert len(said) == 1
    assert "2" in said[0]
    # Two are all of two.
    assert len(table(PLAIN.answer(ask("f=csv"), rows[:2]))) == 3


def test_too_many_for_geojson_are_refused_and_not_noted(
    ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_files, "MOST_ROWS", 1)

    with pytest.raises(Invalid):
        PLACED.answer(ask("f=geojson"), [HERE, NOWHERE])

    assert not AuditRow.objects.exists()


def test_what_leaves_the_house_is_noted(ask: Ask, user: User) -> None:
    PLAIN.answer(ask("f=csv&secret=x"), [HERE])

    row = AuditRow.objects.get()
    assert (row.action, row.who, row.scope) == ("rows.exported", user.username, "140107")
    assert row.detail == {"list": "things", "format": "csv", "rows": 1}


@pytest.mark.parametrize(
    ("value", "cell", "told"),
    [
        pytest.param(None, "", None, id="nothing"),
        pytest.param(True, "是", True, id="yes"),
        pytest.param(False, "否", False, id="no"),
        pytest.param(0, "0", 0, id="zero"),
        pytest.param(1.5, "1.5", 1.5, id="a share"),
        # 12:00 UTC is 20:00 in Taiyuan.
        pytest.param(AT, "2026-03-01 20:00:00", "2026-03-01T12:00:00+00:00", id="a time"),
        pytest.param(date(2026, 3, 1), "2026-03-01", "2026-03-01", id="a day"),
        pytest.param("甲\u202egpj.exe\0", "甲gpj.exe", "甲gpj.exe", id="a text that turns round"),
    ],
)
def test_values_for_people_and_for_programs(value: object, cell: str, told: object) -> None:
    assert in_words(value) == cell
    assert for_programs(value) == told


def test_links_keep_the_filters_of_the_page_and_escape_them(ask: Ask) -> None:
    request = ask("q=%22%3E%3Cb%3E&offset=50&limit=5&f=csv")
    shown = Template('{% load pages %}{% list_files file of="walks" %}').render(
        RequestContext(request, {"file": PLACED})
    )

    kept = "?q=%22%3E%3Cb%3E&amp;f={}&amp;of=walks"
    assert f'href="{kept.format("csv")}"' in shown
    assert f'href="{kept.format("geojson")}"' in shown
    assert "<b>" not in shown


@pytest.mark.parametrize(
    ("total", "whole"),
    [
        pytest.param(0, True, id="nobody has counted"),
        pytest.param(10_000, True, id="as many as one file takes"),
        pytest.param(10_001, False, id="one more"),
    ],
)
def test_a_layer_of_more_than_one_file_takes_says_so_in_place_of_geojson(
    total: int, whole: bool
) -> None:
    with translation.override("en"):
        shown = Template('{% load pages %}{% map_files "shops" total=total %}').render(
            Context({"total": total})
        )

    assert ("f=json" in shown) is whole
    assert ("one file takes no more" in shown) is not whole
    assert "f=csv" in shown
