"""Rows of one file beside those of another that agree with them: facts of units, or the violations of a visit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from casework.history.header import Header
from casework.history.source_map import Join
from casework.history.tables import MOST_ROWS, Rows, read_rows
from registry.errors import FileRefused

Key = tuple[str, ...]


def joined(rows: Rows, join: Join, path: Path) -> Rows:
    """Each row of ``rows`` with the cells of every row of the file ``path`` that agrees with it, once for each, or
    with empty cells where none does. The columns of the file come after the others, as ``name.column``."""
    other = read_rows(path, join.source)
    here, there = Header(rows.names, rows.near), Header(other.names, other.near)
    key = f"source.join {join.name}: on"
    places = [(here.place(key, one), there.place(key, two)) for one, two in join.on]
    names = [*rows.names, *(f"{join.name}.{name}" for name in other.names)]
    # The same list for every join: each adds what it has seen when its last row is through.
    rows.told.extend(other.told)
    return replace(rows, names=names, near={}, rows=_joined(
        rows, other, [one for one, _ in places], [two for _, two in places], path.name))


def _joined(rows: Rows, other: Rows, here: Sequence[int], there: Sequence[int],
            name: str) -> Iterator[tuple[int, list[str] | str]]:
    beside: dict[Key, list[list[str]]] = {}
    texts: dict[str, str] = {}
    for line, cells in other.rows:
        if isinstance(cells, str):
            yield line, f"in {name}: {cells}"
            continue
        # Cells repeat themselves: one text for all that are alike keeps a large file small.
        kept = [texts.setdefault(cell, cell) if len(cell) < 100 else cell for cell in cells]
        beside.setdefault(tuple(kept[place] for place in there), []).append(kept)
    met: set[Key] = set()
    nothing, count, alone = [[""] * len(other.names)], 0, 0
    for line, cells in rows.rows:
        if isinstance(cells, str):
            yield line, cells
            continue
        key = tuple(cells[place] for place in here)
        found = beside.get(key) if all(key) else None
        if found is None:
            alone += 1
        else:
            met.add(key)
        for one in found or nothing:
            count += 1
            if count > MOST_ROWS:
                raise FileRefused(f"more than {MOST_ROWS} rows come of the join with {name}: split the file")
            yield line, cells + one
    unmet = sum(len(one) for key, one in beside.items() if key not in met)
    rows.told.append(f"{name}: {unmet} of its rows belong to no row of the first file, {alone} rows of that have none "
                     f"of {name}")
