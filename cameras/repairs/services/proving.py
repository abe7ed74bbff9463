"""The machine's own eyes: it counts good answers of the cameras in open orders, asks for a picture
of those that send some, and verifies an order once all its cameras are proved to be well.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from cameras.models import PollerBeat
from cameras.repairs.models import RepairOrder, RepairOrderCamera
from cameras.repairs.proof import Proof, Seen, looked, start_of
from cameras.repairs.services.steps import move
from cameras.repairs.workflow import OPEN_STATES, PROVE_WITHIN, Action, Status
from cameras.services.columns import numbers, times
from cameras.services.watch import BEAT_LASTS
from gis_server.errors import Conflict

ASK_EVERY = timedelta(minutes=2)
"""How soon another picture is asked for, where the last one was no proof."""
MOST_CODES = 50

PARTS = """
    SELECT p.id, p.order_id, r.state, r.repaired_at, p.camera_id, c.code, p.joined_at,
        p.back_at, p.good_probes, p.counted_at,
        s.state, s.since, s.streak_bad, s.picture_fault, s.last_probe_at,
        EXISTS (SELECT FROM cameras_outagemember AS m
            WHERE m.camera_id = p.camera_id AND m.left_at IS NULL),
        c.has_video AND c.enabled AND site.name = ANY(%s)
    FROM cameras_repairordercamera AS p
    JOIN cameras_repairorder AS r ON r.id = p.order_id
    JOIN cameras_camera AS c ON c.id = p.camera_id
    JOIN cameras_site AS site ON site.id = c.site_id
    JOIN cameras_camerastate AS s ON s.camera_id = p.camera_id
    WHERE p.is_open ORDER BY p.order_id, p.id
"""
UP = ("online", "degraded")


@dataclass(slots=True)
class Part:
    """A camera of an open order, as it is now.  photo_id: the picture that proves it."""

    id: int
    order_id: int
    status: str
    repaired_at: datetime | None
    camera_id: int
    code: str
    stored: Proof
    seen: Seen
    needs_picture: bool
    proof: Proof
    photo_id: int | None = None

    @property
    def start(self) -> datetime:
        return start_of(self.proof, self.repaired_at if self.status == Status.REPAIRED else None)

    @property
    def is_proved(self) -> bool:
        enough = self.seen.is_known and self.seen.is_well and self.proof.is_enough
        return enough and (not self.needs_picture or self.photo_id is not None)


def prove(now: datetime, moved: list[RepairOrder]) -> int:
    """Look at all cameras of open orders once; how many orders were verified, or sent back."""
    parts = open_parts(now)
    store([part for part in parts if part.proof != part.stored])
    look_at_pictures([part for part in parts if part.needs_picture and part.proof.back_at], now)
    by_order = defaultdict[int, list[Part]](list)
    for part in parts:
        by_order[part.order_id].append(part)
    done = [key for key, members in by_order.items() if all(one.is_proved for one in members)]
    return verify([*done, *deserted()], by_order, now, moved) + disprove(by_order, now, moved)


def open_parts(now: datetime) -> list[Part]:
    """All open parts with the look of now.  Two queries."""
    with connection.cursor() as cursor:
        cursor.execute(PARTS, [photographed(now)])
        return [part_of(row) for row in cursor.fetchall()]


def photographed(now: datetime) -> list[str]:
    """The sites of which pictures are taken now."""
    heard = PollerBeat.objects.filter(kind=PollerBeat.Kind.PICTURES, seen_at__gte=now - BEAT_LASTS)
    return list(heard.order_by().values_list("site", flat=True).distinct())


def part_of(row: Sequence[Any]) -> Part:
    part_id, order_id, status, repaired_at, camera_id, code, joined_at = row[:7]
    stored = Proof(*row[7:10])
    seen = seen_of(*row[10:15], is_down=row[15])
    said = repaired_at if status == Status.REPAIRED else None
    return Part(
        part_id,
        order_id,
        status,
        repaired_at,
        camera_id,
        code,
        stored,
        seen,
        needs_picture=row[16],
        proof=looked(stored, seen, begun_at=joined_at, repaired_at=said),
    )


def seen_of(
    state: str,
    since: datetime,
    streak_bad: int,
    picture_fault: str,
    last_probe_at: datetime | None,
    *,
    is_down: bool,
) -> Seen:
    return Seen(
        is_known=state != "unknown",
        is_well=state in UP and not is_down and not picture_fault,
        is_failing=streak_bad > 0,
        since=since,
        last_probe_at=last_probe_at,
    )


STORE = """
    UPDATE cameras_repairordercamera AS p
    SET back_at = v.back_at, good_probes = v.good, counted_at = v.counted_at
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::int[], %s::timestamptz[])
        AS v (id, back_at, good, counted_at)
    WHERE p.id = v.id AND p.is_open
"""


def store(parts: Sequence[Part]) -> None:
    if not parts:
        return
    proofs = [part.proof for part in parts]
    values = (
        numbers(part.id for part in parts),
        times(one.back_at for one in proofs),
        numbers(one.good_probes for one in proofs),
        times(one.counted_at for one in proofs),
    )
    with connection.cursor() as cursor:
        cursor.execute(STORE, values)


# A glance that finds nothing is no proof: it must have counted, or a person called it fine.
PROVING = """
    SELECT v.camera_id, (
        SELECT p.id FROM cameras_snapshot AS p
        JOIN cameras_pictureexam AS e ON e.snapshot_id = p.id
        WHERE p.camera_id = v.camera_id AND p.taken_at > v.start
            AND (e.judged = 'fine' OR e.judged = '' AND e.counted AND e.fault = '')
        ORDER BY p.taken_at DESC, p.id DESC LIMIT 1)
    FROM unnest(%s::bigint[], %s::timestamptz[]) AS v (camera_id, start)
"""
# Only the photographer's next turn is brought forward: of one device it still takes one at a time.
ASK = """
    INSERT INTO cameras_pictureturn AS turn
        (camera_id, again_at, leased_by, streak_ok, streak_bad)
    SELECT id, %s, '', 0, 0 FROM unnest(%s::bigint[]) AS v (id) ORDER BY id
    ON CONFLICT (camera_id) DO UPDATE SET again_at = excluded.again_at
    WHERE turn.again_at IS NULL AND turn.lease_until IS NULL
        AND (turn.tried_at IS NULL OR turn.tried_at <= %s)
"""


def look_at_pictures(parts: Sequence[Part], now: datetime) -> None:
    """Find the picture that proves each, and ask for one where there is none."""
    well = [part for part in parts if part.seen.is_well]
    if not well:
        return
    with connection.cursor() as cursor:
        values = [numbers(one.camera_id for one in well), times(one.start for one in well)]
        cursor.execute(PROVING, values)
        found = dict(cursor.fetchall())
        for part in well:
            part.photo_id = found[part.camera_id]
        missing = [part.camera_id for part in well if part.photo_id is None]
        if missing:
            cursor.execute(ASK, [now, numbers(missing), now - ASK_EVERY])


def deserted() -> list[int]:
    """Open orders whose cameras have all left, or are no longer in the registry."""
    rows = RepairOrder.objects.filter(state__in=[state.value for state in OPEN_STATES])
    return list(rows.exclude(cameras__is_open=True).values_list("pk", flat=True))


def verify(
    order_ids: Iterable[int],
    by_order: dict[int, list[Part]],
    now: datetime,
    moved: list[RepairOrder],
) -> int:
    """Verify these orders, those that nobody repaired as recovered by themselves."""
    orders = RepairOrder.objects.in_bulk(list(order_ids))
    count = 0
    for key, order in sorted(orders.items()):
        claimed = order.state == Status.REPAIRED
        how = RepairOrder.How.MACHINE if claimed else RepairOrder.How.BY_ITSELF
        members = by_order.get(key, [])
        try:
            move(
                order,
                Action.VERIFY if claimed else Action.RECOVER,
                by=None,
                now=now,
                values={"verified_at": now, "verified_how": how.value},
                moved=moved,
                detail={
                    "probes": sum(one.proof.good_probes for one in members),
                    "pictures": sum(one.photo_id is not None for one in members),
                    "count": len(members),
                },
            )
        except Conflict:
            continue  # somebody has just moved it: the next look decides anew
        keep_pictures(members)
        count += 1
    return count


def keep_pictures(members: Sequence[Part]) -> None:
    """Name the pictures that prove the repair: retention leaves them alone from then on."""
    rows = [RepairOrderCamera(pk=one.id, after_id=one.photo_id) for one in members if one.photo_id]
    RepairOrderCamera.objects.bulk_update(rows, ["after"], batch_size=500)


def disprove(by_order: dict[int, list[Part]], now: datetime, moved: list[RepairOrder]) -> int:
    """Send back what was called repaired and is still seen to be down."""
    count = 0
    for key, members in by_order.items():
        repaired_at = members[0].repaired_at
        if members[0].status != Status.REPAIRED or repaired_at is None:
            continue
        down = [one.code for one in members if one.seen.is_known and not one.seen.is_well]
        if down and now - repaired_at >= PROVE_WITHIN:
            count += send_back(key, down, now, moved)
    return count


def send_back(order_id: int, down: Sequence[str], now: datetime, moved: list[RepairOrder]) -> int:
    try:
        move(
            RepairOrder.objects.get(pk=order_id),
            Action.DISPROVE,
            by=None,
            now=now,
            values={"repaired_by": None, "repaired_at": None},
            moved=moved,
            detail={"cameras": list(down[:MOST_CODES]), "count": len(down)},
        )
    except Conflict:
        return 0
    return 1
