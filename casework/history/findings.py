"""What was found at a visit, as the map tells it: a list in a cell, an item a row, or counts by severity."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from casework.history.fields import Context, Header, Spec, finisher
from casework.history.mapping import HANDLINGS, SEVERITIES, Findings
from casework.history.nouns import bounded, flag, one_of
from casework.history.rows import Bound, bound
from registry.cells import CellError, shown

_MOST = 500
_CODE_LENGTH = 64
_GRAVITY = {severity: place for place, severity in enumerate(SEVERITIES)}
_COUNTED = {"critical": ("严重", "critical finding"), "serious": ("较重", "serious finding"),
            "minor": ("轻微", "minor finding")}


@dataclass(frozen=True)
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
        self._severity = None if sourceless else self._bound(severity, header, one_of(SEVERITIES))
        self._major = self._bound(findings.is_major, header, flag)
        self._handling = self._bound(findings.handling, header, one_of(HANDLINGS))
        self._note = self._bound(findings.note, header, bounded(2000, line=False))
        self._name = self._bound(findings.name, header, bounded(300, line=False))
        self._due = bound(findings.due_on, header, str) if findings.due_on else None
        self._corrected = bound(findings.corrected_on, header, str) if findings.corrected_on else None
        # Where nothing but the code decides, an item is the same finding at every visit.
        self._repeats = findings.severity_of == "code" and not any((
            self._severity, self._major, self._handling, self._note, self._name, self._due, self._corrected))
        self._known: dict[str, Found] = {}

    def read(self, cells: Sequence[str], context: Context, day: dt.date) -> list[Found]:
        """The findings of a row; :class:`RowFault` where one can't be told."""
        if self._map.counts:
            return list(self._counted(cells, context, day))
        if self._item is not None:
            code = self._item(cells, context)
            pairs = [(code, code)] if code else []
            source = self._item
        else:
            assert self._cell is not None  # noqa: S101  the map has one of the three
            source = self._cell
            pairs = list(self._listed(cells, context))
        if len(pairs) > _MOST:
            raise source.fault(cells, f"it has {len(pairs)} items, at most {_MOST} are taken at one visit")
        if not self._repeats:
            return [self._found(source, cells, context, code, element, day) for code, element in pairs]
        for code, element in pairs:
            if code not in self._known:
                self._known[code] = self._found(source, cells, context, code, element, day)
        return [self._known[code] for code, _ in pairs]

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

    def _found(self, source: Bound, cells: Sequence[str], context: Context, code: str, element: str,
               day: dt.date) -> Found:
        severity = self._grade(source, cells, context, code, element)
        name = self._map.names.get(code) or (self._name(cells, context) if self._name else None)
        told = code[:300] if " " in code or len(code) > _CODE_LENGTH else f"条目 {code}"
        return self._made(cells, context, day, item_code(self._map.prefix + code), severity, name or told, None)

    def _grade(self, source: Bound, cells: Sequence[str], context: Context, code: str, element: str) -> str:
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
            return one_of(SEVERITIES)(told)
        except CellError as error:
            raise source.fault(cells, str(error)) from None

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

