"""Columns of values on their way to PostgreSQL and back."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from cameras.services.columns import numbers, texts, times

NOON = datetime(2026, 3, 1, 12, 0, 0, 1, tzinfo=UTC)


def there_and_back(literal: str, kind: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT %s::{kind}[]", [literal])
        return list(cursor.fetchone()[0])


@pytest.mark.parametrize(
    ("literal", "kind", "values"),
    [
        pytest.param(texts([]), "text", [], id="nothing"),
        pytest.param(
            texts(["", "NULL", "null", " a ", "{b}", "c,d", "北门"]),
            "text",
            ["", "NULL", "null", " a ", "{b}", "c,d", "北门"],
            id="texts that mean something to an array",
        ),
        pytest.param(
            texts(['say "no"', "C:\\new", "\\", '"', "'; DROP TABLE x; --", "%s"]),
            "text",
            ['say "no"', "C:\\new", "\\", '"', "'; DROP TABLE x; --", "%s"],
            id="quotes",
        ),
        pytest.param(numbers([1, None, 2**62]), "bigint", [1, None, 2**62], id="numbers"),
        pytest.param(numbers([0.1, -1e-7, None]), "float8", [0.1, -1e-7, None], id="floats"),
        pytest.param(numbers([True, False, None]), "boolean", [True, False, None], id="booleans"),
        pytest.param(
            times([NOON, None, NOON.astimezone(timezone(timedelta(hours=8)))]),
            "timestamptz",
            [NOON, None, NOON],
            id="times to the microsecond, in any zone",
        ),
    ],
)
def test_what_is_passed_is_what_arrives(
    db: None, literal: str, kind: str, values: list[Any]
) -> None:
    assert there_and_back(literal, kind) == values


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
def test_no_text_leaves_its_quotes(values: list[str]) -> None:
    """By the grammar of array literals: what is not escaped inside of quotes ends nothing."""
    rest = texts(values)[1:-1]
    found = []
    while rest:
        assert rest[0] == '"'
        text, at = "", 1
        while rest[at] != '"':
            at += rest[at] == "\\"
            text, at = text + rest[at], at + 1
        found.append(text)
        assert rest[at + 1 : at + 2] in ("", ",")
        rest = rest[at + 2 :]

    assert found == values
