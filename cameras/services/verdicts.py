"""What is written of the answers.

A verdict is written only while its poller still holds the lease, under the row's lock, so no
verdict is written twice and none of an interrupted question.  Whoever waits for rows locks them in
the order of their ids and holds none before, so two bulk writes cannot block each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from cameras.health import DOWN_AFTER, UP_AFTER, State, after, is_good, next_due, next_slot
from cameras.probe.reason import SAYS_NOTHING, Reason
from cameras.probe.result import LoginOutcome, Verdict
from cameras.services import outages, watch
from cameras.services.claims import Claim
from cameras.services.columns import numbers, texts, times
from cameras.services.logins import Outcome, note_outcomes
from cameras.services.results import KEEP_GOOD_EVERY, is_kept, keep_results
from cameras.services.seldom import asked_seldom, counted, note_answers, note_devices
from cameras.services.states import (
    StateRow,
    changes_of,
    count_login,
    health_of,
    lock,
    put_health,
    write_states,
)
from gis_server import live


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict on what was claimed, and when it was reached."""

    claim: Claim
    at: datetime
    verdict: Verdict


def record(findings: Sequence[Finding], *, poller: str, down_after: int = DOWN_AFTER) -> int:
    """Write verdicts: states, probes, outages, and one change row for each state that moved; then
    what devices say they are.

    down_after: failures in a row that make a camera offline, for `health.after`.

    A camera whose lease has gone to someone else, was taken away (another login, another address),
    also when this poller has claimed it anew since, or that was deleted meanwhile is passed over.
    Returns how many were written.
    """
    # First, and also of what is passed over below: the passwords have been sent.
    note_outcomes(outcomes_of(findings))
    by_camera = {finding.claim.camera_id: finding for finding in findings}
    written = write_steady([one for one in by_camera.values() if may_be_steady(one)], poller)
    rest = {camera_id: one for camera_id, one in by_camera.items() if camera_id not in written}
    if rest:
        written |= write_changed(rest, poller, down_after)
    note_devices(
        {
            camera_id: (one.claim.target, one.verdict.device)
            for camera_id, one in rest.items()
            if one.verdict.device and camera_id in written
        }
    )
    return len(written)


def outcomes_of(findings: Iterable[Finding]) -> list[Outcome]:
    """What became of logins, where it is news for their books."""
    return [
        Outcome(one.claim.leave, one.at, one.verdict.login, one.verdict.onvif_login)
        for one in findings
        if one.claim.leave and not is_old_news(one.claim, one.verdict)
    ]


def is_old_news(claim: Claim, verdict: Verdict) -> bool:
    """Nearly always: a login that goes on being accepted."""
    leave = claim.leave
    return (
        leave is not None
        and leave.proven
        and leave.turn is None
        and verdict.login is not LoginOutcome.REFUSED
        and verdict.onvif_login is not LoginOutcome.REFUSED
    )


# Each row is found by its id, however many are of the same state or poller.
WRITE_STEADY = """
    WITH held AS MATERIALIZED (
        SELECT v.camera_id, v.due_at, v.at,
            (s.kept_at > v.at OR s.kept_at <= v.at - make_interval(secs => %s)) IS NOT FALSE
                AS keep
        FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[],
            %s::text[], %s::text[]) AS v (camera_id, until, due_at, at, reason, detail)
        CROSS JOIN LATERAL (
            SELECT kept_at FROM cameras_camerastate AS held
            WHERE held.camera_id = v.camera_id
                AND leased_by = %s AND lease_until = v.until
                AND state IN ('online', 'degraded') AND history = 0 AND streak_ok >= %s
                AND NOT unstable AND failed_logins = 0
                AND held.reason = CASE WHEN picture_fault <> '' THEN picture_fault
                    WHEN v.reason = %s AND clock_fault <> '' THEN %s ELSE v.reason END
                AND held.detail = CASE WHEN picture_fault <> '' THEN picture_detail
                    WHEN v.reason = %s AND clock_fault <> '' THEN clock_fault ELSE v.detail END
            LIMIT 1 FOR UPDATE SKIP LOCKED
        ) AS s
    )
    UPDATE cameras_camerastate AS s
    SET due_at = held.due_at, last_probe_at = held.at, lease_until = NULL, leased_by = '',
        kept_at = CASE WHEN held.keep THEN held.at ELSE s.kept_at END
    FROM held WHERE s.camera_id = held.camera_id
    RETURNING s.camera_id, held.keep
"""


def may_be_steady(finding: Finding) -> bool:
    """Whether the verdict alone allows that it changes nothing."""
    verdict = finding.verdict
    return (
        is_good(verdict.reason)
        and verdict.login is not LoginOutcome.REFUSED
        and not asked_seldom(verdict)
    )


def write_steady(findings: Sequence[Finding], poller: str) -> set[int]:
    """Write the verdicts that change nothing but the time of the last one: in one short statement,
    which keeps one result in a while; the ids of these cameras.

    Which they are is decided where the rows are, by the rules of `Health.is_steady` and `counted`.
    Rows that somebody else has locked are passed over: nothing is waited for here.
    """
    if not findings:
        return set()
    claims = [one.claim for one in findings]
    values = (
        KEEP_GOOD_EVERY.total_seconds(),
        numbers(claim.camera_id for claim in claims),
        times(claim.until for claim in claims),
        times(next_slot(one.claim.camera_id, one.claim.interval_s, one.at) for one in findings),
        times(one.at for one in findings),
        texts(one.verdict.reason for one in findings),
        texts(one.verdict.detail for one in findings),
        poller,
        UP_AFTER,
        *(Reason.OK.value, Reason.CLOCK_OFF.value, Reason.OK.value),
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(WRITE_STEADY, values)
        written = dict(cursor.fetchall())
        if any(written.values()):
            kept = [one for one in findings if written.get(one.claim.camera_id)]
            keep_results([(one.claim.camera_id, one.at, one.verdict) for one in kept])
    return set(written)


@transaction.atomic
def write_changed(by_camera: Mapping[int, Finding], poller: str, down_after: int) -> set[int]:
    """Put the verdicts into the rows, with all that follows from them; the ids of these cameras."""
    held = [
        (row, by_camera[row.camera_id])
        for row in lock(by_camera, poller)
        if row.lease_until == by_camera[row.camera_id].claim.until
    ]
    rows = [row for row, _finding in held]
    before = {row.camera_id: row.state for row in rows}
    kept = [one for row, one in held if is_kept(row, one.verdict, one.at)]
    moved = [row for row, finding in held if apply(row, finding, down_after)]
    write_states(rows, end_leases=True)
    keep_results([(one.claim.camera_id, one.at, one.verdict) for one in kept])
    if moved:
        watch.write_spans([row for row in moved if row.state != before[row.camera_id]])
        told = open_and_close_outages(moved)
        live.record(*changes_of(moved), *told)
    return set(before)


def apply(row: StateRow, finding: Finding, down_after: int = DOWN_AFTER) -> bool:
    """Put the verdict into the row (not saved yet); whether the state has changed by it."""
    verdict, at = finding.verdict, finding.at
    before = (row.state, row.unstable)
    reason, detail = counted(row, finding.claim.target, verdict)
    health = after(health_of(row), reason, detail, at, down_after=down_after)
    put_health(row, health)
    note_answers(row, verdict, at)
    row.due_at = next_due(
        health, verdict.reason, interval_s=row.interval_s, spread_key=row.camera_id, now=at
    )
    if verdict.reason not in SAYS_NOTHING:
        row.last_probe_at = at
    count_login(row, verdict.login, at)
    return (row.state, row.unstable) != before


def open_and_close_outages(moved: Sequence[StateRow]) -> list[live.Change]:
    """Outages of what has fallen and risen; the changes that browsers are to hear of."""
    fallen = [
        outages.Fall(row.camera_id, row.since, row.reason)
        for row in moved
        if row.state == State.OFFLINE
    ]
    risen = {row.camera_id: row.since for row in moved if health_of(row).is_up}
    return outages.open_and_close(fallen, risen)
