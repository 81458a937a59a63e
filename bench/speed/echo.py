"""The limit of the wire: an echo that verifies, decrypts, parses, answers and encrypts with wechatpy and does nothing else.

`python -m bench.speed.echo PORT TOKEN AES_KEY APP_ID`; served as the gateway is (app/serve.py), in one process.
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import check_signature


def app(token: str, aes_key: str, app_id: str) -> Starlette:
    """Return the echo for one account."""
    crypto = WeChatCrypto(token, aes_key, app_id)

    async def echo(request: Request) -> Response:
        query, body = request.query_params, await request.body()
        timestamp, nonce = query["timestamp"], query["nonce"]
        check_signature(token, query["signature"], timestamp, nonce)
        message = parse_message(
            crypto.decrypt_message(body, query["msg_signature"], timestamp, nonce)
        )
        xml = create_reply(message.content, message).render()
        return Response(crypto.encrypt_message(xml, nonce, timestamp), media_type="text/xml")

    async def ready(_: Request) -> Response:
        return Response("ok")

    return Starlette(routes=[Route("/wechat", echo, methods=["POST"]), Route("/readyz", ready)])


def main() -> None:
    """Serve until ended."""
    port, token, aes_key, app_id = sys.argv[1:]
    uvicorn.run(
        app(token, aes_key, app_id),
        port=int(port),
        log_level="warning",
        access_log=False,
        ws="wsproto",
        proxy_headers=False,
    )


if __name__ == "__main__":
    main()
