"""The audit trail as a page and as a file."""

import json
from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from gis_server import audit, audit_queries, csv_export
from gis_server.audit_actions import ACTIONS, action_name, detail_name
from gis_server.audit_queries import Sought
from gis_server.edge import allow, parse_int
from gis_server.errors import Invalid
from gis_server.file_answers import csv_file
from gis_server.models import LONGEST_CODE, AuditRow, User
from gis_server.roles import Permission
from gis_server.scopes import common_code
from gis_server.throttle import Pace

PAGE_SIZE = 50
# As many as a spreadsheet still opens on an office computer, about 20 MB.
MOST_EXPORTED = 100_000
LONGEST_DETAIL = 300
MOST_ID = 2**63 - 1
MINUTE_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"]


class SoughtForm(forms.Form):
    """What is looked for, as it was typed."""

    since = forms.DateTimeField(required=False, input_formats=MINUTE_FORMATS)
    until = forms.DateTimeField(required=False, input_formats=MINUTE_FORMATS)
    who = forms.CharField(required=False, max_length=150)
    action = forms.ChoiceField(required=False)
    subject = forms.CharField(required=False, max_length=80)
    area = forms.RegexField(
        r"^[0-9]+$",
        required=False,
        max_length=LONGEST_CODE,
        error_messages={"invalid": gettext_lazy("An area is written as the digits of its code.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("All")), *((name, str(text)) for name, text in ACTIONS.items())]
        cast("forms.ChoiceField", self.fields["action"]).choices = choices

    def sought(self) -> Sought:
        """
        Raises:
            Invalid: a field that cannot be understood.
        """
        if not self.is_valid():
            raise Invalid(self.first_error())
        return Sought(**self.cleaned_data)

    def first_error(self) -> str:
        return next(str(errors[0]) for errors in self.errors.values())


@allow(Permission.SEE_AUDIT)
@require_safe
def trail(request: HttpRequest) -> HttpResponseBase:
    """What was done, newest first; `before` (an id) asks for older rows."""
    user, form = _who(request), SoughtForm(request.GET)
    before = parse_int(request, "before", 0, 1, MOST_ID) or None
    context: dict[str, Any] = {
        "form": form,
        "most_exported": MOST_EXPORTED,
        "newest": _address(request, None),
        "paged": before is not None,
        "sees_unplaced": audit_queries.sees_unplaced(user),
        "tab": "audit",
    }
    if form.is_valid():
        found = audit_queries.page(user, form.sought(), before=before, limit=PAGE_SIZE)
        context["rows"] = [_shown(row) for row in found.rows]
        context["older"] = _address(request, found.before) if found.before else ""
        context["filtered"] = bool(form.sought().told())
    else:
        context["error"] = form.first_error()
    status = 200 if form.is_valid() else 422
    response = render(request, "gis_server/audit.html", context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


@allow(Permission.SEE_AUDIT, Pace.FILES)
@require_POST
def export(request: HttpRequest) -> HttpResponseBase:
    """The same rows as CSV, at most `MOST_EXPORTED`, the newest; that it was taken is noted too."""
    user, sought, now = _who(request), SoughtForm(request.POST).sought(), timezone.now()
    # What is noted from here on, this export first, is not part of it.
    rows = audit_queries.rows_for(user, sought).filter(id__lte=audit_queries.newest_id())
    count = audit_queries.count_up_to(rows, MOST_EXPORTED)
    detail = sought.told() | {"rows": min(count, MOST_EXPORTED)}
    scope = common_code(user.scope)
    audit.note(by=user, action="audit.exported", scope=scope, detail=detail)
    name = f"audit-{timezone.localtime(now):%Y%m%d-%H%M}"
    return csv_file(_table(rows, cut=count > MOST_EXPORTED), name)


def _table(rows: QuerySet[AuditRow], *, cut: bool) -> Iterator[tuple[object, ...]]:
    """Head, rows through a cursor on the server, and a last row where some are missing."""
    yield (
        _("Time"),
        _("Who"),
        _("From"),
        _("Action"),
        _("Name of the action"),
        _("Subject"),
        _("Area code"),
        _("Details"),
    )
    for row in rows[:MOST_EXPORTED].iterator(chunk_size=csv_export.ROWS_AT_ONCE):
        yield (
            f"{timezone.localtime(row.at):%Y-%m-%d %H:%M:%S}",
            _who_text(row),
            row.origin,
            action_name(row.action),
            row.action,
            row.subject,
            row.scope,
            _detail_text(row),
        )
    if cut:
        sentence = _("Only the newest %(count)d rows are here. Narrow the time for the others.")
        yield (sentence % {"count": MOST_EXPORTED},)


def _shown(row: AuditRow) -> dict[str, Any]:
    detail = _detail_text(row)
    cut = len(detail) > LONGEST_DETAIL
    return {
        "at": row.at,
        "who": _who_text(row),
        "origin": row.origin,
        "action": action_name(row.action),
        "subject": row.subject,
        "scope": row.scope,
        "detail": f"{detail[:LONGEST_DETAIL]}…" if cut else detail,
    }


def _who_text(row: AuditRow) -> str:
    return _("(the server)") if row.who == audit.NOBODY else row.who


def _detail_text(row: AuditRow) -> str:
    """`name: value` for each, in the order of names; a table in a table stays JSON."""
    texts = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in sorted(row.detail.items())
    }
    return "; ".join(f"{detail_name(name)}: {text}" for name, text in texts.items())


def _address(request: HttpRequest, before: int | None) -> str:
    query = request.GET.copy()
    query.pop("before", None)
    if before is not None:
        query["before"] = str(before)
    return f"?{query.urlencode()}"


def _who(request: HttpRequest) -> User:
    return cast("User", request.user)
