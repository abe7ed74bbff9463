"""Briefings: the list with its form, one as a page, as a document and on paper, corrections."""

import re
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cameras.rates.periods import DAY
from events.briefings import queries, services
from events.briefings.blocks import paper_of
from events.briefings.docx_file import as_docx
from events.briefings.pdf_file import as_pdf
from events.briefings.texts import kind_name, maker_of, period_text
from events.models import Briefing, BriefingKind
from gis_server import audit
from gis_server.edge import allow, parse_choice, show, user_of
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from gis_server.file_answers import saved_as
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import LONGEST_CODE, User
from gis_server.roles import Permission, may
from gis_server.scopes import areas_of
from gis_server.throttle import Pace

BRIEFINGS = ListFile(
    "briefings",
    [
        Column("period", gettext_lazy("Period"), lambda one: one["period"]),
        Column("kind", gettext_lazy("Briefing"), lambda one: one["kind"]),
        Column("area", gettext_lazy("Area"), lambda one: one["area"]),
        Column("code", gettext_lazy("Area code"), lambda one: one["briefing"].scope),
        Column("version", gettext_lazy("Version"), lambda one: one["briefing"].version),
        Column("known_at", gettext_lazy("Known at"), lambda one: one["briefing"].known_at),
        Column(
            "made_by", pgettext_lazy("report", "Made by"), lambda one: maker_of(one["briefing"])
        ),
    ],
)
PER_PAGE = 50
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
KINDS = {"docx": DOCX, "pdf": "application/pdf"}
EARLIEST = date(2000, 1, 1)


class BriefingForm(forms.Form):
    """Of which day's, week's or month's an area is to have a briefing."""

    kind = forms.ChoiceField(choices=BriefingKind.choices, label=gettext_lazy("Briefing"))
    day = forms.DateField(
        label=gettext_lazy("A day of it"), widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    scope = forms.RegexField(
        rf"^[0-9]{{2,{LONGEST_CODE}}}$",
        label=gettext_lazy("Area"),
        widget=forms.TextInput({"data-areas": "", "autocomplete": "off"}),
        error_messages={
            "invalid": gettext_lazy("Choose the area from the list, or write its code in digits.")
        },
    )

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day < EARLIEST:
            raise forms.ValidationError(_("No event is as old as that."))
        return day


@allow(Permission.SEE_EVENT_FIGURES)
@require_http_methods(["GET", "HEAD", "POST"])
def briefings(request: HttpRequest) -> HttpResponseBase:
    """The briefings of the reader's area, the newest period first; a button makes another."""
    user, now = user_of(request), timezone.now()
    piece = BRIEFINGS.piece(request, PER_PAGE)
    form = BriefingForm(request.POST or None, initial=initial_of(user))
    if request.method == "POST" and form.is_valid():
        try:
            row = services.make(by=user, now=now, **form.cleaned_data)
            return redirect("briefing", row.pk)
        except (Conflict, Invalid, NotAllowed, TooMany) as error:
            form.add_error(None, str(error.message))
    kind = parse_choice(request, "kind", BriefingKind.values)
    rows = queries.visible(user).filter(**({"kind": kind} if kind else {}))
    found = list(rows.defer("figures", "changes")[piece.offset : piece.offset + piece.limit])
    names = areas_of({row.scope for row in found})
    shown = [
        {
            "briefing": row,
            "kind": kind_name(row.kind),
            "period": period_text(row),
            "area": names[row.scope].name or row.scope,
        }
        for row in found
    ]
    if piece is WHOLE:
        return BRIEFINGS.answer(request, shown)
    context = {
        "here": "events",
        "file": BRIEFINGS,
        "form": form,
        "kinds": [("", _("All")), *BriefingKind.choices],
        "kind": kind,
        "rows": shown,
        "total": rows.count(),
        "page": piece,
    }
    return show(request, "events/briefings/list.html", context, 422 if form.errors else 200)


def initial_of(user: User) -> dict[str, Any]:
    yesterday = timezone.localdate() - DAY
    return {"day": yesterday, "scope": user.reach[0] if user.reach else ""}


def briefing_for(user: User, briefing_id: int) -> tuple[Briefing, str]:
    """A briefing and the name of its area.

    Raises:
        NotFound: none of the reader's area.
    """
    row = queries.visible(user).filter(pk=briefing_id).first()
    if row is None:
        raise NotFound(_("There is no such briefing of your area."))
    return row, areas_of([row.scope])[row.scope].name or row.scope


@allow(Permission.SEE_EVENT_FIGURES)
@require_safe
def briefing(request: HttpRequest, briefing_id: int) -> HttpResponseBase:
    """One version of a briefing, from its stored numbers."""
    user = user_of(request)
    row, area = briefing_for(user, briefing_id)
    versions = list(queries.versions(row))
    context = {
        "here": "events",
        "briefing": row,
        "paper": paper_of(row, area),
        "versions": versions,
        "is_newest": row.version == versions[0].version,
        "newest": versions[0],
        "may_correct": may(user.role, Permission.LEAD_EVENTS),
    }
    return show(request, "events/briefings/one.html", context)


@allow(Permission.LEAD_EVENTS, Pace.FIGURES)
@require_POST
def correct(request: HttpRequest, briefing_id: int) -> HttpResponseBase:
    """A new version from what is known now, if it differs."""
    user, now = user_of(request), timezone.now()
    row, _area = briefing_for(user, briefing_id)
    try:
        newer = services.correct(
            by=user, briefing_id=row.pk, note=request.POST.get("note", ""), now=now
        )
    except (Conflict, Invalid, NotAllowed, TooMany) as error:
        messages.error(request, str(error.message))
        return redirect("briefing", row.pk)
    messages.success(request, _("Version %(number)d is made.") % {"number": newer.version})
    return redirect("briefing", newer.pk)


@allow(Permission.SEE_EVENT_FIGURES, Pace.FILES)
@require_safe
def briefing_file(request: HttpRequest, briefing_id: int, kind: str) -> HttpResponseBase:
    """The briefing as a document or on paper, from its stored numbers.

    Raises:
        NotFound: no such briefing, or no such kind of file.
        Unavailable: the machine has no Chinese font for a PDF.
    """
    if kind not in KINDS:
        raise NotFound(_("There is nothing at this address."))
    user = user_of(request)
    row, area = briefing_for(user, briefing_id)
    paper = paper_of(row, area)
    draw = as_pdf if kind == "pdf" else as_docx
    response = HttpResponse(draw(paper, row.known_at), content_type=KINDS[kind])
    name = (
        f"briefing-{row.kind}-{re.sub('[^0-9]', '', row.scope)}-{row.first}-v{row.version}.{kind}"
    )
    audit.note(
        by=user,
        action="briefing.taken",
        subject=f"{row.kind} {row.first}",
        scope=row.scope,
        detail={"format": kind},
    )
    return saved_as(response, name)
