"""HTTP Digest login as RTSP uses it: RFC 2617 (MD5, with and without qop) and RFC 7616 (SHA-256,
-sess).  Pure.

Nothing here is logged, and no error quotes a password or an answer made from one.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cameras.probe.target import Login

PARAMETER = re.compile(r'[\s,]*+([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
SCHEME = re.compile(r"[\s,]*+([A-Za-z][A-Za-z0-9_-]*)(?:\s+|\s*,|\s*$)(?!\s*=)")
NEITHER = re.compile(r"[\s,]*+.?", re.DOTALL)
USUAL_PARAMETER = r'([A-Za-z0-9_-]+)=(?:"([^"\\]*)"|([^\s,"=]+))'
USUAL = re.compile(rf"([A-Za-z]+) ({USUAL_PARAMETER}(?:, ?{USUAL_PARAMETER})*+)")
"""One challenge without oddities, which nearly all are: read in one go, and to the same end."""
EACH_USUAL = re.compile(USUAL_PARAMETER)
MAX_CHALLENGE_CHARS = 4 * 1024


def md5(text: str) -> str:
    """MD5, because RFC 2617 devices know nothing else; it protects no secret of ours."""
    return hashlib.md5(text.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()


def sha256(text: str) -> str:
    """SHA-256 (RFC 7616)."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


HASHES: dict[str, Callable[[str], str]] = {"SHA-256": sha256, "MD5": md5}
"""The hashes known, strongest first."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to log in that is offered; `scheme` and the keys are in lower case."""

    scheme: str
    parameters: dict[str, str]

    @property
    def algorithm(self) -> str:
        """The hash named, MD5 when none is (RFC 2617, 3.2.1); upper case, may end in "-SESS"."""
        said = self.parameters.get("algorithm")
        return "MD5" if said is None else said.upper()

    @property
    def hash_name(self) -> str:
        return self.algorithm.removesuffix("-SESS")

    @property
    def qop(self) -> str:
        """What of the offer is used: "auth"; "" for the older form without; else the offer, which
        we cannot answer.
        """
        said = self.parameters.get("qop", "").lower()
        if not said or said == "auth":
            return said
        offered = {word.strip() for word in said.split(",")} - {""}
        return "auth" if "auth" in offered else ",".join(sorted(offered))

    @property
    def stale(self) -> bool:
        """The password was not judged: only the nonce is too old (RFC 2617, 3.2.1)."""
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def answerable(self) -> bool:
        return (
            self.scheme == "digest"
            and bool(self.parameters.get("nonce"))
            and self.hash_name in HASHES
            and self.qop in ("", "auth")
        )


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """Every challenge in the WWW-Authenticate headers; one header may hold several."""
    challenges: list[Challenge] = []
    for value in values:
        challenges += parse_one_header(value[:MAX_CHALLENGE_CHARS])
    return challenges


def parse_one_header(value: str) -> list[Challenge]:
    """Scheme, its parameters, the next scheme …; text that is neither is passed over."""
    if usual := USUAL.fullmatch(value):
        each = EACH_USUAL.findall(usual[2])
        # Of two with one name the first counts.
        parameters = {name.lower(): quoted or bare for name, quoted, bare in reversed(each)}
        return [Challenge(usual[1].lower(), parameters)]
    challenges: list[Challenge] = []
    at = 0
    while at < len(value):
        if parameter := PARAMETER.match(value, at):
            if challenges:
                name, in_quotes, bare = parameter.groups()
                text = bare if in_quotes is None else in_quotes
                if in_quotes and "\\" in in_quotes:
                    text = re.sub(r"\\(.)", r"\1", in_quotes)
                challenges[-1].parameters.setdefault(name.lower(), text)
            at = parameter.end()
        elif scheme := SCHEME.match(value, at):
            challenges.append(Challenge(scheme[1].lower(), {}))
            at = scheme.end()
        else:
            at = end_of_neither(value, at)
    return challenges


def end_of_neither(value: str, at: int) -> int:
    """Past what is no word; separators in one go, or a header of nothing else takes long."""
    found = NEITHER.match(value, at)
    return found.end() if found else at + 1


def strongest(challenges: Iterable[Challenge]) -> Challenge | None:
    """The strongest Digest challenge that can be answered, or None."""
    answerable = [challenge for challenge in challenges if challenge.answerable]
    if len(answerable) < 2:
        return answerable[0] if answerable else None
    order = list(HASHES)
    return min(answerable, key=lambda challenge: order.index(challenge.hash_name), default=None)


def answer(
    challenge: Challenge, login: Login, *, method: str, uri: str, cnonce: str, count: int = 1
) -> str:
    """The Authorization header; `count`: how often this nonce is used with it (RFC 7616, 3.4.1)."""
    hashed = HASHES[challenge.hash_name]
    given, qop = challenge.parameters, challenge.qop
    is_session = challenge.algorithm.endswith("-SESS")
    realm, nonce = given.get("realm", ""), given["nonce"]
    secret = hashed(f"{login.username}:{realm}:{login.password}")
    if is_session:
        secret = hashed(f"{secret}:{nonce}:{cnonce}")
    request = hashed(f"{method}:{uri}")
    middle = f"{count:08x}:{cnonce}:auth:" if qop else ""
    response = hashed(f"{secret}:{nonce}:{middle}{request}")

    header = (
        f"Digest username={quoted(login.username)}, realm={quoted(realm)}, nonce={quoted(nonce)},"
        f' uri={quoted(uri)}, response="{response}"'
    )
    if "opaque" in given:
        header += f", opaque={quoted(given['opaque'])}"
    if qop or is_session:
        header += f', cnonce="{cnonce}"'
    if "algorithm" in given:
        header += f", algorithm={given['algorithm']}"
    return f"{header}, qop=auth, nc={count:08x}" if qop else header


def plain_answer(login: Login) -> str:
    """The Authorization header of Basic: readable, so only where the operator allowed it."""
    return "Basic " + base64.b64encode(f"{login.username}:{login.password}".encode()).decode(
        "ascii"
    )


def quoted(text: str) -> str:
    """A quoted-string (RFC 2616, 2.2)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def authorization(
    login: Login, challenges: Sequence[Challenge], *, method: str, uri: str, count: int = 1
) -> str | None:
    """The answer to the strongest challenge, or None where the login must not be sent."""
    challenge = strongest(challenges)
    if challenge:
        cnonce = secrets.token_hex(8)
        return answer(challenge, login, method=method, uri=uri, cnonce=cnonce, count=count)
    if login.allow_plain and any(challenge.scheme == "basic" for challenge in challenges):
        return plain_answer(login)
    return None


def offers(challenges: Iterable[Challenge]) -> str:
    """The schemes and hashes a device names, for the technician."""
    return ", ".join(
        f"{c.scheme} {c.algorithm}" if c.scheme == "digest" else c.scheme for c in challenges
    )
