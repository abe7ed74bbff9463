"""The HTTP edge: who may pass, what an error looks like, what is read from a query string.

Every view says who may call it, with `allow(Permission.X)` or `public`.  `Gate` refuses a view that
says neither, so forgetting it shows at the first call, and a test walks all routes.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.exceptions import SessionInterrupted
from django.core.exceptions import DisallowedHost
from django.db import InterfaceError, OperationalError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _

from gis_server import audit, throttle
from gis_server.accounts import sessions, tokens
from gis_server.accounts.steps import Step, missing_step
from gis_server.errors import (
    DomainError,
    Invalid,
    NotAllowed,
    NotFound,
    TooMany,
    Unavailable,
    status_of,
)
from gis_server.models import User
from gis_server.origin import address_of
from gis_server.plain_numbers import decimals_of, whole_of
from gis_server.roles import Permission, may
from gis_server.throttle import Pace

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
GetResponse = Callable[[HttpRequest], HttpResponseBase]
Box = tuple[float, float, float, float]
"""West, south, east, north in degrees (WGS84)."""
PUBLIC = "public"
MAX_LIMIT, MAX_OFFSET = 1000, 10_000_000
DAY_LENGTH = 10
LONGEST_TIME, LONGEST_BOX = 40, 100
EARLIEST_DAY, LATEST_DAY = date(2000, 1, 1), date(2199, 12, 31)
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")


def allow(permission: Permission, pace: Pace | None = None) -> Callable[[View], View]:
    """Marks a view: signed-in users whose role holds the permission.

    pace: what a call counts as, where one costs much; so many a minute of one account.
    """

    def mark(view: View) -> View:
        view.edge_rule = permission  # type: ignore[attr-defined]
        view.edge_pace = pace  # type: ignore[attr-defined]
        return view

    return mark


def public(view: View) -> View:
    """Marks a view that anybody may call, signed in or not."""
    view.edge_rule = PUBLIC  # type: ignore[attr-defined]
    return view


def paced(pace: Pace) -> Callable[[View], View]:
    """Marks a public view of which one address may send so many forms a minute."""

    def mark(view: View) -> View:
        view.edge_pace = pace  # type: ignore[attr-defined]
        return view

    return mark


def first_step(view: View) -> View:
    """Marks a view that works while the user still has to do something before anything else."""
    view.edge_first_step = True  # type: ignore[attr-defined]
    return view


def user_of(request: HttpRequest) -> User:
    """The user behind a request that `Gate` has let through."""
    user = request.user
    if not isinstance(user, User):
        raise NotAllowed(_("Please sign in."))
    return user


def show(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """A page that no cache keeps: it is one user's, and may show what is shown only once."""
    response = render(request, template, context, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def next_address(request: HttpRequest) -> str:
    """Where the form's or query's `next` leads, if that is a path of this server; else empty."""
    address = request.POST.get("next") or request.GET.get("next") or ""
    is_path = address.startswith("/") and url_has_allowed_host_and_scheme(address, None)
    return address if is_path else ""


def wants_page(request: HttpRequest) -> bool:
    """Whether a person is looking (a browser asks for text/html), not a program."""
    return "text/html" in request.headers.get("Accept", "")


def json_ok(data: Any, status: int = 200) -> JsonResponse:
    response = JsonResponse(
        data, status=status, safe=False, json_dumps_params={"ensure_ascii": False}
    )
    response["Cache-Control"] = "private, no-store"
    return response


def answer_error(
    request: HttpRequest, error: DomainError, status: int | None = None
) -> HttpResponse:
    """The error as a page for people, as JSON for programs."""
    response = _told(request, error, status or status_of(error))
    if isinstance(error, TooMany) and error.wait_s is not None:
        response["Retry-After"] = str(error.wait_s)
    return response


def _told(request: HttpRequest, error: DomainError, code: int) -> HttpResponse:
    if wants_page(request):
        context = {"message": str(error.message), "status": code}
        return render(request, "gis_server/error.html", context, status=code)
    kind = "not_signed_in" if code == 401 else type(error).__name__
    return json_ok({"error": error_told(error) | {"kind": kind}}, status=code)


def error_told(error: DomainError) -> dict[str, Any]:
    """An error as programs read it."""
    return {"kind": type(error).__name__, "message": str(error.message)} | error.detail


def _rides_on_a_session(request: HttpRequest) -> bool:
    """Whether another site's page could have made a browser send this in somebody's name.  No page
    can make it send a token, and what comes without a session is nobody's: that is told as 401, and
    not as a page that has become too old.
    """
    return tokens.given(request) is None and settings.SESSION_COOKIE_NAME in request.COOKIES


def _refuse_method(request: HttpRequest, refused: HttpResponse) -> HttpResponse:
    """The same refusal with a sentence: Django's has none."""
    message = _("This address takes %(methods)s only.") % {"methods": refused["Allow"]}
    response = answer_error(request, Invalid(message), status=405)
    response["Allow"] = refused["Allow"]
    return response


def check_address(request: HttpRequest, view: Callable[..., Any]) -> None:
    """Count a form that anybody may send, by where it comes from.

    Raises:
        TooMany: more in this minute than the setting allows.
    """
    pace = getattr(view, "edge_pace", None)
    if pace and request.method == "POST":
        throttle.check(pace, address_of(request), timezone.now())


class Gate:
    """Innermost middleware: checks the view's rule, and answers what a view or service raises."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if tokens.taken_at(request.path) and not _rides_on_a_session(request):
            # Django asks for this before it looks at the view.
            request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        origin = audit.origin.set(address_of(request))
        try:
            response = self.get_response(request)
        finally:
            audit.origin.reset(origin)
        if isinstance(response, HttpResponseNotAllowed) and not response.content:
            return _refuse_method(request, response)
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: Any, _kwargs: Any
    ) -> HttpResponseBase | None:
        try:
            if getattr(view, "edge_rule", None) == PUBLIC:
                check_address(request, view)
                return None
            token = tokens.given(request)
            if token is not None:
                return self._check_token(request, view, token)
            return self._check_session(request, view)
        except DomainError as error:
            return self.process_exception(request, error)
        except (OperationalError, InterfaceError) as error:
            # Who it is cannot be asked; a view may have something for whom it knows all the same.
            spare = getattr(view, "edge_spare", None)
            answer: HttpResponseBase | None = spare(request) if spare else None
            return answer or self.process_exception(request, error)

    def _check_session(
        self, request: HttpRequest, view: Callable[..., Any]
    ) -> HttpResponseBase | None:
        if not request.user.is_authenticated:
            return self._ask_to_sign_in(request)
        refusal = self._check_user(request, view)
        if refusal is None:
            sessions.see(request, timezone.now())
        return refusal

    def _check_token(
        self, request: HttpRequest, view: Callable[..., Any], token: str
    ) -> HttpResponseBase | None:
        """A token stands for itself: a session that comes with it is not looked at."""
        if not tokens.taken_at(request.path):
            raise NotAllowed(_("This address takes no API token: sign in with a browser."))
        user = tokens.owner_of(request, token, timezone.now())
        if user is None:
            message = _("This API token is wrong, has run out or was revoked.")
            response = answer_error(request, NotAllowed(message), status=401)
            response["WWW-Authenticate"] = 'Bearer error="invalid_token"'
            return response
        request.user = user
        # RequestLog names whom Django has found for the session; here it is the token's owner.
        request._cached_user = user  # type: ignore[attr-defined]
        request.by_token = True  # type: ignore[attr-defined]
        return self._check_user(request, view)

    def _check_user(
        self, request: HttpRequest, view: Callable[..., Any]
    ) -> HttpResponseBase | None:
        rule, user = getattr(view, "edge_rule", None), user_of(request)
        if rule is None or not may(user.role, rule):
            message = _("Your role does not include this. Ask an administrator for it.")
            return answer_error(request, NotAllowed(message))
        if not getattr(view, "edge_first_step", False) and (step := missing_step(request, user)):
            return self._ask_for_step(request, step)
        if pace := getattr(view, "edge_pace", None):
            throttle.check(pace, str(user.pk), timezone.now())
        return None

    def _ask_for_step(self, request: HttpRequest, step: Step) -> HttpResponseBase:
        """Nothing else works before: not for people, not for programs, not for the live stream."""
        if not wants_page(request):
            return answer_error(request, NotAllowed(step.message))
        return redirect(f"{step.address}?{urlencode({'next': request.get_full_path()})}")

    def _ask_to_sign_in(self, request: HttpRequest) -> HttpResponseBase:
        if wants_page(request):
            return redirect_to_login(request.get_full_path())
        return answer_error(request, NotAllowed(_("Please sign in.")), status=401)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, DomainError):
            return answer_error(request, error)
        if isinstance(error, (OperationalError, InterfaceError)):
            message = _("The database does not answer. Nothing was lost; try again in a minute.")
            return answer_error(request, Unavailable(message))
        return None


class BodyLimit:
    """Refuses a body over DATA_UPLOAD_MAX_MEMORY_SIZE before anything reads, or stores, it.

    Django's own limit leaves out files: anybody could fill the disk by a form to any address, for
    the CSRF check reads the form first.  A view that takes files reads a raw body itself; its
    content type is no form's, which Django does not touch.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        is_form = request.content_type in FORM_TYPES
        if is_form and int(request.META.get("CONTENT_LENGTH") or 0) > limit:
            message = _("What was sent is too large for a form: %(limit)d kB at most.")
            return answer_error(request, Invalid(message % {"limit": limit // 1024}), status=413)
        return self.get_response(request)


class SecurityHeaders:
    """A content security policy without inline scripts, but for those that carry the nonce."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if response.get("Content-Type", "").startswith("text/html"):
            response["Content-Security-Policy"] = content_security_policy(request)
        return response


def content_security_policy(request: HttpRequest) -> str:
    nonce = request.csp_nonce  # type: ignore[attr-defined]
    try:
        live = live_origin(request)
    except DisallowedHost:
        # The page that says so listens to nothing.
        live = ""
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' 'nonce-{nonce}'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "worker-src 'self' blob:",
            f"connect-src 'self' {live}".strip(),
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def live_origin(request: HttpRequest) -> str:
    """Where this browser reaches the live process: LIVE_URL, or its own host at LIVE_PORT."""
    return _origin_at(request, str(settings.LIVE_URL), settings.LIVE_PORT)


def positions_origin(request: HttpRequest) -> str:
    """Where phones of people on duty send their positions: POSITIONS_URL, or the page's own host
    at POSITIONS_PORT.
    """
    return _origin_at(request, str(settings.POSITIONS_URL), settings.POSITIONS_PORT)


def _origin_at(request: HttpRequest, named: str, port: int) -> str:
    if named:
        return named.rstrip("/")
    host = (
        request.get_host().rsplit(":", 1)[0]
        if _has_port(request.get_host())
        else request.get_host()
    )
    return f"{request.scheme}://{host}:{port}"


def _has_port(host: str) -> bool:
    return ":" in host.rsplit("]", 1)[-1]


def refuse_csrf(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = _("This page has become too old to send from. Reload it and try again.")
    return answer_error(request, NotAllowed(message))


def refuse_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, DisallowedHost):
        message = _(
            "This server does not go by this name. Use another of its addresses, "
            "or have the administrator add the name to ALLOWED_HOSTS."
        )
    elif isinstance(exception, SessionInterrupted):
        message = _("You have been signed out meanwhile. Sign in again.")
    else:
        message = _("The server cannot read this request. Go back and try again.")
    return answer_error(request, Invalid(message), status=400)


def no_such_page(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return answer_error(request, NotFound(_("There is nothing at this address.")))


def server_failed(request: HttpRequest) -> HttpResponse:
    """The last resort: must not need the database or a template that could fail."""
    message = _("Something went wrong on the server. It has been logged; try again.")
    return json_ok({"error": {"kind": "Failure", "message": message}}, status=500)


@dataclass(frozen=True)
class Page:
    """One piece of a list: at most `limit` items from `offset` on."""

    limit: int
    offset: int


def parse_int(request: HttpRequest, name: str, default: int, low: int, high: int) -> int:
    """A whole number from the query string, in the closed range `low`..`high`.

    Raises:
        Invalid: not a number, or outside the range.
    """
    text = request.GET.get(name, "")
    if not text:
        return default
    value = whole_of(text)
    if value is None or not low <= value <= high:
        rule = _("%(name)s must be a whole number from %(low)d to %(high)d.")
        raise Invalid(rule % {"name": name, "low": low, "high": high})
    return value


def parse_text(request: HttpRequest, name: str, longest: int) -> str:
    """Words from the query string, without spaces around them; empty when there are none.

    Raises:
        Invalid: more than `longest` characters, or one that no text can hold (NUL).
    """
    text = request.GET.get(name, "").strip()
    if len(text) > longest or "\0" in text:
        rule = _("%(name)s must be a text of at most %(longest)d characters.")
        raise Invalid(rule % {"name": name, "longest": longest})
    return text


def parse_box(request: HttpRequest) -> Box | None:
    """`bbox` from the query string; None when nothing is asked for.

    Raises:
        Invalid: other than four numbers, no degrees, or not in the order of `Box`, as a box across
            180° is not.
    """
    text = parse_text(request, "bbox", LONGEST_BOX)
    if not text:
        return None
    try:
        west, south, east, north = decimals_of(text)
    except ValueError:
        rule = _("bbox must be four numbers: west,south,east,north in degrees.")
        raise Invalid(rule) from None
    if max(abs(west), abs(east)) > 180 or max(abs(south), abs(north)) > 90:
        rule = _("bbox must be degrees: longitudes of -180 to 180, latitudes of -90 to 90.")
        raise Invalid(rule)
    if west > east or south > north:
        rule = _(
            "bbox must have its west before its east and its south before its north. A box across "
            "180° is asked for in two parts."
        )
        raise Invalid(rule)
    return west, south, east, north


def parse_choice(request: HttpRequest, name: str, choices: Iterable[str]) -> str:
    """One of `choices` from the query string; empty when nothing is asked for.

    Raises:
        Invalid: anything else.
    """
    text = request.GET.get(name, "")
    known = list(choices)
    if text and text not in known:
        rule = _("%(name)s must be one of %(choices)s.")
        raise Invalid(rule % {"name": name, "choices": ", ".join(known)})
    return text


def parse_day(request: HttpRequest, name: str) -> date | None:
    """A day from the query string, written like 2026-03-31; None when nothing is asked for.

    Raises:
        Invalid: no day, or one of another century than people mean.
    """
    text = parse_text(request, name, DAY_LENGTH)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not _is_of_our_time(day):
        raise Invalid(_("%(text)s is no date. Write it like 2026-03-31.") % {"text": text})
    return day


def parse_moment(request: HttpRequest, name: str) -> datetime | None:
    """A moment with its zone from the query string; None when nothing is asked for.

    Raises:
        Invalid: no time, one without its zone, or one of another century than people mean.
    """
    # In an address + stands for a space, and clients forget to write it otherwise.
    text = parse_text(request, name, LONGEST_TIME).replace(" ", "+")
    if not text:
        return None
    found = zoned_moment(text)
    if found is None:
        rule = _("%(name)s must be a time with its zone, such as 2026-03-31T08:00:00+08:00.")
        raise Invalid(rule % {"name": name})
    return found


def zoned_moment(text: str) -> datetime | None:
    """What a text of ISO 8601 with a zone says, in UTC, for PostgreSQL knows no zone beyond ±15:59.

    None for any other text, and for a time of another century than people mean.
    """
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    if found is None or found.tzinfo is None or not _is_of_our_time(found.date()):
        return None
    return found.astimezone(UTC)


def _is_of_our_time(day: date) -> bool:
    """Years beyond are typing errors, and the clock's arithmetic has ends."""
    return EARLIEST_DAY <= day <= LATEST_DAY


def parse_page(request: HttpRequest, default_limit: int = 100) -> Page:
    return Page(
        limit=parse_int(request, "limit", default_limit, 1, MAX_LIMIT),
        offset=parse_int(request, "offset", 0, 0, MAX_OFFSET),
    )
