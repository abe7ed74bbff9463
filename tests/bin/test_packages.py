"""What is said when a package cannot be fetched.  The outputs were taken from the real tools
(pip 23, uv 0.13, npm 11) with the network closed or an index that does not exist."""

import pytest

from bin.steps.packages import what_could_not_be_fetched


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        pytest.param(
            "ERROR: Could not find a version that satisfies the requirement uv==0.13.9 (from"
            " versions: none)\nERROR: No matching distribution found for uv==0.13.9\n",
            "the package uv could not be fetched",
            id="pip",
        ),
        pytest.param(
            "error: Failed to fetch: http://nowhere.invalid/simple/amqp/\n"
            "  cause: client error (Connect)\n  cause: dns error\n",
            "the package amqp could not be fetched",
            id="uv asks the index",
        ),
        pytest.param(
            "error: Failed to download `celery==5.7.1`\n  cause: request timed out\n",
            "the package celery could not be fetched",
            id="uv downloads",
        ),
        pytest.param(
            "npm error code ENOTFOUND\nnpm error network request to"
            " http://nowhere.invalid/tinyqueue failed, reason: getaddrinfo ENOTFOUND\n",
            "the package tinyqueue could not be fetched",
            id="npm",
        ),
        pytest.param(
            "npm error network request to http://nowhere.invalid/@mapbox%2funitbezier failed\n",
            "the package @mapbox%2funitbezier could not be fetched",
            id="npm with a scope",
        ),
        pytest.param(
            "OSError: [Errno 28] No space left on device", "the disk is full", id="no space"
        ),
        pytest.param("", "the packages could not be installed", id="silent"),
        pytest.param("\x00 garbage", "the packages could not be installed", id="garbage"),
    ],
)
def test_the_sentence_names_the_package(output: str, sentence: str) -> None:
    said = what_could_not_be_fetched(output)

    assert said.startswith(sentence)
    assert "run this again" in said
    assert "\n" not in said
