"""docs/design/threats.md names tests that there are, and all of this folder."""

import re

from tests.house.tree import ROOT

PAGE = (ROOT / "docs" / "design" / "threats.md").read_text(encoding="utf-8")
TESTS = ROOT / "tests"


def test_every_test_that_it_names_is_there() -> None:
    named = re.findall(r"`([\w/]*test_[\w*]+\.py)`", PAGE)
    missing = [name for name in named if not (list(TESTS.glob(name)) or list(TESTS.rglob(name)))]

    assert len(named) > 40
    assert missing == []


def test_it_names_every_test_of_this_folder() -> None:
    ours = {path.name for path in (TESTS / "security").glob("test_*.py")}

    assert {name for name in ours if name not in PAGE} == {"test_threat_page.py"}


def test_every_file_of_the_product_that_it_names_is_there() -> None:
    named = set(
        re.findall(r"`((?:gis_server|grids|cameras|patrols|events|maps|bin)/[\w/.]+)`", PAGE)
    )

    missing = {name for name in named if "/test_" not in name and not (ROOT / name).exists()}

    assert missing == set()
