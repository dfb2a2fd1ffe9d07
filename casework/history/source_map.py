"""Which files a map reads and how: the part ``source`` of a map."""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from typing import Any

from casework.history.keys import MapError, pairs, table, text, texts, whole
from registry.cells import shown

_READING = ("file", "encoding", "delimiter", "quote", "sheet", "header_row", "columns")
_MOST_JOINS = 5


@dataclass(frozen=True)
class Join:
    """Another file whose rows are set beside those that agree with them in ``on``: (column here, column there)."""

    name: str
    on: tuple[tuple[str, str], ...]
    source: Source


@dataclass(frozen=True)
class Source:
    """The file and how to read it. ``encoding`` and ``delimiter`` None are found out from the file itself."""

    file: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str = '"'
    sheet: str | None = None
    header_row: int = 1
    columns: tuple[str, ...] | None = None
    fill_down: tuple[str, ...] = ()
    """Columns whose empty cells stand for what the row above says, as merged cells of a workbook do."""
    join: tuple[Join, ...] = ()


def source(raw: Any) -> Source:
    """Check the part ``source``."""
    entry = table("source", raw, (*_READING, "fill_down", "join"))
    joins = entry.get("join", [])
    if not isinstance(joins, list) or len(joins) > _MOST_JOINS:
        raise MapError(f"source.join must be a list of at most {_MOST_JOINS} files with name, file and on")
    found = tuple(_join(f"source.join[{number}]", one) for number, one in enumerate(joins, 1))
    for join in found:
        if sum(join.name.casefold() == other.name.casefold() for other in found) > 1:
            raise MapError(f"source.join has the name {shown(join.name)!r} twice")
    return _source("source", entry, tuple(texts("source.fill_down", entry.get("fill_down", []))), found)


def _join(key: str, raw: Any) -> Join:
    entry = table(key, raw, ("name", "on", *_READING))
    for needed in ("name", "file", "on"):
        if needed not in entry:
            raise MapError(f"{key}.{needed} is missing: a file beside the first needs name, file and on")
    name = text(f"{key}.name", entry["name"])
    if "." in name or "{" in name or "}" in name:
        raise MapError(f"{key}.name must be a word without dots and braces, not {shown(name)!r}")
    on = pairs(f"{key}.on", entry["on"])
    if not on:
        raise MapError(f"{key}.on must say which column here is which column there, such as {{id: id}}")
    return Join(name, tuple(on), _source(key, entry, (), ()))


def _source(key: str, entry: dict[str, Any], fill_down: tuple[str, ...], join: tuple[Join, ...]) -> Source:
    delimiter = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}.get(
        entry.get("delimiter", ""), entry.get("delimiter"))
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
        raise MapError(f"{key}.delimiter must be one character or tab, not {reprlib.repr(delimiter)}")
    quote = text(f"{key}.quote", entry.get("quote", '"'))
    if len(quote) != 1:
        raise MapError(f"{key}.quote must be one character")
    encoding = text(f"{key}.encoding", entry["encoding"]) if "encoding" in entry else None
    if encoding is not None:
        try:
            "".encode(encoding)
        except (LookupError, UnicodeError, ValueError):
            raise MapError(f"{key}.encoding: {shown(encoding)!r} is no encoding such as utf-8 or gb18030") from None
    return Source(text(f"{key}.file", entry["file"]) if "file" in entry else None, encoding, delimiter, quote,
                  text(f"{key}.sheet", entry["sheet"]) if "sheet" in entry else None,
                  whole(f"{key}.header_row", entry.get("header_row", "1"), 1, 1000),
                  tuple(texts(f"{key}.columns", entry["columns"])) if "columns" in entry else None, fill_down, join)
