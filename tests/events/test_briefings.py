"""Briefings: made once, kept as they were, corrected by versions, in three formats, scoped."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import docx
import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from events.briefings import services
from events.briefings.blocks import paper_of
from events.briefings.docx_file import as_docx
from events.briefings.pdf_file import as_pdf
from events.counting.share import Counts
from events.models import Briefing
from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.cameras.pdf_text import texts
from tests.events.counted import at, fill, lived
from tests.events.test_figures import ON_TIME
from tests.events.town import DISTRICT, STREET, Town, make_person

NOW = at("03-03 06:30")
SECOND = date(2026, 3, 2)


@pytest.fixture
def told(town: Town) -> Town:
    """A Monday with one event that was closed on Tuesday after 11:00."""
    lived(town.entry, "03-06 09:00", *ON_TIME)
    return town


def test_the_server_makes_what_is_over_once_for_each_district_and_street(told: Town) -> None:
    first = services.make_due(NOW)

    assert {(one.kind, one.scope) for one in first} == {("day", DISTRICT), ("day", STREET)}
    assert {one.first for one in first} == {SECOND}
    assert Counts.of_json(first[0].figures["counts"]).reported == 1
    assert services.make_due(NOW + timedelta(minutes=5)) == []


def test_after_days_off_it_catches_up_and_weeks_and_months_follow(told: Town) -> None:
    made = services.make_due(at("04-02 08:00"), most=200)

    of_district = [one for one in made if one.scope == DISTRICT]
    assert [one.kind for one in of_district] == ["day"] * 7 + ["week"] * 4 + ["month"]
    assert of_district[-1].first == date(2026, 3, 1)
    # The week of 9 to 15 March has no event of its own, and says so.
    assert services.make_due(at("04-02 08:05"), most=200) == []


def test_only_so_many_at_once_and_the_rest_at_the_next_call(told: Town) -> None:
    now = at("04-02 08:00")

    assert len(services.make_due(now, most=5)) == 5
    assert len(services.make_due(now, most=200)) == 2 * 12 - 5


@pytest.mark.django_db(transaction=True)
def test_of_four_at_once_one_makes_it(told: Town) -> None:
    def make() -> int:
        try:
            return len(services.make_due(NOW))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = [one.result() for one in [pool.submit(make) for _ in range(4)]]

    assert sum(made) == 2
    assert Briefing.objects.count() == 2


def test_made_on_demand_it_is_the_one_that_is_there(told: Town, district_leader: User) -> None:
    wanted: dict[str, Any] = {"kind": "day", "day": SECOND, "scope": DISTRICT, "now": NOW}

    first = services.make(by=district_leader, **wanted)

    assert services.make(by=district_leader, **wanted) == first
    assert AuditRow.objects.filter(action="briefing.made", scope=DISTRICT).count() == 1


@pytest.mark.parametrize(
    ("day", "scope", "error"),
    [
        pytest.param(date(2026, 3, 3), DISTRICT, Invalid, id="a day that is not over"),
        pytest.param(SECOND, "1402", NotAllowed, id="an area of others"),
    ],
)
def test_what_cannot_be_made(
    told: Town, district_leader: User, day: date, scope: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        services.make(by=district_leader, kind="day", day=day, scope=scope, now=NOW)


def test_its_numbers_stay_and_the_database_sees_to_it(told: Town, district_leader: User) -> None:
    row = services.make(by=district_leader, kind="day", day=SECOND, scope=DISTRICT, now=NOW)

    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        Briefing.objects.filter(pk=row.pk).update(figures={})
    with pytest.raises(IntegrityError, match="only added to"), transaction.atomic():
        row.delete()
    # Whoever made it may leave.
    Briefing.objects.filter(pk=row.pk).update(made_by=None)


def test_a_correction_is_a_new_version_that_says_what_is_different(
    told: Town, district_leader: User
) -> None:
    row = services.make(by=district_leader, kind="day", day=SECOND, scope=DISTRICT, now=NOW)
    correct: dict[str, Any] = {"by": district_leader, "briefing_id": row.pk, "note": "补录"}
    with pytest.raises(Invalid, match=r"different|一致|变化"):
        services.correct(**correct, now=NOW)
    lived(told.entry, "03-06 09:00", ("03-02 20:00", "report"))

    newer = services.correct(**correct, now=NOW + timedelta(hours=1))

    assert (newer.version, newer.note, newer.made_by) == (2, "补录", district_leader)
    assert {"what": "reported", "where": "", "before": 1, "after": 2} in newer.changes
    row.refresh_from_db()
    assert row.figures["counts"]["reported"] == 1
    with pytest.raises(Conflict):
        services.correct(**correct, now=NOW + timedelta(hours=2))
    assert "补录" in as_text(newer)


def as_text(row: Briefing) -> str:
    """All that a briefing says, on one line."""
    paper = paper_of(row, "杏花岭区")
    texts = [paper.title, *paper.captions]
    for part in paper.parts:
        texts += [part.heading, *part.texts, *(f"{one.text} {one.rule}" for one in part.warnings)]
        texts += [cell for line in (part.table.rows if part.table else ()) for cell in line]
    return " ".join(texts)


def test_the_last_period_is_taken_as_it_was_known_as_long_after_its_end(
    town: Town, district_leader: User
) -> None:
    # Due on the 2nd and still open at 6:30 of the 3rd; it was closed only on the 5th.
    begin = [("03-01 09:00", "report"), ("03-01 10:00", "accept"), ("03-01 11:00", "file")]
    end = [("03-05 09:00", "dispatch"), ("03-05 09:05", "take"), ("03-05 09:10", "finish"),
           ("03-05 09:20", "verify"), ("03-05 10:00", "close")]  # fmt: skip
    lived(town.entry, "03-02 09:00", *begin, *end)

    row = services.make(
        by=district_leader, kind="day", day=date(2026, 3, 3), scope=DISTRICT, now=at("03-10 06:30")
    )
    soon = services.make(
        by=district_leader, kind="day", day=SECOND, scope=STREET, now=at("03-03 06:30")
    )

    # A week later the 2nd counts as it was known a week after its end: closed, late.
    assert (row.figures["last"]["closed"], row.figures["last"]["on_time"]) == (1, 0)
    assert (soon.figures["counts"]["due"], soon.figures["counts"]["closed"]) == (1, 0)


def test_warnings_stand_beside_their_rules(town: Town, district_leader: User) -> None:
    for number in range(6):
        lived(
            town.entry, "03-02 20:00", (f"03-02 0{number}:00", "report"),
            (f"03-02 0{number}:10", "accept"), (f"03-02 0{number}:20", "file"),
            severity="urgent", address="府东街1号",
        )  # fmt: skip

    row = services.make(by=district_leader, kind="day", day=SECOND, scope=DISTRICT, now=NOW)

    rules = {one["rule"] for one in row.figures["warnings"]}
    # Six of one entry after none; all urgent, open and late; six times at one point.
    assert rules == {"surge", "urgent", "repeated"}
    assert row.figures["repeated"][0]["times"] == 6
    warnings = next(part.warnings for part in paper_of(row, "x").parts if part.warnings)
    assert all(one.rule and one.text for one in warnings)


# ---- Pages and files -----------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script>&=SUM(A1)\x01\u202e"


@pytest.fixture
def hostile(town: Town, district_leader: User) -> Briefing:
    town.entry.name = HOSTILE[:40]
    town.entry.save()
    for number in range(3):
        lived(
            town.entry, "03-02 20:00", (f"03-02 0{number}:00", "report"),
            (f"03-02 0{number}:10", "accept"), (f"03-02 0{number}:20", "file"), address=HOSTILE,
        )  # fmt: skip
    return services.make(by=district_leader, kind="day", day=SECOND, scope=DISTRICT, now=NOW)


def test_hostile_names_are_text_on_the_page(
    client: Client, hostile: Briefing, district_leader: User
) -> None:
    client.force_login(district_leader)

    text = client.get(f"/events/briefings/{hostile.pk}/").content.decode()

    assert "&lt;script&gt;alert" in text
    assert "<script>alert" not in text


def test_hostile_names_are_text_in_the_document(hostile: Briefing) -> None:
    content = as_docx(paper_of(hostile, HOSTILE), hostile.known_at)

    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert any(cell.startswith("<script>alert(1)</script>&=SUM(A1)") for cell in cells)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        body = archive.read("word/document.xml").decode()
    assert "\x01" not in body
    assert "\u202e" not in body
    assert "<script>" not in body
    assert "w:fldSimple" not in body


def test_hostile_names_are_text_on_paper(hostile: Briefing) -> None:
    content = as_pdf(paper_of(hostile, HOSTILE), hostile.known_at)

    assert content.startswith(b"%PDF")
    assert b"/JavaScript" not in content
    assert "<script>alert(1)" in "".join(texts(content)).replace(" ", "")


@pytest.mark.parametrize("kind", ["docx", "pdf"])
def test_whoever_takes_it_along_is_noted(
    client: Client, told: Town, district_leader: User, kind: str
) -> None:
    row = services.make(by=district_leader, kind="day", day=SECOND, scope=DISTRICT, now=NOW)
    client.force_login(district_leader)

    answer = client.get(f"/events/briefings/{row.pk}/file.{kind}")

    assert answer.status_code == 200
    assert f"v1.{kind}" in answer["Content-Disposition"]
    assert AuditRow.objects.get(action="briefing.taken").detail == {"format": kind}
    assert client.get(f"/events/briefings/{row.pk}/file.exe").status_code == 404


def test_other_streets_do_not_see_it(client: Client, told: Town, district_leader: User) -> None:
    row = services.make(by=district_leader, kind="day", day=SECOND, scope=STREET, now=NOW)
    client.force_login(make_person("else", Role.STREET_LEADER, "140107002"))

    assert client.get(f"/events/briefings/{row.pk}/").status_code == 404
    assert client.get(f"/events/briefings/{row.pk}/file.pdf").status_code == 404
    assert client.post(f"/events/briefings/{row.pk}/correct/", {"note": "x"}).status_code == 404
    assert (
        str(row.first) not in client.get("/events/briefings/").content.decode().split("<table")[-1]
    )
    refused = client.post(
        "/events/briefings/", {"kind": "day", "day": "2026-03-02", "scope": STREET}
    )
    assert refused.status_code == 422


def test_an_auditor_reads_and_corrects_nothing(client: Client, told: Town) -> None:
    client.force_login(make_person("audit", Role.AUDITOR, DISTRICT))
    made = client.post(
        "/events/briefings/", {"kind": "day", "day": "2026-03-02", "scope": DISTRICT}
    )
    assert made.status_code == 302

    page = client.get(made["Location"]).content.decode()

    assert "/correct/" not in page
    assert client.post(f"{made['Location']}correct/", {"note": "x"}).status_code == 403


def test_a_form_that_makes_no_sense_is_told_so(client: Client, district_leader: User) -> None:
    client.force_login(district_leader)

    for wrong in ({"kind": "year"}, {"day": "1026-01-01"}, {"day": "x"}, {"scope": "a"}):
        sent = {"kind": "day", "day": "2026-03-02", "scope": DISTRICT} | wrong
        assert client.post("/events/briefings/", sent).status_code == 422
    assert client.get("/events/briefings/?kind=year").status_code == 422


def test_a_month_of_made_events_is_told_in_all_its_parts(town: Town, district_leader: User) -> None:
    now = timezone.now()
    fill(town, now, 300, days=100)
    last_month = timezone.localdate(now).replace(day=1) - timedelta(days=1)

    row = services.make(by=district_leader, kind="month", day=last_month, scope=DISTRICT, now=now)

    counts = Counts.of_json(row.figures["counts"])
    assert counts.due
    assert sum(one["counts"]["due"] for one in row.figures["parts"]) == counts.due
    assert sum(one["counts"]["due"] for one in row.figures["kinds"]) == counts.due
    assert len(row.figures["parts"]) == 2
    assert as_docx(paper_of(row, "杏花岭区"), now)
    assert as_pdf(paper_of(row, "杏花岭区"), now)


def test_the_list_costs_the_same_for_few_and_many(
    client: Client, town: Town, district_leader: User, django_assert_max_num_queries: Any
) -> None:
    lived(town.entry, "03-06 09:00", *ON_TIME)
    services.make_due(at("04-02 08:00"), most=200)
    client.force_login(district_leader)

    with django_assert_max_num_queries(12):
        page = client.get("/events/briefings/")

    assert page.content.decode().count("/file.pdf") == 24


@pytest.mark.django_db(transaction=True)
def test_of_four_who_correct_at_once_one_makes_the_next_version(town: Town) -> None:
    lived(town.entry, "03-06 09:00", *ON_TIME)
    leaders = [make_person(f"leader{n}", Role.DISTRICT_LEADER, DISTRICT) for n in range(4)]
    first = services.make(by=leaders[0], kind="day", day=SECOND, scope=DISTRICT, now=NOW)
    lived(town.entry, "03-06 09:00", ("03-02 20:00", "report"))

    def correct(leader: User) -> bool:
        try:
            services.correct(by=leader, briefing_id=first.pk, note="补录", now=NOW)
        except Conflict:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        won = [one.result() for one in [pool.submit(correct, leader) for leader in leaders]]

    assert won.count(True) == 1
    assert list(Briefing.objects.order_by("version").values_list("version", flat=True)) == [1, 2]
