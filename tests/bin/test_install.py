"""A rehearsal of bin/install: everything is laid below a folder; systemctl, nginx and the product's
own commands are played by small programs, whose answers and calls are files."""

import argparse
import json
import shutil
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bin.steps import install, layout, machine, places, release, tls, units
from bin.steps.install import Installation
from bin.steps.journal import Failed, Journal
from bin.steps.layout import Layout
from tests.bin.test_front import free_port

NAME = "map.example"
# In parts: addresses with passwords are looked for in all files.
URL = "postgres://gis:" + "pw@db.example/gis"
NEW = layout.release_name(places.ROOT)
OLD = "0.0.9-000000000000"

# Plays systemctl: units that were started are active until they are stopped.
SYSTEMCTL = """#!{python}
import json, pathlib, sys
here = pathlib.Path({here!r})
words = [word for word in sys.argv[1:] if not word.startswith("-")]
with (here / "calls").open("a") as calls:
    print("systemctl", *sys.argv[1:], file=calls)
state = here / "active"
active = set(json.loads(state.read_text())) if state.exists() else set()
units = [one.name for one in pathlib.Path({units!r}).glob("gis-server-*.service")]
named = set(words[1:])
if "gis-server.target" in named:
    named |= {{one for one in units if "certificate" not in one}}
if words[0] in ("start", "restart"):
    active |= named
elif words[0] in ("stop", "disable"):
    active -= named
elif words[0] == "show":
    print("ActiveState=" + ("active" if words[1] in active else "failed"))
    print("NRestarts=0")
state.write_text(json.dumps(sorted(active)))
"""

# Plays the Python of a release: manage.py with the migrations that the release has.
PRODUCT = """#!{python}
import pathlib, sys
here = pathlib.Path({here!r})
release = pathlib.Path(sys.argv[0]).parents[2]
words = sys.argv[2:]
if sys.argv[1] != "manage.py":
    sys.exit()  # try_server.py finds nothing wrong
with (here / "calls").open("a") as calls:
    print(release.name, *words, file=calls)
database = here / "database"
applied = database.read_text().split() if database.exists() else []
known = (release / "migrations").read_text().split()
says = release / f"fails-{{words[0]}}"
if words == ["showmigrations", "--plan"]:
    for one in known:
        print("[X] " if one in applied else "[ ] ", one)
elif words[0] == "migrate" and len(words) > 2 and not words[1].startswith("-"):
    if (release / "irreversible").exists():
        sys.exit("IrreversibleError: cannot be undone")
    app, name = words[1:3]
    keep = known.index(f"{{app}}.{{name}}") + 1 if name != "zero" else 0
    gone = [one for one in known[keep:] if one.startswith(app + ".")]
    database.write_text(" ".join(one for one in applied if one not in gone))
elif words[0] == "migrate":
    database.write_text(" ".join(dict.fromkeys([*applied, *known])))
elif words[0] == "backup" and "--help" not in words:
    print("An old one went.\\n/backups/of-now holds 7 rows")
if says.exists():
    sys.exit(says.read_text())
"""


class Stage:
    """A machine to rehearse on."""

    def __init__(self, folder: Path) -> None:
        self.layout = Layout(folder / "root")
        self.here = folder
        self.ports = [free_port() for _ in range(4)]

    def options(self, **asked: Any) -> argparse.Namespace:
        usual = {
            "name": NAME, "only": "", "site": "", "https_port": self.ports[3], "http_port": 0,
            "certificate": None, "key": None, "bundle": None, "without_backup": False,
            "delete_data": False,
            "root": self.layout.root,
        }  # fmt: skip
        return argparse.Namespace(**(usual | asked))

    def do(self, what: Callable[[Installation], int], **asked: Any) -> list[str]:
        """Run it; what was called meanwhile, the questions left out."""
        (self.here / "calls").write_text("")
        try:
            assert what(install.begin(self.options(**asked))) == 0
        finally:
            calls = (self.here / "calls").read_text().splitlines()
        return [one for one in calls if " show " not in one and "showmigrations" not in one]

    def release(self, name: str, migrations: str) -> Path:
        """A complete release, whose Python is played."""
        folder = self.layout.releases / name
        python = folder / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(PRODUCT.format(python=sys.executable, here=str(self.here)))
        python.chmod(0o755)
        (folder / "migrations").write_text(migrations)
        shutil.copy("Procfile", folder / "Procfile")
        (folder / layout.COMPLETE).write_text(name)
        return folder

    @property
    def active(self) -> set[str]:
        return set(json.loads((self.here / "active").read_text()))

    @property
    def database(self) -> list[str]:
        return (self.here / "database").read_text().split()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    made = Stage(tmp_path)
    programs = tmp_path / "programs"
    programs.mkdir()
    script = SYSTEMCTL.format(
        python=sys.executable, here=str(tmp_path), units=str(made.layout.units)
    )
    for name, text in (
        ("systemctl", script),
        ("nginx", "#!/bin/sh\n"),
        ("journalctl", "#!/bin/sh\necho it broke\n"),
    ):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    monkeypatch.setenv("DATABASE_URL", URL)
    monkeypatch.setenv("REDIS_URL", "redis://cache.example/0")
    monkeypatch.setattr(install, "HEALTHY_WITHIN_S", 1)
    made.release(NEW, "grids.0001_a grids.0002_b events.0001_c")
    with answering(made):
        yield made


class answering:  # noqa: N801 - a block in which it is so
    """The product's servers and the one in front answer, unless the release in use is sick."""

    def __init__(self, stage: Stage) -> None:
        current = stage.layout.current

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                sick = (current / "sick").exists()
                self.send_response(503 if sick else 200)
                self.end_headers()
                self.wfile.write(b'{"status": "x", "redis": "away"}' if sick else b"{}")

            def log_message(self, *_: Any) -> None:
                """Not into the tests' output."""

        class Secure(ThreadingHTTPServer):
            def get_request(self) -> tuple[Any, Any]:
                link, address = super().get_request()
                own = tls.Certificate(stage.layout.tls)
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(own.chain, own.key)
                return context.wrap_socket(link, server_side=True), address

        kinds = (ThreadingHTTPServer, ThreadingHTTPServer, ThreadingHTTPServer, Secure)
        self.servers = [
            kind(("127.0.0.1", port), Handler)
            for kind, port in zip(kinds, stage.ports, strict=True)
        ]
        file = stage.layout.environment
        file.parent.mkdir(parents=True)
        names = ("WEB_PORT", "LIVE_PORT", "POSITIONS_PORT")
        ports = "".join(f"{name}={port}\n" for name, port in zip(names, stage.ports, strict=False))
        file.write_text(f"# mine\n{ports}DATABASE_URL={URL}\nREDIS_URL=redis://cache.example/0\n")

    def __enter__(self) -> None:
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        for server in self.servers:
            server.shutdown()
            server.server_close()


PROCESSES = {f"gis-server-{name}.service" for name in units.WHAT}


def test_an_installation_runs_and_says_where(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    calls = stage.do(install.install)

    assert f"{NEW} migrate --no-input --verbosity=1" in calls
    assert calls[-2:] == [
        "systemctl enable --quiet gis-server.target",
        "systemctl start gis-server.target",
    ]
    assert PROCESSES | {"gis-server-front.service"} <= stage.active
    where = stage.layout
    jobs = (where.units / "gis-server-jobs.service").read_text()
    assert units.ALL_QUEUES in jobs
    assert where.running_release() == where.releases / NEW
    settings = where.environment.read_text()
    assert settings.startswith("# mine\n")
    for line in (
        "BEHIND_TLS=true", "WEB_HOST=127.0.0.1", f"ALLOWED_HOSTS={NAME},127.0.0.1",
        f"LIVE_URL=https://{NAME}:{stage.ports[3]}",
        f"SECRET_KEY_FILE={where.secrets}/secret_key",
    ):  # fmt: skip
        assert line in settings.splitlines()
    said = capsys.readouterr().out
    assert f"https://{NAME}:{stage.ports[3]}/" in said
    assert "ca.crt" in said
    assert "pw" not in said + (where.log / "setup.log").read_text()


def units_of(*names: str) -> set[str]:
    return {f"gis-server-{name}.service" for name in names}


def keys_from_the_first_machine(stage: Stage) -> None:
    secrets = stage.layout.secrets
    secrets.mkdir(parents=True)
    for name in ("secret_key", "vault_key", "metrics_token"):
        (secrets / name).write_text(f"{name} of the first machine")


def test_a_part_has_its_processes_alone_and_those_of_its_site(stage: Stage) -> None:
    keys_from_the_first_machine(stage)

    calls = stage.do(install.install, name="", only="poller,pictures", site="east")

    assert stage.active - {units.TARGET} == {
        "gis-server-poller.service",
        "gis-server-pictures.service",
    }
    assert f"{NEW} migrate --check --verbosity=0" in calls
    where = stage.layout
    for name in ("poller", "pictures"):
        unit = (where.units / f"gis-server-{name}.service").read_text()
        assert f'manage.py {name.replace("poller", "poll")} --site east"\n' in unit
    assert not where.front.exists()
    assert (where.secrets / "vault_key").read_text() == "vault_key of the first machine"

    # The same again without a word of it, as an upgrade is.
    stage.do(install.install, name="", https_port=0)
    assert stage.active - {units.TARGET} == {
        "gis-server-poller.service",
        "gis-server-pictures.service",
    }


def test_a_part_leaves_the_jobs_of_the_first_machine_to_it(stage: Stage) -> None:
    keys_from_the_first_machine(stage)

    stage.do(install.install, name="", only="jobs")

    unit = (stage.layout.units / "gis-server-jobs.service").read_text()
    assert " --queues celery --concurrency" in unit


def test_a_second_web_machine_has_a_front_of_its_own(stage: Stage) -> None:
    keys_from_the_first_machine(stage)

    stage.do(install.install, only="web,live,positions")

    assert stage.active == {units.TARGET, *units_of("web", "live", "positions", "front")}
    assert stage.layout.front.exists()


def test_a_part_without_the_keys_of_the_others_is_not_installed(stage: Stage) -> None:
    with pytest.raises(Failed, match=r"copy .*secrets from the first machine"):
        stage.do(install.install, name="", only="poller")

    assert not (stage.layout.secrets / "vault_key").exists()


def test_a_part_without_the_servers_of_the_others_is_not_installed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys_from_the_first_machine(stage)
    stage.layout.environment.unlink()
    monkeypatch.delenv("REDIS_URL")

    with pytest.raises(Failed, match="a part needs the servers of the others"):
        stage.do(install.install, name="", only="jobs")


def test_a_part_knows_its_processes(stage: Stage) -> None:
    with pytest.raises(Failed, match="there is no process pollers: --only takes some of web,live"):
        stage.do(install.install, name="", only="pollers")


def test_a_part_waits_for_the_machine_that_looks_after_the_tables(stage: Stage) -> None:
    keys_from_the_first_machine(stage)
    (stage.layout.releases / NEW / "fails-migrate").write_text("0002_b is not applied")

    with pytest.raises(Failed, match="upgrade the machine that has all processes first"):
        stage.do(install.install, name="", only="cover,jobs")

    assert not (stage.here / "active").exists()


def test_a_part_is_upgraded_without_a_backup_and_leaves_the_tables_alone(stage: Stage) -> None:
    keys_from_the_first_machine(stage)
    old = stage.release(OLD, "grids.0001_a")
    stage.do(install.install, name="", only="poller")
    release.switch(stage.layout, old)

    calls = stage.do(install.upgrade, name="", https_port=0)

    assert not any("backup" in call for call in calls)
    assert [call for call in calls if "migrate" in call] == [f"{NEW} migrate --check --verbosity=0"]
    assert stage.layout.running_release() == stage.layout.releases / NEW
    assert stage.active == {units.TARGET, *units_of("poller")}


def test_modes_of_what_is_secret(stage: Stage) -> None:
    stage.do(install.install)

    def mode(path: Path) -> int:
        return path.stat().st_mode & 0o7777

    where = stage.layout
    assert mode(where.environment) == 0o640
    assert mode(where.secrets) == 0o750
    assert {mode(file) for file in where.secrets.iterdir()} == {0o640}
    assert mode(where.tls / "ca.key") == 0o600
    assert mode(where.tls / "server.key") == 0o640
    assert mode(where.state / "tiles") == 0o750
    assert mode(where.state / "redis") == 0o700


def test_a_second_run_changes_nothing(stage: Stage) -> None:
    stage.do(install.install)
    before = {
        file: (file.read_bytes(), file.stat().st_mtime_ns)
        for file in stage.layout.root.rglob("*")
        if file.is_file() and "log" not in file.parts
    }

    calls = stage.do(install.install, name="", https_port=0)

    assert "systemctl start gis-server.target" in calls
    assert not any("restart" in call or "daemon-reload" in call for call in calls)
    after = {
        file: (file.read_bytes(), file.stat().st_mtime_ns)
        for file in stage.layout.root.rglob("*")
        if file.is_file() and "log" not in file.parts
    }
    assert after == before


def test_what_an_administrator_added_to_a_unit_stays(stage: Stage) -> None:
    stage.do(install.install)
    added = stage.layout.units / "gis-server-web.service.d" / "override.conf"
    added.parent.mkdir()
    added.write_text("[Service]\nNice=5\n")

    stage.do(install.install, name="", https_port=0)

    assert added.exists()


def test_what_an_administrator_wrote_stays_until_something_else_is_asked_for(stage: Stage) -> None:
    stage.do(install.install)
    file = stage.layout.environment
    file.write_text(file.read_text() + "LOG_LEVEL=DEBUG\n")
    own = stage.layout.etc / "nginx.d" / "own.conf"
    own.write_text("# mine\n")

    stage.do(install.install, name="wall.example")

    assert "LOG_LEVEL=DEBUG" in file.read_text()
    assert "ALLOWED_HOSTS=wall.example,127.0.0.1" in file.read_text()
    assert file.read_text().count("ALLOWED_HOSTS") == 1
    assert own.read_text() == "# mine\n"


def test_another_version_is_not_installed_over_the_one_that_runs(stage: Stage) -> None:
    old = stage.release(OLD, "grids.0001_a")
    release.switch(stage.layout, old)

    with pytest.raises(Failed, match=r"run bin/install --upgrade"):
        stage.do(install.install)

    assert stage.layout.running_release() == old


def test_nothing_can_be_upgraded_where_nothing_is(stage: Stage) -> None:
    with pytest.raises(Failed, match="nothing is installed here"):
        stage.do(install.upgrade)


@pytest.fixture
def running(stage: Stage) -> Stage:
    """A machine on which the previous version is at work, with its own units and front."""
    old = stage.release(OLD, "grids.0001_a")
    stage.do(install.install)
    release.switch(stage.layout, old)
    (stage.here / "database").write_text("grids.0001_a")
    for name in ("gis-server-web.service", "gis-server-old.service"):
        (stage.layout.units / name).write_text("# of the previous version\n")
    stage.layout.front.write_text("# of the previous version\n")
    machine.Machine(stage.layout, Journal("t", stage.layout.log)).systemctl("start", units.TARGET)
    return stage


def test_an_upgrade_backs_up_before_it_touches_the_database(
    running: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    earliest = running.release("0.0.8-000000000000", "")

    calls = running.do(install.upgrade)

    order = [
        next(n for n, call in enumerate(calls) if call.startswith(begins))
        for begins in (
            f"{OLD} backup --help", "systemctl stop gis-server-", f"{OLD} backup",
            f"{NEW} migrate", "systemctl start gis-server.target",
        )
    ]  # fmt: skip
    backup = next(n for n, call in enumerate(calls) if call == f"{OLD} backup")
    order[2] = backup
    assert order == sorted(order)
    stopped = set(calls[order[1]].split()[2:])
    assert stopped == PROCESSES | {"gis-server-old.service"}
    assert running.layout.running_release() == running.layout.releases / NEW
    assert running.database == ["grids.0001_a", "grids.0002_b", "events.0001_c"]
    assert not (running.layout.units / "gis-server-old.service").exists()
    assert not earliest.exists()
    assert (running.layout.releases / OLD).exists()
    assert "/backups/of-now" in capsys.readouterr().out


def is_as_before(stage: Stage) -> None:
    where = stage.layout
    assert where.running_release() == where.releases / OLD
    assert (where.units / "gis-server-web.service").read_text() == "# of the previous version\n"
    assert (where.units / "gis-server-old.service").exists()
    assert where.front.read_text() == "# of the previous version\n"


def test_a_new_version_that_does_not_get_well_makes_way_for_the_old(running: Stage) -> None:
    (running.layout.releases / NEW / "sick").touch()

    with pytest.raises(Failed) as told:
        running.do(install.upgrade)

    assert "the web server answers 503 (redis away)" in str(told.value)
    assert "gis-server-web.service said last: it broke" in str(told.value)
    assert f"The previous version, {OLD}, runs again; 2 migrations were taken back" in str(
        told.value
    )
    is_as_before(running)
    assert running.database == ["grids.0001_a"]
    assert "gis-server-old.service" in running.active


def test_a_backup_that_fails_ends_it_before_anything_was_changed(running: Stage) -> None:
    old = running.layout.releases / OLD
    script = old / ".venv" / "bin" / "python"
    script.write_text(
        script.read_text().replace('print("An old one', 'sys.exit("the disk is full")\n    print("')
    )

    with pytest.raises(Failed, match="the disk is full") as told:
        running.do(install.upgrade)

    assert "runs again; its tables are as they were" in str(told.value)
    is_as_before(running)
    assert running.database == ["grids.0001_a"]


def test_migrations_that_fail_are_taken_back(running: Stage) -> None:
    new = running.layout.releases / NEW
    (new / "fails-migrate").write_text("column x does not exist")
    script = new / ".venv" / "bin" / "python"
    # It fails on the way forward only.
    script.write_text(
        script.read_text().replace("if says.exists():", "if says.exists() and len(words) == 3:")
    )

    with pytest.raises(Failed, match="column x does not exist") as told:
        running.do(install.upgrade)

    assert "2 migrations were taken back" in str(told.value)
    is_as_before(running)
    assert running.database == ["grids.0001_a"]


def test_an_old_version_is_never_started_on_tables_that_it_does_not_know(running: Stage) -> None:
    (running.layout.releases / NEW / "sick").touch()
    (running.layout.releases / NEW / "irreversible").touch()

    with pytest.raises(Failed) as told:
        running.do(install.upgrade)

    assert "is in its place again but is NOT started" in str(told.value)
    assert "IrreversibleError: cannot be undone" in str(told.value)
    assert "Restore the backup" in str(told.value)
    is_as_before(running)
    assert not PROCESSES & running.active


def test_no_upgrade_without_a_backup_unless_that_is_said(running: Stage) -> None:
    (running.layout.releases / OLD / "fails-backup").write_text("Unknown command: 'backup'")

    with pytest.raises(Failed, match="cannot back itself up"):
        running.do(install.upgrade)
    is_as_before(running)
    assert running.active >= PROCESSES

    calls = running.do(install.upgrade, without_backup=True)
    assert not any("backup" in call for call in calls)
    assert running.layout.running_release() == running.layout.releases / NEW


def test_keys_stay_readable_for_the_processes_at_work(stage: Stage) -> None:
    stage.do(install.install)

    # The folders alone: an upgrade lays the new version for minutes after them.
    machine.Machine(stage.layout, Journal("t", stage.layout.log)).ensure_folders()

    assert stage.layout.secrets.stat().st_mode & 0o7777 == 0o750


def test_an_upgrade_that_is_there_already_only_looks(running: Stage) -> None:
    running.do(install.upgrade)

    calls = running.do(install.upgrade, name="", https_port=0)

    assert not any("backup" in call or "stop" in call for call in calls)


def test_the_end_keeps_the_data(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.do(install.install)
    picture = stage.layout.state / "media" / "picture.jpg"
    picture.write_text("x")

    stage.do(install.uninstall)

    assert picture.exists()
    assert stage.layout.environment.exists()
    assert not stage.layout.opt.exists()
    assert not stage.layout.manage.exists()
    assert list(stage.layout.units.glob("gis-server*")) == []
    assert not stage.active & PROCESSES
    assert f"Kept: {stage.layout.state}" in capsys.readouterr().out


def test_the_end_deletes_the_data_where_that_was_said(stage: Stage) -> None:
    stage.do(install.install)

    stage.do(install.uninstall, delete_data=True)
    # What was cut off in the middle is called again.
    stage.do(install.uninstall, delete_data=True)

    left = [file for file in stage.layout.root.rglob("*") if "gis-server" in file.name]
    assert left == []


def test_a_certificate_that_was_made_anew_is_taken_up(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "SERVER_DAYS", 20)
    stage.do(install.install)
    monkeypatch.setattr(tls, "SERVER_DAYS", 825)

    assert stage.do(install.renew) == ["systemctl try-reload-or-restart gis-server-front.service"]
    assert stage.do(install.renew) == []
