"""Keep what has been seen current, for ever or once; or work a whole day out anew."""

import os
import signal
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from patrols.seen.process import Coverer
from patrols.seen.whole import PROCESSES, cover_day

NICE = 5
"""Pages and positions come first on a small machine."""


class Command(BaseCommand):
    help = "Work out what people on duty have seen; SIGTERM ends it cleanly."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="work out what waits, then end")
        parser.add_argument(
            "--day", type=date.fromisoformat, help="work a whole day out anew, then end"
        )
        parser.add_argument(
            "--processes", type=int, default=PROCESSES, help="for --day (default: 2)"
        )

    def handle(
        self, *args: Any, once: bool, day: date | None, processes: int, **options: Any
    ) -> None:
        if processes < 1:
            raise CommandError("--processes must be 1 or more")
        os.nice(NICE)
        try:
            if day is not None:
                self._whole(day, processes)
            elif once:
                self._once()
            else:
                run()
        except (OperationalError, InterfaceError):
            raise CommandError("The database does not answer: look whether it runs.") from None

    def _whole(self, day: date, processes: int) -> None:
        done = cover_day(day, timezone.now(), processes)
        self.stdout.write(
            f"{done.tracks} tracks of {done.fixes} positions worked out in {done.seconds:.1f} s, "
            f"{done.ground_s:.1f} s of it for the ground"
        )

    def _once(self) -> None:
        coverer, tracks = Coverer(), 0
        while found := coverer.once(timezone.now()).tracks:
            tracks += found
        self.stdout.write(f"{tracks} tracks worked out")


def run() -> None:
    coverer = Coverer()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, coverer.stop)
    coverer.run()
