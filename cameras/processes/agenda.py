"""Which cameras come due, as a poller has read it last.

`due_at` moves with every answer, so an index on it would be written with every answer, and would
keep a dead entry for each until it is vacuumed; without one the new version of a row stays beside
the old one (HOT).  So a poller reads all states now and then, and lists those that come due until
it reads again.  What it lists is only where to look: `services.claim` decides.
"""

from collections import deque

from cameras.services.claims import Coming

SHARE = 1 / 100
"""So much of the time goes into reading, at most."""
SOONEST_S, LATEST_S = 0.5, 5.0
"""How long a reading is good for: what somebody else makes due is seen that much later."""
MOST_LISTED = 10_000
"""More than a poller asks in `LATEST_S`."""


class Agenda:
    """The cameras that come due, in the order of time."""

    def __init__(self) -> None:
        self._listed: deque[tuple[int, float]] = deque()
        self._good_until_s = float("-inf")
        self._is_cut = False
        self.ahead_s = SOONEST_S
        """How far into the future to read: what comes due before the next reading."""

    def is_old(self, now_s: float) -> bool:
        """Whether to read anew, by a clock that is never set: it is time, or what was due is
        claimed and there was more of it.
        """
        return now_s >= self._good_until_s or (self._is_cut and not self._listed)

    def put(self, coming: Coming, now_s: float, took_s: float) -> None:
        """Take what has been read in `took_s` seconds by `now_s`, in place of what was there."""
        pause_s = min(LATEST_S, max(SOONEST_S, took_s / SHARE))
        self._listed = deque(coming)
        self._is_cut = len(coming) >= MOST_LISTED
        self._good_until_s = now_s + pause_s
        self.ahead_s = pause_s + SOONEST_S

    def take(self, most: int, epoch_s: float) -> list[int]:
        """Up to `most` that are due at `epoch_s`, each once."""
        listed, taken = self._listed, list[int]()
        while listed and listed[0][1] <= epoch_s and len(taken) < most:
            taken.append(listed.popleft()[0])
        return taken

    def has_due(self, epoch_s: float) -> bool:
        """Whether somebody who waits is listed still."""
        return bool(self._listed) and self._listed[0][1] <= epoch_s
