"""What files and messages are given of texts that come from outside."""

import pytest

from gis_server.plain_text import one_line, printable, shortened, shortened_bytes


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("三桥街道", "三桥街道", id="a name"),
        pytest.param("a\x00b\x1fc\x7f", "abc", id="control characters"),
        pytest.param("evil\u202egnp.exe", "evilgnp.exe", id="a turn of direction"),
        pytest.param("\u200fשלום\u200e", "שלום", id="marks of direction"),
        pytest.param("half \ud83d", "half ", id="half a character"),
        pytest.param("\ufffe\uffff", "", id="no characters"),
        pytest.param("📷 枪机", "📷 枪机", id="emoji"),
        pytest.param("two\nlines\t", "two\nlines\t", id="line breaks stay"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_what_no_file_can_hold_is_left_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_become_one() -> None:
    assert one_line("  a\r\n b\u2028\u3000c\x00 ") == "a b c"


def test_a_shortened_text_shows_that_something_is_missing() -> None:
    assert shortened("摄像机一号", 4) == "摄像机…"
    assert shortened("摄像机", 3) == "摄像机"


def test_bytes_are_cut_between_characters() -> None:
    cut = shortened_bytes("网" * 10, 20)

    # 20 bytes less 3 of the ellipsis leave 17, which hold five characters of three.
    assert cut == "网" * 5 + "…"
    assert shortened_bytes("网格", 6) == "网格"
