"""What bin/install looks at before it changes anything.  The machine is played by shell functions
and by files in the place of those of /proc; what is tested is what is said."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FINE = """
df() { case $1 in *source) echo Filesystem; echo /dev/one ;; *) echo Avail; echo 90000M ;; esac; }
uname() { echo x86_64; }
nproc() { echo 4; }
dpkg() { echo amd64; }
timedatectl() { case $3 in NTPSynchronized) echo yes ;; Timezone) echo Asia/Shanghai ;; esac; }
"""
BOOKWORM = 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nVERSION_ID="12"\nID=debian\n'
LISTENS_ON_443 = (
    "  sl  local_address rem_address   st tx_queue\n"
    "   0: 00000000:01BB 00000000:0000 0A 00000000:00000000\n"
    "   1: 0100007F:1F40 0100007F:C001 01 00000000:00000000\n"
)
"""Port 443 listens; 8000 only has a connection, as somebody's program that asks there has."""


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """Files of a machine on which nothing is wrong."""
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "tcp").write_text("  sl  local_address rem_address   st\n")
    (tmp_path / "meminfo").write_text("MemTotal:        8000000 kB\nMemFree: 1 kB\n")
    (tmp_path / "os-release").write_text(BOOKWORM)
    (tmp_path / "systemd").mkdir()
    (tmp_path / "made").touch()
    return tmp_path


def bash(machine: Path, script: str, **env: str) -> subprocess.CompletedProcess[str]:
    start = f"set -uo pipefail; COMMAND=bin/install; source bin/preflight.sh\n{FINE}"
    return subprocess.run(
        ["bash", "-c", f"{start}{script}\ntell_preflight"],
        env={
            "PATH": os.environ["PATH"], "PROC": str(machine), "LC_ALL": "C.UTF-8",
            "OS_RELEASE": str(machine / "os-release"), "HERE": str(machine),
            "RUNNING_SYSTEMD": str(machine / "systemd"), **env,
        },
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip


ALL = """
check_site east-1
check_system; check_machine; check_systemd; check_memory; check_disk /opt/x /var/lib/x
check_ports 443 80; check_time "$HERE/made"; check_name map.example
"""


def test_a_machine_that_has_everything_is_told_nothing(machine: Path) -> None:
    done = bash(machine, ALL)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_all_that_is_wrong_is_told_at_once(machine: Path) -> None:
    (machine / "os-release").write_text('ID=ubuntu\nVERSION_ID="24.04"\n')
    (machine / "meminfo").write_text("MemTotal:        1000000 kB\n")
    (machine / "net" / "tcp").write_text(LISTENS_ON_443)
    (machine / "systemd").rmdir()

    done = bash(machine, ALL)

    assert done.returncode == 1
    said = done.stderr.splitlines()
    assert said[0].startswith("bin/install: nothing was changed.")
    assert [line.split()[1] for line in said[1:]] == ["this", "systemd", "only", "port"]


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        pytest.param("check_machine", "the processor is riscv64", id="processor"),
        pytest.param("check_site 'a b'", "'a b' is no name of a site", id="site"),
        pytest.param(
            "check_disk /opt/x /var/lib/x", "only 7000 MB are free on the disk", id="disk"
        ),
    ],
)
def test_what_the_machine_lacks(machine: Path, script: str, sentence: str) -> None:
    lacking = (
        "uname() { echo riscv64; };"
        "df() { case $1 in *source) echo F; echo /dev/one ;; *) echo A; echo 7000M ;; esac; };"
    )

    assert sentence in bash(machine, lacking + script).stderr


def test_disks_that_are_two_are_looked_at_one_by_one(machine: Path) -> None:
    two = """
nearest() { echo "$1"; }
df() {
  case "$*" in
    *source*) echo F; echo "/dev/$2" ;;
    */opt*) echo A; echo 2000M ;;
    *) echo A; echo 90000M ;;
  esac
}
check_disk /opt /var/lib
"""

    said = bash(machine, two).stderr

    assert "only 2000 MB are free on the disk of /opt, and 3000 are needed" in said
    assert "/var/lib" not in said


def test_a_port_that_only_has_a_connection_is_free(machine: Path) -> None:
    (machine / "net" / "tcp").write_text(LISTENS_ON_443)

    said = bash(machine, "check_ports 443 8000 4430").stderr

    assert "port 443 is taken" in said
    assert said.count("is taken") == 1


def test_a_clock_before_the_version_was_made_is_refused(machine: Path) -> None:
    os.utime(machine / "made", (4_000_000_000, 4_000_000_000))

    done = bash(machine, 'check_time "$HERE/made"')

    assert done.returncode == 1
    assert "which is before this version was made" in done.stderr


def test_a_clock_that_nobody_sets_is_a_doubt(machine: Path) -> None:
    done = bash(machine, 'timedatectl() { echo no; }; check_time "$HERE/made"')

    assert done.returncode == 0
    assert "the clock follows no time server" in done.stdout
    assert "time zone is no" in done.stdout


@pytest.mark.parametrize(
    ("name", "is_right"),
    [
        pytest.param("map.example", True, id="name"),
        pytest.param("gis", True, id="one word"),
        pytest.param("10.20.0.5", True, id="address"),
        pytest.param("", False, id="nothing"),
        pytest.param("Map.example", False, id="capital"),
        pytest.param("https://map.example", False, id="address of a page"),
        pytest.param("map.example:443", False, id="with a port"),
        pytest.param("-map.example", False, id="begins with a dash"),
        pytest.param("map..example", False, id="two dots"),
        pytest.param("10.20.0.256", False, id="no address"),
        pytest.param("10.20.5", False, id="half an address"),
        pytest.param("map.example;reboot", False, id="a command"),
        pytest.param("map.example\n10.0.0.1", False, id="two lines"),
        pytest.param("a" * 254, False, id="too long"),
    ],
)
def test_names(machine: Path, name: str, is_right: bool) -> None:
    done = bash(machine, 'check_name "$NAME"', NAME=name)

    assert (done.returncode == 0) is is_right


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for map.example, one that has run out, and a key of neither."""
    folder, now = tmp_path_factory.mktemp("pairs"), datetime.now(UTC)
    for name, days in (("good", 30), ("old", -1), ("other", 30)):
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
        names = x509.SubjectAlternativeName([x509.DNSName("map.example")])
        made = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
            .public_key(key.public_key()).serial_number(1).add_extension(names, critical=False)
            .not_valid_before(now - timedelta(days=9)).not_valid_after(now + timedelta(days=days))
            .sign(key, hashes.SHA256())
        )  # fmt: skip
        pem = serialization.Encoding.PEM
        (folder / f"{name}.crt").write_bytes(made.public_bytes(pem))
        (folder / f"{name}.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
    return folder


@pytest.mark.parametrize(
    ("certificate", "key", "name", "sentence"),
    [
        pytest.param("good.crt", "good.key", "map.example", "", id="right"),
        pytest.param("", "", "map.example", "", id="none"),
        pytest.param("good.crt", "", "map.example", "needs its key", id="no key"),
        pytest.param("good.crt", "other.key", "map.example", "is not the key of", id="other key"),
        pytest.param("good.key", "good.key", "map.example", "is no certificate", id="a key"),
        pytest.param("good.crt", "none.key", "map.example", "is no key", id="no such file"),
        pytest.param("old.crt", "old.key", "map.example", "has run out", id="old"),
        pytest.param("good.crt", "good.key", "b.example", "is not for b.example", id="other name"),
        pytest.param("good.crt", "good.key", "10.0.0.1", "is not for 10.0.0.1", id="address"),
    ],
)
def test_certificates(
    machine: Path, pairs: Path, certificate: str, key: str, name: str, sentence: str
) -> None:
    files = [str(pairs / file) if file else "" for file in (certificate, key)]
    done = bash(machine, 'check_certificate "$C" "$K" "$N"', C=files[0], K=files[1], N=name)

    assert sentence in done.stderr
    assert (done.returncode == 0) == (not sentence)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        pytest.param("postgres://me:secret@db.local/gis", "db.local 5432", id="usual"),
        pytest.param("postgres://me:" + "p%40@db.local:6000/gis?a=b", "db.local 6000", id="port"),
        pytest.param("postgres://gis@/gis?host=/run/x", "", id="socket"),
        pytest.param("unix:///run/redis.sock?db=0", "", id="redis by a socket"),
    ],
)
def test_where_an_address_leads(machine: Path, address: str, place: str) -> None:
    assert bash(machine, 'place_of "$A" 5432', A=address).stdout.strip() == place


def test_a_server_that_nobody_answers_at_is_told_without_its_password(machine: Path) -> None:
    address = "postgres://me:topsecret@127.0.0.1:1/gis"

    said = bash(machine, 'check_reached DATABASE_URL "$A" 5432', A=address).stderr

    assert "DATABASE_URL leads to 127.0.0.1, port 1, where nobody answers" in said
    assert "topsecret" not in said


def test_a_bundle_that_was_damaged_on_its_way(machine: Path) -> None:
    (machine / "manifest").write_text("release=1\narchitecture=amd64\n")
    (machine / "wheel").write_text("whole")
    sums = subprocess.run(
        ["sha256sum", "wheel"], cwd=machine, check=True, capture_output=True, text=True
    ).stdout
    (machine / "SHA256SUMS").write_text(sums)
    assert bash(machine, 'check_bundle "$HERE"').returncode == 0

    (machine / "wheel").write_text("half")
    assert "the bundle is damaged (wheel: FAILED)" in bash(machine, 'check_bundle "$HERE"').stderr
    (machine / "wheel").unlink()
    assert "the bundle is damaged" in bash(machine, 'check_bundle "$HERE"').stderr
    (machine / "manifest").write_text("release=1\narchitecture=arm64\n")
    assert (
        "made for arm64, and this machine is amd64" in bash(machine, 'check_bundle "$HERE"').stderr
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param(["--nonsense"], "it knows no '--nonsense'", id="unknown"),
        pytest.param(["--name"], "--name needs a value", id="no value"),
        pytest.param(["--name", "--yes"], "--name needs a value", id="a word for a value"),
        pytest.param(["--from", "/nonexistent.tar"], "there is no /nonexistent.tar", id="no file"),
    ],
)
def test_words_that_bin_install_does_not_take(words: list[str], sentence: str) -> None:
    done = subprocess.run(["bin/install", *words], check=False, capture_output=True, text=True)

    assert done.returncode != 0
    assert sentence in done.stderr


def test_help_needs_no_python_and_no_root() -> None:
    done = subprocess.run(["bin/install", "--help"], check=False, capture_output=True, text=True)

    assert done.returncode == 0
    assert "--upgrade" in done.stdout
