"""The tabs of a room with many parts stand in groups; each only for those who may go there."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from gis_server.roles import Role
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db


def rows(client: Client, route: str) -> list[list[str]]:
    """The names in each row of tabs."""
    page = client.get(reverse(route)).content.decode()
    return [
        re.findall(r">([^<]+)</a>", nav)
        for nav in re.findall(r'<nav class="tabs.*?</nav>', page, re.DOTALL)
    ]


def test_groups_stand_above_the_parts_of_the_pages_own(sign_in: SignIn) -> None:
    admin = sign_in(Role.ADMINISTRATOR)

    groups, parts = rows(admin, "roster")

    assert groups == ["覆盖盲区", "勤务", "现场", "设置"]
    assert parts == ["勤务排班", "岗位", "队员", "防控等级"]
    assert rows(admin, "patrol-points")[1][-1] == "志愿者积分"


def test_whoever_has_one_part_sees_no_row_of_groups(sign_in: SignIn) -> None:
    assert rows(sign_in(Role.PATROLLER), "my-track") == []


def test_a_room_without_groups_has_one_row(sign_in: SignIn) -> None:
    assert len(rows(sign_in(Role.ADMINISTRATOR), "event-desk")) == 1
