"""Disputes about tracks, for those who lead people on duty."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from gis_server.edge import allow, show, user_of
from gis_server.errors import DomainError
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission
from patrols.intake import disputes as services
from patrols.intake.forms import AnswerForm
from patrols.intake.views.own import map_config
from patrols.models import Dispute


def decision_told(row: Dispute) -> str:
    if row.is_upheld is None:
        return _("not decided yet")
    return _("upheld") if row.is_upheld else pgettext("dispute", "rejected")


DISPUTES = ListFile(
    "disputes",
    [
        Column("member", gettext_lazy("Member"), lambda one: one.member.name),
        Column("number", gettext_lazy("Staff number"), lambda one: one.member.number),
        Column("begin", pgettext_lazy("time", "From"), lambda one: one.begin),
        Column("end", pgettext_lazy("time", "Until"), lambda one: one.end),
        Column("reason", pgettext_lazy("track", "What is wrong"), lambda one: one.reason),
        Column("made_at", pgettext_lazy("dispute", "Reported"), lambda one: one.made_at),
        Column("decision", pgettext_lazy("dispute", "Decision"), decision_told),
        Column("decided_at", pgettext_lazy("dispute", "Decided"), lambda one: one.decided_at),
        Column("answer", gettext_lazy("Answer"), lambda one: one.answer),
    ],
)
PER_PAGE = 50


@allow(Permission.SEE_PATROLS)
@require_safe
def disputes(request: HttpRequest) -> HttpResponseBase:
    """Those of members with duties in reach, open ones first."""
    rows, piece = services.disputes_of(user_of(request)), DISPUTES.piece(request, PER_PAGE)
    shown = rows[piece.offset : piece.offset + piece.limit]
    if piece is WHOLE:
        return DISPUTES.answer(request, list(shown))
    context = {
        "here": "patrols",
        "file": DISPUTES,
        "rows": shown,
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
