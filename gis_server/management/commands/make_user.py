"""Makes a user from the command line: the first administrator of a bare installation."""

import getpass
import os
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    no_translations,
)
from django.db import transaction

from gis_server import audit
from gis_server.models import User
from gis_server.roles import Role


class Command(BaseCommand):
    help = "Make a user. The password is asked for, or read from the variable GIS_PASSWORD."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", default="", help="the name that others see")
        parser.add_argument("--role", choices=[role.value for role in Role], required=True)
        parser.add_argument(
            "--scope", required=True, help="code prefixes, separated by commas: 140107 or 140107001"
        )
        parser.add_argument(
            "--keep-password",
            action="store_true",
            help="the password need not be changed at the first sign-in",
        )

    # What this command says itself is English; what Django says must not be in another language.
    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        user = User(
            username=options["username"],
            display_name=options["name"],
            role=options["role"],
            scope=[prefix.strip() for prefix in options["scope"].split(",") if prefix.strip()],
            must_change_password=not options.get("keep_password"),
        )
        if not user.scope:
            raise CommandError("--scope names no code: whoever may see nothing needs no user.")
        password = os.environ.get("GIS_PASSWORD") or getpass.getpass()
        try:
            validate_password(password, user)
            user.set_password(password)
            user.full_clean()
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None
        with transaction.atomic():
            user.save()
            detail = {"username": user.username, "role": user.role, "scope": user.scope}
            audit.note(
                by=None, action="user.made", subject=user.pk, scope=user.place, detail=detail
            )
        self.stdout.write(f"{user.username} can sign in as {user.role}.")
