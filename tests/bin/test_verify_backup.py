"""bin/verify-backup on its throw-away server."""

import json
import os
from pathlib import Path

import pytest

from bin.steps import places
from bin.steps.journal import Failed
from bin.steps.layout import Layout
from bin.steps.verify_backup import needed_mb, of_installation


def test_room_is_asked_for_the_largest_database(tmp_path: Path) -> None:
    for number, size in enumerate((10**9, 3 * 10**9)):
        folder = tmp_path / f"gis-server-{number}"
        folder.mkdir()
        (folder / "manifest.json").write_text(json.dumps({"database_bytes": size}))
    (tmp_path / "gis-server-x").mkdir()
    (tmp_path / "gis-server-x" / "manifest.json").write_text("half")

    assert needed_mb(tmp_path) == 3500
    assert needed_mb(tmp_path / "none") == 500


@pytest.fixture
def laid(tmp_path: Path) -> Layout:
    """An installation with a database: it has no VERSION, which is bin/up's."""
    laid = Layout(tmp_path)
    (laid.state / "pg").mkdir(parents=True)
    laid.etc.mkdir(parents=True)
    laid.environment.write_text("VAULT_KEY_FILE=/etc/x\nBACKUP_DIR=/mnt/backups\n")
    return laid


def test_an_installation_verifies_with_its_own_settings_beside_its_state(laid: Layout) -> None:
    where, env = of_installation(laid)

    assert where.root == places.ROOT
    assert where.var.parent == laid.state
    assert all(folder.is_dir() for folder in (where.run, where.log))
    assert env["VAULT_KEY_FILE"] == "/etc/x"
    assert env["BACKUP_DIR"] == "/mnt/backups"
    # Nothing of a checkout's is made there: no keys, no stamp.
    assert sorted(one.name for one in laid.state.iterdir()) == ["pg", "verify"]


def test_an_installation_keeps_its_backups_with_its_state(
    laid: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BACKUP_DIR", raising=False)
    laid.environment.write_text("")

    assert of_installation(laid)[1]["BACKUP_DIR"] == str(laid.state / "backups")


def test_whoever_may_not_read_the_settings_is_told_how(
    laid: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> str:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "read_text", refused)

    with pytest.raises(Failed, match="as root"):
        of_installation(laid)
