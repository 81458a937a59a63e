"""Where what was said to a citizen stands on its way, and why, in words for staff."""

from __future__ import annotations

from typing import Any

from bot.model.delivery import Delivery, DeliveryKind, DeliveryState
from console.wording import DELIVERY_STATES

_LATER = "市民 48 小时内没有来信或条数已用完，等他再来信就自动送出"
_NO_RIGHT = "公众号没有客服消息权限，会随机器人的下一条回复告诉市民"
_NO_RIGHT_PICTURE = "公众号没有客服消息权限，图片送不出去"
_AFTER = "前面还有没送出的话，等它送出后接着送"
_NO_WORD = "两次都没有等到微信的回音，不知道市民收到没有；重发前请先问问"
_BUSY = "微信暂时没有回应，会自动再试"
#: Code of what keeps an answer for later → what it means (wechat-contract 6.3); "ledger" is our own count.
_CLOSED = {
    "ledger": _LATER,
    "45015": _LATER,
    "45047": _LATER,
    "45080": _LATER,
    "43004": "市民没有关注公众号，等他再来信就自动送出",
    "43019": "市民在公众号的黑名单里，等解除后他再来信就自动送出",
    "48002": "市民关闭了公众号消息，等他再来信就自动送出",
}
_RETRIED = (DeliveryState.HELD, DeliveryState.FAILED)


def state(delivery: Delivery) -> dict[str, Any]:
    """Return a delivery's state, its name, why it is so, and whether pressing "again" makes sense."""
    return {
        "state": delivery.state.value,
        "name": DELIVERY_STATES[delivery.state],
        "why": _why(delivery),
        "can_retry": may_retry(delivery),
        "rung": delivery.rung,
    }


def may_retry(delivery: Delivery) -> bool:
    """True for what staff said that failed or is held."""
    return delivery.kind is DeliveryKind.ANSWER and delivery.state in _RETRIED


def _why(delivery: Delivery) -> str:
    code = delivery.error.rpartition(" ")[2]
    if delivery.state is DeliveryState.HELD:
        return _held(delivery, code)
    if delivery.state is DeliveryState.FAILED:
        if delivery.error.startswith("outcome unknown"):
            return _NO_WORD
        return f"微信没有收下（{code}）" if code else "微信没有收下"
    if delivery.state is DeliveryState.RETRY:
        return f"{_BUSY}（{code}）" if code.isdigit() else _BUSY
    if delivery.state is DeliveryState.WITHHELD:
        return "市民已取消关注，收不到了"
    return ""


def _held(delivery: Delivery, code: str) -> str:
    if not code:
        return _AFTER if delivery.payload.get("after") else _LATER
    if code in _CLOSED:
        return _CLOSED[code]
    if code.startswith("48"):
        return _NO_RIGHT_PICTURE if "picture" in delivery.payload else _NO_RIGHT
    return f"试了多次都没有送出（{code}），等市民再来信就自动送出"
