"""How what is typed becomes a condition, and how the database keeps words: the two must agree."""

import pytest
from django.db import connection

from gis_server.search import pattern, plain


def words_of(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_words(%s)", [text])
        return f" {cursor.fetchone()[0]} "


def initials_of(text: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_initials(search_squeezed(%s))", [text])
        return str(cursor.fetchone()[0])


def found(typed: str, text: str) -> bool:
    with connection.cursor() as cursor:
        asked = [pattern(word) for word in plain(typed).split()]
        cursor.execute("SELECT %s LIKE ALL(%s)", [words_of(text), asked])
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("word", "like"),
    [
        pytest.param("府", "% 府%", id="one character"),
        pytest.param("府前", "% 府前 %", id="two characters"),
        pytest.param("府前街", "% 府前 前街 %", id="three characters"),
        pytest.param("x", "% x%", id="one letter"),
        pytest.param("xhl", "%xhl%", id="three letters"),
        pytest.param("1号楼", "% 1 号 号楼 %", id="a number and characters"),
        pytest.param("岭1", "% 岭 1%", id="a character and a number"),
        pytest.param("府前街12", "% 府前 前街 街 12%", id="characters and a number"),
        pytest.param("府1街", "% 府 1 街 %", id="a number inside"),
        pytest.param("110路", "%110 路 %", id="a long number may begin before"),
    ],
)
def test_a_word_becomes_a_pattern_with_no_wildcard_but_its_own(word: str, like: str) -> None:
    assert pattern(word) == like


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "text", "fits"),
    [
        pytest.param("府前街", "杏花岭区府前街12号", True, id="inside"),
        pytest.param("前街", "府前街", True, id="the end"),
        pytest.param("府", "府前街", True, id="the first character"),
        pytest.param("街", "府前街", True, id="the last character"),
        pytest.param("府街", "府前街", False, id="not neighbours"),
        pytest.param("街 府", "府前街", True, id="two words in any order"),
        pytest.param("12号", "府前街12号", True, id="a number and its unit"),
        pytest.param("2号", "府前街12号", False, id="half of a number"),
        pytest.param("街1", "府前街12号", True, id="the start of a number"),
        pytest.param("府前街１２号", "府前街12号", True, id="full width typed"),
        pytest.param("c-0001", "Ｃ－０００１", True, id="full width stored"),
        pytest.param("c0001", "C0001", True, id="lower case"),
        pytest.param("001", "C0001", True, id="the end of a code"),
        pytest.param("西区", "府前街（西区）", True, id="in brackets"),
        pytest.param("府 前街", "府　前街", True, id="a wide space"),
        pytest.param("100%", "100%", True, id="per cent is no wildcard"),
        pytest.param("1%0", "100", False, id="per cent matches nothing"),
        pytest.param("a_c", "abc", False, id="underscore matches nothing"),
        pytest.param("\\", "府", True, id="a mark alone asks for nothing"),
        pytest.param("𠀀", "𠀀村", True, id="a rare character"),
        pytest.param("café", "Café", True, id="an accent"),
    ],
)
def test_what_is_typed_fits_what_is_kept(typed: str, text: str, fits: bool) -> None:
    assert found(typed, text) is fits


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text", ["府前街", "Ｃ-0001／（西）", "A1·b2、中", "é 𠀀", "%_\\'\"<>", " ", ""]
)
def test_python_and_the_database_tell_words_apart_alike(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT search_plain(%s)", [text])

        assert cursor.fetchone()[0] == plain(text)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "initials"),
    [
        ("杏花岭", "xhl"),
        ("重庆路", "cql"),
        ("长治路", "czl"),
        ("厦门街", "xmj"),
        ("中国银行", "zgyh"),
        ("行政中心", "xzzx"),
        ("第1网格", "d1wg"),
        ("KFC餐厅", "kfcct"),
        ("𠀀é", ""),
        ("", ""),
    ],
)
def test_initials_are_those_that_people_say(text: str, initials: str) -> None:
    assert initials_of(text) == initials


@pytest.mark.django_db
def test_two_characters_are_enough_for_a_trigram() -> None:
    """A locale that knows no Chinese letters gives none, which `check_world` tells."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(show_trgm(' 府前 ')) > 0")

        assert cursor.fetchone()[0]
