"""What a benchmark hands back, as a plain table and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

SPREAD = ("min", "median", "max")


@dataclass(frozen=True)
class Table:
    """One table: the first column is text, the others are figures."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    def text(self) -> str:
        lines = [list(self.columns), *map(list, self.rows)]
        widths = [max(len(line[place]) for line in lines) for place in range(len(self.columns))]
        told = [_line(line, widths) for line in lines]
        told.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([self.title, *told])


@dataclass(frozen=True)
class Report:
    """The tables of one benchmark, what must be known to read them, and the figures behind them."""

    name: str
    tables: Sequence[Table]
    notes: Sequence[str] = ()
    figures: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        parts = [f"== {self.name} ==", *(table.text() for table in self.tables)]
        if self.notes:
            parts.append("\n".join(f"- {note}" for note in self.notes))
        return "\n\n".join(parts)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first = cells[0].ljust(widths[0])
    return "  ".join([first, *(cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True))]).rstrip()
