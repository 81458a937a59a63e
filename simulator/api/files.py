"""Temporary media and QR pictures (contract 8, 9.2)."""

from __future__ import annotations

from simulator.api.call import Answer, ApiCall, Binary, Endpoint
from simulator.errors import ApiError
from simulator.platform import Platform
from simulator.qrcodes import picture


def get(platform: Platform, call: ApiCall) -> Answer:
    """Answer `GET /cgi-bin/media/get`: the file, or for a video JSON with its address."""
    media = platform.media.get(call.query.get("media_id", ""))
    if media.kind == "video":
        return {"video_url": f"{platform.base_url}/media/{media.media_id}"}
    return Binary(media.data, media.content_type, f"{media.media_id}{media.suffix}")


def upload(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/media/upload` with the id and its time."""
    if call.upload is None:
        raise ApiError(41005)
    kind = call.query.get("type", "")
    media = platform.media.upload(kind, call.upload.filename, call.upload.data)
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return {"type": kind, name: media.media_id, "created_at": int(media.created_at)}


def create_qrcode(platform: Platform, call: ApiCall) -> Answer:
    """Answer `POST /cgi-bin/qrcode/create`."""
    return platform.qrcodes.create(call.json())


def show_qrcode(platform: Platform, call: ApiCall) -> Answer:
    """Answer `GET /cgi-bin/showqrcode` with a picture, or 404 for a bad ticket."""
    code = platform.qrcodes.find(call.query.get("ticket", ""))
    if code is None:
        raise ApiError(404)
    return Binary(picture(code.ticket), "image/png")


ENDPOINTS = [
    Endpoint("GET", "/cgi-bin/media/get", get),
    Endpoint("POST", "/cgi-bin/media/upload", upload),
    Endpoint("POST", "/cgi-bin/qrcode/create", create_qrcode, needs_verified=True),
    Endpoint("GET", "/cgi-bin/showqrcode", show_qrcode, needs_token=False),
]
