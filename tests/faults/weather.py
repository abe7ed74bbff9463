"""What is asked of the product whatever breaks: nothing lost, nobody condemned, well by itself."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.days.town import Town, answers, until
from tests.faults.phones import Phones
from tests.faults.watched import WatchedTown

RECOVERS_S = 120.0
"""So soon after the fault everything works again, and nobody has done anything for it."""
Weather = Callable[[str], AbstractContextManager[Phones]]
Recoveries = list[tuple[str, float, Phones]]

FRESH = """
    SELECT count(*) = count(*) FILTER (WHERE state = 'online'
        AND last_probe_at BETWEEN now() - interval '20 s' AND now() + interval '2 s')
    FROM cameras_camerastate JOIN cameras_camera ON id = camera_id WHERE enabled"""
CONDEMNED = """
    SELECT (SELECT max(id) FROM cameras_outage),
        (SELECT max(id) FROM cameras_statespan WHERE state = 'offline')"""


def condemned(town: Town) -> tuple[object, ...]:
    """Another value as soon as any camera is said to be down: all of this town's answer."""
    return tuple(town.ask(CONDEMNED)[0])


def signs(town: Town) -> dict[str, object]:
    # Of those that come within seconds: backups give one a day.
    told = "SELECT part, seen_at FROM gis_server_beat WHERE part NOT IN ('walkers', 'backups')"
    return dict(town.ask(told))


@contextmanager
def weather(town: WatchedTown, what: str, told: Recoveries) -> Iterator[Phones]:
    """People report and walk before, while and after the body lets something break and mends what
    it has to; afterwards everything is well within two minutes, and what was confirmed is there.
    """
    before = condemned(town)
    phones = Phones(town.people, town.web_port, town.positions_port)
    phones.start()
    until(lambda: len(phones.reports.confirmed) > 3, "reports are taken")
    until(lambda: len(phones.fixes.confirmed) > 3, "positions are taken")
    try:
        yield phones
    except BaseException:
        phones.give_up()
        raise
    began = time.monotonic()

    def well(holds: Callable[[], bool], say: str) -> None:
        until(holds, f"{what}: {say}", RECOVERS_S - (time.monotonic() - began))

    for port, say in town.doors():
        well(lambda port=port: answers(f"http://127.0.0.1:{port}"), say)  # type: ignore[misc]
    known = signs(town)
    phones.stop(RECOVERS_S - (time.monotonic() - began))
    well(lambda: bool(town.ask(FRESH)[0][0]), "all cameras are online, and have just been asked")
    for part, seen in known.items():
        well(lambda part=part, seen=seen: signs(town)[part] != seen, f"a sign of {part}")  # type: ignore[misc]
    told.append((what, time.monotonic() - began, phones))

    everything_is_there(town, phones)
    assert condemned(town) == before, "a camera that answers was said to be down"
    town.manage("check_world")


def everything_is_there(town: Town, phones: Phones) -> None:
    """What was confirmed, once each."""
    reported = [one["client_id"] for one in phones.reports.confirmed]
    [(events,)] = town.ask(
        "SELECT count(*) FROM events_event WHERE client_id = ANY(%s::uuid[])", reported
    )
    assert events == len(set(reported)) == len(reported)
    stored = {
        round(at, 3)
        for (at,) in town.ask(
            "SELECT extract(epoch FROM at)::float8 FROM patrols_fix WHERE device_id = %s",
            phones.told["device"],
        )
    }
    assert set(phones.fixes.confirmed) <= stored
