"""The first street of tests/house/streets.py with its own people and with secrets to look for."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from cameras.models import Camera, Credential
from gis_server.accounts import second_factor
from gis_server.models import SecondFactor, User
from gis_server.vault import seal
from tests.house.streets import FIRST, Street, lay_out, people_of

LENS, GROUP, FACTOR = "lens-Zq7-hidden", "group-Zq7-hidden", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
# Whoever's they are: what no page, file or log line ever shows.
SHAPES = {
    "a hash of a password": re.compile(r"(pbkdf2_sha256|argon2\w*|scrypt|md5)\$\w"),
    "something sealed": re.compile(r"gAAAAA[A-Za-z0-9_=-]{40,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an address with a password": re.compile(
        r"(rtsp|postgres|redis|https?)://[^\s/@\"']+:[^\s/@\"']+@"
    ),
    "a trace of the program": re.compile(
        r"Traceback \(most recent call last\)|File \"/[^\"]+\.py\""
    ),
    "a statement of SQL": re.compile(
        r"\bSELECT [\w\".]+,? .{0,200}\bFROM \"?(grids|cameras|events|gis_server)_"
    ),
}  # fmt: skip


@dataclass(frozen=True)
class World:
    street: Street
    people: list[User]
    secrets: dict[str, str]


def make_world(media: Path) -> World:
    street = lay_out(media)
    now = timezone.now()
    Camera.objects.filter(pk=street.camera.pk).update(
        credential=None, username="viewer", sealed_password=seal(LENS)
    )
    Credential.objects.filter(pk=street.credential.pk).update(
        username="viewer", sealed_password=seal(GROUP), changed_at=now
    )
    people = [street.administrator, *people_of(FIRST)]
    sealed = seal(FACTOR)
    SecondFactor.objects.create(
        user=people[0], sealed_secret=sealed, confirmed_at=now - timedelta(days=1)
    )
    codes = second_factor.new_codes(people[0])
    database = settings.DATABASES["default"]
    secrets = {
        "the password of a camera": LENS,
        "the password of a group": GROUP,
        "the secret of a second factor": FACTOR,
        "a recovery code": codes[0],
        "a digest of a token": street.token.digest,
        "SECRET_KEY": str(settings.SECRET_KEY),
        "VAULT_KEY": str(settings.VAULT_KEY),
        "the database's folder": str(database.get("HOST") or "/no-such-folder"),
        "the address of Redis": str(settings.REDIS_URL),
        "the folder of the program": str(settings.BASE_DIR),
        "the folder of pictures": str(media),
    }
    return World(street, people, secrets)


def found_in(text: str, secrets: dict[str, str]) -> list[str]:
    """What kinds of secrets a text shows."""
    return [
        *(what for what, secret in secrets.items() if secret in text),
        *(what for what, shape in SHAPES.items() if shape.search(text)),
    ]
