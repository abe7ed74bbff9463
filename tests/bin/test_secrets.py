"""Keys are made once, only their owner may read them, and keys that were given are left alone."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bin.steps.places import Places
from bin.steps.product import count_anew, ensure_secrets


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    for name in ("SECRET_KEY", "VAULT_KEY", "METRICS_TOKEN"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    (tmp_path / "secrets").mkdir()
    return Places(tmp_path, tmp_path, tmp_path)


def test_keys_are_made_once(places: Places) -> None:
    named = ensure_secrets(places)
    made = {name: Path(file).read_text() for name, file in named.items()}

    assert ensure_secrets(places) == named
    assert {name: Path(file).read_text() for name, file in named.items()} == made
    Fernet(made["VAULT_KEY_FILE"])
    assert len(made["SECRET_KEY_FILE"]) >= 50
    assert len(made["METRICS_TOKEN_FILE"]) >= 50


def test_only_their_owner_may_read_them(places: Places) -> None:
    ensure_secrets(places)
    key = places.secrets / "vault_key"
    key.chmod(0o644)

    ensure_secrets(places)

    assert places.secrets.stat().st_mode & 0o777 == 0o700
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_run_cut_off_while_writing_leaves_no_empty_key(places: Places) -> None:
    (places.secrets / "vault_key").touch()

    Fernet(Path(ensure_secrets(places)["VAULT_KEY_FILE"]).read_text())


def test_keys_that_were_given_are_used(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "given")
    monkeypatch.setenv("VAULT_KEY_FILE", "/run/given")
    monkeypatch.setenv("METRICS_TOKEN", "given-too")

    assert ensure_secrets(places) == {}
    assert list(places.secrets.iterdir()) == []


def test_what_was_counted_before_is_dropped_and_nothing_else(tmp_path: Path) -> None:
    for name in ("counter_5.db", "other.txt"):
        (tmp_path / name).touch()

    count_anew({"METRICS_DIR": str(tmp_path)})
    count_anew({"METRICS_DIR": str(tmp_path / "none")})

    assert [one.name for one in tmp_path.iterdir()] == ["other.txt"]
