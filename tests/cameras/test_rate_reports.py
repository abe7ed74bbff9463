"""Monthly reports: stored figures, files drawn from them, and the proof that they come out so."""

from io import BytesIO
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from cameras import jobs
from cameras.models import Camera, CameraRecord, MonthlyReport, Owner, StateSpan, Team
from cameras.rates import figures, report_queries, services
from cameras.rates.queries import By
from cameras.rates.services.reports import MOST_A_DAY
from gis_server.errors import Invalid, NotAllowed, TooMany
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from tests.cameras.conftest import OTHER_STREET, MakeCamera
from tests.cameras.rating import ZONE, accepted, at, dated, lives, window
from tests.conftest import MakeUser, SignIn

PAGE = {"accept": "text/html"}
MARCH = at("03-01 00:00").date()
MADE = at("04-01 06:00")
HOUR_S = 3600


@pytest.fixture
def boss(make_user: MakeUser) -> User:
    return make_user(Role.ADMINISTRATOR)


@pytest.fixture
def story(make_camera: MakeCamera) -> list[Camera]:
    """Two cameras in March: one was down on the 10th and 11th, the other was well."""
    cameras = [make_camera(priority="key_area"), make_camera(scope_code=OTHER_STREET)]
    for camera in cameras:
        dated(camera, "02-01 00:00")
        lives(camera, ("02-01 00:00", "online"))
    lives(cameras[0], ("03-10 00:00", "offline"), ("03-12 00:00", "online"))
    return cameras


def report(by: User, scope: str = "140107") -> MonthlyReport:
    return services.make_report(by=by, month=MARCH, scope=scope, now=MADE)


def test_a_report_keeps_what_it_told(story: list[Camera], boss: User) -> None:
    row = report(boss)
    told = figures.read(row.figures)

    total = told.tables[By.CLASS].total.all
    assert (total.down_s, total.intact_s) == (48 * HOUR_S, (62 * 24 - 48) * HOUR_S)
    assert [one.down_s / HOUR_S for one in told.days[""][8:12]] == [0, 24, 24, 0]
    assert [one.down_s for one in told.days["ordinary"]] == [0] * 31
    assert len(told.labels) == 31
    assert AuditRow.objects.filter(action="report.made", scope="140107").count() == 1


def test_it_comes_out_the_same_after_cameras_moved_and_teams_were_removed(
    story: list[Camera], boss: User
) -> None:
    row = report(boss)
    owner, team = Owner.objects.create(name="Other"), Team.objects.create(name="Other")
    Camera.objects.update(
        owner=owner, team=team, scope_code="140108003000", priority="ordinary", enabled=False
    )
    Owner.objects.exclude(pk=owner.pk).delete()
    Team.objects.exclude(pk=team.pk).delete()

    found = report_queries.recompute(row, at("05-01 00:00"), ZONE)

    assert (found.by_then, found.today, found.works) == ([], [], [])
    assert figures.compute(MARCH, "140107", MADE, ZONE) == row.figures


def test_what_is_accepted_later_changes_todays_figure_and_is_named(
    story: list[Camera], boss: User
) -> None:
    cut = window(boss, "03-10 12:00", "03-11 12:00", cameras=story[:1])
    row = report(boss)
    accepted(cut, boss, "04-02 09:00")

    found = report_queries.recompute(row, at("04-03 00:00"), ZONE)

    assert found.by_then == []
    by_class = [one for one in found.today if one.by is By.CLASS]
    assert {(one.told.excused_s, one.now.excused_s) for one in by_class} == {(0, 24 * HOUR_S)}
    assert found.works == [cut]


def test_what_is_written_into_the_past_is_found_out(story: list[Camera], boss: User) -> None:
    row = report(boss)
    StateSpan.objects.create(
        camera=story[1], state="offline", reason="refused", since=at("03-31 00:00")
    )

    found = report_queries.recompute(row, at("05-01 00:00"), ZONE)

    assert any(one.now.down_s == 24 * HOUR_S for one in found.by_then)


def test_a_month_that_is_not_over_another_area_and_an_empty_one_are_refused(
    story: list[Camera], boss: User, make_user: MakeUser
) -> None:
    street = make_user(Role.STREET_LEADER, ("140107001",))

    with pytest.raises(Invalid, match="结束后"):
        services.make_report(by=boss, month=MARCH, scope="140107", now=at("03-31 23:59"))
    with pytest.raises(NotAllowed):
        report(street)
    with pytest.raises(Invalid, match="没有受监测"):
        report(boss, "140107009")
    assert report(street, "140107001").scope == "140107001"


def test_one_person_makes_only_so_many_reports_a_day(story: list[Camera], boss: User) -> None:
    for _ in range(MOST_A_DAY):
        report(boss)

    with pytest.raises(TooMany):
        report(boss)


def test_the_server_reports_each_district_once_and_only_those_that_had_cameras(
    story: list[Camera], make_camera: MakeCamera
) -> None:
    new = make_camera(scope_code="140109001000")
    CameraRecord.objects.filter(camera=new).delete()
    dated(new, "04-01 00:00")

    first = services.make_last_month(MADE)
    again = services.make_last_month(at("04-02 06:00"))

    assert [row.scope for row in first] == ["140107"]
    assert again == []
    assert first[0].made_by is None


def test_the_job_waits_for_six_in_the_morning_of_the_first(
    story: list[Camera], monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment, count in (("04-01 05:59", 0), ("04-01 06:00", 1), ("04-07 03:00", 0)):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: at(moment))
        assert jobs.report_last_month() == count, moment


def test_the_files_are_drawn_from_what_is_stored(
    story: list[Camera], boss: User, sign_in: SignIn
) -> None:
    row = report(boss)
    Owner.objects.update(name="Renamed")
    leader = sign_in(Role.DISTRICT_LEADER)

    book = openpyxl.load_workbook(BytesIO(leader.get(f"/rates/reports/{row.pk}/xlsx/").content))
    document = leader.get(f"/rates/reports/{row.pk}/pdf/")

    assert book.sheetnames == ["类别", "街道", "社区", "运维班组", "责任单位", "按日"]
    owners = [line[0] for line in book["责任单位"].iter_rows(min_row=6, values_only=True)]
    assert owners == ["Water works", "全部"]
    days = list(book["按日"].iter_rows(min_row=6, values_only=True))
    assert len(days) == 31
    assert days[9][1] == pytest.approx(0.5)
    assert days[9][3] == 0.98
    assert document.content.startswith(b"%PDF-")
    assert document.headers["Content-Type"] == "application/pdf"
    assert leader.get(f"/rates/reports/{row.pk}/exe/").status_code == 404


def test_a_report_is_made_listed_shown_and_checked_on_pages(
    story: list[Camera], sign_in: SignIn, make_user: MakeUser
) -> None:
    leader = sign_in(Role.DISTRICT_LEADER)
    empty = leader.get("/rates/reports/", headers=PAGE).content.decode()
    assert "还没有月报" in empty

    answer = leader.post("/rates/reports/", {"month": "2026-03", "scope": "140107"}, headers=PAGE)
    row = MonthlyReport.objects.get()

    assert answer.headers["Location"] == f"/rates/reports/{row.pk}/"
    assert (
        f"/rates/reports/{row.pk}/" in leader.get("/rates/reports/", headers=PAGE).content.decode()
    )
    shown = leader.get(f"/rates/reports/{row.pk}/?check=1", headers=PAGE).content.decode()
    assert "完全一致" in shown
    assert "同样一致" in shown
    other = sign_in(Role.STREET_LEADER, ("140107002",))
    assert other.get(f"/rates/reports/{row.pk}/").status_code == 404
    assert str(row.pk) not in [
        one["report"].pk for one in other.get("/rates/reports/", headers=PAGE).context["rows"]
    ]


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"month": "2026-13", "scope": "140107"}, id="a month that is none"),
        pytest.param({"month": "2026-03", "scope": "14x"}, id="an area of letters"),
        pytest.param({"month": "2099-01", "scope": "140107"}, id="a month to come"),
        pytest.param({"month": "2001-01", "scope": "140107"}, id="a month before everything"),
        pytest.param({"month": "2026-03", "scope": "150000"}, id="another district"),
        pytest.param({"month": ""}, id="nothing"),
    ],
)
def test_bad_input_makes_no_report(
    story: list[Camera], operator: Client, values: dict[str, str]
) -> None:
    answer = operator.post("/rates/reports/", values, headers=PAGE)

    assert answer.status_code == 422
    assert not MonthlyReport.objects.exists()


def test_the_list_costs_the_same_for_one_report_and_for_many(
    story: list[Camera], operator: Client, boss: User, django_assert_num_queries: Any
) -> None:
    for count in (1, 5):
        for _ in range(count):
            report(boss)
        # The session and its user; the piece, the names of areas, how many there are.
        with django_assert_num_queries(5):
            operator.get("/rates/reports/", headers=PAGE)
