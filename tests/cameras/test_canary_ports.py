"""Canaries may be at ports that cameras of the site may not be at."""

import asyncio
import socket

import pytest

from cameras.management.commands.poll import poller_of
from cameras.probe.net import NetError
from cameras.probe.reason import Reason
from cameras.processes.canaries import ask_canaries
from cameras.services.sites import Canary, SiteRules


def test_a_canary_is_asked_at_its_own_port_and_a_camera_only_at_the_sites() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gateway:
        port = gateway.getsockname()[1]
        canary = Canary("127.0.0.1", port)
        # The site's one port is another than the gateway's.
        rules = SiteRules("east", ("127.0.0.0/8",), (port % 65535 + 1,), (canary,), 0.3)

        async def ask() -> list[bool]:
            poller = poller_of(rules, 1)
            with pytest.raises(NetError) as refused:
                await poller.net.open(await poller.net.resolve("127.0.0.1"), port)
            assert refused.value.reason is Reason.NOT_ALLOWED
            return await ask_canaries(rules.canaries, poller.canary_net or poller.net)

        assert asyncio.run(ask()) == [True]
