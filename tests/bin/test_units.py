"""The units say what the Procfile says, and nothing in them is replaced by systemd on the way."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bin.steps import postgres as server
from bin.steps import units
from bin.steps.layout import Layout

LAYOUT = Layout()
PROCFILE = Path("Procfile").read_text(encoding="utf-8")
POSTGRES, REDIS = Path("/usr/lib/postgresql/15/bin"), Path("/usr/bin/redis-check-rdb")


def made(**changed: Path | None) -> dict[str, str]:
    servers: dict[str, Path | None] = {"postgres": POSTGRES, "redis": REDIS}
    told = servers | changed
    return units.all_units(
        LAYOUT, units.procfile(PROCFILE), postgres=told["postgres"], redis=told["redis"]
    )


def settings(text: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", text, flags=re.MULTILINE):
        found.setdefault(name, []).append(value)
    return found


def test_every_process_of_the_product_is_a_unit_and_none_of_the_demo() -> None:
    lines = {line.partition(":")[0] for line in PROCFILE.splitlines()}

    assert set(units.procfile(PROCFILE)) == lines - units.DEMO
    assert set(units.WHAT) == lines - units.DEMO
    assert set(made()) == {
        *(f"gis-server-{name}.service" for name in units.WHAT),
        "gis-server-postgres.service", "gis-server-redis.service", "gis-server-front.service",
        "gis-server-certificate.service", "gis-server-certificate.timer", "gis-server.target",
    }  # fmt: skip


def test_servers_of_the_district_s_own_have_no_units_and_are_not_waited_for() -> None:
    found = made(postgres=None, redis=None)

    assert "gis-server-postgres.service" not in found
    assert "gis-server-redis.service" not in found
    assert not any("postgres.service" in text for text in found.values())


def test_the_target_wants_all_services_and_each_stops_with_it() -> None:
    found = made()
    services = {name for name in found if name.endswith(".service")} - {
        "gis-server-certificate.service"
    }

    assert services <= set(settings(found["gis-server.target"])["Wants"][0].split())
    for name in services:
        assert settings(found[name])["PartOf"] == ["gis-server.target"], name
        assert settings(found[name])["Restart"] == ["always"], name
        # Restart=always alone gives up after five starts within ten seconds.
        assert settings(found[name])["StartLimitIntervalSec"] == ["0"], name


def test_no_service_may_more_than_it_needs() -> None:
    for name, text in made().items():
        if not name.endswith(".service") or "certificate" in name:
            continue
        told = settings(text)
        assert told["User"][0] in {"gis-server", "gis-server-front", "postgres"}, name
        assert told["NoNewPrivileges"] == ["yes"], name
        assert told["ProtectSystem"] == ["strict"], name
        allowed = "CAP_NET_BIND_SERVICE" if "front" in name else ""
        assert told["CapabilityBoundingSet"] == [allowed], name
        written = " ".join(told.get("ReadWritePaths", []))
        assert all(path.startswith("/var/lib/gis-server") for path in written.split()), name


def test_folders_on_other_disks_are_written_by_processes_alone() -> None:
    found = units.all_units(
        LAYOUT, units.procfile(PROCFILE), postgres=POSTGRES, redis=REDIS,
        elsewhere=["/srv/50% full/backups"],
    )  # fmt: skip

    told = {name: settings(text).get("ReadWritePaths", [""]) for name, text in found.items()}
    assert told["gis-server-jobs.service"] == ['/var/lib/gis-server "-/srv/50%% full/backups"']
    assert "/srv" not in told["gis-server-postgres.service"][0]


ARCHIVE = Path("/srv/50% full/the log's")


def archiving() -> dict[str, str]:
    return units.all_units(
        LAYOUT, units.procfile(PROCFILE), postgres=POSTGRES, redis=REDIS, archive=ARCHIVE
    )


def test_the_database_writes_its_archive_and_is_told_to() -> None:
    told = settings(archiving()["gis-server-postgres.service"])

    assert told["ReadWritePaths"] == ['/var/lib/gis-server "-/srv/50%% full/the log\'s"']
    words = as_systemd_reads(told["ExecStart"][0])
    assert words == [
        f"{POSTGRES}/postgres", "-D", "/var/lib/gis-server/pg",
        "-c", "archive_mode=on",
        "-c", f"archive_command={server.archive_command(ARCHIVE)}",
        "-c", "archive_timeout=300",
    ]  # fmt: skip


def test_a_database_with_an_archive_is_copied_once_a_week() -> None:
    found = archiving()

    told = settings(found["gis-server-base.service"])
    assert told["ExecStart"] == ["/opt/gis-server/current/bin/recover base"]
    assert told["ReadWritePaths"] == ['/var/log/gis-server "-/srv/50%% full/the log\'s"']
    wanted = settings(found[units.TARGET])["Wants"][0].split()
    assert "gis-server-base.timer" in wanted
    assert "gis-server-base.service" not in wanted
    assert not any("base" in name for name in made())


def as_systemd_reads(command: str) -> list[str]:
    """The words of an ExecStart line, by the rules of systemd.service(5), "Command lines"."""
    words = re.findall(r'"((?:\\.|[^"\\])*)"|(\S+)', command)
    read = [re.sub(r"\\(.)", r"\1", quoted) if quoted else plain for quoted, plain in words]
    assert not any(re.search(r"(?<!\$)(\$\$)*\$(?!\$)", word) for word in read), "a variable"
    assert not any(re.search(r"(?<!%)(%%)*%(?!%)", word) for word in read), "a specifier"
    return [word.replace("$$", "$").replace("%%", "%") for word in read]


@pytest.mark.parametrize(
    "command",
    [
        *units.procfile(PROCFILE).values(),
        "exec x --host \"$HOST\" --share 5% --path 'a\\b'",
    ],
)
def test_the_shell_gets_the_very_line_of_the_procfile(command: str) -> None:
    unit = units.process(LAYOUT, "web", command, [], [])

    assert as_systemd_reads(settings(unit)["ExecStart"][0]) == ["/bin/sh", "-c", command]


def test_a_line_break_cannot_become_a_second_setting() -> None:
    with pytest.raises(ValueError, match="one line"):
        units.quoted("exec x\nUser=root")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_finds_nothing_wrong(tmp_path: Path) -> None:
    """Programs and folders of an installation are not here: that alone it may say."""
    found = archiving()
    for name, text in found.items():
        # What a unit runs is not installed here.
        (tmp_path / name).write_text(
            re.sub(r"^ExecStart=(@?)\S+", r"ExecStart=\1/bin/sh", text, flags=re.MULTILINE)
        )

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in found)],
        check=False, capture_output=True, text=True,
        env={"SYSTEMD_UNIT_PATH": f"{tmp_path}:/lib/systemd/system", "PATH": "/usr/bin:/bin"},
    )  # fmt: skip

    ours = [line for line in done.stderr.splitlines() if "gis-server" in line]
    assert ours == []
    assert done.returncode == 0, done.stderr
