"""Known vulnerabilities of locked packages: what is compared, what is on record, and its age."""

import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bin.steps import audit

TODAY = date(2026, 3, 2)
PACKAGES: audit.Packages = {audit.PYPI: {"django": "5.2.3"}, audit.NPM: {"ol": "10.1.0"}}


def ranged(*events: dict[str, str], kind: str = "ECOSYSTEM") -> dict[str, Any]:
    return {"ranges": [{"type": kind, "events": list(events)}]}


def advisory(name: str = "Django", **more: Any) -> dict[str, Any]:
    affected = {"package": {"ecosystem": "PyPI", "name": name}}
    affected |= more.pop("affected", ranged({"introduced": "5.0"}, {"fixed": "5.2.4"}))
    return {"id": "X-1", "modified": "2026-02-20T10:00:00Z", "affected": [affected]} | more


@pytest.mark.parametrize(
    ("affected", "is_open"),
    [
        pytest.param(ranged({"introduced": "5.0"}, {"fixed": "5.2.4"}), True, id="before the fix"),
        pytest.param(ranged({"introduced": "5.0"}, {"fixed": "5.2.3"}), False, id="the fix"),
        pytest.param(ranged({"introduced": "0"}), True, id="never fixed"),
        pytest.param(ranged({"introduced": "0"}, {"fixed": "4.2"}), False, id="long ago"),
        pytest.param(ranged({"introduced": "6"}), False, id="later ones"),
        pytest.param(ranged({"introduced": "5"}, {"last_affected": "5.2.3"}), True, id="the last"),
        pytest.param(ranged({"introduced": "5"}, {"last_affected": "5.2.2"}), False, id="after it"),
        pytest.param(
            ranged(
                {"introduced": "5.2"}, {"fixed": "5.2.5"}, {"introduced": "0"}, {"fixed": "4.2.9"}
            ),
            True, id="two lines, out of order",
        ),
        pytest.param({"versions": ["5.2.3"]}, True, id="named"),
        pytest.param({"versions": ["5.2.2"]}, False, id="another named"),
        pytest.param({}, False, id="nothing said"),
        pytest.param(ranged({"introduced": "abc"}), True, id="no version: somebody looks"),
        pytest.param(ranged({"introduced": "0"}, kind="GIT"), False, id="commits are no versions"),
    ],
)  # fmt: skip
def test_a_version_is_affected(affected: dict[str, Any], is_open: bool) -> None:
    found = audit.look([advisory(affected=affected)], PACKAGES)

    assert bool(found.open) is is_open


def test_what_is_withdrawn_or_of_others_is_not_ours() -> None:
    records = [
        advisory(withdrawn="2026-01-01T00:00:00Z"), advisory("flask"),
        {"id": "X-2", "affected": [{"package": {"ecosystem": "npm", "name": "django"}}]},
    ]  # fmt: skip

    found = audit.look(records, PACKAGES)

    assert (found.records, found.about_ours, found.open) == (3, 0, [])


def test_records_are_read_from_a_folder_and_a_zip(tmp_path: Path) -> None:
    folder = tmp_path / "vulns" / "django"
    folder.mkdir(parents=True)
    (folder / "X-1.json").write_text(json.dumps(advisory()))
    (folder / "X-2.yaml").write_text(
        "id: X-2\naffected:\n- package: {ecosystem: PyPI, name: django}\n  versions: ['5.2.3']\n"
    )
    (tmp_path / "package.json").write_text('{"name": "beside"}')
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.write(folder / "X-1.json", "X-1.json")

    ids = [one["id"] for one in audit.records_in(tmp_path)]
    zipped = [one["id"] for one in audit.records_in(tmp_path / "all.zip")]

    assert sorted(ids) == ["X-1", "X-2"]
    assert zipped == ["X-1"]


def test_a_torn_record_is_named(tmp_path: Path) -> None:
    (tmp_path / "X-1.json").write_text('{"id": ')

    with pytest.raises(ValueError, match=r"X-1\.json cannot be read"):
        list(audit.records_in(tmp_path))


def test_the_record_says_what_was_looked_at_and_what_was_not() -> None:
    found = audit.look([advisory()], PACKAGES)
    record = audit.record_of(found, PACKAGES, "a database", TODAY, {})

    assert record["audited"] == {"PyPI": {"django": "5.2.3"}, "npm": {}}
    assert record["not_audited"] == {"PyPI": {}, "npm": {"ol": "10.1.0"}}
    assert audit.unanswered(record, {}) == ["django 5.2.3: X-1, fixed in 5.2.4"]
    assert audit.unanswered(record, {"X-1": "We call none of it."}) == []
    assert audit.unanswered(record, {"X-1": " "}) != []


def test_a_lock_that_changes_takes_what_was_known_with_it() -> None:
    record = audit.record_of(audit.look([advisory()], PACKAGES), PACKAGES, "x", TODAY, {})
    newer = PACKAGES | {audit.PYPI: {"django": "5.2.4"}}

    after = audit.in_line(record, newer)

    assert after["open"] == []
    assert after["not_audited"]["PyPI"] == {"django": "5.2.4"}


def test_data_of_one_kind_leave_what_is_known_of_the_other() -> None:
    affected = {"package": {"ecosystem": "npm", "name": "ol"}, **ranged({"introduced": "0"})}
    front = {"id": "N-1", "modified": "2026-02-28T00:00:00Z", "affected": [affected]}
    first = audit.record_of(audit.look([front], PACKAGES), PACKAGES, "one", TODAY, {})

    both = audit.record_of(audit.look([advisory()], PACKAGES), PACKAGES, "two", TODAY, first)

    assert [one["advisory"] for one in both["open"]] == ["N-1", "X-1"]
    assert [one["source"] for one in both["data"]] == ["two", "one"]
    assert both["not_audited"] == {"PyPI": {}, "npm": {}}


def test_old_data_are_called_old() -> None:
    record = audit.record_of(audit.look([advisory()], PACKAGES), PACKAGES, "x", TODAY, {})

    assert "10 days ago." in audit.told(record, TODAY)[0]
    assert "too old" not in audit.told(record, TODAY)[0]
    assert "too old" in audit.told(record, date(2026, 4, 2))[0]


def test_the_record_is_of_the_locks_as_they_are() -> None:
    record = audit.read(audit.RECORD)

    assert record == audit.in_line(record, audit.locked()), "run: bin/audit --locks"
    assert {one["ecosystem"] for one in record["data"]} >= {
        ecosystem for ecosystem, names in record["audited"].items() if names
    }


def test_no_locked_package_has_an_open_advisory() -> None:
    assert audit.unanswered(audit.read(audit.RECORD), audit.read(audit.ACCEPTED)) == []
