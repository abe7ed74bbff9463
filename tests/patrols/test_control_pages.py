"""Switching the control level, by whoever answers for the area."""

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from gis_server.errors import Conflict, Invalid, NotAllowed
from gis_server.models import AuditRow, User
from gis_server.roles import Role
from grids.models import Division
from patrols.control import ControlLevel
from patrols.models import ControlSwitch
from patrols.queries import level_at
from patrols.services.control import Wanted, switch_control
from tests.conftest import SignIn
from tests.events.town import DISTRICT, OTHER_STREET, STREET, make_person, make_town

PAGE = "/control-levels/"
ONE, TWO = ControlLevel.ONE, ControlLevel.TWO


@pytest.fixture
def leader(db: None) -> User:
    make_town()
    return make_person("shen", Role.STREET_LEADER, STREET)


def wanted(**fields: Any) -> Wanted:
    known = {"division": STREET.ljust(12, "0"), "level": TWO, "reason": "庙会", "until": None}
    return Wanted(**({**known, "seen": 0} | fields))


def form(**fields: Any) -> dict[str, Any]:
    code = STREET.ljust(12, "0")
    return {"division": code, "level": "two", "reason": "庙会", f"seen-{code}": 0} | fields


def test_a_street_leader_switches_the_street(leader: User, client: Client) -> None:
    client.force_login(leader)

    answer = client.post(PAGE, form())

    assert answer.status_code == 302
    row = ControlSwitch.objects.get()
    assert (row.area, row.level, row.until, row.who) == (STREET, "two", None, "Shen")
    assert level_at(f"{STREET}001001", timezone.now()) is TWO
    assert level_at(OTHER_STREET, timezone.now()) is ControlLevel.USUAL
    noted = AuditRow.objects.get(action="control.switched")
    assert (noted.subject, noted.detail["reason"]) == (STREET, "庙会")
    page = client.get(PAGE).content.decode()
    assert "二级" in page
    assert f'name="seen-{STREET}000" value="{row.pk}"' in page


def test_what_the_district_has_switched_is_told_to_the_street(leader: User, client: Client) -> None:
    district = make_person("du", Role.DISTRICT_LEADER, DISTRICT)
    code = DISTRICT.ljust(12, "0")
    switch_control(by=district, wanted=wanted(division=code, level=ONE), now=timezone.now())
    client.force_login(leader)

    page = client.get(PAGE).content.decode()

    assert "一级" in page
    assert "区级启动" in page


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        pytest.param({"division": f"{DISTRICT}000000"}, NotAllowed, id="the district above"),
        pytest.param({"division": f"{STREET}001000"[:12]}, Invalid, id="no street"),
        pytest.param({"division": "x"}, Invalid, id="no code"),
        pytest.param({"reason": " "}, Invalid, id="no reason"),
        pytest.param({"reason": "x" * 201}, Invalid, id="a long reason"),
        pytest.param({"reason": "a\0b"}, Invalid, id="a reason no column holds"),
        pytest.param({"until": timezone.now() - timedelta(hours=1)}, Invalid, id="over already"),
        pytest.param({"until": timezone.now() + timedelta(days=400)}, Invalid, id="too long"),
        pytest.param({"seen": 7}, Conflict, id="an old page"),
    ],
)
def test_what_cannot_be_switched_is_refused(
    leader: User, fields: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        switch_control(by=leader, wanted=wanted(**fields), now=timezone.now())
    assert not ControlSwitch.objects.exists()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR])
def test_who_only_sees_levels_gets_no_form_and_switches_nothing(
    leader: User, sign_in: SignIn, role: Role
) -> None:
    client = sign_in(role, (DISTRICT,))

    assert '<form class="form"' not in client.get(PAGE).content.decode()
    assert client.post(PAGE, form()).status_code == 422
    assert not ControlSwitch.objects.exists()


@pytest.mark.parametrize("role", [Role.GRID_WORKER, Role.MAINTAINER, Role.COMMUNITY_LEADER])
def test_others_do_not_see_the_page(sign_in: SignIn, role: Role) -> None:
    assert sign_in(role).get(PAGE).status_code == 403


def test_a_form_that_is_wrong_comes_back_with_what_was_written(
    leader: User, client: Client
) -> None:
    client.force_login(leader)

    answer = client.post(PAGE, form(until="yesterday", reason="<b>庙会</b>"))

    assert answer.status_code == 422
    assert "&lt;b&gt;庙会&lt;/b&gt;" in answer.content.decode()


def test_the_page_costs_the_same_however_many_streets(
    leader: User, django_assert_max_num_queries: Any
) -> None:
    from patrols.pages import areas_shown  # noqa: PLC0415

    district = make_person("du", Role.DISTRICT_LEADER, DISTRICT)
    above = Division.objects.get(code=DISTRICT.ljust(12, "0"))
    for number in range(2, 12):
        code = f"{DISTRICT}{number:03}000"
        Division.objects.create(
            code=code, name=code, level="street", kind="street_office", parent=above
        )
    district.reach  # noqa: B018 - asked once for a user

    with django_assert_max_num_queries(2):
        assert len(areas_shown(district, timezone.now())) == 12


def test_switches_are_only_added_to(leader: User) -> None:
    switch_control(by=leader, wanted=wanted(), now=timezone.now())

    for change in (
        lambda: ControlSwitch.objects.update(level="one"),
        lambda: ControlSwitch.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_switch_from_the_same_page_one_does() -> None:
    make_town()
    leader = make_person("shen", Role.STREET_LEADER, STREET)
    start, outcomes = Barrier(8), list[str]()

    def one() -> None:
        try:
            start.wait()
            switch_control(by=leader, wanted=wanted(), now=timezone.now())
            outcomes.append("switched")
        except Conflict:
            outcomes.append("conflict")
        finally:
            connection.close()

    threads = [Thread(target=one) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["conflict"] * 7 + ["switched"]
    assert ControlSwitch.objects.count() == 1
