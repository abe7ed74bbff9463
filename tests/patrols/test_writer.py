"""What becomes of positions that the database did not take."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from django.db import DataError, InternalError, OperationalError, ProgrammingError

from patrols.intake.rows import columns_of
from patrols.intake.writer import Away, Broken, Outcome, Sent, Writer, WrongToken

pytestmark = pytest.mark.django_db(transaction=True)


class Failing(Writer):
    """Its database says these, one after the other, and then knows no token."""

    def __init__(self, said: Iterator[Exception]) -> None:
        super().__init__()
        self.said = said

    def _write_together(self, group: Sequence[Sent], now: datetime) -> list[Outcome]:
        if error := next(self.said, None):
            raise error
        return [WrongToken()] * len(group)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        pytest.param([OperationalError()], Away, id="it is away"),
        pytest.param([InternalError()], Away, id="a page of it cannot be read"),
        pytest.param([ProgrammingError()], WrongToken, id="it went away between two answers"),
        pytest.param([DataError(), DataError()], Broken, id="what was sent cannot be written"),
        pytest.param([ZeroDivisionError(), ValueError()], Broken, id="a fault of ours"),
        pytest.param([DataError(), OperationalError()], Away, id="away at the second try"),
    ],
)
def test_only_what_fails_by_itself_need_not_come_again(
    said: list[Exception], outcome: type[Exception]
) -> None:
    loop = asyncio.new_event_loop()
    sent = Sent("a token", columns_of([]), done=loop.create_future())

    outcomes = Failing(iter(said))._write([sent])

    loop.close()
    assert [type(one) for one in outcomes] == [outcome]
