"""The alert rules: well formed, each says what to do, and of metrics that /metrics really tells."""

import re
from typing import Any

import pytest
import yaml
from django.test import Client

from gis_server.watch import meters
from tests.house.tree import ROOT

FILE = ROOT / "docs" / "alerts.rules.yml"
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
TOKEN = "a-token-of-this-test-0123456789"
SEVERITIES = {"critical", "warning"}
LENGTH = re.compile(r"\d+[smhd]")


def names_in(expression: str) -> set[str]:
    """The metrics that an expression asks for; `up` is Prometheus' own."""
    return set(re.findall(r"\bgis_[a-z0-9_]+", expression))


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_a_rule_is_whole(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Gis[A-Za-z]+", rule["alert"])
    assert rule["labels"]["severity"] in SEVERITIES
    assert set(rule["annotations"]) == {"summary", "what_to_do"}
    assert all(len(text) > 20 for text in rule["annotations"].values())
    assert LENGTH.fullmatch(rule.get("for", "1m"))
    expression = rule["expr"]
    assert expression.count("(") == expression.count(")")
    assert expression.count("{") == expression.count("}")
    assert names_in(expression) or "up{" in expression


def test_no_two_rules_have_one_name() -> None:
    names = [rule["alert"] for rule in RULES]

    assert len(set(names)) == len(names) > 20


@pytest.mark.django_db
def test_every_metric_of_the_rules_is_told(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).content.decode()
    told = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))
    known = set(told)
    for name, kind in told.items():
        if kind == "histogram":
            known |= {f"{name}_{part}" for part in ("bucket", "sum", "count")}

    asked = {name for rule in RULES for name in names_in(rule["expr"])}
    assert asked - known == set()


def test_labels_that_rules_choose_by_are_those_that_are_given() -> None:
    """A label that nobody gives would keep a rule silent for ever."""
    given = {
        "gis_jobs_total": meters.JOBS._labelnames,
        "gis_http_requests_total": meters.REQUESTS._labelnames,
        # tests/cameras/test_watching.py holds these.
        "gis_cameras": ("site", "state"),
    }
    chosen = [
        (name, label)
        for rule in RULES
        for name, labels in re.findall(r"(gis_[a-z0-9_]+)\{([^}]*)\}", rule["expr"])
        for label in re.findall(r"(\w+)\s*[=!]", labels)
    ]

    assert chosen
    assert [(name, label) for name, label in chosen if label not in given.get(name, ())] == []
