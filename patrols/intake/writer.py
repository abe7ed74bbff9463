"""Many requests, one transaction: what has gathered meanwhile is written together.

Nobody is answered before that transaction has committed.  Tokens are looked up in it, so that a
revoked one is refused from the moment on at which its revocation was committed.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.utils import timezone

from gis_server import beats
from patrols.intake.duty_times import DutyTimes
from patrols.intake.refusals import WORDS, Refusal
from patrols.intake.rows import Array
from patrols.intake.taking import Parcel, Taken, tell, write
from patrols.models import Device, How

logger = logging.getLogger(__name__)

FRESH_S = 5.0
"""So long the roster is remembered."""
TELL_EVERY_S = 1.0
"""How often a street is told at most."""
NOTE_EVERY = timedelta(seconds=30)
"""How often it is noted that a device was heard, if nothing else has changed."""
MOST_WAITING = 100_000
"""Fixes in memory; more are refused, and phones send them again."""
MOST_REQUESTS = 10_000
MOST_IN_GROUP = 20_000
OURS = (DataError, IntegrityError, ProgrammingError)
"""What the database says of what it was sent; all else it says of itself."""
LOOK_EVERY_S = 5.0
"""How long an answer about the database's health holds."""


class Away(Exception):
    """The database does not answer, or there is too much to do: nothing was kept, come again."""


class WrongToken(Exception):
    """The token is none of a device, or was replaced or revoked; revoked: it once was one."""


class Broken(Exception):
    """It could not be written for a reason of its own; coming again will not help."""


@dataclass(slots=True)
class Sent:
    """What one request brings.  trouble: why something of it was unreadable, for the device's page.

    done: gets a `Taken`, or Away, WrongToken or Broken.
    """

    token_hash: str
    fixes: Array
    trouble: str = ""
    done: "asyncio.Future[Taken]" = field(default_factory=asyncio.Future)

    @property
    def weight(self) -> int:
        return max(len(self.fixes), 1)


Outcome = Taken | Exception


class Writer:
    """Gathers and writes; one thread with one connection of its own."""

    def __init__(self) -> None:
        self.waiting: deque[Sent] = deque()
        self.weight = 0
        self.wake = asyncio.Event()
        self.thread = ThreadPoolExecutor(1, "writer")
        self.duty_times = DutyTimes(FRESH_S)
        self.untold: set[str] = set()
        self.told_at = 0.0
        self.looked_at, self.is_well = 0.0, False

    async def take(self, sent: Sent) -> Taken:
        """
        Raises:
            Away, WrongToken, Broken: see there.
        """
        if self.weight + sent.weight > MOST_WAITING or len(self.waiting) >= MOST_REQUESTS:
            raise Away
        self.waiting.append(sent)
        self.weight += sent.weight
        self.wake.set()
        return await sent.done

    async def run(self) -> None:
        """Write for ever; whatever goes wrong, those who wait are told."""
        while True:
            await self._something()
            group = self._group()
            outcomes = await self._in_thread(self._write, group)
            for sent, outcome in zip(group, outcomes, strict=True):
                _answer(sent, outcome)

    async def live(self) -> None:
        """Give a sign of life for ever; where the database is away there is none."""
        while True:
            await self._in_thread(_beat)
            await asyncio.sleep(beats.EVERY_S)

    async def _something(self) -> None:
        """Wait for requests, or for the time to tell what was not told yet."""
        if self.waiting:
            return
        self.wake.clear()
        left = self.told_at + TELL_EVERY_S - time.monotonic() if self.untold else None
        with suppress(TimeoutError):
            async with asyncio.timeout(None if left is None else max(left, 0.01)):
                await self.wake.wait()

    def _group(self) -> list[Sent]:
        """What is written next, in the order in which it came, of each device one at a time."""
        group: list[Sent] = []
        later: list[Sent] = []
        devices: set[str] = set()
        size = 0
        while self.waiting and size < MOST_IN_GROUP:
            sent = self.waiting.popleft()
            if sent.token_hash in devices:
                later.append(sent)
                continue
            devices.add(sent.token_hash)
            group.append(sent)
            size += sent.weight
        self.waiting.extendleft(reversed(later))
        self.weight -= size
        return group

    async def _in_thread(self, work: Any, *args: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work, *args)

    def _write(self, group: Sequence[Sent], *, is_last_try: bool = False) -> Sequence[Outcome]:
        """In the writer's thread: what became of each of a group."""
        try:
            return self._write_together(group, timezone.now())
        except Exception as error:
            _hang_up()
            if isinstance(error, DatabaseError | InterfaceError) and not isinstance(error, OURS):
                logger.warning("positions cannot be written: %s", type(error).__name__)
                return [Away()] * len(group)
            logger.exception("a group of positions cannot be written by a fault of ours")
        if is_last_try:
            return [Broken() if _ask() else Away()]
        # One must not keep all others out, now and whenever they come again; and what failed as the
        # database went away is no fault of its own.
        return [self._write([sent], is_last_try=True)[0] for sent in group]

    def _write_together(self, group: Sequence[Sent], now: datetime) -> list[Outcome]:
        is_time = time.monotonic() - self.told_at >= TELL_EVERY_S
        with transaction.atomic():
            devices = _devices(group)
            known = [sent for sent in group if _is_usable(devices.get(sent.token_hash))]
            parcels = [_parcel(sent, devices[sent.token_hash]) for sent in known]
            written = write(parcels, self.duty_times, now)
            taken = {sent.token_hash: one for sent, one in zip(known, written.taken, strict=True)}
            _note_heard(group, devices, taken, now)
            codes = self.untold | written.codes
            if is_time:
                tell(codes)
        self.untold = set() if is_time else codes
        if is_time:
            self.told_at = time.monotonic()
        return [taken.get(sent.token_hash, WrongToken()) for sent in group]

    async def look(self) -> bool:
        """Whether the database answers, as of a few seconds ago."""
        if time.monotonic() - self.looked_at >= LOOK_EVERY_S:
            self.looked_at = time.monotonic()
            self.is_well = await self._in_thread(_ask)
        return self.is_well

    def close(self) -> None:
        self.thread.submit(_hang_up)
        self.thread.shutdown()


def _beat() -> None:
    try:
        beats.beat(beats.Part.POSITIONS, timezone.now())
    except (OperationalError, InterfaceError) as error:
        logger.warning("no sign of life can be written: %s", type(error).__name__)
        _hang_up()


def _answer(sent: Sent, outcome: Outcome) -> None:
    # Whoever has hung up meanwhile waits no longer.
    if sent.done.done():
        return
    if isinstance(outcome, Taken):
        sent.done.set_result(outcome)
    else:
        sent.done.set_exception(outcome)


@dataclass(frozen=True, slots=True)
class Known:
    """A device as the database has it now."""

    id: int
    member: int
    is_active: bool
    revoked_at: datetime | None
    heard_at: datetime | None
    refusal: str


# A phone waits 15 seconds for its answer.
DEVICES = """
    SET LOCAL statement_timeout = '10s'; SET LOCAL lock_timeout = '5s';
    SELECT token_hash, device.id, member_id, is_active, revoked_at, last_heard_at, last_refusal
    FROM patrols_device device JOIN patrols_member member ON member.id = member_id
    WHERE token_hash = ANY(%s)"""


def _devices(group: Sequence[Sent]) -> dict[str, Known]:
    """One query, which also makes the transaction impatient; by hand, because rows as models cost
    more than all the rest of a small group.
    """
    with connection.cursor() as cursor:
        cursor.execute(DEVICES, [[sent.token_hash for sent in group]])
        return {token_hash: Known(*rest) for token_hash, *rest in cursor.fetchall()}


def _is_usable(device: Known | None) -> bool:
    return device is not None and device.is_active and device.revoked_at is None


def _parcel(sent: Sent, device: Known) -> Parcel:
    return Parcel(device.member, device.id, How.DEVICE, sent.fixes)


def _note_heard(
    group: Sequence[Sent], devices: dict[str, Known], taken: dict[str, Taken], now: datetime
) -> None:
    """When devices were heard last, and what was wrong with what they sent.  One query."""
    changed = []
    for sent in group:
        device = devices.get(sent.token_hash)
        if device is None:
            continue
        refusal = _refusal(sent, device, taken.get(sent.token_hash))
        is_old = device.heard_at is None or now - device.heard_at >= NOTE_EVERY
        if is_old or refusal != device.refusal:
            changed.append((device.id, refusal))
    if changed:
        ids, refusals = zip(*sorted(changed), strict=True)
        with connection.cursor() as cursor:
            cursor.execute(HEARD, [now, list(ids), list(refusals)])


HEARD = """
    UPDATE patrols_device SET last_heard_at = %s, last_refusal = refusal
    FROM unnest(%s::bigint[], %s::text[]) AS told (device, refusal) WHERE id = device"""


def _refusal(sent: Sent, device: Known, taken: Taken | None) -> str:
    """Why what was sent last was not taken (a key of `TEXTS`, and details); empty: it was."""
    if taken is None:
        return "wrong_token" if device.revoked_at else "member_inactive"
    if taken.kept or taken.repeated:
        return ""
    if len(taken.reasons):
        return WORDS[Refusal(int(taken.reasons[taken.reasons > 0][0]))]
    return f"unreadable {sent.trouble}"[: Device._meta.get_field("last_refusal").max_length]


def _ask() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        _hang_up()
        return False
    return True


def _hang_up() -> None:
    """The next attempt connects anew."""
    with suppress(DatabaseError, InterfaceError):
        connection.close()
