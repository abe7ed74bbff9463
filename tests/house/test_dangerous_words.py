"""Words by which programs turn what somebody typed into markup, programs, statements or trust stand
nowhere in the apps; where one must, it is named here with its reason.
"""

import re

import pytest

from tests.house.tree import APPS, ROOT, tracked

WORDS = {
    "markup that is not escaped": (
        (".html", ".py"),
        re.compile(r"\|\s*safe\b|autoescape off|\bmark_safe\b|SafeString|safeseq"),
    ),
    "markup made by a script": (
        (".js",),
        re.compile(r"\.(inner|outer)HTML\b|insertAdjacentHTML|document\.write|setHTML|srcdoc"),
    ),
    "text run as a program": (
        (".py", ".js"),
        re.compile(r"(?<![\w.])eval\(|(?<![\w.])exec\(|new Function\(|setTimeout\(['\"]"),
    ),
    "a shell": ((".py",), re.compile(r"shell=True|os\.system\(|os\.popen\(")),
    "objects from bytes": (
        (".py",),
        re.compile(r"\bpickle\.|\bmarshal\.|\bshelve\b|allow_pickle=True|yaml\.load\("),
    ),
    "a certificate that nobody looks at": (
        (".py",),
        re.compile(r"CERT_NONE|verify=False|_create_unverified|check_hostname\s*=\s*False"),
    ),
    "a form that any page may send": ((".py",), re.compile(r"csrf_exempt|_dont_enforce_csrf")),
    "rows by text of ours and theirs": ((".py",), re.compile(r"\.extra\(|RawSQL\(")),
    "XML that fetches": (
        (".py",),
        re.compile(
            r"resolve_entities=True|load_dtd=True|no_network=False|minidom|xml\.sax\.(?!saxutils)"
        ),
    ),
}
# By file: what is there, and why.
MEANT = {
    ("a certificate that nobody looks at", "cameras/probe/net.py"): (
        "cameras sign their own; what is sent there is a digest, never a readable password unasked"
    ),
    ("rows by text of ours and theirs", "gis_server/accounts/users.py"): (
        "a constant; what was typed is a parameter"
    ),
    ("a form that any page may send", "gis_server/edge.py"): (
        "for API paths without a session: what has no cookie can be sent in nobody's name"
    ),
}


def found(what: str) -> dict[str, list[str]]:
    """By file, the lines that hold one of the words."""
    endings, shape = WORDS[what]
    lines: dict[str, list[str]] = {}
    for path in tracked():
        name = path.relative_to(ROOT)
        if name.parts[0] not in APPS or path.suffix not in endings or "fixtures" in name.parts:
            continue
        text = path.read_text(encoding="utf-8")
        hits = [line.strip() for line in text.splitlines() if shape.search(line)]
        if hits:
            lines[name.as_posix()] = hits
    return lines


@pytest.mark.parametrize("what", WORDS)
def test_dangerous_words_stand_only_where_they_are_meant(what: str) -> None:
    strange = {name: hits for name, hits in found(what).items() if (what, name) not in MEANT}

    assert strange == {}


def test_what_is_meant_is_there() -> None:
    assert {key for key in MEANT if key[1] in found(key[0])} == set(MEANT)


@pytest.mark.parametrize(
    ("what", "line"),
    [
        ("markup that is not escaped", "{{ name|safe }}"),
        ("markup made by a script", "box.innerHTML = name"),
        ("text run as a program", "x = eval(text)"),
        ("a shell", "run(text, shell=True)"),
        ("objects from bytes", "pickle.loads(body)"),
    ],
)
def test_what_this_finds(what: str, line: str) -> None:
    assert WORDS[what][1].search(line)
    assert not WORDS[what][1].search("const found = pattern.exec(text)")
