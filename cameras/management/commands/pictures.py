"""Take the pictures that people ask for, and those of rounds, for ever or once."""

import asyncio
import gc
import os
import signal
from pathlib import Path
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from cameras import services
from cameras.fleet_models import MAIN_SITE
from cameras.management.commands.poll import rules_of
from cameras.picture.pool import Pool
from cameras.processes.database import DatabaseAway
from cameras.processes.photographer import Photographer

NICE = 5
"""The poller's deadlines come first on a small machine."""


class Command(BaseCommand):
    help = "Take the pictures that are asked for and those of rounds; SIGTERM ends it cleanly."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="take what is due now, then end")
        parser.add_argument(
            "--workers", type=int, default=2, help="processes that decode (default: 2)"
        )
        parser.add_argument(
            "--concurrency", type=int, default=32, help="cameras of rounds at a time (default: 32)"
        )
        parser.add_argument(
            "--site", default=MAIN_SITE, help=f"whose cameras to look at (default: {MAIN_SITE})"
        )

    def handle(
        self, *args: Any, once: bool, site: str, workers: int, concurrency: int, **options: Any
    ) -> None:
        if workers < 1 or concurrency < 1:
            raise CommandError("--workers and --concurrency must be 1 or more")
        rules = rules_of(site, patient=not once)
        # This thread's own connection: the photographer's is its database thread's.
        connection.close()
        os.nice(NICE)
        one = Photographer(
            Pool(workers),
            services.net_of(rules),
            Path(settings.MEDIA_ROOT),
            site=rules.name,
            at_once=concurrency,
        )
        try:
            taken = uvloop.run(take(one, once=once))
        except DatabaseAway:
            raise CommandError("The database does not answer: look whether it runs.") from None
        if once:
            self.stdout.write(f"{taken} pictures taken")
        # Supervisors wait for 5 s: the last collection need not look at what lives till the end.
        gc.freeze()


async def take(one: Photographer, *, once: bool) -> int:
    if once:
        return await one.once()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, one.stop)
    await one.run()
    return 0
