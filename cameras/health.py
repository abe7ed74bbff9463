"""From verdicts to states, with hysteresis both ways.  Pure: no Django, no clock.

GB/T 28181-2016 (9.6.1) calls a device offline after three missed heartbeats of 60 s, so 180 s is
the yardstick; the steady complaint about monitors is false offline.  Hence: three failures in a
row, asked again quickly, before a camera is called offline; two good answers before it is online
again; and a state that nobody has confirmed for three intervals is unknown, whoever stopped asking.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cameras.probe.reason import SAYS_NOTHING, Reason

DOWN_AFTER = 3
UP_AFTER = 2
STALE_INTERVALS = 3
RECHECK_S = 15.0
"""How soon a doubtful answer is asked about again."""
SLOW_AFTER = 10
"""After so many failures in a row a camera is asked half as often: it starves no living one."""
MAX_SLOW_S = 300.0
ASKING_S = 10.0
"""What a question and the writing of its answer may take: no wait is so long that a verdict grows
stale before the next one is written."""


class State(StrEnum):
    """What the wall says of a camera.  DEGRADED is kept for pictures found wanting."""

    UNKNOWN = "unknown"
    ONLINE = "online"
    DEGRADED = "degraded"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Health:
    """A state, since when, why, and the run of equal answers that has led or may lead to a change.

    reason, detail: those of the state, not of the latest probe; a lone failure changes neither.
    """

    state: State
    since: datetime
    reason: Reason
    detail: str = ""
    streak_ok: int = 0
    streak_bad: int = 0


def after(health: Health, reason: Reason, detail: str, now: datetime) -> Health:
    """The health once a verdict has come in.

    Verdicts about ourselves change no state; while that is unknown, they say why.
    """
    if reason in SAYS_NOTHING:
        unknown = health.state is State.UNKNOWN
        return replace(health, reason=reason, detail=detail) if unknown else health
    if reason is Reason.OK:
        counted = replace(health, streak_ok=health.streak_ok + 1, streak_bad=0)
        enough, state = UP_AFTER if health.state is State.OFFLINE else 1, State.ONLINE
        run = counted.streak_ok
    else:
        counted = replace(health, streak_ok=0, streak_bad=health.streak_bad + 1)
        enough, state, run = DOWN_AFTER, State.OFFLINE, counted.streak_bad
    if health.state is state:
        # The fault may change while the camera stays down: the technician wants today's.
        return replace(counted, reason=reason, detail=detail)
    if run < enough:
        return counted
    return replace(counted, state=state, since=now, reason=reason, detail=detail)


def unasked(health: Health, now: datetime) -> Health:
    """The health of a camera that nobody has asked for too long; old answers no longer count."""
    return Health(State.UNKNOWN, now, Reason.NOT_ASKED)


def is_stale(last_probe_at: datetime | None, interval_s: float, now: datetime) -> bool:
    """Whether the last verdict is older than three intervals (or there is none)."""
    return last_probe_at is None or now - last_probe_at > timedelta(
        seconds=STALE_INTERVALS * interval_s
    )


def next_due(
    health: Health, reason: Reason, *, interval_s: float, spread_key: int, now: datetime
) -> datetime:
    """When to ask again.

    Doubt (a failure of a camera that is not offline, a good answer of one that is) is settled
    quickly, once `health` is what it is `after` that answer.  A camera that has long been dead is
    asked every second interval, at most 300 s apart, so that its recovery is seen and its state
    never grows stale.
    """
    recheck = timedelta(seconds=min(RECHECK_S, interval_s / 2))
    in_doubt = (reason is Reason.OK) is (health.state is State.OFFLINE)
    if in_doubt and reason not in SAYS_NOTHING:
        return now + recheck
    if health.streak_bad >= SLOW_AFTER:
        slow_s = min(2 * interval_s, STALE_INTERVALS * interval_s - ASKING_S, MAX_SLOW_S)
        return now + timedelta(seconds=max(interval_s, slow_s))
    return next_slot(spread_key, interval_s, now)


def next_slot(spread_key: int, interval_s: float, now: datetime) -> datetime:
    """The camera's own phase of the interval, between half and one and a half intervals away.

    The phase is a hash of its id (Knuth's multiplicative one), so that a fleet that was started
    at once does not stay in step.
    """
    phase_s = (spread_key * 2654435761 % 2**32) / 2**32 * interval_s
    earliest_s = now.timestamp() + interval_s / 2
    slots = (earliest_s - phase_s) // interval_s + 1
    return datetime.fromtimestamp(slots * interval_s + phase_s, UTC)
