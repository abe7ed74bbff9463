"""Settings that cannot be used are refused with a sentence, and no value is ever shown."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from gis_server import env


@pytest.mark.parametrize(
    ("text", "name", "host", "port"),
    [
        pytest.param("postgres://u:p%40w@db.local:5433/gis", "gis", "db.local", "5433", id="tcp"),
        pytest.param("postgres://u@/gis?host=/run/pg", "gis", "/run/pg", "", id="socket"),
        pytest.param("postgresql:///gis", "gis", "", "", id="all defaults"),
    ],
)
def test_a_database_address_is_read(
    monkeypatch: pytest.MonkeyPatch, text: str, name: str, host: str, port: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", text)

    settings = env.env_database("DATABASE_URL")

    assert (settings["NAME"], settings["HOST"], settings["PORT"]) == (name, host, port)


def test_a_password_in_a_database_address_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://u:p%40w@h/gis")

    assert env.env_database("DATABASE_URL")["PASSWORD"] == "p@w"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="not set"),
        pytest.param("mysql://u:s3cret@h/db", id="another database"),
        pytest.param("postgres://u:s3cret@h/", id="no name"),
        pytest.param("postgres://u:s3cret@h:port/db", id="port is a word"),
        pytest.param("postgres://u:s3cret@[::1/db", id="broken brackets"),
    ],
)
def test_a_bad_database_address_is_refused_without_showing_it(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", text)

    with pytest.raises(ImproperlyConfigured) as refusal:
        env.env_database("DATABASE_URL")

    assert "DATABASE_URL" in str(refusal.value)
    assert "s3cret" not in str(refusal.value)


@pytest.mark.parametrize("text", ["4x", "4", "3601", "-1", "1e3"])
def test_a_number_outside_its_range_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PROBE_INTERVAL_S", text)

    with pytest.raises(ImproperlyConfigured, match="PROBE_INTERVAL_S"):
        env.env_int("PROBE_INTERVAL_S", 60, 5, 3600)


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("1", True), ("Off", False), ("", False)]
)
def test_a_switch_is_read(monkeypatch: pytest.MonkeyPatch, text: str, value: bool) -> None:
    monkeypatch.setenv("DEBUG", text)

    assert env.env_bool("DEBUG", False) is value


def test_a_switch_that_is_neither_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUG", "maybe")

    with pytest.raises(ImproperlyConfigured, match="DEBUG must be true or false"):
        env.env_bool("DEBUG", False)


@pytest.mark.parametrize("text", ["", "memcached://h", "localhost:6379"])
def test_a_bad_redis_address_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("REDIS_URL", text)

    with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
        env.env_redis("REDIS_URL")


def test_a_secret_comes_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))

    assert env.env_secret("SECRET_KEY") == "from a file"


@pytest.mark.parametrize("content", [None, "", "\n"], ids=["no file", "empty", "blank"])
def test_a_missing_secret_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: str | None
) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))

    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        env.env_secret("SECRET_KEY")


GOOD_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


@pytest.mark.parametrize("text", [GOOD_KEY, f"{GOOD_KEY}, {GOOD_KEY}"], ids=["one", "two"])
def test_vault_keys_are_read(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("VAULT_KEY", text)

    assert env.env_vault_keys("VAULT_KEY") == text


@pytest.mark.parametrize(
    "text", ["hush-hush", GOOD_KEY[:-5], f"{GOOD_KEY},", f"{GOOD_KEY},hush-hush", "é" * 44]
)
def test_a_key_that_is_none_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("VAULT_KEY", text)

    with pytest.raises(ImproperlyConfigured, match="VAULT_KEY must be") as refused:
        env.env_vault_keys("VAULT_KEY")
    assert text not in str(refused.value)


@pytest.mark.parametrize("text", ["10.20.0.1/16", "10.20.0.0/33", "cameras", "10.0.0.0/8 ,x"])
def test_a_network_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PROBE_NETWORKS", text)

    with pytest.raises(ImproperlyConfigured, match="PROBE_NETWORKS must be networks"):
        env.env_networks("PROBE_NETWORKS", "10.0.0.0/8")


def test_networks_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE_NETWORKS", "10.20.0.0/16, fd00::/8,192.0.2.7")

    networks = env.env_networks("PROBE_NETWORKS", "10.0.0.0/8")

    assert networks == ["10.20.0.0/16", "fd00::/8", "192.0.2.7/32"]


def test_hosts_are_names_and_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DELIVERY_HOSTS", "Push.Example, 10.20.0.0/16,10.9.9.9,gateway")

    hosts = env.env_hosts("DELIVERY_HOSTS", "")

    assert hosts == ["push.example", "10.20.0.0/16", "10.9.9.9/32", "gateway"]


@pytest.mark.parametrize(
    "text", ["https://push.example", "10.20.0.1/16", "a b", "*.example", "10.20.300.1", "push/x"]
)
def test_what_is_no_host_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DELIVERY_HOSTS", text)

    with pytest.raises(ImproperlyConfigured, match="DELIVERY_HOSTS must be host names"):
        env.env_hosts("DELIVERY_HOSTS", "")


@pytest.mark.parametrize(
    "text", ["live.example", "https://a b", "https://a; script-src *", "https://a/path", "ws://a"]
)
def test_an_origin_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LIVE_URL", text)

    with pytest.raises(ImproperlyConfigured, match="LIVE_URL must look like"):
        env.env_origin("LIVE_URL")


@pytest.mark.parametrize("text", ["https://live.example", "http://10.0.0.1:81", "http://[::1]:81"])
def test_an_origin_is_read_without_its_slash(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("LIVE_URL", f"{text}/")

    assert env.env_origin("LIVE_URL") == text


def test_a_value_from_a_closed_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_FORMAT", "xml")

    with pytest.raises(ImproperlyConfigured, match="one of json, text"):
        env.env_choice("LOG_FORMAT", "json", ("json", "text"))


@pytest.mark.parametrize(("text", "values"), [("", []), ("a, b", ["a", "b"]), (" ,b", ["b"])])
def test_values_from_a_closed_list(
    monkeypatch: pytest.MonkeyPatch, text: str, values: list[str]
) -> None:
    monkeypatch.setenv("SECOND_FACTOR_ROLES", text)

    assert env.env_choices("SECOND_FACTOR_ROLES", ("a", "b")) == values


def test_a_value_outside_a_closed_list_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_FACTOR_ROLES", "a,emperor")

    with pytest.raises(ImproperlyConfigured, match="must name some of a, b"):
        env.env_choices("SECOND_FACTOR_ROLES", ("a", "b"))


@pytest.mark.parametrize(
    "text", ["", "https://id.example/realms/x", "http://127.0.0.1:8080/x", "https://[::1]/x"]
)
def test_an_endpoint_is_read(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("OIDC_ISSUER", text)

    assert env.env_endpoint("OIDC_ISSUER") == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "http://id.example/",
        "https://",
        "https://u:s3cret@id.example",
        "https://[x/",
        "ftp://a",
    ],
)
def test_an_endpoint_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("OIDC_TOKEN_URL", text)

    with pytest.raises(ImproperlyConfigured, match=r"^OIDC_TOKEN_URL must") as caught:
        env.env_endpoint("OIDC_TOKEN_URL", needed=True)

    assert "s3cret" not in str(caught.value)


def test_a_mapping_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OIDC_ROLES", "chief = a, watch=b,")

    assert env.env_mapping("OIDC_ROLES", ("a", "b")) == {"chief": "a", "watch": "b"}


@pytest.mark.parametrize("text", ["chief", "chief=c", "=a", "a:b"])
def test_a_mapping_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("OIDC_ROLES", text)

    with pytest.raises(ImproperlyConfigured, match="pairs such as"):
        env.env_mapping("OIDC_ROLES", ("a", "b"))


def test_weights_are_pairs_of_known_names_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAN_LOAD_WEIGHTS", " households=1, shops = 0.5 ")

    assert env.env_weights("PLAN_LOAD_WEIGHTS", "", ("households", "shops")) == {
        "households": 1.0, "shops": 0.5,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["households", "households=", "homes=1", "shops=nan", "shops=-1", "shops=1001", "shops=0",
     "shops=1,shops=2", "=1", "shops=inf", ","],
)  # fmt: skip
def test_weights_that_are_none_are_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PLAN_LOAD_WEIGHTS", text)

    with pytest.raises(ImproperlyConfigured, match="PLAN_LOAD_WEIGHTS must be pairs"):
        env.env_weights("PLAN_LOAD_WEIGHTS", "", ("households", "shops"))


@pytest.mark.parametrize("text", ["short", "x" * 23, "x" * 30 + " y", "ключ" * 10])
def test_a_token_that_could_be_guessed_or_not_be_sent_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("METRICS_TOKEN", text)

    with pytest.raises(ImproperlyConfigured, match="METRICS_TOKEN") as refusal:
        env.env_token("METRICS_TOKEN", 24)

    assert text not in str(refusal.value)


def test_a_token_is_read_from_its_file_and_none_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("x" * 24 + "\n")
    monkeypatch.delenv("METRICS_TOKEN", raising=False)
    monkeypatch.delenv("METRICS_TOKEN_FILE", raising=False)
    assert env.env_token("METRICS_TOKEN", 24) == ""

    monkeypatch.setenv("METRICS_TOKEN_FILE", str(file))
    assert env.env_token("METRICS_TOKEN", 24) == "x" * 24
