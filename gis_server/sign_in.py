"""Signing in: what is counted, who is locked out for how long, and what they are told.

django-axes counts failures for a user name and an address together, in the database.  Here is what
it leaves to a project: the address, what may be stored, the form and the answer.  The reasons are
in docs/design/sign-in.md.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from django import forms
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.forms import AuthenticationForm, UsernameField
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from gis_server import audit
from gis_server.accounts import second_factor, second_step, sessions
from gis_server.edge import answer_error, next_address, show, wants_page
from gis_server.errors import TooMany
from gis_server.models import User
from gis_server.origin import address_of

MAX_PASSWORD_LENGTH = 4096  # characters; as long as Django itself ever hashed


def client_in_logs(
    username: str, ip_address: str, user_agent: str, path_info: str, request: HttpRequest
) -> str:
    """How axes names a client in log lines: never by what was typed, which may be a password."""
    return f"address {ip_address}"


class Tries(AxesDatabaseHandler):  # type: ignore[misc]
    """Counts failures; keeps of them only name, address, path, time and number."""

    def user_login_failed(
        self, sender: Any, credentials: dict[str, Any], request: HttpRequest, **kwargs: Any
    ) -> None:
        request.axes_user_agent = request.axes_http_accept = ""  # type: ignore[attr-defined]
        was_locked = request.axes_locked_out  # type: ignore[attr-defined]
        with _form_out_of_sight(request):
            super().user_login_failed(sender, credentials, request, **kwargs)
        if request.axes_locked_out:  # type: ignore[attr-defined]
            request.sign_in_wait = self._wait(request, credentials)  # type: ignore[attr-defined]
            if not was_locked:
                _note_lock(credentials)

    def clean_expired_user_attempts(
        self, request: HttpRequest | None = None, credentials: dict[str, Any] | None = None
    ) -> int:
        """Forget this client's failures that no longer count; `prune_sign_ins` does the others."""
        if request is None:
            return 0
        [tries] = self.filter_user_attempts(request, credentials)
        before = request.axes_attempt_time - settings.AXES_COOLOFF_TIME  # type: ignore[attr-defined]
        return int(tries.filter(attempt_time__lte=before).delete()[0])

    def _wait(self, request: HttpRequest, credentials: dict[str, Any]) -> timedelta:
        """How long the lock still holds, counted from the last failure that was judged."""
        [tries] = self.get_user_attempts(request, credentials)
        now = request.axes_attempt_time  # type: ignore[attr-defined]
        last = tries.aggregate(last=Max("attempt_time"))["last"] or now
        wait: timedelta = last + settings.AXES_COOLOFF_TIME - now
        return wait


def _note_lock(credentials: dict[str, Any]) -> None:
    """Note once, when the lock closes, whose name is locked; a name that nobody has is not kept.

    It may be a password that went into the wrong field.
    """
    user = User.objects.filter(username=credentials.get("username") or "").first()
    subject, scope = (user.pk, user.place) if user else ("", "")
    audit.note(by=None, action="user.locked_out", subject=subject, scope=scope)


@contextmanager
def _form_out_of_sight(request: HttpRequest) -> Iterator[None]:
    """Axes stores all fields of form and query but those named password; here it sees none."""
    query, form = request.GET, request.POST
    request.GET = request.POST = QueryDict()
    try:
        yield
    finally:
        request.GET, request.POST = query, form


def wait_of(request: HttpRequest) -> timedelta | None:
    """How long the client that has just failed is locked out; None when it may try again."""
    wait: timedelta | None = getattr(request, "sign_in_wait", None)
    return wait


def too_often(wait: timedelta) -> str:
    sentence = _(
        "Signing in as this user failed too often from your address. "
        "Wait %(minutes)d min and try again, or ask an administrator to unlock it."
    )
    return sentence % {"minutes": max(1, math.ceil(wait.total_seconds() / 60))}


class SignInForm(AuthenticationForm):
    """Refuses what no user name or password can be, before anything is asked of the database."""

    username = UsernameField(max_length=User._meta.get_field("username").max_length)
    password = forms.CharField(max_length=MAX_PASSWORD_LENGTH, strip=False)

    def clean(self) -> dict[str, Any]:
        """Look at the password, one at a time for a name and address.

        Otherwise all that are pressed at the same moment would be judged before the first failure
        is counted.  The refusal is raised after the commit: a rollback would forget the failure.
        """
        if not (self.request and self.cleaned_data.keys() >= {"username", "password"}):
            return super().clean()
        with transaction.atomic():
            _take_turn(self.cleaned_data["username"], address_of(self.request))
            try:
                return super().clean()
            except ValidationError as error:
                refusal = error
        raise refusal

    def get_invalid_login_error(self) -> ValidationError:
        wait = wait_of(self.request) if self.request else None
        return ValidationError(too_often(wait)) if wait else super().get_invalid_login_error()


def _take_turn(name: str, address: str) -> None:
    """Wait for others that sign in under this name and address, until the transaction ends."""
    with connection.cursor() as cursor:
        lock = "SELECT pg_advisory_xact_lock(hashtext('sign-in'), hashtext(%s))"
        cursor.execute(lock, [f"{address} {name}"])


def judge(request: HttpRequest, name: str, **credentials: str) -> User | None:
    """The user with this name whose password or code it is; counted and locked like a sign-in.

    Raises:
        TooMany: it failed too often from this address.
    """
    with transaction.atomic():
        _take_turn(name, address_of(request))
        found = authenticate(request, username=name, **credentials)
    if wait := wait_of(request):
        raise TooMany(too_often(wait))
    return found if isinstance(found, User) else None


def check_password(request: HttpRequest, user: User, password: str) -> bool:
    """Whether it is the password of the user who asks.

    Raises:
        TooMany: it failed too often from this address.
    """
    name = user.get_username()
    found = judge(request, name, password=password)
    if found is None:
        return False
    AxesProxyHandler.get_implementation().reset_user_attempts(request, {"username": name})
    return found.pk == user.pk


class SignIn(LoginView):
    template_name = "gis_server/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(oidc_on=settings.OIDC_ON, **kwargs)

    def get_redirect_url(self, request: HttpRequest | None = None) -> str:
        return next_address(request or self.request)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        if second_factor.is_on(user):
            second_step.ask_later(self.request, user, timezone.now())
            return _to_second_step(self.get_redirect_url())
        sessions.begin(self.request, user, how="password", now=timezone.now())
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        wait = wait_of(self.request)
        if wait is None:
            return super().form_invalid(form)
        if not wants_page(self.request):
            return refuse(self.request, wait)
        response = self.render_to_response(self.get_context_data(form=form), status=429)
        return _with_wait(response, wait)


def _to_second_step(leads_to: str) -> HttpResponse:
    query = f"?{urlencode({'next': leads_to})}" if leads_to else ""
    return HttpResponseRedirect(reverse("sign-in-code") + query)


def sign_in_code(request: HttpRequest) -> HttpResponseBase:
    """The second step: the code of the app or a recovery code, of whoever gave their password."""
    now = timezone.now()
    user = second_step.who(request, now)
    if user is None:
        return HttpResponseRedirect(reverse("sign-in"))
    form = CodeForm(request.POST or None)
    leads_to = next_address(request)
    if request.method == "POST" and form.is_valid():
        found = judge(request, user.username, one_time_password=form.cleaned_data["code"])
        if found is not None and found.pk == user.pk:
            second_step.forget(request)
            sessions.begin(request, found, how="second_factor", now=now)
            return HttpResponseRedirect(leads_to or settings.LOGIN_REDIRECT_URL)
        form.add_error("code", _("This code is not right, or was used before."))
    return show(request, "gis_server/sign_in_code.html", {"form": form, "next": leads_to})


class CodeForm(forms.Form):
    code = forms.CharField(max_length=second_factor.MAX_TYPED)


def refuse(request: HttpRequest, wait: timedelta) -> HttpResponse:
    return _with_wait(answer_error(request, TooMany(too_often(wait))), wait)


def _with_wait(response: HttpResponse, wait: timedelta) -> HttpResponse:
    response["Retry-After"] = str(max(1, math.ceil(wait.total_seconds())))
    return response


def answer_lockout(
    request: HttpRequest, response: HttpResponse, credentials: dict[str, Any] | None
) -> HttpResponse:
    """What AxesMiddleware sends to a locked out client: the page's own refusal, if it gave one."""
    wait = wait_of(request) or settings.AXES_COOLOFF_TIME
    if response.status_code != 429:
        return refuse(request, wait)
    return response if "Retry-After" in response else _with_wait(response, wait)


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]
        user = request.user
        with transaction.atomic():
            if isinstance(user, User):
                audit.note(by=user, action="user.signed_out", subject=user.pk, scope=user.place)
            return super().post(request, *args, **kwargs)
