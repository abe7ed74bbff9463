"""Seals every stored secret anew with the first key in VAULT_KEY."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import models

from gis_server.errors import Unavailable
from gis_server.vault import reseal, sealed_columns

AT_ONCE = 500


class Command(BaseCommand):
    help = (
        "Seal every stored secret anew with the first key in VAULT_KEY. Put the new key in front "
        "of the old one, restart everything, run this, then take the old key away."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        done, unread = 0, 0
        for model, name in sealed_columns():
            some_done, some_unread = rotate(model, name)
            done, unread = done + some_done, unread + some_unread
        self.stdout.write(f"{done} secrets are sealed with the first key.")
        if unread:
            raise CommandError(
                f"{unread} secrets are opened by no key in VAULT_KEY: they must be entered again."
            )


def rotate(model: type[models.Model], name: str) -> tuple[int, int]:
    """How many secrets of one column were sealed anew, and how many no key opens.

    A secret that somebody changes meanwhile is left as they have left it: they had the new key.
    """
    done = unread = 0
    rows = model._default_manager.exclude(**{name: None}).order_by("pk")
    for pk, token in rows.values_list("pk", name).iterator(chunk_size=AT_ONCE):
        try:
            fresh = reseal(bytes(token))
        except Unavailable:
            unread += 1
            continue
        done += model._default_manager.filter(**{"pk": pk, name: token}).update(**{name: fresh})
    return done, unread
