"""docs/routes.md shows every route with who may call it, as the server has it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from gis_server import route_table
from gis_server.edge import allow, public
from gis_server.management.commands.route_table import DOCUMENT
from gis_server.roles import Permission, Role, may
from gis_server.throttle import Pace


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def test_the_page_is_current() -> None:
    shown = DOCUMENT.read_text(encoding="utf-8")

    assert shown == route_table.table(), "run: bin/manage route_table --write"


@pytest.mark.parametrize(
    ("view", "methods", "who", "pace"),
    [
        pytest.param(
            allow(Permission.SEE_MAP)(require_safe(answer)), "GET", "`see_map`", "", id="safe"
        ),
        pytest.param(
            require_http_methods(["GET", "POST"])(allow(Permission.SEE_AUDIT, Pace.FILES)(answer)),
            "GET, POST", "`see_audit`", "files", id="the other way round",
        ),
        pytest.param(public(answer), "any", "public", "", id="public"),
    ],
)  # fmt: skip
def test_a_row_says_what_the_marks_of_its_view_say(
    view: Callable[..., Any], methods: str, who: str, pace: str
) -> None:
    # `public` and `allow` mark the function that they are given.
    row = route_table.row_of("api/find/", view)

    assert (row.methods, row.who, row.pace) == (methods, who, pace)


def test_a_view_that_says_nothing_is_refused() -> None:
    def silent(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    with pytest.raises(LookupError, match="/nowhere/"):
        route_table.row_of("nowhere/", silent)


@pytest.mark.parametrize("permission", Permission)
def test_roles_are_told_whole_or_by_those_who_are_missing(permission: Permission) -> None:
    told = route_table.roles_of(permission)
    named = {
        role for role in Role if route_table.named(role) in told.split(" but ")[-1].split(", ")
    }
    held = {role for role in Role if may(role, permission)}

    assert held == (set(Role) if told == "all" else set(Role) - named if " but " in told else named)
