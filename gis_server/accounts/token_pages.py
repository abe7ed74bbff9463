"""My account: API tokens, a new one, revoke one."""

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from gis_server.accounts import tokens
from gis_server.accounts.second_factor_pages import PresentPassword
from gis_server.accounts.users import shortest
from gis_server.edge import allow, show, user_of
from gis_server.errors import Conflict, Invalid
from gis_server.list_files import Column, ListFile
from gis_server.models import SCOPE_PREFIX
from gis_server.roles import PERMISSION_NAMES, Permission

TOKENS = ListFile(
    "own-tokens",
    [
        Column("name", gettext_lazy("What for"), lambda one: one.name),
        Column("permissions", gettext_lazy("What it may do"), lambda one: " · ".join(
            str(PERMISSION_NAMES.get(name, name)) for name in one.permissions)),
        Column("territory", gettext_lazy("Territory"), lambda one: ", ".join(one.prefixes)),
        Column("expires_at", gettext_lazy("Runs out"), lambda one: one.expires_at),
        Column("last_used_at", gettext_lazy("Last used"), lambda one: one.last_used_at),
    ],
)  # fmt: skip
DAYS = (7, 30, 90, 180, tokens.MAX_DAYS)
DEFAULT_DAYS = 90


class TokenForm(PresentPassword):
    name = forms.CharField(
        label=gettext_lazy("What the token is for"),
        max_length=60,
        help_text=gettext_lazy("The program or system that will use it."),
    )
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"), widget=forms.CheckboxSelectMultiple
    )
    prefixes = forms.CharField(
        label=gettext_lazy("Only in this part of the territory"),
        max_length=400,
        required=False,
        help_text=gettext_lazy("Code prefixes, separated by commas; empty for all of your own."),
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Good for"),
        coerce=int,
        choices=[(n, ngettext_lazy("%d day", "%d days", n) % n) for n in DAYS],
        initial=DEFAULT_DAYS,
    )
    field_order = ("name", "permissions", "prefixes", "days", "current")

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        super().__init__(request, *args)
        user, choices = user_of(request), self.fields["permissions"]
        assert isinstance(choices, forms.MultipleChoiceField)  # noqa: S101 - for the type checker
        choices.choices = [(p.value, PERMISSION_NAMES[p]) for p in tokens.lendable(user)]
        if not user.has_usable_password():
            del self.fields["current"]

    def clean_prefixes(self) -> list[str]:
        parts = [part for part in re.split(r"[\s,，、;；]+", self.cleaned_data["prefixes"]) if part]
        if len(parts) > tokens.MAX_PREFIXES:
            rule = _("Name at most %(most)d code prefixes.")
            raise forms.ValidationError(rule % {"most": tokens.MAX_PREFIXES})
        for part in parts:
            SCOPE_PREFIX(part)
        return shortest(parts)

    def wanted(self) -> tokens.Wanted:
        data = self.cleaned_data
        return tokens.Wanted(data["name"], data["permissions"], data["prefixes"], data["days"])


@allow(Permission.SEE_MAP)
@require_http_methods(["GET", "HEAD", "POST"])
def token_page(request: HttpRequest) -> HttpResponseBase:
    user, now = user_of(request), timezone.now()
    form = TokenForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row, text = tokens.make(user=user, wanted=form.wanted(), now=now)
            context = {"token": row, "text": text}
            return show(request, "gis_server/account/new_token.html", context)
        except (Invalid, Conflict) as error:
            form.add_error(None, str(error.message))
    rows = tokens.tokens_of(user)
    if TOKENS.is_asked(request):
        return TOKENS.answer(request, rows)
    context = {"file": TOKENS, "form": form, "tokens": rows, "now": now}
    return show(request, "gis_server/account/tokens.html", context)


@allow(Permission.SEE_MAP)
@require_POST
def revoke(request: HttpRequest, token_id: int) -> HttpResponseBase:
    user = user_of(request)
    tokens.revoke(user=user, token_id=token_id, by=user, now=timezone.now())
    messages.success(request, _("The token is revoked."))
    return redirect("tokens")
