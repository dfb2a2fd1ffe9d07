"""Whether a row can stand in a register: its cells, the row as a whole, and what it refers to.

Import and single changes ask the same questions, so what a file may not say a page may not say either.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from registry.cells import CellError
from registry.columns import Column, Table
from registry.columns.areas import LEVELS
from store import Queries
from store.database import Connection

_queries = Queries(__file__)
Named = dict[str, set[str]]
"""Keys by the register of which they are."""
_ABOVE = {"city": (), "district": ("city",), "town": ("district", "city")}
"""What may lie above an area: towns of a city without districts hang on the city itself."""


@dataclass(slots=True)
class Candidate:
    """One row on its way in: the values that could be read, and ``faults`` (column, value as given, reason).

    ``twin_of`` is the line in which its key stood before, where that is its only fault so far.
    """

    line: int
    row: dict[str, Any]
    faults: list[tuple[str, object, str]] = field(default_factory=list)
    twin_of: int | None = None


def read_row(table: Table, columns: Sequence[Column], cells: Sequence[object], line: int, day: dt.date) -> Candidate:
    """Read the cells of one row by their columns; a cell that is None is empty."""
    candidate = Candidate(line, {})
    for column, cell in zip(columns, cells, strict=True):
        if cell is None:
            if column.needed:
                candidate.faults.append((column.code, "", "it is empty"))
            else:
                candidate.row[column.code] = column.default
            continue
        try:
            candidate.row[column.code] = column.read(cell, day)
        except CellError as error:
            candidate.faults.append((column.code, cell, str(error)))
    if not candidate.faults:
        candidate.faults.extend((code, candidate.row.get(code, ""), reason)
                                for code, reason in table.check(candidate.row))
    return candidate


def check_references(connection: Connection, table: Table, candidates: Sequence[Candidate]) -> None:
    """Add a fault to every row that names an area, vendor, unit or officer that is not registered."""
    named = named_in(table, candidates)
    refuse_strangers(table, candidates, named, registered(connection, named))
    if table.noun == "areas":
        stored = {row["area_code"]: (row["level"], row["parent_code"])
                  for row in connection.execute(_queries["area_tree"])}
        _check_tree(stored, candidates)


def named_in(table: Table, candidates: Sequence[Candidate]) -> Named:
    """The keys of each register that some rows name."""
    named: Named = {}
    for reference in table.references:
        keys = named_keys([candidate.row.get(reference.column) for candidate in candidates])
        named[reference.noun] = named.get(reference.noun, set()) | keys
    return named


def registered(connection: Connection, named: Named) -> Named:
    """Those of some keys that their registers have."""
    return {noun: {row["key"] for row in connection.execute(_queries[f"known_{noun}"], [sorted(keys)])}
            for noun, keys in named.items()}


def refuse_strangers(table: Table, candidates: Sequence[Candidate], named: Named, known: Named) -> None:
    """Add a fault to every row that names a key which its register has not: of those ``named`` it has the ``known``."""
    for reference in table.references:
        word, has = reference.noun.removesuffix("s"), known[reference.noun]
        for candidate in candidates if not named[reference.noun] <= has else ():
            for key in keys_of(candidate.row.get(reference.column)):
                if key not in has:
                    candidate.faults.append((reference.column, key, f"there is no {word} {key} in the register of "
                                             f"{reference.noun}"))


def named_keys(values: Sequence[object]) -> set[str]:
    """Every key that is named; of the same lists, which come again and again, each is looked at once."""
    try:
        distinct = set(values)
    except TypeError:  # lists are told apart by their places
        lists = {id(value): value for value in values}.values()
        return set().union(*map(keys_of, lists))
    distinct.discard(None)
    return set(map(str, distinct))


def keys_of(value: object) -> Iterable[str]:
    """The keys that a cell names: one, several or none."""
    if isinstance(value, list):
        return value
    return () if value is None else (str(value),)


def _check_tree(stored: Mapping[str, tuple[str, str | None]], candidates: Sequence[Candidate]) -> None:
    """Every area must lie in one of a higher level, in the file or stored already.

    An area that is refused takes with it those that need it, so the check goes on until it refuses no more.
    """
    going = [candidate for candidate in candidates if not candidate.faults]
    while True:
        tree = dict(stored)
        for candidate in going:
            row, (_level, parent) = candidate.row, stored.get(candidate.row["area_code"], ("", None))
            tree[row["area_code"]] = (row["level"], row.get("parent_code", parent))
        children = defaultdict(list)
        for code, (_level, parent) in tree.items():
            children[parent].append(code)
        for candidate in going:
            candidate.faults.extend(_tree_faults(candidate.row["area_code"], tree, children))
        left = [candidate for candidate in going if not candidate.faults]
        if len(left) == len(going):
            return
        going = left


def _tree_faults(code: str, tree: Mapping[str, tuple[str, str | None]],
                 children: Mapping[str | None, list[str]]) -> Iterable[tuple[str, object, str]]:
    level, parent = tree[code]
    if level == "city":
        if parent:
            yield "level", level, f"a city has no area above it, but this one lies in {parent}"
    elif parent is None:
        yield "parent_code", "", f"a {level} needs the code of the area above it"
    elif parent not in tree:
        yield "parent_code", parent, f"there is no area {parent}, neither in the register nor among the good rows here"
    elif tree[parent][0] not in _ABOVE[level]:
        above = tree[parent][0]
        yield "parent_code", parent, f"a {level} ({LEVELS[level]}) can't lie in {parent}, a {above} ({LEVELS[above]})"
    for child in sorted(children.get(code, ())):
        if level not in _ABOVE[tree[child][0]]:
            yield "level", level, f"the {tree[child][0]} {child} lies in it, so it can't be a {level}"
            return
