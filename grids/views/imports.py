"""Pages that bring files of the territory in: list, new, and one import through its steps."""

import errno
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, cast

from django.contrib import messages
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    UnreadablePostError,
)
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from gis_server.edge import allow, json_ok
from gis_server.errors import Conflict, Invalid, Unavailable
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import User
from gis_server.roles import Permission
from gis_server.throttle import Pace
from grids.imports import offers, queries, queue, services, words, work
from grids.imports.flow import Step
from grids.imports.into import plans
from grids.imports.limits import LIMITS, MIB
from grids.imports.problems import Problem
from grids.imports.targets import TARGETS
from grids.imports.texts import sentence
from grids.imports.told import said_of_run
from grids.models import ImportFault, ImportRun, ImportTarget
from grids.views.shared import map_config

IMPORTS = ListFile(
    "imports",
    [
        Column("number", gettext_lazy("Number"), lambda one: one["run"].id),
        Column("file", gettext_lazy("File"), lambda one: one["run"].source_name),
        Column("kind", gettext_lazy("Kind"), lambda one: one["run"].get_target_display()),
        Column("code", gettext_lazy("Territory"), lambda one: one["run"].scope),
        Column("state", gettext_lazy("State"), lambda one: one["step"]),
        Column("faults", gettext_lazy("Faults"), lambda one: one["faults"]),
        Column("changes", gettext_lazy("What it changes"), lambda one: counts_told(one["counts"])),
        Column("by", pgettext_lazy("who", "By"), lambda one: one["run"].by and str(one["run"].by)),
        Column("begun_at", gettext_lazy("When"), lambda one: one["run"].begun_at),
    ],
)
FAULTS = ListFile(
    "import-faults",
    [
        Column("row", gettext_lazy("Row"), lambda one: one["fault"].row),
        Column("column", gettext_lazy("Column"), lambda one: one["fault"].column),
        Column("said", gettext_lazy("What is wrong"), lambda one: one["said"]),
    ],
    lambda one: one["place"] and one["place"].point_on_surface,
)
ROWS = 30
FAULT_ROWS = 50
LONGEST_NAME = 200
# The kinds in the order in which a district is brought in; plans have a page of their own.
ORDER = tuple(kind for kind in ImportTarget if kind is not ImportTarget.PLANS)
MODULES = ("changes_map", "confirm", "faults_map", "mapping", "new", "progress")


def who(request: HttpRequest) -> User:
    """The signed-in user; `allow` has let nobody else through."""
    return cast("User", request.user)


def page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """A page of imports; nothing of it is kept by the browser."""
    response = render(
        request, f"grids/imports/{name}.html", {"modules": MODULES, "tab": "imports"} | context
    )
    response["Cache-Control"] = "private, no-store"
    return response


# The list ----------------------------------------------------------------------------------------
@allow(Permission.IMPORT_TERRITORY)
@require_GET
def listed(request: HttpRequest) -> HttpResponseBase:
    """The imports within reach, and what to bring in next."""
    piece = IMPORTS.piece(request, ROWS)
    rows = queries.imports_of(who(request))
    shown = [_row(run) for run in rows[piece.offset : piece.offset + piece.limit]]
    if piece is WHOLE:
        return IMPORTS.answer(request, shown)
    there = queries.what_is_there(who(request))
    context = {
        "piece": piece,
        "total": rows.count(),
        "file": IMPORTS,
        "rows": shown,
        "kinds": [_kind(target, there) for target in ORDER],
        "next": next((target for target in ORDER if not there[target]), None),
    }
    return page(request, "list", context)


def counts_told(counts: list[dict[str, Any]]) -> str:
    return " · ".join(f"{one['label']} {one['count']}" for one in counts)


def _row(run: ImportRun) -> dict[str, Any]:
    step, badge = words.step_of(run)
    faults = sum(run.fault_counts.values())
    shown = ("new", "changed", "same")
    counts = [row for row in words.count_rows(run) if row["name"] in shown]
    return {"run": run, "step": step, "badge": badge, "faults": faults, "counts": counts}


def _kind(target: ImportTarget, there: dict[str, int]) -> dict[str, Any]:
    return {
        "name": target.value,
        "label": target.label,
        "help": words.KINDS[target],
        "count": there[target],
    }


@allow(Permission.IMPORT_TERRITORY)
@require_GET
def help_page(request: HttpRequest) -> HttpResponse:
    """What can be brought in: kinds, columns, accepted words, limits."""
    return page(request, "help", {"kinds": words.explained(), "limits": LIMITS})


# A new one ---------------------------------------------------------------------------------------
@allow(Permission.IMPORT_TERRITORY)
@require_GET
def new(request: HttpRequest) -> HttpResponseBase:
    there = queries.what_is_there(who(request))
    asked = request.GET.get("kind", "")
    if asked == ImportTarget.PLANS:
        return redirect("grid-plan-import")
    first = next((target.value for target in ORDER if not there[target]), ORDER[0].value)
    context = {
        "kinds": [_kind(target, there) for target in ORDER],
        "chosen_kind": asked if asked in TARGETS else first,
    }
    return page(request, "new", context | _new(request))


def _new(request: HttpRequest) -> dict[str, Any]:
    reach = who(request).reach
    return {
        "territories": queries.territories(who(request)),
        "scope": reach[0] if len(reach) == 1 else "",
        "today": timezone.localdate(),
        "limit_bytes": LIMITS.file_bytes,
        "limit_mb": LIMITS.file_bytes // MIB,
    }


@allow(Permission.EDIT_TERRITORY)
@require_GET
def new_plan(request: HttpRequest) -> HttpResponse:
    """Bring an edited layer of grids in as the draft of a plan."""
    return page(request, "new_plan", {"here": "plans", "tab": ""} | _new(request))


@allow(Permission.IMPORT_TERRITORY, Pace.IMPORTS)
@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    """Take a file in: the body is the file, the query says what it is.

    Read in blocks straight onto the disk, after the permission was checked; never as a form, which
    would be stored before anybody is asked.

    Raises:
        Invalid: no length, too large, broken off, or the query makes no sense.
        Unavailable: no room on the disk.
    """
    size = _length(request)
    asked = request.GET
    try:
        run = services.begin(
            content=cast("Any", Body(request, size)),
            source_name=asked.get("name", "")[:LONGEST_NAME],
            target=asked.get("kind", ""),
            scope=asked.get("scope", "").strip(),
            valid_from=_day(asked.get("valid_from", "")),
            by=who(request),
            now=timezone.now(),
        )
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        message = _("The server has no room for the file. Tell its administrator.")
        raise Unavailable(message) from None
    queue.hand_over(run)
    return json_ok({"url": reverse("import", args=[run.id])}, status=201)


class Body:
    """The file in a request's body; ends with an error when the sender goes away in between."""

    def __init__(self, request: HttpRequest, size: int) -> None:
        self.request = request
        self.left = size

    def read(self, most: int) -> bytes:
        """Up to `most` bytes, none at the end.

        Raises:
            Invalid: the body ended before the length that it stated.
        """
        if not self.left:
            return b""
        try:
            block = self.request.read(min(most, self.left))
        except UnreadablePostError:
            block = b""
        if not block:
            raise Invalid(_("The upload broke off, and nothing was kept. Send the file again."))
        self.left -= len(block)
        return bytes(block)


def _length(request: HttpRequest) -> int:
    text = request.headers.get("Content-Length", "")
    size = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
    if not size:
        raise Invalid(_("Choose a file that is not empty."))
    if size > LIMITS.file_bytes:
        rule = _("The file is larger than %(limit_mb)d MB: split it and send the parts.")
        raise Invalid(rule % {"limit_mb": LIMITS.file_bytes // MIB})
    return size


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not date(1949, 10, 1) <= day <= date(2099, 12, 31):
        raise Invalid(_("Say from which day on the data holds, such as 2026-01-01."))
    return day


# One import --------------------------------------------------------------------------------------
@allow(Permission.IMPORT_TERRITORY)
@require_GET
def one(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """The page that an import's step calls for; its faults are taken along as a file."""
    run = services.run_of(who(request), run_id)
    if run.at_work:
        return _progress(request, run)
    if run.step == Step.WAITING:
        return _mapping(request, run)
    return _report(request, run)


@allow(Permission.IMPORT_TERRITORY)
@require_GET
def reading(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Change how a file is read, also after it was checked."""
    run = services.run_of(who(request), run_id)
    if run.step not in (Step.WAITING, Step.CHECKED):
        return redirect("import", run_id)
    return _mapping(request, run)


def _progress(request: HttpRequest, run: ImportRun) -> HttpResponse:
    return page(request, "progress", {"run": run, "state": _state(run), **_common(run)})


@allow(Permission.IMPORT_TERRITORY)
@require_GET
def state(request: HttpRequest, run_id: int) -> JsonResponse:
    """Where an import is, for the page that watches it."""
    return json_ok(_state(services.run_of(who(request), run_id)))


def _state(run: ImportRun) -> dict[str, Any]:
    """step, at_work, rows, of; waits: nobody has taken the work up; queue: whether it answers."""
    known = {"step": run.step, "at_work": run.at_work, "rows": 0, "of": None, "waits": False}
    if not run.at_work:
        return known | {"queue": True}
    begun = queue.has_begun(run)
    # Rows are told through the cache, too: what it says before the job began is of an earlier one.
    told = work.progress(run) if begun else {}
    waits = not begun and not queue.alive(run)
    return known | told | {"waits": waits, "queue": queue.queue_answers()}


def _common(run: ImportRun) -> dict[str, Any]:
    step, badge = words.step_of(run)
    return {
        "step": step,
        "badge": badge,
        "said": said_of_run(run),
        "reading": words.reading_of(run),
        "seen": run.step_at.isoformat(),
        "retires": words.RETIRES.get(run.target, ""),
    }


@dataclass(frozen=True)
class Chosen:
    """How somebody says that a file is to be read; see `services.confirm`."""

    layer: str
    mapping: dict[str, str]
    frame: str
    exchange_axes: bool
    retire_absent: bool


def _offered(run: ImportRun, layer: dict[str, Any]) -> Chosen:
    """The reading that stands in the run, or the guess for a layer that was not looked at."""
    frame = run.frame if layer["name"] == run.layer else layer["frame"]
    mapping = offers.mapping_of(run, layer)
    return Chosen(layer["name"], mapping, frame, run.exchange_axes, run.retire_absent)


def _mapping(request: HttpRequest, run: ImportRun, chosen: Chosen | None = None) -> HttpResponse:
    asked = chosen.layer if chosen else request.GET.get("layer", run.layer)
    layer = offers.layer_named(run, asked) or offers.layer_named(run, run.layer)
    if layer is None:
        raise Invalid(_("The file has no such layer or sheet."))
    chosen = chosen or _offered(run, layer)
    fields, position = offers.offers(run.target, chosen.mapping)
    context = {
        "run": run,
        "layer": layer,
        "layers": [one for one in run.layers if not one.get("refused")],
        "refused": offers.refused_layers(run),
        "fields": fields,
        "position": [] if layer["geometry"] else position,
        "samples": offers.samples(layer),
        "rows": [[row.get(name, "") for name in layer["columns"]] for row in layer["rows"]],
        "shape": TARGETS[run.target].shape,
        "chosen": chosen,
        "frames": offers.frames(),
        "stated": words.frame_label(layer["frame"]) if layer["frame"] else "",
        "told": _told(run, layer),
        "disagrees": layer["name"] == run.layer and words.disagrees(run, chosen.frame),
        **_common(run),
    }
    return page(request, "mapping", context)


def _told(run: ImportRun, layer: dict[str, Any]) -> str:
    """What the known places say; that they cannot tell is said only where the file does not."""
    unknown = not run.guess.get("frame")
    if layer["name"] != run.layer or (unknown and layer["frame"]):
        return ""
    return words.said_of_guess(run.guess)


def _report(request: HttpRequest, run: ImportRun) -> HttpResponseBase:
    piece = FAULTS.piece(request, FAULT_ROWS)
    kinds = queries.kinds_of_faults(run)
    known = {kind.problem for kind in kinds}
    asked = request.GET.get("problem", "")
    problem = asked if asked in known else ""
    found = queries.faults_of(run, problem)
    faults = [_fault(run, one) for one in found[piece.offset : piece.offset + piece.limit]]
    if piece is WHOLE:
        return FAULTS.answer(request, faults)
    is_plan = run.target == ImportTarget.PLANS
    compared = is_plan and plans.is_comparable(run)
    context = {
        "run": run,
        "counts": words.count_rows(run),
        "kinds": kinds,
        "problem": problem,
        "piece": piece,
        "total_faults": sum(kind.count for kind in kinds),
        "kept": sum(k.kept for k in kinds if not problem or k.problem == problem),
        "file": FAULTS,
        "faults": faults,
        # Two maps of before and after show the places of faults, too.
        "compared": _comparison(request, run) if compared else None,
        "mapped": not compared and queries.has_places(run),
        "samples": [_sample(run, sample) for sample in run.samples],
        "nothing": run.may_be_applied and not words.changes(run),
        "is_plan": is_plan,
        **_common(run),
    }
    return page(request, "report", context)


def _fault(run: ImportRun, fault: ImportFault) -> dict[str, Any]:
    place = queries.place_of(fault, run)
    return {
        "fault": fault,
        "said": sentence(Problem(fault.problem), fault.details),
        "place": place,
        "box": place.extent if place else None,
    }


def _comparison(request: HttpRequest, run: ImportRun) -> dict[str, Any]:
    config = map_config(request)
    config["urls"]["shapes"] = reverse("import-changes", args=[run.id])
    return config


def _sample(run: ImportRun, sample: dict[str, Any]) -> dict[str, Any]:
    changes = [
        {"label": words.label_of_field(run.target, name), "before": pair[0], "after": pair[1]}
        for name, pair in sample.get("changes", {}).items()
    ]
    return sample | {"changes": changes}


# Buttons -----------------------------------------------------------------------------------------
def _as_seen(request: HttpRequest, run_id: int) -> ImportRun:
    """The import of a button, as its page showed it.

    Raises:
        Conflict: it has moved on since the page was made.
    """
    run = services.run_of(who(request), run_id)
    if parse_seen(request.POST.get("seen", "")) != run.step_at:
        raise Conflict(_("This import has moved on meanwhile. Reload the page."))
    return run


def parse_seen(text: str) -> datetime | None:
    try:
        return parse_datetime(text)
    except ValueError:
        return None


def _pressed(
    request: HttpRequest, run_id: int, do: Callable[[ImportRun], ImportRun]
) -> HttpResponseBase:
    """Do what a button says and go to the import's page, which also shows why it was refused."""
    try:
        run = do(_as_seen(request, run_id))
    except (Conflict, Invalid) as error:
        messages.error(request, str(error.message))
        return redirect("import", run_id)
    if run.at_work:
        queue.hand_over(run)
    return redirect("import", run_id)


@allow(Permission.IMPORT_TERRITORY, Pace.IMPORTS)
@require_POST
def confirm(request: HttpRequest, run_id: int) -> HttpResponseBase:
    """Say what the columns mean, and have all rows checked; what was chosen stays when refused."""
    try:
        run = _as_seen(request, run_id)
    except Conflict as error:
        messages.error(request, str(error.message))
        return redirect("import", run_id)
    chosen = _chosen(request, run)
    try:
        run = services.confirm(run, **asdict(chosen), by=who(request), now=timezone.now())
    except Invalid as error:
        messages.error(request, str(error.message))
        return _mapping(request, run, chosen)
    queue.hand_over(run)
    return redirect("import", run_id)


def _chosen(request: HttpRequest, run: ImportRun) -> Chosen:
    given, known = request.POST, TARGETS[run.target]
    names = [field.name for field in (*known.fields, *known.position)]
    return Chosen(
        layer=given.get("layer", ""),
        mapping={name: given.get(f"field-{name}", "") for name in names},
        frame=given.get("frame", ""),
        exchange_axes=bool(given.get("exchange")),
        retire_absent=bool(given.get("retire")),
    )


@allow(Permission.IMPORT_TERRITORY, Pace.IMPORTS)
@require_POST
def apply(request: HttpRequest, run_id: int) -> HttpResponseBase:
    return _pressed(
        request, run_id, lambda run: services.start_apply(run, by=who(request), now=timezone.now())
    )


@allow(Permission.IMPORT_TERRITORY, Pace.IMPORTS)
@require_POST
def check_again(request: HttpRequest, run_id: int) -> HttpResponseBase:
    return _pressed(request, run_id, lambda run: services.again(run, now=timezone.now()))


@allow(Permission.IMPORT_TERRITORY)
@require_POST
def discard(request: HttpRequest, run_id: int) -> HttpResponseBase:
    return _pressed(
        request, run_id, lambda run: services.discard(run, by=who(request), now=timezone.now())
    )
