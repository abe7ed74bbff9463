"""What nginx in front is told: TLS, one name, who asks, and how much may be sent.  Pure.

The largest bodies are the product's own; a test compares them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bin.steps.layout import Layout

CACHE = Path("/var/cache/gis-server-front")
RUN = Path("/run/gis-server-front")
MIB = 2**20
CIPHERS = [
    f"ECDHE-{key}-{cipher}"
    for cipher in ("AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305")
    for key in ("ECDSA", "RSA")
]
"""For TLS 1.2, with forward secrecy and nothing else; TLS 1.3 has only such."""
SLACK = MIB
"""The product refuses with a sentence what is a little too large; far too large nobody reads."""
USUAL_BYTES = 12 * MIB
"""A photo (gis_server/photos/decoding.py); forms and JSON are far smaller."""
LARGER_BYTES = {
    r"^/imports/upload/": 2048 * MIB,
    r"^/patrols/(me|members/[0-9]+)/upload/": 256 * MIB,
}
POSITIONS_BYTES = 512 * 1024


@dataclass(frozen=True)
class Front:
    """name: the one host name or IPv4 address that browsers ask for; ports: web, live, positions
    on this machine, and those for https and http to the outside."""

    name: str
    web: int
    live: int
    positions: int
    https: int = 443
    http: int = 80

    @property
    def host(self) -> str:
        """Name and port as they stand in addresses."""
        return self.name if self.https == 443 else f"{self.name}:{self.https}"

    @property
    def origin(self) -> str:
        return f"https://{self.host}"


def config(
    layout: Layout, front: Front, *, ipv6: bool, cache: Path = CACHE, run: Path = RUN
) -> str:
    """nginx's whole configuration: it shares none with an nginx of the machine.

    ipv6: whether the machine has it; nginx does not start where it is told to listen on what is
    not there.
    """

    def listen(port: int, words: str) -> str:
        hosts = ("", "[::]:") if ipv6 else ("",)
        return "\n        ".join(f"listen {host}{port}{words};" for host in hosts)

    temporary = "\n".join(
        f"    {name}_temp_path {cache}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    )
    return f"""\
# Written by bin/install, and again at each run: put your own lines into
# {layout.etc}/nginx.d/*.conf, which the server for https takes in.
worker_processes auto;
pid {run}/nginx.pid;
error_log stderr warn;

events {{
    worker_connections 8192;
}}

http {{
    include /etc/nginx/mime.types;
    default_type application/octet-stream;
    # No request line is written down: addresses can hold tokens of phones.  The product logs.
    access_log off;
    server_tokens off;
    sendfile on;
    tcp_nopush on;
{temporary}

    ssl_certificate {layout.tls}/server.crt;
    ssl_certificate_key {layout.tls}/server.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers {":".join(CIPHERS)};
    ssl_prefer_server_ciphers off;
    ssl_session_cache shared:tls:10m;
    ssl_session_timeout 1d;
    ssl_session_tickets off;

    # Slow senders wait here, not in one of the product's threads.
    client_max_body_size {in_bytes(USUAL_BYTES)};
    client_body_timeout 60s;
    client_header_timeout 20s;
    send_timeout 60s;
    keepalive_timeout 75s;

    # Who asks is told by us alone: what the client says of itself is dropped.
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host {front.host};
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto https;
    proxy_set_header X-Forwarded-Host "";
    proxy_set_header X-Real-IP "";
    proxy_set_header Forwarded "";
    proxy_connect_timeout 5s;
    proxy_read_timeout 330s;
    proxy_hide_header Strict-Transport-Security;

    upstream web {{ server 127.0.0.1:{front.web}; keepalive 32; }}
    upstream live {{ server 127.0.0.1:{front.live}; }}
    upstream positions {{ server 127.0.0.1:{front.positions}; keepalive 32; }}

    server {{
        {listen(front.http, " default_server")}
        return 301 {front.origin}$request_uri;
    }}

    # Any other name leads to the one that the certificate and the cookies are for; a monitor asks
    # one machine of several by its address.
    server {{
        {listen(front.https, " ssl http2 default_server")}
        location / {{ return 301 {front.origin}$request_uri; }}
        location = /metrics {{ proxy_pass http://web; }}
        location = /readyz {{ proxy_pass http://web; }}
    }}

    server {{
        {listen(front.https, " ssl http2")}
        server_name {front.name};
        add_header Strict-Transport-Security "max-age=31536000" always;
        include {layout.etc}/nginx.d/*.conf;

        location / {{ proxy_pass http://web; }}
{larger()}
        # The change feed: each word at once, for as long as the page is open.
        location = /live {{
            proxy_pass http://live;
            proxy_buffering off;
            proxy_read_timeout 60s;
            gzip off;
        }}

        location /osmand {{
            client_max_body_size {in_bytes(POSITIONS_BYTES)};
            proxy_pass http://positions;
        }}
    }}
}}
"""


def larger() -> str:
    return "\n".join(
        f"""\
        location ~ {pattern} {{
            client_max_body_size {in_bytes(size)};
            proxy_pass http://web;
        }}"""
        for pattern, size in LARGER_BYTES.items()
    )


def in_bytes(size: int) -> int:
    return size + SLACK


def settings(front: Front) -> Mapping[str, str]:
    """What the product must be told to live behind it."""
    return {
        "WEB_HOST": "127.0.0.1",
        "WEB_PORT": str(front.web),
        "LIVE_PORT": str(front.live),
        "POSITIONS_PORT": str(front.positions),
        "LIVE_URL": front.origin,
        "POSITIONS_URL": front.origin,
        "ALLOWED_HOSTS": f"{front.name},127.0.0.1",
        "BEHIND_TLS": "true",
    }
