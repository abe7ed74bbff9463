"""Lists of patrols as files: the rows of the page, of nobody else, at a fixed cost."""

import json

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from gis_server.roles import Role
from patrols.board import roster_table
from patrols.errands import services
from patrols.models import ControlSwitch, Device, Member, RequiredVisits
from tests.conftest import SignIn
from tests.events.town import OTHER_STREET, STREET
from tests.files_taken import body, table
from tests.patrols import duty_town, on_duty
from tests.patrols.board_town import MONDAY, make_board, make_duty
from tests.patrols.test_errands import order

pytestmark = pytest.mark.django_db

FORMULA = "@SUM(A1)"


def test_members_are_those_of_the_page_and_its_filters(sign_in: SignIn) -> None:
    make_board()
    Member.objects.filter(number="P001").update(name=FORMULA, phone="+86 1380000")
    leader = sign_in(Role.STREET_LEADER, (STREET,))

    def numbers(query: str = "") -> list[str]:
        return [row[1] for row in table(leader, f"/patrols/members/?f=csv{query}")[1:]]

    assert sorted(numbers()) == ["P001", "P002"]
    assert numbers("&force=volunteer") == ["P002"]
    assert numbers("&q=P001") == ["P001"]
    (row,) = table(leader, "/patrols/members/?f=csv&q=P001")[1:]
    assert (row[0], row[5]) == (f"'{FORMULA}", "'+86 1380000")


def test_a_week_of_duties_has_the_heads_that_the_import_reads(sign_in: SignIn) -> None:
    board = make_board()
    make_duty(board)
    make_duty(board, board.other, post=board.far)
    week = f"/patrols/roster/?f=csv&week={MONDAY.isoformat()}"

    head, *rows = table(sign_in(Role.STREET_LEADER, (STREET,)), week)

    assert head == [str(one.head) for one in roster_table.COLUMNS.values()]
    assert [(row[1], row[4]) for row in rows] == [("鼓楼岗", "P001")]
    assert table(sign_in(Role.STREET_LEADER, (OTHER_STREET,)), week)[1:][0][4] == "P900"


def test_errands_are_those_of_the_page_the_newest_first(
    sign_in: SignIn, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    town = duty_town.make_duty_town()
    sender = duty_town.make_user("operator", Role.OPERATOR, duty_town.STREET)
    sent = []
    for number, name in enumerate((FORMULA, "李四")):
        duty = duty_town.make_duty(duty_town.make_member(name), town.post, town.shift)
        at = duty_town.NOW + number * duty_town.MINUTE
        sent.append(services.send(by=sender, order=order(duty.pk), now=at)[0])
    services.withdraw(by=sender, errand_id=sent[0].pk, now=duty_town.NOW)
    client = sign_in(Role.OPERATOR, (duty_town.STREET,))
    address = "/patrols/errands/?f={}"

    # Session, user; rows in two; the note.
    with django_assert_num_queries(5):
        rows = table(client, address.format("csv"))[1:]
    assert [row[2] for row in rows] == ["李四", f"'{FORMULA}"]
    open_ones = json.loads(body(client, address.format("geojson&state=open")))["features"]
    assert [one["properties"]["member"] for one in open_ones] == ["李四"]
    assert open_ones[0]["geometry"]["coordinates"] == pytest.approx(
        [sent[1].point.x, sent[1].point.y], abs=1e-7
    )
    neighbour = sign_in(Role.OPERATOR, (duty_town.OTHER_STREET,))
    assert table(neighbour, address.format("csv"))[1:] == []


def test_nothing_of_a_token_goes_along_with_a_device(sign_in: SignIn) -> None:
    on_duty.make_device(on_duty.make_member())
    row = Device.objects.get()

    leader = sign_in(Role.STREET_LEADER, (on_duty.STREET,))
    (cells,) = table(leader, "/patrols/devices/?f=csv")[1:]

    assert cells[:3] == [row.member.name, row.member.number, "手机"]
    assert [cell for cell in cells if row.hint in cell or row.token_hash in cell] == []


def test_control_levels_in_force_and_all_switches(sign_in: SignIn) -> None:
    make_board()
    now = timezone.now()
    reason = {"reason": FORMULA, "user_id": 1, "who": "沈"}
    ControlSwitch.objects.create(area=STREET, level="two", begins=now, **reason)
    ControlSwitch.objects.create(area=OTHER_STREET, level="one", begins=now, **reason)
    leader = sign_in(Role.STREET_LEADER, (STREET,))

    (row,) = table(leader, "/control-levels/?f=csv")[1:]
    assert (row[1], row[2], row[6]) == (STREET.ljust(12, "0"), "二级", f"'{FORMULA}")
    (switch,) = table(leader, "/control-levels/?list=switches&f=csv")[1:]
    assert switch[2:] == [STREET, "二级", f"'{FORMULA}", "沈"]


def test_shifts_and_required_visits_are_those_of_the_reader(sign_in: SignIn) -> None:
    board = make_board()
    RequiredVisits.objects.create(area=STREET, level="one", per_day=6)
    RequiredVisits.objects.create(area="130100001", level="one", per_day=7)
    leader = sign_in(Role.DISTRICT_LEADER)

    shifts = table(leader, "/patrols/shifts/?f=csv")[1:]
    assert [board.early.name, f"{board.early.begins:%H:%M}"] in [row[:2] for row in shifts]
    visits = table(leader, "/patrols/required-visits/?f=csv")[1:]
    assert [row[1:] for row in visits] == [[STREET, "一级", "6"]]
