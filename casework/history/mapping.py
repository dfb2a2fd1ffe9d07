"""The map as a whole: read from YAML with every value as text, checked key by key before a file is opened."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from casework.history.fields import Spec, check_texts, spec
from casework.history.findings_map import Findings, findings
from casework.history.keys import MapError, choice, pattern, table, text, texts
from casework.history.moments import MomentSpec, moment_spec
from casework.history.nouns import Noun, nouns
from casework.history.source_map import Source, source
from casework.history.unit_map import Unit, unit
from registry.cells import CellError, shown
from registry.columns import TABLES

_LARGEST = 1_000_000


@dataclass(frozen=True)
class RowTest:
    """Rows whose column holds one of ``values`` (by letters alone), matches ``pattern``, or is empty."""

    key: str
    column: str
    values: frozenset[str]
    pattern: re.Pattern[str] | None


@dataclass(frozen=True)
class HistoryMap:
    """A checked map."""

    noun: Noun
    source: Source
    one_row_per: str
    skip: tuple[RowTest, ...]
    keep: tuple[RowTest, ...]
    areas: tuple[dict[str, str], ...]
    unit: Unit
    fields: Mapping[str, Spec | MomentSpec]
    findings: Findings | None
    folder: Path
    no_visit: tuple[RowTest, ...] = ()
    """A row that meets one of these tells of its unit alone."""


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
    entry = table("the map", raw, ("what", "source", "rows", "skip", "keep", "no_visit", "areas", "unit",
                                   "findings",
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
    told = unit(entry.get("unit"))
    no_visit = _tests("no_visit", entry.get("no_visit", []))
    if no_visit and not told.registers:
        raise MapError("no_visit belongs to a unit with name, kind and area_code: its rows tell of their unit alone")
    return HistoryMap(noun, source(entry.get("source", {})), per, _tests("skip", entry.get("skip", [])),
                      _tests("keep", entry.get("keep", [])), _areas(entry.get("areas", [])), told,
                      _fields(noun, entry[noun.section]),
                      findings(entry["findings"], per) if "findings" in entry else None, folder, no_visit)


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
            check_texts(one, column.read)
    return found


def _any_day() -> dt.date:
    return dt.date(2026, 1, 1)
