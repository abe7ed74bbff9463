"""An hour of a busy district's work: do memory and file handles stay as they are?

The day of `bin/bench load` in an hour in place of ten minutes.  Every half minute the memory and
the open files of each process are read, those of its children among them.  What it has after
warming up (the second sixth of the time, the middle sample) is compared with the last sixth: caches
may fill, nothing may grow on and on.

bin/bench soak --quick: two minutes, to see that all of it works.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import django

from benchmarks import load
from benchmarks.report import Measure, at_most, finish, told_so_far

HOUR_S, QUICK_S = 3600, 120
SAMPLES = 120
GROWTH_PCT, MORE_FILES = 10, 10


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
    os.environ |= load.SETTINGS
    django.setup()
    seconds = QUICK_S if "--quick" in sys.argv[1:] else HOUR_S
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        running = stack.enter_context(load.Running.started(folder))
        watch = Watch(running.pids, seconds / SAMPLES)
        watch.start()
        measures = [*load.day(folder, running, seconds, pace=load.DAY_S / HOUR_S)]
        watch.stopping.set()
        measures += watch.measures()
        told_so_far(measures)
    return finish("soak", measures)


@dataclass
class Watch:
    """Reads the processes again and again.  samples: of each, its memory in MB and its files."""

    pids: Mapping[str, int]
    every_s: float
    samples: dict[str, list[tuple[float, int]]] = field(default_factory=dict)
    stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        threading.Thread(target=self._read_on, daemon=True).start()

    def _read_on(self) -> None:
        while not self.stopping.wait(self.every_s):
            for name, pid in self.pids.items():
                self.samples.setdefault(name, []).append(used_by(pid))

    def measures(self) -> Iterator[Measure]:
        for name, samples in self.samples.items():
            sixth = max(1, len(samples) // 6)
            early, late = samples[sixth : 2 * sixth], samples[-sixth:]
            first, last = (median(mb for mb, _files in part) for part in (early, late))
            files, more = (median(files for _mb, files in part) for part in (early, late))
            growth = 100 * (last - first) / first
            half = median(mb for mb, _files in samples[len(samples) // 2 :][:sixth])
            yield Measure(f"{name}: memory, warm", first, "MB")
            yield Measure("the same, at half the time", 100 * (half - first) / first, "% more")
            yield Measure("the same, in the end", growth, "% more", goal=at_most(GROWTH_PCT))
            yield Measure(f"{name}: open files, warm", files, "")
            yield Measure("the same, in the end", more - files, "more", goal=at_most(MORE_FILES))


def used_by(pid: int) -> tuple[float, int]:
    """Memory (MB; what processes share counts once, in parts) and open files of a process and all
    that it has started.
    """
    kilobytes = files = 0
    for one in with_children(pid):
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii").splitlines()
            files += sum(1 for _file in Path(f"/proc/{one}/fd").iterdir())
        except OSError:
            continue  # it has ended meanwhile
        kilobytes += int(next(line for line in rollup if line.startswith("Pss:")).split()[1])
    return kilobytes / 1024, files


def with_children(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(word) for word in task.read_text(encoding="ascii").split()]
            except OSError:
                continue
    return found


if __name__ == "__main__":
    sys.exit(main())
