"""Monthly reports: the list with its button, one report with its files and its proof."""

import re
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cameras.models import MonthlyReport
from cameras.rates import figures, periods, report_files, report_queries, services
from cameras.rates.queries import By, Group
from cameras.rates.report_files import title_of
from cameras.rates.share import TARGETS, is_below
from cameras.rates.views.rates import XLSX, drawn
from cameras.rates.words import by_name
from cameras.views.shared import page
from gis_server.edge import allow, parse_choice, parse_page, user_of
from gis_server.errors import Invalid, NotAllowed, NotFound, TooMany
from gis_server.file_answers import saved_as
from gis_server.models import LONGEST_CODE, User
from gis_server.roles import Permission
from gis_server.scopes import areas_of
from gis_server.throttle import Pace

PER_PAGE = 50
KINDS = {"xlsx": XLSX, "pdf": "application/pdf"}


class ReportForm(forms.Form):
    """Which month of which area is to be reported."""

    month = forms.RegexField(
        r"^20[0-9]{2}-(0[1-9]|1[0-2])$",
        label=gettext_lazy("Month"),
        widget=forms.TextInput({"type": "month"}),
        error_messages={"invalid": gettext_lazy("A month is written like 2026-03.")},
    )
    scope = forms.RegexField(
        rf"^[0-9]{{2,{LONGEST_CODE}}}$",
        label=gettext_lazy("Area"),
        widget=forms.TextInput({"data-areas": "", "autocomplete": "off"}),
        error_messages={
            "invalid": gettext_lazy("Choose the area from the list, or write its code in digits.")
        },
    )


@allow(Permission.SEE_RATES)
@require_http_methods(["GET", "HEAD", "POST"])
def reports(request: HttpRequest) -> HttpResponseBase:
    """The reports of the reader's area, the newest month first; a button makes another."""
    user, piece, now = user_of(request), parse_page(request, PER_PAGE), timezone.now()
    form = ReportForm(request.POST or None, initial=initial_of(user))
    if request.method == "POST" and form.is_valid():
        month = date.fromisoformat(form.cleaned_data["month"] + "-01")
        try:
            row = services.make_report(
                by=user, month=month, scope=form.cleaned_data["scope"], now=now
            )
            messages.success(request, _("The report is made."))
            return redirect("report", row.pk)
        except (Invalid, NotAllowed, TooMany) as error:
            form.add_error(None, str(error.message))
    rows = report_queries.visible(user)
    shown = list(rows.defer("figures")[piece.offset : piece.offset + piece.limit])
    names = areas_of({row.scope for row in shown})
    context = {
        "here": "rates",
        "form": form,
        "rows": [{"report": row, "area": names[row.scope].name or row.scope} for row in shown],
        "total": rows.count(),
        "page": piece,
    }
    return page(request, "cameras/rates/reports.html", context, 422 if form.errors else 200)


def initial_of(user: User) -> dict[str, str]:
    month = periods.month_before(timezone.localdate())
    return {"month": f"{month.first:%Y-%m}", "scope": user.reach[0] if user.reach else ""}


def report_for(user: User, report_id: int) -> tuple[MonthlyReport, str]:
    """A report and the name of its area.

    Raises:
        NotFound: none of the reader's area.
    """
    row = report_queries.visible(user).filter(pk=report_id).first()
    if row is None:
        raise NotFound(_("There is no such report of your area."))
    return row, areas_of([row.scope])[row.scope].name or row.scope


@allow(Permission.SEE_RATES)
@require_safe
def report(request: HttpRequest, report_id: int) -> HttpResponseBase:
    """One report; `check` in the address computes its month again and tells what differs."""
    row, area = report_for(user_of(request), report_id)
    told = figures.read(row.figures)
    zone, now = timezone.get_default_timezone(), timezone.now()
    checked = parse_choice(request, "check", ["1"])
    context = {
        "here": "rates",
        "report": row,
        "title": title_of(row, area),
        "total": told.tables[By.CLASS].total,
        "plot": drawn(told.labels, told.days[""], told.tables[By.CLASS].total.classes),
        "tables": [
            {"name": by_name(by), "rows": [row_of(one) for one in told.tables[by].groups]}
            for by in (By.CLASS, By.STREET, By.TEAM)
        ],
        "checked": report_queries.recompute(row, now, zone) if checked else None,
    }
    return page(request, "cameras/rates/report.html", context)


def row_of(group: Group) -> dict[str, Any]:
    return {
        "group": group,
        "missed": any(is_below(name, one) for name, one in group.classes.items()),
        "has_target": any(name in TARGETS for name in group.classes),
    }


@allow(Permission.SEE_RATES, Pace.FILES)
@require_safe
def report_file(request: HttpRequest, report_id: int, kind: str) -> HttpResponseBase:
    """The report as a workbook or a document, from its stored figures.

    Raises:
        NotFound: no such report, or no such kind of file.
        Unavailable: the machine has no Chinese font for a PDF.
    """
    if kind not in KINDS:
        raise NotFound(_("There is nothing at this address."))
    row, area = report_for(user_of(request), report_id)
    if kind == "pdf":
        content = report_files.as_pdf(row, area)
    else:
        content = report_files.as_xlsx(row, area, timezone.get_default_timezone())
    response = HttpResponse(content, content_type=KINDS[kind])
    name = f"report-{re.sub('[^0-9]', '', row.scope)}-{row.month:%Y-%m}.{kind}"
    return saved_as(response, name)
