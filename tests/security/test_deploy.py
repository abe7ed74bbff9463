"""As it is set in production, Django's own list of what to look after is empty."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from bin.steps import environment_file, install
from tests.house.tree import ROOT

PRODUCTION = {
    "DEBUG": "false",
    "BEHIND_TLS": "true",
    "ALLOWED_HOSTS": "map.example",
    "TRUSTED_ORIGINS": "https://map.example",
    "SECRET_KEY": "kX4vW8rTq2LzYb6mNc1Jd9HfGs3PaUe7oRi5Tx0Qw-Zy_BvMnLk",
    "VAULT_KEY": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    "DATABASE_URL": "postgres://nobody@/nowhere?host=/nonexistent",
    "REDIS_URL": "unix:///nonexistent",
    "DJANGO_SETTINGS_MODULE": "gis_server.settings",
}


def checked(**more: str) -> subprocess.CompletedProcess[str]:
    return checked_with(PRODUCTION | more)


def checked_with(told: dict[str, str]) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "INFO"],
        cwd=ROOT,
        env=kept | told,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_nothing_is_left_to_look_after_in_production() -> None:
    done = checked()

    assert done.returncode == 0, done.stdout + done.stderr
    assert "security." not in done.stderr


def as_installed(folder: Path) -> dict[str, str]:
    """What bin/install writes on a machine where nothing is."""
    options = argparse.Namespace(
        root=folder, name="map.example", only="", site="", https_port=0, http_port=0
    )
    one = install.begin(options)
    install.prepare(one)
    install.ensure_settings(one)
    return environment_file.read(one.layout.environment.read_text(encoding="utf-8"))


def test_what_is_installed_leaves_nothing_to_look_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in install.GIVEN:
        monkeypatch.delenv(name, raising=False)
    told = as_installed(tmp_path)

    done = checked_with(told)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "no issues" in done.stdout
    without_tls = checked_with(told | {"BEHIND_TLS": "false"})
    assert "security.W008" in without_tls.stderr


@pytest.mark.parametrize(
    ("wrong", "warning"),
    [({"BEHIND_TLS": "false"}, "security.W008"), ({"DEBUG": "true"}, "security.W018")],
)
def test_what_is_set_for_trying_out_is_told(wrong: dict[str, str], warning: str) -> None:
    done = checked(**wrong)

    assert done.returncode != 0
    assert warning in done.stderr


@pytest.fixture
def by_tls(settings: LazySettings) -> None:
    settings.SECURE_SSL_REDIRECT, settings.SECURE_HSTS_SECONDS = True, 3600
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")


def test_behind_tls_what_comes_without_is_led_there(db: None, by_tls: None) -> None:
    plain = Client().get("/sign-in/?next=/wall/")
    by_proxy = Client().get("/sign-in/", headers={"X-Forwarded-Proto": "https"})

    assert (plain.status_code, plain["Location"]) == (
        301,
        "https://testserver/sign-in/?next=/wall/",
    )
    assert by_proxy.status_code == 200
    assert by_proxy["Strict-Transport-Security"] == "max-age=3600"


def test_the_machine_itself_asks_for_health_without_tls(db: None, by_tls: None) -> None:
    assert Client().get("/healthz").status_code == 200
