"""What citizens send is known by its bytes, tells nothing of who made it, and looks as it did."""

from __future__ import annotations

import contextlib
import io
import resource
import struct
import time
import zlib

import pytest
from PIL import Image, ImageChops, ImageOps

from bot.media.cleaning import MOST_BYTES, MOST_PIXELS, clean
from bot.model.errors import Permanent
from tests.pictures import AMR, MP3_FRAME, SECRETS, XMP, box, exif, film, image, telling, written

PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}


def opened(content: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(content))
    found.load()
    return found


def is_alike(one: Image.Image, other: Image.Image, tolerance: int = 0) -> bool:
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB"))
    return one.size == other.size and max(most for _, most in difference.getextrema()) <= tolerance


class TestPictures:
    @pytest.mark.parametrize("kind", PICTURES)
    def test_tell_nothing_and_look_the_same(self, kind: str) -> None:
        told = telling(kind)
        assert sum(secret in told for secret in SECRETS) == len(SECRETS)
        content, content_type = clean(told)
        assert content_type == PICTURES[kind]
        assert [secret for secret in SECRETS if secret in content] == []
        kept = opened(content)
        assert not kept.getexif()
        assert not {"comment", "exif", "xmp", "Comment"} & set(kept.info)
        assert is_alike(kept, opened(told))  # pixel for pixel
        assert clean(content) == (content, content_type)

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize("orientation", range(2, 9))
    def test_stand_upright(self, kind: str, orientation: int) -> None:
        told = telling(kind, orientation)
        content, _ = clean(told)
        kept = opened(content)
        assert not kept.getexif()
        assert is_alike(kept, ImageOps.exif_transpose(opened(told)), 60 if kind == "JPEG" else 0)
        assert [secret for secret in SECRETS if secret in content] == []

    def test_an_upright_photo_is_as_large_and_as_good_as_before(self) -> None:
        noisy = Image.effect_noise((320, 240), 60).convert("RGB")
        told = written("JPEG", noisy, quality=80, exif=exif(6))
        content, _ = clean(told)
        assert len(content) < len(told) * 1.05
        turned = ImageOps.exif_transpose(opened(told))
        difference = ImageChops.difference(opened(content), turned).convert("L").histogram()
        mean = sum(value * count for value, count in enumerate(difference)) / (320 * 240)
        assert mean < 1  # of 255

    def test_a_film_of_pictures_keeps_its_frames(self) -> None:
        frames = [image(), ImageOps.mirror(image()), ImageOps.flip(image())]
        options = {"save_all": True, "append_images": frames[1:], "loop": 0, "duration": 100}
        for kind in ("GIF", "WEBP", "PNG"):
            content, _ = clean(written(kind, frames[0], **options))
            kept = Image.open(io.BytesIO(content))
            assert (kind, kept.n_frames) == (kind, 3)  # type: ignore[attr-defined]
            assert kept.info["loop"] == 0

    def test_colours_are_kept(self) -> None:
        from PIL import ImageCms

        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        for kind, orientation in (("JPEG", 1), ("JPEG", 6), ("PNG", 1), ("WEBP", 1)):
            told = written(kind, icc_profile=profile, exif=exif(orientation))
            assert opened(clean(told)[0]).info["icc_profile"] == profile
        cmyk = written("JPEG", image().convert("CMYK"))
        assert is_alike(opened(clean(cmyk)[0]), opened(cmyk))

    def test_a_progressive_photo_with_many_scans(self) -> None:
        told = written("JPEG", progressive=True, exif=exif())
        assert is_alike(opened(clean(told)[0]), opened(told))

    def test_odd_data_where_the_orientation_should_be(self) -> None:
        told = written("JPEG")
        for block in (b"", b"II*\0", b"MM\0*\xff\xff\xff\xff", bytes(range(256)) * 200):
            body = b"Exif\0\0" + block
            marked = told[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + told[2:]
            assert clean(marked)[0] == clean(told)[0]


class TestRecordings:
    @pytest.mark.parametrize(
        ("content", "kind"),
        [
            (AMR, "audio/amr"),
            (b"#!AMR-WB\n" + bytes(40), "audio/amr"),
            (MP3_FRAME, "audio/mpeg"),
            (b"OggS" + bytes(24) + b"Speex   " + bytes(60), "audio/ogg"),
        ],
    )
    def test_voices_stay_as_they_are(self, content: bytes, kind: str) -> None:
        assert clean(content) == (content, kind)

    def test_a_voice_loses_its_tags(self) -> None:
        body = b"TPE1\0\0\0\x0a\0\0\0Zhang San"
        tagged = b"ID3\4\0\0" + struct.pack(">I", len(body)) + body + MP3_FRAME
        tagged += b"TAG" + b"Zhang San".ljust(125, b"\0")
        assert clean(tagged) == (MP3_FRAME, "audio/mpeg")

    def test_a_film_loses_its_place_and_nothing_moves(self) -> None:
        told = film()
        content, kind = clean(told)
        assert kind == "video/mp4"
        assert b"+30.2500" in told
        assert b"+30.2500" not in content
        assert b"CameraOfCitizen" not in content
        assert (len(content), content.index(b"mdat")) == (len(told), told.index(b"mdat"))


def _png_of(width: int, height: int) -> bytes:
    """Return a few kilobytes that decode into a picture of this size."""

    def block(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    packed, data = zlib.compressobj(9), b""
    for _ in range(min(height, 2000)):
        data += packed.compress(bytes(width // 8 + 1))
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + block(b"IHDR", head)
        + block(b"eXIf", exif(6).tobytes().removeprefix(b"Exif\0\0"))
        + block(b"IDAT", data + packed.flush())
        + block(b"IEND", b"")
    )


class TestRefusing:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"<html>",
            b"<svg onload='alert(1)'/>",
            b"%PDF-1.7",
            b"MZ\x90",
            b"PK\3\4",
            b"II*\0" + bytes(100),
            b"BM" + bytes(100),
            b"\0\0\0\x18ftypheic" + bytes(100),
            b"\0\0\0\x18ftypavif" + bytes(100),
            b"ID3\4\0\0\0\0\0\x04none<script>",
            b"RIFF\x24\0\0\0WAVE" + bytes(100),
            b"\xff\xd8",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"RIFF....WEBP",
            b"\x1aE\xdf\xa3" + bytes(100),
        ],
    )
    def test_what_is_no_medium_is_refused(self, content: bytes) -> None:
        with pytest.raises(Permanent):
            clean(content)

    @pytest.mark.parametrize("kind", PICTURES)
    def test_one_cut_off_anywhere_is_refused_or_shown_as_far_as_it_came(self, kind: str) -> None:
        whole = written(kind)
        for length in range(1, len(whole)):
            try:
                content, content_type = clean(whole[:length])
            except Permanent:
                continue
            assert content_type == PICTURES[kind]
            assert len(content) <= length + 12

    @pytest.mark.parametrize("head", [b"GIF89a", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"])
    def test_noise_behind_a_right_beginning(self, head: bytes) -> None:
        for seed in range(200):
            noise = zlib.compress(bytes([seed, seed // 3, 7]) * 300) * 3
            with pytest.raises(Permanent):
                clean(head + noise)


class TestDamaged:
    """A photo that lost or changed some bytes on its way."""

    def test_is_kept_as_it_came(self) -> None:
        whole = written("JPEG")
        spoilt = whole[:20] + b"\0\0\0\0" + whole[24:]
        assert clean(spoilt) == (spoilt, "image/jpeg")

    def test_is_refused_if_it_may_tell_who_took_it(self) -> None:
        for kind in (telling("JPEG"), written("JPEG", exif=exif()), written("JPEG", xmp=XMP)):
            at = kind.index(b"\xff\xdb")
            with pytest.raises(Permanent, match="not whole"):
                clean(kind[:at] + b"\0\0" + kind[at:])

    def test_is_refused_if_it_would_fill_the_memory(self) -> None:
        whole = written("JPEG")
        at = whole.index(b"\xff\xc0") + 5
        huge = whole[:20] + b"\0\0" + whole[20:at] + b"\xff\xff\xff\xff" + whole[at + 4 :]
        with pytest.raises(Permanent, match="pixels"):
            clean(huge)


class TestSizes:
    def test_one_byte_too_many(self) -> None:
        assert clean(AMR.ljust(MOST_BYTES, b"\0"))
        with pytest.raises(Permanent, match="bytes"):
            clean(AMR.ljust(MOST_BYTES + 1, b"\0"))


class TestBombs:
    def test_a_picture_that_would_fill_the_memory_is_refused_unopened(self) -> None:
        bombs = [_png_of(50_000, 50_000), _png_of(65_535, 65_535), _huge_webp(), _huge_gif_frame()]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began = time.monotonic()
        for bomb in bombs:
            assert len(bomb) < 100_000
            with pytest.raises(Permanent, match="pixels"):
                clean(bomb)
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown_kb < 20_000
        assert time.monotonic() - began < 5

    def test_the_largest_that_is_turned_stays_within_bounds(self) -> None:
        side = int(MOST_PIXELS**0.5)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        content, _ = clean(written("JPEG", Image.new("RGB", (side, side)), exif=exif(6)))
        assert Image.open(io.BytesIO(content)).size == (side, side)
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 600_000

    @pytest.mark.parametrize(
        "content",
        [
            b"GIF89a\1\0\1\0\0\0\0" + b"\x21\xf9" + b"\1\0" * 5_000_000,
            b"GIF89a\1\0\1\0\0\0\0" + b"\x21\xfe\0" * 3_000_000,
            b"\x89PNG\r\n\x1a\n" + b"\0\0\0\0tEXtcrc!" * 800_000,
            b"\xff\xd8\xff" + b"\xff" * 10_000_000,
            b"\xff\xd8" + b"\xff\xfe\0\2" * 2_500_000,
            b"RIFF\xff\xff\xff\x7fWEBP" + b"none\0\0\0\0" * 1_200_000,
            b"\0\0\0\x0cftypisom" + b"\0\0\0\x08free" * 1_200_000,
            box(b"ftyp", b"isom") + b"".join(b"\0\x0f\0\0moov" for _ in range(1_000_000)),
        ],
        ids=["gif", "gif comments", "png", "fill bytes", "jpeg comments", "webp", "mp4", "nested"],
    )
    def test_blocks_without_end_take_seconds_at_most(self, content: bytes) -> None:
        began = time.monotonic()
        with contextlib.suppress(Permanent):
            clean(content[:MOST_BYTES])
        assert time.monotonic() - began < 30  # a busy machine; on a free one about a second


def _huge_webp() -> bytes:
    head = b"\0\0\0\0" + (16_382).to_bytes(3, "little") * 2
    body = b"VP8X" + struct.pack("<I", len(head)) + head
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def _huge_gif_frame() -> bytes:
    frame = b"\x2c" + struct.pack("<HHHHB", 0, 0, 65_535, 65_535, 0) + b"\2\1\0\0"
    return b"GIF89a\1\0\1\0\0\0\0" + frame + b"\x3b"
