"""How many events of a group, and the rates made of them.  Pure: no Django, no clock.

Every rate has 应结案, what was due in the period, as its denominator, and stands with both numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_UP, Decimal
from typing import Self


@dataclass(frozen=True, slots=True)
class Rate:
    """part of whole; no value where there is no whole."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        return self.part / self.whole if self.whole else None

    def __str__(self) -> str:
        return percent(self)


@dataclass(frozen=True, slots=True)
class Counts:
    """Events, each counted once in each column; docs/design/event-figures.md says when.

    reported 上报, accepted 受理, filed 立案: in the period.  ended: closed in the period, whenever
    it was due.  due 应结案: due in the period; what follows counts some of these only.
    closed 结案.  on_time 按期结案.  overdue 超期: closed late, or open after its time.
    reworked 返工.  supervised 督办.  at_…: of the closed ones, by the level that closed them.
    """

    reported: int = 0
    accepted: int = 0
    filed: int = 0
    ended: int = 0
    due: int = 0
    closed: int = 0
    on_time: int = 0
    overdue: int = 0
    reworked: int = 0
    supervised: int = 0
    at_community: int = 0
    at_street: int = 0
    at_district: int = 0

    @property
    def running(self) -> int:
        """Due in the period, still open, and in time."""
        return self.due - self.on_time - self.overdue

    @property
    def closing_rate(self) -> Rate:
        """结案率."""
        return Rate(self.closed, self.due)

    @property
    def on_time_rate(self) -> Rate:
        """按期结案率."""
        return Rate(self.on_time, self.due)

    @property
    def rework_rate(self) -> Rate:
        """返工率."""
        return Rate(self.reworked, self.due)

    @property
    def overdue_rate(self) -> Rate:
        """超期率."""
        return Rate(self.overdue, self.due)

    @property
    def supervision_rate(self) -> Rate:
        """督办率."""
        return Rate(self.supervised, self.due)

    @property
    def levels(self) -> list[tuple[str, Rate]]:
        """Which share of the closed ones each level closed, the lowest first."""
        return [
            ("community", Rate(self.at_community, self.closed)),
            ("street", Rate(self.at_street, self.closed)),
            ("district", Rate(self.at_district, self.closed)),
        ]

    def as_json(self) -> dict[str, int]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def of_json(cls, values: Mapping[str, int]) -> Self:
        return cls(**{one.name: int(values.get(one.name, 0)) for one in fields(cls)})


NAMES = tuple(one.name for one in fields(Counts))


def percent(rate: Rate) -> str:
    """Two decimals, rounded as people round; what is not the whole never reads as 100 %."""
    if not rate.whole:
        return "–"
    exact = Decimal(rate.part * 100) / Decimal(rate.whole)
    shown = exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if shown >= 100 and rate.part < rate.whole:
        shown = Decimal("99.99")
    return f"{shown} %"
