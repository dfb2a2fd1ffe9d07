"""A file of one kind of record in: every bad row listed, the good rows stored in one transaction, twice as once."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

from casework.errors import CaseworkError
from casework.record_import import storing
from casework.record_import.kinds import KINDS
from policy.clocks import legal_day
from registry import audit
from registry.cells import shown
from registry.importing import Progress, RowProblem, check_actor, read_file
from registry.table_file import Limits
from registry.validating import check_references
from store import Database


@dataclass(frozen=True)
class RecordReport:
    """What became of a file: ``total == accepted + rejected_rows``, ``accepted == inserted + updated + unchanged``.

    ``rejected`` lists every problem; a row with two wrong cells stands in it twice. ``sha256`` is that of the file.
    """

    kind: str
    file: str
    sha256: str
    total: int
    inserted: int
    updated: int
    unchanged: int
    rejected: list[RowProblem]
    dry_run: bool = False

    @property
    def accepted(self) -> int:
        return self.inserted + self.updated + self.unchanged

    @property
    def rejected_rows(self) -> int:
        return len({problem.line for problem in self.rejected})


def import_record(db: Database, kind: str, path: Path | str, *, actor: str, day: dt.date | None = None,
                  dry_run: bool = False, limits: Limits | None = None,
                      progress: Progress | None = None) -> RecordReport:
    """Bring in the CSV or XLSX file ``path`` of the ``kind``; ``day`` is the legal day, today if left out.

    A row that is wrong in any cell, or names a unit, officer, item, area or inspection that there is not,
        is rejected as
    a whole. The others are stored in one transaction with one line of audit. Where a file can't be read as a table at
    all, or the rows contradict each other, one sentence refuses it and nothing is stored.
    """
    if kind not in KINDS:
        raise CaseworkError(f"there is no kind of record {shown(kind)}: there are {', '.join(KINDS)}")
    check_actor(actor)
    day, path, one = day or legal_day(dt.datetime.now(dt.UTC)), Path(path), KINDS[kind]
    file = read_file(one.table, path, day, limits, progress)
    digest = _digest(path)
    with db.connection() as connection:
        check_references(connection, one.table, file.candidates)
        storing.refuse(connection, one, file.candidates)
        counts = storing.store(connection, one, file.candidates, actor)
        report = RecordReport(kind, path.name, digest, len(file.candidates), counts["inserted"], counts["updated"],
                              counts["unchanged"], file.problems(), dry_run)
        if dry_run:
            connection.rollback()
        else:
            audit.record(connection, actor, "import", "record", kind, None, {
                "file": report.file, "sha256": digest, "total": report.total, **counts,
                "rejected": report.rejected_rows})
            if report.inserted or report.updated:
                storing.analyze(connection)
    return report


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
