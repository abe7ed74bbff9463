"""The pages, files and answers of what has been seen."""

import io
import json
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from gis_server.models import AuditRow
from gis_server.roles import Role
from grids.models import Grid
from patrols.control import ControlLevel
from patrols.models import ControlSwitch, Duty, RequiredVisits
from patrols.seen import grounds
from tests.conftest import DISTRICT, SignIn
from tests.patrols.ground_town import along, cover, make_grids, positions, send
from tests.patrols.on_duty import DAY, NOW, OTHER_STREET, STREET, local, make_duty

pytestmark = pytest.mark.django_db
PAGE = f"/patrols/?day={DAY}"


@pytest.fixture
def grids() -> list[Grid]:
    return make_grids()


@pytest.fixture
def walked(grids: list[Grid]) -> Duty:
    """Somebody went down half the lane of the first grid."""
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 200)), NOW)
    cover(NOW)
    return duty


def told(client: Client, address: str) -> Any:
    answer = client.get(address)
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)


def test_shares_stand_side_by_side_with_how_they_come_about(operator: Client, walked: Duty) -> None:
    page = operator.get(PAGE).content.decode()

    assert "第1网格" in page
    assert "府东街" in page
    # 21 of 42 pieces, and one further by the radius.
    assert "52%" in page or "50%" in page
    assert "15 米" in page or "15 m" in page
    assert walked.member.name not in page


def test_grids_come_by_what_is_most_overdue(operator: Client, walked: Duty) -> None:
    rows = told(operator, f"/api/patrols/coverage/?day={DAY}")["grids"]

    # The first has its visit; the others miss theirs, and of these nobody has ever seen anything.
    assert rows[-1]["code"].endswith("001001001")
    assert rows[-1]["visits"] == 1
    assert [row["visits_needed"] for row in rows] == [1] * 6
    assert rows[-1]["streets"]["all"] == 42
    assert 21 <= rows[-1]["streets"]["seen"] <= 23
    assert rows[0]["unseen_median_h"] is None
    assert not rows[0]["was_seen"]
    below = told(operator, f"/api/patrols/coverage/?day={DAY}&below=1")
    assert below["total"] == 5


def test_hills_count_whole_and_say_so(operator: Client, walked: Duty) -> None:
    rows = {
        row["code"][6:9]: row
        for row in told(operator, f"/api/patrols/coverage/?day={DAY}")["grids"]
    }

    assert rows["002"]["counts_whole"]
    assert rows["002"]["streets"]["text"] == "–"
    assert "整体计入" in operator.get(f"{PAGE}&area={OTHER_STREET}").content.decode()


def test_only_what_lies_in_reach_is_told(sign_in: SignIn, walked: Duty) -> None:
    other = sign_in(Role.STREET_LEADER, (OTHER_STREET,))

    rows = told(other, f"/api/patrols/coverage/?day={DAY}")["grids"]
    spots = told(other, "/api/patrols/blind-spots/?hours=0")["features"]

    assert {row["code"][:9] for row in rows} == {OTHER_STREET}
    assert spots == []
    assert "府东街" not in other.get(PAGE).content.decode()
    first = Grid.objects.order_by("code")[0].code
    assert other.get(f"/patrols/grids/{first}/").status_code == 404
    assert other.get(f"{PAGE}&area={STREET}").status_code == 404


@pytest.mark.parametrize("role", [Role.GRID_WORKER, Role.MAINTAINER, Role.HANDLER])
def test_who_may_not_see_coverage_is_refused(sign_in: SignIn, role: Role) -> None:
    client = sign_in(role)

    assert client.get("/patrols/").status_code == 403
    assert client.get("/api/patrols/coverage/").status_code == 403


def test_blind_spots_are_streets_and_buildings_unseen_for_too_long(
    operator: Client, walked: Duty
) -> None:
    grounds.of_day(timezone.localdate(), timezone.now())

    spots = told(operator, "/api/patrols/blind-spots/")["features"]

    kinds = {(one["properties"]["kind"], one["properties"]["name"]) for one in spots}
    assert kinds == {("street", "府东街"), ("building", "一号楼")}
    never = [one["properties"] for one in spots if one["properties"]["unseen_h"] is None]
    assert {one["grid_name"] for one in never} >= {"第2网格", "第3网格"}
    assert told(operator, "/api/patrols/blind-spots/?kind=building")["total"] == 1
    # The walk was in March; of what is never seen nothing hides.
    hours = round((timezone.now() - local(9)) / timedelta(hours=1)) + 2
    if hours < 8000:
        late = told(operator, f"/api/patrols/blind-spots/?hours={hours}")["features"]
        assert all(one["properties"]["unseen_h"] is None for one in late)


def test_a_higher_control_level_needs_more_visits(operator: Client, walked: Duty) -> None:
    ControlSwitch.objects.create(
        area=STREET,
        level=ControlLevel.ONE.value,
        begins=local(10),
        reason="庙会",
        user_id=1,
        who="a",
    )
    RequiredVisits.objects.create(area=DISTRICT, level="one", per_day=6)

    rows = told(operator, f"/api/patrols/coverage/?day={DAY}")["grids"]

    by_street = {row["code"][:9]: row for row in rows}
    assert by_street[STREET]["visits_needed"] == 6
    assert by_street[STREET]["level"] == "one"
    assert by_street[STREET]["window_h"] == 4
    assert by_street[OTHER_STREET]["visits_needed"] == 1


def test_files_hold_places_and_never_people(operator: Client, walked: Duty) -> None:
    text = b"".join(
        operator.get(f"/patrols/coverage.csv?day={DAY}").streaming_content  # type: ignore[attr-defined]
    ).decode()
    book = openpyxl.load_workbook(
        io.BytesIO(operator.get(f"/patrols/coverage.xlsx?day={DAY}").content)
    )

    assert "第1网格" in text
    assert walked.member.name not in text
    values = [cell for row in book.active.iter_rows(values_only=True) for cell in row]
    assert "第1网格" in values
    assert walked.member.name not in values


def test_a_grid_shows_its_cells_what_is_unseen_and_its_days(
    operator: Client, walked: Duty, grids: list[Grid]
) -> None:
    page = operator.get(f"/patrols/grids/{grids[0].code}/?day={DAY}").content.decode()

    assert 'class="age-4"' in page
    assert "府东街" in page
    assert walked.member.name not in page


def test_without_duty_ground_or_grid_pages_say_what_is_missing(operator: Client) -> None:
    assert "尚无网格" in operator.get("/patrols/").content.decode()
    make_grids()
    page = operator.get(PAGE).content.decode()
    assert "当日无人值勤" in page
    make_duty()
    assert "底图正在生成" in operator.get(PAGE).content.decode()
    code = Grid.objects.order_by("code")[0].code
    assert operator.get(f"/patrols/grids/{code}/").status_code == 200


@pytest.mark.parametrize(
    "query", ["day=x", "day=1800-01-01", "shift=-1", "area=abc", "area=%00", "sort=people"]
)
def test_what_is_no_question_is_refused(operator: Client, walked: Duty, query: str) -> None:
    assert operator.get(f"/api/patrols/coverage/?{query}").status_code == 422


def test_the_number_of_queries_is_that_of_a_small_town(
    operator: Client, walked: Duty, django_assert_max_num_queries: Any
) -> None:
    for address, most in ((PAGE, 24), (f"/api/patrols/coverage/?day={DAY}", 16)):
        operator.get(address)
        with django_assert_max_num_queries(most):
            operator.get(address)


# ---- Visits that grids need ----------------------------------------------------------------------

RULES = "/patrols/required-visits/"


def test_a_district_leader_sets_and_takes_back_visits(sign_in: SignIn, grids: list[Grid]) -> None:
    leader = sign_in(Role.DISTRICT_LEADER)
    sent = {"code": f"{STREET}000", "level": "two", "per_day": 5}

    assert leader.post(RULES, sent).status_code == 302
    assert leader.post(RULES, sent | {"per_day": 4}).status_code == 302

    [rule] = RequiredVisits.objects.all()
    assert (rule.area, rule.level, rule.per_day) == (STREET, "two", 4)
    assert "鼓楼街道" in leader.get(RULES).content.decode()
    assert leader.post(f"{RULES}{rule.pk}/remove/").status_code == 302
    assert not RequiredVisits.objects.exists()
    actions = AuditRow.objects.filter(action__startswith="required_visits")
    assert sorted(actions.values_list("action", flat=True)) == [
        "required_visits.removed", "required_visits.set", "required_visits.set",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sent",
    [
        {"code": "140107009000", "level": "two", "per_day": 5},
        {"code": f"{STREET}000", "level": "none", "per_day": 5},
        {"code": f"{STREET}000", "level": "two", "per_day": 49},
        {"code": "x", "level": "two", "per_day": 1},
    ],
    ids=["no such street", "no level", "too many", "no code"],
)
def test_visits_that_nobody_can_keep_are_refused(
    sign_in: SignIn, grids: list[Grid], sent: dict[str, Any]
) -> None:
    assert sign_in(Role.DISTRICT_LEADER).post(RULES, sent).status_code == 422
    assert not RequiredVisits.objects.exists()


def test_a_grid_that_is_gone_needs_no_visits(sign_in: SignIn, grids: list[Grid]) -> None:
    leader, sent = sign_in(Role.DISTRICT_LEADER), {"level": "two", "per_day": 5}
    Grid.objects.filter(pk=grids[0].pk).update(gone_on=DAY)

    refused = leader.post(RULES, sent | {"code": grids[0].code})
    taken = leader.post(RULES, sent | {"code": grids[1].code})

    assert (refused.status_code, taken.status_code) == (422, 302)
    assert [rule.area for rule in RequiredVisits.objects.all()] == [grids[1].code]


def test_who_leads_another_street_sets_nothing_here(sign_in: SignIn, grids: list[Grid]) -> None:
    other = sign_in(Role.DISTRICT_LEADER, (OTHER_STREET,))
    rule = RequiredVisits.objects.create(area=STREET, level="one", per_day=3)

    refused = other.post(RULES, {"code": f"{STREET}000", "level": "two", "per_day": 5})

    assert refused.status_code == 422
    assert other.post(f"{RULES}{rule.pk}/remove/").status_code == 404
    assert sign_in(Role.STREET_LEADER, (STREET,)).get(RULES).status_code == 403
