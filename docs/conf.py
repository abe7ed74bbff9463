"""How Sphinx makes a site of the pages in docs/; `bin/docs` runs it once for each language.

Both languages are read from the same pages: under Chinese a page is its twin `NAME.zh-hans.md`
where there is one, and the English page with a note where there is none.  What stands in the
navigation, and in which order, is written on the start page.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

from bin.steps import pages

DOCS = Path(__file__).parent
project = "gis-server"
extensions = ["myst_parser"]
# Two documents of the same name in two languages are one document of the site.
exclude_patterns = [f"**{pages.CHINESE}.md", "site/**"]
root_doc = pages.START
myst_heading_anchors = 6
nitpicky = True

html_theme = "furo"
html_title = "gis-server"
html_use_index = False
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_search_language = "both"
templates_path = ["site"]
html_static_path = ["site/static"]
html_css_files = ["site.css"]
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
FONTS = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
html_theme_options = {"light_css_variables": {"font-stack": FONTS}}

HAN = r"\u3400-\u9fff"
WITHOUT_TWIN = "\n```{note}\n本页目前只有英文。\n```\n"
# What the theme says in English only.
WORDS = {
    "Back to top": "回到顶部",
    "Home": "首页",
    "Next": "下一页",
    "On this page": "本页内容",
    "Previous": "上一页",
}


class Both(SearchEnglish):  # type: ignore[misc]  # Sphinx is not where types are checked
    """English words by their stems; Chinese, which has no spaces, by each two characters in a row.

    No dictionary is needed, and a name that none knows is found.
    """

    lang = "both"
    js_splitter_code = rf"""
function splitQuery(query) {{
  const runs = query.match(/[{HAN}]+|(?:(?![{HAN}])[\p{{Letter}}\p{{Number}}_])+/gu) ?? [];
  const pairs = (run) => [...run].slice(1).map((sign, at) => run[at] + sign);
  return runs.flatMap((run) => (/^[{HAN}]{{2}}/u.test(run) ? pairs(run) : [run]));
}}
"""

    def split(self, input: str) -> list[str]:
        runs = re.findall(rf"[{HAN}]+|(?:(?![{HAN}])\w)+", input)
        return [part for run in runs for part in parts(run)]


def parts(run: str) -> Iterable[str]:
    """A word as it is; of a run of Chinese each sign, and each two in a row."""
    if not re.match(f"[{HAN}]", run):
        return [run]
    return [*run, *(run[at : at + 2] for at in range(len(run) - 1))]


def is_chinese(app: Sphinx) -> bool:
    return str(app.config.language).startswith("zh")


def read(app: Sphinx, name: str, source: list[str]) -> None:
    """A page in the language of this site; the two lists of pages become its navigation."""
    chinese = is_chinese(app)
    twin = DOCS / f"{name}{pages.CHINESE}.md"
    text = twin.read_text(encoding="utf-8") if chinese and twin.exists() else source[0]
    if chinese and not twin.exists() and not name.startswith("design/"):
        text = re.sub(r"^# .*\n", lambda title: title[0] + WITHOUT_TWIN, text, count=1)
    if chinese and not twin.exists():
        text = pages.among_twins(text, lambda target: twins((DOCS / name).parent / target))
    text = pages.for_the_site(text, chinese=chinese)
    if name in {pages.START, pages.DESIGN}:
        groups = pages.contents(text)
        text += "".join(pages.trees(groups, unnamed(app, name), "其他" if chinese else "More"))
    source[0] = text


def twins(page: Path) -> tuple[str, str] | None:
    """Both texts of a page that is named without its ending."""
    both = [page.with_name(f"{page.name}{ending}") for ending in (".md", f"{pages.CHINESE}.md")]
    if not all(path.exists() for path in both):
        return None
    english, chinese = (path.read_text(encoding="utf-8") for path in both)
    return english, chinese


def unnamed(app: Sphinx, name: str) -> list[str]:
    """Pages beside this list that it does not name: a new page is never out of reach."""
    folder = name.rpartition("/")[0]
    listed = (DOCS / f"{name}.md").read_text(encoding="utf-8")
    named = {page for _, group in pages.contents(listed) for page in group}
    beside = {
        page.removeprefix(f"{folder}/") if folder else page
        for page in app.env.found_docs
        if page.rpartition("/")[0] == folder and page != name
    }
    return sorted(beside - named)


def dress(app: Sphinx, _page: str, _template: str, context: dict[str, Any], _tree: object) -> None:
    """The theme's own words, and where the page stands in the other language."""
    chinese = is_chinese(app)
    context["other"] = ("en", "English") if chinese else ("zh", "中文")
    if chinese:
        theirs = app.builder.templates.environment.globals["gettext"]
        context["gettext"] = lambda text: WORDS.get(text.strip()) or theirs(text)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_search_language(Both)
    app.connect("source-read", read)
    app.connect("html-page-context", dress)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
