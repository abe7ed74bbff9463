"""pgbouncer for tests: it hands a connection on after each transaction.

It is not installed for tests, for its package starts a service of the machine; PGBOUNCER names one
that was unpacked elsewhere.
"""

import os
import shutil
from pathlib import Path

from bin.steps import postgres

WHY_NOT = "no pgbouncer here (apt-get install pgbouncer, or PGBOUNCER=/path/to/it)"
# Fewer connections than clients: whoever comes next gets somebody else's.
CONFIG = """
[databases]
{database} = host={server} port=5432 dbname={database} user=gis
[pgbouncer]
listen_addr = {at}
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {connections}
max_client_conn = 100
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
"""


def program() -> str:
    """Where it is; empty where it is not."""
    places = f"{os.environ['PATH']}:/usr/sbin"
    return os.environ.get("PGBOUNCER") or shutil.which("pgbouncer", path=places) or ""


def command(
    folder: Path, server: str, database: str, at: str, port: int, connections: int
) -> list[str]:
    """What starts it, with a configuration in `folder`, which PostgreSQL's user may enter.

    server: the folder of PostgreSQL's socket.
    """
    folder.mkdir(mode=0o755)
    postgres.give_to_server_user(folder)
    text = CONFIG.format(
        database=database, server=server, at=at, port=port, connections=connections, folder=folder
    )
    (folder / "pgbouncer.ini").write_text(text, encoding="utf-8")
    return [*postgres.become_server_user(), program(), "-q", str(folder / "pgbouncer.ini")]
