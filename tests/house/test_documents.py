"""What is written leads where it says: links, anchors, pictures; both languages tell the same."""

import ast
import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from bin.steps import pages
from tests.house.tree import ROOT, nodes, tracked

DOCS = ROOT / "docs"
IMAGES = DOCS / "img"
# What code in pages may be written in: the site refuses a name that its colours do not know.
LANGUAGES = {"json", "mermaid", "nginx", "python", "sh", "text", "yaml"}
TOUR = IMAGES / "tour"
MOST_TOUR_BYTES = 3_000_000
OUTSIDE = re.compile(r"(https?://[\w.-]+\.[a-z]{2,}(:\d+)?(/\S*)?|mailto:\S+@\S+\.\S+)")
# Pages for developers, and lists that the code writes: in English alone.
ENGLISH_ONLY = {"benchmarks", "routes"}


@cache
def documents() -> dict[Path, str]:
    return {path: path.read_text(encoding="utf-8") for path in tracked() if path.suffix == ".md"}


def users_pages() -> list[str]:
    names = {path.name.removesuffix(".md") for path in documents() if path.parent == DOCS}
    return sorted(name for name in names - ENGLISH_ONLY if not name.endswith(pages.CHINESE))


def what_is_wrong(page: Path, link: pages.Link) -> str:
    """Why a link or picture leads nowhere; empty where it does not."""
    target, _, anchor = link.target.partition("#")
    if "://" in target or target.startswith("mailto:"):
        return "" if OUTSIDE.fullmatch(link.target) else "no address"
    place = (page.parent / target).resolve() if target else page
    if not place.is_relative_to(ROOT) or not place.exists():
        return "there is no such file"
    if anchor and anchor not in pages.anchors(documents().get(place, "")):
        return "there is no such heading"
    return ""


def test_every_link_leads_somewhere() -> None:
    wrong = [
        f"{page.relative_to(ROOT)}: ({link.target}) {why}"
        for page, text in documents().items()
        for link in pages.links(text)
        if (why := what_is_wrong(page, link))
    ]

    assert wrong == []


def test_every_picture_is_shown_somewhere() -> None:
    shown = {
        (page.parent / link.target).resolve()
        for page, text in documents().items()
        for link in pages.links(text)
        if "://" not in link.target
    }

    assert {path for path in tracked() if path.is_relative_to(IMAGES)} - shown == set()


def test_the_tour_shows_what_tests_have_taken() -> None:
    """`picture(page, "name")` in a browser test makes `docs/img/tour/name.webp`; none by hand."""
    taken = [
        str(node.args[1].value)
        for path in sorted((ROOT / "tests" / "days").glob("*.py"))
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "picture"
        and isinstance(node.args[1], ast.Constant)
    ]

    assert len(taken) == len(set(taken))
    assert {path.name for path in TOUR.iterdir()} == {f"{name}.webp" for name in taken}
    assert sum(path.stat().st_size for path in TOUR.iterdir()) < MOST_TOUR_BYTES


def test_headings_begin_with_one_title_and_leave_no_level_out() -> None:
    """What makes a site of them refuses anything else."""
    wrong = []
    for page, text in documents().items():
        levels = [level for level, _ in pages.headings(text)]
        if page.is_relative_to(DOCS) and (
            levels[:1] != [1]
            or levels.count(1) != 1
            or any(below > above + 1 for above, below in pairwise(levels))
        ):
            wrong.append(str(page.relative_to(ROOT)))

    assert wrong == []


def test_code_is_in_a_language_that_the_site_knows() -> None:
    wrong = [
        f"{page.relative_to(ROOT)}: {name}"
        for page, text in documents().items()
        if page.is_relative_to(DOCS)
        for name in re.findall(r"^ *```(\w+)$", text, re.MULTILINE)
        if name not in LANGUAGES
    ]

    assert wrong == []


def test_every_users_page_is_in_chinese() -> None:
    without = {name for name in users_pages() if not (DOCS / f"{name}{pages.CHINESE}.md").exists()}

    assert without == set()


@pytest.mark.parametrize("name", users_pages())
def test_both_languages_have_the_same_parts_and_lead_to_the_same_places(name: str) -> None:
    english, chinese = DOCS / f"{name}.md", DOCS / f"{name}{pages.CHINESE}.md"
    one, other = documents()[english], documents()[chinese]

    assert [level for level, _ in pages.headings(one)] == [
        level for level, _ in pages.headings(other)
    ]
    assert led_to(one) == led_to(other)
    assert tables(one) == tables(other)
    assert pages.links(one)[0].target == chinese.name
    assert pages.links(other)[0].target == english.name


def led_to(text: str) -> list[str]:
    """Pages and pictures by the names of their English twins; headings are other words."""
    targets = (link.target.partition("#")[0] for link in pages.links(text)[1:])
    return sorted(target.replace(pages.CHINESE, "").replace("/zh/", "/en/") for target in targets)


def tables(text: str) -> list[int]:
    """How many rows each table has."""
    found = [0]
    for line in text.splitlines():
        if line.startswith("|"):
            found[-1] += 1
        elif found[-1]:
            found.append(0)
    return [rows for rows in found if rows]


def test_a_chinese_page_leads_to_chinese_pages() -> None:
    """Where there is one; but for the first link, which leads to its own twin."""
    english = [
        f"{page.name}: {link.target}"
        for page, text in documents().items()
        if page.name.endswith(f"{pages.CHINESE}.md")
        for link in pages.links(text)[1:]
        if (place := page.parent / link.target.partition("#")[0]).suffix == ".md"
        and not place.name.endswith(f"{pages.CHINESE}.md")
        and place.with_name(f"{place.stem}{pages.CHINESE}.md").exists()
    ]

    assert english == []


def test_the_start_page_names_each_page_once() -> None:
    for name in (pages.START, pages.DESIGN):
        groups = pages.contents(documents()[DOCS / f"{name}.md"])
        named = [page for _, group in groups for page in group]

        assert len(named) == len(set(named))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", [], id="empty"),
        pytest.param("[a](b.md#c)", ["b.md#c"], id="a link"),
        pytest.param("[![a](b.png)](c.md)", ["b.png", "c.md"], id="a picture that leads on"),
        pytest.param("`[a](b.md)` and\n```sh\n[a](b.md)\n```\n", [], id="code"),
        pytest.param("see\n\n    [a](b.md)\n", [], id="indented code"),
        pytest.param('[a](b.md "title") [b]( <c.md> )', ["b.md", "c.md"], id="title and brackets"),
    ],
)
def test_links_are_found_and_code_is_none(text: str, found: list[str]) -> None:
    assert [link.target for link in pages.links(text)] == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("# A `b` & c\n", ["a-b--c"], id="signs"),
        pytest.param("# 设置 `X`\n## 设置 `X`\n", ["设置-x", "设置-x-1"], id="twice, in Chinese"),
        pytest.param("```sh\n# no heading\n```\n", [], id="a remark in code"),
    ],
)
def test_anchors_are_those_of_code_hosts(text: str, found: list[str]) -> None:
    assert pages.anchors(text) == found


def test_the_start_page_is_the_table_of_contents() -> None:
    text = "# T\n\n## One\n\n- [A](a.md): see [B](b.md).\n- [C](c/index.md)\n\n## Two\n\nWords.\n"

    assert pages.contents(text) == [("One", ["a", "c/index"]), ("Two", [])]
    assert "".join(pages.trees(pages.contents(text), ["z", "y"], "More")) == (
        "\n```{toctree}\n:hidden:\n:caption: One\n\na\nc/index\n```\n"
        "\n```{toctree}\n:hidden:\n:caption: More\n\ny\nz\n```\n"
    )


@pytest.mark.parametrize(
    ("text", "chinese", "read"),
    [
        pytest.param("# T\n\n[中文](t.zh-hans.md)\n\nx\n", False, "# T\n\nx\n", id="its switch"),
        pytest.param("[English](t.md) · [why](d.md)\n", True, "[why](d.md)\n", id="more beside it"),
        pytest.param("[a](b.zh-hans.md#c)\n", True, "[a](b.md#c)\n", id="twins are one page"),
        pytest.param("```mermaid\na\n```\n", False, "```text\na\n```\n", id="a diagram"),
    ],
)
def test_a_page_is_read_for_one_language(text: str, chinese: bool, read: str) -> None:
    assert pages.for_the_site(text, chinese=chinese) == read


def test_an_english_page_leads_to_headings_of_chinese_pages() -> None:
    texts = {"../a": ("# One\n## Two\n", "# 一\n## 二\n")}

    assert pages.among_twins("[x](../a.md#two) [y](b.md#two) [z](../a.md)", texts.get) == (
        "[x](../a.md#二) [y](b.md#two) [z](../a.md)"
    )
