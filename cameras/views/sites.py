"""Sites and their pollers: who asks which cameras, whether they see, and the forms of a site."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cameras import fleet_queries, notices_text, services
from cameras.fleet_models import MAIN_SITE
from cameras.fleet_queries import Poller, SiteShown
from cameras.forms.sites import EditSiteForm, NewSiteForm, initial_of_site
from cameras.models import Notice, Site
from cameras.views.shared import ago, page, state_shown
from gis_server.edge import allow, parse_choice, user_of
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission, may

SITES = ListFile(
    "sites",
    [
        Column("name", gettext_lazy("Site"), lambda one: one["site"].name),
        Column("cameras", gettext_lazy("Cameras"), lambda one: one["total"]),
        Column(
            "states",
            gettext_lazy("State"),
            lambda one: " · ".join(f"{part['name']} {part['count']}" for part in one["counts"]),
        ),
        Column("is_asked", gettext_lazy("A poller is at work"), lambda one: one["is_asked"]),
        Column(
            "takes_pictures", gettext_lazy("Pictures are taken"), lambda one: one["takes_pictures"]
        ),
        Column(
            "notices",
            gettext_lazy("Open notices"),
            lambda one: "、".join(part["row"].get_kind_display() for part in one["notices"]),
        ),
        Column(
            "networks",
            gettext_lazy("Networks"),
            lambda one: ", ".join(one["site"].networks or settings.PROBE_NETWORKS),
        ),
        Column(
            "ports", gettext_lazy("Ports"), lambda one: ", ".join(map(str, one["site"].ports or ()))
        ),
        Column("canaries", gettext_lazy("Canaries"), lambda one: len(one["site"].canaries)),
        Column(
            "lost_share",
            gettext_lazy("Doubts itself above (%)"),
            lambda one: one["site"].lost_share_pct,
        ),
    ],
)
POLLERS = ListFile(
    "pollers",
    [
        Column("site", gettext_lazy("Site"), lambda one: one["beat"].site),
        Column("name", gettext_lazy("Poller"), lambda one: one["beat"].name),
        Column("kind", gettext_lazy("Kind"), lambda one: one["beat"].get_kind_display()),
        Column("version", gettext_lazy("Version"), lambda one: one["beat"].version),
        Column("state", gettext_lazy("State"), lambda one: one["word"]),
        Column("outdated", gettext_lazy("Must be restarted"), lambda one: one["outdated"]),
        Column("seen_at", gettext_lazy("Last sign of life"), lambda one: one["beat"].seen_at),
        Column("canaries", gettext_lazy("Canaries"), lambda one: one["beat"].canaries),
        Column("canaries_up", gettext_lazy("Canaries that answer"),
               lambda one: one["beat"].canaries_up),
        Column("in_flight", gettext_lazy("Being asked"), lambda one: one["beat"].in_flight),
        Column("asked", gettext_lazy("Asked since the start"), lambda one: one["beat"].asked),
        Column("lag_ms", gettext_lazy("Own delay (ms)"), lambda one: one["beat"].lag_ms),
        Column("started_at", gettext_lazy("Started"), lambda one: one["beat"].started_at),
    ],
)  # fmt: skip
FILES = {"sites": SITES, "pollers": POLLERS}
PER_PAGE = 50


@allow(Permission.SEE_CAMERAS)
@require_safe
def sites(request: HttpRequest) -> HttpResponseBase:
    """All sites; what its cameras are in the reader's area.  Canaries only for administrators: they
    may be devices of anybody's area.  With `f` one of its lists (`list`: sites or pollers) as a
    file.
    """
    file = FILES[parse_choice(request, "list", FILES) or "sites"]
    user, piece, now = user_of(request), file.piece(request, PER_PAGE), timezone.now()
    rows, total = fleet_queries.sites(user, piece, now)
    shown = [site_shown(row) for row in rows]
    if piece is WHOLE and file is SITES:
        return SITES.answer(request, shown)
    if piece is WHOLE:
        beats = [beat for one in shown for beat in (*one["pollers"], *one["photographers"])]
        return POLLERS.answer(request, beats)
    context = {
        "sites_file": SITES,
        "pollers_file": POLLERS,
        "rows": shown,
        "total": total,
        "page": piece,
        "now": now,
        "main": MAIN_SITE,
        "interval_s": settings.PROBE_INTERVAL_S,
        "all_networks": ", ".join(settings.PROBE_NETWORKS),
        "may_edit": may(user.role, Permission.ADMINISTER),
    }
    return page(request, "cameras/sites.html", context)


def site_shown(row: SiteShown) -> dict[str, Any]:
    return {
        "site": row.site,
        "total": row.total,
        "counts": [state_shown(state.value) | {"count": count} for state, count in row.counts],
        "pollers": [poller_shown(one) for one in row.pollers],
        "photographers": [poller_shown(one) for one in row.photographers],
        "takes_pictures": any(one.is_heard for one in row.photographers),
        "notices": [notice_shown(one) for one in row.notices],
        # A notice that nobody asks says all that there is to say of it.
        "is_told": any(one.kind == Notice.Kind.NOT_ASKED for one in row.notices),
        "is_asked": row.is_asked,
    }


def notice_shown(row: Notice) -> dict[str, Any]:
    return {
        "row": row,
        "meanwhile": notices_text.meanwhile(row.kind),
        "todo": notices_text.todo(row.kind, row.site),
    }


def poller_shown(one: Poller) -> dict[str, Any]:
    """A poller with its state in words: badge and sentence."""
    if not one.is_heard:
        badge, word = "bad", _("silent")
    elif one.beat.suspects_itself:
        badge, word = "warn", _("suspects itself")
    elif one.beat.loses_packets:
        badge, word = "warn", _("its line loses packets")
    else:
        badge, word = "good", _("at work")
    return {
        "beat": one.beat,
        "badge": badge,
        "word": word,
        "outdated": one.outdated,
        "seen": ago(one.beat.seen_at, timezone.now()),
        "is_heard": one.is_heard,
    }


@allow(Permission.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def new_site(request: HttpRequest) -> HttpResponseBase:
    by, form = user_of(request), NewSiteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.add_site(by=by, name=form.cleaned_data["name"], wanted=form.wanted())
            message = _("The site is made. Start its poller: bin/manage poll --site %(name)s")
            messages.success(request, message % {"name": row.name})
            return redirect("sites")
        except Conflict as error:
            form.add_error("name", str(error.message))
    return page(request, "cameras/site.html", {"form": form}, 422 if form.errors else 200)


@allow(Permission.ADMINISTER)
@require_http_methods(["GET", "HEAD", "POST"])
def edit_site(request: HttpRequest, site_id: int) -> HttpResponseBase:
    """
    Raises:
        NotFound: there is no such site (any more).
    """
    by, row = user_of(request), Site.objects.filter(pk=site_id).first()
    if row is None:
        raise NotFound(_("There is no such site (any more)."))
    form = EditSiteForm(request.POST or None, initial=initial_of_site(row))
    if request.method == "POST" and form.is_valid():
        version, now = form.cleaned_data["version"], timezone.now()
        try:
            saved = services.change_site(
                by=by, site_id=row.pk, version=version, wanted=form.wanted(), now=now
            )
            messages.success(request, said_of(saved, new_bounds=saved.bounds_at == now))
            return redirect("sites")
        except (Conflict, NotAllowed) as error:
            form.add_error(None, str(error.message))
    context = {"site": row, "form": form, "main": MAIN_SITE}
    return page(request, "cameras/site.html", context, 422 if form.errors else 200)


def said_of(row: Site, *, new_bounds: bool) -> str:
    if not new_bounds:
        return _("The changes are saved.")
    text = _(
        "Saved. Restart the pollers of %(name)s: they read networks and ports when they start."
    )
    return text % {"name": row.name}


@allow(Permission.ADMINISTER)
@require_POST
def remove_site(request: HttpRequest, site_id: int) -> HttpResponseBase:
    try:
        services.remove_site(by=user_of(request), site_id=site_id)
        messages.success(request, _("The site is removed."))
    except (Conflict, Invalid, NotAllowed) as error:
        messages.error(request, str(error.message))
    return redirect("sites")
