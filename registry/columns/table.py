"""What a register's columns are: one definition for import, export, forms and the stage that rows are copied into."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from registry.cells import Reader, choice, kind, shown
from registry.kinds import Kind

Row = Mapping[str, Any]
Fault = tuple[str, str]
"""A column's code ('' for the row as a whole) and why its value can't stand."""


def no_faults(_row: Row) -> Iterable[Fault]:
    """The check of a table that has none."""
    return ()


@dataclass(frozen=True)
class Column:
    """One column: its code, its Chinese title, how a cell is read, and the type it is stored with.

    ``needed`` columns must be in a file and filled in every row. An empty cell of any other column means ``default``;
    a column left out altogether leaves what is stored as it is.
    """

    code: str
    zh: str
    read: Reader
    stored: str = "text"
    needed: bool = False
    default: Any = None
    options: Callable[[dt.date], Mapping[str, str]] | None = None
    """For a column of codes: each code with its Chinese word, as of a day."""
    plain: str | None = None
    """A pattern, without line feeds, of texts that ``read`` gives back as they are: of a long file most are such."""

    def show(self, value: Any) -> str | int | float | None:
        """The value as it stands in an exported cell; reading it again gives the value."""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if value is None or isinstance(value, (str, int, float)):
            return value
        if isinstance(value, list):
            return ";".join(value) or None
        if isinstance(value, dict):
            return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else None
        return str(value)


def chosen(code: str, zh: str, words: Mapping[str, str], *, needed: bool = False, default: str | None = None) -> Column:
    """A column that holds one of some fixed codes."""
    return Column(code, zh, choice(words), needed=needed, default=default, options=lambda _day: words)


def of_kind(code: str, zh: str, kinds: Callable[[dt.date], Mapping[str, Kind]]) -> Column:
    """A column that holds a kind of policy."""
    return Column(code, zh, kind(kinds), needed=True,
                  options=lambda day: {one.code: one.zh for one in kinds(day).values()})


@dataclass(frozen=True)
class Reference:
    """The values of ``column`` must be keys of the register ``noun``."""

    column: str
    noun: str


@dataclass(frozen=True)
class Table:
    """One register: its noun, the word for one record, its natural key, its columns, and what must hold in a row."""

    noun: str
    zh: str
    entity: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[Reference, ...] = ()
    check: Callable[[Row], Iterable[Fault]] = no_faults

    def column(self, code: str) -> Column:
        return next(column for column in self.columns if column.code == code)

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(column.code for column in self.columns)

    def key_of(self, row: Row) -> tuple[Any, ...]:
        return tuple(row[code] for code in self.key)

    def name_of(self, row: Row) -> str:
        """The key in words, as messages and the audit log have it: ``vendor/device`` for a device."""
        return "/".join(shown(row.get(code), 80) for code in self.key)


def later(row: Row, first: str, second: str, zh: str) -> Iterable[Fault]:
    """A fault where the day ``second`` lies before the day ``first``."""
    if row.get(first) and row.get(second) and row[second] < row[first]:
        yield second, f"it lies before {first} ({zh}) {shown(row[first])}"
