"""Pages of video rounds: the list, a round and its cameras, walking it, where nothing looks."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cameras.models import Camera
from cameras.queries import cameras_of
from events.models import VideoRound
from events.rounds import dark, queries, services
from gis_server.edge import allow, parse_choice, parse_int, parse_text, show, user_of
from gis_server.errors import DomainError, Invalid
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission, covers, may, within_q
from grids.codes import prefix
from grids.models import Division

ROUNDS = ListFile(
    "video-rounds",
    [
        Column("name", gettext_lazy("Video round"), lambda one: one["round"].name),
        Column("is_active", gettext_lazy("In use"), lambda one: one["round"].is_active),
        Column("code", gettext_lazy("Territory"), lambda one: one["round"].scope_code),
        Column(
            "area", pgettext_lazy("video round", "All cameras of"), lambda one: one["round"].area
        ),
        Column("begun_at", gettext_lazy("Last walk"), lambda one: of_walk(one, "begun_at")),
        Column("ended_at", gettext_lazy("Ended"), lambda one: of_walk(one, "ended_at")),
        Column("who", pgettext_lazy("walk", "Who"), lambda one: of_walk(one, "who")),
        Column("said", gettext_lazy("Cameras looked at"), lambda one: of_walk(one, "said")),
        Column("total", gettext_lazy("Cameras"), lambda one: of_walk(one, "total")),
    ],
)
ROUND = ListFile(
    "video-round",
    [
        Column("place", gettext_lazy("Place in the round"), lambda one: one["place"]),
        Column("name", gettext_lazy("Camera"), lambda one: one["camera"].name),
        Column("code", gettext_lazy("Code"), lambda one: one["camera"].code),
        Column("address", gettext_lazy("Address"), lambda one: one["camera"].address_text),
        Column("state", gettext_lazy("State"), lambda one: one["state"]["state_text"]),
    ],
    lambda one: one["camera"].point,
)
WALKS = ListFile(
    "video-walks",
    [
        Column("begun_at", gettext_lazy("Begun"), lambda one: one.begun_at),
        Column("ended_at", gettext_lazy("Ended"), lambda one: one.ended_at),
        Column("who", pgettext_lazy("walk", "Who"), lambda one: one.who),
        Column("said", gettext_lazy("Cameras looked at"), lambda one: one.said),
        Column("total", gettext_lazy("Cameras"), lambda one: one.total),
    ],
)
DARK = ListFile(
    "dark-and-unseen",
    [
        Column("name", gettext_lazy("Camera"), lambda one: one["name"]),
        Column("code", gettext_lazy("Code"), lambda one: one["code"]),
        Column("address", gettext_lazy("Address"), lambda one: one["address"]),
        Column("since", gettext_lazy("Down since"), lambda one: one["dark"].since),
        Column("reason", pgettext_lazy("camera", "Reason"), lambda one: one["reason_text"]),
        Column("seen_at", gettext_lazy("Last seen by somebody on duty"),
               lambda one: one["dark"].seen_at),
        Column("unseen_h", gettext_lazy("Hours unseen"), lambda one: one["unseen_h"]),
    ],
    lambda one: one["dark"].camera.point,
)  # fmt: skip
PER_PAGE, MOST_DIVISIONS, MOST_FOUND, MOST_WALKS = 50, 500, 30, 20
LONGEST_SEARCH = 60


class RoundForm(forms.Form):
    """A new round: of all cameras of a territory, or a list that is then made by hand."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    division = forms.ChoiceField(label=gettext_lazy("Territory"))
    kind = forms.ChoiceField(
        label=gettext_lazy("Cameras"), initial="area",
        choices=[
            ("area", gettext_lazy("All of this territory, also those entered later")),
            ("list", gettext_lazy("A list made by hand")),
        ],
    )  # fmt: skip

    def __init__(self, divisions: list[Division], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = [(prefix(one.code), one.name) for one in divisions]
        self.fields["division"].choices = choices  # type: ignore[attr-defined]

    def wanted(self) -> services.Wanted:
        data = self.cleaned_data
        area = data["division"] if data["kind"] == "area" else ""
        return services.Wanted(data["name"], data["division"], area)


@allow(Permission.DO_ROUNDS)
@require_http_methods(["GET", "HEAD", "POST"])
def rounds(request: HttpRequest) -> HttpResponseBase:
    """The rounds in reach with their last walks, and a form for a new one."""
    user, piece = user_of(request), ROUNDS.piece(request, PER_PAGE)
    form = RoundForm(divisions_of(user), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.make(by=user, wanted=form.wanted(), now=timezone.now())
        except DomainError as refused:
            form.add_error(None, str(refused.message))
        else:
            messages.success(request, _("The video round is made."))
            return redirect("video-round", row.pk)
    rows, total = queries.listed(user, piece)
    walks = queries.newest_walks(rows)
    shown = [{"round": row, "walk": walks.get(row.pk)} for row in rows]
    if piece is WHOLE:
        return ROUNDS.answer(request, shown)
    context = {
        "file": ROUNDS,
        "rows": shown,
        "total": total,
        "page": piece,
        "form": form,
    }
    return page(request, "events/rounds/list.html", context, 422 if form.is_bound else 200)


def of_walk(one: dict[str, Any], name: str) -> object:
    """Of the last walk of a round; None where there was none."""
    return getattr(one["walk"], name) if one["walk"] else None


def divisions_of(user: User) -> list[Division]:
    """Communities, streets and districts of the user's own territory."""
    rows = Division.objects.filter(within_q(user.scope, "code")).order_by("code")
    return [one for one in rows[:MOST_DIVISIONS] if len(prefix(one.code)) >= 6]


@allow(Permission.DO_ROUNDS)
@require_safe
def one_round(request: HttpRequest, round_id: int) -> HttpResponseBase:
    """A round, its cameras and walks; `q` finds cameras to add.  As a file: the cameras, or with
    `of=walks` all walks.
    """
    user = user_of(request)
    row = queries.round_for(user, round_id)
    if parse_choice(request, "of", ["walks"]) and WALKS.is_asked(request):
        return WALKS.answer(request, queries.walks_of(row, WHOLE.limit))
    cameras = queries.cameras_in(user, row)
    shown = [
        {"camera": one, "place": place, "state": queries.camera_item(one, None, 0)}
        for place, one in enumerate(cameras, 1)
    ]
    if ROUND.is_asked(request):
        return ROUND.answer(request, shown)
    is_own = covers(user.scope, row.scope_code)
    words = parse_text(request, "q", LONGEST_SEARCH)
    context = {
        "round": row,
        "file": ROUND,
        "walks_file": WALKS,
        "cameras": shown,
        "is_own": is_own,
        "by_hand": is_own and not row.area,
        "q": words,
        "found": found(user, row, words, cameras) if is_own and not row.area and words else [],
        "walks": queries.walks_of(row, MOST_WALKS),
    }
    return page(request, "events/rounds/round.html", context)


def found(user: User, row: VideoRound, words: str, cameras: list[Camera]) -> list[Camera]:
    """Cameras to add whose name or code has the words."""
    rows = cameras_of(user).filter(enabled=True, has_video=True)
    matching = rows.filter(name__icontains=words) | rows.filter(code__icontains=words)
    there = [one.pk for one in cameras]
    return list(matching.exclude(pk__in=there).order_by("name", "id")[:MOST_FOUND])


@allow(Permission.DO_ROUNDS)
@require_POST
def change_round(request: HttpRequest, round_id: int) -> HttpResponseBase:
    """`do`: add, remove, up or down with a `camera`; away or back."""
    user, verb = user_of(request), request.POST.get("do", "")
    camera_id = number_of(request.POST.get("camera", ""))
    match verb:
        case "add":
            services.add_camera(by=user, round_id=round_id, camera_id=camera_id)
        case "remove":
            services.remove_camera(by=user, round_id=round_id, camera_id=camera_id)
        case "up" | "down":
            services.move_camera(by=user, round_id=round_id, camera_id=camera_id, up=verb == "up")
        case "away" | "back":
            services.set_active(by=user, round_id=round_id, is_active=verb == "back")
        case _:
            raise Invalid(_("There is no such step of a video round."))
    return redirect(reverse("video-round", args=[round_id]))


def number_of(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@allow(Permission.DO_ROUNDS)
@require_POST
def begin(request: HttpRequest, round_id: int) -> HttpResponseBase:
    walk = services.begin(by=user_of(request), round_id=round_id, now=timezone.now())
    return redirect("video-walk", walk.pk)


@allow(Permission.DO_ROUNDS)
@require_safe
def walk(request: HttpRequest, walk_id: int) -> HttpResponseBase:
    """The page that goes through the cameras; the script reads them from the API."""
    user = user_of(request)
    services.must_see_pictures(user)
    row = queries.walk_for(user, walk_id)
    context = {
        "walk": row,
        "is_own": row.by_id == user.pk,
        "config": {
            "csrf": get_token(request),
            "walk": reverse("api-video-walk", args=[row.pk]),
            "cameras": "/api/cameras/",
            "new_event": reverse("new-event"),
            "rounds": reverse("video-round", args=[row.round_id]),
            "fresh_s": int(services.FRESH.total_seconds()),
            "may_take": may(user.role, Permission.TAKE_PICTURES),
            "may_report": may(user.role, Permission.REPORT_EVENTS),
            "is_own": row.by_id == user.pk and row.ended_at is None,
        },
    }
    return page(request, "events/rounds/walk.html", context)


@allow(Permission.SEE_COVERAGE)
@require_safe
def unseen(request: HttpRequest) -> HttpResponseBase:
    """Dark cameras that nobody on duty has come by either."""
    user, now, piece = user_of(request), timezone.now(), DARK.piece(request, PER_PAGE)
    hours = parse_int(request, "hours", dark.DEFAULT_HOURS, 1, dark.MOST_HOURS)
    rows = dark.dark_and_unseen(user, hours, now)
    part = rows[piece.offset : piece.offset + piece.limit]
    shown = [{"dark": row} | dark.item(row, now) for row in part]
    if piece is WHOLE:
        return DARK.answer(request, shown)
    context = {
        "here": "patrols",
        "file": DARK,
        "rows": shown,
        "total": len(rows),
        "page": piece,
        "hours": hours,
        "most_hours": dark.MOST_HOURS,
        "may_send": may(user.role, Permission.SEND_PATROLS),
        "sees_cameras": may(user.role, Permission.SEE_CAMERAS),
    }
    return page(request, "events/rounds/dark.html", context)


def page(
    request: HttpRequest, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    return show(request, template, {"here": "events"} | context, status)
