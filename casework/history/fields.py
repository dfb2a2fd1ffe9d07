"""One field of a map: where its text comes from and what is made of it. Specs are checked before a file is opened."""

from __future__ import annotations

import hashlib
import math
import re
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from casework.errors import CaseworkError
from registry.cells import CellError, shown

MISSING = ("", "NA", "N/A", "NULL", "None", "-")
_LONGEST_PATTERN = 500
_LONGEST_TEXT = 20_000
_REMEMBERED = 50_000
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)(?:\s*(?:-|\.\.)\s*(-?\d+(?:\.\d+)?)|(\+))?|(?:\.\.|<=)\s*(-?\d+(?:\.\d+)?)")
_HOLE = re.compile(r"\{([^{}]*)\}")
_KEYS = ("column", "columns", "constant", "template", "missing", "pattern", "case", "map", "contains", "patterns",
         "ranges", "default", "digest", "cut", "prefix")


class MapError(CaseworkError):
    """The map can't be used: the sentence names the key and what it may say."""


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
        choice(f"{key}.case", entry["case"], ("upper", "lower")) if "case" in entry else None,
        tuple(pairs(f"{key}.map", entry["map"])) if "map" in entry else None,
        tuple((word.casefold(), value) for word, value in pairs(f"{key}.contains", entry.get("contains", {}))),
        tuple((pattern(f"{key}.patterns", word), value) for word, value in pairs(f"{key}.patterns",
                                                                                 entry.get("patterns", {}))),
        tuple(_range(f"{key}.ranges", word, value) for word, value in pairs(f"{key}.ranges", entry.get("ranges", {}))),
        text(f"{key}.default", entry["default"], empty=True) if "default" in entry else None,
        whole(f"{key}.digest", entry["digest"], 8, 64) if "digest" in entry else None,
        whole(f"{key}.cut", entry["cut"], 1, 4000) if "cut" in entry else None,
        text(f"{key}.prefix", entry["prefix"]) if "prefix" in entry else "")


class Header:
    """The columns of a file by name: as written, or else by letters alone, never by guess."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = list(names)
        self._exact: dict[str, list[int]] = {}
        self._folded: dict[str, list[int]] = {}
        for place, name in enumerate(self.names):
            self._exact.setdefault(name, []).append(place)
            self._folded.setdefault(name.casefold(), []).append(place)

    def place(self, key: str, name: str) -> int:
        found = self._exact.get(name.strip()) or self._folded.get(name.strip().casefold())
        if not found:
            raise MapError(f"{key} names the column {shown(name)!r}, which the file does not have: it has "
                           f"{shown(', '.join(self.names), 600)}"
                           + (f" (for a fixed text say {{constant: {shown(name)}}})" if len(name) < 40 else ""))
        if len(found) > 1:
            raise MapError(f"{key} names the column {shown(name)!r}, which stands {len(found)} times in the file")
        return found[0]

    def __contains__(self, name: str) -> bool:
        return name.strip() in self._exact or name.strip().casefold() in self._folded


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
        value = value.upper() if field.case == "upper" else value.lower()
    if value is not None and field.translates:
        value = _translated(field, value, table, folded)
    elif value is None:
        value = field.default
    if value and field.cut:
        value = value[:field.cut]
    if value and field.digest:
        value = hashlib.sha256(value.encode()).hexdigest()[:field.digest]
    return field.prefix + value if value else None


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


def table(key: str, raw: Any, known: Sequence[str]) -> dict[str, Any]:
    """A table of the map whose every key is one of ``known``."""
    if not isinstance(raw, dict):
        raise MapError(f"{key} must be a table of keys, not {reprlib.repr(raw)}")
    for name in raw:
        if name not in known:
            raise MapError(f"{key} has the key {shown(name)!r}: it may have {', '.join(known)}")
    return raw


def text(key: str, raw: Any, *, empty: bool = False) -> str:
    if not isinstance(raw, str) or (not raw and not empty):
        raise MapError(f"{key} must be text, not {reprlib.repr(raw)}")
    return raw


def texts(key: str, raw: Any) -> list[str]:
    found = [raw] if isinstance(raw, str) else raw
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise MapError(f"{key} must be a text or a list of texts, not {reprlib.repr(raw)}")
    return found


def pairs(key: str, raw: Any) -> list[tuple[str, str]]:
    if not isinstance(raw, dict) or not all(isinstance(value, str) for value in raw.values()):
        raise MapError(f"{key} must be a table from text to text")
    return [(word.strip(), value.strip()) for word, value in raw.items()]


def choice(key: str, raw: Any, words: Sequence[str]) -> str:
    if raw not in words:
        raise MapError(f"{key} must be one of {', '.join(words)}, not {reprlib.repr(raw)}")
    return str(raw)


def whole(key: str, raw: Any, least: int, most: int) -> int:
    if not isinstance(raw, str) or not re.fullmatch(r"[0-9]{1,9}", raw) or not least <= int(raw) <= most:
        raise MapError(f"{key} must be a whole number from {least} to {most}, not {reprlib.repr(raw)}")
    return int(raw)


def pattern(key: str, raw: Any) -> re.Pattern[str]:
    """A regular expression with at most one group, which is then what counts."""
    words = text(key, raw)
    if len(words) > _LONGEST_PATTERN:
        raise MapError(f"{key} has {len(words)} characters: a pattern has at most {_LONGEST_PATTERN}")
    try:
        found = re.compile(words)
    except (re.error, OverflowError, RecursionError) as error:
        raise MapError(f"{key} is not a regular expression: {error}") from None
    return found


def with_default(field: Spec, default: str) -> Spec:
    """The field with a default where the map gives none."""
    return field if field.default is not None else replace(field, default=default)


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
