"""The logins that cameras share: the list, a new one, one that is changed or removed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from cameras import page_queries, services
from cameras.forms.registry import CredentialForm
from cameras.models import Credential
from cameras.views.shared import page
from gis_server.edge import allow, user_of
from gis_server.errors import Conflict, Invalid, NotAllowed, NotFound
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.roles import Permission

LOGINS = ListFile(
    "shared-logins",
    [
        Column("name", gettext_lazy("Shared login"), lambda one: one.name),
        Column("username", gettext_lazy("User name of the camera"), lambda one: one.username),
        Column("stored", gettext_lazy("Password stored"), lambda one: bool(one.username)),
        Column("plain", gettext_lazy("May travel readable"),
               lambda one: bool(one.username and one.allow_plain)),
        Column("cameras", gettext_lazy("Cameras"), lambda one: one.mine),
        Column("changed_at", gettext_lazy("Changed"), lambda one: one.changed_at),
    ],
)  # fmt: skip


@allow(Permission.MANAGE_LOGINS)
@require_http_methods(["GET", "HEAD", "POST"])
def credentials(request: HttpRequest) -> HttpResponseBase:
    """All of them, and the form for a new one."""
    by, form = user_of(request), CredentialForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_credential(by=by, wanted=form.wanted(), now=timezone.now())
            messages.success(request, _("The shared login is stored."))
            return redirect("credentials")
        except (Invalid, Conflict) as error:
            form.add_error(None, str(error.message))
    rows = page_queries.credentials(by)
    if LOGINS.is_asked(request):
        return LOGINS.answer(request, rows[: WHOLE.limit])
    context = {"file": LOGINS, "rows": rows, "form": form}
    return page(request, "cameras/credentials.html", context, 422 if form.errors else 200)


@allow(Permission.MANAGE_LOGINS)
@require_http_methods(["GET", "HEAD", "POST"])
def credential(request: HttpRequest, credential_id: int) -> HttpResponseBase:
    """One of them; what is stored is not shown, only replaced.

    Raises:
        NotFound: there is no such login (any more).
    """
    by = user_of(request)
    row = Credential.objects.filter(pk=credential_id).first()
    if row is None:
        raise NotFound(_("There is no such group of logins (any more)."))
    initial = {"name": row.name, "username": row.username, "allow_plain": row.allow_plain}
    form = CredentialForm(request.POST or None, initial=initial)
    form.fields["password"].help_text = _("Empty: the stored one stays. It is never shown.")
    if request.method == "POST" and form.is_valid():
        try:
            services.change_credential(
                by=by, credential_id=row.pk, wanted=form.wanted(), now=timezone.now()
            )
            messages.success(request, _("Saved. The cameras that use it are asked with it now."))
            return redirect("credentials")
        except (Invalid, Conflict, NotAllowed) as error:
            form.add_error(None, str(error.message))
    context = {"row": row, "form": form}
    return page(request, "cameras/credential.html", context, 422 if form.errors else 200)


@allow(Permission.MANAGE_LOGINS)
@require_POST
def remove_credential(request: HttpRequest, credential_id: int) -> HttpResponseBase:
    try:
        services.remove_credential(by=user_of(request), credential_id=credential_id)
        messages.success(request, _("The shared login is removed."))
    except (Conflict, NotAllowed) as error:
        messages.error(request, str(error.message))
    return redirect("credentials")
