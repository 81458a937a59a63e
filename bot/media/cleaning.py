"""The gate through which everything a citizen or a colleague sends must pass before it is kept.

What it is, its bytes say; nobody's word on it counts. Turning a picture the right way up is the one thing that decodes
it, and happens only after its size was found bearable.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from typing import Any

from PIL import Image, JpegImagePlugin

from bot.media import pictures, recordings
from bot.media.pictures import JPEG, WEBP, BadPicture, Picture
from bot.model.errors import Permanent

MOST_BYTES = 10 * 1024 * 1024  # wechat-contract section 8: a picture and a film have at most 10 MB
MOST_PIXELS = 50_000_000
"""More than a phone's camera makes in its largest everyday setting (48 million); decoded some 150 MB, twice that to turn."""
KINDS = frozenset((*pictures.KINDS, *recordings.KINDS))
"""What is taken: nothing else is ever kept."""
_FORMATS = {JPEG: "JPEG", pictures.PNG: "PNG", WEBP: "WEBP"}
_ORIENTATION = 0x0112
#: EXIF's orientation → what puts the picture upright (CIPA DC-008, 4.6.5.1.1).
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE = tuple(_TURNS[orientation] for orientation in (5, 6, 7, 8))


def clean(content: bytes) -> tuple[bytes, str]:
    """Return a medium as it may be kept, and its type as its bytes say.

    Raises:
        Permanent: it is none of the types we take, not whole, or too large.
    """
    if not content or len(content) > MOST_BYTES:
        raise Permanent("minsheng", "size", f"{len(content)} bytes")
    kind = pictures.kind_of(content)
    if kind:
        return _picture(content, kind), kind
    kind = recordings.kind_of(content)
    if not kind:
        raise Permanent("minsheng", "type", "the bytes are no picture, voice or film that is taken")
    return recordings.bared(content), kind


def _picture(content: bytes, kind: str) -> bytes:
    try:
        picture = pictures.bared(content)
    except BadPicture as error:
        raise Permanent("minsheng", "type", f"{kind}: {error}") from error
    if any(width * height > MOST_PIXELS for width, height in picture.sizes):
        raise Permanent("minsheng", "size", f"{kind}: more than {MOST_PIXELS} pixels")
    turn = _turn(picture)
    return (
        _turned(picture, kind, turn) if turn is not None and kind in _FORMATS else picture.content
    )


def _turn(picture: Picture) -> Image.Transpose | None:
    if not picture.exif:
        return None
    exif = Image.Exif()
    try:
        exif.load(b"Exif\0\0" + picture.exif)
        return _TURNS.get(exif.get(_ORIENTATION, 1))
    except Exception:  # whatever a camera wrote there: then it stays as it lies
        return None


def _turned(picture: Picture, kind: str, turn: Image.Transpose) -> bytes:
    """Return it upright; as it lies if it cannot be decoded: then it is not shown any better either way."""
    out = io.BytesIO()
    with contextlib.suppress(OSError, SyntaxError, ValueError), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(picture.content), formats=[_FORMATS[kind]]) as image:
            options = _as_it_was(image, kind, turn) | {"lossless": picture.is_lossless}
            image.transpose(turn).save(out, _FORMATS[kind], **options)
        return pictures.bared(out.getvalue()).content
    return picture.content


def _as_it_was(image: Image.Image, kind: str, turn: Image.Transpose) -> dict[str, Any]:
    """Return how to write it so that next to nothing is lost: JPEG with the tables it came with, turned as it is."""
    options: dict[str, Any] = {"icc_profile": image.info.get("icc_profile"), "quality": 95}
    if kind == JPEG:
        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        tables = image.quantization
        if turn in _ON_ITS_SIDE:
            across = [8 * (at % 8) + at // 8 for at in range(64)]
            tables = {name: [table[at] for at in across] for name, table in tables.items()}
        options |= {"qtables": tables, "subsampling": JpegImagePlugin.get_sampling(image)}
        del options["quality"]
    return options
