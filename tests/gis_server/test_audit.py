"""The audit trail: who did what, from where; written with the deed, and never changed after."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import HttpResponse
from django.test import RequestFactory

from gis_server import audit, edge
from gis_server.models import AuditRow
from tests.conftest import MakeUser

pytestmark = pytest.mark.django_db


def test_a_row_says_who_what_where_and_from_where(make_user: MakeUser) -> None:
    user = make_user()
    request = RequestFactory().get("/", REMOTE_ADDR="10.1.2.3")

    def view(_: object) -> HttpResponse:
        audit.note(by=user, action="grid.renamed", subject=1, scope="140107", detail={"to": "杏花"})
        return HttpResponse()

    edge.Gate(view)(request)

    row = AuditRow.objects.get()
    assert (row.user_id, row.who, row.origin) == (user.pk, user.username, "10.1.2.3")
    assert (row.action, row.subject, row.scope) == ("grid.renamed", "1", "140107")
    assert row.detail == {"to": "杏花"}
    assert row.at is not None


def test_what_is_rolled_back_was_never_noted() -> None:
    with transaction.atomic():
        audit.note(by=None, action="grid.renamed")
        transaction.set_rollback(True)

    assert not AuditRow.objects.exists()


@pytest.mark.parametrize(
    "sql", ["UPDATE gis_server_audit SET who = 'x'", "DELETE FROM gis_server_audit"]
)
def test_nobody_changes_the_past(sql: str) -> None:
    audit.note(by=None, action="grid.renamed")

    with (
        pytest.raises(IntegrityError, match="only added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)

    assert AuditRow.objects.get().who == audit.NOBODY
