"""Everything that can be wrong with a file, a column or a cell that somebody sends.  Pure.

A closed list: whoever reads a file answers with one of these and the details that its sentence
needs (`DETAILS`); `grids.imports.texts` has the sentences.  Nothing here is shown as it stands.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Details = dict[str, object]
Rows = NDArray[np.int64]

MOST_KEPT = 1000  # faults of one kind that are kept; all are counted
SHOWN_CHARACTERS = 60


class Problem(StrEnum):
    # The file as a whole.
    EMPTY_FILE = "empty_file"
    TOO_LARGE = "too_large"
    UNKNOWN_KIND = "unknown_kind"
    PICTURE = "picture"
    HTML_PAGE = "html_page"
    OLD_EXCEL = "old_excel"
    PASSWORD = "password"  # noqa: S105  (it is the name of a fault)
    NOT_A_ZIP = "not_a_zip"
    LONE_PART = "lone_part"
    CUT_OFF = "cut_off"
    DAMAGED = "damaged"
    NO_SHAPEFILE = "no_shapefile"
    INFLATES = "inflates"
    TOO_MANY_FILES = "too_many_files"
    UNSAFE_PATH = "unsafe_path"
    LINK_IN_ZIP = "link_in_zip"
    ZIP_IN_ZIP = "zip_in_zip"
    TWICE_IN_ZIP = "twice_in_zip"
    PART_MISSING = "part_missing"
    PARTS_DIFFER = "parts_differ"
    NOT_TEXT = "not_text"
    NOT_UTF8 = "not_utf8"
    OPEN_QUOTE = "open_quote"
    BAD_QUOTE = "bad_quote"
    NO_HEADER = "no_header"
    DUPLICATE_COLUMN = "duplicate_column"
    TOO_MANY_COLUMNS = "too_many_columns"
    TOO_MANY_ROWS = "too_many_rows"
    TOO_MANY_LAYERS = "too_many_layers"
    NO_ROWS = "no_rows"
    NOT_GEOJSON = "not_geojson"
    FOREIGN_CRS = "foreign_crs"
    NOT_GEOPACKAGE = "not_geopackage"
    VIEW = "view"
    NOT_KML = "not_kml"
    NETWORK_LINK = "network_link"
    ENTITIES = "entities"
    SHAPE_TOO_LARGE = "shape_too_large"
    FRAME_NOT_STATED = "frame_not_stated"
    FRAME_UNKNOWN = "frame_unknown"
    SWAPPED = "swapped"
    # One row or cell.
    TOO_FEW_VALUES = "too_few_values"
    TOO_MANY_VALUES = "too_many_values"
    NEEDED = "needed"
    TOO_LONG = "too_long"
    CONTROL_CHARACTER = "control_character"
    UNREADABLE_TEXT = "unreadable_text"
    TEXT_CUT = "text_cut"
    FORMULA_WITHOUT_VALUE = "formula_without_value"
    FORMULA_ERROR = "formula_error"
    NOT_A_CODE = "not_a_code"
    DIGITS_LOST = "digits_lost"
    ZEROS_LOST = "zeros_lost"
    NOT_WHOLE = "not_whole"
    NOT_A_NUMBER = "not_a_number"
    OUT_OF_RANGE = "out_of_range"
    NOT_A_CHOICE = "not_a_choice"
    NOT_YES_OR_NO = "not_yes_or_no"
    NOT_A_DAY = "not_a_day"
    NO_SUCH_DAY = "no_such_day"
    # One shape or position.
    SHAPE_MISSING = "shape_missing"
    SHAPE_EMPTY = "shape_empty"
    SHAPE_UNREADABLE = "shape_unreadable"
    WRONG_SHAPE = "wrong_shape"
    SEVERAL_POINTS = "several_points"
    NOT_FINITE = "not_finite"
    TOO_FEW_POINTS = "too_few_points"
    CROSSES_ITSELF = "crosses_itself"
    HOLE_OUTSIDE = "hole_outside"
    HOLES_OVERLAP = "holes_overlap"
    PARTS_OVERLAP = "parts_overlap"
    SHAPE_INVALID = "shape_invalid"
    COORDINATE_MISSING = "coordinate_missing"
    NOT_A_COORDINATE = "not_a_coordinate"
    NOT_WKT = "not_wkt"
    FRAMES_DIFFER = "frames_differ"
    OUTSIDE_FRAME = "outside_frame"
    # What the other rows or the registry tell.
    NO_POSITIONS = "no_positions"
    NO_PLACE = "no_place"
    DOUBLED = "doubled"
    OUTSIDE_TERRITORY = "outside_territory"
    CODE_OF_ANOTHER = "code_of_another"
    PARENT_UNKNOWN = "parent_unknown"
    SKIPS_A_LEVEL = "skips_a_level"
    CHANGES_LATER = "changes_later"
    NOT_ONE_PIECE = "not_one_piece"
    GAP_OR_OVERLAP = "gap_or_overlap"
    UNCOVERED = "uncovered"
    OUTSIDE_PARENT = "outside_parent"
    CODE_OF_THE_PAST = "code_of_the_past"
    GRID_MISSING = "grid_missing"
    TOO_MANY_VERTICES = "too_many_vertices"
    TOO_SMALL = "too_small"
    TOO_NARROW = "too_narrow"
    NO_PLAN = "no_plan"
    DIFFERENT_PEOPLE = "different_people"
    GRID_UNKNOWN = "grid_unknown"
    PERSON_UNKNOWN = "person_unknown"
    ENDS_BEFORE = "ends_before"
    # Why the work on a sound file did not end.
    REGISTRY_BUSY = "registry_busy"
    REGISTRY_CHANGED = "registry_changed"
    ROWS_GONE = "rows_gone"
    BROKE_OFF = "broke_off"
    # Said for information; nothing is refused for it.
    HEIGHTS_DROPPED = "heights_dropped"


NOTES = frozenset({Problem.HEIGHTS_DROPPED})

# What the details of each problem hold; no entry: nothing.
DETAILS: dict[Problem, tuple[str, ...]] = {
    Problem.TOO_LARGE: ("limit_mb",),
    Problem.UNKNOWN_KIND: ("name",),
    Problem.PICTURE: ("name",),
    Problem.LONE_PART: ("name",),
    Problem.INFLATES: ("limit_mb",),
    Problem.TOO_MANY_FILES: ("limit",),
    Problem.UNSAFE_PATH: ("name",),
    Problem.LINK_IN_ZIP: ("name",),
    Problem.ZIP_IN_ZIP: ("name",),
    Problem.TWICE_IN_ZIP: ("name",),
    Problem.PART_MISSING: ("name", "missing"),
    Problem.PARTS_DIFFER: ("name", "shapes", "rows"),
    Problem.NOT_TEXT: ("row",),
    Problem.OPEN_QUOTE: ("row",),
    Problem.BAD_QUOTE: ("row",),
    Problem.DUPLICATE_COLUMN: ("column",),
    Problem.TOO_MANY_COLUMNS: ("limit",),
    Problem.TOO_MANY_ROWS: ("limit",),
    Problem.TOO_MANY_LAYERS: ("limit",),
    Problem.VIEW: ("name",),
    Problem.SHAPE_TOO_LARGE: ("limit_mb",),
    Problem.FRAME_UNKNOWN: ("crs",),
    Problem.SWAPPED: ("x", "y"),
    Problem.TOO_FEW_VALUES: ("found", "columns"),
    Problem.TOO_MANY_VALUES: ("found", "columns"),
    Problem.TOO_LONG: ("longest", "length"),
    Problem.CONTROL_CHARACTER: ("character",),
    Problem.TEXT_CUT: ("value",),
    Problem.FORMULA_ERROR: ("value",),
    Problem.NOT_A_CODE: ("value",),
    Problem.DIGITS_LOST: ("value",),
    Problem.ZEROS_LOST: ("value",),
    Problem.NOT_WHOLE: ("value",),
    Problem.NOT_A_NUMBER: ("value",),
    Problem.OUT_OF_RANGE: ("value", "low", "high"),
    Problem.NOT_A_CHOICE: ("value", "words"),
    Problem.NOT_YES_OR_NO: ("value", "words"),
    Problem.NOT_A_DAY: ("value",),
    Problem.NO_SUCH_DAY: ("value",),
    Problem.WRONG_SHAPE: ("found", "wanted"),
    Problem.SEVERAL_POINTS: ("count",),
    Problem.CROSSES_ITSELF: ("x", "y"),
    Problem.HOLE_OUTSIDE: ("x", "y"),
    Problem.HOLES_OVERLAP: ("x", "y"),
    Problem.PARTS_OVERLAP: ("x", "y"),
    Problem.SHAPE_INVALID: ("x", "y"),
    Problem.NOT_A_COORDINATE: ("value",),
    Problem.NOT_WKT: ("value",),
    Problem.OUTSIDE_FRAME: ("x", "y", "frame"),
    Problem.DOUBLED: ("value", "row"),
    Problem.OUTSIDE_TERRITORY: ("code",),
    Problem.CODE_OF_ANOTHER: ("value",),
    Problem.PARENT_UNKNOWN: ("value", "parent"),
    Problem.SKIPS_A_LEVEL: ("value",),
    Problem.CHANGES_LATER: ("value", "day"),
    Problem.NOT_ONE_PIECE: ("code",),
    Problem.GAP_OR_OVERLAP: ("code", "length_m"),
    Problem.UNCOVERED: ("code", "area_m2"),
    Problem.OUTSIDE_PARENT: ("code", "area_m2"),
    Problem.CODE_OF_THE_PAST: ("value", "name"),
    Problem.GRID_MISSING: ("code",),
    Problem.TOO_MANY_VERTICES: ("code", "count", "limit"),
    Problem.TOO_SMALL: ("code", "area_m2"),
    Problem.TOO_NARROW: ("code", "width_m"),
    Problem.NO_PLAN: ("why",),
    Problem.DIFFERENT_PEOPLE: ("value", "row"),
    Problem.GRID_UNKNOWN: ("value",),
    Problem.PERSON_UNKNOWN: ("value",),
    Problem.ENDS_BEFORE: ("since", "until"),
    Problem.HEIGHTS_DROPPED: ("count",),
}


class Refused(Exception):
    """A fault of the whole file or layer: nothing of it can be used."""

    def __init__(self, problem: Problem, **details: object) -> None:
        super().__init__(problem, details)
        self.problem = problem
        self.details: Details = details


@dataclass(frozen=True)
class CellFault:
    """A fault of one cell, row or shape.

    row: what a user sees beside it: the line of a table (the header counted) where the record
        begins, the number of a feature from 1 in a GIS layer.
    column: as the file names it; empty when the fault is of the whole row or of its shape.
    """

    row: int
    column: str
    problem: Problem
    details: Details = field(default_factory=dict)


class Faults(list[CellFault]):
    """Faults in the order they were found: at most `MOST_KEPT` of each kind, and how many in all.

    Fill it by `note` and `take` only; these keep count.
    """

    def __init__(self) -> None:
        super().__init__()
        self.counts: Counter[Problem] = Counter()

    def note(self, row: int, column: str, problem: Problem, **details: object) -> None:
        if self.counts[problem] < MOST_KEPT:
            self.append(CellFault(int(row), column, problem, details))
        self.counts[problem] += 1

    def take(self, other: "Faults") -> None:
        """Add what another batch or column found."""
        for fault in other:
            if self.counts[fault.problem] < MOST_KEPT:
                self.append(fault)
            self.counts[fault.problem] += 1
        kept = Counter(fault.problem for fault in other)
        self.counts.update(other.counts - kept)

    def count_more(self, problem: Problem, more: int) -> None:
        """Count faults beyond those kept, which need no details any more."""
        self.counts[problem] += more

    def rows_refused(self) -> set[int]:
        """Rows of the kept faults; notes refuse nothing."""
        return {fault.row for fault in self if fault.problem not in NOTES}


def shown(value: object) -> str:
    """A cell as a sentence may quote it: short, on one line, without control characters."""
    text = str(value)
    if len(text) <= SHOWN_CHARACTERS and text.isprintable():
        return text.strip()
    text = "".join(c if c.isprintable() else " " for c in text[: 2 * SHOWN_CHARACTERS])
    text = text.strip()
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def merged(several: Iterable[Faults]) -> Faults:
    """Faults of several columns as one list."""
    together = Faults()
    for faults in several:
        together.take(faults)
    return together
