"""Registers in from a file: every bad row listed, every good row stored in one transaction, twice the same as once."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from policy.clocks import legal_day
from registry.bulk import load, lock
from registry.cells import shown
from registry.columns import TABLES, Table
from registry.errors import RegistryError
from registry.reading import Progress, RowProblem, open_file
from registry.table_file import Limits
from registry.validating import check_references
from store import Database

_LONGEST_ACTOR = 100


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
    file = open_file(table, path, day, limits, progress)
    candidates = [one for block in file.blocks for one in block]
    with db.connection() as connection:
        lock(connection, noun)
        check_references(connection, table, candidates)
        counts = load(connection, noun, (one.row for one in candidates if not one.faults), actor=actor)
        if dry_run:
            connection.rollback()
    return ImportReport(table.noun, len(candidates), counts.inserted, counts.updated, counts.unchanged,
                        file.problems(candidates), dry_run)


def check_actor(actor: str) -> None:
    """Refuse a name that the audit log can't show."""
    if not actor.strip() or len(actor) > _LONGEST_ACTOR or not actor.isprintable():
        raise RegistryError(f"the actor {shown(actor, 20)!r} must be a name of 1 to {_LONGEST_ACTOR} characters")
