"""Which keys an element uses itself, and which are the page's."""

from typing import Any

import pytest

from tests.maps.scripts import run

OPTIONS = [{"text": "全部"}, {"text": "运维一班"}, {"text": "×60"}, {"text": "Urgent"}]


def field(kind: str) -> dict[str, Any]:
    return {"tagName": "INPUT", "type": kind}


@pytest.mark.parametrize(
    ("target", "own", "others"),
    [
        pytest.param(field("text"), "gG/ ?", "", id="text"),
        pytest.param(field("search"), "g/", "", id="search"),
        pytest.param(field("number"), "5e.", "", id="number"),
        pytest.param(field("date"), "5 .", "", id="date"),
        pytest.param({"tagName": "TEXTAREA"}, "g ", "", id="textarea"),
        pytest.param({"tagName": "DIV", "isContentEditable": True}, "g ", "", id="editable"),
        pytest.param(field("checkbox"), " ", "gG/.,?", id="checkbox"),
        pytest.param(field("radio"), " ", "g/", id="radio"),
        pytest.param(field("range"), "", "g., ", id="slider"),
        pytest.param(field("file"), " ", "g", id="file"),
        pytest.param({"tagName": "BUTTON", "type": "button"}, " ", "g/", id="button"),
        pytest.param({"tagName": "SUMMARY"}, " ", "g/", id="summary"),
        pytest.param({"tagName": "A"}, "", "g ", id="link"),
        pytest.param({"tagName": "CANVAS"}, "", "g /", id="map"),
        pytest.param({}, "", "g /", id="document"),
        # Whoever types in a list goes to the choice that is called so.
        pytest.param({"tagName": "SELECT", "options": OPTIONS}, " uURe6", "mMsS./,", id="select"),
        pytest.param({"tagName": "SELECT", "options": []}, " ", "gu", id="empty select"),
    ],
)
def test_only_the_keys_that_an_element_uses_are_its_own(
    target: dict[str, Any], own: str, others: str
) -> None:
    body = "return [...given[1]].filter((key) => it.takes(given[0], key)).join('')"

    assert run("keys", body, [target, own + others]) == own


@pytest.mark.parametrize(
    ("target", "key", "own"),
    [
        pytest.param(field("range"), "ArrowLeft", True, id="a slider is moved"),
        pytest.param(field("range"), "Enter", False, id="Enter is nothing to a slider"),
        pytest.param(field("checkbox"), "ArrowLeft", False, id="nor arrows to a check box"),
        pytest.param(field("checkbox"), "Enter", False, id="nor Enter"),
        pytest.param(field("radio"), "ArrowDown", True, id="the next of a choice"),
        pytest.param({"tagName": "SELECT", "options": []}, "ArrowDown", True, id="of a list"),
        pytest.param({"tagName": "SELECT", "options": OPTIONS}, "Escape", False, id="Escape"),
        pytest.param({"tagName": "A"}, "Enter", True, id="a link is followed"),
        pytest.param({"tagName": "BUTTON"}, "Enter", True, id="a button is pressed"),
        pytest.param(field("text"), "Backspace", True, id="text is mended"),
    ],
)
def test_keys_with_names_too(target: dict[str, Any], key: str, own: bool) -> None:
    assert run("keys", "return it.takes(given[0], given[1])", [target, key]) is own


@pytest.mark.parametrize(
    ("more", "is_free"),
    [
        pytest.param({}, True, id="alone"),
        pytest.param({"ctrlKey": True}, False, id="with Ctrl"),
        pytest.param({"metaKey": True}, False, id="with Cmd"),
        pytest.param({"altKey": True}, False, id="with Alt"),
        pytest.param({"isComposing": True}, False, id="of an input method"),
        pytest.param({"target": field("text")}, False, id="typed"),
        pytest.param({"target": field("checkbox")}, True, id="on a check box"),
    ],
)
def test_the_pages_keys_are_pressed_alone(more: dict[str, Any], is_free: bool) -> None:
    body = """
        globalThis.document = { querySelector: () => null };
        return it.isForPage(given)
    """

    assert run("keys", body, {"key": "g", "target": {}, **more}) is is_free


def test_a_window_over_the_page_has_the_keys_to_itself() -> None:
    body = """
        globalThis.document = { querySelector: () => ({}) };
        return it.isForPage({ key: "g", target: {} })
    """

    assert run("keys", body) is False
