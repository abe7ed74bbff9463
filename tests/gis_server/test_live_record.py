"""Changes are told in the order of commits, once they are true, or not at all."""

import threading

import pytest
from django.db import connection, transaction

from gis_server.live import Change, last_id, record
from gis_server.models import ChangeRow

CHANGE = Change("camera", "1", "140107001", {"state": "offline"})


@pytest.mark.django_db(transaction=True)
def test_recording_outside_a_transaction_is_a_mistake() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        record(CHANGE)


@pytest.mark.django_db
def test_a_topic_nobody_may_hear_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="gossip"):
        record(Change("gossip", "1", ""))


@pytest.mark.django_db
def test_recording_costs_three_queries_for_any_number(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    with django_assert_num_queries(3):  # type: ignore[operator]
        record(*[CHANGE] * 50)

    assert last_id() == ChangeRow.objects.order_by("-id")[0].id


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_never_told() -> None:
    with transaction.atomic():
        record(CHANGE)
        transaction.set_rollback(True)

    assert ChangeRow.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_ids_follow_the_order_of_commits() -> None:
    """A second writer waits for the first one's commit, so no smaller id appears later."""
    recorded, go_on = threading.Event(), threading.Event()
    order: list[str] = []

    def first() -> None:
        with transaction.atomic():
            record(Change("camera", "first", ""))
            recorded.set()
            go_on.wait(60)
            order.append("first")
        connection.close()

    def second() -> None:
        recorded.wait(60)
        with transaction.atomic():
            record(Change("camera", "second", ""))
            order.append("second")
        connection.close()

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    recorded.wait(60)
    assert ChangeRow.objects.count() == 0
    go_on.set()
    for thread in threads:
        thread.join(60)

    assert order == ["first", "second"]
    assert list(ChangeRow.objects.values_list("subject", flat=True)) == ["first", "second"]
