"""Many small tables looked up as a few larger ones: what makes a fit on a million visits take minutes. Pure.

A look-up costs the same in a table of three cells and in one of thirty thousand, as long as the table stays in the
processor's cache. Columns of cells are therefore crossed: two or three of them become one column of joint cells, whose
table is the sum of theirs, and whose counts summed over the others are theirs again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# 32 KB of table; fewer for few rows, for which filling a table would take longer than looking up in it.
_MOST_CELLS = 2**12
_ROWS_A_CELL = 8
# Rows looked up at a time, so that what is summed up stays in the cache.
_BLOCK = 2**14


@dataclass(frozen=True)
class Crossed:
    """``groups`` are the columns that were crossed, by their places; ``codes`` has a row of joint cells for each."""

    cells: tuple[int, ...]
    groups: tuple[tuple[int, ...], ...]
    codes: npt.NDArray[np.intp]

    def sums(self, tables: Sequence[Floats], start: float) -> Floats:
        """``start`` and what each row finds in the table of each column."""
        joint = [self._joint(group, tables) for group in self.groups]
        total = np.full(self.codes.shape[1], start)
        for begin in range(0, len(total), _BLOCK):
            part = slice(begin, begin + _BLOCK)
            for table, codes in zip(joint, self.codes, strict=True):
                total[part] += table[codes[part]]
        return total

    def counts(self, values: Floats) -> list[Floats]:
        """For each column the sum of ``values`` by cell."""
        found: list[Floats] = [np.empty(0)] * len(self.cells)
        for group, codes in zip(self.groups, self.codes, strict=True):
            shape = tuple(self.cells[column] for column in group)
            joint = np.bincount(codes, values, int(np.prod(shape))).reshape(shape)
            for axis, column in enumerate(group):
                found[column] = joint.sum(axis=tuple(other for other in range(len(group)) if other != axis))
        return found

    def _joint(self, group: Sequence[int], tables: Sequence[Floats]) -> Floats:
        table = tables[group[0]]
        for column in group[1:]:
            table = (table[:, None] + tables[column]).ravel()
        return table


def crossed(columns: Sequence[npt.NDArray[np.integer]], cells: Sequence[int]) -> Crossed:
    """Cross columns of cells, the largest first, each with what still fits beside it."""
    rows = len(columns[0])
    most = min(_MOST_CELLS, rows // _ROWS_A_CELL)
    left = sorted(range(len(columns)), key=lambda column: (-cells[column], column))
    groups: list[tuple[int, ...]] = []
    while left:
        group, size = [left[0]], cells[left[0]]
        for column in left[1:]:
            if size * cells[column] <= most:
                group.append(column)
                size *= cells[column]
        groups.append(tuple(group))
        left = [column for column in left if column not in group]
    codes = np.zeros((len(groups), rows), dtype=np.intp)
    for number, members in enumerate(groups):
        for column in members:
            codes[number] *= cells[column]
            codes[number] += columns[column]
    return Crossed(tuple(cells), tuple(groups), codes)
