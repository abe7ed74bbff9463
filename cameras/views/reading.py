"""Reading a camera over ONVIF when somebody asks for it, and storing what of it they want.

What was read is kept nowhere: the page offers it in a form, and what comes back is checked as any
other form is.
"""

from dataclasses import asdict, replace

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cameras import services
from cameras.forms.registry import TOLD, ReadingForm
from cameras.models import Camera
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome
from cameras.reading.device import Profile, Reading, read_device
from cameras.reasons_text import TEXTS
from cameras.services import LoginWanted
from cameras.services.targets import target_at
from cameras.views.shared import page
from gis_server.edge import allow, user_of
from gis_server.errors import Conflict, Invalid
from gis_server.models import User
from gis_server.roles import Permission
from gis_server.throttle import Pace

DEADLINE_S = 12.0
"""0.8 s of them are the start of the process on an idle machine, 2 s and more on a busy one."""


@allow(Permission.MANAGE_CAMERAS, Pace.DEVICES)
@require_POST
def read_camera(request: HttpRequest, camera_id: int) -> HttpResponseBase:
    """Ask the device now, and offer what it told.  Nothing of it is stored.

    Raises:
        NotFound: no such camera in reach.
        Invalid: it has no ONVIF port.
        TooMany: see `services.begin_test`.
        Unavailable: no present key opens the stored password.
    """
    by = user_of(request)
    row = services.camera_for(by, camera_id)
    if row.onvif_port is None:
        raise Invalid(_("No ONVIF port is stored for this camera: enter it first."))
    reading = read(by, row)
    form = form_of(row, reading) if reading.device else None
    return reading_page(request, row, form, reading)


def read(by: User, row: Camera) -> Reading:
    """Ask, within the limits that live tests have; a refusal counts in the device's book."""
    now, net = timezone.now(), services.net_of(services.rules_of_camera(row.pk))
    login, leave = services.login_for_reading(row, now)
    target = replace(target_at(row, login), onvif_port=row.onvif_port)
    test = services.begin_test(by=by, host=row.host, now=now)
    outcome = LoginOutcome.NOT_SENT
    try:
        reading = read_device(target, net, deadline_s=DEADLINE_S)
        outcome = reading.login
    finally:
        services.end_test(test=test, onvif=outcome, stored_at=None, leave=leave, now=timezone.now())
    return reading


@allow(Permission.MANAGE_CAMERAS)
@require_POST
def save_reading(request: HttpRequest, camera_id: int) -> HttpResponseBase:
    """Store what was chosen of a reading.

    Raises:
        NotFound: no such camera in reach.
    """
    by = user_of(request)
    row = services.camera_for(by, camera_id)
    form = ReadingForm(request.POST)
    if form.is_valid():
        try:
            services.edit_camera(
                by=by,
                camera_id=row.pk,
                version=form.cleaned_data["version"],
                values=form.values(),
                login=LoginWanted(),
                now=timezone.now(),
            )
            messages.success(request, _("The changes are saved."))
            return redirect("camera-page", row.pk)
        except (Conflict, Invalid) as error:
            form.add_error(None, str(error.message))
    for name in ("path", "snapshot_path"):
        form.offer(name, choices(getattr(row, name), [(form.data.get(name, ""), "")]))
    return reading_page(request, row, form, None)


def form_of(row: Camera, reading: Reading) -> ReadingForm:
    """The form with what was told; where nothing was, with what is stored."""
    told = reading.device or {}
    streams = [(one.path, name_of(one)) for one in reading.profiles if one.path]
    pictures = [(one.snapshot_path, name_of(one)) for one in reading.profiles if one.snapshot_path]
    initial = {
        "version": row.version,
        "profiles": [asdict(one) for one in reading.profiles] or row.profiles,
        "path": row.path,
        "snapshot_path": row.snapshot_path or next((path for path, _name in pictures), ""),
    }
    form = ReadingForm(initial=initial)
    for name, longest in TOLD.items():
        field, stored = form.fields[name], getattr(row, name)
        form.initial[name] = told.get(name, "")[:longest] or stored
        if stored and form.initial[name] != stored:
            field.help_text = _("Now: %(value)s") % {"value": stored}
    form.offer("path", choices(row.path, streams))
    form.offer("snapshot_path", choices(row.snapshot_path, pictures))
    return form


def name_of(profile: Profile) -> str:
    return " ".join(filter(None, (profile.name, profile.size, profile.encoding)))


def choices(stored: str, told: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What is stored first, then what was told: each path once, with its names."""
    names: dict[str, list[str]] = {stored: [_("as it is now")]}
    for path, name in told:
        names.setdefault(path, []).append(name)
    return [
        (path, " · ".join(filter(None, (path or "–", ", ".join(filter(None, said))))))
        for path, said in names.items()
    ]


def reading_page(
    request: HttpRequest, row: Camera, form: ReadingForm | None, reading: Reading | None
) -> HttpResponse:
    """The form, and why there is no more; what was said to be wrong with the form, after saving."""
    trouble = None
    if reading is not None and reading.reason is not Reason.OK:
        trouble = TEXTS[reading.reason]
    context = {"camera": row, "form": form, "reading": reading, "trouble": trouble}
    return page(request, "cameras/reading.html", context, 422 if form and form.errors else 200)
