"""Tokens of devices: shown once, kept as a hash.  Pure."""

import hashlib
import re
import secrets

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Small letters and digits that nobody takes for another when typing them into a phone."""
LENGTH = 26
"""128 bits."""
HINT = 4
SHAPE = re.compile(f"[{ALPHABET}]{{{LENGTH}}}")


def new_token() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def hash_of(token: str) -> str:
    """In hex; a token is random and long, so nothing slower is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def hint_of(token: str) -> str:
    return token[-HINT:]


def is_token(text: str) -> bool:
    """Whether it could be one; nobody has to ask the database for anything else."""
    return SHAPE.fullmatch(text) is not None
