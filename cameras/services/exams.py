"""From what pictures show to the state of their camera.

Two pictures in a row with a finding make a camera degraded, two without one make it well again; a
third state between them is settled soon, as the sweep settles its doubts.  A round in which a
camera sent nothing of the stream it promised counts as one with a finding.  The fault is kept with
the state (`picture_fault`), so that sweeps, which see no picture, keep it too.
"""

from datetime import datetime, timedelta

from django.db import transaction

from cameras.health import State, is_good, moved
from cameras.models import PictureTurn
from cameras.picture.finding import Exam, Finding
from cameras.probe.reason import DEGRADES, Reason
from cameras.probe.result import plain
from cameras.services import watch
from cameras.services.states import (
    StateRow,
    changes_of,
    health_of,
    lock_one,
    put_health,
    write_states,
)
from gis_server import live

IN_A_ROW = 2
MIN_APART = timedelta(seconds=30)
"""Pictures that come sooner after one that counted show the same lorry before the lens."""
SOON = timedelta(seconds=60)
"""When a doubtful picture is looked at again."""
LONGEST_STREAK = 1000


def reason_of(finding: Finding) -> Reason:
    return Reason(f"picture_{finding.fault}")


def detail_of(finding: Finding) -> str:
    """What a technician reads beside the reason."""
    score = f"{finding.score:.2f} (from {finding.threshold:.2f} on)"
    return plain(f"{finding.detail}; {score}" if finding.detail else score)


def lock_turn(camera_id: int) -> PictureTurn:
    """The camera's place in the rounds, locked; made where it is missing."""
    PictureTurn.objects.bulk_create([PictureTurn(camera_id=camera_id)], ignore_conflicts=True)
    return PictureTurn.objects.select_for_update().get(camera_id=camera_id)


def note_exam(
    turn: PictureTurn, exam: Exam, at: datetime, *, watched: bool
) -> tuple[bool, list[live.Change]]:
    """Count an exam into the run of its camera, in the caller's transaction, which has locked the
    turn; whether it counts, and what browsers are to hear.

    watched: some seconds of stream were looked at.  A glance that finds nothing counts not: it
    cannot see what is frozen or shaking.
    """
    if is_too_soon(turn, at) or not (watched or exam.findings):
        return False, []
    gravest = exam.findings[0] if exam.findings else None
    fault = (reason_of(gravest), detail_of(gravest)) if gravest else None
    return True, note_fault(turn, fault, at)


def note_no_frame(turn: PictureTurn, detail: str, at: datetime) -> list[live.Change]:
    """Count a round in which the camera answered and sent nothing, as `note_exam` does."""
    if is_too_soon(turn, at):
        return []
    return note_fault(turn, (Reason.NO_FRAME, plain(detail)), at)


def is_too_soon(turn: PictureTurn, at: datetime) -> bool:
    return turn.counted_at is not None and timedelta(0) <= at - turn.counted_at < MIN_APART


def note_fault(
    turn: PictureTurn, fault: tuple[Reason, str] | None, at: datetime
) -> list[live.Change]:
    """Lengthen the run of the camera, and change its state where the run is long enough.

    fault: the gravest and what a technician reads of it; None where all is well.
    """
    count(turn, failed=fault is not None, at=at)
    state = lock_one(turn.camera_id)
    changes: list[live.Change] = []
    if state is not None:
        changes = follow(turn, state, fault, at)
        doubtful = bool(state.picture_fault) is (turn.streak_ok > 0)
        turn.again_at = at + SOON if doubtful else None
    turn.save(update_fields=["streak_ok", "streak_bad", "counted_at", "again_at"])
    return changes


def count(turn: PictureTurn, *, failed: bool, at: datetime) -> None:
    turn.streak_bad = min(turn.streak_bad + 1, LONGEST_STREAK) if failed else 0
    turn.streak_ok = 0 if failed else min(turn.streak_ok + 1, LONGEST_STREAK)
    turn.counted_at = at


def follow(
    turn: PictureTurn, state: StateRow, fault: tuple[Reason, str] | None, at: datetime
) -> list[live.Change]:
    if fault and turn.streak_bad >= IN_A_ROW:
        return put_fault(state, *fault, at)
    if turn.streak_ok >= IN_A_ROW and state.picture_fault:
        return put_fault(state, None, "", at)
    return []


def put_fault(
    state: StateRow, reason: Reason | None, detail: str, at: datetime
) -> list[live.Change]:
    """Keep or end a fault of the picture, in the caller's transaction, which has locked the state;
    what browsers are to hear.

    A camera that is down or unknown keeps that state: the fault shows once it answers again.
    """
    before = (state.state, state.reason)
    state.picture_fault, state.picture_detail = reason.value if reason else "", detail
    if shows_video(state):
        shown, why = shown_reason(state)
        wanted = State.DEGRADED if shown in DEGRADES else State.ONLINE
        put_health(state, moved(health_of(state), wanted, shown, why, max(at, state.since)))
    write_states([state], end_leases=False)
    if (state.state, state.reason) == before:
        return []
    if state.state != before[0]:
        watch.write_spans([state])
    return changes_of([state])


def shows_video(state: StateRow) -> bool:
    """Whether the camera answers well: one that comes and goes is degraded for another reason."""
    answers = state.state in (State.ONLINE, State.DEGRADED)
    return answers and is_good(Reason(state.reason))


def shown_reason(state: StateRow) -> tuple[Reason, str]:
    """What is wrong with a camera that shows video: `seldom.counted` says the same of a verdict."""
    if state.picture_fault:
        return Reason(state.picture_fault), state.picture_detail
    if state.clock_fault:
        return Reason.CLOCK_OFF, state.clock_fault
    return Reason.OK, ""


@transaction.atomic
def clear_fault(camera_id: int, at: datetime) -> None:
    """A person has said that the pictures are fine: the run begins anew, as a good one."""
    turn = lock_turn(camera_id)
    turn.streak_ok, turn.streak_bad, turn.counted_at = IN_A_ROW, 0, at
    # Looked at again soon, now by the new baseline.
    turn.again_at = at + SOON
    turn.save(update_fields=["streak_ok", "streak_bad", "counted_at", "again_at"])
    state = lock_one(camera_id)
    if state is not None and state.picture_fault:
        live.record(*put_fault(state, None, "", at))
