"""CSV as offices send it: UTF-8 with or without a mark, UTF-16 with one, GB18030; comma, semicolon, tab or bar."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator

from registry.errors import FileRefused

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_HEADER_BYTES = 65536
_CHINESE = re.compile("[\u3000-\u9fff\uff00-\uffee]")
_CHANCE = 0.02
_CELL = 131_072


def read(name: str, content: bytes, is_title: Callable[[str], bool]) -> tuple[
        list[object], Iterator[tuple[int, list[object]]], int]:
    """Header, rows with the line each begins on, and about how many rows there are."""
    text = decode(name, content)
    separator = _separator(text, is_title)
    records = _records(name, text, separator)
    for _line, cells in records:
        if any(isinstance(cell, str) and cell.strip() for cell in cells):
            return _trimmed(cells), records, text.count("\n")
    raise FileRefused(f"{name} is empty")


def decode(name: str, content: bytes) -> str:
    """The text of ``content``; GB18030 only where UTF-8 is out of the question, since it accepts nearly anything."""
    if content.startswith(_UTF16):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            raise FileRefused(f"{name} begins as UTF-16 text but is not: save it as CSV UTF-8") from None
    if b"\x00" in content:
        raise FileRefused(f"{name} is neither CSV nor XLSX: it holds bytes that are not text")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if content.startswith(codecs.BOM_UTF8) or _is_broken_utf8(content):
            line = content.count(b"\n", 0, error.start) + 1
            raise FileRefused(f"{name} is UTF-8 but line {line} holds a byte that is not: save it again") from None
        _refuse_mixture(name, content)
    try:
        return content.decode("gb18030")
    except UnicodeDecodeError:
        raise FileRefused(f"{name} is neither CSV nor XLSX: it is not text in UTF-8 or GB18030") from None


def _refuse_mixture(name: str, content: bytes) -> None:
    """Refuse a file put together from two: read as GB18030, the UTF-8 half would become other Chinese text."""
    first: dict[bool, int] = {}
    counts = {True: 0, False: 0}
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.isascii():
            continue
        try:
            is_utf8 = len(_CHINESE.findall(line.decode("utf-8"))) > 1
        except UnicodeDecodeError:
            is_utf8 = False
        first.setdefault(is_utf8, number)
        counts[is_utf8] += 1
    # By chance alone a few lines of GB18030 in ten thousand can be read as UTF-8.
    if counts[True] > counts[False] * _CHANCE:
        raise FileRefused(f"{name} mixes encodings: line {first[True]} is UTF-8 and line {first[False]} is not: save "
                          "it again as CSV UTF-8")


def _is_broken_utf8(content: bytes) -> bool:
    """Whether far more Chinese characters than errors come out when ``content`` is read as UTF-8."""
    text = content.decode("utf-8", errors="replace")
    chinese = len(_CHINESE.findall(text))
    return chinese > text.count("\ufffd")


def _separator(text: str, is_title: Callable[[str], bool]) -> str:
    first = next((line for line in io.StringIO(text[:_HEADER_BYTES]) if line.strip()), "")
    told = re.fullmatch(r"sep=(.)\s*", first)
    if told and told[1] in ",;\t|":
        return told[1]

    def titles(separator: str) -> int:
        return sum(is_title(cell.strip().strip('"')) for cell in first.split(separator))
    return max(",;\t|", key=titles)


def _records(name: str, text: str, separator: str) -> Iterator[tuple[int, list[object]]]:
    # The limit is the whole process's: a history read before may have left another.
    csv.field_size_limit(_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 1
    try:
        for cells in reader:
            if not (line == 1 and re.fullmatch(r"sep=[,;\t|]?", "".join(cells))):
                yield line, cells  # type: ignore[misc]  # text is an object
            line = reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error):
            raise FileRefused(f"{name}, line {line}: a cell has more than {_CELL} characters, "
                              "or a quotation mark is not closed") from None
        raise FileRefused(f"{name}, line {line}: the quotation marks don't match ({error})") from None


def _trimmed(cells: list[object]) -> list[object]:
    while cells and not str(cells[-1]).strip():
        cells.pop()
    return cells
