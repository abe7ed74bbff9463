"""Whether we can see at all, and how much to believe of what fails.  Pure: no Django, no clock.

The poller decides by it, and so do the simulated days of a fleet (`fixtures.camera_days`).
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from cameras.grouping import SETTLED
from cameras.health import DOWN_AFTER, IN_DOUBT, Health, State, is_good
from cameras.probe.reason import SAYS_NOTHING, Reason

SEEN_SHARE = 0.5
"""So much of the canaries must answer; a lone gateway may be rebooted, most of them are not."""
ROUNDS = 2
"""So many rounds in a row must fail before we call ourselves blind."""
REMEMBERED = 60
"""So many rounds tell whether packets are lost on our line: a minute, for they are asked at every
tick as long as one of them was missed.  Of 24, one packet lost of ten still condemned somebody."""
LOSSY_ROUNDS = 3
"""Of those so many must have been answered by some canaries and missed by others,"""
LOSSY_CANARIES = 2
"""and so many canaries must have missed one: a lone one may be a bad canary."""
AWAY = 3
"""A canary that misses so many rounds in a row is away, which says nothing of the line."""
LATE_S = 2.0
"""A clockwork that comes so much too late has stood still: what it called silence was its own."""
TICK_S = 1.0
"""How often we look whether the canaries are to be asked."""
CANARIES_S = 10.0
"""How often they are; at every tick while failures wait for their word, or we doubt our line."""
FEWEST_WATCHED = 10
"""Of fewer cameras a third may well fail at once."""
DOWN_AFTER_IN_DOUBT = DOWN_AFTER + 2
"""Where the canaries answer, a mass of failures is believed a little later: within 180 s still."""
NEVER = 1_000_000
MOST_EXPLAINED = 5000
"""Of more failures nobody looks for what they have in common: it takes too long."""


@dataclass(slots=True)
class Sight:
    """What the last rounds said.  `good` and `bad`: cameras that answered and failed since the last
    round that was in order; dark_until_s: when the last one that was not had ended, by a clock that
    is never set; rounds: whether each canary answered, oldest first.
    """

    up: int = 0
    total: int = 0
    failed_rounds: int = 0
    good: int = 0
    bad: int = 0
    lag_s: float = 0.0
    dark_until_s: float = float("-inf")
    rounds: deque[tuple[bool, ...]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def waits(self, reason: Reason, *, has_canaries: bool) -> bool:
        """Take in what one camera said; whether it is kept until the canaries have spoken."""
        if reason in SAYS_NOTHING:
            return False
        if is_good(reason):
            self.good += 1
            return False
        self.bad += 1
        return has_canaries

    def is_due(self, since_round_s: float, lag_s: float, *, some_wait: bool) -> bool:
        """Whether the canaries are to be asked at this tick."""
        doubts = self.suspects_itself or any(missed_now_and_then(self.rounds))
        return some_wait or doubts or since_round_s >= CANARIES_S or lag_s > LATE_S

    def note_round(self, answers: Sequence[bool], lag_s: float, *, now_s: float) -> None:
        """Take in a round that ends now: whether each canary answered."""
        self.up, self.total, self.lag_s = sum(answers), len(answers), lag_s
        if lag_s <= LATE_S:
            self.rounds.append(tuple(answers))
        fails = self.total > 0 and self.up <= SEEN_SHARE * self.total
        if fails or lag_s > LATE_S:
            self.dark_until_s = now_s
        if fails and lag_s <= LATE_S:
            self.failed_rounds += 1
        elif lag_s <= LATE_S:
            self.failed_rounds = self.good = self.bad = 0

    def believes(self, began_s: float) -> bool:
        """Whether a failure that was found before the last round counts.

        Not when its question began before the end of a round that was not in order: our line may
        have been cut just then, although the canaries answer by now.
        """
        return began_s >= self.dark_until_s

    def needed(self, failures: int) -> int:
        """How many failures in a row make a camera offline, where so many would on a sound line.

        On one that loses packets none do: three questions in a row may fail by chance, of many
        thousands a day (`fixtures.camera_days`).
        """
        return NEVER if loses_packets(self.rounds) else failures

    @property
    def suspects_itself(self) -> bool:
        return self.failed_rounds > 0

    @property
    def is_blind(self) -> bool:
        """Whether nothing can be said of the cameras: canaries that fail while most cameras answer
        are broken canaries.
        """
        return self.failed_rounds >= ROUNDS and self.good <= self.bad


def loses_packets(rounds: Sequence[Sequence[bool]]) -> bool:
    """Whether canaries miss one round and answer the next, each for itself.

    A cut takes all of them along, and one that is switched off stays away; lost packets pick out
    now this one, now that one.

    Args:
        rounds: whether each canary answered, oldest first.
    """
    missed = missed_now_and_then(rounds)
    canaries = sum(1 for one in missed if one)
    return canaries >= LOSSY_CANARIES and len(set().union(*missed)) >= LOSSY_ROUNDS


def missed_now_and_then(rounds: Sequence[Sequence[bool]]) -> list[set[int]]:
    """Of each canary the rounds that it missed and others did not, without being away; of those
    rounds that are as long as the last: others were of other canaries.
    """
    alike = [one for one in rounds if len(one) == len(rounds[-1])]
    return [
        {at for at in now_and_then(answers) if any(alike[at])}
        for answers in zip(*alike, strict=True)
    ]


def now_and_then(answers: Sequence[bool]) -> Iterator[int]:
    """The rounds that a canary missed without being away."""
    begin = 0
    for answered, run in groupby(answers):
        length = len(list(run))
        if not answered and length < AWAY:
            yield from range(begin, begin + length)
        begin += length


def is_lost(health: Health, now: datetime) -> bool:
    """Whether a camera fails that was up one sweep of 60 s ago.  `services.watch` asks the same in
    SQL, of sweeps of any length.
    """
    if health.state is State.UNKNOWN:
        return health.detail == IN_DOUBT
    if health.state is State.OFFLINE:
        return health.since > now - SETTLED
    return health.streak_bad > 0


def are_many(lost: int, fine: int, lost_share: float) -> bool:
    """Whether so many of the cameras that were up have been lost that we doubt ourselves."""
    watched = lost + fine
    return watched >= FEWEST_WATCHED and lost > lost_share * watched


def most_counted(lost: int, lost_share: float) -> int:
    """How far to count those that are fine: with so many or more, `are_many` says no."""
    return max(FEWEST_WATCHED, int(lost / lost_share) - lost + 1)


def down_after(*, is_doubtful: bool, canaries_answer: bool) -> int:
    """How many failures in a row make a camera offline."""
    if not is_doubtful:
        return DOWN_AFTER
    return DOWN_AFTER_IN_DOUBT if canaries_answer else NEVER
