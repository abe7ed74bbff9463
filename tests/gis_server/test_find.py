"""The search over HTTP: who finds what, in which order, and what is refused.

The entries are of the kinds that the project has; here no app's tables are needed to make them.
"""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from gis_server import search
from gis_server.models import SearchEntry
from gis_server.roles import Role
from tests.conftest import DISTRICT, STREET, SignIn

pytestmark = pytest.mark.django_db

OTHER_STREET = "140107002"
HOSTILE = ("<script>alert(1)</script>", "100%_\\", "'; DROP TABLE x; --", "${1+1}`", "\u202e倒写")


def enter(
    kind: str,
    subject: int,
    title: str,
    *,
    code: str = "",
    detail: str = "",
    former: str = "",
    scopes: Sequence[str] = (f"{STREET}001001",),
    box: Sequence[float | None] = (112.5, 37.8, 112.5, 37.8),
) -> None:
    """An entry as `search_write` makes it, from a function that gives this one row."""
    with connection.cursor() as cursor:
        name = f"search_rows_{kind}"
        cursor.execute(f"ALTER FUNCTION {name}(bigint[]) RENAME TO kept_aside")
        cursor.execute(
            f"CREATE FUNCTION {name}(ids bigint[]) RETURNS SETOF search_row LANGUAGE sql AS $$"
            " SELECT %s::bigint, %s, %s, %s, %s, %s::text[], %s::float8, %s::float8, %s::float8,"
            " %s::float8 $$",
            [subject, title, code, detail, former, list(scopes), *box],
        )
        cursor.execute("SELECT search_write(%s, %s)", [kind, [subject]])
        cursor.execute(f"DROP FUNCTION {name}")
        cursor.execute(f"ALTER FUNCTION kept_aside(bigint[]) RENAME TO {name}")


def ask(client: Client, text: str, **more: Any) -> dict[str, Any]:
    answer = client.get("/api/find/", {"q": text, **more})
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def titles(client: Client, text: str, **more: Any) -> list[str]:
    return [item["title"] for item in ask(client, text, **more)["items"]]


def test_everything_that_is_known_of_a_thing_finds_it(operator: Client) -> None:
    former = "老纺织厂宿舍\nX-1"
    enter("building", 1, "府前小区3号楼", code="B-77", detail="杏花岭区府前街12号", former=former)

    for text in ("府前", "3号楼", "b-77", "府前街 12号", "纺织厂", "x-1", "fqxq", "lfzc", "厂"):
        assert titles(operator, text) == ["府前小区3号楼"], text


def test_an_item_says_all_that_a_page_needs(operator: Client) -> None:
    enter("grid", 5, "府前社区第1网格", code=f"{STREET}001001", box=(112, 37, 113, 38))
    enter("shop", 9, "晋源药店", detail="府前街1号", box=(None, None, None, None))

    assert ask(operator, "晋源药店") == {
        "items": [
            {
                "kind": "shop",
                "kind_name": "商铺",
                "id": 9,
                "title": "晋源药店",
                "code": "",
                "detail": "府前街1号",
                "former": "",
                "within": "府前社区第1网格",
                # It has no place of its own: that of its grid.
                "box": [112, 37, 113, 38],
                "area": f"{STREET}001001",
                "opens": "",
            }
        ],
        "more": False,
        "refreshing": False,
    }


def test_whole_names_come_first_then_beginnings_then_kinds_then_short_names(
    operator: Client,
) -> None:
    enter("building", 1, "柳林")
    enter("building", 2, "柳林家园")
    enter("building", 3, "柳林苑")
    enter("camera", 4, "路口", detail="柳林巷")
    enter("building", 5, "东柳林")
    enter("grid", 6, "下柳林网格")
    enter("camera", 7, "东门", code="LLA")

    begin = ["柳林", "柳林苑", "柳林家园"]
    assert titles(operator, "柳林") == [*begin, "下柳林网格", "路口", "东柳林"]
    assert titles(operator, "ll")[:4] == ["东门", "柳林", "柳林苑", "柳林家园"]


def test_equal_names_are_in_the_order_of_code_and_id(operator: Client) -> None:
    for subject, code in ((3, "A2"), (2, "A1"), (9, ""), (8, "")):
        enter("building", subject, "柳林", code=code)

    assert [item["id"] for item in ask(operator, "柳林")["items"]] == [8, 9, 2, 3]


def test_nobody_finds_what_lies_elsewhere(sign_in: SignIn) -> None:
    enter("building", 1, "府前家园", scopes=[f"{STREET}001001"])

    assert titles(sign_in(scope=(OTHER_STREET,)), "府前") == []
    assert titles(sign_in(scope=(f"{STREET}002",)), "府前") == []
    for mine in (DISTRICT, STREET, f"{STREET}001", f"{STREET}001001"):
        assert titles(sign_in(scope=(mine,)), "府前") == ["府前家园"], mine


def test_a_scope_that_is_no_whole_level_is_kept_to(sign_in: SignIn) -> None:
    enter("building", 1, "府前家园", scopes=[f"{STREET}001001"])

    assert titles(sign_in(scope=("1401070",)), "府前") == ["府前家园"]
    assert titles(sign_in(scope=("1401071",)), "府前") == []


def test_without_a_territory_nothing_is_found(sign_in: SignIn) -> None:
    enter("building", 1, "府前家园")

    assert titles(sign_in(scope=()), "府前") == []


def test_what_lies_in_several_places_is_found_from_each(sign_in: SignIn) -> None:
    enter("street", 1, "府前街", scopes=[f"{STREET}001", f"{OTHER_STREET}001"])

    for mine in (STREET, OTHER_STREET):
        assert titles(sign_in(scope=(mine,)), "府前") == ["府前街"]
    assert titles(sign_in(scope=("140107003",)), "府前") == []


def test_the_name_of_a_place_elsewhere_is_not_told(sign_in: SignIn) -> None:
    enter("grid", 1, "第1网格", code=f"{OTHER_STREET}001001", scopes=[f"{OTHER_STREET}001001"])
    enter("street", 1, "府前街", scopes=[f"{STREET}001", f"{OTHER_STREET}001001"])

    [item] = ask(sign_in(scope=(STREET,)), "府前")["items"]

    assert item["within"] == ""


def test_roles_find_only_what_they_may_see(sign_in: SignIn) -> None:
    enter("building", 1, "王府")
    enter("camera", 2, "王府路口")
    enter("grid_worker", 3, "王伟")

    assert titles(sign_in(Role.OPERATOR), "王") == ["王府路口", "王伟", "王府"]
    assert titles(sign_in(Role.MAINTAINER), "王") == ["王府路口", "王府"]
    assert titles(sign_in(Role.GRID_WORKER), "王") == ["王府"]
    assert titles(sign_in(Role.AUDITOR), "王") == ["王伟", "王府"]
    assert titles(sign_in(Role.MAINTAINER, (DISTRICT, STREET)), "王", kind="grid_worker") == []


def test_a_kind_can_be_asked_for_alone(operator: Client) -> None:
    enter("building", 1, "府前家园")
    enter("shop", 2, "府前药店")

    assert titles(operator, "府前", kind="shop") == ["府前药店"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_found_by_itself_and_given_as_it_is(operator: Client, name: str) -> None:
    enter("building", 1, name)
    enter("building", 2, "别的")

    assert titles(operator, name) == [name]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        pytest.param({}, "Type a character", id="nothing"),
        pytest.param({"q": " 　"}, "Type a character", id="spaces"),
        pytest.param({"q": "%_\\.-·"}, "Type a character", id="marks only"),
        pytest.param({"q": "\0"}, "Type a character", id="NUL"),
        pytest.param({"q": "府" * 81}, "at most 80", id="81 characters"),
        pytest.param({"q": "府" * 10_000}, "at most 80", id="10,000 characters"),
        pytest.param({"q": "ﷺ" * 80}, "at most 80", id="80 that stand for 1,440"),
        pytest.param({"q": "府", "kind": "person"}, "kind must be", id="no such kind"),
        pytest.param({"q": "府", "limit": "51"}, "limit must be", id="too many"),
        pytest.param({"q": "府", "limit": "0"}, "limit must be", id="none"),
    ],
)
def test_what_cannot_be_looked_for_is_said(
    operator: Client, asked: dict[str, str], why: str
) -> None:
    answer = operator.get("/api/find/", asked, headers={"Accept-Language": "en"})

    assert answer.status_code == 422
    assert why in answer.json()["error"]["message"]


@pytest.mark.parametrize("text", ["府\0前", "\ud7ff", "ﷺ" * 4, "é\u0301", "a" * 80, "府 " * 40])
def test_odd_texts_find_nothing_and_break_nothing(operator: Client, text: str) -> None:
    assert titles(operator, text) == []


def test_a_name_that_nobody_can_have_typed_is_still_found(operator: Client) -> None:
    enter("building", 1, "府" * 10_000)

    assert len(titles(operator, "府府府")) == 1


def test_there_is_more_than_was_asked_for(operator: Client) -> None:
    for subject in range(3):
        enter("building", subject, f"府前{subject}号楼")

    assert [ask(operator, "府前", limit=n)["more"] for n in (2, 3)] == [True, False]
    assert len(titles(operator, "府前", limit=2)) == 2


@pytest.mark.parametrize("common", [False, True])
def test_a_word_that_is_everywhere_finds_the_same_as_a_rare_one(
    operator: Client, monkeypatch: pytest.MonkeyPatch, common: bool
) -> None:
    """The same answers whether the planner takes the word for common or not."""
    for subject in range(30):
        enter("building", subject, f"{subject}号楼", detail="府前街")
        enter("shop", subject, f"药店{subject}", detail="胜利街")
    monkeypatch.setattr(search, "COMMON", -1 if common else 10**9)

    assert titles(operator, "府前", limit=3) == ["0号楼", "1号楼", "2号楼"]
    assert titles(operator, "街", limit=2) == ["药店0", "药店1"]
    assert titles(operator, "街 29") == ["药店29", "29号楼"]


def test_finding_costs_a_fixed_number_of_queries(
    operator: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    enter("building", 1, "府前家园")

    # Session and user; then, in a transaction of their own, limits, estimate and search.
    with django_assert_num_queries(7):
        operator.get("/api/find/", {"q": "府前 家园"})


def test_a_refresh_under_way_is_told(operator: Client) -> None:
    with search._told_to_all():
        assert ask(operator, "府")["refreshing"] is True
    assert ask(operator, "府")["refreshing"] is False


def test_an_entry_without_a_row_is_told_and_mended() -> None:
    enter("building", 77, "拆了的楼")

    assert search.differing("building") == [77]
    assert search.refresh("building") == 1
    assert not SearchEntry.objects.exists()
