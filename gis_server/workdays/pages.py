"""The page of the calendar: a year with its working days, and a form that changes one of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from gis_server.edge import allow, parse_day, parse_int, show, user_of
from gis_server.errors import DomainError
from gis_server.models import CalendarDay
from gis_server.roles import Permission
from gis_server.workdays import calendar
from gis_server.workdays.worktime import PLAIN

WORKDAY = {"workday": True, "holiday": False, "week": None, "": None}


class DayForm(forms.Form):
    """What a day is; seen is what the page showed."""

    STATES = [
        ("workday", gettext_lazy("a working day")),
        ("holiday", gettext_lazy("a day off")),
        ("week", gettext_lazy("as the week says")),
    ]
    day = forms.DateField(
        label=pgettext_lazy("calendar", "Day"),
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )
    state = forms.ChoiceField(label=gettext_lazy("is"), choices=STATES)
    name = forms.CharField(
        label=gettext_lazy("Reason, such as the name of the holiday"),
        max_length=calendar.LONGEST_NAME,
        required=False,
    )
    seen = forms.ChoiceField(
        choices=[("", ""), ("workday", ""), ("holiday", "")],
        required=False,
        widget=forms.HiddenInput,
    )


@allow(Permission.EDIT_CALENDAR)
@require_http_methods(["GET", "HEAD", "POST"])
def working_days(request: HttpRequest) -> HttpResponseBase:
    """A year with its working days; `day` puts one of them into the form."""
    now = timezone.now()
    this_year = timezone.localdate(now).year
    last = this_year + calendar.YEARS_AHEAD
    year = parse_int(request, "year", this_year, calendar.FIRST_YEAR, last)
    chosen = parse_day(request, "day")
    form = DayForm(request.POST or None, initial=day_initial(chosen))
    if request.method == "POST" and form.is_valid():
        try:
            set_day(request, form.cleaned_data, now)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("Saved.  Deadlines that were set before stay."))
            return redirect(f"{reverse('calendar')}?year={form.cleaned_data['day'].year}")
    context = {
        "here": "events",
        "form": form,
        "year": year,
        "years": range(calendar.FIRST_YEAR, last + 1),
        "is_announced": calendar.is_announced(year),
        "months": months_of(year, timezone.localdate(now)),
        "chosen": chosen,
    }
    return show(request, "gis_server/calendar.html", context, 422 if form.is_bound else 200)


def set_day(request: HttpRequest, wanted: dict[str, Any], now: datetime) -> None:
    """Raises DomainError."""
    calendar.set_day(
        by=user_of(request),
        day=wanted["day"],
        is_workday=WORKDAY[wanted["state"]],
        name=wanted["name"],
        seen=WORKDAY[wanted["seen"]],
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Day:
    """One square of the calendar; empty before the first and after the last of a month.

    kind: "work", "off", "holiday" (off where the week says work) or "made-up" (the other way).
    """

    day: date | None
    kind: str = ""
    name: str = ""
    is_today: bool = False


def months_of(year: int, today: date) -> list[dict[str, Any]]:
    """The months of a year as weeks that begin on Monday.  One query."""
    rows = {row.day: row for row in CalendarDay.objects.filter(day__year=year)}
    months: dict[int, list[Day]] = {month: [] for month in range(1, 13)}
    for day in calendar.days_of(year):
        months[day.month].append(square(day, rows.get(day), today))
    return [
        {"month": date(year, month, 1), "weeks": weeks(days), "workdays": working(days)}
        for month, days in months.items()
    ]


def square(day: date, row: CalendarDay | None, today: date) -> Day:
    if row is None:
        kind = "work" if PLAIN.is_workday(day) else "off"
        return Day(day, kind, "", day == today)
    return Day(day, "made-up" if row.is_workday else "holiday", row.name, day == today)


def weeks(days: list[Day]) -> list[list[Day]]:
    first = days[0].day
    before = first.weekday() if first else 0
    squares = [Day(None)] * before + days
    squares += [Day(None)] * (-len(squares) % 7)
    return [squares[start : start + 7] for start in range(0, len(squares), 7)]


def working(days: Iterable[Day]) -> int:
    return sum(day.kind in ("work", "made-up") for day in days)


def day_initial(day: date | None) -> dict[str, Any]:
    """What the form says of a chosen day.  One query."""
    if day is None:
        return {}
    row = CalendarDay.objects.filter(day=day).first()
    if row is None:
        return {"day": day, "state": "holiday" if PLAIN.is_workday(day) else "workday"}
    state = "workday" if row.is_workday else "holiday"
    return {"day": day, "state": state, "name": row.name, "seen": state}
