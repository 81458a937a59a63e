"""What happens around the chat: Event to our message (contract 3.3).

Names are compared in lower case: the wire mixes cases, and routers that took it at its word
dropped messages silently.
"""

from __future__ import annotations

from dataclasses import replace

from bot.model.message import Consent, Inbound, Kind, Receipt
from connectors.wechat.fields import Fields
from connectors.wechat.messages import Maker

_ACTION = "action"


def _subscribe(base: Inbound, _fields: Fields) -> Inbound:
    # An EventKey left here is no scene: `last_trade_no_...` comes from following after a payment.
    return replace(base, kind=Kind.FOLLOW, allowance=_ACTION)


def _subscribe_scan(base: Inbound, fields: Fields) -> Inbound:
    return replace(_subscribe(base, fields), scene=fields.get("EventKey"))


def _unsubscribe(base: Inbound, _fields: Fields) -> Inbound:
    return replace(base, kind=Kind.UNFOLLOW)


def _scan(base: Inbound, fields: Fields) -> Inbound:
    return replace(base, kind=Kind.SCAN, scene=fields.get("EventKey"), allowance=_ACTION)


def _click(base: Inbound, fields: Fields) -> Inbound:
    return replace(base, kind=Kind.MENU, menu=fields.get("EventKey"), allowance=_ACTION)


def _scancode(base: Inbound, fields: Fields) -> Inbound:
    result = fields.child("ScanCodeInfo").get("ScanResult")
    return replace(_click(base, fields), text=result)


def _template_sent(base: Inbound, fields: Fields) -> Inbound:
    status = fields.get("Status")
    receipt = Receipt(
        message_id=fields.need("MsgID"),
        template_id="",
        delivered=status.lower() == "success",
        reason=status,
    )
    return replace(base, kind=Kind.RECEIPT, receipts=(receipt,))


def _subscription_sent(base: Inbound, fields: Fields) -> Inbound:
    receipts = tuple(
        Receipt(
            message_id=item.get("MsgID"),
            template_id=item.get("TemplateId"),
            delivered=item.get("ErrorCode") in ("", "0"),
            reason=f"{item.get('ErrorCode')} {item.get('ErrorStatus')}".strip(),
        )
        for item in fields.child("SubscribeMsgSentEvent").items("List")
    )
    return replace(base, kind=Kind.RECEIPT, receipts=receipts)


def _consents(base: Inbound, fields: Fields, element: str) -> Inbound:
    consents = tuple(
        Consent(
            template_id=item.get("TemplateId"),
            accepted=item.get("SubscribeStatusString").lower() == "accept",
        )
        for item in fields.child(element).items("List")
    )
    return replace(base, kind=Kind.CONSENT, consents=consents)


def _consent_popup(base: Inbound, fields: Fields) -> Inbound:
    return _consents(base, fields, "SubscribeMsgPopupEvent")


def _consent_change(base: Inbound, fields: Fields) -> Inbound:
    return _consents(base, fields, "SubscribeMsgChangeEvent")


EVENT_MAKERS: dict[str, Maker] = {
    "subscribe": _subscribe,
    # wechatpy's names for a follow by QR: it takes the prefix `qrscene_` off the key.
    "subscribe_scan": _subscribe_scan,
    "subscribe_scan_product": _subscribe,
    "unsubscribe": _unsubscribe,
    "scan": _scan,
    "click": _click,
    "scancode_push": _scancode,
    "scancode_waitmsg": _scancode,
    "templatesendjobfinish": _template_sent,
    "subscribe_msg_popup_event": _consent_popup,
    "subscribe_msg_change_event": _consent_change,
    "subscribe_msg_sent_event": _subscription_sent,
}

# Known, and of no concern to a complaint: answered `success` and counted by name. LOCATION may get
# no answer at all; a picture or place chosen from a menu is followed by the message itself.
IGNORED_EVENTS = frozenset(
    {
        "location",
        "view",
        "view_miniprogram",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
        "masssendjobfinish",
        "publishjobfinish",
        "kf_create_session",
        "kf_close_session",
        "kf_switch_session",
        "user_info_modified",
        "user_authorization_revoke",
        "user_authorization_cancellation",
        "qualification_verify_success",
        "qualification_verify_fail",
        "naming_verify_success",
        "naming_verify_fail",
        "annual_renew",
        "verify_expired",
        "wxa_media_check",
    }
)
