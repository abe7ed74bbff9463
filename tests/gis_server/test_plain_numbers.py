"""Numbers from outside: as everybody writes them, and nothing that only Python takes for one."""

import pytest

from cameras.repairs.forms import whole as of_a_repair
from cameras.services.sites import canary
from events.desk.sent import whole as of_an_event
from events.rules.views import whole as of_a_rule
from gis_server.errors import Invalid
from gis_server.plain_numbers import decimal_of, decimals_of, whole_of
from patrols.board.views.shared import whole as of_a_board

NO_NUMBER = [
    pytest.param("", id="nothing"),
    pytest.param("-", id="a sign alone"),
    pytest.param("x", id="a word"),
    pytest.param("1_000", id="an underscore"),
    pytest.param("１２", id="full-width digits"),
    pytest.param("٣", id="digits of another script"),
    pytest.param("1 2", id="two"),
    pytest.param("9" * 5000, id="more digits than Python reads"),
    pytest.param("0" * 5000, id="as many noughts"),
    pytest.param("0x10", id="hexadecimal"),
    pytest.param("nan", id="nan"),
    pytest.param("inf", id="inf"),
    pytest.param("1e999", id="beyond all"),
]


@pytest.mark.parametrize("text", NO_NUMBER)
def test_what_is_no_number(text: str) -> None:
    assert whole_of(text) is None
    assert decimal_of(text) is None
    with pytest.raises(ValueError, match="not a number"):
        decimals_of(f"1,{text}")


@pytest.mark.parametrize(
    ("text", "whole", "decimal"),
    [
        ("7", 7, 7.0),
        (" -12 ", -12, -12.0),
        ("+3", 3, 3.0),
        ("9223372036854775807", 2**63 - 1, 2.0**63),
        ("1.5", None, 1.5),
        (".5", None, 0.5),
        ("2.", None, 2.0),
        ("-1e-5", None, -1e-5),
    ],
)
def test_numbers(text: str, whole: int | None, decimal: float) -> None:
    assert (whole_of(text), decimal_of(text)) == (whole, decimal)
    assert decimals_of(f"{text},1") == [decimal, 1.0]


@pytest.mark.parametrize("many", ["0" * 30 + "9" * 5000, "9" * 5000, "0" * 20 + "9" * 40])
def test_no_form_reads_a_number_of_thousands_of_digits(many: str) -> None:
    for read in (of_a_repair, of_an_event, of_a_rule, of_a_board):
        with pytest.raises(Invalid):
            read(many)
    with pytest.raises(Invalid):
        canary(f"127.0.0.1:{many}")
