"""What an installation has of the machine: its users, its folders and its units in systemd."""

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bin.steps.journal import Journal
from bin.steps.layout import FRONT_USER, USER, Layout
from bin.steps.tls import write


@dataclass(frozen=True)
class Machine:
    """`layout.root` other than / is a rehearsal: files are laid, and nobody owns them."""

    layout: Layout
    journal: Journal

    @property
    def rehearsal(self) -> bool:
        return self.layout.root != Path("/")

    def run(self, *words: str, failed: str) -> str:
        return self.journal.run(words, env=os.environ, cwd=Path("/"), failed=failed)

    # ---- Users and folders --------------------------------------------------------------------

    def ensure_users(self) -> None:
        if self.rehearsal:
            return
        for name in (USER, FRONT_USER):
            if not _is_known(name):
                self.run(
                    "useradd", "--system", "--user-group", "--no-create-home",
                    "--home-dir", str(self.layout.state), "--shell", "/usr/sbin/nologin", name,
                    failed=f"the user {name} could not be made.",
                )  # fmt: skip

    def remove_users(self) -> None:
        if self.rehearsal:
            return
        for name in (FRONT_USER, USER):
            if _is_known(name):
                self.run("userdel", name, failed=f"the user {name} could not be removed.")

    def ensure_folders(self) -> None:
        layout, state = self.layout, self.layout.state
        for folder, owner, mode in (
            (layout.releases, "root", 0o755),
            (layout.etc, "root", 0o755),
            (layout.etc / "nginx.d", "root", 0o755),
            (layout.tls, "root", 0o755),
            (layout.log, "root", 0o750),
            # Others may pass through: PostgreSQL and the server in front have folders in it.
            (state, USER, 0o751),
            (state / "run", USER, 0o700),
            (state / "media", USER, 0o750),
            (state / "redis", USER, 0o700),
            (state / "tiles", USER, 0o750),
        ):
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
            self.give(folder, owner, owner, mode)
        # At no moment of a later run closed to the processes that are at work.
        layout.secrets.mkdir(mode=0o750, exist_ok=True)
        self.give(layout.secrets, "root", USER, 0o750)

    def give(self, path: Path, user: str, group: str, mode: int) -> None:
        if not self.rehearsal:
            shutil.chown(path, user, group)
        path.chmod(mode)

    def put(self, file: Path, text: str, mode: int = 0o644, group: str = "root") -> bool:
        """Write a file of ours unless it says so already; whether it was written."""
        there = file.exists() and file.read_text(encoding="utf-8") == text
        if not there:
            file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
            write(file, text.encode(), mode)
        self.give(file, "root", group, mode)
        return not there

    # ---- Units --------------------------------------------------------------------------------

    def put_units(self, units: Mapping[str, str]) -> bool:
        """Make the units of gis-server exactly these; whether anything changed."""
        gone = [file for file in self.our_units() if file.name not in units]
        for file in gone:
            file.unlink()
        written = [self.put(self.layout.units / name, text) for name, text in units.items()]
        changed = bool(gone) or any(written)
        if changed:
            self.systemctl("daemon-reload")
        return changed

    def our_units(self) -> list[Path]:
        """Not what an administrator has added to them (`systemctl edit`), a folder for each."""
        return sorted(one for one in self.layout.units.glob("gis-server*.*") if one.is_file())

    def systemctl(self, *words: str) -> str:
        return self.run(
            "systemctl", *words,
            failed=f"systemctl {' '.join(words[:2])} did not succeed: {advice(words[1:])}",
        )  # fmt: skip

    def restless(self, names: Iterable[str]) -> list[str]:
        """Those of some units that do not run, or have been started again within five seconds."""
        names = list(names)
        before = self._starts(names)
        time.sleep(0 if self.rehearsal else 5)
        after = self._starts(names)
        return [name for name in names if after[name] is None or after[name] != before[name]]

    def _starts(self, names: list[str]) -> dict[str, str | None]:
        """How often systemd has started each again; None where it does not run."""
        starts = {}
        for name in names:
            said = self.systemctl("show", name, "--property=ActiveState,NRestarts")
            told = dict(line.partition("=")[::2] for line in said.splitlines())
            runs = told.get("ActiveState") == "active"
            starts[name] = told.get("NRestarts", "0") if runs else None
        return starts

    def last_words(self, unit: str) -> str:
        """What a unit said last, in one line."""
        command = ["journalctl", "-u", unit, "-n", "3", "--no-pager", "-o", "cat"]
        try:
            done = subprocess.run(command, check=False, capture_output=True, text=True)
        except FileNotFoundError:
            return ""
        return " ".join(done.stdout.split())[-300:]


def advice(units: Iterable[str]) -> str:
    named = next((one for one in units if one.startswith("gis-server")), "gis-server.target")
    return f"see 'systemctl status {named}' and 'journalctl -u {named}'."


def _is_known(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True
