"""Digest answers against the worked examples of the standards."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cameras.probe.digest import answer, parse_challenges, plain_answer, strongest
from cameras.probe.target import Login

# RFC 2617, 3.5 and RFC 7616, 3.9.1.
MUFASA = Login("Mufasa", "Circle Of Life")
MUFASA_7616 = Login("Mufasa", "Circle of Life")
RFC_2617 = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", '
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CNONCE_7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


@pytest.mark.parametrize(
    ("header", "login", "cnonce", "response"),
    [
        pytest.param(
            RFC_2617, MUFASA, "0a4f113b", "6629fae49393a05397450978507c4ef1", id="RFC 2617"
        ),
        pytest.param(
            RFC_7616.format("MD5"),
            MUFASA_7616,
            CNONCE_7616,
            "8ca523f5e9506fed4657c9700eebdbec",
            id="RFC 7616 MD5",
        ),
        pytest.param(
            RFC_7616.format("SHA-256"),
            MUFASA_7616,
            CNONCE_7616,
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
            id="RFC 7616 SHA-256",
        ),
    ],
)
def test_the_standards_examples(header: str, login: Login, cnonce: str, response: str) -> None:
    challenge = strongest(parse_challenges([header]))
    assert challenge is not None

    made = answer(challenge, login, method="GET", uri="/dir/index.html", cnonce=cnonce)

    assert f'response="{response}"' in made
    assert "qop=auth" in made
    assert login.password not in made


def test_without_qop_the_older_form_is_used() -> None:
    # Worked by hand with md5sum: HA1 = md5(viewer:cam:secret), HA2 = md5(DESCRIBE:rtsp://h/),
    # response = md5(HA1:abc:HA2).
    challenge = strongest(parse_challenges(['Digest realm="cam", nonce="abc"']))
    assert challenge is not None

    made = answer(
        challenge, Login("viewer", "secret"), method="DESCRIBE", uri="rtsp://h/", cnonce="unused"
    )

    assert 'response="3ca02b0b0fb11950d379206149dbe982"' in made
    assert "qop" not in made
    assert "cnonce" not in made


@pytest.mark.parametrize(
    ("headers", "chosen"),
    [
        pytest.param(['Digest realm="a", nonce="n"'], "MD5", id="no algorithm is MD5"),
        pytest.param(
            ['Digest nonce="n", algorithm=MD5', 'Digest nonce="n", algorithm=SHA-256'],
            "SHA-256",
            id="the stronger of two headers",
        ),
        pytest.param(
            ['Basic realm="x", Digest realm="a, b", nonce="n", algorithm="md5"'],
            "MD5",
            id="two in one header, a comma in a realm",
        ),
        pytest.param(['Digest nonce="n", algorithm=SHA-256-sess'], "SHA-256-SESS", id="sess"),
        pytest.param(['Digest nonce="n", qop="auth-int"'], None, id="auth-int alone"),
        pytest.param(['Digest realm="a"'], None, id="no nonce"),
        pytest.param(['Digest nonce="n", algorithm=SHA-512'], None, id="unknown algorithm"),
        pytest.param(["Basic realm=x"], None, id="basic alone"),
        pytest.param(["Negotiate", "NTLM, Digest"], None, id="schemes without parameters"),
        pytest.param([""], None, id="empty"),
        pytest.param(['Digest nonce="n'], None, id="a quote that is never closed"),
        pytest.param([", " * 2000], None, id="separators without end"),
        pytest.param(["=" * 4000 + ',Digest nonce="n"'], "MD5", id="signs, then a challenge"),
    ],
)
def test_the_strongest_answerable_challenge(headers: list[str], chosen: str | None) -> None:
    challenge = strongest(parse_challenges(headers))

    assert (challenge and challenge.algorithm) == chosen


def test_a_quote_in_a_name_does_not_end_the_field() -> None:
    challenge = strongest(parse_challenges(['Digest realm="a\\"b", nonce="n"']))
    assert challenge is not None

    made = answer(challenge, Login('x", realm="y', "p"), method="M", uri="u", cnonce="c")

    assert 'username="x\\", realm=\\"y"' in made
    assert 'realm="a\\"b"' in made


def test_basic_is_what_the_standard_shows() -> None:
    # RFC 7617, 2.
    assert plain_answer(Login("Aladdin", "open sesame")) == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='Digest nocebasrlm=",\\ \t;', max_size=300))
def test_any_text_is_parsed(text: str) -> None:
    for challenge in parse_challenges([text]):
        assert challenge.scheme == challenge.scheme.lower()


words = st.sampled_from(
    ["Digest", "realm", "qop", '="', '"', "=", ", ", ",", " ", "\\", "a", "auth", "Basic", "MD5"]
)


@settings(max_examples=500, deadline=None)
@given(st.lists(words, max_size=14).map("".join))
def test_the_short_way_through_a_usual_header_says_what_the_long_one_says(text: str) -> None:
    # A space in front is no usual header, and means nothing.
    assert parse_challenges([text]) == parse_challenges([f" {text}"])
