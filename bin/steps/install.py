"""bin/install: gis-server as a service of the machine, its upgrades and its end.

Each step says what it does, does it only where it is needed, and leaves the machine as it was or as
it should be; a run that was cut off is simply run again.  Decisions: docs/design/install.md.
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

from bin.steps import (
    environment_file,
    front,
    health,
    journal,
    migrations,
    places,
    postgres,
    product,
    redis_server,
    release,
    tls,
    units,
)
from bin.steps.front import Front
from bin.steps.journal import Failed, Journal
from bin.steps.layout import FRONT_USER, USER, Layout, release_name
from bin.steps.machine import Machine

COMMAND = "bin/install"
DETAILS = "/var/log/gis-server/setup.log"
HEALTHY_WITHIN_S = 240
GIVEN = ("DATABASE_URL", "REDIS_URL", "PROBE_NETWORKS")
"""Settings that the first installation takes over from its own environment."""
FOLDERS = ("BACKUP_DIR", "MEDIA_ROOT", "TILE_STORE")
"""Settings that name a folder which processes write, maybe on another disk than the rest."""
STANDING = {"METRICS_DIR": "/dev/shm/gis-server"}
"""Settings that every installation has, unless somebody has chosen otherwise."""
HBA = """\
# Written by bin/install: who may enter, each by the user of the system that asks.
local all         postgres peer
local replication postgres peer
local all         gis      peer map=gis_server
"""
IDENT = f"gis_server {USER} gis\n"


def read_arguments() -> argparse.Namespace:
    """The words as bin/install passes them on, checked and explained there."""
    parser = argparse.ArgumentParser(prog=COMMAND, add_help=False)
    parser.add_argument("--do", choices=["install", "upgrade", "renew", "uninstall"])
    parser.add_argument("--name", default="")
    parser.add_argument("--only", default="")
    parser.add_argument("--site", default="")
    parser.add_argument("--https-port", type=int, default=0)
    parser.add_argument("--http-port", type=int, default=0)
    parser.add_argument("--certificate", type=Path)
    parser.add_argument("--key", type=Path)
    parser.add_argument("--from", dest="bundle", type=Path)
    parser.add_argument("--without-backup", action="store_true")
    parser.add_argument("--delete-data", action="store_true")
    parser.add_argument("--root", type=Path, default=Path("/"))
    return parser.parse_args()


@dataclass
class Installation:
    """One run: what was asked for, the machine, and what is in /etc/gis-server/environment."""

    options: argparse.Namespace
    machine: Machine

    @property
    def layout(self) -> Layout:
        return self.machine.layout

    @property
    def notes(self) -> Journal:
        return self.machine.journal

    @cached_property
    def env(self) -> dict[str, str]:
        return environment_file.read(self.layout.environment.read_text(encoding="utf-8"))

    @property
    def runs(self) -> set[str]:
        """The processes that run here: all of them, unless this machine has a part only."""
        return set(self.env["ONLY"].split(",")) if self.is_part else set(units.WHAT)

    @property
    def is_part(self) -> bool:
        """Whether this machine helps another, which has everything and looks after the tables."""
        return bool(self.env.get("ONLY"))

    @property
    def has_front(self) -> bool:
        return "web" in self.runs

    @property
    def own_database(self) -> str:
        return self.cluster.url("gis")

    @property
    def own_redis(self) -> str:
        return f"unix://{self.layout.redis_socket}?db=0"

    @property
    def has_own_database(self) -> bool:
        return self.env["DATABASE_URL"] == self.own_database

    @property
    def has_own_redis(self) -> bool:
        return self.env["REDIS_URL"] == self.own_redis

    @property
    def cluster(self) -> postgres.Cluster:
        layout = self.layout
        return postgres.Cluster(layout.state / "pg", layout.postgres_socket, layout.log, True)

    @property
    def archive(self) -> Path | None:
        named = self.env.get("WAL_ARCHIVE")
        return Path(named) if named else None

    @property
    def certificate(self) -> tls.Certificate:
        return tls.Certificate(self.layout.tls)

    @cached_property
    def front(self) -> Front:
        """As it stands in the settings, which an administrator may have changed."""
        host, _, port = self.env["LIVE_URL"].removeprefix("https://").partition(":")
        return Front(
            host, int(self.env["WEB_PORT"]), int(self.env["LIVE_PORT"]),
            int(self.env["POSITIONS_PORT"]), int(port or 443),
            int(self.env.get("HTTP_PORT") or 80),
        )  # fmt: skip

    @property
    def user(self) -> str:
        """Whom commands of the product run as; nobody in particular in a rehearsal."""
        return "" if self.machine.rehearsal else USER

    def manage(self, where: Path, words: list[str]) -> str:
        return release.manage(where, self.notes, self.env, words, user=self.user)


# ---- Settings, keys and servers ------------------------------------------------------------------


def ensure_settings(one: Installation) -> bool:
    """The settings, the keys and the certificate; whether anything of it changed."""
    layout, machine = one.layout, one.machine
    first = not layout.environment.exists()
    text = environment_file.HEAD if first else layout.environment.read_text(encoding="utf-8")
    known = environment_file.read(text)
    with one.notes.step("Settings") as step:
        part = part_of(one, known)
        wanted = product.make_secrets(layout.secrets, known, for_group=True) | part
        wanted |= reached(one, known, has_front="web" in (known | part).get("ONLY", "web"))
        if first:
            wanted |= first_settings(one)
        wanted |= {name: value for name, value in STANDING.items() if name not in known}
        text = environment_file.changed(text, wanted)
        changed = machine.put(layout.environment, text, 0o640, group=USER)
        machine.give(layout.secrets, "root", USER, 0o750)
        for file in layout.secrets.iterdir():
            machine.give(file, "root", USER, 0o640)
        if not changed:
            step.skip()
    vars(one).pop("env", None)
    return changed


def first_settings(one: Installation) -> dict[str, str]:
    taken = {name: os.environ[name] for name in GIVEN if os.environ.get(name)}
    servers = {"DATABASE_URL": one.own_database, "REDIS_URL": one.own_redis}
    return servers | {"MEDIA_ROOT": str(one.layout.state / "media")} | taken


def part_of(one: Installation, known: dict[str, str]) -> dict[str, str]:
    """Which processes run here, and of which site, where that was asked for.

    Raises:
        Failed: there is no such process; a part without the servers and the keys of the others.
    """
    only, site = one.options.only, one.options.site
    if unknown := sorted(set(only.split(",")) - {"", *units.WHAT}):
        raise Failed(
            f"there is no process {', '.join(unknown)}: --only takes some of"
            f" {','.join(units.WHAT)}, with commas between them."
        )
    part = {name: value for name, value in (("ONLY", only), ("SITE", site)) if value}
    if not (known | part).get("ONLY"):
        return part
    given = known | {name: os.environ.get(name, "") for name in GIVEN if not known.get(name)}
    if not given["DATABASE_URL"] or not given["REDIS_URL"]:
        raise Failed(
            "a part needs the servers of the others: run it again with DATABASE_URL=… REDIS_URL=…"
            " before it, as they are reached from here."
        )
    if not known.get("VAULT_KEY") and not (one.layout.secrets / "vault_key").exists():
        raise Failed(
            f"a part needs the keys of the others: copy {one.layout.secrets} from the first"
            " machine to this one, then run this again."
        )
    return part


def reached(one: Installation, known: dict[str, str], *, has_front: bool) -> dict[str, str]:
    """Settings of how it is reached: all of them at first, later only what was asked for anew;
    none where nobody reaches it.

    Raises:
        Failed: nobody said by which name.
    """
    options = one.options
    if not has_front:
        return {}
    if known.get("LIVE_URL") and not (options.name or options.https_port or options.http_port):
        return {}
    host, _, port = known.get("LIVE_URL", "").removeprefix("https://").partition(":")
    name = options.name or host
    if not name:
        raise Failed("say by which name browsers reach this server: --name map.example.")
    wanted = Front(
        name, int(known.get("WEB_PORT") or 8000), int(known.get("LIVE_PORT") or 8001),
        int(known.get("POSITIONS_PORT") or 8002), options.https_port or int(port or 443),
    )  # fmt: skip
    http = options.http_port or int(known.get("HTTP_PORT") or 80)
    return {**front.settings(wanted), "HTTP_PORT": str(http)}


def ensure_certificate(one: Installation) -> bool:
    if not one.has_front:
        return False
    options, own = one.options, one.certificate
    with one.notes.step("Certificate") as step:
        if options.certificate:
            changed = tls.take(own, options.certificate, options.key)
        else:
            changed = tls.ensure(own, one.notes, one.front.name)
        one.machine.give(own.key, "root", FRONT_USER, 0o640)
        if own.is_ours:
            one.machine.give(own.authority_key, "root", "root", 0o600)
        if not changed:
            step.skip()
    return changed


def ensure_front(one: Installation) -> bool:
    """nginx's configuration, tried before it is taken; whether it changed."""
    if not one.has_front:
        return False
    layout = one.layout
    with one.notes.step("Server in front") as step:
        ipv6 = Path("/proc/net/if_inet6").exists()
        trial = layout.log / "nginx-trial"
        shutil.rmtree(trial, ignore_errors=True)
        trial.mkdir(mode=0o700)
        tried = front.config(layout, one.front, ipv6=ipv6, cache=trial, run=trial)
        (trial / "nginx.conf").write_text(tried, encoding="utf-8")
        one.machine.run(
            "nginx", "-t", "-q", "-c", str(trial / "nginx.conf"),
            failed=f"nginx refuses its configuration: look at {layout.etc}/nginx.d.",
        )  # fmt: skip
        shutil.rmtree(trial)
        changed = one.machine.put(layout.front, front.config(layout, one.front, ipv6=ipv6))
        if not changed:
            step.skip()
    return changed


def ensure_servers(one: Installation) -> bool:
    """The private PostgreSQL and Redis at work, with the product's database in the one; whether
    their units changed.
    """
    layout, machine, cluster = one.layout, one.machine, one.cluster
    if one.has_own_database:
        postgres.ensure_archive(postgres.archive_at(one.env.get("WAL_ARCHIVE", "")))
        if not cluster.data.exists():
            with one.notes.step("New database"):
                included = f"include_if_exists = '{layout.etc}/postgresql.conf'\n"
                files = {"postgresql.conf": included, "pg_hba.conf": HBA, "pg_ident.conf": IDENT}
                postgres.create(cluster, one.notes, files)
        file = layout.etc / "postgresql.conf"
        if not file.exists():
            machine.put(file, postgres_settings(cluster))
    needed = {
        f"{name}.service": text
        for name, text in (
            (units.DATABASE, one.has_own_database and own_units(one)[f"{units.DATABASE}.service"]),
            (units.REDIS, one.has_own_redis and own_units(one)[f"{units.REDIS}.service"]),
        )
        if text
    }
    if not needed:
        return False
    with one.notes.step("PostgreSQL and Redis"):
        written = [machine.put(layout.units / name, text) for name, text in needed.items()]
        machine.systemctl("daemon-reload")
        machine.systemctl("start", *needed)
        if one.has_own_database:
            postgres.prepare(cluster, one.notes, "gis")
    return any(written)


def postgres_settings(cluster: postgres.Cluster) -> str:
    options = postgres.options_of(cluster) | {"unix_socket_permissions": "0777"}
    lines = "".join(f"{name} = '{value}'\n" for name, value in options.items())
    return (
        "# Made once by bin/install, yours from then on; after a change run\n"
        f"# `systemctl restart {units.DATABASE}`.  Who may enter is decided by pg_hba.conf.\n"
        f"{lines}"
    )


def own_units(one: Installation, where: Path = places.ROOT) -> dict[str, str]:
    """The units of the version in the folder `where`."""
    commands = units.procfile((where / "Procfile").read_text(encoding="utf-8"))
    commands = {name: command for name, command in commands.items() if name in one.runs}
    if one.is_part:
        commands = units.of_part(commands, one.env.get("SITE", ""))
    return units.all_units(
        one.layout, commands, has_front=one.has_front,
        postgres=postgres.programs(one.cluster.data) if one.has_own_database else None,
        redis=Path(redis_server.program()) if one.has_own_redis else None,
        elsewhere=elsewhere(one), archive=one.archive,
    )  # fmt: skip


def elsewhere(one: Installation) -> list[str]:
    """Folders that settings name outside of the state."""
    state = one.layout.state
    named = {Path(one.env.get(name) or state) for name in FOLDERS}
    return sorted(str(folder) for folder in named if not folder.is_relative_to(state))


def check_given(one: Installation, where: Path) -> None:
    given = [("DATABASE_URL", one.has_own_database), ("REDIS_URL", one.has_own_redis)]
    made = release.places_of(where)
    for name in (name for name, own in given if not own):
        product.check_given(made, one.notes, product.paths(made) | one.env, name)


# ---- Installing ----------------------------------------------------------------------------------


def install(one: Installation) -> int:
    """The first installation, and every later run with the same version."""
    name, old = release_name(places.ROOT), one.layout.running_release()
    if old and old.name != name:
        raise Failed(
            f"{old.name} is installed here and this is {name}: run {COMMAND} --upgrade to bring"
            " the new one in its place."
        )
    prepare(one)
    changed = ensure_settings(one)
    new = lay(one, name)
    changed |= ensure_servers(one)
    check_given(one, new)
    migrate(one, new)
    changed |= ensure_certificate(one) | ensure_front(one)
    changed |= put_in_place(one, new)
    with one.notes.step("Processes"):
        one.machine.systemctl("enable", "--quiet", units.TARGET)
        one.machine.systemctl("restart" if changed and old else "start", units.TARGET)
        wait_until_healthy(one)
    tell(one)
    return 0


def prepare(one: Installation) -> None:
    one.machine.ensure_users()
    one.machine.ensure_folders()


def lay(one: Installation, name: str) -> Path:
    return release.lay(
        one.layout, one.notes, name, places.ROOT, env=one.env, bundle=one.options.bundle
    )


def migrate(one: Installation, where: Path) -> None:
    with one.notes.step("Tables"):
        if not one.is_part:
            one.manage(where, ["migrate", "--no-input", "--verbosity=1"])
            return
        try:
            one.manage(where, ["migrate", "--check", "--verbosity=0"])
        except Failed:
            raise Failed(
                "the tables are those of another version: install or upgrade the machine that has"
                " all processes first, then this part."
            ) from None


def put_in_place(one: Installation, where: Path) -> bool:
    """Let the machine run this release; whether its units changed."""
    release.switch(one.layout, where)
    target = one.layout.current / "bin" / "manage"
    script = f'#!/bin/sh\n# Commands of gis-server: gis-manage check_world\nexec {target} "$@"\n'
    one.machine.put(one.layout.manage, script, 0o755)
    return one.machine.put_units(own_units(one, where))


def wait_until_healthy(one: Installation) -> None:
    """
    Raises:
        Failed: within four minutes not everything answered, or a process ended again.
    """
    deadline = time.monotonic() + (10 if one.machine.rehearsal else HEALTHY_WITHIN_S)
    while wanting := faults(one):
        if time.monotonic() > deadline:
            raise Failed(f"{'; '.join(wanting)}. {words_of(one, running_units(one))}")
        time.sleep(0.5)
    if restless := one.machine.restless(running_units(one)):
        raise Failed(f"{', '.join(restless)} does not keep running. {words_of(one, restless)}")


def faults(one: Installation) -> list[str]:
    """What does not answer; of a part without `web` nothing can be asked."""
    if not one.has_front:
        return []
    authority = one.certificate.authority if one.certificate.is_ours else None
    return health.faults(one.front, authority, one.runs)


def running_units(one: Installation) -> list[str]:
    return [
        file.name for file in one.machine.our_units()
        if file.suffix == ".service" and file.name not in units.NOW_AND_THEN
    ]  # fmt: skip


def words_of(one: Installation, names: list[str]) -> str:
    said = {name: one.machine.last_words(name) for name in names}
    return " ".join(f"{name} said last: {words}" for name, words in said.items() if words)


def tell(one: Installation) -> None:
    """What whoever installs must know now."""
    if one.is_part:
        names = ", ".join(sorted(one.runs))
        print(f"\nThis part of gis-server ({names}) comes back with the machine.")
        return
    own, at = one.certificate, one.front
    print(f"\ngis-server is at {at.origin}/ and comes back with the machine.")
    if own.is_ours:
        print(f"Browsers must trust its authority once: give them {own.authority}.")
    print(
        "Make the first user:  gis-manage make_user boss --role administrator --scope 140107\n"
        f"Settings:             {one.layout.environment}, then systemctl restart {units.TARGET}\n"
        f"Keep a copy elsewhere: {one.layout.secrets} (without it stored camera logins are lost)\n"
        "Firewall, incoming:   allow TCP "
        f"{at.https} and {at.http} from the offices and phones, and SSH from yours; nothing else\n"
        "Firewall, outgoing:   to the cameras' networks (PROBE_NETWORKS), the time server, and\n"
        "                      what DELIVERY_HOSTS, EMAIL_HOST and the base map name\n"
        f"                      e.g. nft add rule inet filter input tcp dport {at.https} accept,\n"
        f"                      or ufw allow {at.https}/tcp",
    )


# ---- Upgrading, and the way back -----------------------------------------------------------------


def upgrade(one: Installation) -> int:
    """Bring this version in the place of the one that runs, or leave that one running."""
    old, name = one.layout.running_release(), release_name(places.ROOT)
    if not old:
        raise Failed(f"nothing is installed here: run {COMMAND} without --upgrade.")
    if old.name == name:
        print(f"{name} is what is installed; looking whether all of it is as it should be.")
        return install(one)
    prepare(one)
    ensure_settings(one)
    if needs_backup(one):
        check_can_back_up(one, old)
    new = lay(one, name)
    replace(one, old, new)
    dropped = release.drop_old(one.layout, {old, new})
    print(
        f"\n{new.name} runs in the place of {old.name}, which stays beside it."
        + (f"  Removed: {', '.join(dropped)}." if dropped else "")
    )
    return 0


def needs_backup(one: Installation) -> bool:
    """A part leaves the tables alone, and with them the backup."""
    return not one.options.without_backup and not one.is_part


def check_can_back_up(one: Installation, old: Path) -> None:
    if not release.has_command(old, one.env, "backup", user=one.user):
        raise Failed(
            f"{old.name} cannot back itself up: make a copy of the database yourself, then run"
            f" {COMMAND} --upgrade --without-backup."
        )


def replace(one: Installation, old: Path, new: Path) -> None:
    """
    Raises:
        Failed: the new version did not come to work; the sentence says what runs now.
    """
    gone = Done(
        {file.name: file.read_text(encoding="utf-8") for file in one.machine.our_units()},
        one.layout.front.read_text(encoding="utf-8") if one.has_front else "",
    )
    try:
        with way_back(one, old, new, gone):
            with one.notes.step("Stopping"):
                one.machine.systemctl("stop", *processes_of(one))
            if needs_backup(one):
                with one.notes.step("Backup") as step:
                    said = one.manage(old, ["backup"]).splitlines()
                    step.note = next((line for line in said if line.startswith("/")), "")
            if not one.is_part:
                gone.before = migrations.applied(partial(one.manage, new))
            migrate(one, new)
            ensure_settings(one)
            ensure_certificate(one)
            ensure_front(one)
            put_in_place(one, new)
            with one.notes.step("Processes"):
                restart_front(one)
                one.machine.systemctl("start", units.TARGET)
                wait_until_healthy(one)
    except KeyboardInterrupt:
        raise Failed(f"interrupted. {gone.said}") from None


@dataclass
class Done:
    """What was there before an upgrade, how far it has come (`before` are the migrations; None: the
    database was not touched), and, at its end, what became of it."""

    units: dict[str, str]
    front: str
    before: list[tuple[str, str]] | None = None
    said: str = ""


@contextmanager
def way_back(one: Installation, old: Path, new: Path, done: Done) -> Iterator[None]:
    try:
        yield
    except (Failed, KeyboardInterrupt, OSError) as error:
        # Whoever presses Ctrl-C twice must not be left with nothing that runs.
        with journal.undisturbed():
            print("The new version does not come to work; going back.", flush=True)
            done.said = go_back(one, old, new, done)
        if isinstance(error, KeyboardInterrupt):
            raise
        why = journal.about_os_error(error, DETAILS) if isinstance(error, OSError) else error
        raise Failed(f"{why} {done.said}") from None


def go_back(one: Installation, old: Path, new: Path, done: Done) -> str:
    """The previous version in its place again; a sentence on what runs and what the database holds.

    It is started only on the tables that it knows.
    """
    one.machine.systemctl("stop", *processes_of(one))
    try:
        number = 0
        if done.before is not None:
            with one.notes.step("Taking migrations back"):
                number = migrations.take_back(partial(one.manage, new), done.before)
    except Failed as error:
        put_back(one, old, done)
        return (
            f"The previous version, {old.name}, is in its place again but is NOT started: the new"
            f" one has changed the database, and that could not be undone ({error}). Restore the"
            " backup that was made before (docs/install.md, 'When an upgrade fails'), then run"
            f" systemctl start {units.TARGET}."
        )
    put_back(one, old, done)
    try:
        with one.notes.step("Previous version"):
            restart_front(one)
            one.machine.systemctl("start", units.TARGET)
            wait_until_healthy(one)
    except Failed as error:
        return (
            f"The previous version, {old.name}, is in its place again ({number} migrations were"
            f" taken back) but does not come to work either: {error}"
        )
    changed = (
        f"{number} migrations were taken back, and with them what had been written into their"
        " columns and tables" if number else "its tables are as they were"
    )  # fmt: skip
    return f"The previous version, {old.name}, runs again; {changed}."


def put_back(one: Installation, old: Path, done: Done) -> None:
    release.switch(one.layout, old)
    if done.front:
        one.machine.put(one.layout.front, done.front)
    one.machine.put_units(done.units)


def restart_front(one: Installation) -> None:
    if one.has_front:
        one.machine.systemctl("restart", f"{units.FRONT}.service")


def processes_of(one: Installation) -> list[str]:
    """The units of the product's processes: not those of its servers, nor the one in front."""
    kept = {f"{name}.service" for name in (units.DATABASE, units.REDIS, units.FRONT)}
    return [name for name in running_units(one) if name not in kept]


# ---- Renewing, and the end -----------------------------------------------------------------------


def renew(one: Installation) -> int:
    """Make the certificate of our own authority anew when it is about to run out."""
    if ensure_certificate(one):
        one.machine.systemctl("try-reload-or-restart", f"{units.FRONT}.service")
    return 0


def uninstall(one: Installation) -> int:
    """Take the product off the machine; its data, settings and keys only where that was asked."""
    layout, machine = one.layout, one.machine
    there = [file.name for file in machine.our_units()]
    with one.notes.step("Units"):
        if there:
            machine.systemctl("disable", "--quiet", "--now", units.TARGET)
            machine.systemctl("stop", *there)
        machine.put_units({})
    with one.notes.step("Files"):
        layout.manage.unlink(missing_ok=True)
        shutil.rmtree(layout.opt, ignore_errors=True)
        shutil.rmtree(layout.root / front.CACHE.relative_to("/"), ignore_errors=True)
    if not one.options.delete_data:
        print(f"Kept: {layout.state} (data), {layout.etc} (settings and keys), {layout.log}.")
        return 0
    for folder in (layout.state, layout.etc):
        if folder.exists():  # else it was called before, and cut off
            shutil.rmtree(folder)
    machine.remove_users()
    # Last of all: what is run before is noted there.
    shutil.rmtree(layout.log)
    print("Data, settings and keys are deleted.")
    return 0


def begin(options: argparse.Namespace) -> Installation:
    layout = Layout(options.root)
    layout.log.mkdir(mode=0o750, parents=True, exist_ok=True)
    notes = Journal(COMMAND, layout.log)
    if seconds := os.environ.pop("SETUP_PACKAGES_S", ""):
        notes.note_time("System packages", float(seconds))
    return Installation(options, Machine(layout, notes))


DO: dict[str, Callable[[Installation], int]] = {
    "install": install,
    "upgrade": upgrade,
    "renew": renew,
    "uninstall": uninstall,
}


def main() -> int:
    options = read_arguments()
    os.umask(0o022)
    return DO[options.do](begin(options))


if __name__ == "__main__":
    sys.exit(journal.told(COMMAND, places.ROOT, main, details=DETAILS))
