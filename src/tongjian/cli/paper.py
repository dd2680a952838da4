"""The receipt in what a person has at hand: a picture of an extract, its page, a pasted text."""

import io
import re
import warnings
from types import ModuleType
from typing import Any, Final

from tongjian.cli.failures import ExitCode, Failure
from tongjian.verifier.extract import (
    DENSE_PREFIX,
    TEXT_CHARACTERS_MAX,
    receipt_in_text,
    receipt_in_texts,
)
from tongjian.verifier.receipt import VerificationFailed

PICTURE_PIXELS_MAX: Final = 80_000_000
"""A4 at 800 dpi is 62 million."""
SMALL_PIXELS_MAX: Final = 8_000_000
"""Below it a picture is also tried at twice its size."""
_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_PAGE: Final = re.compile(rb"\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html)\b", re.IGNORECASE)
_EMBEDDED: Final = re.compile(rb'\bdata-receipt="([^"]{0,%d})"' % TEXT_CHARACTERS_MAX)


def receipt_of(data: bytes) -> bytes:
    """Return the receipt that a file shows; its own bytes where they are no picture and no text.

    Raises `VerificationFailed` at step 1, `Failure` where pictures cannot be read here.
    """
    if data.startswith(_PICTURES):
        return receipt_in_texts(_texts_in(data))
    if _PAGE.match(data):
        found = _EMBEDDED.findall(data)
        if len(found) != 1:
            raise _fail(f"the page holds {len(found)} receipts; an extract holds one")
        return _of_text(found[0]) or b""
    return _of_text(data) or data


def _of_text(data: bytes) -> bytes | None:
    return receipt_in_text(data.decode("ascii")) if data.isascii() else None


def _texts_in(picture: bytes) -> list[str]:
    """Return the texts of the QR codes in a picture."""
    pillow, zxing = _libraries()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pillow.DecompressionBombWarning)
            image = pillow.open(io.BytesIO(picture), formats=("PNG", "JPEG"))
            pixels = image.width * image.height
            _expect_size(pixels)
            image = image.convert("L")
        texts = _read(zxing, image)
        if not any(text.startswith(DENSE_PREFIX) for text in texts) and pixels <= SMALL_PIXELS_MAX:
            # At two or three pixels a module a decoder finds more once there are twice as many.
            texts += _read(zxing, image.resize((image.width * 2, image.height * 2)))
        return texts
    except VerificationFailed:
        raise
    except Exception as error:
        # Damaged pictures fail in as many ways as there are layers in a decoder of them.
        if "pixels" in str(error):
            raise _fail(f"over the limit of {PICTURE_PIXELS_MAX} pixels") from error
        raise _fail(f"the picture cannot be read ({type(error).__name__})") from error


def _read(zxing: Any, image: Any) -> list[str]:
    codes: list[Any] = zxing.read_barcodes(image, formats=zxing.BarcodeFormat.QRCode)
    return [str(code.text) for code in codes]


def _expect_size(pixels: int) -> None:
    if pixels > PICTURE_PIXELS_MAX:
        raise _fail(f"{pixels} pixels are over the limit of {PICTURE_PIXELS_MAX}")


def _libraries() -> tuple[Any, Any]:
    try:
        import zxingcpp
        from PIL import Image
    except ImportError as error:
        raise Failure(
            ExitCode.USAGE,
            "Pictures cannot be read here.",
            why=f"{error}.",
            rule="reading pictures is the optional extra `paper`: Pillow and zxing-cpp",
            then="pip install 'tongjian[paper]', or paste what a scanner app reads into a file",
        ) from error
    libraries: tuple[ModuleType, ModuleType] = (Image, zxingcpp)
    return libraries


def _fail(why: str) -> VerificationFailed:
    return VerificationFailed(1, "form", why)
