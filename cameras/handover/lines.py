"""The one query behind the offline list: its page, its files and what is delivered all show these
lines and no others.

Two steps: fold what is not well into lines (small rows, sorted), then read all there is to say of
the cameras of the lines that are wanted.  Six queries whatever the number of lines.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import (
    Case,
    CharField,
    Count,
    F,
    FilteredRelation,
    FloatField,
    Func,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Concat
from django.utils import timezone

from cameras.handover.line import Filters, Found, Kind, Line, LineCamera
from cameras.health import State
from cameras.models import Camera, Outage, OutageMember, Snapshot
from cameras.page_queries import WORST_FIRST, with_shown
from cameras.repairs.queries import open_orders_of
from gis_server.edge import Page
from gis_server.roles import within_q
from grids.codes import prefix

MOST_WORDS = 5
SORTS: dict[str, tuple[str, ...]] = {
    "": ("worst", "fell_first"),
    "newest": ("-fell_first",),
    "longest": ("fell_first",),
    "cameras": ("-of", "fell_first"),
    "team": ("first_team", "worst", "fell_first"),
    "due": ("first_due", "worst", "fell_first"),
}
"""The orders of the list by their names in the address; the line's key comes last in each."""


@dataclass(frozen=True, slots=True)
class Fold:
    """A line before anything is read of its cameras but their ids, by name."""

    key: str
    state: State
    since: datetime | None
    ids: Sequence[int]


def lines(
    reach: Sequence[str],
    filters: Filters,
    now: datetime,
    *,
    page: Page | None = None,
    most_cameras: int | None = None,
) -> Found:
    """What is not well in a territory.

    Args:
        reach: code prefixes; cameras outside are neither shown nor counted.
        filters: applied to cameras: a line holds those that fit, and is there if there are any.
        now: aware; the calendar month it lies in is that of the settings' time zone.
        page: which lines; all where it is None.
        most_cameras: read so many of each line at most.

    Raises:
        grids.codes.BadCode: the division is no code.
    """
    folds = folded(reach, filters, now)
    wanted = folds[page.offset : page.offset + page.limit] if page else folds
    shown = {fold.key: fold.ids[:most_cameras] for fold in wanted}
    read = _Read.of([camera_id for ids in shown.values() for camera_id in ids], now)
    outages = Outage.objects.in_bulk([_number(one.key) for one in wanted if one.key[0] == "o"])
    made = [
        _line(fold, [read.cameras[i] for i in shown[fold.key] if i in read.cameras], outages)
        for fold in wanted
    ]
    # A camera may be gone between the two steps.
    return Found(
        [one for one in made if one.cameras], len(folds), sum(len(fold.ids) for fold in folds)
    )


def folded(reach: Sequence[str], filters: Filters, now: datetime) -> list[Fold]:
    """All lines, in order.  One query."""
    rows = (
        _fitting(reach, filters, now)
        .values("line")
        .annotate(
            ids=ArrayAgg("id", order_by=("name", "id")),
            of=Count("id"),
            worst=Min("rank"),
            fell_first=Min("fell"),
            first_due=Min("job__order__fix_due"),
            first_team=Min("team__name"),
        )
        .order_by(*SORTS[filters.sort], "line")
    )
    return [
        Fold(row["line"], WORST_FIRST[row["worst"]], row["fell_first"], row["ids"]) for row in rows
    ]


def _fitting(reach: Sequence[str], filters: Filters, now: datetime) -> Any:
    """The cameras that are not well and fit, each with the key of its line and when it fell."""
    rows: Any = with_shown(Camera.objects.filter(within_q(list(reach), "scope_code")))
    rows = (
        rows.exclude(shown=State.ONLINE.value)
        .annotate(
            part=FilteredRelation("outages", condition=Q(outages__left_at=None)),
            job=FilteredRelation("orders", condition=Q(orders__is_open=True)),
        )
        .annotate(fell=Coalesce("part__joined_at", "state__since"), line=_key())
    )
    wanted = {
        "shown": filters.state,
        "said": filters.reason,
        "priority": filters.priority,
        "owner": filters.owner,
        "team": filters.team,
        "scope_code__startswith": prefix(filters.division) if filters.division else "",
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    if filters.longer_min:
        rows = rows.filter(fell__lte=now - timedelta(minutes=filters.longer_min))
    return _with_words(rows, filters.text)


def _with_words(rows: Any, text: str) -> Any:
    for word in text.split()[:MOST_WORDS]:
        rows = rows.filter(
            Q(name__icontains=word)
            | Q(code__icontains=word)
            | Q(address_text__icontains=word)
            | Q(pole__icontains=word)
            | Q(upstream__name__icontains=word)
            | Q(part__outage__suspect_name__icontains=word)
        )
    return rows


def _key() -> Case:
    """The line that a camera belongs to: "o" and its outage; else, where nothing is known of it,
    "u" with its site, its reason and whether it is watched; else "c" and the camera itself.
    """

    def text(*parts: Any) -> Concat:
        shown = [Cast(part, CharField()) if isinstance(part, F) else Value(part) for part in parts]
        return Concat(*shown, output_field=CharField())

    # Named so that in the order of keys those that nobody wants asked come last.
    watched = Case(When(enabled=True, then=Value("asked")), default=Value("off"))

    return Case(
        When(part__outage__isnull=False, then=text("o", F("part__outage"))),
        When(
            shown=State.UNKNOWN.value,
            then=Concat(text("u", F("site"), ":", F("said"), ":"), watched),
        ),
        default=text("c", F("id")),
        output_field=CharField(),
    )


def _number(key: str) -> int:
    return int(key[1:])


def _line(fold: Fold, cameras: Sequence[LineCamera], outages: dict[int, Outage]) -> Line:
    outage = outages.get(_number(fold.key)) if fold.key[0] == "o" else None
    kind = {"o": Kind.OUTAGE, "u": Kind.UNKNOWN, "c": Kind.CAMERA}[fold.key[0]]
    reason = next((one.reason for one in cameras if one.state is fold.state), "not_asked")
    return Line(
        key=fold.key,
        kind=kind,
        outage_id=outage.pk if outage else None,
        state=fold.state,
        reason=outage.reason if outage else reason,
        since=fold.since,
        suspect_kind=outage.suspect_kind if outage else "",
        suspect_name=outage.suspect_name if outage else "",
        total=len(fold.ids),
        cameras=cameras,
    )


def _coordinate(function: str) -> Func:
    return Func("point", function=function, output_field=FloatField())


@dataclass(frozen=True, slots=True)
class _Read:
    """Cameras by id, with all that a line says of them."""

    cameras: dict[int, LineCamera]

    @classmethod
    def of(cls, ids: Sequence[int], now: datetime) -> "_Read":
        """Four queries; each camera costs one look into an index for its month and its picture."""
        rows = list(_facts(ids))
        months, orders = _months(ids, now), open_orders_of(ids)
        taken = dict(
            Snapshot.objects.filter(
                pk__in=[row["picture_id"] for row in rows if row["picture_id"]]
            ).values_list("pk", "taken_at")
        )
        made = {}
        for row in rows:
            order = orders.get(row["id"])
            made[row["id"]] = LineCamera(
                **row | {"state": State(row["state"])},
                month=months.get(row["id"], 0),
                picture_at=taken.get(row["picture_id"]),
                order_id=order.pk if order else None,
                order_number=order.number if order else "",
                order_due=order.fix_due if order else None,
            )
        return cls(made)


def _facts(ids: Sequence[int]) -> Iterable[dict[str, Any]]:
    good = Snapshot.objects.filter(
        camera=OuterRef("pk"), taken_at__isnull=False, is_fault=False
    ).order_by("-taken_at", "-id")
    rows: Any = with_shown(Camera.objects.filter(pk__in=ids)).annotate(
        part=FilteredRelation("outages", condition=Q(outages__left_at=None)),
        picture_id=Subquery(good.values("pk")[:1]),
    )
    nothing = Value("")
    return (
        named(row)
        for row in rows.order_by().values(
            "id", "code", "name", "enabled", "priority", "picture_id",
            it_state=F("shown"),
            it_reason=F("said"),
            it_detail=Coalesce("state__detail", nothing),
            it_unstable=Coalesce("state__unstable", Value(False)),
            it_since=Coalesce("part__joined_at", "state__since"),
            it_last_probe_at=F("state__last_probe_at"),
            it_owner=F("owner__name"),
            it_team=F("team__name"),
            it_phone=F("team__phone"),
            it_upstream_kind=Coalesce("upstream__kind", nothing),
            it_upstream=Coalesce("upstream__name", nothing),
            it_address=F("address_text"),
            it_grid_code=Coalesce("grid__code", nothing),
            it_grid=Coalesce("grid__name", nothing),
            it_site=F("site__name"),
            it_lon=_coordinate("ST_X"),
            it_lat=_coordinate("ST_Y"),
        )
    )  # fmt: skip


def named(row: dict[str, Any]) -> dict[str, Any]:
    """Some of the names are those of the camera's relations, so they were read with a prefix."""
    return {name.removeprefix("it_"): value for name, value in row.items()}


def _months(ids: Sequence[int], now: datetime) -> dict[int, int]:
    """How many outages of each of these cameras began in the calendar month of `now`."""
    start = month_start(now)
    rows = OutageMember.objects.filter(
        camera_id__in=ids, joined_at__gte=start, joined_at__lte=now
    ).order_by()
    return dict(rows.values_list("camera").annotate(of=Count("id")))


def month_start(now: datetime) -> datetime:
    """Midnight of the first of the month by the settings' clock: at 23:30 UTC of the last day it is
    the next month in Shanghai already.
    """
    local = timezone.localtime(now)
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


@dataclass(frozen=True, slots=True)
class Asked:
    """How old what is known is, over all cameras of a territory that are watched.

    oldest: since when every one of them has been asked; None where one never was, or there is none.
    """

    cameras: int
    never: int
    oldest: datetime | None
    newest: datetime | None


def asked(reach: Sequence[str]) -> Asked:
    """One query."""
    rows = Camera.objects.filter(within_q(list(reach), "scope_code"), enabled=True).order_by()
    found = rows.aggregate(
        cameras=Count("id"),
        told=Count("state__last_probe_at"),
        oldest=Min("state__last_probe_at"),
        newest=Max("state__last_probe_at"),
    )
    return Asked(
        found["cameras"], found["cameras"] - found["told"], found["oldest"], found["newest"]
    )
