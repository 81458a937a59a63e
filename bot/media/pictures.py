"""Pictures without what they tell of the photographer: pixels and colours stay bit for bit, everything else goes.

Read as blocks, never decoded: a picture that would fill the memory costs no more here than its bytes. Kept is what a
decoder needs (an allow-list for each format), so that EXIF with its place and time, XMP, IPTC, comments, previews, and
whatever a camera invents next are gone, and so is what was hung on behind the end.

Sources: ITU-T T.81 annex B (JPEG), W3C PNG third edition, GIF89a, RFC 9649 (WebP).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

JPEG, PNG, GIF, WEBP = "image/jpeg", "image/png", "image/gif", "image/webp"
KINDS = (JPEG, PNG, GIF, WEBP)

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT cICP bKGD pHYs acTL fcTL fdAT".split()
)
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"))
_WEBP_METADATA_FLAGS = 0x08 | 0x04  # EXIF, XMP
# In compressed data 0xFF is followed by 0x00 or a restart marker; anything else is the next marker.
_JPEG_MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]", re.DOTALL)
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN, _END = 0xDA, 0xD9
_EXIF = b"Exif\0\0"
_GIF_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


# A frame header wherever it stands: its length says how many components it describes.
_JPEG_FRAME = re.compile(
    rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]\0(?:\x0b.{5}\x01|\x11.{5}\x03|\x14.{5}\x04)",
    re.DOTALL,
)
_TELLING = (_EXIF, b"ns.adobe.com", b"xmpmeta", b"Photoshop", b"8BIM", b"\xff\xfe")


class BadPicture(ValueError):
    """It is not whole, or no picture at all."""


@dataclass(frozen=True)
class Picture:
    """A picture that tells nothing but what is seen.

    Attributes:
        content: its bytes.
        sizes: width and height of the picture and of each frame that says its own.
        exif: the EXIF block that was taken out, "" if there was none: it says which side is up.
        is_lossless: of WebP, which can be either.
    """

    content: bytes
    sizes: tuple[tuple[int, int], ...]
    exif: bytes = b""
    is_lossless: bool = False


def kind_of(content: bytes) -> str:
    """Return which of the four it begins as, "" if none."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(_PNG_SIGNATURE):
        return PNG
    if content.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return WEBP
    return ""


def bared(content: bytes) -> Picture:
    """Return the picture without anything but the picture, or a damaged one as it came; raises `BadPicture`."""
    try:
        return _READERS[kind_of(content)](content)
    except (BadPicture, struct.error, IndexError, KeyError):
        return _damaged(content)


def _damaged(content: bytes) -> Picture:
    """Return a damaged JPEG as it came: a decoder may still show what is left of it, and evidence it is.

    Raises `BadPicture` if anything in it looks like metadata, which cannot be cut out of what cannot be read.
    """
    if kind_of(content) != JPEG or any(sign in content for sign in _TELLING):
        raise BadPicture("not whole")
    frames = (
        struct.unpack_from(">HH", frame.group(), 5) for frame in _JPEG_FRAME.finditer(content)
    )
    return Picture(content, tuple((width, height) for height, width in frames))


def _jpeg(content: bytes) -> Picture:
    kept, exif = bytearray(b"\xff\xd8"), b""
    sizes: list[tuple[int, int]] = []
    for marker, block, data in _jpeg_blocks(content):
        if marker in _FRAME_HEADERS:
            height, width = struct.unpack_from(">HH", block, 1)
            sizes.append((width, height))
        if marker == 0xE1 and block.startswith(_EXIF):
            exif = exif or block[len(_EXIF) :]
        block = _jpeg_kept(marker, block)
        if block:
            kept += struct.pack(">BBH", 0xFF, marker, len(block) + 2) + block + data
    return Picture(bytes(kept) + b"\xff\xd9", tuple(sizes), exif)


def _jpeg_blocks(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield marker, block, and of a scan its data; one cut off in its data by the sender ends there."""
    at = 2
    while at < len(content):
        if content[at] != 0xFF:
            raise BadPicture("no marker where one is due")
        while content[at + 1] == 0xFF:  # any number of fill bytes may stand before a marker
            at += 1
        marker = content[at + 1]
        if marker == _END:
            return
        (length,) = struct.unpack_from(">H", content, at + 2)
        block, at = content[at + 4 : at + 2 + length], at + 2 + length
        if length < 2 or len(block) != length - 2:
            raise BadPicture("a block that is not whole")
        end = at
        if marker == _SCAN:
            found = _JPEG_MARKER.search(content, at)
            end = found.start() if found else len(content)
        yield marker, block, content[at:end]
        at = end


def _jpeg_kept(marker: int, block: bytes) -> bytes:
    """Return what stays of a block: of the applications' own JFIF without its preview, colours, Adobe's transform."""
    if marker == 0xE0:
        return block[:12] + b"\0\0" if block.startswith(b"JFIF\0") else b""
    if marker == 0xE2:
        return block if block.startswith(b"ICC_PROFILE\0") else b""
    if marker == 0xEE:
        return block[:12] if block.startswith(b"Adobe") else b""
    return b"" if 0xE1 <= marker <= 0xEF or marker == 0xFE else block


def _png(content: bytes) -> Picture:
    kept, sizes, exif, at = bytearray(_PNG_SIGNATURE), [], b"", len(_PNG_SIGNATURE)
    while True:
        length, name = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise BadPicture("a block that is not whole")
        if name in (b"IHDR", b"fcTL"):
            sizes.append(struct.unpack_from(">II", content, at + (8 if name == b"IHDR" else 12)))
        if name == b"eXIf":
            exif = content[at + 8 : end - 4]
        if name in _PNG_KEPT:
            kept += content[at:end]
        if name == b"IEND":
            return Picture(bytes(kept), tuple(sizes), exif)
        at = end


def _gif(content: bytes) -> Picture:
    sizes = [struct.unpack_from("<HH", content, 6)]
    at = 13 + _gif_colours(content[10])
    kept = bytearray(content[:at])
    while content[at] != 0x3B:
        begin = at
        if content[at] == 0x21:
            label, at = content[at + 1], _gif_end(content, at + 2)
            loops = label == 0xFF and content[begin + 3 : begin + 14] in _GIF_LOOPS
            if label == 0xF9 or loops:
                kept += content[begin:at]
        elif content[at] == 0x2C:
            sizes.append(struct.unpack_from("<HH", content, at + 5))
            at = _gif_end(content, at + 11 + _gif_colours(content[at + 9]))
            kept += content[begin:at]
        else:
            raise BadPicture("no block where one is due")
    return Picture(bytes(kept) + b"\x3b", tuple(sizes))


def _gif_colours(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_end(content: bytes, at: int) -> int:
    while content[at]:
        at += content[at] + 1
    return at + 1


def _webp(content: bytes) -> Picture:
    kept, sizes, exif, is_lossless = bytearray(), [], b"", False
    for name, body in _chunks(content, 12):
        if name == b"EXIF":
            exif = body.removeprefix(_EXIF)
        if name not in _WEBP_KEPT:
            continue
        if name == b"VP8X":
            body = bytes([body[0] & ~_WEBP_METADATA_FLAGS]) + body[1:]
            sizes.append((1 + _uint24(body, 4), 1 + _uint24(body, 7)))
        elif name == b"ANMF":
            sizes.append((1 + _uint24(body, 6), 1 + _uint24(body, 9)))
        elif name == b"VP8 ":
            width, height = struct.unpack_from("<HH", body, 6)
            sizes.append((width & 0x3FFF, height & 0x3FFF))
        elif name == b"VP8L":
            (bits,) = struct.unpack_from("<I", body, 1)
            sizes.append((1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)))
            is_lossless = True
        kept += name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
    if not sizes:
        raise BadPicture("no picture in it")
    whole = b"RIFF" + struct.pack("<I", len(kept) + 4) + b"WEBP" + kept
    return Picture(whole, tuple(sizes), exif, is_lossless)


def _chunks(content: bytes, at: int) -> Iterator[tuple[bytes, bytes]]:
    (declared,) = struct.unpack_from("<I", content, 4)
    end = min(len(content), declared + 8)
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", content, at)
        body = content[at + 8 : at + 8 + length]
        if len(body) != length:
            raise BadPicture("a block that is not whole")
        yield name, body
        at += 8 + length + length % 2


def _uint24(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 3], "little")


_READERS: dict[str, Callable[[bytes], Picture]] = {
    JPEG: _jpeg,
    PNG: _png,
    GIF: _gif,
    WEBP: _webp,
}
