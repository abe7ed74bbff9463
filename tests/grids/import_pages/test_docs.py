"""docs/import.md says what the code does: its diagram, its limits, the order of the kinds."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from grids.imports.flow import NEXT, Step
from grids.imports.into import MOST_FAULTS
from grids.imports.limits import CELL_CHARACTERS, LIMITS, MIB
from grids.imports.queries import MOST_OUTLINES
from grids.management.commands.import_territory import KINDS

TEXT = Path(settings.BASE_DIR, "docs", "import.md").read_text(encoding="utf-8")


def test_the_diagram_draws_every_step_that_may_follow() -> None:
    drawn = set(re.findall(r"^    (\w+) --> (\w+)$", TEXT, re.MULTILINE))

    assert drawn == {(now.value, then.value) for now, after in NEXT.items() for then in after}


def test_every_step_is_explained() -> None:
    assert set(re.findall(r"^\| (\w+) \|", TEXT, re.MULTILINE)) >= {step.value for step in Step}


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("file", f"{LIMITS.file_bytes // MIB} MB"),
        ("rows", f"{LIMITS.rows:,}"),
        ("columns", f"{LIMITS.columns}"),
        ("layers or sheets", f"{LIMITS.layers}"),
        ("one cell", f"{CELL_CHARACTERS:,} characters"),
        ("one shape", f"{LIMITS.shape_bytes // MIB} MB"),
        ("files in a zip", f"{LIMITS.zip_entries:,}"),
        ("faults kept with row and place", f"{MOST_FAULTS:,}"),
        ("shapes on the map of faults", f"{MOST_OUTLINES:,}"),
    ],
)
def test_every_limit_is_as_the_code_has_it(what: str, limit: str) -> None:
    [said] = re.findall(rf"^\| {re.escape(what)} \| (.*) \|$", TEXT, re.MULTILINE)

    assert said.startswith(limit)


def test_the_kinds_are_named_as_the_command_takes_them() -> None:
    [said] = re.findall(r"The kinds are called ([^.]*)\.", TEXT)

    assert re.split(r",\s+|\s+and\s+", said) == KINDS
