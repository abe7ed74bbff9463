"""Faults from numbers: a score for each, and which explain others.  Pure.

Each score runs from 0, where good pictures are, to 1, where nobody doubts; a fault is found from
`THRESHOLD` on, about the middle between good and spoilt pictures (`bin/bench picture`).
With a baseline a number is also held against what is usual for this camera in this light; then the
general bounds are only the last resort.  docs/design/picture-health.md gives the reasons.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import hypot

from cameras.picture.baseline import Baseline, Usual
from cameras.picture.faults import Fault
from cameras.picture.finding import Finding

THRESHOLD = 0.5
WATCHED_S = 1.5
"""Shorter than this nobody can say that a picture stands still."""
TRAVEL_PX = 1.0
FLICKER_TO_NOISE = (1.7, 0.9)
LEAST_NOISE = 0.05
"""Levels; below it the noise of a picture is not known."""
STILL = 1.3
"""A camera that usually has less flicker for its noise cannot be called frozen: its encoder leaves
out what would tell."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """The numbers of a picture and what is usual; `usual` is empty without a baseline."""

    numbers: Mapping[str, float]
    usual: Mapping[str, Usual]

    def __getitem__(self, name: str) -> float:
        return self.numbers[name]

    def has(self, *names: str) -> bool:
        return all(name in self.numbers for name in names)

    def share(self, name: str, least: float) -> float | None:
        """The number as a share of the usual one; None where that is unknown or below `least`."""
        usual = self.usual.get(name)
        if usual is None or usual.mean < least or name not in self.numbers:
            return None
        return self.numbers[name] / usual.mean

    def over(self, name: str) -> float:
        """By how much the number lies over the usual one, or over 0; 0 where it is unknown."""
        usual = self.usual.get(name)
        return self.numbers.get(name, 0.0) - (usual.mean if usual else 0.0)


def found(numbers: Mapping[str, float], baseline: Baseline | None = None) -> tuple[Finding, ...]:
    """The faults that these numbers show, without those that others explain, the surest first."""
    scored = scores(numbers, baseline)
    over = {fault for fault, score in scored.items() if score >= THRESHOLD}
    for fault, others in HIDES.items():
        if fault in over:
            over -= others
    evidence = Evidence(numbers, baseline.measures if baseline else {})
    return tuple(
        Finding(fault, round(scored[fault], 3), THRESHOLD, detail_of(fault, evidence))
        for fault in sorted(over, key=lambda fault: -scored[fault])
    )


def scores(numbers: Mapping[str, float], baseline: Baseline | None = None) -> dict[Fault, float]:
    """The score of every fault."""
    evidence = Evidence(numbers, baseline.measures if baseline else {})
    return {fault: judge(evidence) for fault, judge in JUDGES.items()}


def detail_of(fault: Fault, seen: Evidence) -> str:
    """The numbers that the fault rests on, and what is usual for them."""
    parts = []
    for name in SHOWN[fault]:
        if name in seen.numbers:
            usual = f" (usual {seen.usual[name].mean:.3g})" if name in seen.usual else ""
            parts.append(f"{name} {seen[name]:.3g}{usual}")
    return ", ".join(parts)


def ramp(value: float, none: float, full: float) -> float:
    """0 at `none` and before, 1 at `full` and beyond; `full` may be the smaller one."""
    return min(1.0, max(0.0, (value - none) / (full - none)))


def lost(seen: Evidence) -> float:
    """A screen that a device draws: no noise anywhere, few colours, and nothing moves."""
    score = min(ramp(seen["flat"], 0.88, 0.96), ramp(seen["palette"], 0.85, 0.95))
    if seen.has("flicker"):
        score = min(score, ramp(seen["flicker"], 0.3, 0.05))
    return 0.0 if one_colour(seen) and not dark_or_blue(seen) else min(score, 1 - seen["white"])


def flat(seen: Evidence) -> float:
    """One colour, but not black or blue, which devices show without a signal, nor white, which is
    too much light.
    """
    if not one_colour(seen) or dark_or_blue(seen):
        return 0.0
    return min(ramp(seen["flat"], 0.98, 0.998), ramp(seen["white"], 0.9, 0.1))


def one_colour(seen: Evidence) -> bool:
    return seen["high"] - seen["low"] <= 3 and seen["flat"] >= 0.98


def dark_or_blue(seen: Evidence) -> bool:
    return seen["luma"] < 45 or seen["blue"] > 60


def dark(seen: Evidence) -> float:
    share = seen.share("luma", 1.0)
    if share is None:
        return min(ramp(seen["luma"], 26, 10), ramp(seen["high"], 60, 25))
    return ramp(share, 0.55, 0.25)


def bright(seen: Evidence) -> float:
    usual = seen.usual.get("luma")
    if usual is None:
        return max(ramp(seen["luma"], 190, 230), ramp(seen["white"], 0.3, 0.7))
    return max(ramp(seen["luma"] - usual.mean, 60, 120), ramp(seen.over("white"), 0.2, 0.6))


def low_contrast(seen: Evidence) -> float:
    span = seen["high"] - seen["low"]
    if not {"high", "low"} <= seen.usual.keys():
        return ramp(span, 35, 15)
    usual = max(1.0, seen.usual["high"].mean - seen.usual["low"].mean)
    return ramp(span / usual, 0.5, 0.25)


def blurred(seen: Evidence) -> float:
    if not seen.has("sharpness"):
        return 0.0
    share = seen.share("sharpness", 0.1)
    return ramp(seen["sharpness"], 0.6, 0.3) if share is None else ramp(share, 0.9, 0.55)


def colour_cast(seen: Evidence) -> float:
    if {"tint_a", "tint_b"} <= seen.usual.keys():
        return ramp(hypot(seen.over("tint_a"), seen.over("tint_b")), 4, 13)
    cast = hypot(seen["tint_a"], seen["tint_b"])
    return ramp(cast, 14, 34) if cast > 1.2 * seen["colour_spread"] else 0.0


def noise(seen: Evidence) -> float:
    return ramp(seen.over("noise"), 3, 15)


def stripes(seen: Evidence) -> float:
    return ramp(seen.over("stripes"), 6, 20)


def torn(seen: Evidence) -> float:
    """Three kinds of evidence that add up.

    Squares in the change between frames say something only while the camera stands still.
    """
    score = ramp(seen.over("squares"), 0.012, 0.04) + ramp(seen.over("smear"), 0.002, 0.012)
    if seen.numbers.get("travel", 0.0) < TRAVEL_PX:
        score += ramp(seen.over("squares_between"), 0.0008, 0.003)
    return min(1.0, score)


def frozen(seen: Evidence) -> float:
    """What seems to be noise in the picture is the same a second later.

    Two pictures of one scene differ by 1.13 times the noise's deviation in the mean, more where an
    encoder has smoothed each; of one picture encoded again by less, for the noise itself is kept.
    """
    if not seen.has("flicker", "watched_s") or seen["watched_s"] < WATCHED_S:
        return 0.0
    if {"flicker", "noise"} <= seen.usual.keys():
        usual = seen.usual["flicker"].mean / max(LEAST_NOISE, seen.usual["noise"].mean)
        if usual < STILL:
            return 0.0
    return ramp(seen["flicker"] / max(LEAST_NOISE, seen["noise"]), *FLICKER_TO_NOISE)


def covered(seen: Evidence) -> float:
    """Edges have gone, and what is left of the picture is not just paler."""
    if not seen.has("gone", "alike", "worst_quarter"):
        return 0.0
    score = min(ramp(seen["gone"], 0.12, 0.34), ramp(seen["alike"], 0.7, 0.4))
    if max(low_contrast(seen), blurred(seen)) >= THRESHOLD:
        # A veil and a lens out of focus take edges too, but leave something of the view everywhere.
        score = min(score, ramp(seen["worst_quarter"], 0.12, 0.04))
    return score


def moved(seen: Evidence) -> float:
    """Nothing is where it was, not even in the best quarter, and yet there is much to see.

    Where much has gone, only what has visibly shifted is called moved: the rest may be covered.
    """
    if not seen.has("alike", "best_quarter", "gone", "shift"):
        return 0.0
    other = min(ramp(seen["alike"], 0.4, 0.1), ramp(seen["best_quarter"], 0.5, 0.15))
    there = max(ramp(seen["gone"], 0.45, 0.25), ramp(seen["shift"], 2, 8))
    return min(other, there, ramp(seen["gone"], 0.9, 0.6))


def shaking(seen: Evidence) -> float:
    return ramp(seen["shake"], 1.5, 4.5) if seen.has("shake") else 0.0


JUDGES: dict[Fault, Callable[[Evidence], float]] = {
    Fault.LOST: lost,
    Fault.FLAT: flat,
    Fault.DARK: dark,
    Fault.BRIGHT: bright,
    Fault.LOW_CONTRAST: low_contrast,
    Fault.BLURRED: blurred,
    Fault.COLOUR_CAST: colour_cast,
    Fault.NOISE: noise,
    Fault.STRIPES: stripes,
    Fault.TORN: torn,
    Fault.FROZEN: frozen,
    Fault.COVERED: covered,
    Fault.MOVED: moved,
    Fault.SHAKING: shaking,
}
SHOWN: dict[Fault, tuple[str, ...]] = {
    Fault.LOST: ("flat", "palette"),
    Fault.FLAT: ("flat", "luma"),
    Fault.DARK: ("luma", "high"),
    Fault.BRIGHT: ("luma", "white"),
    Fault.LOW_CONTRAST: ("low", "high"),
    Fault.BLURRED: ("sharpness",),
    Fault.COLOUR_CAST: ("tint_a", "tint_b", "colour_spread"),
    Fault.NOISE: ("noise",),
    Fault.STRIPES: ("stripes",),
    Fault.TORN: ("squares", "smear", "squares_between"),
    Fault.FROZEN: ("flicker", "noise", "watched_s"),
    Fault.COVERED: ("gone", "alike"),
    Fault.MOVED: ("alike", "best_quarter", "shift"),
    Fault.SHAKING: ("shake",),
}
"""The numbers that a finding names in its detail."""

BY_THE_VIEW = frozenset({Fault.COVERED, Fault.MOVED})
BY_DETAIL = BY_THE_VIEW | {Fault.BLURRED, Fault.LOW_CONTRAST, Fault.FROZEN, Fault.TORN}
HIDES: dict[Fault, frozenset[Fault]] = {
    # Where there is no picture of the place nothing else can be said of it.
    Fault.LOST: frozenset(Fault) - {Fault.LOST},
    Fault.FLAT: frozenset(Fault) - {Fault.FLAT},
    # What lies over the picture is not the place's.
    Fault.NOISE: BY_DETAIL | {Fault.STRIPES},
    Fault.STRIPES: BY_DETAIL,
    # Too little light, or too much, takes away noise, edges and colours.
    Fault.DARK: BY_DETAIL | {Fault.COLOUR_CAST},
    Fault.BRIGHT: BY_DETAIL | {Fault.COLOUR_CAST},
    Fault.SHAKING: BY_THE_VIEW | {Fault.TORN, Fault.BLURRED},
    Fault.TORN: BY_THE_VIEW | {Fault.BLURRED, Fault.COLOUR_CAST, Fault.LOW_CONTRAST},
    # Another view has other light and colours.
    Fault.MOVED: frozenset({Fault.COVERED, Fault.COLOUR_CAST, Fault.LOW_CONTRAST}),
    # A veil before the lens is plain, still and coloured.
    Fault.COVERED: frozenset({Fault.BLURRED, Fault.LOW_CONTRAST, Fault.COLOUR_CAST, Fault.FROZEN}),
    Fault.LOW_CONTRAST: frozenset({Fault.FROZEN}),
}
"""Which explain others, those first that explain most: a fault that is explained is not told and
explains nothing itself."""
