"""The systemd units of an installation, made from the Procfile, so that both say the same.

Pure: text in, text out.  What each line of the hardening keeps a process from is told in
docs/design/install.md.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bin.steps import postgres as server
from bin.steps.layout import DATABASE_USER, FRONT_USER, USER, Layout

TARGET = "gis-server.target"
DATABASE, REDIS, FRONT = "gis-server-postgres", "gis-server-redis", "gis-server-front"
DEMO = frozenset({"farm", "walkers"})
"""Lines of the Procfile that only the demo has."""
WHAT = {
    "web": "pages, API, tiles and static files",
    "live": "the change feed to browsers",
    "positions": "positions of people on duty",
    "poller": "probes of cameras",
    "pictures": "pictures of cameras",
    "cover": "coverage by patrols",
    "jobs": "background jobs",
}
AT_SITES = frozenset({"poller", "pictures"})
"""Those that ask cameras, and are told those of which site."""
ALL_QUEUES, SHARED_QUEUE = "--queues celery,first", "--queues celery"
PATIENCE_S = {"jobs": 90, "positions": 30}
"""Seconds until a process that was told to end is killed, where 20 are too few: jobs end first
what they have begun."""
OPEN_FILES = 65_536
BASE, CERTIFICATE = "gis-server-base", "gis-server-certificate"
NOW_AND_THEN = frozenset({f"{BASE}.service", f"{CERTIFICATE}.service"})
"""What a timer starts, and what ends again."""

HARDENED = """\
NoNewPrivileges=yes
CapabilityBoundingSet={capabilities}
AmbientCapabilities={capabilities}
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
RestrictAddressFamilies={families}
"""
NETWORK = "AF_UNIX AF_INET AF_INET6 AF_NETLINK"


def procfile(text: str) -> dict[str, str]:
    """The commands of the product's processes by name, without those of the demo."""
    lines = (line.partition(":") for line in text.splitlines() if line.strip())
    return {name: command.strip() for name, _, command in lines if name not in DEMO}


def of_part(commands: Mapping[str, str], site: str) -> dict[str, str]:
    """The commands on a machine that is a part: those that ask cameras do it at one site, or at the
    main one where none is named; jobs of the first machine are left to it.
    """
    told = dict.fromkeys(AT_SITES & commands.keys() if site else (), f" --site {site}")
    return {
        name: command.replace(ALL_QUEUES, SHARED_QUEUE) + told.get(name, "")
        for name, command in commands.items()
    }


def all_units(
    layout: Layout,
    commands: Mapping[str, str],
    *,
    postgres: Path | None,
    redis: Path | None,
    has_front: bool = True,
    elsewhere: Sequence[str] = (),
    archive: Path | None = None,
) -> dict[str, str]:
    """The text of every unit by file name.

    archive: where the private PostgreSQL copies its log of changes to.
    elsewhere: folders outside of the state that settings name, which processes write too.
    has_front: whether pages are served here, so that a server with TLS stands before them.
    postgres: the folder of the programs of the private PostgreSQL; redis: the program of the
    private Redis; None where a server of the district's own is used.
    """
    servers = [name for name, there in ((DATABASE, postgres), (REDIS, redis)) if there]
    units = {
        f"gis-server-{name}.service": process(layout, name, command, servers, elsewhere)
        for name, command in commands.items()
    }
    if postgres:
        units[f"{DATABASE}.service"] = database(layout, postgres, archive)
    if postgres and archive:
        units[f"{BASE}.service"] = base_copy(layout, archive)
        units[f"{BASE}.timer"] = timer("copy the database as a whole once a week", "weekly")
    if redis:
        units[f"{REDIS}.service"] = cache(layout, redis)
    if has_front:
        units[f"{FRONT}.service"] = front(layout)
        units[f"{CERTIFICATE}.service"] = certificate(layout)
        units[f"{CERTIFICATE}.timer"] = timer("look at the certificate once a day", "daily")
    units[TARGET] = target(sorted(name for name in units if name.endswith(".service")))
    return units


def target(services: list[str]) -> str:
    wanted = [
        name.replace(".service", ".timer") if name in NOW_AND_THEN else name for name in services
    ]
    return f"""\
[Unit]
Description=gis-server
Documentation=file:/opt/gis-server/current/docs/install.md
Wants=network-online.target {" ".join(wanted)}
After=network-online.target

[Install]
WantedBy=multi-user.target
"""


def process(
    layout: Layout, name: str, command: str, servers: list[str], elsewhere: Sequence[str]
) -> str:
    # True time first: without it outages and deadlines would be wrong by hours after a power cut.
    after = ["network-online.target", "time-sync.target", *(f"{one}.service" for one in servers)]
    return f"""\
[Unit]
Description=gis-server: {WHAT.get(name, name)}
PartOf={TARGET}
After={" ".join(after)}
StartLimitIntervalSec=0

[Service]
Type=exec
User={USER}
Group={USER}
UMask=0027
WorkingDirectory={layout.current}
Environment=PATH={layout.current}/.venv/bin:/usr/bin:/bin
Environment=VIRTUAL_ENV={layout.current}/.venv
Environment=PYTHONUNBUFFERED=1
Environment=DJANGO_SETTINGS_MODULE=gis_server.settings
Environment=STATIC_ROOT={layout.current}/collected
EnvironmentFile={layout.environment}
ExecStart=/bin/sh -c {quoted(command)}
Restart=always
RestartSec=2
KillMode=mixed
TimeoutStopSec={PATIENCE_S.get(name, 20)}
LimitNOFILE={OPEN_FILES}
ReadWritePaths={" ".join([str(layout.state), *map(writable, elsewhere)])}
{HARDENED.format(capabilities="", families=NETWORK)}"""


def writable(folder: str) -> str:
    """A folder for ReadWritePaths; a process starts all the same while its disk is not there."""
    return '"-' + folder.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"') + '"'


def database(layout: Layout, programs: Path, archive: Path | None) -> str:
    data = layout.state / "pg"
    options = [
        f" -c {quoted(f'{name}={value}')}" for name, value in server.archiving(archive).items()
    ]
    written = [str(layout.state), *([writable(str(archive))] if archive else [])]
    return f"""\
[Unit]
Description=gis-server: PostgreSQL
PartOf={TARGET}
After=time-sync.target
StartLimitIntervalSec=0

[Service]
Type=notify
User={DATABASE_USER}
Group={DATABASE_USER}
RuntimeDirectory={layout.postgres_socket.name}
RuntimeDirectoryMode=0755
ExecStart={programs}/postgres -D {data}{"".join(options)}
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=2
KillMode=mixed
KillSignal=SIGINT
TimeoutStartSec=infinity
TimeoutStopSec=120
OOMScoreAdjust=-900
Environment=PG_OOM_ADJUST_FILE=/proc/self/oom_score_adj PG_OOM_ADJUST_VALUE=0
LimitNOFILE={OPEN_FILES}
ReadWritePaths={" ".join(written)}
{HARDENED.format(capabilities="", families=NETWORK)}"""


def cache(layout: Layout, program: Path) -> str:
    words = [
        "--port", "0", "--unixsocket", str(layout.redis_socket), "--unixsocketperm", "700",
        "--dir", str(layout.state / "redis"), "--save", '""', "--appendonly", "yes",
        "--daemonize", "no", "--supervised", "systemd",
    ]  # fmt: skip
    # The second word is the name by which Debian's program knows that it is to be the server.
    return f"""\
[Unit]
Description=gis-server: Redis
PartOf={TARGET}
StartLimitIntervalSec=0

[Service]
Type=notify
User={USER}
Group={USER}
UMask=0077
RuntimeDirectory={layout.redis_socket.parent.name}
RuntimeDirectoryMode=0700
ExecStart=@{program} redis-server {" ".join(words)}
Restart=always
RestartSec=2
TimeoutStopSec=30
LimitNOFILE={OPEN_FILES}
ReadWritePaths={layout.state}/redis
{HARDENED.format(capabilities="", families=NETWORK)}"""


def front(layout: Layout) -> str:
    nginx = f"/usr/sbin/nginx -c {layout.front}"
    return f"""\
[Unit]
Description=gis-server: TLS in front
PartOf={TARGET}
After=network-online.target gis-server-web.service
StartLimitIntervalSec=0

[Service]
Type=exec
User={FRONT_USER}
Group={FRONT_USER}
RuntimeDirectory={FRONT}
CacheDirectory={FRONT}
CacheDirectoryMode=0700
ExecStart={nginx} -g "daemon off;"
ExecReload=/bin/kill -HUP $MAINPID
Restart=always
RestartSec=2
KillMode=mixed
KillSignal=SIGQUIT
TimeoutStopSec=10
LimitNOFILE={OPEN_FILES}
MemoryDenyWriteExecute=yes
InaccessiblePaths=-{layout.secrets}
{HARDENED.format(capabilities="CAP_NET_BIND_SERVICE", families="AF_UNIX AF_INET AF_INET6")}"""


def base_copy(layout: Layout, archive: Path) -> str:
    what = "copy the database as a whole, for a recovery to a point in time"
    return oneshot(what, f"{layout.current}/bin/recover base", layout.log, writable(str(archive)))


def certificate(layout: Layout) -> str:
    what = "renew the certificate of the internal authority before it runs out"
    command = f"{layout.current}/bin/install --renew-certificate"
    return oneshot(what, command, layout.etc, layout.log)


def oneshot(what: str, command: str, *written: Path | str) -> str:
    return f"""\
[Unit]
Description=gis-server: {what}

[Service]
Type=oneshot
ExecStart={command}
ProtectHome=yes
ProtectSystem=strict
ReadWritePaths={" ".join(map(str, written))}
PrivateTmp=yes
NoNewPrivileges=yes
"""


def timer(what: str, often: str) -> str:
    return f"""\
[Unit]
Description=gis-server: {what}
PartOf={TARGET}

[Timer]
OnCalendar={often}
RandomizedDelaySec=1h
Persistent=yes
"""


def quoted(command: str) -> str:
    """A shell command as one word of a unit, with nothing in it that systemd would replace."""
    if re.search(r"[\n\r]", command):
        raise ValueError("a command is one line")
    escaped = command.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("%", "%%").replace("$", "$$") + '"'
