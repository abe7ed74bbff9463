"""The process that keeps coverage current, round by round."""

import logging
from datetime import datetime, timedelta
from threading import Event

from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from gis_server import beats
from patrols.seen import grounds
from patrols.seen.covering import AT_ONCE, Round, Teller, cover_some

logger = logging.getLogger(__name__)
PAUSE_S = 2.0
"""Between rounds: what comes meanwhile is written together."""
RETRY_S = 3.0


class Coverer:
    """Works until it is told to stop."""

    def __init__(self) -> None:
        self._stopped = Event()
        self._teller = Teller()
        self._looked = datetime.min.replace(tzinfo=timezone.get_default_timezone())
        self._beat_at = self._looked
        self._is_away = False

    def stop(self, *_: object) -> None:
        """May be called by a signal; the round that runs is finished."""
        self._stopped.set()

    def run(self) -> None:
        """Round after round; where the database is away, until it is back."""
        while not self._stopped.is_set():
            try:
                done = self.once(timezone.now())
            except (OperationalError, InterfaceError) as error:
                self._wait_for_database(error)
                continue
            if self._is_away:
                self._is_away = False
                logger.info("the database answers again")
            if done.tracks < AT_ONCE:
                self._stopped.wait(PAUSE_S)

    def once(self, now: datetime) -> Round:
        """One round.  A clock that was set back must not put off what comes again and again."""
        if abs(now - self._beat_at) >= timedelta(seconds=beats.EVERY_S):
            beats.beat(beats.Part.COVER, now)
            self._beat_at = now
        if abs(now - self._looked) >= timedelta(minutes=1):
            grounds.of_day(timezone.localdate(now), now)
            for area, day in grounds.refresh(now):
                logger.info("shapes of %s on %s have changed: that day begins anew", area, day)
            self._looked = now
        done = cover_some(self._teller, now)
        if not done.tracks and self._teller.due(now):
            with transaction.atomic():
                self._teller.tell([], now)
        return done

    def _wait_for_database(self, error: Exception) -> None:
        if not self._is_away:
            logger.warning("the database does not answer, trying on: %s", type(error).__name__)
            self._is_away = True
        connection.close()
        self._stopped.wait(RETRY_S)
