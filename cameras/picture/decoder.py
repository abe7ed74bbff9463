"""The parent's side of one worker process: start, ask, kill.  asyncio; no Django."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from cameras.picture import frames

WORKER = Path(__file__).with_name("worker.py")
COMMAND = (sys.executable, "-I", str(WORKER))
PASSED_ON = ("PATH", "LANG", "LD_LIBRARY_PATH", "TZ")
"""All of our environment that a worker sees; database address and keys stay here."""
START_S = 20.0
"""Importing OpenCV takes 0.3 s of processor; a busy machine may take its time."""


class WorkerLost(Exception):
    """The worker died, hung, or spoke nonsense; it has been ended.  The message says which."""


class Decoder:
    """One worker.  One order at a time; after WorkerLost it is of no use any more."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._first_bytes = self._memory_bytes = 0
        self._is_reading = False
        self.orders = 0

    def is_spent(self, most_orders: int, most_grown_bytes: int) -> bool:
        """Whether it has done enough, holds too much memory, or is lost."""
        if self.orders and self._process is None:
            return True
        grown = self._memory_bytes - self._first_bytes
        return self.orders >= most_orders or grown > most_grown_bytes

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    async def ask(
        self, head: dict[str, Any], parts: list[bytes], *, budget_s: float
    ) -> tuple[dict[str, Any], list[bytes]]:
        """The answer to one order, within `budget_s`.  Starts the process at the first one.

        Raises:
            WorkerLost: there is none, and no worker either.
            frames.BadFrame: the order is too large; the worker has not seen it.
        """
        pieces = frames.packed(head, parts)
        began = time.monotonic()
        try:
            if self._process is None:
                await self.start()
                began = time.monotonic()  # the start is not the order's fault
            async with asyncio.timeout(budget_s):
                return await self._talk(pieces)
        except TimeoutError:
            await self.kill()
            took_s = time.monotonic() - began
            raise WorkerLost(f"the picture was not decoded within {took_s:.1f} s") from None
        except (OSError, EOFError, frames.BadFrame) as error:
            raise WorkerLost(await self._died_of(error)) from None
        except BaseException:
            await self.kill()  # nobody is left to read the answer
            raise

    async def start(self) -> None:
        """Start the process; it loads its libraries by itself.  Raises OSError, TimeoutError."""
        async with asyncio.timeout(START_S):
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd="/",
                env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
                start_new_session=True,
            )

    async def _talk(self, pieces: list[bytes]) -> tuple[dict[str, Any], list[bytes]]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise EOFError("no process")
        self.orders += 1
        process.stdin.writelines(pieces)
        await process.stdin.drain()
        self._is_reading = True
        try:
            length = frames.head_length(await process.stdout.readexactly(frames.LENGTH_BYTES))
            head, sizes = frames.read_head(await process.stdout.readexactly(length))
            parts = [await process.stdout.readexactly(size) for size in sizes]
        finally:
            self._is_reading = False
        self._note_memory(head.get("memory_bytes"))
        return head, parts

    def _note_memory(self, told: object) -> None:
        if isinstance(told, int):
            self._memory_bytes = told
            self._first_bytes = self._first_bytes or told

    async def _died_of(self, error: Exception) -> str:
        """How the worker ended; one that still lives spoke nonsense and is ended here."""
        process = self._process
        code: int | None = None
        if process is not None and isinstance(error, EOFError | OSError):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    code = await process.wait()
        await self.kill()
        if code is None:
            return f"the capture process answered something else: {error}"
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"the capture process ended with {how}"

    async def kill(self) -> None:
        """End it at once."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        if process.stdin:
            process.stdin.close()
        if process.stdout and not self._is_reading:
            # What it said and nobody has read would keep its end from being noticed.
            await process.stdout.read()
        await process.wait()
