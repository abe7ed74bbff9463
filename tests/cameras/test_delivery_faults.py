"""What went wrong on the way to a receiver, in the reader's language."""

import errno
import http.client
import re
import smtplib
import socket
import ssl

import pytest

from cameras.handover.channels import email
from cameras.handover.transport import CERTIFICATES, why


def certificate(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_code, error.verify_message = code, "unable to get local issuer certificate"
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        pytest.param(TimeoutError("timed out"), "无应答", id="silent"),
        pytest.param(
            ConnectionRefusedError(111, "Connection refused"), "该端口没有服务", id="port closed"
        ),
        pytest.param(ConnectionResetError(104, "Connection reset"), "连接被对方断开", id="reset"),
        pytest.param(
            http.client.RemoteDisconnected("Remote end closed"), "连接被对方断开", id="hung up"
        ),
        pytest.param(
            socket.gaierror(-2, "Name or service not known"), "找不到这个主机名", id="name"
        ),
        pytest.param(OSError(errno.EHOSTUNREACH, "No route to host"), "网络不通", id="no route"),
        pytest.param(http.client.BadStatusLine("SSH-2.0"), "对方不是 HTTP 服务", id="no HTTP"),
        pytest.param(ssl.SSLError(1, "WRONG_VERSION"), "对方的 TLS 不被接受", id="no TLS"),
        pytest.param(certificate(10), "证书已过期", id="expired"),
        pytest.param(certificate(999), "证书不被接受", id="a rare fault of a certificate"),
        pytest.param(OSError(errno.EMFILE, "Too many open files"), "系统错误 24", id="rare"),
        pytest.param(ValueError("boom"), "未知错误", id="nameless"),
    ],
)
def test_the_reason_comes_from_a_closed_list(error: Exception, told: str) -> None:
    assert why(error) == told


def test_no_reason_holds_the_words_of_a_library() -> None:
    assert not [text for text in CERTIFICATES.values() if re.search("[a-z]", str(text))]


def test_a_mail_server_is_quoted_where_it_has_spoken() -> None:
    said = smtplib.SMTPDataError(550, b"5.7.1 no relay")

    assert email._why(said) == "550 5.7.1 no relay"
    assert email._why(smtplib.SMTPServerDisconnected("please run connect()")) == "连接被对方断开"
    assert "TLS" in email._why(smtplib.SMTPNotSupportedError("STARTTLS extension"))
