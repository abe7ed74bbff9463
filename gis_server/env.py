"""Reads settings from the environment and refuses what it cannot use.

Each reader takes the variable's name, so that its error can say which one is wrong and what would
be right.  No reader ever prints a value: it may be a secret.
"""

import os
import re
from base64 import urlsafe_b64decode
from datetime import datetime, time
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

ORIGIN = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")
HOST_NAME = re.compile(r"(?=.{1,253}$)(?!.*\.[0-9]+$)[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?")
TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})


def env_str(name: str, default: str) -> str:
    return os.environ.get(name, "").strip() or default


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = env_str(name, default)
    if value not in choices:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}.")
    return value


def env_bool(name: str, default: bool) -> bool:
    value = env_str(name, str(default)).lower()
    if value not in TRUE | FALSE:
        raise ImproperlyConfigured(f"{name} must be true or false.")
    return value in TRUE


def env_int(name: str, default: int, low: int, high: int) -> int:
    """A whole number in the closed range `low`..`high`."""
    text = env_str(name, str(default))
    try:
        value = int(text)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None
    if not low <= value <= high:
        raise ImproperlyConfigured(f"{name} must lie between {low} and {high}.")
    return value


def env_clock(name: str, default: str) -> time | None:
    """A time of day such as 02:30; None for the word `never`.

    Raises:
        ImproperlyConfigured: it is neither.
    """
    value = env_str(name, default).lower()
    if value == "never":
        return None
    try:
        return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a clock, not a moment
    except ValueError:
        raise ImproperlyConfigured(f"{name} must look like 02:30, or be never.") from None


def env_weights(name: str, default: str, choices: tuple[str, ...]) -> dict[str, float]:
    """Pairs such as households=1,shops=0.5: how much one of each of `choices` counts.

    Raises:
        ImproperlyConfigured: a name that is none of the choices or comes twice, a number that is
            none or not from 0 to 1000, or nothing that counts.
    """
    pairs = [part.partition("=") for part in env_list(name, default)]
    try:
        weights = {key.strip(): float(number) for key, _sign, number in pairs}
    except ValueError:
        weights = {}
    known = set(weights) <= set(choices) and len(weights) == len(pairs)
    numbers = weights.values()
    if not known or not all(0 <= one <= 1000 for one in numbers) or not any(numbers):
        raise ImproperlyConfigured(
            f"{name} must be pairs such as households=1,shops=2 with numbers from 0 to 1000, one of"
            f" them above 0; the names are {', '.join(choices)}."
        )
    return weights


def env_list(name: str, default: str) -> list[str]:
    """Values separated by commas; empty ones are dropped."""
    return [part.strip() for part in env_str(name, default).split(",") if part.strip()]


def env_choices(name: str, choices: tuple[str, ...]) -> list[str]:
    """Values separated by commas, each one of `choices`; none where it is not set."""
    values = env_list(name, "")
    if not set(values) <= set(choices):
        raise ImproperlyConfigured(f"{name} must name some of {', '.join(choices)}.")
    return values


def env_origin(name: str) -> str:
    """An origin such as https://live.example:8443, without a path; empty where it is not set.

    Raises:
        ImproperlyConfigured: anything else, for it goes into a header that protects pages.
    """
    value = env_str(name, "").rstrip("/")
    if value and not ORIGIN.fullmatch(value):
        raise ImproperlyConfigured(f"{name} must look like https://live.example:8443.")
    return value


def env_endpoint(name: str, needed: bool = False) -> str:
    """An https:// address, or http:// to this machine itself; empty where it is not set.

    Raises:
        ImproperlyConfigured: anything else, or nothing although it is needed.
    """
    value = env_str(name, "")
    if not value and not needed:
        return ""
    try:
        url = urlsplit(value)
        safe = url.scheme == "https" or (url.scheme == "http" and url.hostname == "127.0.0.1")
    except ValueError:
        safe = False
    if not safe or not url.hostname or url.username or url.fragment:
        raise ImproperlyConfigured(f"{name} must look like https://id.example/path.")
    return value


def env_mapping(name: str, choices: tuple[str, ...]) -> dict[str, str]:
    """Pairs such as chief=administrator, separated by commas; the right side is one of `choices`.

    Raises:
        ImproperlyConfigured: a part is no pair, or its right side is not among the choices.
    """
    pairs = [part.partition("=") for part in env_list(name, "")]
    mapping = {key.strip(): value.strip() for key, _sign, value in pairs}
    if not set(mapping.values()) <= set(choices) or not all(mapping):
        raise ImproperlyConfigured(
            f"{name} must be pairs such as name=role; the roles are {', '.join(choices)}."
        )
    return mapping


def env_networks(name: str, default: str) -> list[str]:
    """Networks as CIDR, separated by commas, each in its plain form.

    Raises:
        ImproperlyConfigured: one is no network (10.20.0.0/16 is, 10.20.0.1/16 is not).
    """
    try:
        networks = [str(ip_network(part)) for part in env_list(name, default)]
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be networks such as 10.20.0.0/16.") from None
    return networks


def env_hosts(name: str, default: str) -> list[str]:
    """Host names and networks, separated by commas; a lone address becomes a network of one.

    Raises:
        ImproperlyConfigured: one is neither.
    """
    return [_host_or_network(name, part) for part in env_list(name, default)]


def _host_or_network(name: str, part: str) -> str:
    try:
        return str(ip_network(part))
    except ValueError:
        if "/" not in part and HOST_NAME.fullmatch(part.lower()):
            return part.lower()
    raise ImproperlyConfigured(
        f"{name} must be host names such as push.example and networks such as 10.20.0.0/16."
    )


def env_secret(name: str, hint: str = "; bin/up makes one by itself") -> str:
    """A secret from NAME, or from the file that NAME_FILE names.

    Raises:
        ImproperlyConfigured: neither is set, or the file cannot be read or is empty.
    """
    if value := os.environ.get(name, "").strip():
        return value
    path = os.environ.get(f"{name}_FILE", "").strip()
    if not path:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE{hint}.")
    try:
        value = Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None
    if not value:
        raise ImproperlyConfigured(f"{name}_FILE is an empty file.")
    return value


def env_token(name: str, shortest: int) -> str:
    """A secret word that others show to be let in, read like any secret; empty where none is set.

    Raises:
        ImproperlyConfigured: it is shorter than `shortest` characters, or could not stand in a
            header; its file cannot be read.
    """
    if not os.environ.get(name, "").strip() and not os.environ.get(f"{name}_FILE", "").strip():
        return ""
    value = env_secret(name)
    if len(value) < shortest or not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", value):
        raise ImproperlyConfigured(
            f"{name} must be {shortest} letters and digits or more; openssl rand -hex 32 makes one."
        )
    return value


def env_vault_keys(name: str) -> str:
    """Fernet keys separated by commas, read like any secret; each is 32 bytes in URL-safe base64.

    Raises:
        ImproperlyConfigured: none is set, or one of them is no such key.
    """
    text = env_secret(name)
    try:
        sizes = {len(urlsafe_b64decode(key.strip())) for key in text.split(",")}
    except ValueError:
        sizes = set()
    if sizes != {32}:
        raise ImproperlyConfigured(
            f"{name} must be 32 bytes in URL-safe base64, or several such keys separated by commas."
        )
    return text


def env_database(name: str) -> dict[str, Any]:
    """Django's database settings from postgres://user:password@host:port/name[?host=/socket/dir].

    Raises:
        ImproperlyConfigured: not set, another scheme, or no database name.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        raise ImproperlyConfigured(f"Set {name}; bin/up starts a private database by itself.")
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not an address that can be read.") from None
    if url.scheme not in {"postgres", "postgresql", "postgis"} or len(url.path) < 2:
        raise ImproperlyConfigured(f"{name} must look like postgres://user@host/name.")
    socket_dir = parse_qs(url.query).get("host", [""])[0]
    return {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        "NAME": unquote(url.path[1:]),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": socket_dir or unquote(url.hostname or ""),
        "PORT": str(port or ""),
    }


def broker_of(redis_url: str) -> str:
    """The same Redis for Celery, whose library says otherwise which numbered database is meant."""
    socket = redis_url.replace("unix://", "redis+socket://", 1)
    return socket if socket == redis_url else socket.replace("db=", "virtual_host=", 1)


def env_redis(name: str) -> str:
    """A Redis address: redis://…, rediss://… or unix:///path/to.sock.

    Raises:
        ImproperlyConfigured: not set, or another scheme.
    """
    text = os.environ.get(name, "").strip()
    if not text:
        raise ImproperlyConfigured(f"Set {name}; bin/up starts a private Redis by itself.")
    if urlsplit(text).scheme not in {"redis", "rediss", "unix"}:
        raise ImproperlyConfigured(f"{name} must begin with redis://, rediss:// or unix://.")
    return text
