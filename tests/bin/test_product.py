"""What bin/up takes for a reason to do a step again."""

from pathlib import Path

import pytest

from bin.steps.product import demo_stamp, makers_of_tables
from bin.steps.stamps import content_hash


@pytest.mark.parametrize(
    "changed",
    ["grids/migrations/0001_grids.py", "requirements/run.lock", "gis_server/settings.py"],
)
def test_tables_are_asked_after_whatever_can_bring_new_ones(tmp_path: Path, changed: str) -> None:
    for name in (
        "grids/migrations/0001_grids.py",
        "requirements/run.lock",
        "gis_server/settings.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("before")
    before = content_hash(makers_of_tables(tmp_path))

    # A package that is new brings tables of its own (django-axes did).
    (tmp_path / changed).write_text("after")
    assert content_hash(makers_of_tables(tmp_path)) != before


def test_a_database_with_an_older_demo_is_asked_what_it_lacks(tmp_path: Path) -> None:
    demo = tmp_path / "fixtures" / "demo.py"
    demo.parent.mkdir()
    demo.write_text("before")
    before = demo_stamp(tmp_path, "one database")

    assert demo_stamp(tmp_path, "one database") == before
    assert demo_stamp(tmp_path, "another") != before
    demo.write_text("after")
    assert demo_stamp(tmp_path, "one database") != before
