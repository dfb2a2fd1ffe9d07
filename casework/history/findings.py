"""What was found at a visit, as the map tells it: a list in a cell, an item a row, or counts by severity."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from casework.history.fields import MISSING, Context, Spec, finisher
from casework.history.findings_map import HANDLINGS, NONE, SEVERITIES, Findings, Wide
from casework.history.header import Header
from casework.history.keys import MapError
from casework.history.nouns import bounded, flag, one_of
from casework.history.rows import Bound, RowFault, bound
from registry.cells import CellError, shown

_MOST = 500
_CODE_LENGTH = 64
_GRAVITY = {severity: place for place, severity in enumerate(SEVERITIES)}
_NOT_FOUND = frozenset(word.casefold() for word in MISSING)
_NUMBER = r"[+-]?[0-9]{1,9}(\.[0-9]{1,9})?"
_GRADES = one_of((*SEVERITIES, NONE))
_COUNTED = {"critical": ("严重", "critical finding"), "serious": ("较重", "serious finding"),
            "minor": ("轻微", "minor finding")}


@dataclass(frozen=True, slots=True)
class Found:
    """One hazard; ``name`` is what the file calls the item."""

    item_code: str
    severity: str
    name_zh: str
    name_en: str | None
    is_major: bool
    handling: str
    due_on: dt.date | None
    corrected_on: dt.date | None
    note: str | None

    def graver(self, other: Found) -> Found:
        """The graver of two findings of one item at one visit."""
        return self if _GRAVITY[self.severity] <= _GRAVITY[other.severity] else other


@dataclass(frozen=True)
class WideColumn:
    """One column for one item."""

    place: int
    name: str
    code: str


Source = Bound | str
"""Where items come from: a field, or the key of the map that names many columns."""


class FindingReader:
    """Reads the findings of a row of one file."""

    def __init__(self, findings: Findings, header: Header) -> None:
        self._map = findings
        self._cell = self._bound(findings.items, header, str)
        self._item = self._bound(findings.item, header, str)
        self._counts = {word: bound(spec, header, _count) for word, spec in findings.counts.items()}
        self._element = finisher(findings.element) if findings.element else None
        severity = findings.severity
        sourceless = severity is not None and not severity.sources and severity.constant is None
        self._graded = finisher(severity) if severity is not None and sourceless else None
        self._severity = None if sourceless else self._bound(severity, header, _GRADES)
        self._wide = _wide_columns(findings.wide, header) if findings.wide else []
        self._major = self._bound(findings.is_major, header, flag)
        self._handling = self._bound(findings.handling, header, one_of(HANDLINGS))
        self._note = self._bound(findings.note, header, bounded(2000, line=False))
        self._name = self._bound(findings.name, header, bounded(300, line=False))
        self._due = bound(findings.due_on, header, str) if findings.due_on else None
        self._corrected = bound(findings.corrected_on, header, str) if findings.corrected_on else None
        # Where nothing but the code decides, an item is the same finding at every visit.
        self._repeats = findings.severity_of == "code" and not any((
            self._severity, self._major, self._handling, self._note, self._name, self._due, self._corrected))
        self._known: dict[str, Found | None] = {}

    def read(self, cells: Sequence[str], context: Context, day: dt.date) -> list[Found]:
        """The findings of a row; :class:`RowFault` where one can't be told."""
        if self._map.counts:
            return list(self._counted(cells, context, day))
        source, pairs = self._pairs(cells, context)
        if len(pairs) > _MOST:
            raise _fault(source, cells, f"it has {len(pairs)} items, at most {_MOST} are taken at one visit")
        return [one for one in (self._one(source, cells, context, code, element, day) for code, element in pairs)
                if one is not None]

    def _pairs(self, cells: Sequence[str], context: Context) -> tuple[Source, list[tuple[str, str]]]:
        """Codes with the text each stands in, and where they come from."""
        if self._item is not None:
            code = self._item(cells, context)
            return self._item, [(code, code)] if code else []
        if self._cell is not None:
            return self._cell, list(self._listed(cells, context))
        assert self._map.wide is not None  # noqa: S101  the map has one of the four
        return "findings.wide.columns", [(one.code, cells[one.place]) for one in self._wide
                                         if _is_hit(one, cells, self._map.wide.found)]

    def _one(self, source: Source, cells: Sequence[str], context: Context, code: str, element: str,
             day: dt.date) -> Found | None:
        if not self._repeats:
            return self._found(source, cells, context, code, element, day)
        if code not in self._known:
            self._known[code] = self._found(source, cells, context, code, element, day)
        return self._known[code]

    def _listed(self, cells: Sequence[str], context: Context) -> Iterator[tuple[str, str]]:
        assert self._cell is not None and self._element is not None  # noqa: PT018, S101  see read
        text = self._cell(cells, context)
        if text is None:
            return
        for element in _elements(text, self._map):
            try:
                code = self._element(element)
            except CellError as error:
                raise self._cell.fault(cells, str(error)) from None
            if code is not None:
                yield code, element
            elif self._map.unmatched == "reject" and not self._is_missing(element):
                raise self._cell.fault(cells, f"{shown(element)!r} holds no item code by findings.items.pattern")

    def _is_missing(self, element: str) -> bool:
        return self._map.element is not None and element.strip().casefold() in self._map.element.missing

    def _found(self, source: Source, cells: Sequence[str], context: Context, code: str, element: str,
               day: dt.date) -> Found | None:
        severity = self._grade(source, cells, context, code, element)
        if severity == NONE:
            return None
        name = self._map.names.get(code) or (self._name(cells, context) if self._name else None)
        told = code[:300] if " " in code or len(code) > _CODE_LENGTH else f"条目 {code}"
        return self._made(cells, context, day, item_code(self._map.prefix + code), severity, name or told, None)

    def _grade(self, source: Source, cells: Sequence[str], context: Context, code: str, element: str) -> str:
        if self._severity is not None:
            found = self._severity(cells, context)
            if found is None:
                raise self._severity.fault(cells, f"item {shown(code)} has no severity")
            return str(found)
        assert self._graded is not None  # noqa: S101  the map has a severity
        try:
            told = self._graded(element if self._map.severity_of == "element" else code)
            if told is None:
                raise CellError(f"item {shown(code)} has no severity")
            return _GRADES(told)
        except CellError as error:
            raise _fault(source, cells, str(error)) from None

    def _counted(self, cells: Sequence[str], context: Context, day: dt.date) -> Iterator[Found]:
        for severity, count in self._counts.items():
            zh, en = _COUNTED[severity]
            for place in range(1, (count(cells, context) or 0) + 1):
                yield self._made(cells, context, day, item_code(f"{self._map.prefix}{severity}-{place:02d}"), severity,
                                 f"{zh}第{place}处 (按计数导入)", f"{en} {place} (imported by count)")

    def _made(self, cells: Sequence[str], context: Context, day: dt.date, code: str, severity: str, name_zh: str,
              name_en: str | None) -> Found:
        handling = (self._handling(cells, context) if self._handling else None) or "recorded"
        due = self._due(cells, context) if self._due else None
        corrected = self._corrected(cells, context) if self._corrected else None
        if corrected is not None and corrected.day < day:
            assert self._corrected is not None  # noqa: S101  it has just given a day
            raise self._corrected.fault(cells, f"{corrected.day} is before the visit on {day}")
        on_spot = day if handling == "corrected_on_spot" else None
        return Found(code, severity, name_zh, name_en, bool(self._major(cells, context)) if self._major else False,
                     handling, due.day if due else None, corrected.day if corrected else on_spot,
                     self._note(cells, context) if self._note else None)

    @staticmethod
    def _bound(spec: Spec | None, header: Header, convert: Callable[[str], Any]) -> Bound | None:
        return None if spec is None else bound(spec, header, convert)


def item_code(text: str) -> str:
    """A code that the catalogue takes: no blanks, at most 64 characters; a longer one keeps its start and a digest."""
    code = re.sub(r"\s+", "_", text.strip())
    if len(code) <= _CODE_LENGTH:
        return code
    return f"{code[:_CODE_LENGTH - 9]}-{hashlib.sha256(code.encode()).hexdigest()[:8]}"


def merged(found: Sequence[Found]) -> list[Found]:
    """Each item once, the gravest of its findings."""
    kept: dict[str, Found] = {}
    for one in found:
        before = kept.get(one.item_code)
        kept[one.item_code] = one if before is None else before.graver(one)
    return list(kept.values())


def _fault(source: Source, cells: Sequence[str], reason: str) -> RowFault:
    return RowFault(source, "", reason) if isinstance(source, str) else source.fault(cells, reason)


def _wide_columns(wide: Wide, header: Header) -> list[WideColumn]:
    if wide.pattern is None:
        return [WideColumn(header.place("findings.wide.columns", name), name, name) for name in wide.names]
    found = []
    for place, name in enumerate(header.names):
        hit = wide.pattern.search(name)
        if hit and (code := (hit.group(1) if wide.pattern.groups else name)):
            found.append(WideColumn(place, name, code))
    if not found:
        raise MapError(f"findings.wide.columns finds no column by {shown(wide.pattern.pattern)!r}: the file has "
                       f"{shown(', '.join(header.names), 600)}")
    return found


def _is_hit(column: WideColumn, cells: Sequence[str], found: frozenset[str] | None) -> bool:
    """Whether an item was found: by the words of the map, else where the cell says yes or a number above 0."""
    word = cells[column.place].casefold()
    if found is not None:
        return word in found
    if word in _NOT_FOUND:
        return False
    try:
        return float(word) > 0 if re.fullmatch(_NUMBER, word) else flag(word)
    except CellError:
        raise RowFault(column.name, cells[column.place], "it is neither yes, no nor a number: say under "
                       "findings.wide.found which words mean that the item was found") from None


def _elements(text: str, findings: Findings) -> list[str]:
    if findings.find is not None:
        return [hit.group(1) if findings.find.groups else hit.group() for hit in findings.find.finditer(text)]
    separator = findings.separator
    if separator in (None, "blank", " "):
        return text.split()
    pieces = text.splitlines() if separator == "newline" else text.split(separator)
    return [piece.strip() for piece in pieces if piece.strip()]


def _count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,4}(\.0+)?", text) or float(text) > _MOST:
        raise CellError(f"it is not a count from 0 to {_MOST}")
    return int(float(text))

