"""What pages in `docs/` have in common: twins, links, headings.  Pure, for the site and tests.

A page in Chinese lies beside its English twin as `NAME.zh-hans.md`.  The start page is the table of
contents: its headings and lists are the site's navigation, so that a code host, which knows no
navigation, leads to the same pages in the same order.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

CHINESE = ".zh-hans"
START = "index"
DESIGN = "design/index"
_FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2`*~* *$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"(?<=\n\n)(?: {4}.*\n)+")
_CODE = re.compile(r"(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(\s*<?([^)\s>]*)>?(?:\s+\"[^\"]*\")?\s*\)")
_HEADING = re.compile(r"^(#{1,6}) +(.*?)(?: +#+)? *$", re.MULTILINE)
# "[中文](x.zh-hans.md)" at the top of a page: the site has a switch in its place.
_OTHER_LANGUAGE = re.compile(r"^\[(?:中文|English)\]\([^)\s]+\)(?: · |\n+)", re.MULTILINE)
_ITEM = re.compile(r"^[-*] \[[^\]]*\]\(([^)\s#]+)\.md\)", re.MULTILINE)


@dataclass(frozen=True)
class Link:
    """is_image: shown, not led to; target: as it is written, with what follows a `#`."""

    target: str
    is_image: bool


def prose(text: str) -> str:
    """A page without what is code: fences, indented blocks and code in a line."""
    return _CODE.sub("", _INDENTED.sub("", _FENCE.sub("", text)))


def links(text: str) -> list[Link]:
    """All links and pictures of a page in their order, those in pictures that lead on too."""
    found: list[Link] = []
    for mark, label, target in _LINK.findall(prose(text)):
        found += links(label)
        found.append(Link(target, bool(mark)))
    return found


def headings(text: str) -> list[tuple[int, str]]:
    """Level and words of each heading."""
    whole = _INDENTED.sub("", _FENCE.sub("", text))
    return [(len(marks), words) for marks, words in _HEADING.findall(whole)]


def anchors(text: str) -> list[str]:
    """What may follow the `#` of a link to a page, heading by heading, as code hosts and the site
    name them.
    """
    seen: dict[str, int] = {}
    found = []
    for _, words in headings(text):
        plain = _LINK.sub(r"\2", words).replace("`", "").replace("*", "")
        slug = re.sub(r"[^\w\- ]", "", plain.strip().lower()).replace(" ", "-")
        again = seen.get(slug, 0)
        seen[slug] = again + 1
        found.append(f"{slug}-{again}" if again else slug)
    return found


def contents(text: str) -> list[tuple[str, list[str]]]:
    """The start page as a table of contents: each heading, and the pages that its items name."""
    parts = re.split(r"^## +(.*)$", text, flags=re.MULTILINE)
    return [
        (caption.strip(), _ITEM.findall(part))
        for caption, part in zip(parts[1::2], parts[2::2], strict=True)
    ]


def for_the_site(text: str, *, chinese: bool) -> str:
    """A page as the site reads it: one language a site, no scripts that draw diagrams."""
    text = _OTHER_LANGUAGE.sub("", text, count=1).replace("```mermaid", "```text")
    return text.replace(f"{CHINESE}.md", ".md") if chinese else text


def among_twins(text: str, twins: Callable[[str], tuple[str, str] | None]) -> str:
    """An English page on the Chinese site: headings that it leads to are called otherwise there.

    twins: both texts of the page that a link names, without its `.md`; None where it has no twin.
    """

    def renamed(link: re.Match[str]) -> str:
        found = twins(link[1])
        if found is None:
            return link[0]
        names = dict(zip(anchors(found[0]), anchors(found[1]), strict=False))
        return f"]({link[1]}.md#{names.get(link[2], link[2])})"

    return re.sub(r"\]\(([^)\s#]+)\.md#([^)\s]+)\)", renamed, text)


def trees(
    groups: Iterable[tuple[str, list[str]]], rest: Iterable[str], caption: str
) -> Iterator[str]:
    """Hidden tables of contents, which the generator asks for, and one of what nobody has named."""
    for name, pages in [*groups, (caption, sorted(rest))]:
        if pages:
            listed = "\n".join(pages)
            yield f"\n```{{toctree}}\n:hidden:\n:caption: {name}\n\n{listed}\n```\n"
