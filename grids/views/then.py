"""Looking beside and back: two plans or days compared, the map of a day, old grids on new ones."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_safe

from gis_server.edge import Page, allow, json_ok, parse_choice, parse_day, parse_int, parse_text
from gis_server.errors import Invalid
from gis_server.list_files import WHOLE, Column, ListFile
from gis_server.models import LONGEST_CODE, User
from gis_server.roles import Permission
from gis_server.throttle import Pace
from grids.crosswalk import Share
from grids.plans.looking_back import ground, past
from grids.plans.looking_back.sides import (
    Change,
    Difference,
    Side,
    asked_plan,
    box_of,
    differences,
    pictures,
    side,
    usual_before,
)
from grids.views.plans import plans_page, territories
from grids.views.shared import map_config, who

ROWS = 100
MOST_CHOICES = 200
LONGEST_SIDE = 20
CHANGES: dict[Change, tuple[Any, str]] = {
    Change.BORN: (pgettext_lazy("grid compared", "New"), "good"),
    Change.RETIRED: (pgettext_lazy("grid compared", "Retired"), "bad"),
    Change.RESHAPED: (pgettext_lazy("grid compared", "Other border"), "warn"),
    Change.RENAMED: (pgettext_lazy("grid compared", "Other code or name"), ""),
}


def change_text(one: Difference) -> str:
    return str(CHANGES[one.change][0])


DIFFERENCES = ListFile(
    "grids-compared",
    [
        Column("change", pgettext_lazy("grid compared", "Change"), change_text),
        Column("code", gettext_lazy("Code"), lambda one: one.code),
        Column("name", gettext_lazy("Name"), lambda one: one.name),
        Column("was", gettext_lazy("Was called"), lambda one: one.was),
        Column("area_before_m2", gettext_lazy("Area before, m²"),
               lambda one: round(one.area_before_m2, 1)),
        Column("area_after_m2", gettext_lazy("Area after, m²"),
               lambda one: round(one.area_after_m2, 1)),
        Column("grown_m2", gettext_lazy("Difference, m²"), lambda one: round(one.grown_m2, 1)),
    ],
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What two sides were asked for; "" where a side is still to be chosen."""

    a: str
    b: str
    below: str


def asked(request: HttpRequest) -> Asked:
    """Sides come as `a` and `b`, or from a form's two fields: a plan, else a day.

    Raises:
        Invalid, NotFound: see `sides.side`.
    """
    user = who(request)
    a, b = (
        parse_text(request, name, LONGEST_SIDE)
        or parse_text(request, f"{name}_plan", LONGEST_SIDE)
        or parse_text(request, f"{name}_day", LONGEST_SIDE)
        for name in ("a", "b")
    )
    plans = [plan for text in (a, b) if text and (plan := asked_plan(text, user))]
    if b and not a:
        plan = asked_plan(b, user)
        a = usual_before(plan).isoformat() if plan else timezone.localdate().isoformat()
    b = b or (timezone.localdate().isoformat() if a else "")
    below = parse_text(request, "below", LONGEST_CODE)
    if not below and plans:
        below = min((plan.scope_code for plan in plans), key=len)
    return Asked(a, b, below or first_of(user))


def first_of(user: User) -> str:
    """The territory that is shown when nobody says which."""
    reach = [prefix for prefix in user.reach if prefix]
    return min(reach, key=lambda prefix: (len(prefix), prefix)) if reach else ""


@allow(Permission.REVIEW_PLANS, Pace.FIGURES)
@require_safe
def compare(request: HttpRequest) -> HttpResponseBase:
    """Two plans or days beside each other: a table of what differs, and maps (`shapes`)."""
    user, part = who(request), DIFFERENCES.piece(request, ROWS)
    wanted = asked(request)
    context = _choices(user, wanted)
    status = 200
    if wanted.b:
        try:
            sides = [side(text, user, wanted.below) for text in (wanted.a, wanted.b)]
        except Invalid as error:
            if part is WHOLE:
                raise
            context["error"], status = str(error.message), 422
        else:
            found = differences(*sides)
            if part is WHOLE:
                return DIFFERENCES.answer(request, found[: WHOLE.limit])
            context |= _compared(request, wanted, sides, found, part)
    elif part is WHOLE:
        raise Invalid(_("Choose two plans or days."))
    return plans_page(request, "compare", context, status)


def _choices(user: User, wanted: Asked) -> dict[str, Any]:
    plans = list(past.plans_of(user, "")[:MOST_CHOICES])
    return {
        "current": reverse("grid-plans-compare"),
        "a": wanted.a,
        "b": wanted.b,
        "below": wanted.below,
        "plans": [(str(one.pk), one) for one in plans],
        "territories": territories(user),
    }


def _compared(
    request: HttpRequest, wanted: Asked, sides: Sequence[Side], found: list[Difference], part: Page
) -> dict[str, Any]:
    before, after = sides
    counts = Counter(one.change for one in found)
    shapes = [one.shape for each in found for one in (each.before, each.after) if one]
    everything = [one.shape for one in after.grids.values()]
    question = f"?a={wanted.a}&b={wanted.b}&below={wanted.below}"
    config = map_config(request, box=box_of(shapes or everything))
    config["urls"]["shapes"] = reverse("grid-plans-shapes") + question
    return {
        "sides": sides,
        "names": [side_text(one) for one in sides],
        "found": [_row(one) for one in found[part.offset : part.offset + part.limit]],
        "total": len(found),
        "piece": part,
        "file": DIFFERENCES,
        "counts": [(name, badge, counts[change]) for change, (name, badge) in CHANGES.items()],
        "grids": (len(before.grids), len(after.grids)),
        "config": config | {"names": [side_text(one) for one in sides]},
    }


def side_text(one: Side) -> str:
    if one.plan is None:
        return _("Map of %(day)s") % {"day": one.day}
    told = {"number": one.plan.pk, "title": one.plan.title, "state": one.plan.get_state_display()}
    return _("Plan %(number)d “%(title)s” (%(state)s)") % told


def _row(one: Difference) -> dict[str, Any]:
    name, badge = CHANGES[one.change]
    shapes = [drawn.shape for drawn in (one.before, one.after) if drawn]
    return {"one": one, "change": name, "badge": badge, "box": box_of(shapes)}


@allow(Permission.REVIEW_PLANS, Pace.FIGURES)
@require_GET
def shapes(request: HttpRequest) -> JsonResponse:
    """Answer what the maps of a comparison draw: collections of grids that are the `same` on both
    sides, and of those that differ, `before` and `after`; shapes rounded for a picture.

    Raises:
        Invalid: a side is not named; see also `sides.side`.
    """
    wanted, user = asked(request), who(request)
    if not wanted.b:
        raise Invalid(_("Choose two plans or days."))
    return json_ok(pictures(*(side(text, user, wanted.below) for text in (wanted.a, wanted.b))))


# ---- The map of a day ----------------------------------------------------------------------------

DAY = ListFile(
    "grids-of-a-day",
    [
        Column("code", gettext_lazy("Code"), lambda one: one.code),
        Column("name", gettext_lazy("Name"), lambda one: one.name),
        Column("kind", gettext_lazy("Kind"), lambda one: one.kind),
    ],
)
MAP_PIECE = 1_000


@allow(Permission.SEE_MAP)
@require_safe
def map_of_day(request: HttpRequest) -> HttpResponseBase:
    """The grids of a day as list and map, under the codes and names of that day."""
    user, part = who(request), DAY.piece(request, ROWS)
    day = parse_day(request, "day") or timezone.localdate()
    below = parse_text(request, "below", LONGEST_CODE) or first_of(user)
    total, rows = past.map_on(user, day, below, part)
    if part is WHOLE:
        return DAY.answer(request, rows)
    config = map_config(request, box=past.extent_on(day, below), piece=MAP_PIECE)
    config["urls"]["map"] = f"{reverse('grid-plans-map')}?day={day.isoformat()}&below={below}"
    context = {
        "current": reverse("grid-plans-day"),
        "day": day,
        "below": below,
        "rows": [{"one": one, "box": box_of([one.shape])} for one in rows],
        "total": total,
        "piece": part,
        "file": DAY,
        "territories": territories(user),
        "config": config,
    }
    return plans_page(request, "day", context)


# ---- Old grids on new ones -----------------------------------------------------------------------

SHARES = ListFile(
    "grids-old-and-new",
    [
        Column("old", gettext_lazy("Old grid"), lambda one: one.old),
        Column("new", gettext_lazy("New grid"), lambda one: one.new),
        Column("area_m2", gettext_lazy("Area in common, m²"), lambda one: round(one.area, 1)),
        Column("of_old", gettext_lazy("Per cent of the old grid"), lambda one: one.of_old),
        Column("of_new", gettext_lazy("Per cent of the new grid"), lambda one: one.of_new),
        Column("households", gettext_lazy("Households"),
               lambda one: round(one.counts.get("households", 0))),
        Column("events", gettext_lazy("Events between the two days"),
               lambda one: round(one.counts.get("events", 0))),
    ],
)  # fmt: skip
RATES = ListFile(
    "grid-rates-on-common-ground",
    [
        Column("code", gettext_lazy("New grid"), lambda one: one.code),
        Column("name", gettext_lazy("Name"), lambda one: one.name),
        Column("households", gettext_lazy("Households"), lambda one: round(one.households)),
        Column("before", gettext_lazy("Events before, on this ground"),
               lambda one: round(one.before, 1)),
        Column("after", gettext_lazy("Events after"), lambda one: round(one.after)),
        Column("rate_before", gettext_lazy("Rate before"), lambda one: _rounded(one.rate_before)),
        Column("rate_after", gettext_lazy("Rate after"), lambda one: _rounded(one.rate_after)),
        Column("grown", gettext_lazy("Difference"), lambda one: _rounded(one.grown)),
    ],
)  # fmt: skip
USUAL_DAYS = 30


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


@dataclass(frozen=True, slots=True)
class ShareRow:
    """A share and how much of both grids it is, in per cent; None for ground of no grid."""

    old: str
    new: str
    area: float
    counts: Any
    of_old: float | None
    of_new: float | None
    moved: bool


def share_rows(shares: Sequence[Share]) -> list[ShareRow]:
    old, new = Counter[str](), Counter[str]()
    for one in shares:
        old[one.old] += one.area  # type: ignore[assignment]
        new[one.new] += one.area  # type: ignore[assignment]
    return [
        ShareRow(
            one.old,
            one.new,
            one.area,
            one.counts,
            _per_cent(one.area, old[one.old]) if one.old else None,
            _per_cent(one.area, new[one.new]) if one.new else None,
            one.old != one.new,
        )
        for one in shares
    ]


def _per_cent(part: float, whole: float) -> float | None:
    return round(100 * part / whole, 1) if whole else None


@dataclass(frozen=True)
class Walk:
    """From the grids of one day to those of another; days: over how many rates are compared."""

    first: date
    last: date
    below: str
    days: int
    is_all: bool


def walk_asked(request: HttpRequest) -> Walk:
    """`from`, `until`: yesterday and today unless told; `only`: "moved" leaves out grids of which
    nothing changed.

    Raises:
        Invalid: no days, or too many.
    """
    today = timezone.localdate()
    return Walk(
        parse_day(request, "from") or today - timedelta(days=1),
        parse_day(request, "until") or today,
        parse_text(request, "below", LONGEST_CODE) or first_of(who(request)),
        parse_int(request, "days", USUAL_DAYS, 1, max(ground.SPANS)),
        parse_choice(request, "only", ("moved", "all")) == "all",
    )


@allow(Permission.REVIEW_PLANS, Pace.FIGURES)
@require_safe
def crosswalk(request: HttpRequest) -> HttpResponseBase:
    """How much of each old grid became part of which new one, and rates on common ground.

    `of`: which of the two lists a file is of.
    """
    asked_for = walk_asked(request)
    of_rates = parse_choice(request, "of", ("shares", "rates")) == "rates"
    file = RATES if of_rates else SHARES
    part, status = file.piece(request, ROWS), 200
    context: dict[str, Any] = {
        "current": reverse("grid-crosswalk"),
        "walk": asked_for,
        "spans": [(str(span), span) for span in ground.SPANS],
        "territories": territories(who(request)),
        "file": SHARES,
        "rates_file": RATES,
        "piece": part,
    }
    try:
        shares, rates = walked(who(request), asked_for)
    except Invalid as error:
        if part is WHOLE:
            raise
        context["error"], status = str(error.message), 422
    else:
        if part is WHOLE:
            return file.answer(request, rates.rows if of_rates else shares)
        start, end = part.offset, part.offset + part.limit
        context |= {
            "shares": shares[start:end],
            "total": len(shares),
            "rates": rates,
            "rated": rates.rows[start:end],
        }
    return plans_page(request, "crosswalk", context, status)


def walked(user: User, walk: Walk) -> tuple[list[ShareRow], ground.Rates]:
    """
    Raises:
        Invalid: days in the wrong order; see also `past.compared`.
    """
    if walk.first >= walk.last:
        raise Invalid(_("Name two days, from and until, the earlier one first."))
    shares = share_rows(past.compared(user, walk.below, walk.first, walk.last))
    rates = ground.rates(user, walk.below, walk.first, walk.last, walk.days)
    if walk.is_all:
        return shares, rates
    moved = changed_grids(shares)
    kept = [one for one in rates.rows if one.code in moved]
    return [one for one in shares if {one.old, one.new} & moved], replace(rates, rows=kept)


def changed_grids(shares: Sequence[ShareRow]) -> set[str]:
    """Codes of the grids that share ground with another than themselves."""
    return {code for one in shares if one.moved for code in (one.old, one.new) if code}
