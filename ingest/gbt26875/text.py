"""Text fields: GB 18030 with whatever padding a maker uses."""

from __future__ import annotations

import re
from typing import Final

#: Numbers of address formats that some makers put into the first byte of a description (loop and point, one number,
#: building with area and floor, and so on).
FORMATS: Final = range(1, 7)
DESCRIPTION_BYTES: Final = 31
_FILLER: Final = b"\xa0"
# No byte of a GB 18030 character is a control character, so these never cut one.
_BETWEEN: Final = re.compile(rb"[\x00-\x1f\x7f]+")


def text_of(raw: bytes, form: str = "auto") -> str:
    """A text field for people: padding and what stands behind a NUL are dropped, bytes that are no text replaced.

    ``form``: ``format_byte`` (the first byte is a number, the other 30 are text), ``plain`` (all is text) or ``auto``:
    a first byte of 1 to 6, which no text begins with, is a format number.
    """
    if form == "format_byte" and len(raw) > 1:
        raw = raw[1:]
    raw = raw.strip(b"\x00 ")
    if form == "auto" and raw[:1] and raw[0] in FORMATS:
        raw = raw[1:].lstrip(b"\x00 ")
    if not raw:
        return ""
    raw = raw.split(b"\x00", 1)[0]
    if _FILLER * 2 in raw:
        raw = _without_filler(raw)
    text = _decoded(raw)
    if not text.isprintable():
        text = "".join(character for character in text if character.isprintable())
    return text.strip()


def texts_in(raw: bytes) -> str:
    """The texts in a unit of a maker's own, such as a printer's line, with blanks between them.

    Lengths, flags and times stand among them, so a run of a single byte is not taken for text.
    """
    found = (text_of(piece, "plain") for piece in _BETWEEN.split(raw) if len(piece) > 1)
    return " ".join(text for text in found if text)


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("gb18030")
    except UnicodeDecodeError as error:
        # A field of 31 bytes cuts the last character in half: that half is nobody's text.
        return (raw[:error.start] if _is_half(error) else raw).decode("gb18030", "replace")


def _is_half(error: UnicodeDecodeError) -> bool:
    return error.reason.startswith("incomplete") and error.end == len(error.object)


def _without_filler(raw: bytes) -> bytes:
    """Without the A0 that some makers fill a field with, which would be read as characters (two of them are 牋)."""
    rest = (raw.lstrip(_FILLER) if raw.startswith(_FILLER * 2) else raw).rstrip(_FILLER)
    if raw.endswith(_FILLER):
        try:
            rest.decode("gb18030")
        except UnicodeDecodeError as error:
            if _is_half(error):
                return rest + _FILLER  # it was the second byte of the last character
    return rest


def format_of(raw: bytes, form: str = "auto") -> int | None:
    """The format number of a description, where it has one."""
    if not raw or form == "plain":
        return None
    return raw[0] if form == "format_byte" or raw[0] in FORMATS else None


def field_of(text: str, size: int = DESCRIPTION_BYTES) -> bytes:
    """A text as a field of ``size`` bytes, padded with NUL; a character that does not fit whole is left out."""
    encoded = b""
    for character in text:
        piece = character.encode("gb18030", "replace")
        if len(encoded) + len(piece) > size:
            break
        encoded += piece
    return encoded.ljust(size, b"\x00")
