"""Disputes about tracks, for those who lead people on duty."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from gis_server.edge import allow, parse_page, show, user_of
from gis_server.errors import DomainError
from gis_server.roles import Permission
from patrols.intake import disputes as services
from patrols.intake.forms import AnswerForm
from patrols.intake.views.own import map_config

PER_PAGE = 50


@allow(Permission.SEE_PATROLS)
@require_safe
def disputes(request: HttpRequest) -> HttpResponseBase:
    """Those of members with duties in reach, open ones first."""
    rows, piece = services.disputes_of(user_of(request)), parse_page(request, PER_PAGE)
    context = {
        "here": "patrols",
        "rows": rows[piece.offset : piece.offset + piece.limit],
        "total": rows.count(),
        "page": piece,
    }
    return show(request, "patrols/intake/disputes.html", context)


@allow(Permission.SEE_PATROLS)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, dispute_id: int) -> HttpResponseBase:
    """A dispute with the track of its time, and a form that decides it.

    Raises:
        NotFound, NotAllowed: see `services.decide`.
    """
    user = user_of(request)
    row = services.dispute_for(user, dispute_id)
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data
        try:
            services.decide(
                by=user, dispute_id=dispute_id, is_upheld=sent["upheld"], answer=sent["answer"],
                now=timezone.now(),
            )  # fmt: skip
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The dispute is decided."))
            return redirect("patrol-dispute", dispute_id)
    context = {
        "here": "patrols",
        "dispute": row,
        "duties": services.duties_in(row.member_id, row.begin, row.end),
        "form": form,
        "config": map_config(request, f"{reverse('patrol-tracks')}?dispute={row.pk}"),
    }
    return show(request, "patrols/intake/dispute.html", context, 422 if form.is_bound else 200)
