"""From verdicts to states, with hysteresis both ways.  Pure: no Django, no clock.

GB/T 28181-2016 (9.6.1) calls a device offline after three missed heartbeats of 60 s, so 180 s is
the yardstick; the steady complaint about monitors is false offline.  Hence: three failures in a
row, asked again quickly, before a camera is called offline; two good answers before it is online
again; and a state that nobody has confirmed for three intervals is unknown, whoever stopped asking.
A camera that comes and goes is called unstable and keeps one outage, as Nagios does it.  The
numbers and what they assume stand in docs/design/states-and-grouping.md.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cameras.probe.reason import DEGRADES, SAYS_NOTHING, Reason

DOWN_AFTER = 3
UP_AFTER = 2
STALE_INTERVALS = 3
RECHECK_S = 15.0
"""How soon a doubtful answer is asked about again."""
IN_DOUBT = "failed together with many others"
"""The detail of a camera that is unknown because too many failed at once."""
SLOW_AFTER = 10
"""After so many failures in a row a camera is asked half as often: it starves no living one."""
MAX_SLOW_S = 300.0
REMEMBERED = 21
"""So many results of a camera decide whether it is unstable (Nagios: MAX_STATE_HISTORY_ENTRIES)."""
UNSTABLE_FROM, STABLE_BELOW = 0.30, 0.20
"""Shares of changes among those results at which a camera begins and ceases to be unstable: what
Nagios takes for services unless told otherwise."""
OLDEST_WEIGHT, NEWEST_WEIGHT = 0.75, 1.25
"""How much the oldest and the newest change count (Nagios, base/flapping.c)."""
ASKING_S = 10.0
"""What a question and the writing of its answer may take: no wait is so long that a verdict grows
stale before the next one is written."""


class State(StrEnum):
    """What the wall says of a camera.

    DEGRADED: it shows video, but something else is wrong with it, or it comes and goes.
    """

    UNKNOWN = "unknown"
    ONLINE = "online"
    DEGRADED = "degraded"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Health:
    """A state, since when, why, and the run of equal answers that has led or may lead to a change.

    reason, detail: those of the state, not of the latest probe; a lone failure changes neither.
    history: the latest results as bits, 1 for a failure, the newest lowest; unstable: they change
    so often that the camera cannot be called up or down.
    """

    state: State
    since: datetime
    reason: Reason
    detail: str = ""
    streak_ok: int = 0
    streak_bad: int = 0
    history: int = 0
    unstable: bool = False

    @property
    def is_steady(self) -> bool:
        """Whether one more good answer of the same reason and detail changes nothing."""
        return (
            self.state in (State.ONLINE, State.DEGRADED)
            and is_good(self.reason)
            and self.history == 0
            and self.streak_ok >= UP_AFTER
            and not self.unstable
        )

    @property
    def is_up(self) -> bool:
        """Whether the camera shows video and can be relied on to: this is what ends an outage."""
        return self.state is State.ONLINE or (
            self.state is State.DEGRADED and self.reason in DEGRADES
        )


def is_good(reason: Reason) -> bool:
    """Whether a camera that is found so shows video."""
    return reason is Reason.OK or reason in DEGRADES


def after(
    health: Health, reason: Reason, detail: str, now: datetime, *, down_after: int = DOWN_AFTER
) -> Health:
    """The health once a verdict has come in.

    Verdicts about ourselves change no state; while that is unknown, they say why.  A camera that
    has fallen and is unstable is degraded while it answers, for the reason it fell, until it has
    become stable: so it keeps its outage.

    Args:
        down_after: failures in a row that make a camera offline.  More where there is doubt: then
            it is unknown from DOWN_AFTER of them on.
    """
    if reason in SAYS_NOTHING:
        unknown = health.state is State.UNKNOWN
        return replace(health, reason=reason, detail=detail) if unknown else health
    counted = count(health, failed=not is_good(reason))
    if not is_good(reason):
        return after_failure(counted, reason, detail, now, down_after)
    if health.state is State.OFFLINE and counted.streak_ok < UP_AFTER:
        return counted
    if has_fallen(health) and counted.unstable:
        return moved(counted, State.DEGRADED, health.reason, health.detail, now)
    state = State.DEGRADED if reason in DEGRADES else State.ONLINE
    return moved(counted, state, reason, detail, now)


def after_failure(
    counted: Health, reason: Reason, detail: str, now: datetime, down_after: int
) -> Health:
    if counted.state is State.OFFLINE or counted.streak_bad >= down_after:
        return moved(counted, State.OFFLINE, reason, detail, now)
    if counted.streak_bad >= DOWN_AFTER:
        return moved(counted, State.UNKNOWN, Reason.OWN_TROUBLE, IN_DOUBT, now)
    return counted


def has_fallen(health: Health) -> bool:
    """Whether the camera was down and has not come up for good since."""
    return health.state is State.OFFLINE or (
        health.state is State.DEGRADED and health.reason not in DEGRADES
    )


def moved(health: Health, state: State, reason: Reason, detail: str, now: datetime) -> Health:
    """`health` in `state`.  The fault may change while the camera stays down: the technician wants
    today's.
    """
    since = health.since if health.state is state else now
    return replace(health, state=state, since=since, reason=reason, detail=detail)


def count(health: Health, *, failed: bool) -> Health:
    """`health` with one more result in its runs and its history."""
    history = (health.history << 1 | failed) & ((1 << REMEMBERED) - 1)
    limit = STABLE_BELOW if health.unstable else UNSTABLE_FROM
    return replace(
        health,
        # Nobody asks how long a run of good answers is beyond what brings a camera up, and one
        # that is well then stays the very same row.
        streak_ok=0 if failed else min(health.streak_ok + 1, UP_AFTER),
        streak_bad=health.streak_bad + 1 if failed else 0,
        history=history,
        unstable=change_share(history) >= limit,
    )


def change_share(history: int) -> float:
    """How often the results changed between good and bad, 0 to 1; newer changes count more.

    Nagios's `curved_percent_change` over 21 results, hence 20 possible changes.
    """
    possible = REMEMBERED - 1
    changes = (history ^ history >> 1) & ((1 << possible) - 1)
    if not changes:
        return 0.0
    step = (NEWEST_WEIGHT - OLDEST_WEIGHT) / (possible - 1)
    weights = (NEWEST_WEIGHT - age * step for age in range(possible) if changes >> age & 1)
    return sum(weights) / possible


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
    in_doubt = is_good(reason) is (health.state is State.OFFLINE)
    if in_doubt and reason not in SAYS_NOTHING and health.streak_bad < SLOW_AFTER:
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
