"""Registers in from a file: every bad row listed, every good row stored in one transaction, twice the same as once."""

from __future__ import annotations

import datetime as dt
import difflib
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from policy.clocks import legal_day
from registry import table_file
from registry.bulk import load, lock
from registry.cells import CellError, from_file, shown
from registry.columns import TABLES, Column, Table
from registry.errors import FileRefused, RegistryError
from registry.table_file import Limits, Sheet
from registry.validating import Candidate, check_references, read_row
from store import Database

Progress = Callable[[int, int], None]
"""Told now and then how many rows are read, of about how many."""

_TELL_EVERY = 500
_LONGEST_ACTOR = 100


@dataclass(frozen=True)
class RowProblem:
    """Why a row was rejected: its line (CSV) or row (XLSX), the column as the file has it, the value and the reason."""

    line: int
    column: str
    value: str
    reason: str


@dataclass(frozen=True)
class ImportReport:
    """What became of a file: ``total == inserted + updated + unchanged + rejected_rows``.

    ``rejected`` lists every problem; a row with two wrong cells stands in it twice. After a dry run the counts say what
    would have been done.
    """

    noun: str
    total: int
    inserted: int
    updated: int
    unchanged: int
    rejected: list[RowProblem]
    dry_run: bool = False

    @property
    def rejected_rows(self) -> int:
        return len({problem.line for problem in self.rejected})


def table_of(noun: str) -> Table:
    """The register of that noun; :class:`RegistryError` lists those there are."""
    try:
        return TABLES[noun]
    except KeyError:
        raise RegistryError(f"there is no register named {shown(noun)}: there are {', '.join(TABLES)}") from None


def import_table(db: Database, noun: str, path: Path | str, *, actor: str, day: dt.date | None = None,
                 dry_run: bool = False, limits: Limits | None = None, progress: Progress | None = None) -> ImportReport:
    """Read the CSV or XLSX file ``path`` into the register ``noun``.

    A row that is wrong in any cell is rejected as a whole; the good rows are stored in one transaction, with a line of
    audit by ``actor`` for each record that is new or changed. ``day`` is the legal day whose rules hold, today if left
    out. :class:`FileRefused` means that nothing was stored.
    """
    table, path = table_of(noun), Path(path)
    check_actor(actor)
    day = day or legal_day(dt.datetime.now(dt.UTC))
    file = read_file(table, path, day, limits, progress)
    with db.connection() as connection:
        lock(connection, noun)
        check_references(connection, table, file.candidates)
        counts = load(connection, noun, (one.row for one in file.candidates if not one.faults), actor=actor)
        if dry_run:
            connection.rollback()
    return ImportReport(table.noun, len(file.candidates), counts.inserted, counts.updated, counts.unchanged,
                        file.problems(), dry_run)


@dataclass(frozen=True)
class TableFile:
    """A file read by the columns of a table: its header and one candidate for each row."""

    header: list[object]
    columns: list[Column]
    candidates: list[Candidate]

    def problems(self) -> list[RowProblem]:
        """Every fault of every row, with the column as the file has it."""
        titles = {column.code: shown(title) for column, title in zip(self.columns, self.header, strict=True)}
        return [RowProblem(candidate.line, titles.get(code, code), shown("" if value is None else value, 80), reason)
                for candidate in self.candidates for code, value, reason in candidate.faults]


def read_file(table: Table, path: Path, day: dt.date, limits: Limits | None = None,
              progress: Progress | None = None) -> TableFile:
    """Read every row of a file; :class:`FileRefused` where it is no table or has other columns."""
    titles = {_folded(word): column for column in table.columns for word in (column.code, column.zh)}
    sheet = table_file.read(path, lambda word: _folded(word) in titles, limits or Limits())
    columns = _columns(path.name, table, sheet.header, titles)
    return TableFile(sheet.header, columns, _candidates(table, columns, sheet, day, progress))


def check_actor(actor: str) -> None:
    """Refuse a name that the audit log can't show."""
    if not actor.strip() or len(actor) > _LONGEST_ACTOR or not actor.isprintable():
        raise RegistryError(f"the actor {shown(actor, 20)!r} must be a name of 1 to {_LONGEST_ACTOR} characters")


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).strip().casefold()


def _columns(name: str, table: Table, header: Sequence[object], titles: dict[str, Column]) -> list[Column]:
    """The columns of the file in its order; one sentence where one is unknown, missing or there twice."""
    found: dict[str, int] = {}
    columns: list[Column] = []
    for place, cell in enumerate(header, start=1):
        title = "" if cell is None else str(cell).strip()
        if not title:
            raise FileRefused(f"{name}: column {place} has no title in the header")
        column = titles.get(_folded(title))
        if column is None:
            near = difflib.get_close_matches(_folded(title), titles, 1)
            hint = f": is it {near[0]}?" if near else f": the columns are {', '.join(table.codes)}"
            raise FileRefused(f"{name}: {table.noun} have no column {shown(title)!r}{hint}")
        if column.code in found:
            raise FileRefused(f"{name}: columns {found[column.code]} and {place} are both {column.code} ({column.zh})")
        found[column.code] = place
        columns.append(column)
    missing = [column for column in table.columns if column.needed and column.code not in found]
    if missing:
        words = ", ".join(f"{column.code} ({column.zh})" for column in missing)
        raise FileRefused(f"{name}: {'the column' if len(missing) == 1 else 'the columns'} {words} "
                          f"{'is' if len(missing) == 1 else 'are'} missing")
    return columns


def _candidates(table: Table, columns: Sequence[Column], sheet: Sheet, day: dt.date,
                progress: Progress | None) -> list[Candidate]:
    """Every row of the file, read; a key that stood above already is a fault that names the line where it stood."""
    candidates: list[Candidate] = []
    first: dict[tuple[object, ...], int] = {}
    for line, cells in sheet.rows:
        candidate = _candidate(table, columns, sheet, line, cells, day)
        if all(code in candidate.row for code in table.key):
            above = first.setdefault(table.key_of(candidate.row), line)
            if above != line:
                name = table.name_of(candidate.row)
                reason = f"the {table.entity} {name} stands in line {above} already"
                candidate.faults.append((table.key[-1], name, reason))
        candidates.append(candidate)
        if progress is not None and len(candidates) % _TELL_EVERY == 0:
            progress(len(candidates), max(sheet.expected, len(candidates)))
    if progress is not None:
        progress(len(candidates), len(candidates))
    return candidates


def _candidate(table: Table, columns: Sequence[Column], sheet: Sheet, line: int, cells: list[object],
               day: dt.date) -> Candidate:
    cleaned: list[object] = []
    faults: list[tuple[str, object, str]] = []
    for place, cell in enumerate(cells):
        try:
            cleaned.append(from_file(cell))
        except CellError as error:
            cleaned.append(None)
            faults.append((columns[place].code if place < len(columns) else "", cell, str(error)))
    while len(cleaned) > len(columns) and cleaned[-1] is None:
        cleaned.pop()
    width = len(columns)
    if len(cleaned) > width:
        return Candidate(line, {}, [("", cleaned[width], f"the row has {len(cleaned)} cells, the header {width}")])
    if len(cleaned) < width and not sheet.padded:
        return Candidate(line, {}, [("", "", f"the row has {len(cleaned)} cells, the header {width}")])
    if faults:
        return Candidate(line, {}, faults)
    return read_row(table, columns, cleaned + [None] * (width - len(cleaned)), line, day)
