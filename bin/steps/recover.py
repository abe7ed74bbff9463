"""bin/recover: the private database as it was at a moment, from a base copy and the log of changes.

    WAL_ARCHIVE/
        base/20260301T183000Z/       the whole cluster at one moment, made by `bin/recover base`
        000000010000000000000002     the log of changes since, copied by the server itself

It knows the database alone; pictures stay as they are.  See docs/backup.md.
"""

import argparse
import re
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from bin.steps import journal, manage, places, postgres, shared, units
from bin.steps.journal import Failed, Journal
from bin.steps.layout import COMPLETE, Layout
from bin.steps.places import Places
from bin.steps.postgres import Cluster

COMMAND = "bin/recover"
STAMP = "%Y%m%dT%H%M%SZ"
KEPT_BASES = 2
LATEST = "latest"
RECOVERED_WITHIN_S = 6 * 3600
PRODUCT = "gis"
"""The product's database; and of its tables those that are begun anew."""
FEED, SESSIONS = "gis_server_change", "gis_server_session"
FEED_LEAP = 10_000_000
"""More changes than any server records between a moment and its recovery."""
RECOVERY_SETTINGS = (
    "restore_command", "recovery_target_time", "recovery_target_action", "recovery_target_timeline",
)  # fmt: skip


def base_copy(cluster: Cluster, notes: Journal, now: datetime) -> Path:
    """Copy the running cluster as a whole; keeps the newest two copies and the log since the older.

    Raises:
        Failed: there is no archive, or it cannot be copied.
    """
    archive = _archive_of(cluster)
    bases = archive / "base"
    bases.mkdir(mode=0o700, exist_ok=True)
    postgres.give_to_server_user(bases)
    for left in bases.glob(".*.part"):
        shutil.rmtree(left)
    name = now.astimezone(UTC).strftime(STAMP)
    beside = bases / f".{name}.part"
    notes.run(
        [
            *postgres.become_server_user(), postgres.programs(cluster.data) / "pg_basebackup",
            "-h", cluster.socket_dir, "-U", "postgres", "-D", beside, "--checkpoint=fast",
        ],
        env=postgres.environment(), cwd=Path("/"),
        failed=f"the database could not be copied to {bases}: is there space on that disk?",
    )  # fmt: skip
    made = beside.rename(bases / name)
    _forget(cluster, notes, archive)
    return made


def _archive_of(cluster: Cluster) -> Path:
    if not cluster.archive:
        raise Failed("WAL_ARCHIVE is not set, or not for this too: see docs/backup.md.")
    return cluster.archive


def _bases(archive: Path) -> list[Path]:
    """The complete copies, the oldest first."""
    return sorted(archive.glob("base/[0-9]*Z"))


def _forget(cluster: Cluster, notes: Journal, archive: Path) -> None:
    """Drop older copies, and the log from before the oldest that stays."""
    bases = _bases(archive)
    oldest_kept = bases[-KEPT_BASES:][0]
    for base in bases[:-KEPT_BASES]:
        shutil.rmtree(base)
    label = (oldest_kept / "backup_label").read_text(encoding="utf-8", errors="replace")
    first = re.search(r"^START WAL LOCATION: .* \(file ([0-9A-F]{24})\)$", label, re.MULTILINE)
    if first:
        notes.run(
            [postgres.programs(cluster.data) / "pg_archivecleanup", archive, first[1]],
            env=postgres.environment(), cwd=Path("/"),
            failed=f"old pieces of the log in {archive} could not be dropped.",
        )  # fmt: skip


def recover(cluster: Cluster, notes: Journal, target: datetime | None, now: datetime) -> Path:
    """Put the cluster back to a moment, or (None) to the end of what was kept; it must be stopped.

    Returns where the data of before are now.

    Raises:
        Failed: there is no copy from before that moment, or the log does not reach it; the data are
            what they were.
    """
    archive = _archive_of(cluster)
    fitting = [base for base in _bases(archive) if target is None or made_at(base) <= target]
    if not fitting:
        there = ", ".join(base.name for base in _bases(archive)) or "none"
        raise Failed(
            f"there is no base copy from before that moment in {archive}/base (there: {there})."
        )
    if cluster.data.exists():
        postgres.clear_leftovers(cluster)
    fresh = replace(cluster, data=cluster.data.with_name(cluster.data.name + ".recovering"))
    shutil.rmtree(fresh.data, ignore_errors=True)
    try:
        _lay_out(fitting[-1], fresh, notes)
        _say_how_far(fresh, cluster.data, archive, target)
        _let_it_recover(fresh, notes)
    except BaseException:
        shutil.rmtree(fresh.data, ignore_errors=True)
        raise
    before = cluster.data.with_name(f"{cluster.data.name}.before-{now.strftime(STAMP)}")
    if cluster.data.exists():
        cluster.data.rename(before)
    fresh.data.rename(cluster.data)
    return before


def made_at(base: Path) -> datetime:
    return datetime.strptime(base.name, STAMP).replace(tzinfo=UTC)


def _lay_out(base: Path, fresh: Cluster, notes: Journal) -> None:
    size_mb = sum(one.stat().st_size for one in base.rglob("*") if one.is_file()) // 1_000_000
    places.check_space(fresh.data.parent, size_mb + 500, "the recovery")
    fresh.data.mkdir(mode=0o700)
    postgres.give_to_server_user(fresh.data)
    notes.run(
        [*postgres.become_server_user(), "cp", "-a", f"{base}/.", fresh.data],
        env=postgres.environment(), cwd=Path("/"),
        failed=f"{base} could not be copied: is there space on the disk?",
    )  # fmt: skip


def _say_how_far(fresh: Cluster, old: Path, archive: Path, target: datetime | None) -> None:
    """Tell the server what to do at its next start.

    The last piece of the log is in the old data alone when the machine went down before the server
    could copy it.
    """
    fetch = f'cp {_quoted(archive)}/%f "%p" || cp {_quoted(old)}/pg_wal/%f "%p"'
    lines = [
        f"restore_command = {_text(fetch)}",
        "recovery_target_action = 'promote'",
        "recovery_target_timeline = 'latest'",
    ]
    if target:
        lines.append(f"recovery_target_time = {_text(target.isoformat())}")
    with (fresh.data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write("\n".join(["", *lines, ""]))
    (fresh.data / "recovery.signal").touch(mode=0o600)
    postgres.give_to_server_user(fresh.data / "recovery.signal")


def _quoted(folder: Path) -> str:
    return shlex.quote(str(folder)).replace("%", "%%")


def _text(words: str) -> str:
    return "'" + words.replace("\\", "\\\\").replace("'", "''") + "'"


def _let_it_recover(fresh: Cluster, notes: Journal) -> None:
    begins = fresh.log.stat().st_size if fresh.log.exists() else 0
    try:
        with postgres.running(fresh):
            _wait_until_recovered(fresh, notes)
            for name in RECOVERY_SETTINGS:
                postgres.ask(fresh, notes, f"ALTER SYSTEM RESET {name}")
            _begin_anew(fresh, notes)
    except Failed as error:
        with fresh.log.open("rb") as log:
            log.seek(begins)
            said = log.read().decode(errors="replace")
        if "recovery ended before configured recovery target was reached" in said:
            raise Failed(
                "the log in the archive does not reach that moment: name an earlier one, or"
                f" `{LATEST}` for all that there is."
            ) from None
        raise Failed(f"the database could not be recovered: {error}") from None


def _begin_anew(fresh: Cluster, notes: Journal) -> None:
    """As after the restore of a backup: what was heard and who was signed in after that moment must
    not be taken for what comes now.
    """
    known = f"SELECT 1 FROM pg_database WHERE datname = '{PRODUCT}'"
    if not postgres.ask(fresh, notes, known):
        return
    if not postgres.ask(fresh, notes, f"SELECT to_regclass('{FEED}')", PRODUCT):
        return
    postgres.ask(
        fresh, notes,
        f"BEGIN; SELECT setval(pg_get_serial_sequence('{FEED}', 'id'),"
        f" coalesce(max(id), 0) + {FEED_LEAP}) FROM {FEED}; DELETE FROM {FEED};"
        f" INSERT INTO {FEED} (topic, subject, scope, data, parts)"
        f" VALUES ('restored', '', '', '{{}}', '{{}}'); DELETE FROM {SESSIONS}; COMMIT",
        PRODUCT,
    )  # fmt: skip


def _wait_until_recovered(fresh: Cluster, notes: Journal) -> None:
    deadline = time.monotonic() + RECOVERED_WITHIN_S
    while postgres.ask(fresh, notes, "SELECT pg_is_in_recovery()") == "t":
        if time.monotonic() > deadline:
            raise Failed(f"it takes more than {RECOVERED_WITHIN_S // 3600} hours.")
        time.sleep(0.2)


def moment(text: str) -> datetime | None:
    """A moment with its offset from UTC, or None for the word `latest`.

    Raises:
        argparse.ArgumentTypeError: it is neither.
    """
    if text == LATEST:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise argparse.ArgumentTypeError(
            "a moment looks like 2026-03-01T18:30:00+08:00, with its offset from UTC"
        )
    return found


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=COMMAND, description="The private database as it was at a moment (docs/backup.md)."
    )
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("base", help="copy the whole database now, while it runs")
    to = steps.add_parser("to", help="put it back to a moment, while all is stopped")
    to.add_argument("moment", type=moment, help=f"2026-03-01T18:30:00+08:00, or {LATEST}")
    return parser.parse_args(words)


@dataclass(frozen=True)
class Kept:
    """A private cluster whose data are kept; where: None for that of an installation."""

    cluster: Cluster
    notes: Journal
    start: str
    where: Places | None = None

    def is_running(self) -> bool:
        return any(self.cluster.socket_dir.glob(".s.PGSQL.*"))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """
        Raises:
            Failed: the product or its database is at work.
        """
        if self.where:
            sentence = "gis-server runs here: stop it, then run this again."
            with places.take_lock(self.where, "up", sentence):
                yield
        elif self.is_running():
            raise Failed(
                "gis-server runs here: run systemctl stop 'gis-server*', then run this again."
            )
        else:
            yield


def of_checkout() -> Kept:
    where, notes = shared.begin(COMMAND)
    return Kept(shared.private_cluster(where), notes, "bin/up", where)


def of_installation(laid: Layout) -> Kept:
    """
    Raises:
        Failed: whoever asks is not root; its database is the district's own.
    """
    env = manage.settings_of(laid, Places(places.ROOT, laid.state, laid.state / "run"))
    cluster = Cluster(
        laid.state / "pg", laid.postgres_socket, laid.log / "recover.log", lasting=True,
        archive=postgres.archive_at(env.get("WAL_ARCHIVE", "")),
    )  # fmt: skip
    if env["DATABASE_URL"] != cluster.url("gis"):
        raise Failed("the database is your own: its administrator recovers it (docs/backup.md).")
    return Kept(cluster, Journal(COMMAND, laid.log), f"systemctl start {units.TARGET}")


def is_installed() -> bool:
    return (places.ROOT / COMPLETE).exists()


def main(options: argparse.Namespace) -> int:
    kept = of_installation(Layout()) if is_installed() else of_checkout()
    now = datetime.now(UTC)
    if options.step == "base":
        if not kept.is_running():
            raise Failed(f"the private database is not running: start it with {kept.start}.")
        with kept.notes.step("Base copy"):
            made = base_copy(kept.cluster, kept.notes, now)
        print(f"{made}: from now on every later moment can be recovered.")
        return 0
    with kept.alone():
        with kept.notes.step("Recovery"):
            before = recover(kept.cluster, kept.notes, options.moment, now)
        print(f"The database is back; that of before is {before}: delete it when it is not needed.")
        print(f"Run {kept.start}, look at it, then run {COMMAND} base: an older copy ends here.")
    return 0


if __name__ == "__main__":
    arguments = read_arguments()
    details = str(Layout().log / "setup.log") if is_installed() else "var/log/setup.log"
    sys.exit(journal.told(COMMAND, places.ROOT, lambda: main(arguments), details=details))
