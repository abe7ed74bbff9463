"""The settings of an installation: read as systemd reads them, and left as somebody wrote them."""

import pytest

from bin.steps import environment_file
from bin.steps.journal import Failed

# In parts: addresses with passwords are looked for in all files.
URL = "postgres://u:" + "p%40@h/d?a=b"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        pytest.param("", {}, id="empty"),
        pytest.param("# A=1\n\n; B=2\n  C=3\n", {"C": "3"}, id="comments"),
        pytest.param('A="x y"\nB=\'x "y\'\nC="a\\"b\\$"\n', {"A": "x y", "B": 'x "y', "C": 'a"b$'},
                     id="quotes"),
        pytest.param(f"A={URL}\n", {"A": URL}, id="url"),
        pytest.param("A=1\nA=2\n", {"A": "2"}, id="the last one counts"),
        pytest.param("A=\n", {"A": ""}, id="nothing"),
    ],
)  # fmt: skip
def test_reading(text: str, values: dict[str, str]) -> None:
    assert environment_file.read(text) == values


@pytest.mark.parametrize("text", ["A\n", "export A=1\n", "1A=2\n", "=3\n"])
def test_a_line_that_systemd_would_pass_over_is_told(text: str) -> None:
    with pytest.raises(Failed, match="line 1 of the environment file is not NAME=value"):
        environment_file.read(text)


@pytest.mark.parametrize("value", ["plain", "two words", 'a"b', "a\\b$c`d", "", "# none", "区"])
def test_what_is_written_is_read_again(value: str) -> None:
    text = environment_file.changed("", {"NAME": value})

    assert environment_file.read(text) == {"NAME": value}


def test_a_change_leaves_everything_else_as_it_was() -> None:
    before = "# mine\nA=1\n\nLOG_LEVEL = DEBUG\n# LIVE_URL=commented\nLIVE_URL=https://a\n"

    after = environment_file.changed(before, {"LIVE_URL": "https://b", "NEW": "x"})

    assert after == before.replace("=https://a", "=https://b") + "NEW=x\n"


def test_a_value_cannot_bring_a_second_setting_with_it() -> None:
    with pytest.raises(Failed, match="A has a line break"):
        environment_file.changed("", {"A": "1\nDEBUG=true"})
