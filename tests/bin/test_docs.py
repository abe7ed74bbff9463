"""bin/docs: what ends it names the page and the line."""

import pytest

from bin.steps.docs import what_is_wrong

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
