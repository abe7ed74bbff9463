"""Open311 GeoReport v2, so that citizens' apps that exist can report and follow.

An app shows its API token as `Authorization: Bearer …` or, where it posts a form, as `api_key`; in
an address no key is taken.  https://wiki.open311.org/GeoReport_v2/
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import wraps
from typing import Any

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from events.exchange.calls import key_of
from events.exchange.open311_shape import FORMATS, answered, refused, service, service_request
from events.models import Event, EventStep, Source
from events.models.event import MAX_TEXT, OPEN_VALUES
from events.queries import entries_in_use
from events.reporting import services, throttle
from events.reporting.api import most_reports
from events.reporting.sent import MAX_ADDRESS, draft_of
from events.rights import events_seen
from gis_server.edge import allow, parse_int, parse_text, public, user_of, zoned_moment
from gis_server.errors import DomainError, Invalid, NotFound, status_of
from gis_server.openapi.marks import answers, asks, sends
from gis_server.openapi.schemas import LAT, LON, TIME, record, text, whole, written
from gis_server.plain_numbers import decimal_of
from gis_server.roles import Permission

MOST_NUMBERS, LONGEST_NUMBER = 50, 24
MOST_CODES, LONGEST_CODE = 50, 12
LONGEST_LIST = 2000
PERIOD = timedelta(days=90)
AT_ONCE = MOST_AT_ONCE = 1000
STATUSES = ("open", "closed")
REQUESTS = ("service_requests", "request")
BAD_REQUEST = 400
SAME_CALL = uuid.UUID("6d1f6b5e-2f3e-4d55-9f5c-311311311311")
"""The space of names in which an Idempotency-Key is a client id."""
View = Callable[..., HttpResponse]
FORMS: dict[str, Any] = {"media": tuple(FORMATS.values()), "failures": tuple(FORMATS.values())}
FIELDS = record(
    {"service_code": written(LONGEST_CODE), "lat": LAT, "long": LON},
    description=text(MAX_TEXT), media_url=text(MAX_TEXT), address_string=text(MAX_ADDRESS),
)  # fmt: skip


def told_as_open311(view: View) -> View:
    """Errors in the standard's form.  What cannot be read is 400 there."""

    @wraps(view)
    def answer(request: HttpRequest, form: str, **more: str) -> HttpResponse:
        try:
            return view(request, form, **more)
        except DomainError as error:
            status = BAD_REQUEST if isinstance(error, Invalid) else status_of(error)
            return refused(str(error.message), form, status)

    return answer


@public
@require_GET
@told_as_open311
@answers(**FORMS)
def discovery(request: HttpRequest, form: str) -> HttpResponse:
    """Where the standard is spoken here."""
    base = request.build_absolute_uri(reverse("open311-discovery-json"))
    endpoint = {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": base.rsplit("/", 1)[0],
        "changeset": "2026-11-26T00:00:00Z",
        "type": "production",
        "formats": list(FORMATS.values()),
    }
    record = {"changeset": endpoint["changeset"], "endpoints": [endpoint]}
    return answered([record], form, ("discovery", "service"))


@public
@require_GET
@told_as_open311
@answers(**FORMS)
def service_list(_request: HttpRequest, form: str) -> HttpResponse:
    """The entries of the catalogue that are in use; its names are no secret."""
    return answered([service(row) for row in entries_in_use()], form, ("services", "service"))


@public
@require_GET
@told_as_open311
@answers(**FORMS)
def service_definition(_request: HttpRequest, form: str, code: str) -> HttpResponse:
    """Our services have no further attributes."""
    if not any(row.code == code for row in entries_in_use()):
        raise NotFound(_("There is no such service."))
    record = {"service_code": code, "attributes": []}
    return answered([record], form, ("service_definition", "definition"))


@allow(Permission.REPORT_EVENTS)
@require_http_methods(["GET", "POST"])
@told_as_open311
@asks(
    service_request_id=written(LONGEST_LIST), service_code=written(LONGEST_LIST),
    status=text(pattern="^(open|closed)(,(open|closed))?$"), start_date=TIME, end_date=TIME,
    page_size=whole(1, MOST_AT_ONCE, AT_ONCE), page=whole(1, 1000, 1),
)  # fmt: skip
@sends(FIELDS, "application/x-www-form-urlencoded")
@answers(201, **FORMS)
def requests(request: HttpRequest, form: str) -> HttpResponse:
    """POST reports; GET lists what the key may see, the newest first, at most 1,000 of 90 days."""
    return posted(request, form) if request.method == "POST" else listed(request, form)


def posted(request: HttpRequest, form: str) -> HttpResponse:
    user, now = user_of(request), timezone.now()
    throttle.count(user, "reports", most=most_reports(request), now=now)
    key = key_of(request)
    fields = request.POST
    draft = draft_of(
        {
            "client_id": str(uuid.uuid5(SAME_CALL, key) if key else uuid.uuid4()),
            "category": fields.get("service_code", ""),
            "lon": degrees(fields.get("long", ""), "long"),
            "lat": degrees(fields.get("lat", ""), "lat"),
            "text": text_with_media(fields.get("description", ""), fields.get("media_url", "")),
            "address": fields.get("address_string", ""),
            "position_checked": True,
        },
        source=Source.API.value,
    )
    draft = replace(draft, has_picture=bool(fields.get("media_url", "").strip()))
    event = services.report(by=user, draft=draft, now=now)
    record = {"service_request_id": event.number, "service_notice": "", "account_id": None}
    return answered([record], form, REQUESTS, 201)


def degrees(text: str, name: str) -> float:
    """Raises Invalid."""
    number = decimal_of(text)
    if number is None:
        rule = _("%(name)s is needed, in degrees: addresses alone are not looked up.")
        raise Invalid(rule % {"name": name})
    return number


def text_with_media(text: str, media: str) -> str:
    """The description and, for nothing fetches it, the address of a picture.  Raises Invalid."""
    whole = f"{text}\n{media}" if media else text
    if len(whole) > MAX_TEXT:
        rule = _("description must be at most %(longest)d characters.")
        raise Invalid(rule % {"longest": MAX_TEXT})
    return whole


def listed(request: HttpRequest, form: str) -> HttpResponse:
    rows = events_seen(user_of(request)).select_related("category")
    numbers = words(request, "service_request_id", MOST_NUMBERS, LONGEST_NUMBER)
    if numbers:
        rows = rows.filter(number__in=numbers)
    else:
        start, end = period(request, timezone.now())
        rows = rows.filter(received_at__gte=start, received_at__lte=end)
    if codes := words(request, "service_code", MOST_CODES, LONGEST_CODE):
        rows = rows.filter(category__code__in=codes)
    wanted = words(request, "status", len(STATUSES), len("closed"))
    if any(one not in STATUSES for one in wanted):
        raise Invalid(_("status must be open, closed or both."))
    if len(set(wanted)) == 1:
        is_open = wanted[0] == "open"
        rows = (
            rows.filter(state__in=OPEN_VALUES) if is_open else rows.exclude(state__in=OPEN_VALUES)
        )
    size = parse_int(request, "page_size", AT_ONCE, 1, MOST_AT_ONCE)
    first = (parse_int(request, "page", 1, 1, 1000) - 1) * size
    found = rows.annotate(updated_at=newest_step()).order_by("-received_at", "-pk")
    return answered(
        [service_request(one, one.updated_at) for one in found[first : first + size]],
        form,
        REQUESTS,
    )


def newest_step() -> Subquery:
    return Subquery(EventStep.objects.filter(pk=OuterRef("last_step_id")).values("at")[:1])


def words(request: HttpRequest, name: str, most: int, longest: int) -> list[str]:
    """The values of a list with commas.  Raises Invalid."""
    text = parse_text(request, name, LONGEST_LIST)
    found = [one.strip() for one in text.split(",") if one.strip()]
    if len(found) > most or any(len(one) > longest for one in found):
        rule = _("%(name)s must be at most %(most)d values with commas between them.")
        raise Invalid(rule % {"name": name, "most": most})
    return found


def period(request: HttpRequest, now: datetime) -> tuple[datetime, datetime]:
    """From start_date to end_date; without either the last 90 days.  Raises Invalid."""
    start, end = moment(request, "start_date"), moment(request, "end_date")
    end = end or (min(start + PERIOD, now) if start else now)
    start = start or end - PERIOD
    if not start <= end or end - start > PERIOD:
        raise Invalid(_("start_date and end_date must be at most 90 days apart."))
    return start, end


def moment(request: HttpRequest, name: str) -> datetime | None:
    text = parse_text(request, name, 40).replace(" ", "+")  # a "+" that nobody has escaped
    at = zoned_moment(text) if text else None
    if text and at is None:
        raise Invalid(_("%(name)s must be a time with its zone.") % {"name": name})
    return at


def known(number: str) -> str:
    """Raises NotFound: nothing can have this number."""
    if len(number) > LONGEST_NUMBER or not number.isprintable():
        raise NotFound(_("There is no such event in your area."))
    return number


@allow(Permission.SEE_EVENTS)
@require_GET
@told_as_open311
@answers(**FORMS)
def one_request(request: HttpRequest, form: str, event_number: str) -> HttpResponse:
    """One report by its number, as a list of one."""
    rows: list[Event] = list(
        events_seen(user_of(request))
        .filter(number=known(event_number))
        .select_related("category")
        .annotate(updated_at=newest_step())
    )
    if not rows:
        raise NotFound(_("There is no such event in your area."))
    return answered([service_request(one, one.updated_at) for one in rows], form, REQUESTS)  # type: ignore[attr-defined]


@allow(Permission.SEE_EVENTS)
@require_GET
@told_as_open311
@answers(**FORMS)
def token(request: HttpRequest, form: str, event_number: str) -> HttpResponse:
    """Numbers are given at once, so a token is the number that it stands for."""
    if not events_seen(user_of(request)).filter(number=known(event_number)).exists():
        raise NotFound(_("There is no such event in your area."))
    return answered([{"token": event_number, "service_request_id": event_number}], form, REQUESTS)
