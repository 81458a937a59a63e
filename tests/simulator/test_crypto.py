"""The simulator's crypto against the official vectors and an independent library."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werobot.crypto import MessageCrypt

from simulator.config import SimulatorConfig
from simulator.crypto import CryptoError, MessageCipher, sign

ZERO_KEY = "A" * 43
APP_B = "wxba5fad812f8e6fb9"
ENCRYPT_B = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJG"
    "QqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrf"
    "MZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgR"
    "tWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
KEY_C = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
APP_C = "wx5823bf96d3bd56c7"
ENCRYPT_C = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3Qczc"
    "dCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLj"
    "vd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMn"
    "vw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k"
    "22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2Yoy"
    "yH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)


@pytest.mark.parametrize(
    ("parts", "signature"),
    [
        (("AAAAA", "1714036504", "1514711492"), "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        (("AAAAA", "1714037059", "486452656"), "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        (("AAAAA", "1714112445", "415670741"), "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
        (
            ("AAAAA", "1714112445", "415670741", ENCRYPT_B),
            "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
        ),
        (
            ("QDG6eK", "1409659813", "1372623149", ENCRYPT_C),
            "477715d11cdb4164915debcba66cb864d751f3e6",
        ),
    ],
)
def test_official_signatures(parts: tuple[str, ...], signature: str) -> None:
    assert sign(*parts) == signature


def test_official_vector_b_opens() -> None:
    message = MessageCipher(ZERO_KEY, APP_B).decrypt(ENCRYPT_B)
    assert len(message.encode()) == 167
    assert "gh_97417a04a28d" in message


def test_official_vector_c_opens() -> None:
    message = MessageCipher(KEY_C, APP_C).decrypt(ENCRYPT_C)
    assert len(message.encode()) == 284
    assert message.startswith("<xml>")


def test_official_reply_is_reproduced_byte_for_byte() -> None:
    cipher = MessageCipher(ZERO_KEY, APP_B)
    sealed = cipher.encrypt('{"demo_resp":"good luck"}', random=b"707722b803182950")
    assert sealed == (
        "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    )
    signature = sign("AAAAA", "1713424427", "415670741", sealed)
    assert signature == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


CONFIG = SimulatorConfig()
OURS = MessageCipher(CONFIG.aes_key, CONFIG.app_id)
THEIRS = MessageCrypt(CONFIG.token, CONFIG.aes_key, CONFIG.app_id)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_each_opens_what_the_other_sealed(text: str) -> None:
    sealed = OURS.encrypt(text)
    signature = sign(CONFIG.token, "1", "2", sealed)
    assert THEIRS.decrypt_message("1", "2", signature, sealed) == text.encode()
    assert OURS.decrypt(THEIRS.prp_crypto.encrypt(text, CONFIG.app_id).decode()) == text


@pytest.mark.parametrize("length", range(0, 65))
def test_every_padding_length_is_one_to_thirty_two(length: int) -> None:
    text = "x" * length
    assert OURS.decrypt(OURS.encrypt(text)) == text


@pytest.mark.parametrize(
    ("encrypted", "reason"),
    [
        ("not base64!", "base64"),
        ("", "block"),
        ("AAAA", "block"),
        ("A" * 43 + "=", "padding"),
        (MessageCipher(CONFIG.aes_key, "wxother").encrypt("hello"), "appid"),
    ],
)
def test_what_cannot_be_opened_says_why(encrypted: str, reason: str) -> None:
    with pytest.raises(CryptoError) as caught:
        OURS.decrypt(encrypted)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "settings_",
    [{"token": ""}, {"token": "ab"}, {"aes_key": "short"}, {"aes_key": ""}, {"mode": "loud"}],
)
def test_a_console_refuses_bad_settings(settings_: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"token|aes_key|Mode"):
        SimulatorConfig(**settings_)
