"""Every list is taken along: a template with a list has its files, or a reason why it has none."""

import re

import pytest

from tests.house.tree import ROOT

LIST = re.compile(r'\{% pager |<table class="rows')
TAKEN_ALONG = re.compile(r"\{% (list_files|map_files) ")
FORM, FACTS = "what a form or a file is about, before it is sent", "facts of the one thing shown"
OWN, PART = "its own files, named on the page", "the page that includes it has the file"
FIGURE = "a plot in numbers, or a document that is a file itself"
WITHOUT = {
    "cameras/discover.html": FORM,
    "cameras/handover/offline.html": OWN,
    "cameras/rates/differences.html": FIGURE,
    "cameras/rates/rates.html": OWN,
    "cameras/rates/report.html": OWN,
    "cameras/rates/reports.html": "each of its rows is a file",
    "cameras/rates/work.html": FACTS,
    "cameras/results.html": PART,
    "events/briefings/one.html": OWN,
    "events/counting/figures.html": OWN,
    "events/desk/bulk.html": FORM,
    "events/desk/event.html": FACTS,
    "events/rules/deadline_rows.html": PART,
    "gis_server/account/account.html": "sessions of one's own browsers, to be ended here",
    "gis_server/audit.html": OWN,
    "gis_server/table_import.html": FORM,
    "grids/former.html": FACTS,
    "grids/held.html": PART,
    "grids/imports/help.html": "a manual",
    "grids/imports/mapping.html": FORM,
    "grids/plans/changed.html": PART,
    "grids/plans/life.html": FACTS,
    "grids/plans/take_over.html": FORM,
    "grids/tree.html": "each division's page has what lies below it",
    "grids/worker.html": FACTS,
    "maps/files/plan.html": FIGURE,
    "maps/ogc/api.html": "a manual",
    "maps/ogc/collections.html": "the API itself",
    "maps/ogc/columns.html": "the API itself",
    "maps/ogc/items.html": "the API itself",
    "patrols/board/board.html": "the roster of the week, whose file is on its own page",
    "patrols/board/member.html": FACTS,
    "patrols/board/needs.html": FORM,
    "patrols/errands/point.html": FACTS,
    "patrols/errands/send.html": FORM,
    "patrols/intake/me.html": "one's own days, on a phone",
    "patrols/seen/grid.html": FACTS,
}
TEMPLATES = {
    path.as_posix().partition("/templates/")[2]: path.read_text(encoding="utf-8")
    for path in sorted(ROOT.glob("*/templates/**/*.html"))
}
LISTS = [name for name, text in TEMPLATES.items() if LIST.search(text)]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_has_a_file_or_a_reason(name: str) -> None:
    has_file = TAKEN_ALONG.search(TEMPLATES[name]) is not None

    why = f"{name}: add list_files below the list, or say in WITHOUT why there is none"
    assert has_file is not (name in WITHOUT), why


@pytest.mark.parametrize("name", WITHOUT)
def test_a_reason_belongs_to_a_list(name: str) -> None:
    assert name in LISTS


@pytest.mark.parametrize("name", [name for name, why in WITHOUT.items() if why == OWN])
def test_a_list_with_files_of_its_own_links_to_them(name: str) -> None:
    assert re.search(r"csv|xlsx|pdf|docx|-export|-file|in files", TEMPLATES[name])


@pytest.mark.parametrize("name", [name for name, why in WITHOUT.items() if why == PART])
def test_what_includes_a_part_has_its_file(name: str) -> None:
    parents = [text for text in TEMPLATES.values() if f'"{name}"' in text]

    assert any(TAKEN_ALONG.search(text) for text in parents)
