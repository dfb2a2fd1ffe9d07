"""A text file of any size, read piece by piece: its encoding is proved first, its text is never held whole."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from registry import csv_file
from registry.errors import FileRefused

_PIECE = 1 << 17
_CHINESE, _LONE = re.compile(r"[^\x00-\x7f]+"), re.compile(r"(?<=[A-Za-z])[^\x00-\x7f](?=[a-z])")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class TextFile:
    """A file whose every byte can be read in ``encoding``; about so many ``lines``."""

    path: Path
    encoding: str
    lines: int

    @contextmanager
    def open(self) -> Iterator[TextIO]:
        """The text from its first character on, line ends as they are."""
        with self.path.open(encoding=self.encoding, newline="") as file:
            if file.read(1) != "\ufeff":
                file.seek(0)
            yield file


def check(path: Path, encoding: str | None) -> TextFile:
    """Find out the encoding where none is named, and prove that the whole file can be read in it."""
    if encoding is not None:
        try:
            return TextFile(path, encoding, _lines(path, encoding))
        except _Undecodable as error:
            raise FileRefused(f"{path.name} is not {encoding}: line {error.line} can't be read so, name another under "
                              f"source.encoding") from None
    with path.open("rb") as file:
        is_utf16 = file.read(2) in _UTF16
    try:
        found = "utf-16" if is_utf16 else "utf-8-sig"
        return TextFile(path, found, _lines(path, found, text=not is_utf16))
    except _Undecodable:
        pass
    # Rare enough to be read whole: only then can UTF-8 with a wrong byte be told from another encoding.
    try:
        content = path.read_bytes()
        decoded = csv_file.decode(path.name, content)
    except FileRefused as error:
        raise FileRefused(f"{error}, or name its encoding under source.encoding") from None
    if _looks_western(decoded[:_PIECE * 8]):
        raise FileRefused(f"{path.name} can be read as GB18030, but looks like Western letters with accents: name its "
                          f"encoding under source.encoding, such as cp1252, or gb18030 if it is that")
    return TextFile(path, "gb18030", content.count(b"\n"))


def _looks_western(decoded: str) -> bool:
    """Whether Chinese characters stand alone behind small letters, as ``ü`` and the letter after it do in Müller."""
    return len(_LONE.findall(decoded)) > len(_CHINESE.findall(decoded)) / 2


class _Undecodable(Exception):
    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def _lines(path: Path, encoding: str, *, text: bool = False) -> int:
    """How many lines there are; with ``text`` a byte of value 0 is none of a text."""
    decoder, lines = codecs.getincrementaldecoder(encoding)(), 0
    with path.open("rb") as file:
        while True:
            piece = file.read(_PIECE)
            try:
                decoder.decode(piece, final=not piece)
            except (UnicodeError, LookupError) as error:
                raise _Undecodable(lines + piece.count(b"\n", 0, getattr(error, "start", 0)) + 1) from None
            if text and b"\x00" in piece:
                raise _Undecodable(lines + 1)
            if not piece:
                return lines
            lines += piece.count(b"\n")
