"""When a camera is proved to be well again.  Pure: no Django, no clock.

Good answers are counted as they are seen, for of equal results not each is kept; those from before
the repair, or before the camera came back, prove nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from cameras.repairs.workflow import GOOD_PROBES


@dataclass(frozen=True, slots=True)
class Proof:
    """How far it is: since when the camera is back, good answers since, and the last of them."""

    back_at: datetime | None = None
    good_probes: int = 0
    counted_at: datetime | None = None

    @property
    def is_enough(self) -> bool:
        return self.good_probes >= GOOD_PROBES


@dataclass(frozen=True, slots=True)
class Seen:
    """A camera as it is now.

    is_known: the machine can tell at all.  is_well: it is up, in no outage, and no picture shows a
    fault.  is_failing: it is up, but its last answer was bad.  since: of this state.
    """

    is_known: bool
    is_well: bool
    is_failing: bool
    since: datetime
    last_probe_at: datetime | None


def looked(proof: Proof, seen: Seen, *, begun_at: datetime, repaired_at: datetime | None) -> Proof:
    """The proof after one more look.

    begun_at: when the camera's part in the order began.  repaired_at: when somebody said that it is
    repaired; None while nobody has.
    """
    if not seen.is_known:
        return proof
    if not seen.is_well:
        return Proof()
    proof = replace(proof, back_at=proof.back_at or max(seen.since, begun_at))
    start = start_of(proof, repaired_at)
    if proof.counted_at is not None and proof.counted_at <= start:
        proof = replace(proof, good_probes=0, counted_at=None)
    if seen.is_failing:
        return replace(proof, good_probes=0, counted_at=None)
    return counted(proof, seen.last_probe_at, start)


def counted(proof: Proof, at: datetime | None, start: datetime) -> Proof:
    if at is None or at <= (proof.counted_at or start) or proof.is_enough:
        return proof
    return replace(proof, good_probes=proof.good_probes + 1, counted_at=at)


def start_of(proof: Proof, repaired_at: datetime | None) -> datetime:
    """From when on answers and pictures prove something.  It must be back."""
    if proof.back_at is None:
        raise ValueError("what is not back proves nothing")
    return max(proof.back_at, repaired_at) if repaired_at else proof.back_at
