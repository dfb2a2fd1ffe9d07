"""One field of a map: where its text comes from and what is made of it. Specs are checked before a file is opened."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework.history.header import Header, letters
from casework.history.keys import MapError, choice, pairs, pattern, table, text, texts, whole
from registry.cells import CellError, shown

MISSING = ("", "NA", "N/A", "#N/A", "NaN", "NULL", "None", "-")
_LONGEST_TEXT = 20_000
_REMEMBERED = 50_000
WORTH_REMEMBERING = 200
"""Longer texts seldom repeat themselves, and many of them would fill the memory."""
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)(?:\s*(?:-|\.\.)\s*(-?\d+(?:\.\d+)?)|(\+))?|(?:\.\.|<=)\s*(-?\d+(?:\.\d+)?)")
_HOLE = re.compile(r"\{([^{}]*)\}")
_KEYS = ("column", "columns", "constant", "template", "missing", "pattern", "case", "replace", "map", "contains",
         "patterns", "ranges", "default", "digest", "cut", "prefix")

Context = Mapping[str, str]
Read = Callable[[Sequence[str], Context], str | None]
"""From the cells of a row to the text of a field, None where there is none; CellError where it can't be told."""


@dataclass(frozen=True)
class Spec:
    """A checked field. ``key`` is its place in the map, such as ``visit.date``."""

    key: str
    columns: tuple[str, ...] = ()
    constant: str | None = None
    template: tuple[str, ...] | None = None
    """Texts and column names in turn."""
    missing: frozenset[str] = frozenset(MISSING)
    pattern: re.Pattern[str] | None = None
    case: str | None = None
    replace: tuple[tuple[re.Pattern[str], str], ...] = ()
    table: tuple[tuple[str, str], ...] | None = None
    contains: tuple[tuple[str, str], ...] = ()
    patterns: tuple[tuple[re.Pattern[str], str], ...] = ()
    ranges: tuple[tuple[float, float, str], ...] = ()
    default: str | None = None
    digest: int | None = None
    cut: int | None = None
    prefix: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """Every column the field reads, for the message about a row."""
        return self.columns + (self.template[1::2] if self.template else ())

    @property
    def translates(self) -> bool:
        return self.table is not None or bool(self.contains or self.patterns or self.ranges)

    def texts(self) -> list[str]:
        """Every text the map itself may produce, so that a wrong code is found before a file is read."""
        found = [value for _, value in self.table or ()] + [value for _, value in self.contains + self.patterns]
        found += [value for *_, value in self.ranges]
        found += [text for text in (self.default, None if self.translates else self.constant) if text is not None]
        return [text for text in found if text]


def spec(key: str, raw: Any, *, extra: Sequence[str] = (), sourceless: bool = False) -> Spec:
    """Check a field of the map. Text alone names a column. ``extra`` are keys that the caller reads itself;
    ``sourceless`` allows a field without a source, which then works on what it is given."""
    if isinstance(raw, str):
        if not raw:
            raise MapError(f"{key} is empty: name a column, or say {{constant: ...}}")
        return Spec(key, (raw,))
    entry = table(key, raw, (*_KEYS, *extra))
    given = [name for name in ("column", "columns", "constant", "template") if name in entry]
    if len(given) != 1 and not (sourceless and not given):
        raise MapError(f"{key} needs exactly one of column, columns, constant, template"
                       + (f", not {' and '.join(given)}" if given else ""))
    columns = (text(f"{key}.column", entry["column"]),) if "column" in entry else tuple(
        texts(f"{key}.columns", entry["columns"])) if "columns" in entry else ()
    return Spec(
        key, columns,
        text(f"{key}.constant", entry["constant"], empty=True) if "constant" in entry else None,
        _template(f"{key}.template", entry["template"]) if "template" in entry else None,
        frozenset(word.casefold() for word in (*texts(f"{key}.missing", entry["missing"]), "")) if "missing" in entry
        else frozenset(word.casefold() for word in MISSING),
        pattern(f"{key}.pattern", entry["pattern"]) if "pattern" in entry else None,
        choice(f"{key}.case", entry["case"], tuple(_CASES)) if "case" in entry else None,
        tuple((pattern(f"{key}.replace", word), value) for word, value in pairs(f"{key}.replace",
                                                                                entry.get("replace", {}), bare=True)),
        tuple(pairs(f"{key}.map", entry["map"])) if "map" in entry else None,
        tuple((word.casefold(), value) for word, value in pairs(f"{key}.contains", entry.get("contains", {}))),
        tuple((pattern(f"{key}.patterns", word), value) for word, value in pairs(f"{key}.patterns",
                                                                                 entry.get("patterns", {}))),
        tuple(_range(f"{key}.ranges", word, value) for word, value in pairs(f"{key}.ranges", entry.get("ranges", {}))),
        text(f"{key}.default", entry["default"], empty=True) if "default" in entry else None,
        whole(f"{key}.digest", entry["digest"], 8, 64) if "digest" in entry else None,
        whole(f"{key}.cut", entry["cut"], 1, 4000) if "cut" in entry else None,
        text(f"{key}.prefix", entry["prefix"]) if "prefix" in entry else "")


_CASES: Mapping[str, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower, "letters": letters}


def bind(field: Spec, header: Header, context: Sequence[str] = ()) -> Read:
    """The reader of a field in one file; ``context`` are names that a template may use beside columns."""
    finish = finisher(field)
    if field.constant is not None:
        constant = finish(field.constant)
        return lambda _cells, _context: constant
    if field.template is not None:
        return _bind_template(field, header, context, finish)
    places = [header.place(field.key, name) for name in field.columns]
    if len(places) == 1:
        place = places[0]
        return lambda cells, _context: finish(cells[place])
    missing = field.missing

    def first(cells: Sequence[str], _context: Context) -> str | None:
        return finish(next((cells[place] for place in places if cells[place].casefold() not in missing), ""))
    return first


def finisher(field: Spec) -> Callable[[str], str | None]:
    """From the raw text of a field to its value; remembers, since columns repeat themselves."""
    known: dict[str, str | None] = {}
    table = dict(field.table or ())
    folded = {word.casefold(): value for word, value in field.table or ()}

    def finish(raw: str) -> str | None:
        if raw in known:
            return known[raw]
        value = _finish(field, raw, table, folded)
        if len(raw) > WORTH_REMEMBERING:
            return value
        if len(known) >= _REMEMBERED:
            known.clear()
        known[raw] = value
        return value
    return finish


def _finish(field: Spec, raw: str, table: Mapping[str, str], folded: Mapping[str, str]) -> str | None:
    if len(raw) > _LONGEST_TEXT:
        raise CellError(f"it has {len(raw)} characters, at most {_LONGEST_TEXT} are read")
    value: str | None = raw.strip()
    if raw.strip().casefold() in field.missing and raw.strip() not in table:
        value = None
    if value and field.pattern is not None:
        hit = field.pattern.search(value)
        value = (hit.group(1) if field.pattern.groups else hit.group()) if hit else None
        value = value.strip() if value else None
    if value and field.case:
        value = _CASES[field.case](value) or None
    if value and field.replace:
        value = _replaced(field, value).strip() or None
    if value is not None and field.translates:
        value = _translated(field, value, table, folded)
    elif value is None:
        value = field.default
    if value and field.cut:
        value = value[:field.cut]
    if value and field.digest:
        value = hashlib.sha256(value.encode()).hexdigest()[:field.digest]
    return field.prefix + value if value else None


def _replaced(field: Spec, value: str) -> str:
    for regex, told in field.replace:
        # A backslash in the text of the map stands for itself.
        value = regex.sub(told.replace("\\", "\\\\"), value)
        if len(value) > _LONGEST_TEXT:
            raise CellError(f"{field.key}.replace makes more than {_LONGEST_TEXT} characters of it")
    return value


def _translated(field: Spec, value: str, table: Mapping[str, str], folded: Mapping[str, str]) -> str:
    small = value.casefold()
    if value in table:
        return table[value]
    if small in folded:
        return folded[small]
    for word, told in field.contains:
        if word in small:
            return told
    for regex, told in field.patterns:
        if regex.search(value):
            return told
    if field.ranges:
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        for low, high, told in field.ranges:
            if low <= number <= high:
                return told
    if field.default is not None:
        return field.default
    raise CellError(f"the map has no value for {shown(value)!r} under {field.key}, and no default")


def _bind_template(field: Spec, header: Header, context: Sequence[str], finish: Callable[[str], str | None]) -> Read:
    parts = field.template or ()
    holes: list[int | str] = [
        name if name in context and name not in header else header.place(f"{field.key}.template", name)
        for name in parts[1::2]]
    texts_between = parts[0::2]
    missing = field.missing

    def fill(cells: Sequence[str], known: Context) -> str | None:
        values = [known[hole] if isinstance(hole, str) else cells[hole] for hole in holes]
        values = ["" if value.casefold() in missing else value for value in values]
        if holes and not any(values):
            return field.default
        pieces = [texts_between[0]]
        for value, after in zip(values, texts_between[1:], strict=True):
            pieces += [value, after]
        return finish("".join(pieces))
    return fill


def _template(key: str, raw: Any) -> tuple[str, ...]:
    words = text(key, raw)
    parts = _HOLE.split(words)
    if any("{" in part or "}" in part for part in parts[0::2]) or any(not name.strip() for name in parts[1::2]):
        raise MapError(f"{key} has a brace that names no column: write {{COLUMN}}")
    return tuple(parts)


def _range(key: str, word: str, value: str) -> tuple[float, float, str]:
    hit = _RANGE.fullmatch(word)
    if not hit:
        raise MapError(f"{key}: {shown(word)!r} is not a range such as 1-14, 30+ or ..0")
    low, high, open_end, only_high = hit.groups()
    if only_high is not None:
        return -math.inf, float(only_high), value
    first = float(low)
    last = math.inf if open_end else first if high is None else float(high)
    if last < first:
        raise MapError(f"{key}: the range {shown(word)!r} ends before it begins")
    return first, last, value


def check_texts(one: Spec, read: Callable[[str], Any]) -> None:
    """A text that the map itself may produce must be one that the field takes."""
    for word in one.texts():
        if one.digest or one.cut or one.prefix:
            continue
        try:
            read(word)
        except CellError as error:
            raise MapError(f"{one.key} gives {shown(word)!r}: {error}") from None
