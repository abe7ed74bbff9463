"""Which names a view reads from its query, form or JSON: found by listening, not by a list of ours.

A value that nobody reads proves nothing; one that the walk forgot would prove less.
"""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponseBase, QueryDict

from gis_server.edge import FORM_TYPES
from tests.house.streets import BOX, FIRST

in_query: set[str] = set()
"""The names that were read in a query or a form since somebody emptied this."""
in_json: set[str] = set()
"""The same of objects in JSON, wherever they came from."""


class NotingQuery(QueryDict):
    """Looks like what was sent, and notes what is looked for."""

    def __getitem__(self, key: str) -> Any:
        in_query.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        in_query.add(str(key))
        return super().__contains__(key)

    def getlist(self, key: str, default: Any = None) -> list[Any]:
        in_query.add(key)
        return super().getlist(key, default)


class NotingDict(dict[str, Any]):
    """The same of an object in JSON."""

    def __getitem__(self, key: str) -> Any:
        in_json.add(str(key))
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        in_json.add(str(key))
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        in_json.add(str(key))
        return super().get(key, default)


def noting(pairs: Iterable[tuple[str, Any]]) -> NotingDict:
    return NotingDict(pairs)


_loads = json.loads


def loads(text: Any, **options: Any) -> Any:
    return _loads(text, **({"object_pairs_hook": noting} | options))


class Listener:
    """Middleware: the innermost, so that it hears the views."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.GET = NotingQuery(request.META.get("QUERY_STRING", ""))
        if request.method == "POST" and request.content_type in FORM_TYPES:
            request.POST = NotingQuery(request.POST.urlencode())
        return self.get_response(request)


def usual_in_json(name: str) -> Any:
    """The same where a value has a kind."""
    if name in {"photos", "reports"}:
        return []
    return float(usual(name)) if name in {"lon", "lat"} else usual(name)


def usual(name: str) -> str:
    """A value that leads a view further than its first check of this name, as far as a word can."""
    for part, value in (
        ("bbox", ",".join(map(str, BOX))), ("lon", str(BOX[0] + 0.001)),
        ("lat", str(BOX[1] + 0.001)), ("client_id", "6f0e7c4e-5d5b-4f4a-9d5f-2f2f2f2f2f2f"),
        ("community", f"{FIRST}001"), ("below", FIRST), ("code", FIRST), ("scope", FIRST),
        ("division", FIRST), ("area", FIRST), ("seen", "2026-01-02T08:00:00+08:00"),
        ("at", "2026-01-02T08:00:00+08:00"), ("day", "2026-01-02"), ("from", "2026-01-02"),
        ("until", "2026-01-03"), ("since", "2026-01-02"), ("date", "2026-01-02"),
    ):  # fmt: skip
        if name == part or name.endswith(f"_{part}") or name.startswith(f"{part}_"):
            return value
    return "1"
