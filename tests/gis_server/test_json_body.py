"""Bodies of requests: an object of texts that can be stored, or refused in words."""

import pytest
from django.test import RequestFactory

from gis_server.errors import Invalid
from gis_server.json_body import json_body, text_of


def sent(content: bytes) -> dict[str, object]:
    request = RequestFactory().post("/", content, content_type="application/json")
    return json_body(request, 100)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        pytest.param(b"", {}, id="nothing"),
        pytest.param(b'{"a": "\\u7f51\\u683c"}', {"a": "网格"}, id="escapes"),
        pytest.param(b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}, id="a whole pair"),
    ],
)
def test_an_object_is_read(content: bytes, told: dict[str, object]) -> None:
    assert sent(content) == told


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{", id="half"),
        pytest.param(b"[" * 99, id="deep"),
        pytest.param(b'{"a": "\\ud800"}', id="half a pair"),
        pytest.param(b'{"a": {"b": ["\\udfff"]}}', id="half a pair inside"),
        pytest.param(b'{"\\ud800": 1}', id="half a pair as a name"),
        pytest.param(b"\xff\xfe", id="no UTF-8"),
        pytest.param(b'{"a": "' + b"x" * 100 + b'"}', id="too long"),
    ],
)
def test_what_is_no_object_of_texts_is_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        sent(content)


@pytest.mark.parametrize("value", [1, [], "\0", "\ud800", "four"])
def test_a_text_of_three_characters_is_one(value: object) -> None:
    with pytest.raises(Invalid, match="a"):
        text_of({"a": value}, "a", 3)


@pytest.mark.parametrize(("value", "text"), [(None, ""), (" x ", "x"), ("", "")])
def test_a_text_is_told_without_spaces_around_it(value: object, text: str) -> None:
    assert text_of({"a": value}, "a", 3) == text
