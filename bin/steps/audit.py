"""Whether a locked package has a known vulnerability.

`bin/audit DATA` reads records in the format of OSV (JSON or YAML; a folder or a zip of them), looks
at what the locks name, and writes what it found to requirements/audit.json: which versions were
looked at, how old the data were, and which advisories are open.  No advisory itself is kept.  A
test holds the record against the locks: no lock changes without saying that nobody has looked.

`bin/audit` tells the record and its age; `bin/audit --locks` (bin/lock runs it) brings it in line
with the locks: what is new there is on record as not looked at.
"""

import argparse
import json
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parents[2]
RECORD = ROOT / "requirements" / "audit.json"
ACCEPTED = ROOT / "requirements" / "accepted-advisories.json"
PYPI, NPM = "PyPI", "npm"
OLD_AFTER_DAYS = 30
MOST_BYTES = 4 * 1024 * 1024
"""Of one record; the longest known has 1 MB."""
Packages = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True, order=True)
class Open:
    """An advisory that a locked version is not out of."""

    ecosystem: str
    package: str
    version: str
    advisory: str
    also: tuple[str, ...]
    fixed_in: tuple[str, ...]


@dataclass
class Found:
    """newest: when the youngest record was changed."""

    records: int = 0
    about_ours: int = 0
    newest: str = ""
    ecosystems: set[str] = field(default_factory=set)
    open: list[Open] = field(default_factory=list)


def locked(root: Path = ROOT) -> Packages:
    """Name to version of every package in the locks, by ecosystem."""
    python: dict[str, str] = {}
    for lock in sorted((root / "requirements").glob("*.lock")):
        for name, version in re.findall(
            r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s\\;]+)", lock.read_text(), re.MULTILINE
        ):
            python[canonicalize_name(name)] = version
    npm = json.loads((root / "package-lock.json").read_text())["packages"]
    front = {
        path.rpartition("node_modules/")[2]: entry["version"] for path, entry in npm.items() if path
    }
    return {PYPI: dict(sorted(python.items())), NPM: dict(sorted(front.items()))}


def records_in(data: Path) -> Iterator[dict[str, Any]]:
    """Every record below a folder or in a zip.

    Raises:
        ValueError: one that cannot be read; which.
    """
    if data.is_file():
        with zipfile.ZipFile(data) as archive:
            for info in archive.infolist():
                if info.filename.endswith((".json", ".yaml", ".yml")):
                    yield from parsed(archive.open(info).read(MOST_BYTES + 1), info.filename)
        return
    for path in sorted(data.rglob("*")):
        if path.suffix in (".json", ".yaml", ".yml") and path.is_file():
            yield from parsed(path.read_bytes()[: MOST_BYTES + 1], path.name)


def parsed(content: bytes, name: str) -> Iterator[dict[str, Any]]:
    if len(content) > MOST_BYTES:
        raise ValueError(f"{name} is larger than {MOST_BYTES} bytes")
    try:
        if name.endswith(".json"):
            told = json.loads(content)
        else:
            import yaml  # noqa: PLC0415 - only where records are written so

            told = yaml.load(content, yaml.CSafeLoader)
    except ValueError as error:
        raise ValueError(f"{name} cannot be read: {error}") from None
    # Databases keep other files beside their records.
    if isinstance(told, dict) and "id" in told and "affected" in told:
        yield told


def look(records: Iterable[Mapping[str, Any]], packages: Packages) -> Found:
    found = Found()
    for record in records:
        found.records += 1
        found.newest = max(found.newest, str(record.get("modified", ""))[:10])
        if record.get("withdrawn"):
            continue
        ours = False
        for affected in record["affected"]:
            package = affected.get("package", {})
            ecosystem, name = package.get("ecosystem", ""), package.get("name", "")
            found.ecosystems.add(ecosystem)
            name = canonicalize_name(name) if ecosystem == PYPI else name
            version = packages.get(ecosystem, {}).get(name)
            if version is None:
                continue
            ours = True
            if is_affected(version, affected):
                found.open.append(opened(record, affected, ecosystem, name, version))
        found.about_ours += ours
    found.open = sorted(set(found.open))
    return found


def opened(
    record: Mapping[str, Any], affected: Mapping[str, Any], ecosystem: str, name: str, version: str
) -> Open:
    events = [one for part in affected.get("ranges", []) for one in part.get("events", [])]
    fixed = sorted({str(one["fixed"]) for one in events if "fixed" in one})
    aliases = tuple(sorted(map(str, record.get("aliases", []))))
    return Open(ecosystem, name, version, str(record["id"]), aliases, tuple(fixed))


def is_affected(version: str, affected: Mapping[str, Any]) -> bool:
    """Whether a version is named, or lies in a range: from `introduced` on, before `fixed`, up to
    `last_affected`.  A version or bound that cannot be compared counts as affected: somebody looks.
    https://ossf.github.io/osv-schema/#evaluation
    """
    if version in affected.get("versions", []):
        return True
    ranges = [one for one in affected.get("ranges", []) if one.get("type") != "GIT"]
    return any(in_range(version, one.get("events", [])) for one in ranges)


def in_range(version: str, events: Iterable[Mapping[str, Any]]) -> bool:
    inside = False
    try:
        ours = Version(version)
        for at, kind in sorted((bound(event), kind) for event in events for kind in event):
            if kind == "introduced" and ours >= at:
                inside = True
            elif (kind == "fixed" and ours >= at) or (kind == "last_affected" and ours > at):
                inside = False
    except InvalidVersion:
        return True
    return inside


def bound(event: Mapping[str, Any]) -> Version:
    """Raises InvalidVersion."""
    text = str(next(iter(event.values())))
    return Version("0.dev0") if text == "0" else Version(text)


def record_of(
    found: Found, packages: Packages, source: str, today: date, before: Mapping[str, Any]
) -> dict[str, Any]:
    """What is written down; what data of one ecosystem say nothing of stays as it was on record."""
    looked = {one for one in (PYPI, NPM) if one in found.ecosystems}
    kept = [one for one in before.get("data", []) if one["ecosystem"] not in looked]
    data = [
        {
            "ecosystem": ecosystem,
            "source": source,
            "newest_advisory": found.newest,
            "looked_on": today.isoformat(),
            "records": found.records,
            "about_locked_packages": found.about_ours,
        }
        for ecosystem in sorted(looked)
    ]
    audited = dict(before.get("audited", {})) | {one: packages[one] for one in looked}
    open_before = [one for one in before.get("open", []) if one["ecosystem"] not in looked]
    record = {
        "data": sorted([*kept, *data], key=lambda one: one["ecosystem"]),
        "open": [*open_before, *(as_json(one) for one in found.open)],
        "audited": audited,
    }
    return in_line(record, packages)


def as_json(one: Open) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


def in_line(record: Mapping[str, Any], packages: Packages) -> dict[str, Any]:
    """The record with the locks of now: what it says of other versions is left out, and what nobody
    has looked at is named.
    """
    audited: Packages = {
        ecosystem: {
            name: version
            for name, version in names.items()
            if record.get("audited", {}).get(ecosystem, {}).get(name) == version
        }
        for ecosystem, names in packages.items()
    }
    not_audited: Packages = {
        ecosystem: {name: v for name, v in names.items() if name not in audited[ecosystem]}
        for ecosystem, names in packages.items()
    }
    still = [
        one
        for one in record.get("open", [])
        if audited.get(one["ecosystem"], {}).get(one["package"]) == one["version"]
    ]
    return {
        "data": list(record.get("data", [])),
        "open": still,
        "audited": audited,
        "not_audited": not_audited,
    }


def unanswered(record: Mapping[str, Any], accepted: Mapping[str, str]) -> list[str]:
    """Open advisories that nobody has given a reason for living with."""
    return [
        f"{one['package']} {one['version']}: {one['advisory']}"
        + (f" ({', '.join(one['also'])})" if one["also"] else "")
        + (f", fixed in {', '.join(one['fixed_in'])}" if one["fixed_in"] else "")
        for one in record["open"]
        if not accepted.get(one["advisory"], "").strip()
    ]


def told(record: Mapping[str, Any], today: date) -> list[str]:
    """The record in sentences, with its age."""
    lines = []
    for one in record["data"]:
        age = (today - date.fromisoformat(one["newest_advisory"])).days
        old = f" That is too old: bring newer data (at most {OLD_AFTER_DAYS} days)."
        lines.append(
            f"{one['ecosystem']}: {len(record['audited'][one['ecosystem']])} locked packages were"
            f" compared on {one['looked_on']} with {one['records']} advisories of {one['source']},"
            f" the newest of {one['newest_advisory']}, {age} days ago."
            + (old if age > OLD_AFTER_DAYS else "")
        )
    for ecosystem, names in record["not_audited"].items():
        if names:
            shown = ", ".join(list(names)[:5]) + (", …" if len(names) > 5 else "")
            lines.append(f"{ecosystem}: nobody has looked at {len(names)} packages: {shown}")
    return lines


def read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def write(record: Mapping[str, Any]) -> None:
    RECORD.write_text(json.dumps(record, indent=1, sort_keys=True) + "\n")


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/audit", description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("data", nargs="?", type=Path, help="a folder or zip of OSV records")
    parser.add_argument("--source", help="what the data are, with their revision, for the record")
    parser.add_argument("--locks", action="store_true", help="bring the record in line with locks")
    chosen = parser.parse_args(words)
    today, before = datetime.now(UTC).date(), read(RECORD)
    if chosen.data:
        found = look(records_in(chosen.data), locked())
        if not {PYPI, NPM} & found.ecosystems:
            parser.error(f"{chosen.data} holds no records of {PYPI} or {NPM}")
        write(record_of(found, locked(), chosen.source or chosen.data.name, today, before))
    elif chosen.locks:
        write(in_line(before, locked()))
    record = read(RECORD)
    print("\n".join(told(record, today)))
    wrong = unanswered(record, read(ACCEPTED))
    print("\n".join(wrong) if wrong else "No advisory is open.")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
