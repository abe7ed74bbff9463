"""The desk: the queue of events beside a map of them."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from events.desk import queries
from events.desk.asking import address, asked_of, filters_of, query_of
from events.desk.files import FORMATS
from events.desk.filters import LONG_TABS, Filters, Sort, Tab, first_day, is_narrowed, order_of
from events.desk.keyset import Piece
from events.desk.shown import TABS, colours, row_shown
from events.desk.views.shared import page, script_config
from events.models import EventKind, EventView, Source
from events.texts import LEVELS, SEVERITIES
from gis_server.edge import allow, user_of
from gis_server.kept_filters import restored
from gis_server.models import User
from gis_server.roles import Permission, may
from grids.queries import divisions_to_choose

PER_PAGE = 50
MOST_PER_PAGE = 100


@allow(Permission.SEE_EVENTS)
@require_safe
def desk(request: HttpRequest) -> HttpResponseBase:
    """Who comes without a question sees the view that is their default, if they have one."""
    user, now = user_of(request), timezone.now()
    views = list(EventView.objects.filter(user=user))
    default = next((one for one in views if one.is_default), None)
    if default and not request.GET:
        return redirect(address(restored(Filters, default.filters), view=default.pk))
    filters = filters_of(request)
    sight = queries.seen(user)
    rows = queries.filtered(user, filters, now, sight)
    piece = queries.desk(rows, filters, asked_of(request, PER_PAGE, MOST_PER_PAGE))
    context = {
        "rows": [row_shown(event, now) for event in piece.rows],
        "piece": piece,
        "filters": filters,
        "narrowed": is_narrowed(filters),
        "since": first_day(filters, timezone.localdate(now)),
        "is_long": Tab(filters.tab) in LONG_TABS,
        "query": query_of(filters),
        "views": [view_shown(one) for one in views],
        "chosen": request.GET.get("view", ""),
        "now": now,
        "files": [(name, one.label) for name, one in FORMATS.items()],
        "reports": may(user.role, Permission.REPORT_EVENTS),
        "leads": may(user.role, Permission.LEAD_EVENTS),
        "config": config_of(request, user, filters),
        **heaps(queries.counts(user, filters, now, sight)),
        "total": total(filters, piece, rows),
        **pages(filters, piece),
        **choices(user, filters),
    }
    return page(request, "events/desk/desk.html", context)


def config_of(request: HttpRequest, user: User, filters: Filters) -> dict[str, Any]:
    return script_config(request, box=queries.extent_of(user), query=query_of(filters))


def view_shown(view: EventView) -> dict[str, Any]:
    return {"view": view, "url": address(restored(Filters, view.filters), view=view.pk)}


def heaps(counted: queries.Counts) -> dict[str, Any]:
    """Tabs and levels with how many open events stand in each."""
    return {
        "tabs": [
            {"value": one.value, "name": name, "count": counted.tabs.get(one)}
            for one, name in TABS.items()
        ],
        "levels": [
            {"value": level.value, "name": name, "count": counted.levels[level]}
            for level, name in LEVELS.items()
        ],
    }


def total(filters: Filters, piece: Piece, rows: queries.Rows) -> queries.Total | None:
    """How many fit.  None for a long list of what is over: nobody waits for it to be counted."""
    if not (piece.earlier or piece.later):
        return queries.Total(len(piece.rows))
    return None if Tab(filters.tab) in LONG_TABS else queries.total(rows)


def pages(filters: Filters, piece: Piece) -> dict[str, str]:
    """Addresses of the pages beside this one; "" for none."""
    return {
        "earlier": address(filters, before=piece.earlier) if piece.earlier else "",
        "later": address(filters, after=piece.later) if piece.later else "",
    }


def choices(user: User, filters: Filters) -> dict[str, Any]:
    return {
        "divisions": divisions_to_choose(user),
        "kinds": EventKind.choices,
        "entries": queries.entries(),
        "severities": [(one.value, name) for one, name in SEVERITIES.items()],
        "sources": Source.choices,
        "departments": queries.departments_seen(user),
        "colours": colours(),
        "sorts": sort_names(),
        "sort": order_of(filters).value,
    }


def sort_names() -> list[tuple[str, str]]:
    return [
        (Sort.DUE.value, _("Due first")),
        (Sort.GRAVEST.value, _("Gravest first")),
        (Sort.NEWEST.value, pgettext("events", "Newest first")),
        (Sort.OLDEST.value, pgettext("events", "Oldest first")),
    ]
