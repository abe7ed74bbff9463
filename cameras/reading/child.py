"""A process that takes one order and ends: killed when its time is over, or when it says too much.

A plain subprocess, because Celery's workers are daemonic and may have no children of
multiprocessing's kind.
"""

import os
import subprocess
import threading

from cameras.picture.decoder import PASSED_ON

MAX_OUTPUT_BYTES = 16 * 1024 * 1024


def run(command: tuple[str, ...], order: bytes, deadline_s: float) -> tuple[bytes, int, bool]:
    """The output of the worker, its exit code, and whether it was killed for its time or size."""
    with subprocess.Popen(  # noqa: S603 - our own file, no shell
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # libraries print what they were told there
        cwd="/",
        env={name: os.environ[name] for name in PASSED_ON if name in os.environ},
        start_new_session=True,
    ) as worker:
        late = threading.Event()

        def kill() -> None:
            late.set()
            worker.kill()

        timer = threading.Timer(deadline_s, kill)
        timer.start()
        try:
            output = talk(worker, order)
            if len(output) > MAX_OUTPUT_BYTES:
                kill()
            return output, worker.wait(), late.is_set()
        finally:
            timer.cancel()
            worker.kill()


def talk(worker: "subprocess.Popen[bytes]", order: bytes) -> bytes:
    """Hand over the order and read the answer, up to one byte more than is allowed."""
    if worker.stdin is None or worker.stdout is None:
        raise ValueError("the worker needs both pipes")
    try:
        worker.stdin.write(order)
        worker.stdin.close()
    except BrokenPipeError:
        return b""  # it died before it read; its exit code says how
    return worker.stdout.read(MAX_OUTPUT_BYTES + 1)
