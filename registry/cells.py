"""From what stands in one cell to a value, and back: pure, each refusal one clause for the person who typed it.

A reader takes the cell (text from CSV; text, number, date or truth value from XLSX; never empty) and the day whose
rules hold, and returns the value or raises :class:`CellError`.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

from openpyxl.utils.datetime import from_excel

from policy.clocks import SHANGHAI
from registry.kinds import Kind

Reader = Callable[[object, dt.date], Any]

_TRUE = frozenset({"是", "yes", "y", "1", "true"})
_FALSE = frozenset({"否", "no", "n", "0", "false"})
_INTEGER = re.compile(r"[+-]?(\d+|\d{1,3}(,\d{3})+)(\.0*)?")
_NUMBER = re.compile(r"[+-]?((\d+|\d{1,3}(,\d{3})+)(\.\d*)?|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})-(\d{1,2})|/(\d{1,2})/(\d{1,2})|\.(\d{1,2})\.(\d{1,2})|(\d{2})(\d{2})"
                   r"|年(\d{1,2})月(\d{1,2})日)(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?")
_WORD_BREAK = re.compile(r"[;；、,，|\n]")
_YEARS = (1900, 2199)
# A bare number in a date cell is taken as Excel's day number only from 1950 on: below that it is more likely a year.
_EXCEL_DAYS = (18264, 109574)
# A cell that starts so is run as a formula by spreadsheets; the full-width forms count in Chinese and Japanese ones.
_GUARDED = re.compile(r"'*(?:[=+\-@\t\r＝＋－＠]|#(?:N/A|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|SPILL!|CALC!)$)")
_ERROR = re.compile(r"#(?:N/A|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|SPILL!|CALC!)")


_LAST_OF_PLANES = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
UNPRINTABLE = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
                         f"{_LAST_OF_PLANES}]")
"""Control characters but line feed and tab, surrogates and noncharacters: no file format carries them safely. Those
that turn the direction of writing make one name look like another."""
_ROUNDED = re.compile(r"\d(?:\.\d+)?E\+\d{2,3}", re.IGNORECASE)


class CellError(ValueError):
    """Why a cell can't be used, as one clause."""


def text(longest: int) -> Reader:
    """Any text of at most ``longest`` characters."""
    def read(cell: object, _day: dt.date) -> str:
        words = as_text(cell)
        if len(words) > longest:
            raise CellError(f"it has {len(words)} characters, at most {longest} fit")
        return words
    return read


def code(pattern: str, hint: str) -> Reader:
    """A code that matches ``pattern`` in full; ``hint`` says what such a code looks like."""
    compiled = re.compile(pattern)

    def read(cell: object, _day: dt.date) -> str:
        found = unrounded(as_text(cell))
        if compiled.fullmatch(found) is None:
            raise CellError(f"it must be {hint}")
        return found
    return read


def unrounded(words: str) -> str:
    """A number that names something; what a spreadsheet has made of it, such as 9.11E+17, names many."""
    if _ROUNDED.fullmatch(words):
        raise CellError("a spreadsheet has rounded it: format the column as text and enter it again")
    return words


def integer(least: int, most: int) -> Reader:
    """A whole number between ``least`` and ``most``, thousands separated by commas or not."""
    def read(cell: object, _day: dt.date) -> int:
        words = _plain(cell)
        if _INTEGER.fullmatch(words) is None or len(words) > 20:
            raise CellError("it is not a whole number")
        found = int(words.replace(",", "").split(".")[0])
        if not least <= found <= most:
            raise CellError(f"it must be between {least} and {most}")
        return found
    return read


def number(least: float, most: float) -> Reader:
    """A number between ``least`` and ``most``."""
    def read(cell: object, _day: dt.date) -> float:
        words = _plain(cell)
        if _NUMBER.fullmatch(words) is None or len(words) > 40:
            raise CellError("it is not a number")
        found = float(words.replace(",", ""))
        if not least <= found <= most:
            raise CellError(f"it must be between {least:g} and {most:g}")
        return found + 0.0  # -0.0 and 0.0 are the same measurement
    return read


def flag(cell: object, _day: dt.date) -> bool:
    """是/否, yes/no, 1/0, true/false."""
    words = _plain(cell).lower()
    if words in _TRUE:
        return True
    if words in _FALSE:
        return False
    raise CellError("say 是 or 否 (yes or no, 1 or 0, true or false)")


def date(cell: object, _day: dt.date) -> dt.date:
    """A day: 2024-01-31, 2024/1/31, 2024.1.31, 20240131, 2024年1月31日, or a date cell of Excel."""
    found = _date(cell)
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        raise CellError(f"its year must be between {_YEARS[0]} and {_YEARS[1]}")
    return found


def choice(words: Mapping[str, str]) -> Reader:
    """One of some codes, by code or by its Chinese word."""
    by_word = {word: choice for choice, zh in words.items() for word in (choice, zh)}

    def read(cell: object, _day: dt.date) -> str:
        found = by_word.get(_plain(cell).lower())
        if found is None:
            raise CellError("it must be one of " + ", ".join(f"{one} ({zh})" for one, zh in words.items()))
        return found
    return read


def kind(kinds: Callable[[dt.date], Mapping[str, Kind]]) -> Reader:
    """A kind that policy knows on the day, by code or by its Chinese or English name."""
    def read(cell: object, day: dt.date) -> str:
        words, known = as_text(cell), kinds(day)
        folded = words.lower()
        if folded in known:
            return folded
        for one in known.values():
            if words == one.zh or folded == one.en.lower():
                return one.code
        raise CellError(f"there is no kind {shown(words)}: the kinds are "
                        + ", ".join(f"{one.code} ({one.zh})" for one in known.values()))
    return read


def words(most: int, longest: int, pattern: str = "", hint: str = "") -> Reader:
    """Several words separated by ; or 、 (or a comma inside the cell), each once, in the order given."""
    compiled = re.compile(pattern) if pattern else None

    def read(cell: object, _day: dt.date) -> list[str]:
        pieces = cell if isinstance(cell, (list, tuple)) else _WORD_BREAK.split(as_text(cell))
        found = list(dict.fromkeys(piece for piece in (as_text(piece) for piece in pieces) if piece))
        if len(found) > most:
            raise CellError(f"it has {len(found)} entries, at most {most} fit")
        for piece in found:
            if len(piece) > longest:
                raise CellError(f"the entry {shown(piece)} has {len(piece)} characters, at most {longest} fit")
            if compiled and compiled.fullmatch(piece) is None:
                raise CellError(f"the entry {shown(piece)} must be {hint}")
        return found
    return read


def json_object(longest: int) -> Reader:
    """A JSON object such as {"rooms": 80}, at most ``longest`` characters."""
    def read(cell: object, _day: dt.date) -> dict[str, Any]:
        try:
            found = cell if isinstance(cell, dict) else json.loads(as_text(cell), parse_constant=_no_constant)
            if not isinstance(found, dict):
                raise CellError("it must be a JSON object such as {\"rooms\": 80}")
            written = json.dumps(found, ensure_ascii=False, allow_nan=False)
            written.encode()
        except (ValueError, RecursionError, TypeError) as error:
            if isinstance(error, CellError):
                raise
            raise CellError("it is not a JSON object such as {\"rooms\": 80}") from None
        if len(written) > longest:
            raise CellError(f"it has {len(written)} characters, at most {longest} fit")
        if "\\u0000" in written:
            raise CellError("it holds a NUL character, which can't be stored")
        return found
    return read


def as_text(cell: object) -> str:
    """The text of a cell without surrounding blanks; a character that is no text is refused."""
    if not isinstance(cell, str):
        return _as_words(cell)
    if cell.isascii() and cell.isprintable():
        return cell.strip()
    found = cell.replace("\r\n", "\n").replace("\r", "\n").strip()
    odd = UNPRINTABLE.search(found)
    if odd:
        raise CellError(f"it holds the character U+{ord(odd[0]):04X}, which is not text")
    return found


def guard(words: str) -> str:
    """``words`` with an apostrophe before it where a spreadsheet would run it as a formula or read it as an error."""
    return "'" + words if _GUARDED.match(words) else words


def from_file(cell: object) -> object:
    """A cell as it stands in a file, None where it is blank: :func:`guard` is undone, an error value is refused."""
    if not isinstance(cell, str):
        return cell
    words = cell.strip()
    if not words:
        return None
    if words[0] == "#" and _ERROR.fullmatch(words):
        raise CellError(f"it holds the spreadsheet error {words}")
    return words[1:] if words[0] == "'" and _GUARDED.match(words) else words


def shown(value: object, longest: int = 60) -> str:
    """A value for a message: on one line, cut to a length; a moment as it stands in a file, in Asia/Shanghai."""
    if isinstance(value, dt.datetime) and value.tzinfo:
        value = f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    words = " ".join(str(value).split())
    return words if len(words) <= longest else words[:longest - 1] + "…"


def _plain(cell: object) -> str:
    """Text with full-width letters and digits made plain: ２０２４ is read as 2024."""
    words = as_text(cell)
    return words if words.isascii() else unicodedata.normalize("NFKC", words)


def _as_words(cell: object) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        if abs(cell) >= 10**30:
            raise CellError("it is a number of more than 30 digits")
        return str(cell)
    if isinstance(cell, float):
        return _float_text(cell)
    if isinstance(cell, (dt.date, dt.datetime)):
        return cell.isoformat()
    raise CellError("it is neither text nor a number")


def _float_text(cell: float) -> str:
    if not math.isfinite(cell):
        raise CellError("it is not a finite number")
    if cell != int(cell):
        return repr(cell)
    if abs(cell) >= 1e15:
        raise CellError("it is a number of more than 15 digits, which a spreadsheet rounds: format the cell as text")
    return str(int(cell))


def _date(cell: object) -> dt.date:
    if isinstance(cell, dt.datetime):
        if cell.time() != dt.time():
            raise CellError("it must be a day without a time")
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, int) and not isinstance(cell, bool) and _EXCEL_DAYS[0] <= cell <= _EXCEL_DAYS[1]:
        converted = from_excel(cell)
        return converted.date() if isinstance(converted, dt.datetime) else dt.date.max
    found = _DATE.fullmatch(_plain(cell))
    if found is None:
        raise CellError("it is not a day such as 2024-01-31, 2024/1/31 or 2024年1月31日")
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return dt.date(year, month, day)
    except ValueError:
        raise CellError("there is no such day in the calendar") from None


def _no_constant(name: str) -> Any:
    raise CellError(f"{name} is not JSON")
