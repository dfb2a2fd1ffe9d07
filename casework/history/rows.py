"""What a bound field gives for one row, and what is said when it gives nothing usable."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from casework.history.fields import WORTH_REMEMBERING, Context, Read, Spec, bind
from casework.history.header import Header
from casework.history.mapping import RowTest
from casework.history.moments import MomentSpec, When, reader
from registry.cells import CellError, shown
from registry.reading import RowProblem

_REMEMBERED = 50_000
_EARLIEST = 1950


class RowFault(Exception):
    """Why a row is rejected: the column as the file has it (or the key of the map), the value, the reason."""

    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(reason)
        self.column, self.value, self.reason = column, value, reason

    def at(self, line: int) -> RowProblem:
        return RowProblem(line, self.column, shown(self.value, 80), self.reason)


@dataclass
class Bound:
    """A field of the map in one file: called with a row it gives the value, None where the row has none."""

    spec: Spec
    read: Read
    convert: Callable[[str], Any]
    place: int | None
    needed: bool = False
    _known: dict[str, Any] = field(default_factory=dict)

    def __call__(self, cells: Sequence[str], context: Context) -> Any:
        try:
            text = self.read(cells, context)
            if text is None:
                if self.needed:
                    raise CellError("it is empty")
                return None
            if len(text) > WORTH_REMEMBERING:
                return self.convert(text)
            if text not in self._known:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[text] = self.convert(text)
            return self._known[text]
        except CellError as error:
            raise self.fault(cells, str(error)) from None

    def fault(self, cells: Sequence[str], reason: str) -> RowFault:
        column = self.spec.sources[0] if self.spec.sources else self.spec.key
        return RowFault(column, "" if self.place is None else cells[self.place], reason)


def bound(spec: Spec | MomentSpec, header: Header, convert: Callable[[str], Any], *, needed: bool = False,
          context: Sequence[str] = ()) -> Bound:
    """Bind a checked field to the columns of a file."""
    if isinstance(spec, MomentSpec):
        return bound(spec.field, header, reader(spec.formats, spec.zone), needed=needed, context=context)
    read = bind(spec, header, context)
    sources = [name for name in spec.sources if name in header]
    return Bound(spec, read, convert, header.place(spec.key, sources[0]) if sources else None, needed)


def test(rule: RowTest, header: Header) -> Callable[[Sequence[str]], bool]:
    """Whether a row meets a test of ``skip`` or ``keep``."""
    place, values, pattern = header.place(rule.key, rule.column), rule.values, rule.pattern
    if pattern is not None:
        search = pattern.search
        return lambda cells: search(cells[place]) is not None
    return lambda cells: cells[place].casefold() in values


def check_day(when: When, today: dt.date, bound_field: Bound, cells: Sequence[str]) -> None:
    """Refuse a day after ``today``, since a history is of what has happened, and one that stands for no day at all."""
    if when.day > today:
        raise bound_field.fault(cells, f"{when.day} is in the future: leave out by skip what has not taken place")
    if when.day.year < _EARLIEST:
        raise bound_field.fault(cells, f"{when.day} looks like a stand-in for an unknown date: leave such rows out by "
                                       f"skip")
