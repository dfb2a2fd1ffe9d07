"""Frames from a TCP link, where one packet may come in pieces and several in one piece. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from ingest.gbt26875.frames import END, HEAD, SHORT_BEAT, START, BadBytes, Failure, Frame, scan

#: Keep-alives some devices send as text outside the framing, by how they begin, and what they wait for.
TEXT_KEEPALIVES: Final[Mapping[bytes, bytes]] = MappingProxyType({b"TD": b"OK!"})
_LONGEST_TEXT: Final = 256
_SHORT_ANSWER: Final = START + bytes(8) + END


@dataclass(frozen=True, slots=True)
class TextBeat:
    """A keep-alive outside the framing, and what answers it; ``source`` is the address in it, if it holds one."""

    raw: bytes
    answer: bytes
    source: bytes = b""


Found = Frame | BadBytes | TextBeat


class FrameStream:
    """Takes the bytes of one link in any pieces.

    What it holds back is never more than the longest frame less one byte, whatever comes. A half frame waits until the
    rest is there or :meth:`expire` is called: so whoever owns the link decides how long to wait.
    """

    __slots__ = ("_held", "_texts")

    def __init__(self, texts: Mapping[bytes, bytes] = TEXT_KEEPALIVES) -> None:
        self._held = b""
        self._texts = texts

    @property
    def held(self) -> int:
        """Bytes that wait for more."""
        return len(self._held)

    def feed(self, data: bytes) -> list[Found]:
        """What ``data`` completes, in order."""
        return self._take(self._held + data if self._held else bytes(data), None)

    def expire(self) -> list[Found]:
        """Give up the half frame that waits, one byte of it: what lies behind a damaged length may be whole frames.

        What is half behind it waits on, so call it again after the next wait.
        """
        if not self._held:
            return []
        held = len(self._held)
        head = self._held[:HEAD] if held >= HEAD else b""
        return self._take(self._held, Failure("gbt_cut_short", f"the frame stopped after {held} bytes", head))

    def end(self) -> list[Found]:
        """What is left when the link is closed."""
        held, self._held = self._held, b""
        found, _ = scan(held, is_all=True)
        return self._told(found)

    def _take(self, data: bytes, failed: Failure | None) -> list[Found]:
        if failed is None and any(len(data) < len(text) and text.startswith(data) for text in self._texts):
            self._held = data  # too little of a text to know it by
            return []
        found, used = scan(data, is_all=False, failed=failed)
        self._held = data[used:]
        return self._told(found)

    def _told(self, found: list[Frame | BadBytes]) -> list[Found]:
        return [self._text_or_bad(one) if isinstance(one, BadBytes) else one for one in found]

    def _text_or_bad(self, bad: BadBytes) -> TextBeat | BadBytes:
        if bad.reason_code == SHORT_BEAT:
            return short_beat(bad)
        if bad.reason_code == "gbt_no_frame" and len(bad.raw) <= _LONGEST_TEXT:
            for text, answer in self._texts.items():
                if bad.raw.startswith(text):
                    return TextBeat(bad.raw, answer)
        return bad


def short_beat(bad: BadBytes) -> TextBeat:
    """The keep-alive that these bytes are."""
    return TextBeat(bad.raw, _SHORT_ANSWER, bad.raw[2:8])
