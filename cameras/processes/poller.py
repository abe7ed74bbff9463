"""The poller: claims due cameras, asks them, writes down what they say; until it is told to stop.

Its own troubles condemn no camera.  A failure counts only once the canaries have answered after it
(`cameras.sight`); a poller that cannot reach them holds failures back, and says so once.  While
the database is away it keeps what it has found, says so once and tries again; what it cannot ask
grows stale and becomes unknown, never offline.
"""

import asyncio
import contextlib
import logging
import os
import platform
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.utils import timezone

from cameras import services
from cameras.fleet_models import MAIN_SITE
from cameras.health import DOWN_AFTER
from cameras.probe.net import Net
from cameras.probe.reason import Reason
from cameras.probe.result import StepResult, verdict_of
from cameras.probe.runner import Prober
from cameras.processes.canaries import ask_canaries
from cameras.processes.database import DatabaseAway, DatabaseThread
from cameras.processes.lanes import Lanes
from cameras.refusals import Refusals
from cameras.services import Beat, Claim, Finding, Reach, Told
from cameras.sight import TICK_S, Sight, loses_packets
from gis_server.errors import DomainError

logger = logging.getLogger(__name__)

BUDGET_S = 5.0
PER_HOST = 2
CLAIMED_PER_PLACE = 10
AHEAD = 1.0
"""So many more than there are places are claimed, as a share: they wait for a place, so that a
claim can be large.  A row of 300 costs the database half of one of 100."""
CLAIMED_AT_ONCE = 0.75
"""So many are claimed at least, as a share of the places: what is left of those ahead has enough to
do until the claim is there."""
LEASE = timedelta(seconds=30)
NEEDED = timedelta(seconds=BUDGET_S + 1)
"""So much of a lease a question takes, its write included."""
IDLE_S = 0.5
GATHER_S = 0.1
FLUSH_S = 0.5
TIDY_S = 5.0
BEAT_S = 5.0
RETRY_S = 2.0
STOP_S = 1.0
"""Less than supervisors wait between SIGTERM and SIGKILL (honcho: 5 s)."""


def poller_name() -> str:
    """A name that no other poller has, on this machine or another, now or later."""
    return f"{platform.node()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


def own_trouble(finding: Finding) -> Finding:
    """The finding of a time at which we could not see: it says nothing of the camera.  A login that
    was sent stays sent.
    """
    said = finding.verdict
    verdict = verdict_of([StepResult(Reason.OWN_TROUBLE, "the canaries did not answer either")])
    verdict = verdict._replace(login=said.login, onvif_login=said.onvif_login)
    return replace(finding, verdict=verdict)


@dataclass
class Poller:
    """One poller.  `run` returns once `stop` has been called and all leases are handed back."""

    net: Net
    concurrency: int = 400
    site: str = MAIN_SITE
    name: str = field(default_factory=poller_name)
    canary_net: Net | None = None
    """By which canaries are asked, where it is another: they may be at any port."""

    def __post_init__(self) -> None:
        self._lanes = Lanes(total=self.concurrency, per_host=PER_HOST)
        self._prober = Prober(self.net, budget_s=BUDGET_S)
        self._room = asyncio.Event()
        """Set when enough questions have ended for a claim."""
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._newest: dict[int, Claim] = {}
        self._reach = Reach()
        self._refusals = Refusals()
        self._found: list[Finding] = []
        self._waiting: list[tuple[float, Finding]] = []
        """Failures that the canaries have not spoken on, and when their questions began."""
        self._sight = Sight()
        self._told: Told | None = None
        self._started_at = timezone.now()
        self._asked = 0
        self._looked_at = float("-inf")
        self._stopping = asyncio.Event()
        self._database = DatabaseThread()
        self._claims = DatabaseThread(beside=self._database)
        """Apart, so that whoever is to be asked next need not wait for what is being written."""

    def stop(self) -> None:
        """Claim nothing more, finish what is being asked, and end."""
        self._stopping.set()

    async def run(self) -> None:
        """Poll until `stop`."""
        logger.info("poller %s started", self.name)
        with contextlib.suppress(DatabaseAway):
            await self._beat()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._claim_on())
            group.create_task(self._every(FLUSH_S, self._flush))
            group.create_task(self._every(TIDY_S, self._tidy))
            group.create_task(self._every(BEAT_S, self._beat))
            group.create_task(self._watch())
        await self._finish()
        logger.info("poller %s stopped", self.name)

    async def once(self) -> int:
        """Ask every camera that is due now, once; how many were asked."""
        asked = 0
        await self._beat()
        while claims := await self._claim():
            asked += len(claims)
            self._reach = Reach()
            await asyncio.gather(*self._asking.values())
            await self._look(0.0)
            await self._flush()
        await self._finish()
        return asked

    async def _claim_on(self) -> None:
        while not self._stopping.is_set():
            if self._sight.suspects_itself and self._told and self._told.others:
                # Somebody who sees asks them meanwhile.
                await self._pause(RETRY_S)
                continue
            try:
                claims = await self._claim()
            except DatabaseAway:
                await self._pause(RETRY_S)
                continue
            if len(claims) < self._batch():
                # A fleet comes due evenly: each claim of the few since the last would cost a query.
                await self._pause(GATHER_S if claims else IDLE_S)

    async def _claim(self) -> list[Claim]:
        """Claim as many as there is room for, and start asking them."""
        while (free := self._free()) < self._batch() and not self._stopping.is_set():
            self._room.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(IDLE_S):
                    await self._room.wait()
        if free <= 0:
            return []  # told to stop while all places are taken
        now = timezone.now()
        claims = await self._claims.run(
            services.claim,
            poller=self.name,
            limit=free,
            lease=LEASE,
            now=now,
            site=self.site,
            since=self._reach.start(asyncio.get_running_loop().time()),
        )
        self._reach.note(claims, free, now)
        for claim in claims:
            # A lease that ran out while the camera waited for its turn has just been renewed, or
            # the registry has changed while it is asked.
            self._newest[claim.camera_id] = claim
            if claim.camera_id not in self._asking:
                self._asking[claim.camera_id] = asyncio.create_task(self._ask(claim))
        # Let them come as far as their host, where `_free` sees who waits.
        await asyncio.sleep(0)
        return claims

    def _free(self) -> int:
        """Room for more cameras.  Who waits for his host takes none, so that a dead recorder with
        hundreds of cameras keeps no other one waiting; but what one poller claims has an end.
        """
        active = len(self._asking) - self._lanes.waiting - self._lanes.aside
        most = CLAIMED_PER_PLACE * self.concurrency + self._lanes.aside
        return min(int((1 + AHEAD) * self.concurrency) - active, most - len(self._asking))

    def _batch(self) -> int:
        """How much room is worth a claim: one by one would cost a query for each camera."""
        return max(1, int(CLAIMED_AT_ONCE * self.concurrency))

    async def _ask(self, claim: Claim) -> None:
        """Ask what was claimed; once more when the claim that is now held asks something else."""
        camera_id = claim.camera_id
        try:
            results = await self._results(claim)
            while (newest := self._newest[camera_id]) is not claim:
                if claim.asks_as(newest):
                    claim = replace(claim, until=newest.until)
                    break
                claim = newest
                results = await self._results(claim)
            if results:
                self._sort(Finding(claim, timezone.now(), verdict_of(results)))
        finally:
            del self._asking[camera_id], self._newest[camera_id]
            if self._free() >= self._batch():
                self._room.set()

    async def _results(self, claim: Claim) -> list[StepResult]:
        """What it answered; nothing where another poller has it by the time its host is free."""
        if claim.trouble:
            return [StepResult(Reason.OWN_TROUBLE, claim.trouble)]
        try:
            async with self._lanes.turn(claim.target.host, is_down=claim.is_down):
                if not await self._still_holds(claim.camera_id):
                    return []
                target = self._refusals.target(claim, claim.until - LEASE)
                return await self._prober.climb(target, claim.steps)
        except Exception as error:
            # A fault of ours: it must end neither the poller nor a camera's good name.
            logger.exception("asking camera %d failed", claim.camera_id)
            return [StepResult(Reason.OWN_TROUBLE, type(error).__name__)]

    async def _still_holds(self, camera_id: int) -> bool:
        """Whether the lease lasts until an answer is written, renewed where it does not."""
        held, now = self._newest[camera_id], timezone.now()
        if held.until >= now + NEEDED:
            return True
        try:
            renewed = await self._claims.run(
                services.renew, held, poller=self.name, lease=LEASE, now=now
            )
        except DatabaseAway:
            return False
        if renewed is None:
            return False
        self._newest[camera_id] = renewed
        return True

    def _sort(self, finding: Finding) -> None:
        """Good answers are written at once, failures once the canaries have answered after them."""
        self._refusals.hear(finding)
        self._asked += 1
        if self._sight.waits(finding.verdict.reason, has_canaries=self._has_canaries):
            now_s = asyncio.get_running_loop().time()
            self._waiting.append((now_s - finding.verdict.took_ms / 1000, finding))
        else:
            self._found.append(finding)

    @property
    def _has_canaries(self) -> bool:
        # Until we have been told there may be some.
        return self._told is None or bool(self._told.rules.canaries)

    async def _watch(self) -> None:
        """Look at the canaries, and at our own clockwork."""
        clock = asyncio.get_running_loop().time
        while not self._stopping.is_set():
            due = clock() + TICK_S
            await self._pause(TICK_S)
            lag_s = max(0.0, clock() - due)
            since_s = clock() - self._looked_at
            if self._sight.is_due(since_s, lag_s, some_wait=bool(self._waiting)):
                await self._look(lag_s)

    async def _look(self, lag_s: float) -> None:
        """One round: it decides on the failures that were found before it began."""
        canaries = self._told.rules.canaries if self._told else ()
        before, self._waiting = self._waiting, []
        clock = asyncio.get_running_loop().time
        self._looked_at = clock()
        answers = await ask_canaries(canaries, self.canary_net or self.net)
        self._sight.note_round(answers, lag_s, now_s=clock())
        for began_s, finding in before:
            counts = self._told is not None and self._sight.believes(began_s)
            self._found.append(finding if counts else own_trouble(finding))
        with contextlib.suppress(DatabaseAway):
            await self._say_what_is_seen()

    async def _say_what_is_seen(self) -> None:
        told, sight = self._told, self._sight
        if told is None:
            return
        if sight.is_blind and not told.blind and not told.others:
            detail = f"{sight.up} of {sight.total} canaries answer"
            logger.warning("blind: %s; failures are held back", detail)
            await self._database.run(
                services.go_blind, self.site, detail=detail, now=timezone.now()
            )
        elif not sight.suspects_itself and told.blind:
            logger.info("the canaries answer again: verdicts count")
            await self._database.run(services.see_again, self.site, now=timezone.now())
        else:
            return
        self._told = replace(told, blind=sight.is_blind)

    async def _beat(self) -> None:
        """Give a sign of life, and hear what holds at the site now."""
        sight = self._sight
        beat = Beat(
            name=self.name,
            site=self.site,
            started_at=self._started_at,
            in_flight=len(self._asking),
            asked=self._asked,
            lag_ms=int(sight.lag_s * 1000),
            canaries_up=sight.up,
            canaries=sight.total,
            suspects_itself=sight.suspects_itself,
            loses_packets=loses_packets(sight.rounds),
        )
        try:
            self._told = await self._database.run(services.beat, beat, now=timezone.now())
        except DomainError as error:
            logger.warning("what is set for site %s cannot be used: %s", self.site, error.message)

    async def _flush(self) -> None:
        """Write what has been found; keep it when the database is away."""
        found, self._found = self._found, []
        if not found:
            return
        down_after = self._sight.needed(self._told.down_after if self._told else DOWN_AFTER)
        try:
            await self._database.run(
                services.record, found, poller=self.name, down_after=down_after
            )
        except DatabaseAway:
            self._found = found + self._found

    async def _tidy(self) -> None:
        """What belongs to nobody: states that nobody confirms, pictures that nobody took."""
        self._refusals.forget(timezone.now())
        await self._flush()
        await self._database.run(services.mark_stale, timezone.now())
        await self._database.run(services.settle_outages, timezone.now())
        await self._database.run(services.expire_snapshots, timezone.now())

    async def _every(self, pause_s: float, work: Callable[[], Awaitable[None]]) -> None:
        while not self._stopping.is_set():
            await self._pause(pause_s)
            try:
                await work()
            except DatabaseAway:
                await self._pause(RETRY_S)

    async def _pause(self, seconds: float) -> None:
        """Wait, but not when it is time to stop."""
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _finish(self) -> None:
        """Give the questions under way a moment to end, write, hand back the leases."""
        if self._asking:
            await asyncio.wait(self._asking.values(), timeout=STOP_S)
        for task in list(self._asking.values()):
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        try:
            await self._flush()
            await self._database.run(services.hand_back, poller=self.name)
            await self._database.run(services.say_farewell, self.name)
        except DatabaseAway:
            logger.warning(
                "leases of %s were not handed back; they run out by themselves", self.name
            )
        await self._claims.close()
        await self._database.close()
