"""Pages for administrators: the list of users, a new one, one user and what can be done to them."""

import re
from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import UsernameField
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_server.accounts import user_list, users
from gis_server.edge import allow, parse_choice, parse_text, show, user_of
from gis_server.errors import Invalid, NotAllowed
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import OUTSIDE_ID_LENGTH, SCOPE_PREFIX, User
from gis_server.roles import ROLE_NAMES, Permission
from gis_server.scopes import Area, areas_of


def state_told(person: User) -> str:
    """As the page's badge says it; with what `user_list.with_state` adds."""
    if not person.is_active:
        return _("Switched off")
    if person.locked:  # type: ignore[attr-defined]
        return _("Locked out")
    return _("Password not changed yet") if person.must_change_password else _("May sign in")


USERS = ListFile(
    "users",
    [
        Column("username", gettext_lazy("User name"), lambda one: one.username),
        Column("name", pgettext_lazy("person", "Name"), lambda one: one.display_name),
        Column("role", gettext_lazy("Role"), lambda one: one.get_role_display()),
        Column("scope", gettext_lazy("Scope"), lambda one: areas_told(one.areas)),
        Column("state", gettext_lazy("State"), state_told),
        Column("last_login", gettext_lazy("Last sign-in"), lambda one: one.last_login),
        Column("two_steps", gettext_lazy("Two-step sign-in"), lambda one: one.two_steps),
        Column("sessions", gettext_lazy("Sessions"), lambda one: one.open_sessions),
    ],
)
PER_PAGE = 50
MAX_TEXT = 60
STATES = ("active", "inactive", "locked")


class UserForm(forms.Form):
    """Name, role, scope and state of a user, as far as `by` may set them."""

    display_name = forms.CharField(label=pgettext_lazy("person", "Name"), max_length=60)
    role = forms.ChoiceField(label=gettext_lazy("Role"))
    scope = forms.CharField(
        label=gettext_lazy("Scope"),
        max_length=400,
        help_text=gettext_lazy(
            "Code prefixes, separated by commas: 140107 is a district, 140107009 one street. "
            "Type a name to choose from what it finds."
        ),
        widget=forms.TextInput(attrs={"data-areas": "", "autocomplete": "off"}),
    )
    outside_id = forms.CharField(
        label=gettext_lazy("Name at the district's own sign-in"),
        max_length=OUTSIDE_ID_LENGTH,
        required=False,
        empty_value=None,
        help_text=gettext_lazy("What that sign-in calls this person; empty for none."),
    )
    is_active = forms.BooleanField(label=gettext_lazy("May sign in"), required=False, initial=True)

    def __init__(self, by: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)  # noqa: S101 - for the type checker
        role.choices = users.roles_given_by(by)
        self.fields["outside_id"].disabled = not settings.OIDC_ON
        if not settings.OIDC_ON:
            self.fields["outside_id"].widget = forms.HiddenInput()

    def clean_scope(self) -> list[str]:
        parts = [part for part in re.split(r"[\s,，、;；]+", self.cleaned_data["scope"]) if part]
        if not 0 < len(parts) <= users.MAX_PREFIXES:
            rule = _("Name 1 to %(most)d code prefixes.")
            raise forms.ValidationError(rule % {"most": users.MAX_PREFIXES})
        for part in parts:
            SCOPE_PREFIX(part)
        return users.shortest(parts)

    def wanted(self) -> users.Wanted:
        data = self.cleaned_data
        return users.Wanted(
            display_name=data["display_name"],
            role=data["role"],
            scope=data["scope"],
            is_active=data.get("is_active", True),
            outside_id=data["outside_id"] or None,
        )


class NewUserForm(UserForm):
    username = UsernameField(
        label=gettext_lazy("User name"),
        max_length=150,
        help_text=gettext_lazy("What is typed at sign-in; it cannot be changed later."),
        validators=User._meta.get_field("username").validators,
    )
    field_order = ("username",)

    def __init__(self, by: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(by, *args, **kwargs)
        del self.fields["is_active"]
        self.fields["username"].widget.attrs.update({"autocomplete": "off", "autofocus": True})


class EditForm(UserForm):
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)

    def __init__(self, by: User, user: User, data: Any) -> None:
        super().__init__(by, data, initial=_initial(user))
        if user.pk == by.pk:
            for name in ("role", "scope", "outside_id", "is_active"):
                self.fields[name].disabled = True


@allow(Permission.MANAGE_USERS)
@require_safe
def user_table(request: HttpRequest) -> HttpResponseBase:
    page = USERS.piece(request, PER_PAGE)
    filters = user_list.Filters(
        text=parse_text(request, "q", MAX_TEXT),
        role=parse_choice(request, "role", [role for role, _name in ROLE_NAMES]),
        state=parse_choice(request, "state", STATES),
    )
    rows, total = user_list.users(user_of(request), filters, page, timezone.now())
    if page is WHOLE:
        return USERS.answer(request, rows)
    context = {
        "file": USERS,
        "users": rows,
        "total": total,
        "page": page,
        "filters": filters,
        "roles": ROLE_NAMES,
        "filtered": filters != user_list.Filters(),
    }
    return show(request, "gis_server/users/list.html", context)


def areas_told(areas: Iterable[Area]) -> str:
    return "、".join(f"{one.name} {one.prefix}".strip() for one in areas)


@allow(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_user(request: HttpRequest) -> HttpResponseBase:
    by = user_of(request)
    form = NewUserForm(by, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            name = form.cleaned_data["username"]
            user, password = users.make(by=by, username=name, wanted=form.wanted())
            _warn_of_nothing(request, user)
            return _show_password(request, user, password)
        except (Invalid, NotAllowed) as error:
            form.add_error(None, str(error.message))
    return show(request, "gis_server/users/new.html", {"form": form})


@allow(Permission.MANAGE_USERS)
@require_http_methods(["GET", "HEAD", "POST"])
def one_user(request: HttpRequest, user_id: int) -> HttpResponseBase:
    by = user_of(request)
    user = users.find(by, user_id)
    form = EditForm(by, user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            edited = users.edit(by=by, user_id=user_id, version=version, wanted=form.wanted())
            messages.success(request, _("Saved."))
            _warn_of_nothing(request, edited)
            return redirect("user", user_id)
        except NotAllowed as error:
            form.add_error(None, str(error.message))
    state = user_list.with_state(User.objects.filter(pk=user.pk), timezone.now())
    [person] = user_list.with_areas(list(state))
    context = {"form": form, "person": person, "own": user.pk == by.pk}
    return show(request, "gis_server/users/one.html", context)


def _warn_of_nothing(request: HttpRequest, user: User) -> None:
    """A scope may be given before its division is brought in; a wrong digit looks the same."""
    if unknown := [area.prefix for area in areas_of(user.scope).values() if not area.name]:
        sentence = _("No division or grid has the code %(codes)s yet: check the digits.")
        messages.warning(request, sentence % {"codes": ", ".join(unknown)})


def _initial(user: User) -> dict[str, Any]:
    return {
        "display_name": user.display_name,
        "role": user.role,
        "scope": ", ".join(user.scope),
        "is_active": user.is_active,
        "outside_id": user.outside_id,
        "version": user.version,
    }


@allow(Permission.MANAGE_USERS)
@require_POST
def reset_password(request: HttpRequest, user_id: int) -> HttpResponseBase:
    user, password = users.reset_password(by=user_of(request), user_id=user_id)
    return _show_password(request, user, password)


def _show_password(request: HttpRequest, user: User, password: str) -> HttpResponseBase:
    """The only time that anybody sees it: it is neither kept nor sent again."""
    context = {"person": user, "password": password}
    return show(request, "gis_server/users/password.html", context)


@allow(Permission.MANAGE_USERS)
@require_POST
def unlock(request: HttpRequest, user_id: int) -> HttpResponseBase:
    users.unlock(by=user_of(request), user_id=user_id)
    messages.success(request, _("Signing in works again from every address."))
    return redirect("user", user_id)


@allow(Permission.MANAGE_USERS)
@require_POST
def end_sessions(request: HttpRequest, user_id: int) -> HttpResponseBase:
    _user, ended = users.end_sessions(by=user_of(request), user_id=user_id)
    sentence = ngettext("%(count)d session has ended.", "%(count)d sessions have ended.", ended)
    messages.success(request, sentence % {"count": ended})
    return redirect("user", user_id)


@allow(Permission.MANAGE_USERS)
@require_POST
def remove_second_factor(request: HttpRequest, user_id: int) -> HttpResponseBase:
    users.remove_second_factor(by=user_of(request), user_id=user_id)
    messages.success(request, _("Two-step sign-in is off for this user; the password is enough."))
    return redirect("user", user_id)


@allow(Permission.MANAGE_USERS)
@require_POST
def revoke_tokens(request: HttpRequest, user_id: int) -> HttpResponseBase:
    _user, count = users.revoke_tokens(by=user_of(request), user_id=user_id, now=timezone.now())
    sentence = ngettext("%(count)d token is revoked.", "%(count)d tokens are revoked.", count)
    messages.success(request, sentence % {"count": count})
    return redirect("user", user_id)
