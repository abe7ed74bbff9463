"""One's own track: seen, taken away as a file, added to from a file, and disputed."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gis_server import audit
from gis_server.edge import allow, json_ok, parse_day, show, user_of
from gis_server.errors import DomainError, Invalid, NotFound
from gis_server.file_answers import saved_as
from gis_server.models import User
from gis_server.openapi.marks import asks
from gis_server.openapi.schemas import DAY
from gis_server.roles import Permission
from gis_server.throttle import Pace
from patrols.intake import disputes as services
from patrols.intake import drawing, exports, uploading
from patrols.intake.devices import member_for
from patrols.intake.forms import DisputeForm
from patrols.intake.partitions import midnight
from patrols.intake.tracks import Held, day_span, held_of
from patrols.intake.views.devices import device_shown
from patrols.models import Device, Dispute, Duty, Member
from patrols.track import Means
from patrols.uploads import MOST_BYTES

MOST_DAYS = 60
MOST_DISPUTES = 50
PIECE = 256 * 1024


def own_member(user: User) -> Member | None:
    return Member.objects.filter(user=user).first()


@allow(Permission.DO_PATROLS)
@require_http_methods(["GET", "HEAD"])
def me(request: HttpRequest) -> HttpResponseBase:
    """One's own track of a day."""
    return shown(request, DisputeForm(auto_id="dispute-%s"))


@allow(Permission.DO_PATROLS)
@require_POST
def dispute(request: HttpRequest) -> HttpResponseBase:
    """Say of a time of one's own track that it is wrong."""
    user, form = user_of(request), DisputeForm(request.POST, auto_id="dispute-%s")
    member = member_of(user)
    if form.is_valid():
        day = form.cleaned_data["day"]
        begin, end = (_moment(day, form.cleaned_data[name]) for name in ("begin", "end"))
        try:
            services.dispute(
                by=user, member=member, begin=begin,
                end=end if end > begin else end + timedelta(days=1),
                reason=form.cleaned_data["reason"], now=timezone.now(),
            )  # fmt: skip
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The dispute is sent. Somebody else decides about it."))
            return redirect(f"{reverse('my-track')}?day={day.isoformat()}")
    return shown(request, form, form.cleaned_data.get("day"))


def _moment(day: date, at: Any) -> datetime:
    return midnight(day) + timedelta(hours=at.hour, minutes=at.minute)


def shown(request: HttpRequest, form: DisputeForm, day: date | None = None) -> HttpResponseBase:
    user = user_of(request)
    member = own_member(user)
    if member is None:
        return show(request, "patrols/intake/no_member.html", {"here": "patrols"})
    day = day or parse_day(request, "day") or last_day(member) or timezone.localdate()
    duties = duties_on(member, day)
    context = {
        "here": "patrols",
        "member": member,
        "day": day,
        "days": days_of(member),
        "duties": duties,
        "devices": [device_shown(row) for row in Device.objects.filter(member=member)],
        "disputes": Dispute.objects.filter(member=member)[:MOST_DISPUTES],
        "form": form,
        "flags": drawing.TEXTS,
        "kept_days": settings.PATROL_KEPT_DAYS,
        "kinds": list(exports.KINDS),
        "config": map_config(request, f"{reverse('my-track-drawn')}?day={day.isoformat()}"),
    }
    return show(request, "patrols/intake/me.html", context, 422 if form.is_bound else 200)


def map_config(request: HttpRequest, track: str, **more: Any) -> dict[str, Any]:
    """What the map of a track needs; the same as maps of grids' pages, and where the track is."""
    urls = {
        "edition": reverse("edition"),
        "tiles": "/tiles",
        "ticket": reverse("live-ticket"),
        "track": track,
    }
    return {
        "urls": urls | more,
        "csrf": get_token(request),
        "texts": {word: str(text) for word, text in drawing.TEXTS.items()},
    }


def member_of(user: User) -> Member:
    """
    Raises:
        NotFound: the user is entered as no member.
    """
    found = own_member(user)
    if found is None:
        raise NotFound(_("You are not entered as somebody who is put on duty."))
    return found


def days_of(member: Member) -> list[date]:
    """The last days with a duty that has begun, the newest first, of which positions are kept."""
    today = timezone.localdate()
    first = today - timedelta(days=settings.PATROL_KEPT_DAYS)
    rows = Duty.objects.filter(member=member, day__gte=first, day__lte=today, withdrawn_at=None)
    days = rows.order_by("-day").values_list("day", flat=True).distinct()
    return list(days[:MOST_DAYS])


def last_day(member: Member) -> date | None:
    return next(iter(days_of(member)), None)


def duties_on(member: Member, day: date) -> QuerySet[Duty]:
    rows = Duty.objects.filter(member=member, day=day).select_related("post", "shift")
    return rows.order_by("shift__begins", "pk")


@allow(Permission.DO_PATROLS)
@require_safe
@asks(day=DAY)
def drawn(request: HttpRequest) -> JsonResponse:
    """GeoJSON of one's own track of a day: see `drawing.drawn`."""
    member, held, _day = asked(request)
    return json_ok(drawing.drawn(held, Means(member.means)))


def asked(request: HttpRequest) -> tuple[Member, Held, date]:
    member = member_of(user_of(request))
    day = parse_day(request, "day") or timezone.localdate()
    return member, held_of(member.pk, *day_span(day)), day


@allow(Permission.DO_PATROLS, Pace.FILES)
@require_safe
def export(request: HttpRequest, track_kind: str) -> HttpResponseBase:
    """One's own fixes of a day with all that is kept of them, as GPX, CSV or GeoJSON.

    Raises:
        NotFound: another kind, or the user is entered as no member.
    """
    kind = track_kind
    if kind not in exports.KINDS:
        raise NotFound(_("There is no such kind of file."))
    member, held, day = asked(request)
    rows = rows_of(held, Means(member.means))
    name = f"track-{member.number}-{day.isoformat()}"
    content = {
        "gpx": lambda: exports.gpx(rows, name),
        "csv": lambda: exports.csv(rows),
        "geojson": lambda: exports.geojson(rows),
    }[kind]()
    audit.note(
        by=user_of(request), action="track.exported", subject=member.number,
        scope=member.scope_code, detail={"format": kind, "since": day.isoformat()},
    )  # fmt: skip
    response = HttpResponse(b"".join(content), content_type=exports.KINDS[kind])
    return saved_as(response, f"{name}.{kind}")


def rows_of(held: Held, means: Means) -> Iterator[exports.Row]:
    flags = np.zeros(len(held), np.int64)
    flags[~held.is_disputed] = held.counting().track(means).flags
    zone = timezone.get_default_timezone()
    for one in range(len(held)):
        told = (held.accuracy_m, held.speed_ms, held.bearing, held.battery)
        accuracy, speed, bearing, battery = (
            None if np.isnan(column[one]) else round(float(column[one]), 2) for column in told
        )
        yield exports.Row(
            datetime.fromtimestamp(held.t[one], zone), float(held.lon[one]), float(held.lat[one]),
            accuracy, speed, bearing, None if battery is None else int(battery),
            bool(held.is_mock[one]), datetime.fromtimestamp(held.received[one], zone),
            tuple(drawing.flag_words(held, flags, one)),
        )  # fmt: skip


@allow(Permission.DO_PATROLS, Pace.IMPORTS)
@require_POST
def upload_own(request: HttpRequest) -> JsonResponse:
    """A file of one's own track as a raw body; answers what became of its points.

    Raises:
        NotFound: the user is entered as no member.
        Invalid: too large, or it cannot be read.
    """
    return uploaded(request, member_of(user_of(request)))


@allow(Permission.PLAN_DUTIES, Pace.IMPORTS)
@require_http_methods(["GET", "HEAD", "POST"])
def upload_for(request: HttpRequest, member_id: int) -> HttpResponseBase:
    """The same by whoever plans the member's duties.

    Raises:
        NotFound: no such member in reach.
        Invalid: too large, or it cannot be read.
    """
    member = member_for(user_of(request), member_id)
    if request.method == "POST":
        return uploaded(request, member)
    context = {"here": "patrols", "member": member, "config": {"csrf": get_token(request)}}
    return show(request, "patrols/intake/upload.html", context)


def uploaded(request: HttpRequest, member: Member) -> JsonResponse:
    user = user_of(request)
    if not member.is_active:
        raise Invalid(_("This member is not active."))
    if int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES:
        raise Invalid(_("The file is larger than %(most)d MB.") % {"most": MOST_BYTES // 2**20})
    answer = uploading.upload(
        by=user, member=member, name=request.GET.get("name", "").replace("\0", "")[:100],
        chunks=iter(lambda: request.read(PIECE), b""), now=timezone.now(),
    )  # fmt: skip
    return json_ok(uploading.as_json(answer))
