"""The audit trail as page and file: who sees which rows, how they are found, what an export is."""

import csv
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gis_server import audit, audit_pages, audit_queries
from gis_server.audit_queries import Sought
from gis_server.errors import Unavailable
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.conftest import MakeUser

pytestmark = pytest.mark.django_db
DISTRICT, STREET, OTHER = "140107", "140107001", "140107002"
NASTY = '=cmd|"><script>x</script>'


@pytest.fixture
def auditor(make_user: MakeUser) -> User:
    return make_user(Role.AUDITOR, (DISTRICT,))


def signed_in(user: User) -> Client:
    client = Client(headers={"Accept": "text/html"})
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def note(subject: str, scope: str = STREET, **values: Any) -> AuditRow:
    usual = {"who": "li", "action": "area.asked", "subject": subject, "scope": scope}
    return AuditRow.objects.create(**(usual | values))


def found(user: User, **sought: Any) -> list[str]:
    page = audit_queries.page(user, Sought(**sought), before=None, limit=100)
    return [row.subject for row in page.rows]


@pytest.mark.parametrize(
    ("scope", "sees"),
    [
        pytest.param((DISTRICT,), {"district", "street", "community", "other", "none"}, id="all"),
        pytest.param(("14",), {"district", "street", "community", "other", "none"}, id="province"),
        pytest.param((STREET,), {"street", "community"}, id="a street"),
        pytest.param((STREET, OTHER), {"street", "community", "other"}, id="two streets"),
        pytest.param((f"{STREET}001",), {"community"}, id="a community"),
        pytest.param(("140105",), {"none"}, id="another district"),
        pytest.param((), set[str](), id="nothing"),
        pytest.param(("",), set[str](), id="an empty prefix"),
    ],
)
def test_a_reader_sees_what_was_done_in_their_area(
    make_user: MakeUser, scope: tuple[str, ...], sees: set[str]
) -> None:
    rows = {
        "district": DISTRICT,
        "street": STREET,
        "community": f"{STREET}001",
        "other": OTHER,
        "none": "",
    }
    for subject, code in rows.items():
        note(subject, code)

    assert set(found(make_user(Role.AUDITOR, scope))) == sees


AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("sought", "subjects"),
    [
        pytest.param({}, ["3", "2", "1"], id="everything, newest first"),
        pytest.param({"since": AT}, ["3", "2"], id="from a time on, which counts"),
        pytest.param({"until": AT}, ["1"], id="until a time, which does not"),
        pytest.param({"who": "WANG"}, ["2"], id="a part of a name"),
        pytest.param({"who": "%"}, [], id="a wildcard is a letter"),
        pytest.param({"action": "area.given"}, ["3"], id="an action"),
        pytest.param({"subject": "1"}, ["1"], id="a subject"),
        pytest.param({"area": OTHER}, ["3"], id="an area"),
        pytest.param({"area": DISTRICT}, ["3", "2", "1"], id="a wider area"),
        pytest.param({"area": OTHER, "who": "wang"}, [], id="two that exclude each other"),
    ],
)
def test_rows_are_found_by_what_they_say(
    auditor: User, sought: dict[str, Any], subjects: list[str]
) -> None:
    note("1", at=AT - timedelta(seconds=1))
    note("2", at=AT, who="wangfang")
    note("3", OTHER, at=AT + timedelta(hours=1), action="area.given")

    assert found(auditor, **sought) == subjects


def test_older_rows_are_reached_though_new_ones_come(auditor: User) -> None:
    for number in range(7):
        note(str(number))
    first = audit_queries.page(auditor, Sought(), before=None, limit=3)
    note("new")
    second = audit_queries.page(auditor, Sought(), before=first.before, limit=3)
    last = audit_queries.page(auditor, Sought(), before=second.before, limit=3)

    assert [row.subject for row in first.rows] == ["6", "5", "4"]
    assert [row.subject for row in second.rows] == ["3", "2", "1"]
    assert [row.subject for row in last.rows] == ["0"]
    assert last.before is None


def test_the_page_tells_what_was_done_in_words(auditor: User) -> None:
    audit.note(by=auditor, action="area.asked", subject=7, scope=STREET, detail={"hours": 4})
    audit.note(by=None, action="of.old", subject=NASTY, scope=STREET, detail={"x": NASTY})

    page = text(signed_in(auditor).get("/audit/"))

    assert "申请应急调用" in page
    assert "时长（小时）: 4" in page
    assert "of.old" in page
    assert "（服务器）" in page
    assert "<script>x" not in page
    assert "&lt;script&gt;x" in page


def test_pages_lead_to_each_other_and_keep_the_search(auditor: User) -> None:
    for number in range(audit_pages.PAGE_SIZE + 1):
        note(str(number), who="li & wang")
    client = signed_in(auditor)

    first = text(client.get("/audit/", {"who": "li & wang"}))
    oldest = AuditRow.objects.order_by("id")[1].pk
    assert f'href="?who=li+%26+wang&amp;before={oldest}"' in first
    assert 'rel="next"' not in text(client.get("/audit/", {"before": oldest}))


@pytest.mark.parametrize(
    ("scope", "query", "words"),
    [
        ((DISTRICT,), {}, "您的辖区内还没有操作记录"),
        ((DISTRICT,), {"who": "nobody"}, "没有符合条件的操作记录"),
        ((STREET,), {}, "仅向管辖整个区县及以上的人员显示"),
    ],
    ids=["nothing yet", "nothing found", "the rule"],
)
def test_an_empty_page_says_why(
    make_user: MakeUser, scope: tuple[str, ...], query: dict[str, str], words: str
) -> None:
    assert words in text(signed_in(make_user(Role.AUDITOR, scope)).get("/audit/", query))


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"since": "yesterday"}, id="no time"),
        pytest.param({"since": "0001-01-01T00:00"}, id="before the zone begins"),
        pytest.param({"until": "9999-12-31T23:59"}, id="the end of all times"),
        pytest.param({"action": "x.y"}, id="no action"),
        pytest.param({"area": "140107%"}, id="no code"),
        pytest.param({"area": "1" * 20}, id="more digits than any code"),
        pytest.param({"who": "x" * 151}, id="a novel"),
        pytest.param({"who": "a\0b"}, id="a NUL"),
        pytest.param({"before": "0"}, id="before the first"),
        pytest.param({"before": "9" * 30}, id="a number beyond all"),
        pytest.param({"before": "x"}, id="no number"),
    ],
)
def test_a_search_that_cannot_be_is_answered_with_a_sentence(
    auditor: User, query: dict[str, str]
) -> None:
    assert signed_in(auditor).get("/audit/", query).status_code in (200, 422)


def test_a_page_costs_a_fixed_number_of_queries(
    auditor: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        note(str(number))
    client = signed_in(auditor)

    # Session, user; savepoint, limit, rows, release.
    with django_assert_num_queries(6):
        client.get("/audit/")


def test_a_search_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_queries, "TIMEOUT_MS", 50)

    def slow() -> None:
        with audit_queries._in_time(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")

    with pytest.raises(Unavailable):
        slow()


def exported(client: Client, **form: str) -> list[list[str]]:
    answer: Any = client.post("/audit/export/", form)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    content = b"".join(answer.streaming_content).decode()
    assert content.startswith("\ufeff")
    return list(csv.reader(StringIO(content.removeprefix("\ufeff"), newline="")))


def test_an_export_holds_what_the_page_shows_and_computes_nothing(
    make_user: MakeUser,
) -> None:
    note(NASTY, who="-li", origin="10.1.2.3", at=AT, detail={"b": 1, "a": "x"})
    note("elsewhere", OTHER)

    head, *rows = exported(signed_in(make_user(Role.AUDITOR, (STREET,))))

    assert head[0] == "时间"
    # 12:00 UTC is 20:00 in Taiyuan.
    first = ["2026-03-01 20:00:00", "'-li", "10.1.2.3", "申请应急调用", "area.asked"]
    assert rows == [[*first, f"'{NASTY}", STREET, "a: x; b: 1"]]


def test_an_export_is_noted_with_what_was_sought(auditor: User) -> None:
    note("1")
    note("2", who="wang")

    rows = exported(signed_in(auditor), who="wang", since="2020-01-01T00:00")

    assert len(rows) == 2
    row = AuditRow.objects.order_by("-id")[0]
    assert (row.action, row.who, row.scope) == ("audit.exported", auditor.username, DISTRICT)
    assert row.detail == {"who": "wang", "since": "2020-01-01T00:00:00+08:00", "rows": 1}


def test_an_export_does_not_hold_itself(auditor: User) -> None:
    assert len(exported(signed_in(auditor))) == 1
    assert len(exported(signed_in(auditor))) == 2


def test_an_export_that_is_cut_says_so(auditor: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_pages, "MOST_EXPORTED", 3)
    for number in range(4):
        note(str(number))

    _head, *rows, last = exported(signed_in(auditor))

    assert [row[5] for row in rows] == ["3", "2", "1"]
    assert "仅包含最新的 3 条" in last[0]
    assert AuditRow.objects.order_by("-id")[0].detail["rows"] == 3


def test_a_bad_export_is_refused_and_none_is_taken_by_looking(auditor: User) -> None:
    client = signed_in(auditor)

    assert client.post("/audit/export/", {"area": "x"}).status_code == 422
    assert client.get("/audit/export/").status_code == 405
    assert not AuditRow.objects.exists()


def test_an_export_is_read_piece_by_piece(auditor: User) -> None:
    """The rows stay with the database: an open cursor on the server hands them out."""
    AuditRow.objects.bulk_create(
        AuditRow(who="li", action="area.asked", subject=str(n), scope=STREET, at=timezone.now())
        for n in range(1200)
    )
    answer: Any = signed_in(auditor).post("/audit/export/")
    pieces = iter(answer.streaming_content)
    next(pieces)

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_cursors WHERE name LIKE '_django_curs_%'")
        assert cursor.fetchone() == (1,)
    assert len(list(pieces)) == 2


@pytest.mark.parametrize(
    "role", [role for role in Role if role not in ("auditor", "administrator")]
)
def test_other_roles_see_no_trail(make_user: MakeUser, role: Role) -> None:
    client = signed_in(make_user(role))

    assert client.get("/audit/").status_code == 403
    assert client.post("/audit/export/").status_code == 403
    assert "/audit/" not in text(client.get("/area-grants/"))
