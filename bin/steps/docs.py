"""bin/docs: the pages in docs/ as a site, one folder for each language."""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bin.steps import journal, packages, pages, places, shared
from bin.steps.journal import Journal
from bin.steps.places import Places

COMMAND = "bin/docs"
LANGUAGES = {"en": "en", "zh": "zh_CN"}
"""Folder of the site to the generator's name of the language."""
STRICTLY = ("--fail-on-warning", "--fresh-env")
"""Anything that the generator warns of, such as a link to nowhere, ends it."""


def main(words: Sequence[str] = ()) -> int:
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="make no site: read all pages and follow their links"
    )
    chosen = parser.parse_args(words)
    where = places.open_places()
    notes = Journal(COMMAND, where.log)
    with notes.step("The generator"), places.take_lock(where, "setup", shared.WAIT):
        packages.ensure_tools(where, notes, "docs")
    if chosen.check:
        check(where, notes)
        return 0
    with places.take_lock(where, "docs", "another bin/docs runs in this checkout: wait."):
        print(f"{where.as_seen(make(where, notes))}/index.html")
    return 0


def make(where: Places, notes: Journal) -> Path:
    """The site, in place of the one before; returns its folder."""
    made, site = where.var / "site.new", where.var / "site"
    shutil.rmtree(made, ignore_errors=True)
    for folder in LANGUAGES:
        with notes.step(f"Pages in {folder}"):
            run(where, notes, folder, "html", where.var / "site-read", made, *STRICTLY)
    shutil.copy(where.root / "docs" / "site" / "choose.html", made / "index.html")
    shutil.rmtree(site, ignore_errors=True)
    made.rename(site)
    return site


def check(where: Places, notes: Journal) -> None:
    """What would end the making of the site, for a third of its processor: all pages are read and
    their links followed, and one is put into the theme.
    """
    start = where.root / "docs" / f"{pages.START}.md"
    with tempfile.TemporaryDirectory(prefix="gis-server-docs-") as folder:
        read, made = Path(folder, "read"), Path(folder, "made")
        for language in LANGUAGES:
            with notes.step(f"Pages in {language}"):
                run(where, notes, language, "dummy", read, made, *STRICTLY)
                # Not strictly: it warns that a search over one page finds little.
                run(where, notes, language, "html", read, made, start)


def run(
    where: Places,
    notes: Journal,
    folder: str,
    builder: str,
    read: Path,
    made: Path,
    *words: str | Path,
) -> None:
    """The generator, for one language.  read: where it keeps what it has read."""
    notes.run(
        [
            where.tools / "bin" / "python", "-m", "sphinx", "--builder", builder, "--quiet",
            "--doctree-dir", read / folder, "-D", f"language={LANGUAGES[folder]}",
            where.root / "docs", made / folder, *words,
        ],
        env=packages.environment() | {"PYTHONPATH": str(where.root)}, cwd=where.root,
        failed=what_is_wrong,
    )  # fmt: skip


def what_is_wrong(output: str) -> str:
    """The generator's own lines: they name the page and the line."""
    told = [line for line in output.splitlines() if "WARNING" in line or "ERROR" in line]
    return "\n".join(["the pages make no site:", *(told or output.splitlines()[-20:])])


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: main(sys.argv[1:])))
