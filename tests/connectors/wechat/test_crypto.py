from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime, timezone
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werobot.crypto import MessageCrypt

from connectors.wechat.credentials import WeChatAccount
from connectors.wechat.crypto import BadEnvelope, Envelopes, Refusal, encrypt, sign
from tests.connectors.wechat.conftest import HandClock
from tests.connectors.wechat.pushes import APP_ID, KEY, OLD_KEY, TOKEN
from tests.connectors.wechat.vectors import B, C, Vector


def envelopes_of(vector: Vector) -> Envelopes:
    account = WeChatAccount(vector.app_id, "s", vector.token, aes_key=vector.aes_key)
    clock = HandClock(datetime.fromtimestamp(int(vector.timestamp) + 2, tz=timezone.utc))
    return Envelopes(account, clock=clock)


@pytest.mark.parametrize(
    ("parts", "signature"),
    [
        (("AAAAA", "1714036504", "1514711492"), "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        (("AAAAA", "1714037059", "486452656"), "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        (("AAAAA", B.timestamp, B.nonce), "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
        (("AAAAA", B.timestamp, B.nonce, B.encrypted), B.msg_signature),
        ((C.token, C.timestamp, C.nonce, C.encrypted), C.msg_signature),
    ],
)
def test_official_signatures_are_reproduced(parts: tuple[str, ...], signature: str) -> None:
    assert sign(*parts) == signature


@pytest.mark.parametrize("vector", [B, C])
def test_official_envelopes_are_checked_and_opened(vector: Vector) -> None:
    envelopes = envelopes_of(vector)
    envelopes.check(vector.msg_signature, vector.timestamp, vector.nonce, vector.encrypted)
    opened = envelopes.open(vector.encrypted)
    assert len(opened.xml) == vector.message_length
    assert opened.aes_key == vector.aes_key


def test_official_reply_is_reproduced_byte_for_byte() -> None:
    sealed = encrypt(b'{"demo_resp":"good luck"}', bytes(32), B.app_id, prefix=b"707722b803182950")
    assert sealed == (
        "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
    )
    signature = sign(B.token, "1713424427", B.nonce, sealed)
    assert signature == "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"


@given(st.text(max_size=400))
def test_what_we_seal_another_library_opens(text: str) -> None:
    sealed = envelopes_of(C).seal(text, "n0nce", aes_key=C.aes_key)
    root = ElementTree.fromstring(sealed)
    fields = {child.tag: child.text or "" for child in root}
    opened = MessageCrypt(C.token, C.aes_key, C.app_id).decrypt_message(
        fields["TimeStamp"], fields["Nonce"], fields["MsgSignature"], fields["Encrypt"]
    )
    assert opened == text.encode()


@given(st.binary(max_size=400))
def test_what_another_library_seals_we_open(message: bytes) -> None:
    crypt = MessageCrypt(C.token, C.aes_key, C.app_id)
    sealed = crypt.prp_crypto.encrypt(message, C.app_id).decode()
    assert envelopes_of(C).open(sealed).xml == message


def test_previous_key_still_opens_and_is_remembered(
    account: WeChatAccount, clock: HandClock
) -> None:
    envelopes = Envelopes(account, clock=clock)
    old = MessageCrypt(TOKEN, OLD_KEY, APP_ID).prp_crypto.encrypt(b"<xml/>", APP_ID).decode()
    new = MessageCrypt(TOKEN, KEY, APP_ID).prp_crypto.encrypt(b"<xml/>", APP_ID).decode()
    assert envelopes.open(old).aes_key == OLD_KEY
    assert envelopes.open(new).aes_key == KEY


def refusal_of(envelopes: Envelopes, encrypted: str) -> Refusal:
    with pytest.raises(BadEnvelope) as caught:
        envelopes.open(encrypted)
    return caught.value.reason


@pytest.mark.parametrize(
    "encrypted",
    ["", "x", "不是密文", "AAAA", base64.b64encode(bytes(15)).decode(), B.encrypted[:-24]]
    + [base64.b64encode(bytes(size)).decode() for size in (16, 32, 64)],
)
def test_broken_ciphertext_is_refused_by_reason(encrypted: str) -> None:
    assert refusal_of(envelopes_of(B), encrypted) is Refusal.KEY


@given(st.binary(max_size=300))
def test_any_ciphertext_gives_our_exception_and_no_other(raw: bytes) -> None:
    assert refusal_of(envelopes_of(C), base64.b64encode(raw).decode()) in (
        Refusal.KEY,
        Refusal.APPID,
    )


def test_envelope_of_another_key_or_account_is_told_apart() -> None:
    assert refusal_of(envelopes_of(replace(B, aes_key=C.aes_key)), B.encrypted) is Refusal.KEY
    assert refusal_of(envelopes_of(replace(B, app_id="wxother")), B.encrypted) is Refusal.APPID


def test_envelope_without_any_configured_key_is_refused(
    plain_account: WeChatAccount, clock: HandClock
) -> None:
    assert refusal_of(Envelopes(plain_account, clock=clock), B.encrypted) is Refusal.KEY


@pytest.mark.parametrize("moved_s", [-600, -303, 299, 3600])
def test_stale_timestamp_is_refused(moved_s: int) -> None:
    clock = HandClock(datetime.fromtimestamp(int(B.timestamp) + 2, tz=timezone.utc))
    account = WeChatAccount(B.app_id, "s", B.token)
    clock.move(moved_s)
    with pytest.raises(BadEnvelope) as caught:
        Envelopes(account, clock=clock).check(sign(B.token, B.timestamp, "n"), B.timestamp, "n")
    assert caught.value.reason is Refusal.STALE


@pytest.mark.parametrize(
    "signature", ["", "0" * 40, B.msg_signature.upper(), "签名", B.msg_signature]
)
def test_wrong_signature_is_refused_even_the_other_kind(signature: str) -> None:
    with pytest.raises(BadEnvelope) as caught:
        envelopes_of(B).check(signature, B.timestamp, B.nonce)
    assert caught.value.reason is Refusal.SIGNATURE


@pytest.mark.parametrize("timestamp", ["", "abc", "-1", "1e9", "９９", "1" * 40])
def test_signed_timestamp_that_is_no_number_is_refused(timestamp: str) -> None:
    with pytest.raises(BadEnvelope) as caught:
        envelopes_of(B).check(sign(B.token, timestamp, "n"), timestamp, "n")
    assert caught.value.reason is Refusal.SIGNATURE


@pytest.mark.parametrize("position", [0, 20, 39])
def test_signature_must_be_right_in_every_character(position: int) -> None:
    broken = list(B.msg_signature)
    broken[position] = "f" if broken[position] != "f" else "0"
    with pytest.raises(BadEnvelope):
        envelopes_of(B).check("".join(broken), B.timestamp, B.nonce, B.encrypted)
