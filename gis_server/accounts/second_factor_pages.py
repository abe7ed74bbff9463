"""My account: set up two-step sign-in, confirm it, new recovery codes, switch it off."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from gis_server.accounts import second_factor
from gis_server.accounts.account_pages import password_field
from gis_server.edge import allow, first_step, show, user_of
from gis_server.errors import Invalid, NotAllowed
from gis_server.roles import Permission
from gis_server.sign_in import check_password


class PresentPassword(forms.Form):
    """Asks again for the password: a session left open must not be enough."""

    current = password_field(gettext_lazy("Present password"), "current-password")

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(*args)
        self.request = request

    def clean_current(self) -> str:
        current: str = self.cleaned_data["current"]
        if not check_password(self.request, user_of(self.request), current):
            raise forms.ValidationError(_("This is not your present password."))
        return current


class FirstCode(forms.Form):
    code = forms.CharField(
        label=gettext_lazy("Code from the app"),
        max_length=second_factor.MAX_TYPED,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}
        ),
    )


@first_step
@allow(Permission.SEE_MAP)
@require_safe
def second_factor_page(request: HttpRequest) -> HttpResponseBase:
    return _page(request)


def _page(request: HttpRequest, **forms_with_errors: forms.Form) -> HttpResponseBase:
    """What fits the state: off, waiting for its first code, or on."""
    user = user_of(request)
    on = second_factor.is_on(user)
    secret = None if on else second_factor.pending_secret(user)
    context = {
        "on": on,
        "needed": user.role in settings.SECOND_FACTOR_ROLES,
        "left": second_factor.codes_left(user),
        "password_form": PresentPassword(request),
        "code_form": FirstCode(),
        "secret": secret and " ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
        "qr": secret and second_factor.qr_code(second_factor.address_of_secret(user, secret)),
    }
    return show(request, "gis_server/account/second_factor.html", context | forms_with_errors)


def _password_is_right(request: HttpRequest) -> PresentPassword:
    form = PresentPassword(request, request.POST)
    form.is_valid()
    return form


@first_step
@allow(Permission.SEE_MAP)
@require_POST
def begin(request: HttpRequest) -> HttpResponseBase:
    form = _password_is_right(request)
    if form.errors:
        return _page(request, password_form=form)
    second_factor.begin(user_of(request))
    return redirect("second-factor")


@first_step
@allow(Permission.SEE_MAP)
@require_POST
def confirm(request: HttpRequest) -> HttpResponseBase:
    form = FirstCode(request.POST)
    if form.is_valid():
        try:
            typed, now = form.cleaned_data["code"], timezone.now()
            return _show_codes(
                request, second_factor.confirm(request, user_of(request), typed, now)
            )
        except Invalid as error:
            form.add_error("code", str(error.message))
    return _page(request, code_form=form)


@allow(Permission.SEE_MAP)
@require_POST
def codes(request: HttpRequest) -> HttpResponseBase:
    form = _password_is_right(request)
    if form.errors:
        return _page(request, password_form=form)
    return _show_codes(request, second_factor.new_codes(user_of(request)))


def _show_codes(request: HttpRequest, codes: list[str]) -> HttpResponseBase:
    """The only time that anybody sees them."""
    return show(request, "gis_server/account/recovery_codes.html", {"codes": codes})


@allow(Permission.SEE_MAP)
@require_POST
def remove(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    if user.role in settings.SECOND_FACTOR_ROLES:
        raise NotAllowed(_("Your role needs two-step sign-in: it cannot be switched off."))
    form = _password_is_right(request)
    if form.errors:
        return _page(request, password_form=form)
    second_factor.remove(user, by=user)
    messages.success(request, _("Two-step sign-in is off."))
    return redirect("second-factor")
