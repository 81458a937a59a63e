"""Voices and films that WeChat delivers: told by their first bytes, kept without the tags of place and device.

Sources: RFC 4867 section 5 (AMR), ISO/IEC 14496-12 (MP4), id3.org (MP3), RFC 5574 and 3533 (Speex in Ogg).
"""

from __future__ import annotations

import struct

AMR, MP3, SPEEX, MP4 = "audio/amr", "audio/mpeg", "audio/ogg", "video/mp4"
KINDS = (AMR, MP3, SPEEX, MP4)

#: Brands of the same container that are films; `heic`, `avif` and their like are pictures we do not take.
_FILM_BRANDS = (b"iso", b"mp4", b"avc1", b"M4V", b"3gp", b"qt  ", b"MSNV", b"dash")
_CONTAINERS = frozenset((b"moov", b"trak", b"mdia", b"minf"))
_TAGS = frozenset((b"udta", b"meta", b"uuid"))
_DEEPEST = 6


def kind_of(content: bytes) -> str:
    """Return which of the four it begins as, "" if none."""
    if content.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return AMR
    if content[4:8] == b"ftyp" and content[8:12].startswith(_FILM_BRANDS):
        return MP4
    if content.startswith(b"OggS") and content[28:36] == b"Speex   ":
        return SPEEX
    if _is_mp3_frame(content[_id3_length(content) :]):
        return MP3
    return ""


def bared(content: bytes) -> bytes:
    """Return the recording without tags: what is heard and seen stays bit for bit."""
    kind = kind_of(content)
    if kind == MP3:
        content = content[_id3_length(content) :]
        return content[:-128] if content[-128:-125] == b"TAG" else content
    if kind == MP4:
        blanked = bytearray(content)
        _blank_tags(blanked, 0, len(blanked), 0)
        return bytes(blanked)
    return content


def _id3_length(content: bytes) -> int:
    if not content.startswith(b"ID3") or len(content) < 10:
        return 0
    first, second, third, fourth = content[6:10]  # seven bits each
    return 10 + (first << 21 | second << 14 | third << 7 | fourth)


def _is_mp3_frame(head: bytes) -> bool:
    """True for the header of a frame of layer III with a bit rate and a sampling rate that exist."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[2] >> 4 not in (0, 15) and head[2] >> 2 & 3 != 3


def _blank_tags(content: bytearray, at: int, end: int, depth: int) -> None:
    """Make free space of boxes with tags (a phone's film says where it was made): nothing moves, so no offset breaks."""
    while at + 8 <= end:
        size, name = struct.unpack_from(">I4s", content, at)
        head = 8
        if size == 1 and at + 16 <= end:
            (size,) = struct.unpack_from(">Q", content, at + 8)
            head = 16
        size = end - at if size == 0 else size
        if size < head or at + size > end:
            return
        if name in _TAGS:
            content[at + 4 : at + 8] = b"free"
            content[at + head : at + size] = bytes(size - head)
        elif name in _CONTAINERS and depth < _DEEPEST:
            _blank_tags(content, at + head, at + size, depth + 1)
        at += size
