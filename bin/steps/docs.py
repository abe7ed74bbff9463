"""bin/docs: the pages in docs/ as a site, one folder for each language."""

import shutil
import sys
from pathlib import Path

from bin.steps import journal, packages, places, shared
from bin.steps.journal import Journal
from bin.steps.places import Places

COMMAND = "bin/docs"
LANGUAGES = {"en": "en", "zh": "zh_CN"}
"""Folder of the site to the generator's name of the language."""


def main() -> int:
    where = places.open_places()
    notes = Journal(COMMAND, where.log)
    with places.take_lock(where, "docs", "another bin/docs runs in this checkout: wait."):
        with notes.step("The generator"), places.take_lock(where, "setup", shared.WAIT):
            packages.ensure_tools(where, notes, "docs")
        made = where.var / "site.new"
        shutil.rmtree(made, ignore_errors=True)
        for folder in LANGUAGES:
            with notes.step(f"Pages in {folder}"):
                build(where, notes, made, folder)
        shutil.copy(where.root / "docs" / "site" / "choose.html", made / "index.html")
        site = where.var / "site"
        shutil.rmtree(site, ignore_errors=True)
        made.rename(site)
    print(f"{where.as_seen(site)}/index.html")
    return 0


def build(where: Places, notes: Journal, site: Path, folder: str) -> None:
    """One language; anything that the generator warns of, such as a link to nowhere, ends it."""
    docs = where.root / "docs"
    notes.run(
        [
            where.tools / "bin" / "python", "-m", "sphinx", "--builder", "html", "--quiet",
            "--fail-on-warning", "--fresh-env", "--doctree-dir", where.var / "site-read" / folder,
            "-D", f"language={LANGUAGES[folder]}", docs, site / folder,
        ],
        env=packages.environment() | {"PYTHONPATH": str(where.root)}, cwd=where.root,
        failed=what_is_wrong,
    )  # fmt: skip


def what_is_wrong(output: str) -> str:
    """The generator's own lines: they name the page and the line."""
    told = [line for line in output.splitlines() if "WARNING" in line or "ERROR" in line]
    return "\n".join(["the pages make no site:", *(told or output.splitlines()[-20:])])


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, main))
