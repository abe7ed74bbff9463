"""Outages: opened for what falls, one for all that one fault takes down, closed when it is back.

Only one transaction at a time changes who belongs to which outage (an advisory lock), so two
pollers whose cameras hang on one switch make one outage of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Max, Q, QuerySet
from django.db.models.functions import Greatest

from cameras.grouping import (
    Group,
    Kind,
    Thing,
    groups,
    has_recovered,
    settled,
    suspects,
    things_of,
)
from cameras.models import Camera, Outage, OutageMember
from cameras.reasons_text import reason_name
from cameras.services.columns import numbers, texts, times
from gis_server import live

OUTAGE_LOCK = 7_214_002
"""The advisory lock of who belongs to which outage; any number that nobody else uses."""
MOST_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class Fall:
    """A camera that has gone down, and when and why."""

    camera_id: int
    at: datetime
    reason: str


def settling() -> timedelta:
    """How long an outage waits for others that belong to it."""
    return settled(settings.PROBE_INTERVAL_S)


def take_lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [OUTAGE_LOCK])


def open_and_close(fallen: Sequence[Fall], risen: Mapping[int, datetime]) -> list[live.Change]:
    """Write what has fallen and risen; what browsers are to hear of it, in the same transaction."""
    if not fallen and not risen:
        return []
    take_lock()
    changes = close(risen)
    open_for(fallen)
    return changes


# Never before it began: clocks are set back, and those of two pollers differ.
LEAVE = """
    UPDATE cameras_outagemember AS part SET left_at = greatest(v.at, part.joined_at)
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS v (camera_id, at)
    WHERE part.camera_id = v.camera_id AND part.left_at IS NULL
    RETURNING part.outage_id
"""
CLOSE = """
    UPDATE cameras_outage AS outage SET closed_at = v.at
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS v (id, at) WHERE outage.id = v.id
"""


def close(risen: Mapping[int, datetime]) -> list[live.Change]:
    """End the part of each camera that is back; and the outages that nobody is left in."""
    if not risen:
        return []
    with connection.cursor() as cursor:
        cursor.execute(LEAVE, [numbers(risen), times(risen.values())])
        left = {outage_id for (outage_id,) in cursor.fetchall()}
    return close_empty(left)


def close_empty(outage_ids: Iterable[int]) -> list[live.Change]:
    """Close those of these outages in which no camera is left; what is to be told of it."""
    ids = list(outage_ids)
    if not ids:
        return []
    # Counted, not NOT EXISTS: before the table's first ANALYZE PostgreSQL reads the index of all
    # that are down for each of them, 12 s for 3,000.
    over = Outage.objects.filter(id__in=ids, closed_at=None).annotate(
        down=Count("members", filter=Q(members__left_at=None)),
        last=Greatest(Max("members__left_at"), F("opened_at")),
    )
    closed = list(over.filter(down=0))
    if not closed:
        return []
    for outage in closed:
        outage.closed_at = outage.last
    with connection.cursor() as cursor:
        values = [numbers(one.pk for one in closed), times(one.closed_at for one in closed)]
        cursor.execute(CLOSE, values)
    # What came and went before anybody was told needs no word of its recovery.
    return changes_of([outage for outage in closed if outage.told_at])


def open_for(fallen: Sequence[Fall]) -> None:
    """Give each camera that fell its part: in the outage that explains it, or in one of its own."""
    down = OutageMember.objects.filter(
        camera_id__in=[fall.camera_id for fall in fallen], left_at=None
    ).values_list("camera_id", flat=True)
    known = set(down)
    falls = {fall.camera_id: fall for fall in fallen if fall.camera_id not in known}
    if not falls:
        return
    shared = shared_by(Camera.objects.filter(id__in=falls))
    for camera_id in join_open(falls, shared):
        del falls[camera_id]
    alone = list(falls.values())
    opened = Outage.objects.bulk_create(
        [Outage(opened_at=fall.at, reason=fall.reason) for fall in alone]
    )
    OutageMember.objects.bulk_create(
        [member_of(outage, fall) for outage, fall in zip(opened, alone, strict=True)]
    )
    regroup({camera_id: shared[camera_id] for camera_id in falls if camera_id in shared})


def member_of(outage: Outage, fall: Fall) -> OutageMember:
    return OutageMember(
        outage=outage, camera_id=fall.camera_id, joined_at=fall.at, reason=fall.reason
    )


def shared_by(cameras: QuerySet[Camera]) -> dict[int, tuple[Thing, ...]]:
    """What each camera shares with others.  One query, which reads no more than that."""
    rows = cameras.values_list(
        "id", "site_id", "host", "pole", "owner__name", "upstream__kind", "upstream__name"
    )
    return {
        camera_id: things_of(
            site=site,
            host=host,
            upstream=(kind, name) if kind and name else None,
            pole=pole,
            owner=owner,
        )
        for camera_id, site, host, pole, owner, kind, name in rows
    }


def join_open(falls: Mapping[int, Fall], shared: Mapping[int, Sequence[Thing]]) -> list[int]:
    """Late members join the open outage of the thing they hang on; which cameras did."""
    named = {thing for things in shared.values() for thing in things}
    opened = Outage.objects.filter(
        closed_at=None, suspect_name__in={thing.name for thing in named}
    ).exclude(suspect_kind="")
    by_thing = {one.suspect: one for one in opened}
    joined = [
        member_of(by_thing[thing], falls[camera_id])
        for camera_id, things in shared.items()
        for thing in things
        if thing in by_thing
    ]
    first = {part.camera_id: part for part in reversed(joined)}
    OutageMember.objects.bulk_create(first.values())
    return list(first)


def regroup(fresh: Mapping[int, Sequence[Thing]]) -> None:
    """Make one outage of those that one thing explains, the ones just opened among them.

    Only outages that nobody was told of are taken into another.
    """
    named = {thing for things in fresh.values() for thing in things}
    recent = OutageMember.objects.filter(
        left_at=None, outage__suspect_kind="", outage__told_at=None, outage__closed_at=None
    ).order_by("-id")[:MOST_LOOKED_AT]
    parts = {part.camera_id: part for part in recent}
    shared = shared_by(Camera.objects.filter(id__in=parts))
    fallen = {
        camera_id: [thing for thing in things if thing in named]
        for camera_id, things in shared.items()
    }
    for group in groups(fallen, sizes_of(suspects(fallen))):
        merge(group, [parts[camera_id] for camera_id in group.members])


def sizes_of(things: Iterable[Thing]) -> dict[Thing, int]:
    """How many cameras that are asked hang on each.  One query a kind, two for recorders."""
    by_kind = dict[tuple[Kind, bool], list[Thing]]()
    for thing in things:
        by_kind.setdefault((thing.kind, thing.site > 0), []).append(thing)
    found = dict[Thing, int]()
    for (kind, is_local), some in by_kind.items():
        names = sorted({thing.name for thing in some})
        if not is_local:
            sizes = declared(kind, names)
        else:
            sizes = in_subnets(names) if kind is Kind.SUBNET else at_hosts(names)
        found |= {thing: sizes.get((thing.name, thing.site), 0) for thing in some}
    return found


def declared(kind: Kind, names: Sequence[str]) -> dict[tuple[str, int], int]:
    """How many cameras the registry hangs on each."""
    column = {Kind.POLE: "pole", Kind.OWNER: "owner__name"}.get(kind, "upstream__name")
    rows = asked().filter(**{f"{column}__in": names}).values_list(column)
    return {(name, 0): count for name, count in rows.annotate(count=Count("id"))}


def at_hosts(names: Sequence[str]) -> dict[tuple[str, int], int]:
    """How many cameras each site asks at each address."""
    rows = asked().filter(host__in=names).values_list("host", "site_id")
    return {(name, site): count for name, site, count in rows.annotate(count=Count("id"))}


def asked() -> QuerySet[Camera]:
    return Camera.objects.filter(enabled=True).order_by()


# By the index: of a large fleet each network is a small part.
IN_SUBNETS = """
    SELECT v.name, held.site_id, held.number
    FROM unnest(%s::text[], %s::text[], %s::text[]) AS v (name, first, beyond)
    CROSS JOIN LATERAL (
        SELECT c.site_id, count(*) AS number FROM cameras_camera AS c
        WHERE c.host ~>=~ v.first AND c.host ~<~ v.beyond AND c.enabled
        GROUP BY c.site_id
    ) AS held
"""


def in_subnets(names: Sequence[str]) -> dict[tuple[str, int], int]:
    """How many cameras have an address in each /24 of each site; in a /64 as far as they are
    written alike.
    """
    stems = [stem_of(name) for name in names]
    beyond = [stem[:-1] + chr(ord(stem[-1]) + 1) for stem in stems]
    with connection.cursor() as cursor:
        cursor.execute(IN_SUBNETS, [texts(names), texts(stems), texts(beyond)])
        return {(name, site): count for name, site, count in cursor.fetchall()}


def stem_of(network: str) -> str:
    """What the addresses of a network begin with, up to a dot or colon."""
    stem = network.rpartition("/")[0]
    return stem.removesuffix("0") if "." in stem else stem.removesuffix(":")


def merge(group: Group, parts: Sequence[OutageMember]) -> None:
    """One outage in place of those of the members, from when the first of them fell."""
    first = min(parts, key=lambda part: (part.joined_at, part.id))
    outage = Outage.objects.create(
        opened_at=first.joined_at,
        reason=first.reason,
        suspect_kind=group.thing.kind.value,
        suspect_name=group.thing.name,
        suspect_site_id=group.thing.site or None,
        also=[[thing.kind.value, thing.name] for thing in group.also],
    )
    before = {part.outage_id for part in parts}
    OutageMember.objects.filter(id__in=[part.id for part in parts]).update(outage=outage)
    Outage.objects.filter(id__in=before, members=None).delete()


@transaction.atomic
def settle_outages(now: datetime) -> int:
    """Tell of the outages that are settled, and give their own to cameras whose group is back.

    Returns how many were told.
    """
    if not Outage.objects.filter(closed_at=None).exists():
        return 0
    take_lock()
    close_empty(Outage.objects.filter(closed_at=None, members=None).values_list("id", flat=True))
    changes = release_recovered(now)
    ripe = list(
        Outage.objects.filter(closed_at=None, told_at=None, opened_at__lte=now - settling())
    )
    for outage in ripe:
        outage.told_at = now
    Outage.objects.bulk_update(ripe, ["told_at"], batch_size=500)
    live.record(*changes_of(ripe), *changes)
    return len(ripe)


def release_recovered(now: datetime) -> list[live.Change]:
    """Close groups whose thing works again: those still down have a fault of their own."""
    open_groups = Outage.objects.filter(closed_at=None).exclude(suspect_kind="")
    counts = open_groups.annotate(
        ever=Count("members"),
        down=Count("members", filter=Q(members__left_at=None)),
        last=Max("members__left_at"),
    )
    back = [
        outage
        for outage in counts
        if outage.last
        and outage.last <= now - settling()
        and has_recovered(down=outage.down, ever=outage.ever)
    ]
    for outage in back:
        for part in OutageMember.objects.filter(outage=outage, left_at=None):
            # As old as its part in the group was, and told with it.
            own = Outage.objects.create(opened_at=part.joined_at, reason=part.reason, told_at=now)
            OutageMember.objects.filter(id=part.id).update(outage=own)
    return close_empty([outage.id for outage in back])


def changes_of(outages: Sequence[Outage]) -> list[live.Change]:
    """What browsers hear of outages that were opened or closed: one change for each."""
    rows = OutageMember.objects.filter(outage__in=outages).values_list(
        "outage_id", "camera__scope_code"
    )
    scopes = dict[int, list[str]]()
    for outage_id, scope in rows:
        scopes.setdefault(outage_id, []).append(scope)
    return [
        live.Change(
            "outage",
            str(one.id),
            common_start(scopes[one.id]),
            outage_data(one, len(scopes[one.id])),
        )
        for one in outages
        if one.id in scopes
    ]


def common_start(codes: Sequence[str]) -> str:
    """The territory that holds all of these; everybody's where they have nothing in common."""
    same = takewhile(lambda digits: len(set(digits)) == 1, zip(*codes, strict=False))
    return "".join(digits[0] for digits in same)


def outage_data(outage: Outage, count: int) -> dict[str, object]:
    return {
        "opened_at": outage.opened_at.isoformat(),
        "closed_at": outage.closed_at.isoformat() if outage.closed_at else None,
        "reason": outage.reason,
        "reason_text": reason_name(outage.reason),
        "suspect_kind": outage.suspect_kind,
        "suspect_name": outage.suspect_name,
        "cameras": count,
    }
