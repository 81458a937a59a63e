"""Subscription notifications and template messages (contract 7)."""

from __future__ import annotations

from typing import Any

from simulator.api.call import Answer, ApiCall, Endpoint
from simulator.api.custom import recipient
from simulator.contents import Content
from simulator.errors import OK, ApiError
from simulator.notices import Template, check_values
from simulator.platform import Platform

_DEDUPE_S = 600


def bizsend(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/message/subscribe/bizsend`: uses a consent, gives no msgid."""
    data = call.json()
    citizen = recipient(platform, data)
    template = _template(platform, data)
    values = check_values(data.get("data"), legacy=False)
    platform.consents.use(citizen.openid, template.template_id)
    content = _card(template, values, data)
    platform.show(citizen.openid, content, via="bizsend")
    platform.send_notice_receipt(citizen.openid, template.template_id)
    return dict(OK)


def template_send(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/message/template/send`; `client_msg_id` makes a repeat harmless."""
    data = call.json()
    citizen = recipient(platform, data)
    template = _template(platform, data)
    if not citizen.follows:
        raise ApiError(43004)
    values = check_values(data.get("data"), legacy=True)
    key, now = str(data.get("client_msg_id") or ""), platform.clock.now()
    sent = platform.template_receipts.get(key) if key else None
    if sent and now - sent[0] < _DEDUPE_S:
        return {**OK, "msgid": sent[1]}
    msg_id = platform.store.next_msg_id()
    if key:
        platform.template_receipts[key] = (now, msg_id)
    status = "failed:user block" if citizen.refuses else "success"
    if not citizen.refuses:
        platform.show(citizen.openid, _card(template, values, data), via="template")
    platform.send_template_receipt(citizen.openid, msg_id, status)
    return {**OK, "msgid": msg_id}


def all_templates(platform: Platform, _: ApiCall) -> Answer:
    """Answer `GET /cgi-bin/template/get_all_private_template`."""
    found = [t.to_json() for t in platform.templates.values() if not t.is_notice]
    return {"template_list": found}


def all_notices(platform: Platform, _: ApiCall) -> Answer:
    """Answer `GET /wxaapi/newtmpl/gettemplate`: the subscription notices of the account."""
    found = [t.to_notice_json() for t in platform.templates.values() if t.is_notice]
    return {**OK, "data": found}


def _template(platform: Platform, data: dict[str, Any]) -> Template:
    template = platform.templates.get(str(data.get("template_id", "")))
    if template is None:
        raise ApiError(40037)
    return template


def _card(template: Template, values: dict[str, str], data: dict[str, Any]) -> Content:
    rows = [{"label": template.label(key), "value": value} for key, value in values.items()]
    lines = [template.title, *(f"{row['label']}：{row['value']}" for row in rows)]
    card = {"title": template.title, "rows": rows, "url": data.get("url") or data.get("page", "")}
    return Content("card", "\n".join(lines), card=card)


ENDPOINTS = [
    Endpoint("POST", "/cgi-bin/message/subscribe/bizsend", bizsend, needs_verified=True),
    Endpoint("POST", "/cgi-bin/message/template/send", template_send, needs_verified=True),
    Endpoint(
        "GET", "/cgi-bin/template/get_all_private_template", all_templates, needs_verified=True
    ),
    Endpoint("GET", "/wxaapi/newtmpl/gettemplate", all_notices, needs_verified=True),
]
