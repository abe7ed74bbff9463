"""What bash says and does before Python is there.  The programs of the system are played by shell
functions; what is tested is which packages are chosen and what is said when that fails."""

import os
import subprocess

import pytest

NOTHING_THERE = """
python_fits() { false; }
installed() { false; }
postgis_here() { false; }
command() { false; }
available() { [[ " $ARCHIVE " == *" $1 "* ]]; }
apt-cache() {
  case "$*" in
    "show --no-all-versions python3") echo "Version: $PYTHON3-1" ;;
    search*) for name in $ARCHIVE; do echo "$name - text"; done ;;
  esac
}
"""


def bash(script: str, **env: str) -> subprocess.CompletedProcess[str]:
    start = "set -uo pipefail; COMMAND=bin/up ASSUME_YES=1; source bin/system.sh\n"
    return subprocess.run(
        ["bash", "-c", start + script],
        env={"PATH": os.environ["PATH"], **env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("archive", "python3", "wanted"),
    [
        pytest.param(
            "postgresql-15-postgis-3 chromium chromium-headless-shell",
            "3.11.2",
            "python3 python3-venv postgresql-15 postgresql-15-postgis-3 chromium-headless-shell",
            id="Debian 12",
        ),
        pytest.param(
            "postgresql-16-postgis-3",
            "3.12.3",
            "python3 python3-venv postgresql-16 postgresql-16-postgis-3 chromium-browser",
            id="Ubuntu 24.04",
        ),
        pytest.param(
            "postgresql-13-postgis-3 postgresql-15-postgis-3 python3.11-venv chromium",
            "3.9.2",
            "python3.11 python3.11-venv postgresql-15 postgresql-15-postgis-3 chromium",
            id="Python too old, a newer one beside it",
        ),
        pytest.param(
            "postgresql-17-postgis-3 chromium python3.13-venv python3.12-venv",
            "3.14.0",
            "python3.13 python3.13-venv postgresql-17 postgresql-17-postgis-3 chromium",
            id="Python too new for the wheels",
        ),
        pytest.param(
            "",
            "",
            "python3 python3-venv postgresql-15 postgresql-15-postgis-3 chromium-browser",
            id="no package lists yet",
        ),
    ],
)
def test_package_names_follow_the_distribution(archive: str, python3: str, wanted: str) -> None:
    done = bash(
        NOTHING_THERE + 'list_missing database browser; echo "${MISSING[@]}"',
        ARCHIVE=archive,
        PYTHON3=python3,
    )

    assert done.stdout.split() == wanted.split()


def test_a_bare_start_needs_no_video_and_no_browser() -> None:
    done = bash(
        NOTHING_THERE + 'list_missing run database redis; echo "${MISSING[@]}"',
        ARCHIVE="postgresql-15-postgis-3",
        PYTHON3="3.11.2",
    )

    assert "gstreamer" not in done.stdout
    assert "chromium" not in done.stdout


def test_servers_that_were_named_are_not_installed() -> None:
    done = bash(
        'list_missing() { echo "$*"; }; ensure_system run database redis demo',
        DATABASE_URL="postgres://somewhere/gis",
        REDIS_URL="redis://somewhere",
    )

    assert done.stdout.split() == ["run", "demo"]


# What apt-get and dpkg of Debian 12 print.
FETCH = (
    "E: Failed to fetch http://mirror.example/debian/pool/main/r/redis/redis-tools_7.0.15_amd64.deb"
    "  Could not connect to 127.0.0.1:9\n"
)


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        pytest.param(FETCH, "redis-tools could not be downloaded: check the network", id="fetch"),
        pytest.param(
            "W: Failed to fetch http://mirror.example/debian/dists/bookworm/InRelease\n",
            "the package list could not be downloaded: check the network",
            id="no list",
        ),
        pytest.param(
            "E: Unable to locate package gettext\n", "gettext could not be installed", id="unknown"
        ),
        pytest.param(
            "E: Package 'chromium' has no installation candidate\n",
            "chromium could not be installed",
            id="no candidate",
        ),
        pytest.param(
            "dpkg: error processing package postgresql-15 (--configure):\n",
            "postgresql-15 could not be installed",
            id="does not configure",
        ),
        pytest.param(
            "E: You don't have enough free space in /var/cache/apt/archives/.\n",
            "the disk is too full",
            id="full",
        ),
        pytest.param("", "a system package could not be installed", id="silent"),
    ],
)
def test_a_failed_installation_names_the_package(log: str, sentence: str) -> None:
    script = (
        'MISSING=(one two); SETUP_PACKAGES_LOG=$(mktemp); printf %s "$LOG" >$SETUP_PACKAGES_LOG;'
        " why_apt_failed; rm $SETUP_PACKAGES_LOG"
    )

    said = bash(script, LOG=log).stdout

    assert said.startswith(sentence)
    assert "bin/up again" in said
    assert said.count("\n") == 1


def test_without_sudo_the_command_for_an_administrator_is_named() -> None:
    done = bash("MISSING=(redis-tools); may_become_root() { false; }; install_missing")

    assert done.returncode == 1
    assert done.stderr == (
        "bin/up: an administrator must install some packages first:"
        " apt-get install --no-install-recommends redis-tools\n"
    )


def test_nothing_is_installed_without_a_yes() -> None:
    done = bash("ASSUME_YES=0 MISSING=(redis-tools); may_become_root() { true; }; install_missing")

    assert done.returncode == 1
    assert "redis-tools" in done.stdout
    assert "run bin/up --yes" in done.stderr


def test_a_full_disk_is_told_before_anything_is_installed() -> None:
    done = bash(
        "MISSING=(redis-tools); may_become_root() { true; }; df() { echo 12M; }; install_missing"
    )

    assert done.returncode == 1
    assert "only 12 MB are free under /usr" in done.stderr


def test_half_installed_packages_that_do_not_mend_are_told() -> None:
    done = bash(
        "SETUP_PACKAGES_LOG=/dev/null; dpkg() { echo half; }; as_root() { false; };"
        " mend_half_installed"
    )

    assert done.returncode == 1
    assert "half installed and do not mend: run 'sudo apt-get --fix-broken install'" in done.stderr


def test_a_machine_without_python_says_which_to_install() -> None:
    done = bash("list_missing() { MISSING=(); }; find_python() { false; }; ensure_system run")

    assert done.returncode == 1
    assert done.stderr.startswith("bin/up: Python 3.11 to 3.13 is needed")


def test_a_system_without_apt_says_what_it_needs() -> None:
    done = bash("MISSING=(redis-tools); command() { false; }; install_missing")

    assert done.returncode == 1
    assert "has no apt-get; install what these Debian packages hold" in done.stderr
