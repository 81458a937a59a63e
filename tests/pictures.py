"""Real pictures, voices and films, small, with everything in them that a camera writes of its owner."""

from __future__ import annotations

import io
import struct
from typing import Any

from PIL import Image

MAKER, PLACE_REF, COMMENT = "CameraOfCitizen", "N", b"shot at home"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>Zhang San</x:xmpmeta>"
SECRETS = (MAKER.encode(), COMMENT, b"Zhang San", b"Exif", b"xmpmeta", b"2026:11:23")


def exif(orientation: int = 1) -> Image.Exif:
    """Return what a phone writes: maker, time, place, which side is up."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010F] = MAKER
    found[0x0132] = "2026:11:23 12:00:00"
    found.get_ifd(0x8825).update(
        {1: PLACE_REF, 2: (30.0, 15.0, 30.0), 3: "E", 4: (120.0, 9.0, 3.0)}
    )
    return found


def image(size: tuple[int, int] = (24, 16)) -> Image.Image:
    """Return an image of which every corner is another colour, so that a turn is seen."""
    made = Image.new("RGB", size, (200, 200, 200))
    half = (size[0] // 2, size[1] // 2)
    made.paste((255, 0, 0), (0, 0, *half))
    made.paste((0, 0, 255), (half[0], half[1], *size))
    return made


def written(kind: str, made: Image.Image | None = None, **options: Any) -> bytes:
    """Return an image as a file; `kind` as Pillow calls it."""
    out = io.BytesIO()
    (made or image()).save(out, kind, **options)
    return out.getvalue()


def telling(kind: str, orientation: int = 1) -> bytes:
    """Return a picture that tells all it can, and has something hung on behind its end."""
    options: dict[str, Any] = {"exif": exif(orientation), "comment": COMMENT}
    if kind == "PNG":
        from PIL.PngImagePlugin import PngInfo

        told = PngInfo()
        told.add_text("Comment", COMMENT.decode())
        told.add_itxt("XML:com.adobe.xmp", XMP.decode())
        options = {"exif": exif(orientation), "pnginfo": told}
    elif kind == "GIF":
        options = {"comment": COMMENT}
    elif kind == "WEBP":
        options = {"exif": exif(orientation), "xmp": XMP, "lossless": True}
    else:
        options |= {"xmp": XMP, "quality": 90}
    return written(kind, **options) + b"".join(SECRETS)


def box(name: bytes, body: bytes) -> bytes:
    """Return one box of an MP4 file."""
    return struct.pack(">I4s", len(body) + 8, name) + body


def film() -> bytes:
    """Return the frame of a film with its place in it."""
    place = box(b"udta", box(b"\xa9xyz", b"\x00\x12\x15\xc7+30.2500+120.1500/"))
    return (
        box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
        + box(
            b"moov", box(b"mvhd", bytes(100)) + box(b"trak", box(b"meta", MAKER.encode())) + place
        )
        + box(b"mdat", b"what is seen")
    )


AMR = b"#!AMR\n" + bytes(range(32))
MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)
