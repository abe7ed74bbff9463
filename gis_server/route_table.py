"""Every route with who may call it, as docs/routes.md shows it: made from the URLconf and the marks
that `edge` goes by, so it cannot say anything else than the server does.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from gis_server.accounts import tokens
from gis_server.edge import PUBLIC
from gis_server.roles import Permission, Role, may

LONGEST_LISTED = 5
"""Of more roles than this the ones without are told."""
HEAD = """# Routes

Made by `bin/manage route_table --write` from the code; do not edit. A test fails while it is old.

Who may call a route says its view (`gis_server/edge.py`); which roles hold a permission stands in
[roles and scope](design/roles-and-scope.md). What a role sees is cut to its territory on every one
of them (`tests/house/test_other_street.py` walks all). *Token*: an API token is taken, and lends
at most its owner's permissions. *Pace*: how often in a minute one account, or for `sign_ins` one
address, may call it ([settings](settings.md#how-much-in-one-minute)). *Methods*: those that the
view takes; `any` leaves it to the view, which reads by GET and writes by POST. All that writes
with a session needs the CSRF token of its page.

Beside these, two processes of their own answer: the live stream (`/live`, with a ticket from
`/live/ticket/` that is signed, holds the reach and runs out) and positions of phones (`/`,
`/osmand`, `/api/patrols/fixes/`, with a device's own token); both have `/healthz`. Static files
(`/static/`) are public. Tiles are answered before Django for whoever the tile view has let through.
"""


@dataclass(frozen=True, slots=True)
class Row:
    route: str
    methods: str
    who: str
    roles: str
    token: bool
    pace: str


def routes(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each address of the URLconf with what stands there, in order of matching."""
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver):
            yield from routes(item, prefix + str(item.pattern))
        elif isinstance(item, URLPattern):
            yield prefix + str(item.pattern), item


def table() -> str:
    """The whole page, as Markdown."""
    rows = sorted(
        (row_of(route, item.callback) for route, item in routes()), key=lambda row: row.route
    )
    lines = [
        "| route | methods | permission | roles | token | pace |",
        "| --- | --- | --- | --- | :-: | --- |",
        *(
            f"| `/{row.route}` | {row.methods} | {row.who} | {row.roles} |"
            f" {'x' if row.token else ''} | {row.pace} |"
            for row in rows
        ),
    ]
    count = f"{len(rows)} routes, of which {sum(row.who == PUBLIC for row in rows)} are public."
    return "\n".join([HEAD, count, "", *lines, ""])


def row_of(route: str, view: Callable[..., Any]) -> Row:
    """
    Raises:
        LookupError: the view does not say who may call it.
    """
    rule = getattr(view, "edge_rule", None)
    is_permission = isinstance(rule, Permission)
    if not is_permission and rule != PUBLIC:
        raise LookupError(f"/{route} does not say who may call it: see gis_server/edge.py")
    return Row(
        route=route,
        methods=", ".join(methods_of(view)) or "any",
        who=f"`{rule.value}`" if isinstance(rule, Permission) else PUBLIC,
        roles=roles_of(rule) if isinstance(rule, Permission) else "anybody",
        token=is_permission and tokens.taken_at(f"/{route}"),
        pace=getattr(view, "edge_pace", None) or "",
    )


def roles_of(permission: Permission) -> str:
    """The roles that hold a permission, in few words."""
    held = [role for role in Role if may(role, permission)]
    missing = [role for role in Role if role not in held]
    if not missing:
        return "all"
    if len(held) <= LONGEST_LISTED or len(held) < len(missing):
        return ", ".join(named(role) for role in held)
    return "all but " + ", ".join(named(role) for role in missing)


def named(role: Role) -> str:
    return role.value.replace("_", " ")


def methods_of(view: Callable[..., Any]) -> list[str]:
    """What `require_http_methods` and its like were told, without HEAD; empty where nothing was."""
    step: Any = view
    while step is not None:
        found = inspect.getclosurevars(step).nonlocals if inspect.isfunction(step) else {}
        if "request_method_list" in found:
            return [name for name in found["request_method_list"] if name != "HEAD"]
        step = getattr(step, "__wrapped__", None)
    return []
