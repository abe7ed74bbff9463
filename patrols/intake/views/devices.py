"""The page of devices: made with a token that is shown once, given another, revoked."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import segno
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from gis_server.edge import allow, positions_origin, show, user_of
from gis_server.errors import DomainError
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission, scope_q
from patrols.intake import devices as services
from patrols.intake.forms import DeviceForm
from patrols.intake.refusals import TEXTS, told_flaw
from patrols.models import Device, Member

# Nothing of a token, not even its end.
DEVICES = ListFile(
    "devices",
    [
        Column("member", gettext_lazy("Member"), lambda one: one.device.member.name),
        Column("number", gettext_lazy("Staff number"), lambda one: one.device.member.number),
        Column("name", pgettext_lazy("patrols", "Device"), lambda one: one.device.name),
        Column("last_heard_at", gettext_lazy("Last heard"), lambda one: one.device.last_heard_at),
        Column("refusal", gettext_lazy("What was sent last"), lambda one: one.told),
        Column("revoked_at", pgettext_lazy("device", "Revoked"), lambda one: one.device.revoked_at),
    ],
)
PER_PAGE = 50
EVERY_S = 10


@allow(Permission.PLAN_DUTIES)
@require_http_methods(["GET", "HEAD", "POST"])
def devices(request: HttpRequest) -> HttpResponseBase:
    """The devices of members in reach; a form makes one."""
    user, piece = user_of(request), DEVICES.piece(request, PER_PAGE)
    form = DeviceForm(request.POST or None, initial={"number": request.GET.get("number", "")[:20]})
    if request.method == "POST" and form.is_valid():
        try:
            made = add(user, form.cleaned_data)
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            return show(request, "patrols/intake/token.html", token_shown(request, *made))
    words = request.GET.get("q", "").replace("\0", "").strip()
    rows = services.devices_of(user, words)
    shown = [device_shown(row) for row in rows[piece.offset : piece.offset + piece.limit]]
    if piece is WHOLE:
        return DEVICES.answer(request, shown)
    context = {
        "here": "patrols",
        "file": DEVICES,
        "rows": shown,
        "total": rows.count(),
        "page": piece,
        "form": form,
        "words": words,
    }
    return show(request, "patrols/intake/devices.html", context, 422 if form.is_bound else 200)


def add(user: User, sent: dict[str, Any]) -> tuple[Device, str]:
    """Raises DomainError: see `services.add_device`."""
    found = Member.objects.filter(scope_q(user, "scope_code"), number=sent["number"].strip())
    member = found.values_list("pk", flat=True).first() or 0
    return services.add_device(by=user, member_id=member, name=sent["name"], now=timezone.now())


@allow(Permission.PLAN_DUTIES)
@require_POST
def rotate(request: HttpRequest, device_id: int) -> HttpResponseBase:
    """Give a device another token, which is shown once.

    Raises:
        NotFound, NotAllowed, Conflict: see `services.rotate`.
    """
    made = services.rotate(
        by=user_of(request), device_id=device_id, seen=request.POST.get("seen", ""),
        now=timezone.now(),
    )  # fmt: skip
    return show(request, "patrols/intake/token.html", token_shown(request, *made))


@allow(Permission.PLAN_DUTIES)
@require_POST
def revoke(request: HttpRequest, device_id: int) -> HttpResponseBase:
    """Refuse a device's token at once.

    Raises:
        NotFound, NotAllowed, Conflict: see `services.revoke`.
    """
    services.revoke(by=user_of(request), device_id=device_id, now=timezone.now())
    messages.success(request, _("The device is revoked: its token is refused from now on."))
    return redirect("patrol-devices")


@dataclass(frozen=True, slots=True)
class Shown:
    """A device as lists show it; refusal: in words, empty where what it sent last was taken."""

    device: Device
    refusal: str
    detail: str

    @property
    def told(self) -> str:
        """In a cell: why it was not kept, or that it was; empty where nothing was sent."""
        if self.refusal:
            return f"{self.refusal} {self.detail}".strip()
        return _("kept") if self.device.last_heard_at else ""


def device_shown(row: Device) -> Shown:
    word, _space, detail = row.last_refusal.partition(" ")
    return Shown(row, str(TEXTS.get(word, row.last_refusal)), detail and told_flaw(detail))


def token_shown(request: HttpRequest, row: Device, token: str) -> dict[str, Any]:
    """What is entered where; the token is told in this answer and never again."""
    address = f"{positions_origin(request)}/osmand"
    return {
        "here": "patrols",
        "device": row,
        "token": token,
        "address": address,
        # Behind a proxy with one host name the API's own address is the phone page's.
        "batches": f"{address}/fixes/",
        "every_s": EVERY_S,
        "qr": qr_code(f"{address}?{urlencode(traccar(token))}"),
        "osmand": f"{address}?id={token}&lat={{0}}&lon={{1}}&timestamp={{2}}&accuracy={{3}}"
        "&altitude={4}&speed_ms={5}&bearing={6}",
        "gpslogger": f"{address}?id={token}&lat=%LAT&lon=%LON&timestamp=%TIMESTAMP&accuracy=%ACC"
        "&speed_ms=%SPD&bearing=%DIR&batt=%BATT",
    }


def traccar(token: str) -> dict[str, str | int]:
    """What Traccar Client 9 takes from a QR code (its `configuration_service.dart`): a position
    every ten seconds wherever somebody goes, kept until they are confirmed.
    """
    return {
        "id": token, "accuracy": "high", "distance": 0, "interval": EVERY_S, "angle": 0,
        "buffer": "true", "stop_detection": "false",
    }  # fmt: skip


def qr_code(text: str) -> str:
    """The QR code as a data: address of an SVG, black on white whatever the page looks like."""
    code = segno.make(text, error="m", micro=False)
    return str(code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"))
