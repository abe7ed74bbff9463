"""False outages in 10,000 simulated camera-days with lost packets and three faults of our own.

The day is `fixtures.camera_days`: 10,000 cameras at 60 s, 1 % of packets lost, the database away
for 60 s, the poller's network cut for 300 s, the poller killed and started anew after 20 s.  Beside
it the same day with 1 % of whole probes failing for no reason at all: three in a row are chance
then (0.01³ at 1,440 a day), and no rule that is done within 180 s could know better.  Then lines
that lose 5 to 40 % of packets, for 60 cameras and two hours each.
"""

import sys
import time

from benchmarks.report import Measure, at_most, finish
from fixtures.camera_days import Fleet, Seen, lived

CAMERAS = 10_000
FEW, SHORT_S, LOSSES = 60, 7_200, (0.05, 0.1, 0.15, 0.2, 0.3, 0.4)


def main() -> int:
    packets = told("1 % of packets lost", Fleet(CAMERAS))
    probes = told("1 % of whole probes lost", Fleet(CAMERAS, loss=0, trouble=0.01))
    lossy = [
        told(f"{loss:.0%} of packets lost", Fleet(FEW, loss=loss, faults=(), length_s=SHORT_S))
        for loss in LOSSES
    ]
    name = f"{CAMERAS:,} camera-days"
    none = at_most(0)
    return finish(
        "days",
        [
            Measure(f"{name}, packets: false outages", packets.outages, "", goal=none),
            Measure("the same: questions without an answer", packets.failed, ""),
            Measure("the same: of these believed", packets.believed, ""),
            Measure("the same: notices", packets.notices, ""),
            Measure("the same: unknown of all camera-time", unknown_pct(packets, CAMERAS), "%"),
            Measure(f"{name}, whole probes: false outages", probes.outages, ""),
            Measure("the same: questions without an answer", probes.failed, ""),
            *(
                measure
                for loss, seen in zip(LOSSES, lossy, strict=True)
                for measure in (
                    Measure(f"{loss:.0%} lost: false outages", seen.outages, "", goal=none),
                    Measure("the same: unknown", unknown_pct(seen, FEW, SHORT_S), "%"),
                )
            ),
        ],
    )


def told(name: str, fleet: Fleet) -> Seen:
    began = time.monotonic()
    seen = lived(fleet)
    print(f"   {name}: {seen}, {time.monotonic() - began:.0f} s", flush=True)
    return seen


def unknown_pct(seen: Seen, cameras: int, seconds: int = 86_400) -> float:
    return 100 * seen.unknown_s / (cameras * seconds)


if __name__ == "__main__":
    sys.exit(main())
