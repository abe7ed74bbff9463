"""What list and form pages ask of a request: what the user may do, and the address of a page."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse

from gis_server.edge import Page
from gis_server.list_files import LABELS, MOST_ROWS, ListFile
from gis_server.roles import PERMISSION_NAMES, Permission, may
from gis_server.script_texts import address

register = template.Library()


@register.filter(name="may")
def may_filter(user: Any, permission: str) -> bool:
    """Whether the signed-in user holds a permission: `{% if user|may:"manage_users" %}`."""
    return bool(user.is_authenticated) and may(user.role, Permission(permission))


@register.simple_tag
def script_texts() -> str:
    """The address of the translations that scripts show."""
    return address()


@register.filter
def permission_name(permission: str) -> Any:
    """A permission in words; its own name where it has none (any more)."""
    return PERMISSION_NAMES.get(permission, permission)  # type: ignore[call-overload]


@register.inclusion_tag("gis_server/pager.html", takes_context=True)
def pager(context: dict[str, Any], page: Page, total: int) -> dict[str, Any]:
    """Earlier and later pieces of a list, with the filters of the present address kept."""
    last = page.offset + page.limit
    return {
        "first": min(page.offset + 1, total),
        "last": min(last, total),
        "total": total,
        "earlier": _at(context, max(0, page.offset - page.limit)) if page.offset else "",
        "later": _at(context, last) if last < total else "",
    }


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    text: object
    is_chosen: bool


@register.inclusion_tag("gis_server/filter_select.html")
def filter_select(
    name: str, label: str, choices: Iterable[Any], chosen: object, any_text: str = "", **look: str
) -> dict[str, Any]:
    """A field of a filter: one of the choices, or any where `any_text` is given.

    choices: pairs of value and text, or things with `pk` or `value`, and `name`.
    look: `label_class`, the class of its label.
    """
    pairs = [option_of(one) for one in choices]
    options = [Option(str(value), text, value == chosen) for value, text in pairs]
    return {"name": name, "label": label, "any": any_text, "options": options} | look


@register.inclusion_tag("gis_server/map_files.html")
def map_files(layer: str, within: str = "", total: int = 0, **asked: str) -> dict[str, Any]:
    """The things of a list as files: a layer of the OGC API, whole or in a territory.

    within: the code that theirs begin with.  total: how many there are at least: of more than
    `MOST_ROWS` there is no GeoJSON, which could not say that it is cut.  asked: other parameters of
    the layer.  The page must be one that only those open who may see the layer.
    """
    items = reverse("ogc-items", args=[layer])
    question = {"limit": str(MOST_ROWS)} | asked
    if within:
        question["scope_code"] = f"{within}*"
    return {
        "layer": reverse("ogc-collection", args=[layer]) + "?f=html",
        "geojson": f"{items}?{urlencode(question | {'f': 'json'})}",
        "csv": f"{items}?{urlencode(question | {'f': 'csv'})}",
        "most": MOST_ROWS,
        "is_cut": total > MOST_ROWS,
    }


@register.inclusion_tag("gis_server/list_files.html", takes_context=True)
def list_files(context: dict[str, Any], file: ListFile, **more: str) -> dict[str, Any]:
    """All rows of a list as files, with the filters of the present address kept.

    more: what else the addresses ask, on a page of several lists.
    """
    query = context["request"].GET.copy()
    for name in ("offset", "before", "limit", "saved"):
        query.pop(name, None)
    for name, value in more.items():
        query[name] = value
    files = []
    for form in file.forms:
        query["f"] = form
        files.append((LABELS[form], f"?{query.urlencode()}"))
    return {"files": files}


def option_of(choice: Any) -> tuple[Any, object]:
    if isinstance(choice, tuple | list):
        return choice[0], choice[1]
    if isinstance(choice, dict):
        return choice["value"], choice["name"]
    return getattr(choice, "pk", None) or choice.value, choice.name


def _at(context: dict[str, Any], offset: int) -> str:
    query = context["request"].GET.copy()
    query["offset"] = str(offset)
    return f"?{query.urlencode()}"
