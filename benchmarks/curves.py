"""Draws the curves of docs/design/picture-health.md: the score of each fault by its severity.

Streets that no threshold was tuned on, by day, each with a baseline of its own good pictures; the
line is the middle score, the band reaches from the lowest to the highest.  A fault is found from
0.5 on.  Writes docs/img/picture-scores.svg.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import cv2

from benchmarks.picture import ALIKE_AT_ANY, STREETS, Case, judged, learnt
from benchmarks.report import Measure, at_least, finish
from cameras.picture.faults import Fault
from fixtures.scenes import stories
from fixtures.scenes.stories import Story
from fixtures.scenes.weather import Weather

GRADES = (0.0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1.0)
GRADED = tuple(fault for fault in Fault if fault not in ALIKE_AT_ANY)
PICTURE = Path(__file__).resolve().parents[1] / "docs" / "img" / "picture-scores.svg"
COLUMNS, WIDE, HIGH, GAP = 4, 200, 120, 44
FOUND = 0.5


def grades_of(fault: Fault) -> Sequence[float]:
    """A torn stream is drawn for a few losses only."""
    return (0.0, *stories.TORN_SHARE) if fault is Fault.TORN else GRADES


def street_cases(street: int) -> list[Case]:
    cv2.setNumThreads(1)
    good = [Story(street, Weather.DAY, seed) for seed in (101, 102, 103)]
    baseline = learnt((stories.frames_of(story), story.moments_s) for story in good)
    cases = []
    for fault in GRADED:
        for grade in grades_of(fault):
            story = Story(street, Weather.DAY, 1, fault if grade else None, grade)
            try:
                shown = stories.frames_of(story), story.moments_s
            except ValueError:  # the line's losses made no tear of this severity
                continue
            cases.append(judged(story.name, "day", fault, grade, shown, baseline))
    return cases


def drawn(cases: Sequence[Case]) -> str:
    rows = -(-len(GRADED) // COLUMNS)
    width, height = COLUMNS * (WIDE + GAP) + GAP, rows * (HIGH + GAP) + GAP
    boxes = "".join(box(cases, fault, place) for place, fault in enumerate(GRADED))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>'
        f"{boxes}</svg>\n"
    )


def box(cases: Sequence[Case], fault: Fault, place: int) -> str:
    """One small diagram: severity to the right, score upwards, the threshold as a line."""
    left = GAP + place % COLUMNS * (WIDE + GAP)
    top = GAP + place // COLUMNS * (HIGH + GAP)
    by_grade = {
        grade: [one.score for one in cases if (one.fault, one.severity) == (fault, grade)]
        for grade in grades_of(fault)
    }
    known = {grade: found for grade, found in by_grade.items() if found}

    def at(grade: float, score: float) -> str:
        return f"{left + grade * WIDE:.1f},{top + (1 - score) * HIGH:.1f}"

    middle = " ".join(at(grade, median(found)) for grade, found in known.items())
    band = [at(grade, max(found)) for grade, found in known.items()]
    band += [at(grade, min(found)) for grade, found in reversed(known.items())]
    threshold = f'x1="{left}" x2="{left + WIDE}" y1="{top + HIGH / 2}" y2="{top + HIGH / 2}"'
    return (
        f'<rect x="{left}" y="{top}" width="{WIDE}" height="{HIGH}" fill="none" stroke="#999"/>'
        f'<polygon points="{" ".join(band)}" fill="#cde" stroke="none"/>'
        f'<line {threshold} stroke="#c33" stroke-dasharray="4 3"/>'
        f'<polyline points="{middle}" fill="none" stroke="#236" stroke-width="2"/>'
        f'<text x="{left}" y="{top - 6}">{fault.value.replace("_", " ")}</text>'
        f'<text x="{left}" y="{top + HIGH + 14}" fill="#666">0</text>'
        f'<text x="{left + WIDE}" y="{top + HIGH + 14}" text-anchor="end" fill="#666">1</text>'
    )


def main() -> int:
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        cases = [case for found in pool.map(street_cases, STREETS) for case in found]
    PICTURE.write_text(drawn(cases), encoding="utf-8")
    at_half = [case for case in cases if case.severity == FOUND]
    found = sum(case.score >= FOUND for case in at_half)
    return finish(
        "curves",
        [
            Measure("pictures", len(cases), ""),
            Measure("found at severity 0.5", 100 * found / len(at_half), "%", goal=at_least(95)),
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
