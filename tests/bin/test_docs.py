"""bin/docs: what ends it names the page and the line; its check reads as strictly."""

from pathlib import Path

import pytest

from bin.steps.docs import check, what_is_wrong
from bin.steps.journal import Failed, Journal
from bin.steps.places import Places

WARNING = "/x/docs/wall.md:7: WARNING: local id not found in doc 'wall': 'none' [myst.xref_missing]"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        pytest.param(f"reading\n{WARNING}\nbuild finished with problems\n", WARNING, id="a link"),
        pytest.param("Traceback\nValueError: no theme\n", "ValueError: no theme", id="itself"),
    ],
)
def test_what_is_wrong_is_told(output: str, told: str) -> None:
    sentence = what_is_wrong(output)

    assert sentence.startswith("the pages make no site:")
    assert told in sentence
    assert "build finished" not in sentence


@pytest.fixture
def where(tmp_path: Path) -> Places:
    """A checkout whose generator writes down what it is asked for."""
    generator = tmp_path / ".tools" / "bin" / "python"
    generator.parent.mkdir(parents=True)
    generator.write_text(f'#!/bin/sh\necho "$@" >>{tmp_path}/asked\n. {tmp_path}/then\n')
    generator.chmod(0o755)
    return Places(tmp_path, tmp_path, tmp_path)


def test_a_check_reads_both_languages_strictly(where: Places) -> None:
    (where.root / "then").write_text("exit 0\n")

    check(where, Journal("bin/docs", where.root))

    asked = (where.root / "asked").read_text().splitlines()
    whole = [line for line in asked if "--fail-on-warning --fresh-env" in line]
    assert [("language=en " in line, "language=zh_CN " in line) for line in whole] == [
        (True, False),
        (False, True),
    ]
    assert all(line.count(str(where.root / "docs")) == 1 for line in whole), "no page is left out"
    assert not (where.root / "site").exists()


def test_a_page_that_leads_nowhere_fails_the_check(where: Places) -> None:
    (where.root / "then").write_text(f'echo "{WARNING}"; exit 1\n')

    with pytest.raises(Failed, match=r"make no site:\n.*local id not found"):
        check(where, Journal("bin/docs", where.root))
