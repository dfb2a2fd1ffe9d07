"""The map as a whole: read from YAML with every value as text, checked key by key before a file is opened."""

from __future__ import annotations

import datetime as dt
import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from casework.history.fields import MapError, Spec, choice, pairs, pattern, spec, table, text, texts, whole
from casework.history.moments import MomentSpec, moment_spec
from casework.history.nouns import Noun, check_words, nouns
from registry.cells import CellError, shown
from registry.columns import TABLES

_LARGEST = 1_000_000
UNIT_COLUMNS = tuple(code for code in TABLES["units"].codes if code not in ("attributes", "source"))
SEVERITIES = ("critical", "serious", "minor")
HANDLINGS = ("corrected_on_spot", "ordered", "recorded")


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


@dataclass(frozen=True)
class RowTest:
    """Rows whose column holds one of ``values`` (by letters alone), matches ``pattern``, or is empty."""

    key: str
    column: str
    values: frozenset[str]
    pattern: re.Pattern[str] | None


@dataclass(frozen=True)
class Findings:
    """What was found at visits: items, one item a row, or counts by severity."""

    item: Spec | None = None
    items: Spec | None = None
    element: Spec | None = None
    separator: str | None = None
    find: re.Pattern[str] | None = None
    unmatched: str = "reject"
    counts: Mapping[str, Spec] = field(default_factory=dict)
    prefix: str = ""
    severity: Spec | None = None
    severity_of: str = "code"
    names: Mapping[str, str] = field(default_factory=dict)
    name: Spec | None = None
    is_major: Spec | None = None
    handling: Spec | None = None
    note: Spec | None = None
    due_on: MomentSpec | None = None
    corrected_on: MomentSpec | None = None


@dataclass(frozen=True)
class HistoryMap:
    """A checked map."""

    noun: Noun
    source: Source
    one_row_per: str
    skip: tuple[RowTest, ...]
    keep: tuple[RowTest, ...]
    areas: tuple[dict[str, str], ...]
    unit: Mapping[str, Spec]
    registered_on: MomentSpec | None
    attributes: Mapping[str, Spec]
    fields: Mapping[str, Spec | MomentSpec]
    findings: Findings | None
    folder: Path
    leaves_out_unknown: bool = False
    """A row about a unit that is not registered is left out instead of rejected."""


class _Loader(yaml.BaseLoader):
    """Every value stays the text that was written (NO is no truth value, 007 keeps its zeros); a key stands once."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise MapError(f"the map has a key that is not text in line {key_node.start_mark.line + 1}")
            if key in seen:
                raise MapError(f"the key {shown(key)!r} stands twice in line {key_node.start_mark.line + 1} of the map")
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def read_map(path: Path | str) -> HistoryMap:
    """Read and check a map; :class:`MapError` names the first key that can't be used."""
    path = Path(path)
    try:
        if not path.is_file():
            raise MapError(f"there is no map {path}")
        if path.stat().st_size > _LARGEST:
            raise MapError(f"the map {path.name} is larger than {_LARGEST} bytes")
        raw = yaml.load(path.read_text(encoding="utf-8-sig"), Loader=_Loader)  # noqa: S506  texts only
    except (yaml.YAMLError, UnicodeDecodeError, OSError, RecursionError) as error:
        raise MapError(f"the map {path.name} can't be read as YAML: {shown(error, 200)}") from None
    try:
        return _map(raw, path.parent)
    except MapError as error:
        raise MapError(f"{path.name}: {error}") from None


def _map(raw: Any, folder: Path) -> HistoryMap:
    entry = table("the map", raw, ("what", "source", "rows", "skip", "keep", "areas", "unit", "findings",
                                   *(noun.section for noun in nouns().values())))
    noun = nouns()[choice("what", entry.get("what", "inspections"), tuple(nouns()))]
    for other in nouns().values():
        if other is not noun and other.section in entry:
            raise MapError(f"{other.section} belongs to what: {other.code}, and this map says what: {noun.code}")
    if noun.section not in entry:
        raise MapError(f"{noun.section} is missing: it says where the facts of {noun.code} stand")
    per = choice("rows", entry.get("rows", "visit"), ("visit", "violation"))
    if noun.code != "inspections" and ("findings" in entry or "rows" in entry):
        raise MapError("findings and rows belong to what: inspections")
    unit, registered_on, attributes, unknown = _unit(entry.get("unit"))
    return HistoryMap(noun, _source(entry.get("source", {})), per, _tests("skip", entry.get("skip", [])),
                      _tests("keep", entry.get("keep", [])), _areas(entry.get("areas", [])), unit, registered_on,
                      attributes, _fields(noun, entry[noun.section]),
                      _findings(entry["findings"], per) if "findings" in entry else None, folder, unknown == "skip")


def _source(raw: Any) -> Source:
    entry = table("source", raw, ("file", "encoding", "delimiter", "quote", "sheet", "header_row", "columns"))
    delimiter = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}.get(
        entry.get("delimiter", ""), entry.get("delimiter"))
    if delimiter is not None and (not isinstance(delimiter, str) or len(delimiter) != 1):
        raise MapError(f"source.delimiter must be one character or tab, not {reprlib.repr(delimiter)}")
    quote = text("source.quote", entry.get("quote", '"'))
    if len(quote) != 1:
        raise MapError("source.quote must be one character")
    encoding = text("source.encoding", entry["encoding"]) if "encoding" in entry else None
    if encoding is not None:
        try:
            "".encode(encoding)
        except (LookupError, UnicodeError, ValueError):
            raise MapError(f"source.encoding: {shown(encoding)!r} is no encoding such as utf-8 or gb18030") from None
    return Source(text("source.file", entry["file"]) if "file" in entry else None, encoding, delimiter, quote,
                  text("source.sheet", entry["sheet"]) if "sheet" in entry else None,
                  whole("source.header_row", entry.get("header_row", "1"), 1, 1000),
                  tuple(texts("source.columns", entry["columns"])) if "columns" in entry else None)


def _tests(key: str, raw: Any) -> tuple[RowTest, ...]:
    if not isinstance(raw, list):
        raise MapError(f"{key} must be a list of tests such as {{column: STATUS, values: [void]}}")
    found = []
    for number, one in enumerate(raw, 1):
        place = f"{key}[{number}]"
        entry = table(place, one, ("column", "values", "pattern"))
        if "column" not in entry or ("values" in entry) == ("pattern" in entry):
            raise MapError(f"{place} needs column and either values or pattern")
        found.append(RowTest(place, text(f"{place}.column", entry["column"]),
                             frozenset(word.strip().casefold() for word in texts(f"{place}.values",
                                                                                 entry.get("values", []))),
                             pattern(f"{place}.pattern", entry["pattern"]) if "pattern" in entry else None))
    return tuple(found)


def _areas(raw: Any) -> tuple[dict[str, str], ...]:
    if not isinstance(raw, list):
        raise MapError("areas must be a list of areas with area_code, level, name_zh and, below a city, parent_code")
    found = []
    columns = TABLES["areas"]
    for number, one in enumerate(raw, 1):
        place = f"areas[{number}]"
        entry = table(place, one, columns.codes)
        area = {}
        for code, value in entry.items():
            try:
                area[code] = columns.column(code).read(text(f"{place}.{code}", value), _any_day())
            except CellError as error:
                raise MapError(f"{place}.{code}: {error}") from None
        for column in columns.columns:
            if column.needed and column.code not in area:
                raise MapError(f"{place}.{column.code} is missing")
        if (area["level"] == "city") == ("parent_code" in area):
            raise MapError(f"{place}: a city has no parent_code, a district or town has one")
        found.append(area)
    return tuple(found)


def _unit(raw: Any) -> tuple[dict[str, Spec], MomentSpec | None, dict[str, Spec], str]:
    if raw is None:
        raise MapError("unit is missing: it says which unit a row is about")
    entry = dict(table("unit", raw, (*UNIT_COLUMNS, "attributes", "unknown")))
    unknown = choice("unit.unknown", entry.pop("unknown", "reject"), ("reject", "skip"))
    if "unit_no" not in entry:
        raise MapError("unit.unit_no is missing: it says which unit a row is about")
    new = [code for code in ("name", "kind", "area_code") if code in entry]
    if len(entry) > 1 and len(new) < 3:
        raise MapError("unit must name all of name, kind and area_code, or nothing but unit_no for units that are "
                       "registered already")
    specs = {code: spec(f"unit.{code}", value) for code, value in entry.items()
             if code not in ("attributes", "registered_on")}
    for code, one in specs.items():
        _check_texts(one, partial(_read_unit, code))
    if unknown == "skip" and len(entry) > 1:
        raise MapError("unit.unknown belongs to a unit with nothing but unit_no: this map registers what is unknown")
    registered_on = moment_spec("unit.registered_on", entry["registered_on"]) if "registered_on" in entry else None
    attributes = entry.get("attributes", {})
    if not isinstance(attributes, dict) or len(attributes) > 50:
        raise MapError("unit.attributes must be a table of at most 50 fields")
    return (specs, registered_on,
            {name: spec(f"unit.attributes.{name}", value) for name, value in attributes.items()}, unknown)


def _read_unit(code: str, word: str) -> Any:
    return TABLES["units"].column(code).read(word, _any_day())


def _fields(noun: Noun, raw: Any) -> dict[str, Spec | MomentSpec]:
    entry = table(noun.section, raw, tuple(noun.fields))
    for code, column in noun.fields.items():
        if column.needed and code not in entry:
            raise MapError(f"{noun.section}.{code} is missing")
    found: dict[str, Spec | MomentSpec] = {}
    for code, value in entry.items():
        key, column = f"{noun.section}.{code}", noun.fields[code]
        if column.kind in ("day", "moment"):
            found[code] = moment_spec(key, value)
        else:
            one = found[code] = spec(key, value)
            _check_texts(one, column.read)
    return found


def _findings(raw: Any, per: str) -> Findings:
    entry = table("findings", raw, ("item", "items", "counts", "prefix", "severity", "names", "name", "is_major",
                                    "handling", "note", "due_on", "corrected_on"))
    given = [name for name in ("item", "items", "counts") if name in entry]
    if len(given) != 1:
        raise MapError("findings needs exactly one of item (a row for each violation), items (a list in a cell) and "
                       "counts")
    if (given[0] == "item") != (per == "violation"):
        raise MapError(f"findings.{given[0]} belongs to rows: {'violation' if given[0] == 'item' else 'visit'}, and "
                       f"this map says rows: {per}")
    if "severity" not in entry and given[0] != "counts":
        raise MapError("findings.severity is missing: it says how grave an item is")
    severity, of = _severity(entry.get("severity")) if "severity" in entry else (None, "code")
    items = entry.get("items")
    extra = ("separator", "find", "unmatched")
    list_spec, element = _list(items, extra) if items is not None else (None, None)
    listed = items if isinstance(items, dict) else {}
    one = {name: spec(f"findings.{name}", entry[name]) for name in ("item", "name", "is_major", "handling", "note")
           if name in entry}
    if "handling" in one:
        check_words(one["handling"], HANDLINGS)
    counts = entry.get("counts", {})
    return Findings(
        one.get("item"), list_spec, element,
        text("findings.items.separator", listed["separator"]) if "separator" in listed else None,
        pattern("findings.items.find", listed["find"]) if "find" in listed else None,
        choice("findings.items.unmatched", listed.get("unmatched", "reject"), ("reject", "ignore")),
        {word: spec(f"findings.counts.{word}", value)
         for word, value in table("findings.counts", counts, SEVERITIES).items()},
        text("findings.prefix", entry.get("prefix", ""), empty=True), severity, of,
        dict(pairs("findings.names", entry.get("names", {}))), one.get("name"), one.get("is_major"),
        one.get("handling"), one.get("note"),
        moment_spec("findings.due_on", entry["due_on"]) if "due_on" in entry else None,
        moment_spec("findings.corrected_on", entry["corrected_on"]) if "corrected_on" in entry else None)


def _severity(raw: Any) -> tuple[Spec, str]:
    one = spec("findings.severity", raw, extra=("of",), sourceless=True)
    check_words(one, SEVERITIES)
    of = raw.get("of", "code") if isinstance(raw, dict) else "code"
    return one, choice("findings.severity.of", of, ("code", "element"))


def _list(raw: Any, extra: tuple[str, ...]) -> tuple[Spec, Spec]:
    """The cell that holds the list, and what is made of each of its elements."""
    whole_spec = spec("findings.items", raw, extra=extra)
    cell = Spec("findings.items", whole_spec.columns, whole_spec.constant, whole_spec.template, whole_spec.missing)
    element = {name: value for name, value in (raw.items() if isinstance(raw, dict) else ())
               if name in ("pattern", "case", "map", "contains", "patterns", "ranges", "default", "cut", "missing")}
    return cell, spec("findings.items", element, sourceless=True)


def _check_texts(one: Spec, read: Any) -> None:
    """A text that the map itself may produce must be one that the field takes."""
    for word in one.texts():
        if one.digest or one.cut or one.prefix:
            continue
        try:
            read(word)
        except CellError as error:
            raise MapError(f"{one.key} gives {shown(word)!r}: {error}") from None


def _any_day() -> dt.date:
    return dt.date(2026, 1, 1)
