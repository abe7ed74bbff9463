"""Ask the cameras, for ever or once."""

import asyncio
import gc
import logging
import resource
import signal
import time
from typing import Any

import uvloop
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import InterfaceError, OperationalError, connection

from cameras import services
from cameras.fleet_models import MAIN_SITE
from cameras.probe.net import TcpNet
from cameras.probe.runner import collect_seldom
from cameras.processes.database import DatabaseAway
from cameras.processes.poller import RETRY_S, Poller
from cameras.services import SiteRules
from gis_server.errors import DomainError

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Ask the cameras that are due, and write down what they say; SIGTERM ends it cleanly."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="ask what is due now, then end")
        parser.add_argument(
            "--concurrency", type=int, default=400, help="probes at a time (default: 400)"
        )

        parser.add_argument(
            "--site", default=MAIN_SITE, help=f"whose cameras to ask (default: {MAIN_SITE})"
        )

    def handle(self, *args: Any, once: bool, site: str, concurrency: int, **options: Any) -> None:
        rules = rules_of(site, patient=not once)
        # This thread's own connection: the poller's is its database thread's.
        connection.close()
        allow_files()
        collect_seldom()
        poller = poller_of(rules, concurrency)
        try:
            asked = uvloop.run(poll(poller, once=once))
        except DatabaseAway:
            raise CommandError("The database does not answer: look whether it runs.") from None
        if once:
            self.stdout.write(f"{asked} cameras asked")
        # Supervisors wait for 5 s: the last collection need not look at what lives till the end.
        gc.freeze()


def poller_of(rules: SiteRules, concurrency: int) -> Poller:
    """A poller that keeps to the site's networks, and to its ports but for canaries: a gateway has
    no RTSP port.
    """
    return Poller(
        services.net_of(rules),
        concurrency=concurrency,
        site=rules.name,
        canary_net=TcpNet(rules.networks),
    )


def allow_files() -> None:
    """As many sockets as the system lets us have: each silent camera holds one for five seconds."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def rules_of(site: str, *, patient: bool) -> SiteRules:
    """What is set for the site; whoever is patient waits for the database.

    Raises:
        CommandError: a setting names no network, there is no such site, or no database.
    """
    while True:
        try:
            return services.site_rules(site)
        except ValueError as error:
            raise CommandError(f"PROBE_NETWORKS: {error}") from None
        except DomainError as error:
            raise CommandError(str(error.message)) from None
        except (OperationalError, InterfaceError) as error:
            if not patient:
                raise CommandError("The database does not answer: look whether it runs.") from None
            logger.warning("the database does not answer, trying on: %s", type(error).__name__)
            time.sleep(RETRY_S)


async def poll(poller: Poller, *, once: bool) -> int:
    if once:
        return await poller.once()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, poller.stop)
    await poller.run()
    return 0
