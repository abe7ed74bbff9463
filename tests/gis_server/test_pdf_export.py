"""Documents on A4 that print as they are meant, whatever the names in them are."""

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from gis_server.errors import Unavailable
from gis_server.pdf_export import Column, Document, font_path
from gis_server.pdf_plots import Line, Plot, Target, add_plot
from gis_server.pdf_tables import MOST_LINES, add_table

NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
HOSTILE = [
    pytest.param("<script>alert(1)</script> & 'x'", id="HTML"),
    pytest.param("📷 emoji 🏳️‍🌈", id="emoji"),
    pytest.param("שלום \u202eevil", id="right to left"),
    pytest.param("长" * 200, id="200 characters"),
    pytest.param("w" * 200, id="200 letters without a space"),
    pytest.param("a\x00b\ud800c\n\td", id="what no file holds"),
    pytest.param("**bold** __under__ {nb}", id="marks of the library"),
    pytest.param("", id="nothing"),
]


@pytest.fixture
def blank() -> Iterator[Document]:
    """One that is written to and looked at, and ended by the fixture."""
    made = document()
    yield made
    made.content()


def document(title: str = "离线清单", **options: Any) -> Document:
    return Document(title, NOW, **options)


def pages(content: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b(?!s)", content))


def streams(content: bytes) -> list[bytes]:
    """The content of its pages, as drawing commands."""
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    opened = []
    for one in found:
        try:
            opened.append(zlib.decompress(one))
        except zlib.error:
            continue
    return [one for one in opened if b" Tf" in one]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_document_holds_any_text(text: str) -> None:
    made = document(text, captions=[text], foot=text)
    made.heading(text)
    add_table(made, [Column(text), Column("b")], [[text, text]])
    add_plot(made, Plot(text, [text], [Line(text, [0.5])], [Target(text, 0.98)]))

    content = made.content()

    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")


def test_what_the_font_lacks_becomes_a_box(blank: Document) -> None:
    assert blank.drawable("📷枪机\u202e1\n号") == "□枪机1 号"


def test_a_table_goes_on_over_the_page_with_its_head() -> None:
    made = document(landscape=True)
    heads = ["编号", "名称"]
    add_table(made, [Column(head) for head in heads], [[str(n), "枪机"] for n in range(200)])

    content = made.content()

    count = pages(content)
    assert count > 3
    # The head is the only thing in white on each page: two texts in it.
    assert [page.count(b"1 1 1 rg") + page.count(b"1 g") for page in streams(content)] == [
        2
    ] * count


def test_a_row_is_never_cut_by_the_end_of_a_page(blank: Document) -> None:
    ends: list[float] = []
    for _ in range(60):
        add_table(blank, [Column("长")], [["长" * 300]])
        ends.append(blank.y)

    assert max(ends) <= blank.bottom + 3 + 0.01


def test_a_text_has_the_size_it_was_given_also_where_its_end_is_given() -> None:
    made = document("", foot=" ")
    made.put(100, 100, "新的字", 7.5, align="R")

    sizes = [re.findall(rb"/F\d+ ([\d.]+) Tf", page) for page in streams(made.content())]
    # Ours and the number of the page; there is no title.
    assert set(sizes[0]) == {b"7.50"}


def test_a_cell_has_a_limit(blank: Document) -> None:

    lines = blank.lines("长" * 500, 20, 7.5, MOST_LINES)

    assert len(lines) == MOST_LINES
    assert lines[-1].endswith("…")


def test_lines_fit_and_words_are_kept_whole(blank: Document) -> None:
    text = "摄像机 DH-IPC-HFW1230 在 rtsp://10.20.0.4:554 无应答"

    lines = blank.lines(text, 40, 9)

    assert all(blank.width_of(line, 9) <= 40 for line in lines)
    assert any("DH-IPC-HFW1230" in line for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_a_plot_has_gaps_where_nothing_is_known() -> None:
    plot = Plot(
        "在线率", ["1", "2", "3"], [Line("街道", [0.9, None, 0.95])], [Target("98 %", 0.98)]
    )
    with_gap, without = document(), document()

    add_plot(with_gap, plot)
    filled = Plot(plot.title, plot.labels, [Line("街道", [0.9, 0.92, 0.95])], plot.targets)
    add_plot(without, filled)

    # Two strokes fewer: the one to the gap and the one from it.
    strokes = [
        sum(page.count(b" l S") for page in streams(d.content())) for d in (with_gap, without)
    ]
    assert strokes[1] - strokes[0] == 2


def test_a_plot_refuses_what_it_cannot_draw(blank: Document) -> None:
    with pytest.raises(ValueError, match="low end"):
        add_plot(blank, Plot("x", ["1"], [Line("a", [])]))
    with pytest.raises(ValueError, match="low end"):
        add_plot(blank, Plot("x", [], [], low=1, high=1))


def test_an_empty_plot_and_an_empty_table_are_drawn() -> None:
    made = document()

    add_plot(made, Plot("没有数据", [], []))
    add_table(made, [Column("编号")], [])

    assert pages(made.content()) == 1


def test_a_machine_without_the_font_is_told_what_to_install(settings: Any, tmp_path: Path) -> None:
    settings.PDF_FONT = str(tmp_path / "none.ttf")

    with pytest.raises(Unavailable, match="fonts-wqy-microhei"):
        font_path()


def test_a_file_that_is_no_font_is_named(settings: Any, tmp_path: Path) -> None:
    settings.PDF_FONT = str(tmp_path / "text.ttf")
    Path(settings.PDF_FONT).write_text("no font", encoding="utf-8")

    with pytest.raises(Unavailable, match=r"text\.ttf"):
        document()


def test_the_same_document_is_the_same_file() -> None:
    assert document("同一份").content() == document("同一份").content()
