"""The frame of list and form pages: navigation by permission, and the pager."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template
from django.test import RequestFactory

from gis_server.edge import Page
from gis_server.models import User
from gis_server.roles import Role


def pager(address: str, page: Page, total: int) -> str:
    request = RequestFactory().get(address)
    template = Template("{% load pages %}{% pager page total %}")
    return template.render(Context({"request": request, "page": page, "total": total}))


@pytest.mark.parametrize(
    ("page", "total", "there"),
    [
        pytest.param(Page(50, 0), 0, [], id="empty"),
        pytest.param(Page(50, 0), 50, [], id="one full page"),
        pytest.param(Page(50, 0), 51, ["next"], id="first of two"),
        pytest.param(Page(50, 50), 51, ["prev"], id="last of two"),
        pytest.param(Page(50, 50), 101, ["prev", "next"], id="in the middle"),
        pytest.param(Page(50, 500), 101, ["prev"], id="behind the end"),
    ],
)
def test_a_pager_leads_only_where_something_is(page: Page, total: int, there: list[str]) -> None:
    html = pager("/users/", page, total)

    assert [rel for rel in ("prev", "next") if f'rel="{rel}"' in html] == there


def test_a_pager_keeps_the_filters_and_escapes_them() -> None:
    html = pager('/users/?q=%3Cb%3E"&offset=50', Page(50, 0), 60)

    assert 'href="?q=%3Cb%3E%22&amp;offset=50"' in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("user", "sees"),
    [
        (User(role=Role.OPERATOR), True),
        (User(role="emperor"), False),
        (AnonymousUser(), False),
    ],
    ids=["operator", "unknown role", "stranger"],
)
def test_the_navigation_shows_what_the_role_may(user: object, sees: bool) -> None:
    html = Template('{% include "gis_server/nav.html" %}').render(Context({"user": user}))

    assert ("/wall/" in html) is sees
