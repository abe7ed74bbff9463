"""One timer for many alarms of one length, which ring in the order in which they were set.

A timer for each, set and nearly always taken back, would cost a tenth of a probe.
"""

import asyncio
from collections import deque
from time import monotonic
from typing import Protocol


class Alarm(Protocol):
    """Something to be done once a time is over, unless it is turned off before.

    at: when, by the monotonic clock.  Both are set by `Alarms`; whoever set the alarm turns it off.
    """

    at: float
    is_off: bool

    def ring(self) -> None:
        """Do it."""


class Alarms:
    """Rings what was set `after_s` seconds later.  Belongs to the event loop of its first use."""

    def __init__(self, after_s: float) -> None:
        self._after_s = after_s
        self._set: deque[Alarm] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def set(self, alarm: Alarm, now: float) -> None:
        """Let it ring that much after `now` (monotonic, seconds), unless it `is_off` then."""
        alarm.at, alarm.is_off = now + self._after_s, False
        self._set.append(alarm)
        if self._timer is None:
            self._wait(self._after_s)

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        """Ring what is due, forget what is off, and wait for the next one."""
        now, alarms = monotonic(), self._set
        while alarms and (alarms[0].is_off or alarms[0].at <= now):
            alarm = alarms.popleft()
            if not alarm.is_off:
                alarm.ring()
        self._timer = None
        if alarms:
            self._wait(alarms[0].at - now)
