"""Camera-seconds and the two rates made of them.  Pure: no Django, no clock."""

from dataclasses import dataclass, fields
from typing import Self

TARGETS = {"key_area": 0.98, "key_industry": 0.95}
"""Intact rates by class: 发改高技〔2015〕996号 asks 98 % of key public areas, and 95 % of what key
industries have looking on public space.  Ordinary cameras have no target of law."""


@dataclass(frozen=True, slots=True)
class Seconds:
    """Camera-seconds of a group and period, each counted once.

    intact_s: online with a good picture.  faulty_s: online, but the picture or the clock is wrong.
    down_s: down and not excused.  excused_s: down in an accepted window.  unknown_s: nobody knows.
    """

    intact_s: float = 0.0
    faulty_s: float = 0.0
    down_s: float = 0.0
    excused_s: float = 0.0
    unknown_s: float = 0.0
    cameras: int = 0

    @property
    def online_s(self) -> float:
        return self.intact_s + self.faulty_s

    @property
    def monitored_s(self) -> float:
        """The denominator: excused and unknown time belong to neither side."""
        return self.online_s + self.down_s

    @property
    def online_rate(self) -> float | None:
        """在线率, 0 to 1; None where nothing was watched."""
        return self.online_s / self.monitored_s if self.monitored_s else None

    @property
    def intact_rate(self) -> float | None:
        """完好率, 0 to 1; None where nothing was watched."""
        return self.intact_s / self.monitored_s if self.monitored_s else None

    def as_json(self) -> dict[str, float]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def of_json(cls, values: dict[str, float]) -> Self:
        return cls(**values)  # type: ignore[arg-type]


def is_below(priority: str, seconds: Seconds) -> bool:
    """Whether a class misses the target it has."""
    target, rate = TARGETS.get(priority), seconds.intact_rate
    return target is not None and rate is not None and rate < target
