"""A small identity provider over real HTTP: authorization code, PKCE, RS256, userinfo, keys.

OpenID Connect Core 1.0, section 3.1, and RFC 7636; written from the standards, so that a mistake of
the library shows.  `spoil` makes it answer wrongly in one way.
"""

import base64
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT, SECRET = "gis-server", "s3cret-of-the-client"


def packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value: int) -> str:
    return packed(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Provider:
    """What the provider knows, and what was asked of it."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.other_key = rsa.generate_private_key(65537, 2048)
        self.person: dict[str, Any] = {"sub": "person-1", "preferred_username": "wangfang"}
        self.spoil = ""
        self.asked: dict[str, dict[str, str]] = {}
        self.token_requests = 0
        self.port = 0

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, Any]:
        return {
            "OIDC_ON": True,
            "OIDC_ISSUER": self.issuer,
            "OIDC_OP_AUTHORIZATION_ENDPOINT": f"{self.issuer}/authorize",
            "OIDC_OP_TOKEN_ENDPOINT": f"{self.issuer}/token",
            "OIDC_OP_USER_ENDPOINT": f"{self.issuer}/userinfo",
            "OIDC_OP_JWKS_ENDPOINT": f"{self.issuer}/keys",
            "OIDC_RP_CLIENT_ID": CLIENT,
            "OIDC_RP_CLIENT_SECRET": SECRET,
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to once the person has signed in."""
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.asked[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> dict[str, str]:
        self.token_requests += 1
        asked = self.asked.pop(form["code"])
        assert (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)
        assert form["redirect_uri"] == asked["redirect_uri"]
        assert packed(sha256(form["code_verifier"].encode()).digest()) == asked["code_challenge"]
        return {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token(asked)}

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": self.person["sub"],
            "exp": now + 60,
            "iat": now,
            "nonce": asked["nonce"],
        }
        wrong: dict[str, dict[str, Any]] = {
            "issuer": {"iss": "https://evil.example"},
            "audience": {"aud": "another-client"},
            "two audiences": {"aud": [CLIENT, "x"], "azp": "x"},
            "old": {"exp": now - 60},
            "nonce": {"nonce": "another"},
        }
        claims |= wrong.get(self.spoil, {})
        if self.spoil == "no end":
            del claims["exp"]
        return self.signed(claims)

    def signed(self, claims: dict[str, Any]) -> str:
        algorithm = "none" if self.spoil == "algorithm" else "RS256"
        header = {"alg": algorithm, "kid": "1", "typ": "JWT"}
        text = f"{packed(json.dumps(header).encode())}.{packed(json.dumps(claims).encode())}"
        key = self.other_key if self.spoil == "signature" else self.key
        signature = key.sign(text.encode(), padding.PKCS1v15(), SHA256())
        return f"{text}.{'' if self.spoil == 'algorithm' else packed(signature)}"

    def userinfo(self) -> dict[str, Any]:
        return self.person | ({"sub": "somebody-else"} if self.spoil == "another person" else {})

    def keys(self) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "kid": "1", "alg": "RS256", "use": "sig"}
        return {"keys": [key | {"n": number(numbers.n), "e": number(numbers.e)}]}


def plain(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


@contextmanager
def running() -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.authorize(plain(url.query)))
                self.end_headers()
            elif url.path == "/userinfo":
                assert self.headers["Authorization"] == "Bearer access"
                self.answer(provider.userinfo())
            else:
                self.answer(provider.keys())

        def do_POST(self) -> None:
            form = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if provider.spoil == "away":
                self.send_error(503, "s3cret-in-an-error")
            elif provider.spoil == "no JSON":
                self.answer("<html>")
            else:
                self.answer(provider.token(plain(form)))

        def answer(self, data: Any) -> None:
            body = data if isinstance(data, str) else json.dumps(data)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
