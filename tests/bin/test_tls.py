"""The certificate of an installation is one that a browser takes, and lasts."""

import os
import ssl
import subprocess
from pathlib import Path

import pytest

from bin.steps import tls
from bin.steps.journal import Failed, Journal
from tests.bin.test_front import handshake


@pytest.fixture
def own(tmp_path: Path) -> tls.Certificate:
    (tmp_path / "tls").mkdir()
    return tls.Certificate(tmp_path / "tls")


def trusted(own: tls.Certificate) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(own.authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


@pytest.mark.parametrize("name", ["map.example", "10.20.0.5", "a" * 60 + ".example"])
def test_whoever_trusts_the_authority_trusts_the_server(
    own: tls.Certificate, journal: Journal, name: str
) -> None:
    assert tls.ensure(own, journal, name)

    handshake(own, trusted(own), name)
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(own, trusted(own), "other.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(own, ssl.create_default_context(), name)


def test_keys_are_for_their_owner_alone(own: tls.Certificate, journal: Journal) -> None:
    tls.ensure(own, journal, "map.example")

    assert own.authority_key.stat().st_mode & 0o777 == 0o600
    # The group is that of the server in front.
    assert own.key.stat().st_mode & 0o777 == 0o640
    assert sorted(file.name for file in own.folder.iterdir()) == [
        "ca.crt", "ca.key", "server.crt", "server.key",
    ]  # fmt: skip


def test_a_second_time_nothing_is_made(own: tls.Certificate, journal: Journal) -> None:
    tls.ensure(own, journal, "map.example")
    before = own.chain.read_bytes()

    assert not tls.ensure(own, journal, "map.example")
    assert own.chain.read_bytes() == before


def test_another_name_gets_another_certificate_by_the_same_authority(
    own: tls.Certificate, journal: Journal
) -> None:
    tls.ensure(own, journal, "map.example")
    authority = own.authority.read_bytes()

    assert tls.ensure(own, journal, "wall.example")
    assert own.authority.read_bytes() == authority
    handshake(own, trusted(own), "wall.example")


def test_it_is_made_anew_when_a_month_is_left(
    own: tls.Certificate, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tls, "SERVER_DAYS", 29)
    tls.ensure(own, journal, "map.example")
    monkeypatch.setattr(tls, "SERVER_DAYS", 825)

    assert tls.ensure(own, journal, "map.example")
    assert not tls.ensure(own, journal, "map.example")


def given(folder: Path, name: str) -> tuple[Path, Path]:
    chain, key = folder / "own.crt", folder / "own.key"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-keyout", key, "-out", chain, "-days", "9", "-subj", "/CN=x",
            "-addext", f"subjectAltName=DNS:{name}",
        ],
        check=True, capture_output=True,
    )  # fmt: skip
    return chain, key


def test_the_district_s_own_takes_its_place_and_is_never_renewed_by_us(
    own: tls.Certificate, journal: Journal, tmp_path: Path
) -> None:
    tls.ensure(own, journal, "map.example")
    chain, key = given(tmp_path, "map.example")

    assert tls.take(own, chain, key)
    assert not tls.take(own, chain, key)
    assert not own.is_ours
    assert not tls.ensure(own, journal, "map.example")
    assert own.chain.read_bytes() == chain.read_bytes()
    with pytest.raises(Failed, match=r"is not for wall\.example"):
        tls.ensure(own, journal, "wall.example")


def test_a_run_that_was_cut_off_is_gone_over_again(own: tls.Certificate, journal: Journal) -> None:
    (own.folder / "ca.crt").write_text("half")
    (own.folder / "new").mkdir()
    (own.folder / "new" / "key").write_text("half")
    (own.folder / "server.key.new").write_text("half")

    tls.ensure(own, journal, "map.example")

    handshake(own, trusted(own), "map.example")


def test_a_key_is_never_readable_by_others_on_its_way(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        tls.write(tmp_path / "key", b"secret", 0o600)
    finally:
        os.umask(old)

    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
