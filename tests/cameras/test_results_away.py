"""Results that the database cannot take now are kept by whoever has them."""

from datetime import datetime
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from cameras.probe.reason import Reason
from cameras.probe.result import StepResult, verdict_of
from cameras.services.results import keep_results
from tests.cameras.conftest import MakeCamera


def test_a_copy_that_breaks_off_is_told_as_a_database_that_is_away(
    make_camera: MakeCamera, now: datetime
) -> None:
    """COPY goes past Django.  A poller waits for a database whose disk is full, say, and ends at an
    error that it does not know.
    """
    result = (make_camera().id, now, verdict_of([StepResult(Reason.OK)]))

    with pytest.raises(OperationalError):
        in_a_millisecond([result] * 20_000)


@transaction.atomic
def in_a_millisecond(results: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '1ms'")
    keep_results(results)
