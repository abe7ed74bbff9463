"""Ask the cameras, for ever or once."""

import asyncio
import signal
from typing import Any

import uvloop
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from cameras.poller import DatabaseAway, Poller
from cameras.probe.net import TcpNet


class Command(BaseCommand):
    help = "Ask the cameras that are due, and write down what they say; SIGTERM ends it cleanly."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="ask what is due now, then end")
        parser.add_argument(
            "--concurrency", type=int, default=200, help="probes at a time (default: 200)"
        )

    def handle(self, *args: Any, once: bool, concurrency: int, **options: Any) -> None:
        try:
            net = TcpNet(settings.PROBE_NETWORKS)
        except ValueError as error:
            raise CommandError(f"PROBE_NETWORKS: {error}") from None
        try:
            asked = uvloop.run(poll(net, once=once, concurrency=concurrency))
        except DatabaseAway:
            raise CommandError("The database does not answer: look whether it runs.") from None
        if once:
            self.stdout.write(f"{asked} cameras asked")


async def poll(net: TcpNet, *, once: bool, concurrency: int) -> int:
    poller = Poller(net, concurrency=concurrency)
    if once:
        return await poller.once()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, poller.stop)
    await poller.run()
    return 0
