"""My account: what I am, where I am signed in, and my password."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.password_validation import (
    password_validators_help_text_html,
    validate_password,
)
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_server.accounts import passwords, sessions
from gis_server.edge import allow, first_step, next_address, show, user_of
from gis_server.errors import Invalid
from gis_server.roles import Permission
from gis_server.scopes import areas_of
from gis_server.sign_in import MAX_PASSWORD_LENGTH, check_password


def password_field(label: Any, autocomplete: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=MAX_PASSWORD_LENGTH, strip=False, widget=widget)


class PasswordForm(forms.Form):
    """The present password, and twice the new one.  It judges no guess while the rest is wrong."""

    current = password_field(gettext_lazy("Present password"), "current-password")
    new = password_field(gettext_lazy("New password"), "new-password")
    again = password_field(gettext_lazy("New password again"), "new-password")

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(*args)
        self.request, self.user = request, user_of(request)
        self.fields["new"].help_text = password_validators_help_text_html()

    def clean_new(self) -> str:
        new: str = self.cleaned_data["new"]
        validate_password(new, self.user)
        return new

    def clean(self) -> None:
        if self.errors:
            return
        if self.cleaned_data["new"] != self.cleaned_data["again"]:
            self.add_error("again", _("The two new passwords are not the same."))
        elif self.cleaned_data["new"] == self.cleaned_data["current"]:
            self.add_error("new", _("The new password is the present one."))
        elif not check_password(self.request, self.user, self.cleaned_data["current"]):
            self.add_error("current", ValidationError(_("This is not your present password.")))


@allow(Permission.SEE_MAP)
@require_safe
def account(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    here = request.session.session_key
    context = {
        "areas": list(areas_of(user.scope).values()),
        "sessions": sessions.sessions_of(user, here=here, now=timezone.now()),
    }
    return show(request, "gis_server/account/account.html", context)


@first_step
@allow(Permission.SEE_MAP)
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponseBase:
    """Change one's own password."""
    user = user_of(request)
    form = PasswordForm(request, request.POST or None)
    if request.method == "POST":
        if not user.has_usable_password():
            raise Invalid(_("You sign in through the district's own sign-in: change it there."))
        if form.is_valid():
            passwords.change_own(request, user, form.cleaned_data["new"])
            messages.success(request, _("Your password is changed. Other sessions have ended."))
            return redirect(next_address(request) or "account")
    context = {"form": form, "next": next_address(request)}
    return show(request, "gis_server/account/password.html", context)


@allow(Permission.SEE_MAP)
@require_POST
def end_session(request: HttpRequest, ref: str) -> HttpResponseBase:
    user = user_of(request)
    sessions.end(user, ref, by=user)
    messages.success(request, _("The session has ended."))
    return redirect("account")


@allow(Permission.SEE_MAP)
@require_POST
def end_others(request: HttpRequest) -> HttpResponseBase:
    user = user_of(request)
    sessions.end_all(user, by=user, keep=request.session.session_key)
    messages.success(request, _("All other sessions have ended."))
    return redirect("account")
