"""The photographer: takes the pictures that people ask for, and in the time left those of rounds.

The poller's twin.  Whoever presses a button comes first: a round's picture of the same device is
given up for it.  What stops it is its own trouble and no camera's: while the database is away or
nothing can be stored it takes no pictures, says so once, and goes on by itself.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from django.utils import timezone

from cameras import services
from cameras.fleet_models import MAIN_SITE
from cameras.picture.order import CaptureFailed, Heard, Order, Purpose, Shot, Source
from cameras.probe.net import Net
from cameras.probe.reason import Reason
from cameras.processes.database import DatabaseAway, DatabaseThread
from cameras.processes.poller import BEAT_S, RETRY_S, STOP_S, poller_name
from cameras.processes.shots import TRY_NEXT, learnt_from, order_of, sources, taken_of
from cameras.processes.storekeeper import Storekeeper
from cameras.services import Job, Kept, Taken, Turn, Wanted
from cameras.services.rounds import PUT_OFF
from cameras.services.snapshots import ANSWER_WITHIN
from gis_server.errors import DomainError

logger = logging.getLogger(__name__)

CLICKS_AT_ONCE = 16
CLICK_LOOK_S = 0.2
"""How soon a press is noticed."""
ANSWER_RESERVE_S = 0.8
"""What is kept of the time of a press for storing and telling."""
AWAY_S = 1.0
"""So long a press waits for another process to leave the device."""
ROUND_S = 14.0
LEASE = timedelta(seconds=60)
"""Longer than three tries of a round: sub-stream, main stream, HTTP."""
IDLE_S = 5.0
TIDY_S = 1.0
STORE_LOOK_S = 10.0
GIVEN_UP = timedelta(seconds=10)
"""When to look again at a device that was left to somebody who pressed."""
NO_BLAME = frozenset({Reason.BUSY, Reason.OWN_TROUBLE, Reason.NOT_ALLOWED})
"""A round that ends so is put off, and says nothing of the camera."""


class TakesPictures(Protocol):
    """`cameras.picture.pool.Pool`, as far as it is needed here."""

    async def warm(self) -> None:
        """Make ready for the first order."""

    async def take(self, order: Order) -> Shot:
        """The picture.  Raises CaptureFailed."""

    async def close(self) -> None:
        """End all workers."""


class MasksChanged(Exception):
    """The masks were changed while the picture was taken: it must not be kept."""


@dataclass
class Photographer:
    """One process.  `run` returns once `stop` has been called and all leases are handed back."""

    pool: TakesPictures
    net: Net
    root: Path
    site: str = MAIN_SITE
    at_once: int = 32
    name: str = field(default_factory=poller_name)

    def __post_init__(self) -> None:
        self._database = DatabaseThread()
        self._clicks: set[asyncio.Task[None]] = set()
        self._rounds: dict[str, asyncio.Task[None]] = {}
        """By host: a device has one camera of a round at work."""
        self._notes: set[asyncio.Task[None]] = set()
        self._store = Storekeeper(self.root, self._database, self.site)
        self._started_at = timezone.now()
        self._taken = 0
        self._room = asyncio.Event()
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Claim nothing more, and end."""
        self._stopping.set()

    async def run(self) -> None:
        """Take pictures until `stop`."""
        logger.info("photographer %s started", self.name)
        await self.pool.warm()
        with contextlib.suppress(DatabaseAway):
            await self._store.look()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._every(BEAT_S, self._beat, at_once=True))
            group.create_task(self._every(CLICK_LOOK_S, self._look_for_clicks))
            group.create_task(self._every(TIDY_S, self._expire))
            group.create_task(self._every(STORE_LOOK_S, self._store.look))
            group.create_task(self._make_rounds())
        await self._finish()
        logger.info("photographer %s stopped", self.name)

    async def once(self) -> int:
        """Take what is asked for now and what is due of rounds, once; how many pictures there are.

        Raises DatabaseAway.
        """
        await self._store.look()
        await self._look_for_clicks()
        await asyncio.gather(*self._clicks)
        while not self._store.trouble and await self._claim():
            await asyncio.gather(*self._rounds.values())
        await self._finish()
        return self._taken

    # What people ask for.

    async def _look_for_clicks(self) -> None:
        free = CLICKS_AT_ONCE - len(self._clicks)
        if free > 0:
            wanted = await self._database.run(
                services.claim_requests, by=self.name, site=self.site, limit=free
            )
            for one in wanted:
                task = asyncio.create_task(self._answer(one))
                self._clicks.add(task)
                task.add_done_callback(self._clicks.discard)
        if self._rounds:
            # Also those that another process has claimed.
            for host in await self._database.run(services.hosts_wanted, self.site):
                self._leave(host)

    def _leave(self, host: str) -> None:
        """Give up the round's picture of a device."""
        task = self._rounds.pop(host, None)
        if task is not None:
            self._track(task)  # it still has its turn to give back
            task.cancel()

    def _track(self, task: asyncio.Task[None]) -> None:
        """Keep a task that ends by itself."""
        self._notes.add(task)
        task.add_done_callback(self._notes.discard)

    async def _answer(self, wanted: Wanted) -> None:
        """Take what somebody waits for, and tell what became of it."""
        try:
            await self._answer_well(wanted)
        except CaptureFailed as failed:
            await self._fail(wanted, failed.reason, str(failed))
        except DomainError as error:
            await self._fail(wanted, Reason.OWN_TROUBLE, str(error.message))
        except DatabaseAway:
            return  # its time runs out, and whoever tidies up says so
        except Exception as error:
            logger.exception("picture %d failed", wanted.snapshot_id)
            await self._fail(wanted, Reason.OWN_TROUBLE, type(error).__name__)

    async def _answer_well(self, wanted: Wanted) -> None:
        """Raises CaptureFailed, DomainError, DatabaseAway."""
        await self._be_alone_at(wanted.host)
        await self._store.refuse_in_trouble()
        while True:
            job = await self._database.run(services.prepare, wanted.camera_id, timezone.now())
            if job is None:
                return  # the camera is gone, and the request with it
            left = wanted.requested_at + ANSWER_WITHIN - timezone.now()
            left_s = left.total_seconds() - ANSWER_RESERVE_S
            if left_s <= 0:
                raise CaptureFailed(Reason.NOT_STARTED, "too many pictures are asked for at once")
            shot = await self._shot(job, Purpose.CLICK, left_s)
            try:
                await self._keep(job, shot, partial(self._keep_click, job, wanted))
            except MasksChanged:
                continue
            return

    async def _keep_click(self, job: Job, wanted: Wanted, taken: Taken) -> Kept:
        return await self._database.run(services.keep_click, job, wanted.snapshot_id, taken)

    async def _be_alone_at(self, host: str) -> None:
        """Have rounds leave the device; others' are waited for, but not long."""
        self._leave(host)
        until = asyncio.get_running_loop().time() + AWAY_S
        while asyncio.get_running_loop().time() < until:
            others = await self._database.run(
                services.hosts_in_rounds, by=self.name, now=timezone.now()
            )
            if host not in others:
                break
            await asyncio.sleep(CLICK_LOOK_S)

    async def _fail(self, wanted: Wanted, reason: Reason, detail: str) -> None:
        with contextlib.suppress(DatabaseAway):
            await self._database.run(services.fail_snapshot, wanted.snapshot_id, reason, detail)

    async def _expire(self) -> None:
        await self._database.run(services.expire_snapshots, timezone.now())

    # Rounds.

    async def _make_rounds(self) -> None:
        while not self._stopping.is_set():
            try:
                turns = [] if self._store.trouble else await self._claim()
            except DatabaseAway:
                await self._pause(RETRY_S)
                continue
            if not turns:
                await self._pause(IDLE_S)
                continue
            self._room.clear()
            while len(self._rounds) > self.at_once // 2 and not self._stopping.is_set():
                # A claim costs the same for many as for one.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_S):
                        await self._room.wait()
                self._room.clear()

    async def _claim(self) -> Sequence[Turn]:
        """Claim as many cameras of rounds as there are places for, and start on them."""
        free = self.at_once - len(self._rounds)
        if free <= 0:
            return []
        turns = await self._database.run(
            services.claim_round,
            by=self.name,
            site=self.site,
            limit=free,
            lease=LEASE,
            now=timezone.now(),
        )
        for turn in turns:
            task = asyncio.create_task(self._take_turn(turn))
            self._rounds[turn.host] = task
            task.add_done_callback(partial(self._has_ended, turn.host))
        return turns

    def _has_ended(self, host: str, task: asyncio.Task[None]) -> None:
        if self._rounds.get(host) is task:
            del self._rounds[host]
        self._room.set()

    async def _take_turn(self, turn: Turn) -> None:
        again_at: datetime | None = None
        try:
            again_at = await self._look(turn)
        except asyncio.CancelledError:
            # Left to somebody who pressed, or we are told to stop: nobody is blamed.
            again_at = timezone.now() + GIVEN_UP
        except DatabaseAway:
            pass  # the lease runs out
        except Exception:
            logger.exception("the round's picture of camera %d failed", turn.camera_id)
            again_at = timezone.now() + PUT_OFF
        if again_at is not None:
            with contextlib.suppress(DatabaseAway):
                await self._database.run(services.end_turn, turn, by=self.name, again_at=again_at)

    async def _look(self, turn: Turn) -> datetime | None:
        """Take a camera's picture for its round; when to come again, if that came to nothing.

        Raises DatabaseAway.
        """
        try:
            job = await self._database.run(services.prepare, turn.camera_id, timezone.now())
            if job is None:
                return None
            shot = await self._shot(job, Purpose.ROUND, ROUND_S)
            await self._keep(job, shot, partial(self._keep_round, job, turn))
        except MasksChanged:
            return timezone.now()
        except DomainError:
            return timezone.now() + PUT_OFF
        except CaptureFailed as failed:
            if failed.reason is Reason.STORE_FAILED:
                return timezone.now()  # no round goes on before something can be stored again
            if failed.reason in NO_BLAME:
                return timezone.now() + PUT_OFF
            await self._database.run(
                services.fail_round,
                turn.camera_id,
                failed.reason,
                str(failed),
                sent_nothing=failed.sent_nothing,
                by=self.name,
                until=turn.until,
                now=timezone.now(),
            )
        return None

    async def _keep_round(self, job: Job, turn: Turn, taken: Taken) -> Kept:
        return await self._database.run(
            services.keep_round, job, taken, by=self.name, until=turn.until
        )

    # One picture.

    async def _shot(self, job: Job, purpose: Purpose, deadline_s: float) -> Shot:
        """A picture from the source that is right for the purpose, or from the next one.

        Raises CaptureFailed: that of the first source, which is the one that people know.
        """
        loop = asyncio.get_running_loop()
        until = loop.time() + deadline_s
        first: CaptureFailed | None = None
        for source in sources(job, purpose):
            left_s = until - loop.time() if purpose is Purpose.CLICK else deadline_s
            if left_s <= ANSWER_RESERVE_S:
                break
            if source is Source.HTTP:
                job = await self._database.run(services.with_pages, job, timezone.now())
            try:
                return await self.pool.take(
                    order_of(
                        job,
                        self.net,
                        purpose,
                        source,
                        deadline_s=left_s,
                        note=partial(self._note_login, job),
                    )
                )
            except CaptureFailed as failed:
                first = first or failed
                if failed.reason not in TRY_NEXT:
                    break
        raise first or CaptureFailed(Reason.NOT_STARTED, "no time was left")

    def _note_login(self, job: Job, heard: Heard) -> None:
        """Have it written what became of the password, whatever becomes of the picture."""
        self._track(asyncio.create_task(self._write_login(job, heard)))

    async def _write_login(self, job: Job, heard: Heard) -> None:
        with contextlib.suppress(DatabaseAway):
            await self._database.run(
                services.note_login,
                camera_id=job.camera_id,
                leave=job.leave,
                heard=heard,
                now=timezone.now(),
            )

    async def _keep(self, job: Job, shot: Shot, keep: Callable[[Taken], Awaitable[Kept]]) -> None:
        """Put the picture on the disk and then into the database; no file stays without its row.

        Raises:
            CaptureFailed: STORE_FAILED.
            MasksChanged: they are others by now.
        """
        put = await self._store.put(shot, name=f"{job.camera_id}-{shot.taken_at:%H%M%S}")
        kept = Kept.LATE
        try:
            learnt = await asyncio.to_thread(learnt_from, job, shot)
            kept = await keep(taken_of(shot, put, learnt))
            self._taken += kept is Kept.KEPT
        finally:
            if kept is not Kept.KEPT:
                await self._store.take_away(put)
        if kept is Kept.UNMASKED:
            raise MasksChanged

    # Itself.

    async def _beat(self) -> None:
        await self._database.run(
            services.picture_beat,
            name=self.name,
            site=self.site,
            started_at=self._started_at,
            in_flight=len(self._clicks) + len(self._rounds),
            taken=self._taken,
            now=timezone.now(),
        )

    async def _every(
        self, pause_s: float, work: Callable[[], Awaitable[None]], *, at_once: bool = False
    ) -> None:
        if at_once:
            with contextlib.suppress(DatabaseAway):
                await work()
        while not self._stopping.is_set():
            await self._pause(pause_s)
            try:
                await work()
            except DatabaseAway:
                await self._pause(RETRY_S)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not when it is time to stop."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _finish(self) -> None:
        """Give those who pressed a moment, give up the rest, hand back what is not done."""
        under_way = [*self._clicks, *self._rounds.values()]
        for task in self._rounds.values():
            task.cancel()
        if self._clicks:
            await asyncio.wait(self._clicks, timeout=STOP_S)
        for task in self._clicks:
            task.cancel()
        await asyncio.gather(*under_way, *self._notes, return_exceptions=True)
        await self.pool.close()
        try:
            await self._database.run(services.release_requests, self.name)
            await self._database.run(services.hand_back_turns, self.name)
            await self._database.run(services.say_farewell, self.name)
        except DatabaseAway:
            logger.warning("turns of %s were not handed back; they run out", self.name)
        await self._database.close()
