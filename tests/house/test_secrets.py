"""Nothing that must stay out of the tree is in it: keys, passwords in addresses, machine paths."""

import re

import pytest

from tests.house.tree import ROOT, tracked

# The lines of this file are the only ones that may look like what they forbid.
FORBIDDEN = {
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "a token of a registry or forge": re.compile(r"\b(ghp_|npm_|pypi-)[A-Za-z0-9]{20,}"),
    # Tests and examples write such addresses with words that are plainly none.
    "a password in an address": re.compile(
        r"(rtsp|postgres|redis)://[\w.-]+:(?!(\w*s[3e]cret|p%40w|password|…))[^@\s{/\"']+@"
    ),
    "the address of a package registry": re.compile(
        r"(registry\.npmjs|files\.pythonhosted|deb\.debian|pypi)\.org"
    ),
    "a host recorded by a lock": re.compile(r'"resolved": *"http|--(extra-)?index-url'),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_the_tree_holds_nothing_forbidden(what: str) -> None:
    found = []
    for path in tracked():
        text = path.read_bytes()
        if b"\0" in text or path.name == "test_secrets.py":
            continue
        lines = text.decode("utf-8", "replace").splitlines()
        found += [
            f"{path.relative_to(ROOT)}:{number}"
            for number, line in enumerate(lines, 1)
            if FORBIDDEN[what].search(line)
        ]

    assert found == []
